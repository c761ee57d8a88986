"""Codes in the plane: principal components, affinities, and each line of the gradient of t-SNE."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_visualization import seeds

from dlbook import vjp
from dlbook.numpy import visualization as vis

pytestmark = pytest.mark.law



@given(seed=seeds)
def test_principal_components_diagonalize_the_covariance_and_lose_the_least(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(9, 4)) @ rng.normal(size=(4, 4))
    found = vis.pca(x, 2)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-12)
    covariance = np.cov(x.T, bias=True)
    values = np.linalg.eigvalsh(covariance)[::-1]
    np.testing.assert_allclose(found.share, values[:2] / values.sum(), rtol=1e-9)
    np.testing.assert_allclose(found.codes.T @ found.codes / 9, np.diag(values[:2]), atol=1e-9 * values[0])
    lost = ((x - found.mean - found.codes @ found.directions) ** 2).sum() / 9
    assert lost == pytest.approx(values[2:].sum(), rel=1e-6, abs=1e-9)


@given(seed=seeds, perplexity=st.sampled_from([2.0, 4.5, 8.0]))
def test_each_point_counts_as_many_neighbours_as_the_perplexity_says_and_sklearn_agrees(seed, perplexity):
    t_sne = pytest.importorskip("sklearn.manifold._t_sne")
    x = np.random.default_rng(seed).normal(size=(12, 3))
    p = vis.affinities(x, perplexity=perplexity)
    away = ((x[:, None] - x) ** 2).sum(axis=2)
    theirs = t_sne._joint_probabilities(away.astype(np.float32), perplexity, 0)
    squareform = pytest.importorskip("scipy.spatial.distance").squareform
    np.testing.assert_allclose(p, squareform(theirs), atol=2e-5)
    assert p.sum() == pytest.approx(1.0)
    assert (np.diag(p) == 0).all()


@given(seed=seeds)
def test_each_line_of_the_gradient_of_tsne(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(5, 2))
    p = vis.affinities(rng.normal(size=(5, 3)), perplexity=2.0)
    others = ~np.eye(5, dtype=bool)
    d = ((y[:, None] - y) ** 2).sum(axis=2)  # squared distances

    def parts(d):
        w = others / (1 + d)
        return w, w.sum(), -(p[others] * np.log(w[others])).sum(), np.log(w.sum())

    w, z, attraction, repulsion = parts(d)
    q = w / z
    loss = (p[others] * np.log(p[others])).sum() + attraction + repulsion
    assert loss == pytest.approx(vis.tsne_loss(y, p), rel=1e-12)
    h = 1e-6
    for i, j in ((0, 1), (3, 2)):
        step = np.zeros_like(d)
        step[i, j] = h
        up, down = parts(d + step), parts(d - step)
        assert (up[2] - down[2]) / (2 * h) == pytest.approx(p[i, j] * w[i, j], rel=1e-5, abs=1e-8)
        assert (up[3] - down[3]) / (2 * h) == pytest.approx(-q[i, j] * w[i, j], rel=1e-5, abs=1e-8)
    by_distance = (p - q) * w
    by_point = 2 * ((by_distance + by_distance.T)[:, :, None] * (y[:, None] - y)).sum(axis=1)
    _, pullback = vjp(vis.tsne_loss, y, p)
    np.testing.assert_allclose(pullback(1.0)[0], by_point, rtol=1e-9, atol=1e-12)


def test_points_that_are_no_rows_of_floats_are_refused_by_name():
    for x in (np.arange(12).reshape(4, 3), np.ones(5)):
        with pytest.raises(ValueError, match="affinities: x is"):
            vis.affinities(x, perplexity=2.0)
    with pytest.raises(ValueError, match="pca: x has shape"):
        vis.pca(np.ones(3), 1)


def test_three_groups_far_apart_stay_three_groups():
    rng = np.random.default_rng(0)
    target = np.repeat(np.arange(3), 15)
    x = 20 * np.eye(3)[target] @ rng.normal(size=(3, 10)) + rng.normal(size=(45, 10))
    p = vis.affinities(x, perplexity=8.0)
    run = vis.tsne(p, 1e-2 * rng.normal(size=(45, 2)), lr=20.0, steps=300, keep_path=True)
    away = ((run.params[:, None] - run.params) ** 2).sum(axis=2) + 1e9 * np.eye(45)
    assert (target[away.argmin(axis=1)] == target).all()
    assert run.values[-1] < run.values[0] / 2
    assert run.path.shape == (301, 45, 2)


def test_a_walk_whose_path_nobody_keeps_takes_no_memory_for_it():
    rng = np.random.default_rng(0)
    p, start = vis.affinities(rng.normal(size=(20, 4)), perplexity=4.0), rng.normal(size=(20, 2))
    peaks = {}
    for keep in (False, True):
        tracemalloc.start()
        run = vis.tsne(p, start, lr=2.0, steps=200, keep_path=keep)
        peaks[keep] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (run.path is None) != keep
    assert peaks[False] < peaks[True] - 200 * start.nbytes
