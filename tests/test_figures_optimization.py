"""The figures of `optimization` that move: their scripts take the steps and rates that the book takes."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook.figures.optimization.noise import SHAPES, mean_heights
from dlbook.figures.optimization.race import OPTIMIZERS, SURFACES, race


@needs_node
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_runner_of_the_race_takes_the_steps_that_the_book_takes(surface, optimizer, momentum):
    start, lr, steps = [-1.3, 0.7], 0.001, 60
    call = json.dumps([surface, optimizer, start, lr, momentum, steps])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.race.walk(...{call})))", "race")
    np.testing.assert_allclose(got, race(surface, optimizer, start, lr=lr, momentum=momentum, steps=steps), rtol=1e-9)


@needs_node
@pytest.mark.parametrize("shape", SHAPES)
def test_a_schedule_of_the_figure_is_the_books(shape):
    for low, high, n in ((0.01, 0.8, 7), (0.1, 1.4, 20)):
        options = json.dumps({"low": low, "high": high, "n": n, "steps": 150})
        call = f"dlbook.widgets.schedules.shapes[{json.dumps(shape)}]({options})"
        script = f"const rate = {call}; console.log(JSON.stringify(Array.from({{ length: 150 }}, (_, s) => rate(s))))"
        rate = SHAPES[shape](low, high, n, 150)
        np.testing.assert_allclose(run(script, "schedules"), [rate(step) for step in range(150)], rtol=1e-12)


@needs_node
def test_the_height_of_a_noisy_descent_is_the_recursion_of_the_book():
    rates = [0.1, 1.0, 0.5, 0.02]
    got = run(f"console.log(JSON.stringify(dlbook.widgets.schedules.heights({rates}, 2.0)))", "schedules")
    np.testing.assert_allclose(got, mean_heights(np.array(rates), 2.0), rtol=1e-12)
    assert mean_heights(np.full(400, 0.3), 2.0)[-1] == pytest.approx(0.3 / (2 * (2 - 0.3)))


@needs_node
def test_the_surfaces_of_the_race_are_the_books():
    for name, (function, *_) in SURFACES.items():
        call = f"dlbook.widgets.race.surfaces[{json.dumps(name)}].value([0.3, -1.2])"
        assert run(f"console.log(JSON.stringify({call}))", "race") == pytest.approx(
            float(function(np.array([0.3, -1.2]))), rel=1e-12
        )
