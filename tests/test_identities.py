"""The appendix: every identity holds, every near-miss is refuted, and page and collection say the same."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from dlbook.laws.battery import Failure
from dlbook.laws.identities import POOR, catalogue, refutation, survives, try_on
from dlbook.laws.identities.drawing import KINDS, draw_one
from dlbook.laws.identities.identity import identity
from dlbook.laws.operation import Example
from dlbook.laws.operation import catalogue as operations

PAGE = Path(__file__).resolve().parents[1] / "book" / "identities.md"
ENTRIES = catalogue()
LAWS = [pytest.param(e, law, id=f"{e.name}-{law.replace(' ', '_')}") for e in ENTRIES.values() for law in e.laws()]
WRONG = [pytest.param(e, name, id=f"{e.name}-{name.replace(' ', '_')}") for e in ENTRIES.values() for name in e.wrong]
entries = pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda e: e.name)


@pytest.mark.law
@pytest.mark.parametrize(("entry", "law"), LAWS)
def test_the_identity_holds(entry, law, ledger):
    result = try_on(entry, law)
    if isinstance(result, Failure):
        pytest.fail(result.text(entry), pytrace=False)
    ledger(entry, law=law, examples=result.examples, worst=result.worst, tolerance=result.tolerance)


@pytest.mark.law
@pytest.mark.parametrize(("entry", "name"), WRONG)
def test_the_near_miss_is_refuted(entry, name, ledger):
    failure = refutation(entry, name, shrink=False)
    assert failure is not None, f"{entry.name} with {name!r} passes"
    assert re.search(r"off by|exceeds", failure.message), f"not refuted by numbers: {failure.message}"
    ledger(entry, law=f"near-miss: {name}", outcome="caught", by=failure.law)


def equations(text: str) -> dict[str, str]:
    """Return the page's labelled formulas by label, with single blanks."""
    found = re.findall(r"^```\{math\}\n:label: (eq-[\w-]+)\n(.*?)^```", text, re.M | re.S)
    return {label: " ".join(formula.split()) for label, formula in found}


def test_every_formula_of_the_page_has_an_entry_and_the_reverse():
    on_page = equations(PAGE.read_text())
    assert on_page == {e.label: e.formula for e in ENTRIES.values() if not e.name.startswith("pullback")}


@pytest.mark.parametrize("entry", [e for e in ENTRIES.values() if e.name.startswith("pullback")], ids=lambda e: e.name)
def test_a_line_of_the_table_is_an_operation_with_its_equation_and_its_formulas(entry):
    name = entry.name.removeprefix("pullback_of_")
    (row,) = (line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{name}` |"))
    value, pullback = (part.strip().removesuffix(" ,") for part in entry.formula.split(r"\qquad"))
    assert row == f"| `{name}` | ${pullback}$ | ${value}$ | {{eq}}`{entry.label}` |"
    assert f"eq-{entry.label.removeprefix('eq-')}" in operations()[name].reference.__doc__


def test_the_table_has_no_other_lines():
    named = re.findall(r"^\| `(\w+)` \| \$.*\{eq\}", PAGE.read_text(), re.M)
    assert {f"pullback_of_{name}" for name in named} == {name for name in ENTRIES if name.startswith("pullback")}


@entries
def test_an_entry_says_what_it_claims_and_when_it_holds_and_so_does_the_page(entry):
    claim, _, rest = inspect.getdoc(entry.reference).partition("\n\n")
    assert claim.endswith("."), "a claim in words"
    assert entry.formula in " ".join(rest.split())
    assert entry.wrong, "at least one tempting variant"
    if not entry.name.startswith("pullback"):
        assert entry.label == f"eq-id-{entry.name.replace('_', '-')}"
        conditions = " ".join(rest.rpartition("$$")[2].partition("**Book**")[0].split())
        formula = re.escape(f"```{{math}}\n:label: {entry.label}\n") + r"[^`]+```\n"
        shown = (
            re.escape(f"{' '.join(claim.split())}\n\n") + formula + re.escape(f"\n*{conditions}*\n" * bool(conditions))
        )
        assert re.search(shown, PAGE.read_text())


@entries
def test_a_gradient_has_the_shape_of_its_variable(entry):
    if entry.relation == "gradient":
        sizes = {letter: 2 + i for i, letter in enumerate("MNKDL")}
        args = [draw_one(text, sizes, "normal", i) for i, text in enumerate(entry.shapes.values())]
        assert np.shape(entry.reference(*args)[1]) == args[0].shape


def test_the_smallest_counterexample_can_be_pasted():
    entry = ENTRIES["gradient_of_quadratic_form"]
    failure = refutation(entry, "A taken to be symmetric")
    arrays = eval(f"dict({failure.example.literal(entry.reference)})")
    x, a = np.array(arrays["x"]), np.array(arrays["a"])
    assert x.shape == (2,), "for one number every matrix is symmetric"
    assert not np.allclose(2 * a @ x, (a + a.T) @ x)


def test_poor_data_lets_wrong_formulas_pass_and_drawn_shapes_do_not():
    entry = ENTRIES["gradient_of_trace"]
    assert [survives(entry, "no transpose", data) for data in POOR] == [True, True, True, False, False]


def test_a_number_that_is_no_array_is_compared_too():
    @identity(wrong={"": lambda x: 0.0})
    def one_is_two(x: "N"):
        return 1.0, 2.0

    entry = catalogue()["one_is_two"]
    assert isinstance(try_on(entry, "sides agree"), Failure)
    from dlbook.laws.identities.identity import _ENTRIES

    del _ENTRIES["one_is_two"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_kind_of_matrix_is_what_it_says(kind, n):
    a = draw_one(f"N N {kind}", {"N": n}, "normal", 3)
    s = np.linalg.svd(a, compute_uv=False)
    holds = {
        "full": s.min() >= 0.49 and s.max() <= 2.06,
        "spd": np.allclose(a, a.T) and np.linalg.eigvalsh(a).min() >= 0.49,
        "symmetric": np.allclose(a, a.T),
        "contraction": np.isclose(s.max(), 0.4),
        "semidefinite": np.linalg.eigvalsh(a).min() >= -1e-12,
        "probabilities": np.allclose(a.sum(axis=-1), 1) and (a > 0).all(),
        "away": 0.49 <= np.linalg.norm(a) <= 2.01,
        "normal": len(np.unique(a)) == a.size,
        "positive": (a > 0).all(),
    }
    assert holds[kind]


def test_an_example_is_written_with_the_names_of_the_signature():
    entry = ENTRIES["moving_hadamard"]
    example = Example((np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1))))
    assert example.literal(entry.reference) == "a=[[1.0]], b=[[0.0]], c=[[1.0]]"
