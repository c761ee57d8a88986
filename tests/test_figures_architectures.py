"""The script of the stack that the reader builds: what it counts against what Python counts."""

import json

import pytest
from mock_page import needs_node, run

from dlbook.figures.architectures.builder import stack_costs

STACKS = {
    "alexnet": [
        {"kind": "conv", "kernel_size": 11, "stride": 4, "channels": 64},
        {"kind": "pool", "kernel_size": 3, "stride": 2},
        {"kind": "conv", "kernel_size": 5, "stride": 1, "channels": 192},
    ],
    "all kinds": [
        {"kind": "separable", "kernel_size": 3, "stride": 2, "channels": 24},
        {"kind": "conv", "kernel_size": 1, "stride": 1, "channels": 7},
        {"kind": "pool", "kernel_size": 2, "stride": 2},
        {"kind": "separable", "kernel_size": 7, "stride": 1, "channels": 9},
    ],
}


@needs_node
@pytest.mark.parametrize("name", STACKS)
def test_the_stack_that_is_built_costs_what_python_counts(name):
    call = json.dumps(STACKS[name])
    found = run(f"console.log(JSON.stringify(dlbook.widgets.builder.costs({call}, 3, 65)))", "builder")
    assert found == stack_costs(STACKS[name], channels=3, size=65)


@needs_node
def test_large_numbers_are_said_in_words():
    numbers = [999, 12_300, 4_560_000, 15_470_000_000]
    script = f"console.log(JSON.stringify({json.dumps(numbers)}.map(dlbook.widgets.builder.words)))"
    assert run(script, "builder") == ["999", "12.3 thousand", "4.56 million", "15.5 thousand million"]
