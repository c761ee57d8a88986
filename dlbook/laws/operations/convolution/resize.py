"""The catalogue's entries for `interpolate` and `adaptive_avg_pool2d`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, short, taps
from dlbook.numpy.convolution import adaptive_avg_pool2d, avg_pool2d, interpolate

images = sizes(4, 1, 4).flatmap(lambda shape: array(*shape))


@st.composite
def resized(draw):
    x = draw(images)
    if draw(st.booleans()):
        told = {"size": short((draw(st.integers(1, 6)), draw(st.integers(1, 6))))}
    else:
        least = max(1 / min(x.shape[2:]), 0.5)
        told = {"scale_factor": draw(st.sampled_from([f for f in (2.0, 1.5, 3.0, 1.0, 0.5, 2.5) if f >= least]))}
    if draw(st.booleans()):
        told["mode"] = "bilinear"
        if draw(st.booleans()):
            told["align_corners"] = draw(st.booleans())
    return Example((x,), told)


def a_constant_stays_a_constant(f, example):
    (x,) = example.args
    np.testing.assert_allclose(f(np.full_like(x, 0.7), **example.options), 0.7, rtol=1e-13)


def sums_may_be_taken_before_or_after(f, example):
    (x,) = example.args
    other = example.rng().normal(size=x.shape)
    np.testing.assert_allclose(
        f(x - 3 * other, **example.options), f(x, **example.options) - 3 * f(other, **example.options),
        rtol=1e-11, atol=1e-14 * taps(example),
    )  # fmt: skip


def the_own_size_changes_nothing(f, example):
    (x,) = example.args
    told = {name: value for name, value in example.options.items() if name in ("mode", "align_corners")}
    np.testing.assert_allclose(f(x, size=x.shape[2:], **told), x, rtol=1e-13)


def it_turns_with_the_image(f, example):
    """Mirrored images give mirrored results, unless the nearest of two entries is decided by a rule of its own."""
    (x,) = example.args
    if example.options.get("mode") != "bilinear":
        return
    size = {k: v for k, v in example.options.items() if k in ("mode", "align_corners")} | {"size": (5, 3)}
    np.testing.assert_allclose(
        f(x[..., ::-1, ::-1].copy(), **size), f(x, **size)[..., ::-1, ::-1], rtol=1e-9, atol=1e-13 * taps(example)
    )


def a_plane_stays_a_plane_between_aligned_corners(f, example):
    (x,) = example.args
    h, w = x.shape[2] + 1, x.shape[3] + 1
    i, j = np.linspace(0, 1, h)[:, None], np.linspace(0, 1, w)
    p, q = np.linspace(0, 1, 7)[:, None], np.linspace(0, 1, 5)
    y = f((2 * i - 3 * j + 1)[None, None], size=(7, 5), mode="bilinear", align_corners=True)
    np.testing.assert_allclose(y[0, 0], 2 * p - 3 * q + 1, atol=1e-13)


operation(
    interpolate,
    examples=resized(),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses={
        **INTEGERS,
        "no size at all": lambda e: Example(e.args, {"mode": "nearest"}),
        "two sizes": lambda e: Example(e.args, {"size": 2, "scale_factor": 2.0}),
        "aligned corners of nearest entries": lambda e: Example(e.args, {"size": 2, "align_corners": True}),
        "a size of zero": lambda e: Example(e.args, {"size": 0}),
        "a factor that leaves nothing": lambda e: Example(e.args, {"scale_factor": 0.01}),
    },
    invariants=(
        a_constant_stays_a_constant,
        sums_may_be_taken_before_or_after,
        the_own_size_changes_nothing,
        it_turns_with_the_image,
        a_plane_stays_a_plane_between_aligned_corners,
    ),
    exact=(
        ((np.array([[[[1.0, 2.0]]]]),), {"size": (1, 5)}, [[[[1, 1, 1, 2, 2]]]], ([[[[3, 2]]]],)),
        ((np.array([[[[0.0, 4.0]]]]),), {"size": (1, 4), "mode": "bilinear"}, [[[[0, 1, 3, 4]]]], ([[[[2, 2]]]],)),
        ((np.array([[[[0.0, 3.0]]]]),), {"size": (1, 4), "mode": "bilinear", "align_corners": True},
         [[[[0, 1, 2, 3]]]], ([[[[2, 2]]]],)),
    ),
    bugs=(
        Bug("the corners always aligned", "    if align_corners:", "    if True:",
            "With align_corners=False pixels are cells: their outer edges coincide, not the centres of the corners."),
        Bug("half a pixel forgotten", "(places + 0.5) * (size / target if factor is None else 1 / factor) - 0.5",
            "places * (size / target if factor is None else 1 / factor)",
            "The centre of cell i lies at i + 1/2: add the half before the scaling and take it away after."),
        Bug("the two neighbours exchanged", "(1 - part)[:, None] * np.eye(size)[left] + part[:, None]",
            "part[:, None] * np.eye(size)[left] + (1 - part)[:, None]",
            "A place at a part phi behind the left entry takes 1 - phi of it."),
        Bug("the way back divides instead of adding", "(rows.T @ dy @ columns,)",
            "(rows.T @ dy @ columns * (x.shape[3] / len(columns)),)",
            "What several results read off from one entry adds up there."),
        Bug("rounded to the nearest", "places * size // target if factor is None",
            "np.round(places * size / target).astype(int) if factor is None",
            "Mode nearest takes the entry whose cell the result's upper left corner lies in: floor, not round."),
    ),
)  # fmt: skip


def windows_of_equal_size_are_plain_pooling(f, example):
    (x,) = example.args
    tiled = np.kron(x, np.arange(6.0).reshape(2, 3))
    np.testing.assert_allclose(
        f(tiled, output_size=x.shape[2:]), avg_pool2d(tiled, kernel_size=(2, 3)), rtol=1e-12, atol=1e-14 * taps(example)
    )


def size_one_is_the_mean_of_the_image(f, example):
    (x,) = example.args
    np.testing.assert_allclose(
        f(x, output_size=1)[..., 0, 0], x.mean(axis=(2, 3)), rtol=1e-12, atol=1e-14 * taps(example)
    )


def each_result_sends_back_what_it_got(f, example):
    (x,) = example.args
    y, pullback = f.vjp(x, **example.options)
    dy = example.rng().normal(size=y.shape)
    assert abs(pullback(dy)[0].sum() - dy.sum()) <= 1e-12 * abs(dy).sum()


operation(
    adaptive_avg_pool2d,
    examples=st.builds(
        lambda x, p, q: Example((x,), {"output_size": short((p, q))}), images, st.integers(1, 5), st.integers(1, 5)
    ),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses={
        **INTEGERS,
        "a size of zero": lambda e: e.with_options(output_size=0),
        "images without entries": lambda e: e.with_arg(0, e.args[0][..., :0]),
    },
    invariants=(
        a_constant_stays_a_constant,
        sums_may_be_taken_before_or_after,
        windows_of_equal_size_are_plain_pooling,
        size_one_is_the_mean_of_the_image,
        each_result_sends_back_what_it_got,
    ),
    exact=(
        (  # the windows of an uneven division overlap
            (np.array([[[[1.0, 2.0, 6.0]]]]),),
            {"output_size": (1, 2)},
            [[[[1.5, 4]]]],
            ([[[[0.5, 1, 0.5]]]],),
        ),
    ),
    bugs=(
        Bug("windows that do not overlap", "-(-(p + 1) * size // target)", "(p + 1) * size // target + (size < target)",
            "A window ends at the ceiling of (p + 1) H / P: neighbours share an entry where the division is uneven."),
        Bug("the sum for the mean", "covered / covered.sum(axis=1, keepdims=True)", "covered.astype(float)",
            "Divide by the number of entries of each window."),
        Bug("rows and columns exchanged", "rows @ x @ columns.T, lambda",
            "(columns @ x.swapaxes(2, 3) @ rows.T).swapaxes(2, 3) * 1 if x.shape[2] != x.shape[3] else "
            "columns @ x @ rows.T, lambda", "The first number of output_size belongs to the rows."),
        Bug("every result takes the same share back", "(rows.T @ dy @ columns,)",
            "(np.broadcast_to(dy.mean(axis=(2, 3), keepdims=True), x.shape).copy(),)",
            "An entry gets the shares of the windows that it lies in, and no others."),
    ),
)  # fmt: skip
