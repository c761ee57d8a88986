"""Every figure of the book: one example each, and the rules that hold for all of them."""

import importlib
import inspect
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure
from dlbook.numpy.backpropagation import Tape, exp, graph, log

TOPICS = ("linear_classifiers", "gradient_descent", "backpropagation", "deep_networks", "evaluation")
FIGURES = {
    name: getattr(module, name)
    for module in (importlib.import_module(f"dlbook.figures.{topic}") for topic in TOPICS)
    for name in module.__all__
}
ALT = 'Two clouds, "left" & <right>.'
VOID = {"br", "img", "input", "meta", "link", "hr"}


def two_clouds():
    rng = np.random.default_rng(0)
    target = np.repeat([-1, 1], 12)
    return rng.normal(size=(24, 2)) + target[:, None], target


def three_clouds():
    rng = np.random.default_rng(1)
    target = np.repeat([0, 1, 2], 8)
    weight = np.array([[-1.0, -0.5], [1.0, -0.5], [0.0, 1.0]])
    return rng.normal(size=(24, 2)) + 2 * weight[target], target, weight, np.array([0.2, 0.0, -0.3])


def zigzag():
    hessian, x = np.array([[1.0, 0.3], [0.3, 0.4]]), np.array([-1.5, 1.0])
    path = [x]
    for _ in range(12):
        x = x - 1.5 * hessian @ x
        path.append(x)
    return hessian, np.array(path)


def softplus():
    tape = Tape()
    x, one = tape.variable(0.8, "x"), tape.variable(1.0, "one")
    return graph(log(one + exp(-x)) - x)


def losses_example():
    margin = np.linspace(-3, 3, 61)
    value, gammas = np.log1p(np.exp(-margin)), np.array([0.0, 1.0, 2.0])
    family = np.array([value * (1 / (1 + np.exp(margin))) ** g for g in gammas])
    slopes = np.gradient(family, margin, axis=1)
    losses = {"zero-one": ((margin <= 0) * 1.0, 0 * margin), "logistic": (value, -1 / (1 + np.exp(margin)))}
    return FIGURES["fig_losses"](margin, losses, families={"focal": ("gamma", gammas, family, slopes)}, alt=ALT)


def draw(name):
    rng = np.random.default_rng(2)
    steps, sizes = np.arange(1, 30), np.array([1, 4, 16])
    (x, target), (hessian, path) = two_clouds(), zigzag()
    w = np.array([1.0, 0.8])
    split = {"training": np.exp(-steps / 9), "validation": np.exp(-steps / 9) + 0.1}
    arguments = {
        "fig_boundary": (x, target, w, 0.1),
        "fig_confusion": (rng.integers(0, 9, (3, 3)), ["cat", "dog", "ship"]),
        "fig_curves": ({"loss (nats)": split, "accuracy (%)": split},),
        "fig_duality": (steps, 1 + 1 / steps, 1 - 1 / steps),
        "fig_grid": ({run: {"cost (nats)": split, "accuracy (%)": split} for run in ("lr 0.1", "lr 0.01")},),
        "fig_hyperplanes": three_clouds(),
        "fig_probability_histogram": (rng.random(50), rng.random(50) < 0.7),
        "fig_regions": three_clouds(),
        "fig_regularization_path": (np.logspace(-3, 1, 9), rng.normal(size=(9, 4))),
        "fig_reliability": (np.array([0.3, 0.6, 0.9]), np.array([0.2, 0.6, 0.8]), np.array([4, 0, 9])),
        "fig_support_vectors": (x, target, w, 0.1, target * (x @ w + 0.1) <= 1),
        "fig_templates": (rng.normal(size=(3, 12)), ["cat", "dog", "ship"], (3, 2, 2)),
        "fig_contraction": (10.0 ** sizes[:2], np.array([0.2, 0.7]), np.array([0.2, 0.7])),
        "fig_convergence": ({"condition 10": 0.8**steps},),
        "fig_epochs_updates": ({8: 0.8**steps, 64: 0.9**steps}, {8: 100, 64: 12}),
        "fig_line_search": (steps / 10, (steps / 10 - 1) ** 2),
        "fig_minibatch_variance": (sizes, 1 / sizes, 1 / sizes),
        "fig_noise_ball": (hessian, {"batch 1": rng.normal(size=(40, 2)), "batch 8": rng.normal(size=(40, 2)) / 3}),
        "fig_noise_floor": (sizes, np.array([0.1 / sizes, 0.3 / sizes]), [0.1, 0.3]),
        "fig_path": (hessian, path),
        "fig_cost": (sizes, {"evaluation": sizes, "gradient": 3 * sizes}),
        "fig_graph": (softplus(),),
        "fig_schedule": (sizes, 64 / sizes + sizes, 0 * sizes + 192),
        "fig_step_sweep": (10.0**-sizes, {"forward": 10.0**-sizes, "complex": 0.0 * sizes}),
        "fig_activations": (steps / 10.0, {"tanh": (np.tanh(steps / 10), 1 - np.tanh(steps / 10) ** 2)}),
        "fig_decision_surfaces": (x, (target > 0).astype(int), {"linear": rng.normal(size=(9, 9, 2))}),
        "fig_folding": ({"one fold": (np.array([0, 0.5, 1]), np.array([0.0, 1, 0]))},),
        "fig_gradient_norms": ({"tanh": 0.9**steps, "sigmoid": 0.2**steps},),
        "fig_hidden_plane": (x, np.maximum(x, 0), (target > 0).astype(int)),
        "fig_linear_regions": ({"one layer": [rng.normal(size=(9, 9, 3))]},),
        "fig_coverage": (steps / 30, {"wald": 0.9 + 0 * steps, "wilson": 0.95 + 0 * steps}),
        "fig_double_descent": (sizes, {"test error": {"ridge": 1 / sizes, "none": 2 / sizes}}),
        "fig_right_wrong": (rng.random((3, 20)) < 0.7,),
        "fig_threshold": (rng.normal(size=30) + 1, rng.normal(size=40)),
        "fig_playground": ({"clouds": (x, (target > 0).astype(int), [((np.ones((2, 2)), np.zeros(2)),)])},),
    }
    options = {
        "fig_decision_surfaces": {"view": (-3.0, 3.0), "classes": ["cat", "dog"]},
        "fig_hidden_plane": {"line": ([1.0, -2.0], -0.5), "classes": ["cat", "dog"]},
        "fig_linear_regions": {"view": (-1.0, 1.0)},
        "fig_double_descent": {"threshold": 4, "log": ("test error",)},
        "fig_right_wrong": {"average": np.arange(20) < 15},
        "fig_playground": {"view": (-3.0, 3.0), "depth": 0},
        "fig_convergence": {"bounds": {"condition 10": 2 * 0.8**steps, "1/t": 1 / steps}},
        "fig_hyperplanes": {"classes": ["cat", "dog", "ship"]},
        "fig_regions": {"classes": ["cat", "dog", "ship"]},
        "fig_line_search": {"slope": -1.6, "c": 0.3, "tried": [2.0, 1.0], "tried_value": [1.0, 0.0]},
        "fig_path": {"lr": 1.5},
        "fig_cost": {"x_label": "parameters", "y_label": "operations"},
        "fig_schedule": {"best": 4},
        "fig_regularization_path": {"errors": {"training": np.ones(9), "test": np.ones(9)}, "best": 0.1},
    }
    if name == "fig_losses":
        return losses_example()
    return FIGURES[name](*arguments[name], alt=ALT, **options.get(name, {}))


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
    [
        (lambda f: f["fig_boundary"](np.ones((3, 3)), np.ones(3), np.ones(2), 0.0, alt="a"), "x must have shape"),
        (lambda f: f["fig_boundary"](np.ones((3, 2)), np.array([0, 1, 1]), np.ones(2), 0.0, alt="a"), "target"),
        (lambda f: f["fig_boundary"](np.eye(2), np.array([1, -1]), np.zeros(2), 0.0, alt="a"), "weight"),
        (lambda f: f["fig_boundary"](*two_clouds(), np.ones(2), 0.0, loss="square", alt="a"), "loss"),
        (lambda f: f["fig_confusion"](np.ones((2, 3)), ["a", "b"], alt="a"), "matrix"),
        (lambda f: f["fig_templates"](np.ones((2, 5)), ["a", "b"], (2, 2), alt="a"), "weight"),
        (lambda f: f["fig_templates"](np.ones((1, 8)), ["a"], (2, 2, 2), alt="a"), "image_shape"),
        (lambda f: f["fig_losses"](np.array([0.0, 1.0, 3.0]), {}, alt="a"), "margin"),
        (lambda f: f["fig_losses"](np.arange(3.0), {"hinge": (np.ones(3), np.ones(2))}, alt="a"), "slope of 'hinge'"),
        (lambda f: f["fig_probability_histogram"](np.array([1.5]), np.array([True]), alt="a"), "probability"),
        (lambda f: f["fig_support_vectors"](*two_clouds(), np.ones(2), 0.0, np.ones(24), alt="a"), "support"),
        (lambda f: f["fig_hyperplanes"](*three_clouds(), classes=["a", "b"], alt="a"), "weight"),
        (lambda f: f["fig_path"](np.diag([1.0, -1.0]), np.ones((3, 2)), lr=0.1, alt="a"), "hessian"),
        (lambda f: f["fig_path"](np.eye(2), np.ones((3, 2)), lr=3.0, alt="a"), "lr"),
        (lambda f: f["fig_line_search"]([0, 1], [1, 2], slope=1, c=0.1, tried=[1], tried_value=[2], alt="a"), "slope"),
        (lambda f: f["fig_noise_floor"]([1, 2], np.ones((2, 2)), [0.1], alt="a"), "excess"),
        (lambda f: f["fig_minibatch_variance"]([1, 2], [1, 2], [1], alt="a"), "shape"),
        (lambda f: f["fig_epochs_updates"]({1: [1]}, {2: 1}, alt="a"), "updates_per_epoch"),
        (lambda f: f["fig_grid"]({"a": {"loss": {}}, "b": {"cost": {}}}, alt="a"), "quantities"),
        (lambda f: f["fig_duality"]([1, 2], [1.0], 0.0, alt="a"), "primal"),
        (lambda f: f["fig_regularization_path"]([0.0, 1.0], np.ones((2, 3)), alt="a"), "strength"),
        (lambda f: f["fig_cost"]([1], {"a": [0.0]}, x_label="x", y_label="y", alt="a"), "costs"),
        (lambda f: f["fig_schedule"]([1, 2], [1], [1, 2], alt="a"), "memory"),
        (lambda f: f["fig_step_sweep"]([0.0], {}, alt="a"), "step"),
        (lambda f: f["fig_graph"](graph(exp(Tape().variable(1.0))), alt="a"), "named"),
        (lambda f: f["fig_graph"](graph(Tape().variable(np.ones(2)), np.ones(2)), alt="a"), "scalars"),
        (lambda f: f["fig_activations"](np.array([0.0, 1.0, 3.0]), {}, alt="a"), "x must be"),
        (lambda f: f["fig_activations"](np.arange(3.0), {"relu": (np.ones(3), np.ones(2))}, alt="a"), "slope of"),
        (lambda f: f["fig_gradient_norms"]({"a": [1, 0]}, alt="a"), "positive"),
        (lambda f: f["fig_folding"]({"a": ([0, 1], [0])}, alt="a"), "one shape"),
        (lambda f: f["fig_hidden_plane"](np.ones((2, 2)), np.ones((3, 2)), [0, 1], line=([1, 1], 0), classes="ab",
                                         alt="a"), "x and h"),
        (lambda f: f["fig_linear_regions"]({"a": [np.ones((2, 3, 1))]}, view=(0, 1), alt="a"), "scores of 'a'"),
        (lambda f: f["fig_decision_surfaces"](np.ones((1, 2)), [0], {"a": np.ones((2, 2, 3))}, view=(0, 1),
                                              classes="ab", alt="a"), "scores of 'a'"),
        (lambda f: f["fig_playground"]({}, view=(0, 1), activation="step", alt="a"), "activation"),
        (lambda f: f["fig_playground"]({"a": (np.ones((1, 2)), [1], [()])}, view=(0, 1), alt="a"), "params[0]"),
        (lambda f: f["fig_coverage"](np.ones(3), {"wald": np.ones(2)}, alt="a"), "coverage of 'wald'"),
        (lambda f: f["fig_double_descent"]([1], {"e": {"a": [1, 2]}}, threshold=1, alt="a"), "'a' must have shape"),
        (lambda f: f["fig_right_wrong"](np.ones((2, 3)), average=np.ones(2), alt="a"), "(M, N)"),
        (lambda f: f["fig_threshold"]([], [1.0], alt="a"), "both classes need scores"),
        (lambda f: f["fig_contraction"]([1], [1], [1], alt="  "), "alt"),
        (lambda f: Figure([], alt="a"), "panels"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        call(FIGURES)
