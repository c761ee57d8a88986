"""The script of the square that covers: what it computes against Python, and that it moves."""

import json

import numpy as np
from mock_page import needs_node, run

from dlbook.figures.visualization import fig_occluder
from dlbook.numpy.linear_classifiers import softmax

rng = np.random.default_rng(5)
WHOLE, COVERED = rng.normal(size=3), rng.normal(size=(3, 4, 3))


@needs_node
def test_the_map_of_the_square_is_the_score_that_is_lost():
    call = json.dumps([WHOLE.tolist(), COVERED.tolist(), 1])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.occluder.lost(...{call})))", "occluder")
    np.testing.assert_allclose(got, WHOLE[1] - COVERED[..., 1], rtol=1e-12)


@needs_node
def test_the_probabilities_of_the_square_are_the_books():
    got = run(f"console.log(JSON.stringify(dlbook.widgets.occluder.softmax({WHOLE.tolist()})))", "occluder")
    np.testing.assert_allclose(got, softmax(WHOLE[None])[0], rtol=1e-12)


@needs_node
def test_the_square_jumps_to_the_place_that_is_nearest_and_stays_on_the_image():
    places = [[3, 3], [0, 0], [8.4, 5.1], [100, -3]]
    script = f"""console.log(JSON.stringify({places}.map(([x, y]) =>
        dlbook.widgets.occluder.nearest(x, y, 4, 2, 3, 4))))"""
    assert run(script, "occluder") == [[1, 1], [0, 0], [2, 3], [0, 3]]


@needs_node
def test_the_square_moves_by_the_arrow_keys():
    figure = fig_occluder({"one": (rng.random((3, 8, 10)), WHOLE, COVERED)}, ["a", "b", "c"], size=4, stride=2,
                          alt="a square")  # fmt: skip
    script = f"""dlbook.mount({json.dumps(figure.key)}, "occluder", {figure._json});
    for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) handles()[0].fire("keydown", {{ key }});
    console.log(JSON.stringify(says()))"""
    assert run(script, "occluder") == ["row 4, column 2"]
