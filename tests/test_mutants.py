"""Every planted bug is caught: a check that cannot fail proves nothing."""

import pytest

from dlbook.laws.battery import caught_by
from dlbook.laws.mutants import generic_mutants
from dlbook.laws.operation import catalogue

pytestmark = pytest.mark.law

PLANTED = [
    pytest.param(op, bug, id=f"{op.name}-{bug.name.replace(' ', '_')}")
    for op in catalogue().values()
    for bug in op.bugs
]


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_the_reference_itself_passes(op):
    assert caught_by(op, op.reference, examples=20) is None


@pytest.mark.parametrize(("op", "bug"), PLANTED)
def test_the_planted_bug_is_caught(op, bug, ledger):
    law = caught_by(op, op.spoilt(bug))
    assert law is not None, f"{op.name} with {bug.name} ({bug.old!r} -> {bug.new!r}) breaks no law"
    ledger(op, law=f"planted: {bug.name}", outcome="caught", by=law)


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_every_generic_mutant_is_caught(op, ledger):
    for what, mutant in generic_mutants(op):
        law = caught_by(op, mutant)
        assert law is not None, f"{op.name} with {what} breaks no law"
        ledger(op, law=f"mutant: {what}", outcome="caught", by=law)
