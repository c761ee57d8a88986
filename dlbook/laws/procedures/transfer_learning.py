"""The entries of `transfer_learning`: changes of images and steps of networks that have no gradient of their own."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import positive, sizes
from dlbook.laws.operation import Bug, Example
from dlbook.laws.procedure import procedure
from dlbook.numpy.optimization import adamw, sgd_momentum
from dlbook.numpy.transfer_learning import adjust_contrast, affine_matrices, layerwise


def changed(f, *args, **options):
    """The changed images."""
    return f(*args, **options)


@st.composite
def pictures(draw):
    n, _, h, w = draw(sizes(4, 1, 4))
    x = draw(positive(n, draw(st.sampled_from([1, 3])), h, w, low=0.0, high=1.0))
    one = st.sampled_from([0.0, 0.5, 1.0, 2.0])
    return Example((x, draw(st.one_of(one, positive(n, low=0.0, high=2.5)))))


procedure(
    adjust_contrast,
    examples=pictures(),
    answer=changed,
    exact=(
        ((np.array([[[[0.25, 0.75]]]]), 0.5), {}, [[[[0.375, 0.625]]]], None),
        ((np.array([[[[0.0, 1.0]]]]), 3.0), {}, [[[[0, 1]]]], None),
        ((np.array([[[[1.0]], [[0.0]], [[0.0]]]]), 0.0), {}, [[[[0.299]], [[0.299]], [[0.299]]]], None),
    ),
    refuses={
        "values above one": lambda e: e.with_arg(0, e.args[0] + 1),
        "a negative factor": lambda e: e.with_arg(1, -1.0),
        "four channels": lambda e: e.with_arg(0, np.zeros((2, 4, 3, 3))).with_arg(1, 1.0),
    },
    bugs=(
        Bug("one mean for the whole batch", ".mean(axis=(1, 2, 3), keepdims=True)", ".mean()",
            "Every image is compared with its own mean brightness."),
        Bug("each channel its own mean", '_grey("adjust_contrast", x).mean(axis=(1, 2, 3), keepdims=True)',
            "x.mean(axis=(2, 3), keepdims=True)", "The mean is that of the grey image, or colours would change."),
        Bug("the mean without weights", '_grey("adjust_contrast", x).mean', "x.mean",
            "Green appears brighter than blue: the grey image weighs the channels."),
        Bug("left outside the range", "return np.clip(factor * x + (1 - factor) * mean, 0, 1)",
            "return factor * x + (1 - factor) * mean", "Values beyond 0 and 1 are no colours: clip."),
        Bug("the factor the other way round", "factor * x + (1 - factor) * mean", "(1 - factor) * x + factor * mean",
            "A factor of 1 leaves the image as it is, 0 makes it grey."),
    ),
)  # fmt: skip


def matrices(f, *args, **options):
    """The matrices."""
    return f(*args, **options)


@st.composite
def moves(draw):
    n, h, w = draw(sizes(3, 1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    drawn = {
        "angle": rng.uniform(-3, 3, n), "scale": rng.uniform(0.3, 3, n), "shear": tuple(rng.uniform(-0.9, 0.9, 2)),
        "translate": (rng.uniform(-4, 4, n), float(rng.uniform(-4, 4))),
    }  # fmt: skip
    kept = [name for name in drawn if draw(st.booleans())]
    return Example((n, (h, w)), {name: drawn[name] for name in kept})


procedure(
    affine_matrices,
    examples=moves(),
    answer=matrices,
    exact=(
        ((1, (4, 4)), {}, [[[1, 0, 0], [0, 1, 0]]], None),
        ((1, (2, 4)), {"translate": (1.0, 1.0)}, [[[1, 0, -0.5], [0, 1, -1]]], None),
        ((1, (2, 4)), {"angle": np.pi / 2}, [[[0, -0.5, 0], [2, 0, 0]]], None),
        ((1, (3, 3)), {"scale": 2.0, "translate": (3.0, 0.0)}, [[[0.5, 0, -1], [0, 0.5, 0]]], None),
    ),
    refuses={
        "a scale of zero": lambda e: e.with_options(scale=0.0),
        "a shear that flattens": lambda e: e.with_options(shear=(1.0, 1.0)),
        "nine angles": lambda e: e.with_options(angle=np.zeros(9)),
    },
    bugs=(
        Bug("the change itself and not its inverse",
            "np.linalg.inv((s * np.einsum(\"ijn,jkn->ikn\", turn, slant)).transpose(2, 0, 1))",
            "(s * np.einsum(\"ijn,jkn->ikn\", turn, slant)).transpose(2, 0, 1)",
            "The grid says where an output is read: it needs the way back."),
        Bug("with the clock", "[[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]",
            "[[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]",
            "v points downwards: a turn against the clock has the plus above."),
        Bug("square images taken for granted", "back * unit, -moved], axis=2) / unit[:, None]",
            "back, -moved / unit[:, None]], axis=2)",
            "In places from -1 to 1 a turn of an image that is not square is no turn: go through pixels."),
        Bug("shifted before and not after", "moved = back @ np.stack", "moved = np.stack",
            "The shift is the last of the changes, so it is the first to be undone, and turned with the rest."),
        Bug("height and width exchanged", "np.array([width, height]) / 2", "np.array([height, width]) / 2",
            "u runs along the width and comes first, though shapes name the height first."),
    ),
)  # fmt: skip


def steps(f, optimizer, factors):
    """The layers after each of three steps along given gradients, with a decay of the weights in the last."""
    step, state, visited = f(optimizer, factors), None, []
    params = tuple((np.array([[1.0, -2.0]]) * (k + 1), np.array([0.5])) for k in range(3))
    for k, options in enumerate(({}, {}, {"weight_decay": 0.1})):
        grads = tuple((np.array([[0.3, k - 1.0]]), np.array([2.0 + i])) for i in range(3))
        params, state = step(params, grads, state, lr=0.1, **options)
        visited.append(params)
    return tuple(visited)


procedure(
    layerwise,
    examples=st.builds(
        lambda optimizer, *factors: Example((optimizer, factors)), st.sampled_from([adamw, sgd_momentum]),
        *[st.sampled_from([0.0, 0.5, 1.0])] * 3,
    ),
    answer=steps,
    refuses={
        "a negative factor": lambda e: e.with_arg(1, (-1.0, 1.0, 1.0)),
        "too many factors": lambda e: e.with_arg(1, (*e.args[1], 1.0)),
    },
    bugs=(
        Bug("gradients scaled and not rates", "optimizer(p, g, z, lr=c * lr, **options)",
            "optimizer(p, [c * part for part in g], z, lr=lr, **options)",
            "Adam divides by the size of the gradient: only the rate makes its steps shorter."),
        Bug("one state for all layers", "optimizer(p, g, z, lr=c * lr, **options)",
            "optimizer(p, g, None, lr=c * lr, **options)", "Each layer's state has to be kept from step to step."),
        Bug("a factor of zero taken for none", "lr=c * lr, **options) if c else (p, None)",
            "lr=(c or 1.0) * lr, **options)", "A factor of 0 freezes its layer."),
        Bug("the factors in reverse", "zip(params, grads, state or [None] * len(params), factors, strict=True)",
            "zip(params, grads, state or [None] * len(params), factors[::-1], strict=True)",
            "The first factor belongs to the lowest layer."),
    ),
)  # fmt: skip
