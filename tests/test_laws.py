"""Every law, on every operation of the catalogue: the table of the verification ledger."""

import inspect

import pytest
from hypothesis import Phase, given, settings

import dlbook.numpy
from dlbook.differentiable import OPERATIONS
from dlbook.laws.battery import Failure, hold, laws_of
from dlbook.laws.operation import catalogue

pytestmark = pytest.mark.law

CASES = [
    pytest.param(op, name, id=f"{op.name}-{name.replace(' ', '_')}")
    for op in catalogue().values()
    for name in laws_of(op)
]


@pytest.mark.parametrize(("op", "name"), CASES)
def test_the_law_holds(op, name, ledger):
    result = hold(op, name, laws_of(op)[name])
    if isinstance(result, Failure):
        pytest.fail(result.text(op), pytrace=False)
    ledger(
        op,
        law=name,
        examples=result.examples,
        worst=result.worst,
        tolerance=result.tolerance,
        outcome=result.outcome,
    )


def test_every_operation_is_in_the_catalogue():
    dir(dlbook.numpy)  # imports every chapter
    entered = {op.module for op in catalogue().values()}
    registered = {
        f"{f.__module__}.{f.__name__}" for f in OPERATIONS.values() if f.__module__.startswith("dlbook.numpy")
    }
    assert entered == registered


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_every_entry_is_complete(op):
    assert len(op.invariants) >= 3, "an operation has at least three invariants of its own"
    assert 3 <= len(op.bugs) <= 8, "an operation has three to eight planted bugs"
    assert op.refuses, "an operation refuses something"
    assert len({b.name for b in op.bugs}) == len(op.bugs)
    options = {
        p.name for p in inspect.signature(op.reference).parameters.values() if p.kind == inspect.Parameter.KEYWORD_ONLY
    }
    drawn = set()

    @settings(max_examples=100, phases=[Phase.generate], database=None, deadline=None, derandomize=True)
    @given(op.examples)
    def collect(example):
        drawn.update(example.options)

    collect()
    assert drawn >= options, "every option is drawn at some time"
