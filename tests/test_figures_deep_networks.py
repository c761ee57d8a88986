"""The playground's script: its network is the book's, and its training works."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run
from test_figures_interactive import clouds, playground

from dlbook.numpy.deep_networks import init_mlp, layer_values, mlp_objective


@needs_node
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "identity"])
def test_the_network_of_the_playground_is_the_books_in_every_value_and_gradient(name):
    x, target = clouds(3)
    rng = np.random.default_rng(7)
    params = [(w, rng.normal(size=len(b))) for w, b in init_mlp((2, 5, 4, 3), rng, dtype="float64")]
    plain = [[w.tolist(), b.tolist()] for w, b in params]
    call = json.dumps([plain, x.tolist(), target.tolist(), name])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.playground.objective(...{call})))", "playground")
    cost, grads = mlp_objective(activation=name)(tuple(params), x, target)
    assert got["loss"] == pytest.approx(cost, rel=1e-12)
    for (dweight, dbias), (g, b) in zip(grads, got["grads"], strict=True):
        np.testing.assert_allclose(g, dweight, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(b, dbias, rtol=1e-9, atol=1e-13)
    values = layer_values(x, tuple(params), activation=name)
    call = json.dumps([plain, x[0].tolist(), name])
    _, *layers = run(f"console.log(JSON.stringify(dlbook.widgets.playground.forward(...{call})))", "playground")
    for mine, theirs in zip(values, layers, strict=True):
        np.testing.assert_allclose(theirs, mine[0], rtol=1e-12, atol=1e-15)
    assert got["accuracy"] == pytest.approx(np.mean(values[-1].argmax(axis=1) == target))


@needs_node
def test_training_in_the_playground_lowers_the_loss():
    script = f"""dlbook.mount("k", "playground", {playground()._json});
    const loss = () => parseFloat(find((n) => n.tag === "dd")[1].textContent), before = loss();
    find((n) => n.textContent === "Train" && n.tag === "button")[0].fire("click", {{}});
    console.log(JSON.stringify([before, loss(), find((n) => n.tag === "dd")[0].textContent]))"""
    before, after, steps = run(script, "playground")
    assert after < 0.5 * before
    assert steps == "1500"
