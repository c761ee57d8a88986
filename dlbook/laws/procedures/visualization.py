"""The entries of `visualization`: maps of what matters in an image, and what they are judged by."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, labels, sizes
from dlbook.laws.operation import Bug, Example
from dlbook.laws.procedure import procedure
from dlbook.numpy.convolution import convnet, init_convnet
from dlbook.numpy.visualization import (
    affinities,
    guided_saliency,
    inside_share,
    integrated_gradients,
    occlusion_map,
    rank_correlation,
    relu_backward,
    saliency,
)


def maps(f, *args, **options):
    """The maps."""
    return f(*args, **options)


@st.composite
def networks(draw):
    """Draw images, classes that are asked about, and a small network."""
    n, classes, side = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    channels = draw(st.lists(st.integers(1, 2), min_size=1, max_size=1 + (side > 3)))
    rng = np.random.default_rng(draw(SEEDS))
    average = draw(st.booleans())
    params = init_convnet((2, side, 5), channels, classes, rng, average=average, dtype="float64")
    params = tuple((weight, 0.3 * rng.normal(size=bias.shape)) for weight, bias in params)
    x = draw(array(n, 2, side, 5, kinds=("iota", "normal")))
    return x, draw(labels(n, classes)), params, {"average": True} if average else {}


@st.composite
def asked(draw, **more):
    """Draw a call that begins with a function and its input."""
    x, target, params, options = draw(networks())
    told = {name: draw(values) for name, values in more.items()}
    return Example((convnet, x, target, params), {**options, **told})


NO_CLASS = {
    "a class that does not exist": lambda e: e.with_arg(2, e.args[2] + 99),
    "classes for other inputs": lambda e: e.with_arg(2, np.zeros(len(e.args[2]) + 1, int)),
}

procedure(
    saliency,
    examples=asked(),
    answer=maps,
    refuses=NO_CLASS,
    bugs=(
        Bug("the gradient of all scores", "dy[rows, labels] = 1", "dy[:] = 1",
            "Ask for one class: the cotangent is one at the target and zero elsewhere."),
        Bug("the gradient of the mean score", "dy[rows, labels] = 1", "dy[rows, labels] = 1 / len(x)",
            "Each row has a score of its own; nothing is averaged over the batch."),
        Bug("always the best class", "dy[rows, labels] = 1", "dy[rows, scores.argmax(axis=1)] = 1",
            "The class is the one that is asked about, not the one that the network prefers."),
        Bug("absolute values", 'f, x, target, params, options)[1]\n\n\ndef smooth',
            'f, x, target, params, options)[1].__abs__()\n\n\ndef smooth',
            "The gradient has a sign; take absolute values when you draw it."),
    ),
)  # fmt: skip

procedure(
    integrated_gradients,
    examples=asked(steps=st.integers(1, 4), baseline=st.sampled_from([0.0, -0.5])),
    answer=maps,
    refuses={**NO_CLASS, "no step": lambda e: e.with_options(steps=0)},
    bugs=(
        Bug("the ends of the intervals", "(steps - k - 0.5)", "(steps - k - 1)",
            "Take the gradient in the middle of each interval, at (k - 1/2) / m of the way."),
        Bug("the way forgotten", "return way * total / steps", "return total / steps",
            "The mean gradient is multiplied by the way from the baseline to the input."),
        Bug("the input instead of the way", "return way * total / steps", "return x * total / steps",
            "The way begins at the baseline: multiply by x minus the baseline."),
        Bug("the sum of the gradients", "return way * total / steps", "return way * total",
            "The sum over the way is divided by the number of steps."),
        Bug("a way from nothing", "between = x - way * ((steps - k - 0.5) / steps)",
            "between = x * ((k + 0.5) / steps)", "The way begins at the baseline."),
    ),
)  # fmt: skip


@st.composite
def at_rectifiers(draw):
    shape = draw(sizes(2, high=4))
    told = draw(st.sampled_from([{}, {"rule": "gradient"}, {"rule": "deconvnet"}]))
    kinds = ("ties", "normal", "iota")
    return Example((draw(array(*shape, kinds=kinds)), draw(array(*shape, kinds=kinds))), told)


procedure(
    relu_backward,
    examples=at_rectifiers(),
    answer=maps,
    refuses={
        "another rule": lambda e: e.with_options(rule="smooth"),
        "a gradient of another shape": lambda e: e.with_arg(1, np.ones((9, 9))),
    },
    exact=(((np.array([2.0, 0.0, -1.0]), np.array([3.0, 3.0, 3.0])), {}, [3.0, 0.0, 0.0], None),),
    bugs=(
        Bug("the gradient for all rules", 'if rule != "gradient":', 'if rule == "none":',
            "The other two rules let only positive dy pass."),
        Bug("the guided rule forgets the input", 'if rule != "deconvnet":', 'if rule == "gradient":',
            "Guided back-propagation asks both: was the unit on, and is dy positive?"),
        Bug("a unit at zero is on", "passes &= x > 0", "passes &= x >= 0", "At the kink the slope is 0."),
        Bug("ones for dy", "np.where(passes, dy, dy.dtype.type(0))", "np.where(passes, 1.0, 0.0)",
            "What passes is dy itself."),
        Bug("negative values pass", "passes &= dy > 0", "passes &= dy < 0", "Only positive dy passes."),
    ),
)  # fmt: skip


@st.composite
def guided(draw):
    x, target, params, options = draw(networks())
    rule = draw(st.sampled_from([{}, {"rule": "gradient"}, {"rule": "deconvnet"}]))
    return Example((x, target, params), {**options, **rule})


procedure(
    guided_saliency,
    examples=guided(),
    answer=maps,
    refuses={
        "another rule": lambda e: e.with_options(rule="smooth"),
        "a class that does not exist": lambda e: e.with_arg(1, e.args[1] + 99),
    },
    bugs=(
        Bug("the rule forgotten", "rule=rule))[0]", 'rule="gradient"))[0]',
            "Each rectifier on the way back follows the rule that was asked for."),
        Bug("the rule at the layer's output", "layers.append((z,", "layers.append((-z,",
            "The rule asks whether the rectifier's input was positive."),
        Bug("no pooling on the way back", "pool_pullback(dh)[0]", "np.repeat(np.repeat(dh, pool, 2), pool, 3)[..., "
            ": z.shape[2], : z.shape[3]] + np.zeros_like(z[..., :1, :1])",
            "The gradient of a maximum goes back to the place of the maximum only."),
        Bug("all classes", '(x)), as_classes("guided_saliency", target, scores.shape[1])]', '(x))]',
            "Start from the score of one class."),
        Bug("no mean on the way back", "vjp(convnet, h, params[-1:], average=average)",
            "vjp(convnet, h, params[-1:], average=average) if not average else "
            "(lambda y, b: (y, lambda dy: (b(dy)[0] * h[0, 0].size,)))(*vjp(convnet, h, params[-1:], average=True))",
            "The mean over the places sends each of them its part only."),
    ),
)  # fmt: skip


@st.composite
def covered(draw):
    x, target, params, options = draw(networks())
    told = {"size": draw(st.integers(1, 2)), "stride": draw(st.integers(1, 2))}
    if draw(st.booleans()):
        told["fill"] = draw(st.sampled_from([0.5, np.array([1.0, -1.0])]))
    return Example((convnet, x, target, params), {**options, **told})


procedure(
    occlusion_map,
    examples=covered(),
    answer=maps,
    refuses={
        "a class that does not exist": NO_CLASS["a class that does not exist"],
        "a square larger than the image": lambda e: e.with_options(size=9),
        "a step of zero": lambda e: e.with_options(stride=0),
    },
    bugs=(
        Bug("the score that is left", "lost[:, p, q] = (whole - f(covered, *params, **options))[chosen]",
            "lost[:, p, q] = f(covered, *params, **options)[chosen]",
            "The map says what is lost: the score of the whole image minus that of the covered one."),
        Bug("the sign", "(whole - f(covered, *params, **options))", "(f(covered, *params, **options) - whole)",
            "Positive where something spoke for the class: whole minus covered."),
        Bug("squares that stay", "covered = x.copy()", "covered = x.copy() if p == q == 0 else covered",
            "Each square is put on the whole image; take the one before away."),
        Bug("the stride forgotten", "q * stride : q * stride + size] = paint", "q : q + size] = paint",
            "Square (p, q) begins at row p times stride and column q times stride."),
        Bug("always black", "= paint", "= 0", "Paint the square with fill."),
    ),
)  # fmt: skip


def neighbours(f, *args, **options):
    """The affinities."""
    return f(*args, **options)


@st.composite
def clouds(draw):
    n = draw(st.integers(4, 7))
    x = draw(array(n, draw(st.integers(1, 3)), kinds=("iota", "normal", "large")))
    return Example((x,), {"perplexity": draw(st.sampled_from([1.5, 2.0, 2.5]))})


procedure(
    affinities,
    examples=clouds(),
    answer=neighbours,
    refuses={
        "more neighbours than points": lambda e: e.with_options(perplexity=float(len(e.args[0]))),
        "a perplexity of one": lambda e: e.with_options(perplexity=1.0),
        "two points": lambda e: e.with_arg(0, e.args[0][:2]),
    },
    bugs=(
        Bug("not symmetric", "(joint + joint.T) / (2 * n)", "joint / n",
            "p_ij is the mean of p_j|i and p_i|j, divided by N."),
        Bug("sum N", "(joint + joint.T) / (2 * n)", "(joint + joint.T) / 2", "All pairs together sum to one."),
        Bug("the entropy itself", "entropy > np.log(perplexity)", "entropy > perplexity",
            "The perplexity is e to the entropy: compare the entropy with its logarithm."),
        Bug("bits", "entropy > np.log(perplexity)", "entropy > np.log2(perplexity)",
            "If the entropy is counted in nats, so is the logarithm of the perplexity."),
        Bug("one width for all", "wide = entropy >", "wide = entropy.mean() + 0 * entropy >",
            "Each point has a width of its own, so that points in empty regions have neighbours too."),
    ),
)  # fmt: skip


@st.composite
def pairs_of_maps(draw):
    n, *rest = draw(sizes(3, high=4))
    kinds = ("iota", "normal", "ties", "zeros")
    return Example((draw(array(n, *rest, kinds=kinds)), draw(array(n, *rest, kinds=kinds))))


def correlations(f, *args):
    """The rank correlations."""
    return f(*args)


procedure(
    rank_correlation,
    examples=pairs_of_maps(),
    answer=correlations,
    refuses={"maps of two shapes": lambda e: e.with_arg(1, np.ones((1, 9)))},
    exact=(
        ((np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), np.array([[5.0, 50.0, 49.0], [1.0, 2.0, 3.0]])), {}, [0.5, 0.0],
         None),
    ),
    bugs=(
        Bug("the numbers instead of their ranks", "_ranks(one) - (one.size - 1) / 2", "one - one.mean()",
            "Correlate the ranks: the order of the numbers, not the numbers."),
        Bug("ties in the order of reading", "return ((last - count + last - 1) / 2)[group]",
            "return np.argsort(np.argsort(values, kind='stable')).astype(float)",
            "Equal numbers share the mean of their ranks."),
        Bug("all maps at once", "rho[n] = r @ q / size if size else 0.0", "rho[:] = r @ q / size if size else 0.0",
            "Row n of one is compared with row n of the other."),
        Bug("ranks of absolute values", "np.unique(values,", "np.unique(np.abs(values),",
            "The sign counts: take absolute values before if you want them."),
    ),
)  # fmt: skip


@st.composite
def maps_and_masks(draw):
    n, h, w = draw(sizes(3, high=4))
    rng = np.random.default_rng(draw(SEEDS))
    mask = rng.random((n, h, w)) < 0.5
    return Example((draw(array(n, h, w, kinds=("iota", "normal", "ties"))), mask), draw(st.sampled_from(
        [{}, {"top": 0.5}, {"top": 0.3}, {"top": 1.0}])))


def shares(f, *args, **options):
    """The shares."""
    return f(*args, **options)


procedure(
    inside_share,
    examples=maps_and_masks(),
    answer=shares,
    refuses={
        "a mask of another size": lambda e: e.with_arg(1, np.ones((1, 9, 9), bool)),
        "more than all": lambda e: e.with_options(top=1.5),
    },
    exact=(((np.array([[[4.0, 3.0], [2.0, 1.0]]]), np.array([[[True, False], [True, True]]])), {"top": 0.5}, [0.5],
            None),),
    bugs=(
        Bug("the weakest", "np.argsort(-flat, axis=1", "np.argsort(flat, axis=1", "Take the largest entries."),
        Bug("the share of the object that is found", ".mean(axis=1)",
            ".sum(axis=1) / mask.reshape(len(mask), -1).sum(1)",
            "Divide by the number of entries that were taken, not by the size of the object."),
        Bug("always a tenth", "np.ceil(top *", "np.ceil(0.1 *", "The option top says how many are taken."),
        Bug("rounded down", "int(np.ceil(top * flat.shape[1] - 1e-9))", "max(1, int(top * flat.shape[1]))",
            "Round the number of entries up."),
    ),
)  # fmt: skip
