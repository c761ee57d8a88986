"""The catalogue's entries for `pixel_shuffle` and `pixel_unshuffle`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS
from dlbook.numpy.dense_prediction import pixel_shuffle, pixel_unshuffle


@st.composite
def shuffled(draw, down: bool):
    n, c, h, w, u = (draw(st.integers(1, 3)) for _ in range(5))
    shape = (n, c, h * u, w * u) if down else (n, c * u**2, h, w)
    return Example((draw(array(*shape)),), {"downscale_factor" if down else "upscale_factor": u})


def the_same_numbers_come_out(f, example):
    y = f(*example.args, **example.options)
    np.testing.assert_array_equal(np.sort(y, axis=None), np.sort(example.args[0], axis=None))


def lengths_and_angles_stay(f, example):
    """The operation is orthogonal: the way back of a value is its argument."""
    y, pullback = f.vjp(*example.args, **example.options)
    np.testing.assert_array_equal(pullback(y)[0], example.args[0])


def a_factor_of_one_changes_nothing(f, example):
    option = next(iter(example.options))
    np.testing.assert_array_equal(f(*example.args, **{option: 1}), example.args[0])


def channels_of_the_image_do_not_mix(f, example):
    option = next(iter(example.options))
    four = np.concatenate([np.full((1, 4, 4, 2), 2.0), np.full((1, 4, 4, 2), 5.0)], axis=1)
    y = f(four, **{option: 2})
    half = y.shape[1] // 2
    assert (y[:, :half] == 2).all(), "the first channels of the image hold numbers of the second"
    assert (y[:, half:] == 5).all(), "the second channels of the image hold numbers of the first"


def unshuffling_undoes_it(f, example):
    u = example.options["upscale_factor"]
    y = f(*example.args, upscale_factor=u)
    np.testing.assert_array_equal(pixel_unshuffle(y, downscale_factor=u), example.args[0])


def shuffling_undoes_it(f, example):
    u = example.options["downscale_factor"]
    y = f(*example.args, downscale_factor=u)
    np.testing.assert_array_equal(pixel_shuffle(y, upscale_factor=u), example.args[0])


INVARIANTS = (
    the_same_numbers_come_out,
    lengths_and_angles_stay,
    a_factor_of_one_changes_nothing,
    channels_of_the_image_do_not_mix,
)

operation(
    pixel_shuffle,
    examples=shuffled(False),
    analytic=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "channels that make no blocks": lambda e: e.with_options(upscale_factor=7),
        "a factor of zero": lambda e: e.with_options(upscale_factor=0),
    },
    invariants=(*INVARIANTS, unshuffling_undoes_it),
    exact=(
        (
            (np.arange(1.0, 9).reshape(1, 4, 1, 2),),
            {"upscale_factor": 2},
            [[[[1, 3, 2, 4], [5, 7, 6, 8]]]],
            ([[[[1, 1]], [[1, 1]], [[1, 1]], [[1, 1]]]],),
        ),
    ),
    bugs=(
        Bug("rows and columns of the block exchanged", "parts.transpose(0, 1, 4, 2, 5, 3)",
            "parts.transpose(0, 1, 4, 3, 5, 2)", "Channel (c, a, b) goes to row p u + a and column q u + b."),
        Bug("the channels of the image vary fastest", "parts = x.reshape(n, c // u**2, u, u, h, w)\n",
            "parts = x.reshape(n, u, u, c // u**2, h, w).transpose(0, 3, 1, 2, 4, 5)\n",
            "PyTorch's order is (c, a, b): the u^2 channels of one image channel are neighbours."),
        Bug("copies side by side instead of pixels between", "parts.transpose(0, 1, 4, 2, 5, 3)",
            "parts.transpose(0, 1, 2, 4, 3, 5)", "The blocks are of u x u pixels, one block for each place: p u + a."),
        Bug("the way back is another shuffle", "lambda dy: (_to_channels(dy, u).copy(),)\n\n\n@differentiable\n"
            "def pixel_unshuffle", "lambda dy: (dy.reshape(x.shape).copy(),)\n\n\n@differentiable\ndef pixel_unshuffle",
            "Each number goes back where it came from: the pullback is pixel_unshuffle, not a reshape."),
    ),
)  # fmt: skip

operation(
    pixel_unshuffle,
    examples=shuffled(True),
    analytic=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "blocks that do not tile the image": lambda e: e.with_options(downscale_factor=11),
        "a factor of zero": lambda e: e.with_options(downscale_factor=0),
    },
    invariants=(*INVARIANTS, shuffling_undoes_it),
    exact=(
        (
            (np.array([[[[1.0, 3, 2, 4], [5, 7, 6, 8]]]]),),
            {"downscale_factor": 2},
            np.arange(1.0, 9).reshape(1, 4, 1, 2),
            (np.ones((1, 1, 2, 4)),),
        ),
    ),
    bugs=(
        Bug("rows and columns of the block exchanged", "parts.transpose(0, 1, 3, 5, 2, 4)",
            "parts.transpose(0, 1, 5, 3, 2, 4)", "Row p u + a and column q u + b become channel (c, a, b)."),
        Bug("a reshape alone", "return _to_channels(x, u).copy(), lambda",
            "return x.reshape(len(x), -1, x.shape[2] // u, x.shape[3] // u).copy(), lambda",
            "A reshape reads whole rows: split both axes into (places, block) and move the block axes."),
        Bug("the channels of the image vary fastest", "parts.transpose(0, 1, 3, 5, 2, 4)",
            "parts.transpose(0, 3, 5, 1, 2, 4)", "PyTorch's order is (c, a, b): the channel of the image first."),
    ),
)  # fmt: skip
