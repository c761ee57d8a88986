"""The figures of the chapter on evaluation: what the script of the threshold computes is what the book computes."""

import json

import numpy as np
import pytest
from mock_page import needs_node, run

from dlbook.numpy.evaluation import f1_score, precision, recall, roc_curve
from dlbook.numpy.linear_classifiers import accuracy


@needs_node
@pytest.mark.parametrize("cut", [-9.0, -0.3, 0.5, 9.0])
def test_what_a_threshold_means_is_the_books(cut):
    rng = np.random.default_rng(9)
    plus, minus = np.round(rng.normal(size=20) + 1, 1), np.round(rng.normal(size=60), 1)
    call = json.dumps([plus.tolist(), minus.tolist()])
    script = f"""const [p, n] = {call}, t = dlbook.widgets.threshold;
    console.log(JSON.stringify([t.roc(p, n), t.measures(t.rates(p, n, {cut}), p.length / (p.length + n.length))]))"""
    points, got = run(script, "threshold")
    scores, target = np.concatenate([plus, minus]), np.repeat([1, 0], [20, 60])
    curve = roc_curve(scores, target)
    np.testing.assert_allclose(points, np.stack([curve.fpr, curve.tpr], axis=1), rtol=1e-12)
    called = np.stack([scores < cut, scores >= cut], axis=1).astype(float)
    known = [f(called, target, average="none")[1] for f in (precision, recall, f1_score)]
    np.testing.assert_allclose([got["precision"], got["recall"], got["f1"]], known, rtol=1e-12)
    assert got["accuracy"] == pytest.approx(accuracy(called, target))
