"""The line below a formula of the appendix."""

from dlbook.sphinxext.verification import IDENTITIES, _sealed

ROW = {"operation": "trace_cyclic", "module": f"{IDENTITIES}products.trace_cyclic", "examples": None, "by": None}
ROWS = [
    {**ROW, "law": "sides agree", "outcome": "passed", "examples": 100},
    {**ROW, "law": "near-miss: order", "outcome": "caught", "by": "sides agree"},
]
FORMULA = '<div class="math notranslate nohighlight" id="equation-eq-{}">\n<span>(1)</span>\\[a\n&lt; b\\]</div>'


def test_a_formula_says_what_was_tried_and_leads_to_its_row():
    page = _sealed(f"<p>{FORMULA.format('id-trace-cyclic')}</p>", ROWS, lambda path: f"verification.html#{path}")
    seal = f'<a href="verification.html#{ROW["module"]}">100 examples, 1 near-miss refuted</a>'
    assert page == f'<p>{FORMULA.format("id-trace-cyclic")}\n<p class="dlbook-seal">{seal}</p></p>'


def test_other_formulas_are_left_alone():
    body = FORMULA.format("trace-cyclic") + FORMULA.format("id-other")
    assert _sealed(body, ROWS, lambda path: "") == body


def test_without_a_page_for_the_table_there_is_no_link():
    assert "<a " not in _sealed(FORMULA.format("id-trace-cyclic"), ROWS, lambda path: "")
