"""The figures of `regularization` that move: their formulas against Python's."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook.numpy.deep_networks import init_mlp
from dlbook.numpy.regularization import dropout_mlp


@needs_node
@pytest.mark.parametrize("p", [0.0, 0.4])
def test_the_thinned_network_is_the_books(p):
    params = init_mlp((1, 6, 5, 1), np.random.default_rng(8), dtype="float64")
    masks = tuple(np.random.default_rng(9).random((1, k)) >= p for k in (6, 5))
    plain = [[w.tolist(), b.tolist()] for w, b in params], [m[0].astype(int).tolist() for m in masks]
    call = json.dumps([*plain, 0.7, p, "relu"])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.thinned.forward(...{call})))", "thinned")
    assert got[-1][0] == pytest.approx(dropout_mlp(np.array([[0.7]]), params, masks, p=p)[0, 0], rel=1e-12)


@needs_node
def test_masks_on_the_page_keep_the_share_they_should():
    script = """const t = dlbook.widgets.thinned, random = t.generator(1), net = [[[], Array(50).fill(0)], [[], [0]]];
    let kept = 0; for (let i = 0; i < 200; i++) kept += t.draw(net, 0.3, random)[0].reduce((a, b) => a + b, 0);
    console.log(JSON.stringify(kept / 10000))"""
    assert run(script, "thinned") == pytest.approx(0.7, abs=0.02)
