"""The script of the kernel that slides: what it computes against Python's convolution."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook import vjp
from dlbook.numpy.convolution import conv2d


@needs_node
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 0), (2, 2), (3, 1)])
def test_the_convolution_that_slides_is_the_books_in_value_and_gradients(stride, padding):
    rng = np.random.default_rng(9)
    x, weight = rng.normal(size=(7, 6)), rng.normal(size=(3, 2))
    y, back = vjp(conv2d, x[None, None], weight[None, None], stride=stride, padding=padding)
    dx, dweight = back(y)
    call = json.dumps([x.tolist(), weight.tolist(), stride, padding])
    script = f"""const s = dlbook.widgets.sliding, [x, w, stride, padding] = {call};
    const y = s.convolve(x, w, stride, padding);
    console.log(JSON.stringify([y, s.gradients(x, w, y, stride, padding)]))"""
    value, grads = run(script, "sliding")
    np.testing.assert_allclose(value, y[0, 0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(grads["dx"], dx[0, 0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(grads["dw"], dweight[0, 0], rtol=1e-12, atol=1e-13)
