"""The riddles of the chapter on back-propagation: right values, wrong gradients, and inputs that hide them."""

import numpy as np
import pytest

from dlbook.exercises.wrong_gradients import wrong_gradient, wrong_gradients
from dlbook.numpy.backpropagation import gradient_check
from dlbook.shapes import leaves

RIDDLES = {riddle.operation: riddle for riddle in wrong_gradients()}
every_riddle = pytest.mark.parametrize("riddle", RIDDLES.values(), ids=list(RIDDLES))


def test_there_are_ten():
    assert len(RIDDLES) == len(wrong_gradients()) == 10


@every_riddle
def test_the_operation_itself_passes_on_both_inputs(riddle):
    assert gradient_check(riddle.reference, *riddle.shows)
    assert gradient_check(riddle.reference, *riddle.hides)


@every_riddle
def test_the_value_is_right(riddle):
    for args in (riddle.shows, riddle.hides):
        for (_, ours), (_, right) in zip(leaves(riddle.f(*args)), leaves(riddle.reference(*args)), strict=True):
            np.testing.assert_array_equal(ours, right)


@every_riddle
def test_the_gradient_is_wrong_on_one_input_and_right_on_the_other(riddle):
    assert not gradient_check(riddle.f, *riddle.shows)
    assert gradient_check(riddle.f, *riddle.hides)


@every_riddle
def test_the_text_shows_the_mistake_and_not_the_answer(riddle):
    assert riddle.bug.new.strip() in riddle.text
    assert riddle.bug.diagnosis not in riddle.text
    assert riddle.bug.name not in riddle.text
    assert '"""' not in riddle.text
    assert riddle.text in riddle._repr_markdown_()


def test_a_riddle_is_found_by_name_and_an_unknown_one_is_refused():
    assert wrong_gradient("tanh").operation == "tanh"
    with pytest.raises(ValueError, match="operation is 'relu', expected one of mean, div"):
        wrong_gradient("relu")
