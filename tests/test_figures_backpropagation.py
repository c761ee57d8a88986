"""The graph that the reader steps through: its script against the tape, and its life in a small mock page."""

import json
from itertools import pairwise

import numpy as np
import pytest
from test_figures_interactive import needs_node, run

from dlbook.figures.backpropagation import fig_graph
from dlbook.numpy.backpropagation import Tape, cos, div, exp, graph, log, maximum, sin, sqrt, tanh


def classifier():
    tape = Tape()
    given = {"x": 2.0, "w0": 0.5, "b0": -0.5, "w1": -0.3, "b1": 0.2}
    x, w0, b0, w1, b1 = (tape.variable(number, name) for name, number in given.items())
    s0, s1 = w0 * x + b0, w1 * x + b1
    return log(exp(s0) + exp(s1)) - s1


def everything():
    tape = Tape()
    a, b = tape.variable(0.7, "a"), tape.variable(1.3, "b")
    return sin(a * b) * cos(-a) + tanh(sqrt(div(b, a))) - 0.3 * exp(a) + log(b) ** 3


@needs_node
@pytest.mark.parametrize("formula", [classifier, everything])
def test_the_script_computes_the_values_and_gradients_of_the_tape(formula):
    nodes = fig_graph(graph(formula()), alt="a graph").data["nodes"]
    script = f"""const given = {json.dumps(nodes)}, {{ forward, backward }} = dlbook.widgets.graph;
    const values = forward(given, given.map((n) => n.value)), sum = (list) => list.reduce((s, a) => s + a.amount, 0);
    console.log(JSON.stringify([values, backward(given, values).map(sum)]))"""
    values, gradients = run(script, "graph")
    np.testing.assert_allclose(values, [node["value"] for node in nodes], rtol=1e-12)
    np.testing.assert_allclose(gradients, [node["gradient"] for node in nodes], rtol=1e-12)


def mounted(script):
    figure = fig_graph(graph(classifier()), alt="a graph")
    start = f"""dlbook.mount("k", "graph", {figure._json});
    const press = (name) => find((n) => n.tag === "button" && n.textContent === name)[0].fire("click", {{}});
    const note = () => find((n) => n.attributes.class === "dlbook-note")[0].textContent;
    const texts = () => find((n) => n.tag === "text").map((n) => n.textContent);
    const slides = () => find((n) => n.attributes.type === "range");"""
    return run(start + script, "graph")


@needs_node
def test_the_figure_comes_alive_and_says_how_to_use_it():
    still, hint = mounted("""console.log(JSON.stringify([hosts[0].children[0].hidden,
    find((n) => n.attributes.class === "dlbook-hint")[0].textContent]))""")
    assert still is True
    assert "arrow keys" in hint


@needs_node
def test_values_appear_on_the_way_forward_and_gradients_on_the_way_back():
    shown = mounted("""const seen = [];
    for (let i = 0; i < 20; i++) { seen.push(texts().filter((t) => t !== "").length); press("Step"); }
    console.log(JSON.stringify(seen))""")
    assert all(later >= earlier for earlier, later in pairwise(shown[:11]))
    assert shown[-1] > shown[0] + 9


@needs_node
def test_where_two_ways_meet_the_sum_is_written_out():
    note, texts = mounted("""for (let i = 0; i < 14; i++) press("Step");
    console.log(JSON.stringify([note(), texts()]))""")
    assert "together" in note
    assert "\u22121.00 + 0.29 = \u22120.71" in texts


@needs_node
def test_back_undoes_step_and_the_slider_does_the_same():
    one, two, three = mounted("""press("Step"); press("Step"); const one = note(); press("Step"); press("Back");
    const two = note(); press("Back"); slides()[0].value = 2; slides()[0].fire("input", {});
    console.log(JSON.stringify([one, two, note()]))""")
    assert one == two == three


@needs_node
def test_a_changed_input_changes_the_numbers_and_reset_brings_them_back():
    before, changed, after = mounted("""for (let i = 0; i < 9; i++) press("Step");
    const before = note(); slides()[1].value = 3; slides()[1].fire("input", {});
    const changed = note(); press("Reset"); for (let i = 0; i < 9; i++) press("Step");
    console.log(JSON.stringify([before, changed, note()]))""")
    assert before == after != changed


def test_an_operation_that_the_figure_does_not_know_is_refused():
    tape = Tape()
    a, b = tape.variable(1.0, "a"), tape.variable(2.0, "b")
    with pytest.raises(ValueError, match="fig_graph: graph must hold named inputs"):
        fig_graph(graph(maximum(a, b)), alt="a graph")
