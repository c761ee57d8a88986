"""Every planted bug is caught: a check that cannot fail proves nothing."""

import pytest

from dlbook.laws.battery import caught_by
from dlbook.laws.mutants import generic_mutants
from dlbook.laws.operation import catalogue

pytestmark = pytest.mark.law

# A mutant costs only as many examples as it takes to catch it. Sixty, as many as a reader's check tries, nearly always
# do; but which examples are drawn depends a little on what else has been imported (Hypothesis tries constants that it
# finds in loaded modules), so that a mutant which breaks rarely might once get away.
EXAMPLES = 200

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
    law = caught_by(op, op.spoilt(bug), examples=EXAMPLES)
    assert law is not None, f"{op.name} with {bug.name} ({bug.old!r} -> {bug.new!r}) breaks no law"
    ledger(op, law=f"planted: {bug.name}", outcome="caught", by=law)


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_every_generic_mutant_is_caught(op, ledger):
    for what, mutant in generic_mutants(op):
        law = caught_by(op, mutant, examples=EXAMPLES)
        assert law is not None, f"{op.name} with {what} breaks no law"
        ledger(op, law=f"mutant: {what}", outcome="caught", by=law)
