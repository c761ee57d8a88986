"""Convolution: the fast kernels against the readable ones, with blocks and products of every size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.laws.operations.convolution.conv import layers
from dlbook.numpy import convolution as cv
from dlbook.numpy.convolution import lowered, shifts
from dlbook.numpy.convolution.conv import two_axes
from dlbook.numpy.convolution.geometry import axis

pytestmark = pytest.mark.law


@pytest.mark.parametrize(("block", "piece"), [(1, 1), (100, 500), (10**6, 10**6)])
@given(example=layers(), seed=st.integers(0, 2**32 - 1))
def test_the_fast_kernels_are_the_readable_ones(block, piece, example, seed):
    rng = np.random.default_rng(seed)
    x, weight = (rng.normal(size=a.shape) for a in example.args[:2])
    names = {"stride": 1, "padding": 0, "dilation": 1, **example.options}
    groups = names.pop("groups", 1)
    rows, columns = two_axes("conv2d", x, weight, names["stride"], names["padding"], names["dilation"])
    dy = rng.normal(size=cv.conv2d(x, weight, **example.options).shape)
    before = lowered.BLOCK, lowered.PIECE
    try:
        lowered.BLOCK, lowered.PIECE = block, piece
        for name, pair in (("correlate", (x, weight)), ("spread", (dy, weight)), ("collect", (x, dy))):
            fast = getattr(lowered, name)(*pair, rows, columns, groups)
            plain = getattr(shifts, name)(*pair, rows, columns, groups)
            np.testing.assert_allclose(fast, plain, rtol=1e-12, atol=1e-12, err_msg=name)
    finally:
        lowered.BLOCK, lowered.PIECE = before


@pytest.mark.parametrize(("channels", "filters", "groups"), [(3, 16, 1), (16, 3, 1), (64, 48, 1), (12, 6, 6)])
def test_a_large_layer_is_the_same_by_both_kernels_with_blocks_and_pieces_as_they_are(channels, filters, groups):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(5, channels, 20, 17)), rng.normal(size=(filters, channels // groups, 3, 3))
    for stride, padding, dilation in ((1, 1, 1), (2, 0, 1), (3, 4, 2)):
        rows, columns = (axis("conv2d", size, 3, stride, padding, dilation) for size in (20, 17))
        y = lowered.correlate(x, weight, rows, columns, groups)
        assert_close(y, shifts.correlate(x, weight, rows, columns, groups))
        assert_close(lowered.spread(y, weight, rows, columns, groups), shifts.spread(y, weight, rows, columns, groups))
        assert_close(lowered.collect(x, y, rows, columns, groups), shifts.collect(x, y, rows, columns, groups))


@given(
    size=st.tuples(st.integers(3, 7), st.integers(3, 7)), groups=st.integers(1, 2), padding=st.integers(0, 3),
    stride=st.integers(1, 2), dilation=st.integers(1, 2), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_pairs_of_rows_are_right_for_every_height(size, groups, padding, stride, dilation, seed):
    rng = np.random.default_rng(seed)
    x, weight = rng.normal(size=(3, 2 * groups, *size)), rng.normal(size=(3 * groups, 2, 3, 2))
    rows = axis("conv2d", size[0], 3, 1, padding, 1)
    columns = axis("conv2d", size[1], 2, stride, 1, dilation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowered, "PIECE", 1)
        patch.delattr(lowered, "Products")  # so that there is no other way
        fast = lowered.correlate(x, weight, rows, columns, groups)
    np.testing.assert_allclose(fast, shifts.correlate(x, weight, rows, columns, groups), rtol=1e-12, atol=1e-12)


def test_four_products_for_six_see_no_further_and_lose_no_digit():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 64, 9, 8)), rng.normal(size=(64, 64, 3, 3))
    x[0, 5, 4, 3] = np.nan
    y = cv.conv2d(x, weight, padding=1)
    seen = np.zeros((9, 8), bool)
    seen[3:6, 2:5] = True
    assert (np.isnan(y[0]) == seen).all()
    halved = cv.conv2d(x[1:].astype("float32"), weight.astype("float32"), padding=1)
    plain = cv.conv2d_im2col(x[1:].astype("float32"), weight.astype("float32"), padding=1)
    assert abs(halved - y[1:]).mean() < 2 * abs(plain - y[1:]).mean()


def assert_close(fast, plain):
    """Compare entries that are sums of many terms: what cancels is measured against the largest."""
    assert fast.dtype == plain.dtype
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-13 * abs(plain).max() * plain.size**0.25)
