"""Listings show what is tested; numbers in the text are the run's, or there is no page."""

import math

import pytest

from dlbook.numpy import linear, softmax
from dlbook.numpy.convolution import feature_maps
from dlbook.page import OutOfBand, badge, listing, measured, number, stated, without_docstring

ROWS = [
    {"module": "dlbook.numpy.linear_classifiers.linear.linear", "law": law, "examples": 10, "worst": worst,
     "tolerance": tolerance, "outcome": outcome}
    for law, worst, tolerance, outcome in [
        ("gradient", 2e-10, 1e-7, "passed"),
        ("twin value", 1e-15, 1e-12, "passed"),
        ("pure", None, None, "passed"),
        ("planted: bias gradient averaged", None, None, "caught"),
    ]
]  # fmt: skip


def test_a_listing_is_the_source_without_its_docstring():
    text = repr(listing(linear))
    assert text.startswith("@differentiable\ndef linear(")
    assert "dweight = dy.T @ x" in text
    assert '"""' not in text
    assert "Parameters" not in text


def test_a_listing_keeps_the_docstring_folded_away():
    page = listing(linear)._repr_html_()
    summary, folded = page.index("<summary>"), page.index("one template per row")
    assert summary < folded < page.index("highlight")


def test_code_in_the_first_line_of_a_docstring_is_code_on_the_page():
    page = listing(feature_maps)._repr_html_()
    head = page[page.index("<summary>") : page.index("</summary>")]
    assert "layers of a <code>convnet</code>: convolution" in head
    assert "`" not in head


def test_several_functions_stand_in_one_listing():
    text = repr(listing(linear, softmax))
    assert text.index("def linear(") < text.index("def softmax(")


def test_a_listing_escapes_what_html_would_eat():
    assert "<script>" not in listing(linear)._repr_html_()
    assert "-&gt;" in listing(linear)._repr_html_()


@pytest.mark.parametrize("thing", [len, 3])
def test_what_has_no_source_is_refused(thing):
    with pytest.raises(TypeError, match="no Python source"):
        listing(thing)


def test_an_empty_listing_is_refused():
    with pytest.raises(TypeError, match="at least one"):
        listing()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('def f():\n    """Doc."""\n    return 1', "def f():\n    return 1"),
        ('def f():\n    r"""Doc.\n\n    More.\n    """\n\n    return 1', "def f():\n    return 1"),
        ('class E(ValueError):\n    """Doc."""', "class E(ValueError):\n    ..."),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ('def f():\n    """Doc."""\n\n    x = """kept"""\n    return x', 'def f():\n    x = """kept"""\n    return x'),
    ],
)
def test_only_the_docstring_is_cut(source, expected):
    assert without_docstring(source) == expected


def test_the_badge_counts_laws_examples_and_bugs_and_names_the_closest():
    line = badge("dlbook.numpy.linear_classifiers.linear.linear", ROWS)
    assert "3 laws hold on 30 examples" in line
    assert "2.0e-10 of 1e-07 allowed (gradient)" in line
    assert "1 planted bug caught" in line


def test_a_twin_shares_the_badge_of_its_reference():
    assert "3 laws hold" in badge("dlbook.torch.linear_classifiers.linear.linear", ROWS)


def test_the_badge_of_an_unknown_function_is_empty():
    assert badge("dlbook.numpy.nothing", ROWS).endswith("></p>")


def test_without_a_ledger_the_badge_says_so():
    assert "have not been run" in badge("dlbook.numpy.linear_classifiers.linear.linear", [])


def test_a_number_in_its_band_passes_and_prints_nothing(capsys):
    assert measured("accuracy", 0.96, 0.95, 0.97) is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("value", [0.94, 0.98, math.nan, math.inf, -math.inf])
def test_a_number_outside_its_band_stops_the_page(value):
    with pytest.raises(OutOfBand, match=r"accuracy = .* outside its band \[0.95, 0.97\] \(ten seeds\)"):
        measured("accuracy", value, 0.95, 0.97, because="ten seeds")


@pytest.mark.parametrize(("low", "high"), [(1, 0), (1, 1), (-math.inf, 1), (0, math.nan)])
def test_a_band_that_cannot_fail_is_refused(low, high):
    with pytest.raises(ValueError, match="two finite numbers"):
        measured("accuracy", 0.5, low, high)


@pytest.mark.parametrize("name", ["", "two words", "a:b", "`x`"])
def test_a_name_that_the_text_cannot_quote_is_refused(name):
    with pytest.raises(ValueError, match="cannot be quoted"):
        measured(name, 0.5, 0, 1)


def test_a_stated_number_may_differ_by_rounding_only():
    stated("first-loss", math.log(10) * (1 + 1e-12), math.log(10))
    with pytest.raises(OutOfBand, match="first-loss"):
        stated("first-loss", math.log(10) + 1e-6, math.log(10))
    with pytest.raises(OutOfBand):
        stated("first-loss", math.nan, math.nan)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.96, 3, "0.960"),
        (0.0, 2, "0.00"),
        (-0.5, 1, "−0.5"),
        (12, 0, "12"),
        (12345.6, 1, "12 345.6"),
        (1.234e-10, 2, "1.2 × 10⁻¹⁰"),
        (-3e20, 2, "−3.0 × 10²⁰"),
    ],
)
def test_numbers_are_written_as_a_book_writes_them(value, digits, text):
    assert number(value, digits) == text
