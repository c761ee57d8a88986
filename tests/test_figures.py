"""Every figure of the book: one example each, and the rules that hold for all of them."""

import importlib
import inspect
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from drawings.shared import ALT

from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure
from dlbook.numpy import TOPICS

PLACES = (*TOPICS, "identities")
DRAWINGS = [importlib.import_module(f"drawings.{place}") for place in PLACES]
EXAMPLES = {name: example for module in DRAWINGS for name, example in module.EXAMPLES.items()}
FIGURES = {
    name: getattr(module, name)
    for module in (importlib.import_module(f"dlbook.figures.{place}") for place in PLACES)
    for name in module.__all__
}
VOID = {"br", "img", "input", "meta", "link", "hr"}


def draw(name):
    arguments, options = EXAMPLES[name]
    return FIGURES[name](*arguments, alt=ALT, **options)


@pytest.fixture(scope="module")
def drawn():
    return {name: draw(name) for name in FIGURES}


class Page(HTMLParser):
    """Collect tags, ids and attributes, and insist that tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.tags = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_no_two_figures_have_one_name():
    names = [name for place in PLACES for name in importlib.import_module(f"dlbook.figures.{place}").__all__]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


def test_a_run_without_a_word_for_its_split_is_the_training():
    charts = importlib.import_module("dlbook.figures.charts")
    names = ["relu", "relu, validation", "tanh", "tanh, validation"]
    labels = [(line.get_label(), line.get_linestyle()) for line in charts._legend(names)]
    assert [label for label, _ in labels] == ["relu", "tanh", "training", "validation"]
    assert [look for _, look in labels[:3]] == ["-", "-", "-"]
    assert labels[3][1] != "-"


def still(figure):
    return figure.still if isinstance(figure, Interactive) else figure


every_figure = pytest.mark.parametrize("name", FIGURES)


@every_figure
def test_every_figure_demands_a_text_alternative(name):
    alt = inspect.signature(FIGURES[name]).parameters["alt"]
    assert alt.kind is alt.KEYWORD_ONLY
    assert alt.default is alt.empty


@every_figure
def test_markup_is_well_formed_and_says_its_text_alternative(name, drawn):
    page = Page(drawn[name]._repr_html_())
    images = [attrs for _, attrs in page.tags if attrs.get("role") == "img"]
    assert [attrs["aria-label"] for attrs in images] == [ALT]
    for svg in still(drawn[name]).svgs:
        ElementTree.fromstring(svg)


@every_figure
def test_nothing_is_fetched_from_elsewhere(name, drawn):
    text = drawn[name]._repr_html_()
    # The one address that may occur names the vocabulary of SVG and is never requested.
    assert set(re.findall(r"https?://[^\"' )]+", text)) <= {"http://www.w3.org/2000/svg"}
    page = Page(text)
    targets = [a[k] for _, a in page.tags for k in ("src", "href") if k in a]
    assert all(target.startswith(("#", "data:")) for target in targets)


@every_figure
def test_the_theme_decides_foreground_and_background(name, drawn):
    for svg in still(drawn[name]).svgs:
        assert "currentColor" in svg
        assert not re.search(r"#0{6}|#0{3}\b|#f{6}|#010203|\bblack\b|\bwhite\b", svg, flags=re.I)
        root = ElementTree.fromstring(svg)
        above = {child: parent for parent in root.iter() for child in parent}
        for text in root.iter("text"):
            # A power of ten is a group with one colour for base and exponent.
            styles = text.get("style", "") + (above[text].get("style") or "")
            assert "fill: currentColor" in styles, ElementTree.tostring(text)


@every_figure
def test_text_is_text_in_the_fonts_of_the_page(name, drawn):
    svgs = still(drawn[name]).svgs
    assert any("<text" in svg for svg in svgs)
    assert not any("font-family" in svg.split(">", 1)[1] or "DejaVu" in svg for svg in svgs)


@every_figure
def test_axes_with_numbers_have_labels(name, drawn):
    for canvas in still(drawn[name]).panels:
        for ax in canvas.axes:
            if ax.axison and len(ax.get_xticks()) and name != "fig_templates":
                assert ax.get_xlabel()
                assert ax.get_ylabel()


@every_figure
def test_the_same_numbers_give_the_same_bytes(name, drawn):
    assert draw(name)._repr_html_() == drawn[name]._repr_html_()


@every_figure
def test_the_raster_for_other_viewers_is_a_png(name, drawn):
    png = drawn[name]._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert png == drawn[name]._repr_png_()


def test_ids_of_all_figures_on_one_page_differ_and_references_resolve(drawn):
    text = "".join(figure._repr_html_() for figure in drawn.values())
    ids = Page(text).ids
    assert len(ids) == len(set(ids)) > 0
    references = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    assert references == set(ids)


def test_a_figure_is_light(drawn):
    sizes = {name: len(figure._repr_html_()) for name, figure in drawn.items()}
    assert max(sizes.values()) < 120_000, sizes


@pytest.mark.parametrize(
    ("call", "named"),
    [*(case for module in DRAWINGS for case in module.REFUSED), (lambda f: Figure([], alt="a"), "panels")],
)
def test_a_wrong_argument_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        call(FIGURES)
