"""The scripts of the figures that move: their formulas against Python's, and their life in a small mock page."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook import vjp
from dlbook.figures.convolution import fig_sliding
from dlbook.figures.deep_networks import fig_activations, fig_playground
from dlbook.figures.dense_prediction import fig_overlap
from dlbook.figures.evaluation import fig_threshold
from dlbook.figures.gradient_descent import fig_path
from dlbook.figures.initialization import fig_propagation
from dlbook.figures.interactive import Interactive, widget_source
from dlbook.figures.linear_classifiers import fig_boundary, fig_losses, fig_regions
from dlbook.figures.optimization import fig_race, fig_schedule_noise
from dlbook.figures.optimization.race import OPTIMIZERS, SURFACES
from dlbook.figures.regularization import fig_thinned
from dlbook.figures.style import Figure, panel
from dlbook.figures.training import fig_diagnosis
from dlbook.figures.transfer_learning import fig_sampling
from dlbook.numpy.deep_networks import init_mlp
from dlbook.numpy.deep_networks.network import ACTIVATIONS
from dlbook.numpy.linear_classifiers import cross_entropy, hinge_loss, l2_penalty, linear

WIDGETS = (
    "activations", "boundary", "diagnosis", "losses", "normalization", "overlap", "path", "playground", "propagation",
    "race", "regions", "sampling", "schedules", "sliding", "thinned", "threshold",
)  # fmt: skip


def clouds(k):
    rng = np.random.default_rng(3)
    target = np.arange(12) % k
    return rng.normal(size=(12, 2)) + target[:, None], target


def boundary():
    x, target = clouds(2)
    return fig_boundary(x, 2 * target - 1, np.array([0.7, -0.4]), 0.3, alt="a boundary")


def regions():
    x, target = clouds(3)
    weight = np.random.default_rng(4).normal(size=(3, 2))
    return fig_regions(x, target, weight, np.array([0.1, 0.2, -0.3]), classes=["a", "b", "c"], alt="regions")


def losses():
    m = np.linspace(-3, 3, 61)
    value = np.log1p(np.exp(-m))
    family = (np.array([0.0, 1.0]), np.stack([value, value / 2]), np.stack([m, m]))
    return fig_losses(m, {"logistic": (value, -1 / (1 + np.exp(m)))}, families={"focal": ("gamma", *family)}, alt="l")


def bowl(lr=1.2):
    hessian, path = np.array([[1.0, 0.2], [0.2, 0.5]]), [np.array([-1.0, 0.8])]
    for _ in range(10):
        path.append(path[-1] - lr * hessian @ path[-1])
    return fig_path(hessian, np.array(path), lr=lr, alt="path"), hessian, np.array(path)


def activations():
    x = np.linspace(-4, 4, 81)
    curves = {name: (f(x), vjp(f, x)[1](np.ones_like(x))[0]) for name, f in ACTIVATIONS.items()}
    return fig_activations(x, curves, alt="activations")


def playground():
    x, target = clouds(3)
    networks = [init_mlp((2, *[4] * depth, 3), np.random.default_rng(depth)) for depth in range(3)]
    other = [init_mlp((2, *[4] * depth, 2), np.random.default_rng(depth)) for depth in range(3)]
    sets = {"three": (x, target, networks), "two": (x, target % 2, other)}
    return fig_playground(sets, view=(-3.0, 5.0), alt="a network to train")


def optimizers():
    rates = {name: dict.fromkeys(OPTIMIZERS, 0.0005) for name in SURFACES}
    starts = {"bowl": (-1.5, 1.0), "Rosenbrock": (-1.5, 1.0), "saddle": (-1.5, 0.1)}
    return fig_race(rates, starts=starts, chosen=list(OPTIMIZERS)[:5], steps=20, alt="a race")


def diagnosis():
    falling = 3 * np.exp(-np.arange(9) / 4)
    accuracy = 1 - falling / 4
    runs = [
        {"number": n, "loss": falling if n < 3 else np.full(9, np.inf), "validation_loss": falling + 0.1, "test": 0.4,
         "accuracy": accuracy, "validation_accuracy": accuracy / 2, "options": options,
         "checks": [{"name": "slope", "ok": n != 2, "came": "3"}, {"name": "scale", "ok": True, "came": "1"}]}
        for n, options in ((1, [1, 2]), (2, [1, 2, 3]), (3, [2, 3]))
    ]  # fmt: skip
    answers = {n: {"text": f"cause {n}", "signature": f"Sign {n}.", "clue": f"place {n}"} for n in (1, 2, 3)}
    return fig_diagnosis(runs, answers, alt="a run to diagnose")


def thinned():
    params = init_mlp((1, 6, 5, 1), np.random.default_rng(8), dtype="float64")
    x = np.linspace(-2, 2, 9)
    return fig_thinned(params, x, np.sin(x), alt="a network that loses units", start=0.5)


def propagation():
    growth = np.linspace(-0.5, 0.5, 6)[:, None] * np.arange(12)
    maps = {"relu": (10**growth, 10**-growth)}
    return fig_propagation(np.linspace(0.5, 1.5, 6), maps, start=(6, 1.0), alt="depth and size")


def threshold():
    rng = np.random.default_rng(8)
    return fig_threshold(rng.normal(size=30) + 1, np.round(rng.normal(size=50), 1), threshold=0.5, alt="a threshold")


FIGURES = {
    "activations": activations, "boundary": boundary, "diagnosis": diagnosis, "losses": losses,
    "path": lambda: bowl()[0], "playground": playground, "propagation": propagation, "race": optimizers,
    "regions": regions, "schedules": lambda: fig_schedule_noise(alt="schedules"), "thinned": thinned,
    "threshold": threshold,
    "overlap": lambda: fig_overlap(3, 2, alt="kernels that overlap"),
    "sampling": lambda: fig_sampling(np.eye(7), angle=0.5, alt="an image that is turned"),
    "sliding": lambda: fig_sliding(np.arange(42.0).reshape(7, 6) % 5 - 2, np.eye(3), padding=1, alt="a kernel"),
}  # fmt: skip


@needs_node
@pytest.mark.parametrize("name", ["core", "controls", *WIDGETS])
def test_a_script_is_valid_and_may_stand_twice_on_a_page(name):
    source = widget_source(f"{name}.js")
    assert run(f"{source}\n{source}\nconsole.log(JSON.stringify(Object.keys(dlbook.widgets)))", "boundary")


@needs_node
@pytest.mark.parametrize("kind", ["hinge", "logistic"])
def test_the_objective_of_the_boundary_is_the_books(kind):
    x, labels = clouds(2)
    weight, bias, strength, target = np.array([[0.7, -0.4]]), np.array([0.3]), 0.05, 2 * labels - 1
    call = json.dumps([x.tolist(), target.tolist(), weight[0].tolist(), bias[0], strength, kind])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.boundary.objective(...{call})))", "boundary")

    scores, back = vjp(linear, x, weight, bias)
    if kind == "hinge":
        loss, down = vjp(hinge_loss, scores[:, 0], target)
        dscores = down(np.ones_like(loss))[0][:, None]
    else:
        # Two classes with scores (0, s): the cross-entropy is the logistic loss of the margin.
        loss, down = vjp(cross_entropy, np.hstack([np.zeros_like(scores), scores]), labels)
        dscores = down(np.ones_like(loss))[0][:, 1:]
    penalty, shrink = vjp(l2_penalty, weight, strength=strength)
    _, dweight, dbias = back(dscores)
    np.testing.assert_allclose(got["margins"], target * scores[:, 0], rtol=1e-12)
    np.testing.assert_allclose([got["data"], got["penalty"]], [loss, penalty], rtol=1e-12)
    np.testing.assert_allclose(got["total"], loss + penalty, rtol=1e-12)
    np.testing.assert_allclose(got["dweight"], (dweight + shrink(np.ones_like(penalty))[0])[0], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(got["dbias"], dbias[0], rtol=1e-10, atol=1e-14)
    assert got["accuracy"] == np.mean(target * scores[:, 0] > 0)


@needs_node
def test_the_objective_of_the_regions_is_the_books():
    x, target = clouds(3)
    rng = np.random.default_rng(5)
    weight, bias = rng.normal(size=(3, 2)), rng.normal(size=3)
    call = json.dumps([x.tolist(), target.tolist(), weight.tolist(), bias.tolist()])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.regions.objective(...{call})))", "regions")
    scores, back = vjp(linear, x, weight, bias)
    loss, down = vjp(cross_entropy, scores, target)
    _, dweight, dbias = back(down(np.ones_like(loss))[0])
    np.testing.assert_allclose(got["loss"], loss, rtol=1e-12)
    np.testing.assert_allclose(got["dweight"], dweight, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(got["dbias"], dbias, rtol=1e-10, atol=1e-14)
    assert got["accuracy"] == pytest.approx(np.mean(scores.argmax(axis=1) == target))


@needs_node
def test_the_regions_tile_the_view():
    rng = np.random.default_rng(6)
    weight, bias = rng.normal(size=(4, 2)).tolist(), rng.normal(size=4).tolist()
    square = [[-2, -1], [2, -1], [2, 1], [-2, 1]]
    script = f"""const [w, b, s] = {json.dumps([weight, bias, square])};
    console.log(JSON.stringify(w.map((_, k) => dlbook.widgets.regions.region(s, w, b, k))))"""
    areas = []
    for k, polygon in enumerate(map(np.array, run(script, "regions"))):
        if len(polygon):
            x, y = polygon.T
            areas.append(0.5 * abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)))
            assert ((polygon.mean(axis=0) @ np.array(weight).T + bias).argmax()) == k
    assert sum(areas) == pytest.approx(8)


@needs_node
@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_the_path_is_the_one_that_python_computes(momentum):
    figure, hessian, _ = bowl()
    data = json.dumps({**json.loads(figure._json), "momentum": momentum})
    script = f"""const d = {data}, p = dlbook.widgets.path, h = p.bowl(d.steep, d.kappa, d.angle);
    console.log(JSON.stringify([h, p.descend(h, d.start, d.lr, d.momentum, d.steps)]))"""
    got_hessian, got_path = run(script, "path")
    x, v, path = np.array([-1.0, 0.8]), np.zeros(2), []
    for _ in range(11):
        path.append(x)
        v = momentum * v + hessian @ x
        x = x - 1.2 * v
    # Five significant digits travel to the page.
    np.testing.assert_allclose(got_hessian, hessian, rtol=1e-4)
    np.testing.assert_allclose(got_path, path, atol=1e-3)


@needs_node
@pytest.mark.parametrize(
    ("curvature", "lr", "momentum"), [(1, 1.7, 0), (1, 0.3, 0), (1, 2.1, 0), (1, 0.5, 0.8), (4, 0.9, 0.5)]
)
def test_the_factor_per_step_is_the_spectral_radius(curvature, lr, momentum):
    step = np.array([[1 - lr * curvature, -lr * momentum], [curvature, momentum]])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.path.factor({curvature}, {lr}, {momentum})))", "path")
    assert got["size"] == pytest.approx(np.abs(np.linalg.eigvals(step)).max())


@needs_node
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_comes_alive_and_the_still_picture_makes_room(name):
    figure = FIGURES[name]()
    script = f"""dlbook.mount("k", "{name}", {figure._json});
    console.log(JSON.stringify({{ still: hosts[0].children[0].hidden, alive: hosts[0].children.length, handles: says(),
      labels: handles().map((h) => h.attributes["aria-label"]),
      focus: handles().map((h) => h.attributes.tabindex) }}))"""
    got = run(script, name)
    assert got["still"] is True
    assert got["alive"] == 2
    assert got["handles"]
    assert all(got["labels"])
    assert set(got["focus"]) == {"0"}


@needs_node
@pytest.mark.parametrize("name", FIGURES)
def test_arrow_keys_move_every_handle(name):
    script = f"""dlbook.mount("k", "{name}", {FIGURES[name]()._json});
    const moved = handles().map((h) => {{
      const before = h.attributes["aria-valuetext"]; h.fire("keydown", {{ key: "ArrowRight" }});
      return before !== h.attributes["aria-valuetext"]; }});
    console.log(JSON.stringify(moved))"""
    assert all(run(script, name))


@needs_node
@pytest.mark.parametrize("name", FIGURES)
def test_a_drag_moves_every_handle(name):
    script = f"""dlbook.mount("k", "{name}", {FIGURES[name]()._json});
    const moved = handles().map((h) => {{
      const before = h.attributes["aria-valuetext"];
      h.fire("pointerdown", {{ button: 0, clientX: 100, clientY: 100 }});
      h.fire("pointermove", {{ clientX: 130, clientY: 80 }});
      h.fire("pointerup", {{}});
      h.fire("pointermove", {{ clientX: 300, clientY: 300 }});
      return before !== h.attributes["aria-valuetext"]; }});
    console.log(JSON.stringify(moved))"""
    assert all(run(script, name))


@needs_node
@pytest.mark.parametrize("name", FIGURES)
def test_sliders_and_buttons_redraw_without_a_bad_number(name):
    # The mock page refuses every attribute and text that holds NaN or undefined.
    script = f"""dlbook.mount("k", "{name}", {FIGURES[name]()._json});
    for (const input of find((n) => n.attributes.type === "range"))
      for (const end of ["min", "max"]) {{ input.value = +input.attributes[end]; input.fire("input", {{}}); }}
    for (const button of find((n) => n.tag === "button")) button.fire("click", {{}});
    console.log(JSON.stringify(says()))"""
    assert run(script, name)


@needs_node
def test_descending_lowers_the_objective():
    script = f"""dlbook.mount("k", "boundary", {boundary()._json});
    const total = () => +find((n) => n.tag === "dd")[2].textContent, before = total();
    find((n) => n.textContent === "Descend" && n.tag === "button")[0].fire("click", {{}});
    console.log(JSON.stringify([before, total()]))"""
    before, after = run(script, "boundary")
    assert after < before


@needs_node
def test_a_diagnosis_is_told_why_it_is_right_or_wrong():
    script = f"""dlbook.mount("k", "diagnosis", {diagnosis()._json});
    const note = () => find((n) => n.attributes.class === "dlbook-note")[0].textContent;
    const press = (text) => {{ const all = find((n) => n.tag === "label" && n.textContent === text);
      all.at(-1).children[0].fire("change", {{}}); return note(); }};
    const list = () => find((n) => n.tag === "li").map((n) => n.textContent);
    const seen = [note(), press("cause 2"), press("cause 1")];
    press("2");
    seen.push(note(), press("cause 2"), list().at(-1));
    press("1");
    console.log(JSON.stringify([...seen, note()]))"""
    before, wrong, right, fresh, second, failed, kept = run(script, "diagnosis")
    assert before == fresh == ""
    assert wrong == "No: \u201ccause 2\u201d looks different. Sign 2. Here, look at place 1."
    assert right == kept == "Yes: cause 1. Sign 1."
    assert second == "Yes: cause 2. Sign 2."
    assert failed == "failed: slope: 3"


@needs_node
def test_a_script_that_fails_leaves_the_still_picture():
    script = """let thrown = false;
    try { dlbook.mount("k", "boundary", {}); } catch { thrown = true; }
    console.log(JSON.stringify([thrown, hosts[0].children[0].hidden, hosts[0].children.length]))"""
    assert run(script, "boundary") == [True, False, 1]


def still():
    canvas, ax = panel()
    ax.plot([0, 1])
    return Figure([canvas], alt="at rest")


def test_a_string_in_the_data_cannot_close_the_script():
    text = Interactive("boundary", {"name": "</script><b>"}, still=still(), hint="Move.")._repr_html_()
    assert text.count("</script>") == 1
    assert "<b>" not in text


def test_a_number_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        Interactive("boundary", {"weight": np.array([np.nan])}, still=still(), hint="Move.")


def test_different_data_give_different_keys_and_equal_data_equal_ones():
    one, same, other = (Interactive("path", {"lr": lr}, still=still(), hint="Move.") for lr in (0.1, 0.1, 0.2))
    assert one.key == same.key != other.key


def test_style_and_scripts_ask_for_nothing_from_elsewhere():
    for name in ("core.css", "core.js", "controls.js", *(f"{widget}.js" for widget in WIDGETS)):
        text = widget_source(name).replace("http://www.w3.org/2000/svg", "")
        for sign in ("http", "@import", "url(", "fetch(", "XMLHttpRequest", "import("):
            assert sign not in text, (name, sign)
