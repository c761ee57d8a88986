"""The script of the image that is turned: what it computes against Python's sampling."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook.figures.transfer_learning import fig_sampling
from dlbook.numpy.transfer_learning import affine, affine_matrices


@needs_node
@pytest.mark.parametrize(
    ("angle", "scale", "shear", "right"), [(0, 1, 0, 0), (0.7, 1, 0, 0), (-2.0, 1.5, 0.4, 1.25), (3.0, 0.6, -0.8, -2.5)]
)
def test_the_image_that_is_turned_is_the_books(angle, scale, shear, right):
    x = np.random.default_rng(9).random((7, 5))
    changes = {"angle": angle, "scale": scale, "shear": (shear, 0.0), "translate": (right, 0.0)}
    told = json.dumps([x.tolist(), {"angle": angle, "scale": scale, "shear": shear, "right": right}])
    script = f"""const s = dlbook.widgets.sampling, [x, told] = {told}, theta = s.matrix(7, 5, told);
    console.log(JSON.stringify([theta, s.sample(x, theta)]))"""
    theta, y = run(script, "sampling")
    np.testing.assert_allclose(theta, affine_matrices(1, (7, 5), **changes)[0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(y, affine(x[None, None], **changes)[0, 0], rtol=1e-10, atol=1e-12)


@needs_node
def test_a_pixel_is_read_where_the_figure_says():
    figure = fig_sampling(np.eye(6), angle=0.3, alt="a turned diagonal")
    script = f"""dlbook.mount("k", "sampling", {figure._json});
    const slider = find((n) => n.attributes.type === "range")[0];
    slider.value = 0; slider.fire("input", {{}});
    console.log(JSON.stringify(find((n) => n.tag === "dd").map((n) => n.textContent)))"""
    assert run(script, "sampling") == ["4, 4", "4.00", "4.00", "1.00, 0.00, 0.00, 0.00", "1.00"]
