"""The catalogue's entries for the losses of `dense_prediction`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, positive, sizes
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.numpy.dense_prediction import berhu_loss, dice_loss, scale_invariant_log_loss
from dlbook.numpy.linear_classifiers import softmax


@st.composite
def regions(draw):
    n, k = draw(sizes(2, high=3))
    pixels = draw(st.sampled_from(((), (3,), (2, 2), (1, 3))))
    scores = draw(array(n, k, *pixels))
    rng = np.random.default_rng(draw(SEEDS))
    target = rng.integers(0, k, (n, *pixels))
    options = {}
    if draw(st.booleans()):
        options["smooth"] = draw(st.sampled_from((0.1, 1.0, 5.0)))
    if draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from((-1, 255)))
        target[rng.random(target.shape) < 0.3] = options["ignore_index"]
    return Example((scores, target), options)


def with_label(example, label):
    target = example.args[1].copy()
    target.flat[0] = label
    return example.with_arg(1, target)


def counted(example):
    return example.args[1] != example.options.get("ignore_index", -100)


def it_lies_between_zero_and_one(f, example):
    assert 0 <= f(*example.args, **example.options) + 1e-12 <= 1 + 1e-12


def certain_and_right_costs_next_to_nothing(f, example):
    scores, target = example.args
    sure = np.moveaxis(200.0 * np.eye(scores.shape[1])[np.where(counted(example), target, 0)], -1, 1)
    assert abs(f(sure, target, **example.options)) < 1e-9


def ignored_pixels_do_not_matter(f, example):
    scores, target = example.args
    kept = counted(example)
    y, pullback = f.vjp(scores, target, **example.options)
    grads = np.moveaxis(pullback(1.0)[0], 1, -1)
    assert not grads[~kept].any(), "an ignored pixel has a gradient"
    other = scores + 3 * ~kept[:, None] * example.rng().normal(size=scores.shape)
    np.testing.assert_allclose(f(other, target, **example.options), y, rtol=1e-9, atol=1e-12)


def an_image_twice_is_the_image_once_with_half_the_smoothing(f, example):
    scores, target = example.args
    told = {**example.options, "smooth": 2.0}
    twice = f(np.concatenate([scores, scores]), np.concatenate([target, target]), **told)
    np.testing.assert_allclose(twice, f(scores, target, **{**told, "smooth": 1.0}), rtol=1e-9, atol=1e-12)


def a_class_that_is_everywhere_and_predicted_with_p_costs_what_the_formula_says(f, example):
    p = softmax(np.array([0.3, -0.4, 0.1]))
    scores = np.broadcast_to(np.log(p)[:, None], (1, 3, 4)).copy()
    eps = 1.0
    dice = [(2 * 4 * p[0] + eps) / (4 * p[0] + 4 + eps), eps / (4 * p[1] + eps), eps / (4 * p[2] + eps)]
    np.testing.assert_allclose(f(scores, np.zeros((1, 4), int)), 1 - np.mean(dice), rtol=1e-12)


operation(
    dice_loss,
    examples=regions(),
    refuses={
        "a label beyond the last class": lambda e: with_label(e, e.args[0].shape[1]),
        "a negative label": lambda e: with_label(e, -7),
        "labels that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
        "an image too few": lambda e: e.with_arg(1, np.concatenate([e.args[1], e.args[1]])),
        "a smooth of zero": lambda e: e.with_options(smooth=0.0),
    },
    invariants=(
        it_lies_between_zero_and_one,
        certain_and_right_costs_next_to_nothing,
        ignored_pixels_do_not_matter,
        an_image_twice_is_the_image_once_with_half_the_smoothing,
        a_class_that_is_everywhere_and_predicted_with_p_costs_what_the_formula_says,
    ),
    exact=(
        # two pixels of class 0 and 1, p = 1/2 everywhere: D = (1 + 1) / (1 + 1 + 1)
        ((np.zeros((1, 2, 2)), np.array([[0, 1]])), {}, 1 / 3, None),
        ((np.zeros((1, 1, 1, 1)), np.array([[[0]]])), {}, 0.0, (np.zeros((1, 1, 1, 1)), None)),
    ),
    bugs=(
        Bug("the two forgotten above the bar", "(2 * (p * t).sum(axis=places) + eps)",
            "((p * t).sum(axis=places) + eps)", "The overlap counts twice: both regions hold it."),
        Bug("a mean over images instead of one sum", "places = (0, *range(2, p.ndim))",
            "places = tuple(range(2, p.ndim))",
            "Sums run over the pixels of the whole batch; image by image a class that is absent distorts the mean."),
        Bug("the denominator held constant", "(overlap.reshape(column) - 2 * t)", "(-2 * t)",
            "p stands below the bar too: dD/dp = (2 t - D) / U."),
        Bug("ignored pixels in the union", "counted = p * kept[:, None]", "counted = p",
            "Where the truth is unknown a prediction must not count, above the bar or below."),
        Bug("smoothing above the bar only", "(counted + t).sum(axis=places) + eps",
            "(counted + t).sum(axis=places) + 1e-9",
            "A class that is absent and not predicted has the coefficient eps / eps = 1."),
        Bug("the softmax forgotten on the way back", "*softmax_pullback(dy * dp), None", "dy * dp, None",
            "dL/dp has to pass the softmax to become dL/dscores."),
    ),
)  # fmt: skip


@st.composite
def depths(draw):
    n = draw(st.integers(1, 3))
    pixels = draw(st.sampled_from(((1,), (3,), (2, 2), (1, 2, 2))))
    args = [draw(array(n, *pixels)), draw(positive(n, *pixels, low=0.5, high=12.0))]
    if draw(st.booleans()):
        mask = np.random.default_rng(draw(SEEDS)).random((n, *pixels)) < 0.6
        mask[(slice(None), *[0] * len(pixels))] = True  # at least one pixel of each image
        args.append(mask)
    options = {"lam": draw(st.sampled_from((0.0, 0.5, 1.0, 0.85)))} if draw(st.booleans()) else {}
    return Example(tuple(args), options)


def logarithms(example) -> float:
    return (max(1.0, float(abs(example.args[0]).max())) + 3) ** 2


def mask_of(example):
    return example.args[2] if len(example.args) > 2 else np.ones(example.args[0].shape, bool)


def per_image(factors, like):
    return factors.reshape(-1, *[1] * (like.ndim - 1))


def with_lambda_one_a_factor_for_each_image_does_not_matter(f, example):
    y, z, *mask = example.args
    shift = per_image(example.rng().normal(size=len(y)), y)
    here = f(y, z, *mask, lam=1.0)
    size = 1e-12 * logarithms(example)
    np.testing.assert_allclose(f(y + shift, z, *mask, lam=1.0), here, rtol=1e-9, atol=size)
    np.testing.assert_allclose(f(y, z * np.exp(shift), *mask, lam=1.0), here, rtol=1e-9, atol=size)


def a_factor_costs_its_squared_logarithm_less_lambda(f, example):
    _, z, *mask = example.args
    lam = example.options.get("lam", 0.5)
    np.testing.assert_allclose(f(np.log(3 * z), z, *mask, lam=lam), (1 - lam) * np.log(3) ** 2, rtol=1e-9, atol=1e-13)


def the_right_depth_costs_nothing(f, example):
    _, z, *mask = example.args
    assert abs(f(np.log(z), z, *mask, **example.options)) < 1e-25


def what_is_masked_out_does_not_matter(f, example):
    y, z = example.args[:2]
    mask = mask_of(example)
    wrong = np.where(mask, z, -1.0)
    other = np.where(mask, y, 7.0)
    got, pullback = f.vjp(other, wrong, mask, **example.options)
    np.testing.assert_allclose(got, f(y, z, mask, **example.options), rtol=1e-12)
    for grad in pullback(1.0)[:2]:
        assert not grad[~mask].any(), "a pixel that does not count has a gradient"


def it_is_the_mean_over_all_pairs_of_pixels(f, example):
    """For lambda = 1: half the mean square of d_i - d_j."""
    rng = example.rng()
    d = rng.normal(size=(2, 5))
    pairs = (d[:, :, None] - d[:, None]) ** 2
    np.testing.assert_allclose(f(d, np.ones_like(d), lam=1.0), pairs.mean() / 2, rtol=1e-12)


operation(
    scale_invariant_log_loss,
    examples=depths(),
    scale=logarithms,
    finite=(1e3, 1e-6),
    refuses={
        "a depth of zero": lambda e: e.with_args(e.args[0], np.zeros_like(e.args[1])),
        "a negative depth": lambda e: e.with_args(e.args[0], -e.args[1]),
        "no pixel that counts": lambda e: e.with_args(*e.args[:2], np.zeros(e.args[0].shape, bool)),
        "a lambda above one": lambda e: e.with_options(lam=1.5),
        "an image too many": lambda e: e.with_args(np.concatenate([e.args[0], e.args[0]]), e.args[1]),
        "a mask of numbers": lambda e: e.with_args(*e.args[:2], np.ones(e.args[0].shape, int)),
    },
    invariants=(
        with_lambda_one_a_factor_for_each_image_does_not_matter,
        a_factor_costs_its_squared_logarithm_less_lambda,
        the_right_depth_costs_nothing,
        what_is_masked_out_does_not_matter,
        it_is_the_mean_over_all_pairs_of_pixels,
    ),
    exact=(
        (  # d = (1, 3): mean square 5, mean 2
            (np.array([[1.0, 3.0]]), np.ones((1, 2))),
            {},
            3.0,
            ([[0.0, 2.0]], [[0.0, -2.0]]),
        ),
        (
            (np.array([[1.0, 9.0]]), np.array([[1.0, -5.0]]), np.array([[True, False]])),
            {"lam": 0.0},
            1.0,
            ([[2.0, 0.0]], [[-2.0, 0.0]], None),
        ),
    ),
    bugs=(
        Bug("one factor for the whole batch", "mean = d.sum(axis=axes, keepdims=True) / counts",
            "mean = d.sum(keepdims=True) / counts.sum()",
            "The mean of d belongs to one image: each has its own factor."),
        Bug("depths compared without logarithms", "log_depth - np.log(np.where(kept, depth, 1))",
            "log_depth - np.where(kept, depth, 1)",
            "A factor is a shift of the logarithm: take log of the true depth."),
        Bug("masked pixels counted below the bar", "counts = kept.sum(axis=tuple(range(1, kept.ndim)), keepdims=True)",
            "counts = kept.sum(axis=tuple(range(1, kept.ndim)), keepdims=True) * 0 + kept[0].size * kept.any()",
            "n is the number of pixels that count in this image."),
        Bug("the second sum added", "- lam * mean * mean", "+ lam * mean * mean",
            "The common factor is forgiven: lambda times the squared mean is taken away."),
        Bug("the mean held constant on the way back", "(d - of_mean) / counts", "d / counts",
            "The mean of d depends on every pixel: d_i - lambda times the mean."),
        Bug("lambda twice on the way back", "of_mean = lam * mean if", "of_mean = 2 * lam * mean if",
            "d(mean^2) = 2 mean d(mean): the two is in front already."),
    ),
)  # fmt: skip


@st.composite
def differences(draw):
    shape = draw(st.sampled_from(((4,), (2, 3), (1, 1), (1, 2, 2))))
    options = {"reduction": draw(st.sampled_from(("mean", "sum", "none")))}
    if draw(st.booleans()):
        options["delta"] = draw(st.sampled_from((0.3, 1.0, 2.5)))
    return Example((draw(array(*shape)), draw(array(*shape))), options)


def squares(example) -> float:
    return magnitude(example) ** 2 / example.options.get("delta", 1.0)


def it_is_even(f, example):
    x, t = example.args
    np.testing.assert_allclose(f(t, x, **example.options), f(x, t, **example.options), rtol=1e-12)


def near_zero_it_is_the_absolute_difference(f, example):
    d = np.linspace(-0.3, 0.3, 7)
    np.testing.assert_allclose(f(d, np.zeros(7), reduction="none", delta=0.3), abs(d), rtol=1e-12, atol=1e-16)


def far_out_it_is_a_parabola(f, example):
    d = np.array([2.0, -3.0, 10.0])
    np.testing.assert_allclose(f(d, np.zeros(3), reduction="none", delta=2.0), (d**2 + 4) / 4, rtol=1e-12)


def it_grows_with_the_distance(f, example):
    d = np.linspace(0, 3, 31)
    assert (np.diff(f(d, np.zeros(31), reduction="none", delta=1.3)) > 0).all()


def it_is_at_least_the_absolute_difference(f, example):
    x, t = example.args
    d = abs(x - t)
    assert (f(x, t, **{**example.options, "reduction": "none"}) >= d * (1 - 1e-12)).all()


operation(
    berhu_loss,
    examples=differences(),
    kinks=True,
    scale=squares,
    finite=(1e4, 1e-8),
    refuses={
        "a delta of zero": lambda e: e.with_options(delta=0.0),
        "a negative delta": lambda e: e.with_options(delta=-1.0),
        "arrays of two shapes": lambda e: e.with_arg(1, e.args[1][None]),
        "the mean of nothing": lambda e: Example((np.zeros((0, 2)), np.zeros((0, 2)))),
        "an unknown reduction": lambda e: e.with_options(reduction="average"),
    },
    invariants=(
        it_is_even,
        near_zero_it_is_the_absolute_difference,
        far_out_it_is_a_parabola,
        it_grows_with_the_distance,
        it_is_at_least_the_absolute_difference,
    ),
    exact=(
        ((np.array([1.0, 0.0, 4.0]), np.array([1.0, 0.5, 0.0])), {"reduction": "none", "delta": 2.0}, [0.0, 0.5, 5.0],
         ([0.0, -1.0, 2.0], [0.0, 1.0, -2.0])),
        ((np.array([-3.0]), np.array([0.0])), {}, 5.0, ([-3.0], [3.0])),
    ),
    bugs=(
        Bug("the Huber loss", "np.where(size > delta, delta * (far * far + 1) / 2, size)",
            "np.where(size <= delta, size * size / 2, delta * (size - delta / 2))",
            "It is the other way round: absolute near zero, squared far out."),
        Bug("a jump at delta", "delta * (far * far + 1) / 2", "delta * far * far",
            "At |d| = delta both parts must be delta: (d^2 + delta^2) / (2 delta)."),
        Bug("the slope of the near part everywhere", "* np.sign(d) * far", "* np.sign(d)",
            "Beyond delta the slope is d / delta."),
        Bug("the sign lost", "dy * share * np.sign(d) * far", "dy * share * far",
            "The gradient points away from the target."),
        Bug("a gradient at the kink", "np.sign(d) * far", "np.where(d >= 0, 1.0, -1.0) * far",
            "Where prediction and target agree the gradient is 0, as in PyTorch's l1_loss."),
    ),
)  # fmt: skip
