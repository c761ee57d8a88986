"""The methods of both halves give the same, and refuse the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from test_visualization import network, seeds

from dlbook.numpy import visualization as vis
from dlbook.numpy.convolution import Field, convnet, feature_maps
from dlbook.numpy.linear_classifiers import linear

pytestmark = pytest.mark.law


def same(ours, theirs):
    """Compare trees of arrays with trees of tensors."""
    if isinstance(ours, tuple):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-8, atol=1e-10)


@settings(max_examples=15)  # sixteen methods in each
@given(seed=seeds)
def test_the_algorithms_of_both_halves_give_the_same(seed):
    torch = pytest.importorskip("torch")
    from dlbook.torch import convolution as conv
    from dlbook.torch import visualization as twin

    rng, x, target, params = network(seed)
    x_t, target_t = torch.from_numpy(x), torch.from_numpy(target)
    params_t = tuple(tuple(map(torch.from_numpy, pair)) for pair in params)
    ours, theirs = (convnet, x, target, params), (conv.convnet, x_t, target_t, params_t)
    told = {"average": True}
    same(vis.saliency(*ours, **told), twin.saliency(*theirs, **told))
    noise = [{"sigma": 0.3, "samples": 2, "rng": np.random.default_rng(1)} for _ in range(2)]
    same(vis.smooth_grad(*ours, **noise[0], **told), twin.smooth_grad(*theirs, **noise[1], **told))
    way = {"steps": 3, "baseline": 0.1, **told}
    same(vis.integrated_gradients(*ours, **way), twin.integrated_gradients(*theirs, **way))
    square = {"size": 3, "stride": 2, "fill": 0.2, **told}
    same(vis.occlusion_map(*ours, **square), twin.occlusion_map(*theirs, **square))
    climb = {"lr": 0.5, "steps": 3, "decay": 0.01, "blur": 0.6, **told}
    same(vis.activation_maximization(*ours, **climb), twin.activation_maximization(*theirs, **climb))
    for rule in ("gradient", "deconvnet", "guided"):
        same(
            vis.guided_saliency(x, target, params, rule=rule, **told),
            twin.guided_saliency(x_t, target_t, params_t, rule=rule, **told),
        )
        same(vis.relu_backward(x, x[::-1].copy(), rule=rule), twin.relu_backward(x_t, x_t.flip(0), rule=rule))
    h, field = feature_maps(x, params[:1]), Field(4, 2, -1)
    found = vis.maximal_patches(h, x, field, count=2)
    same(tuple(found), tuple(twin.maximal_patches(torch.from_numpy(h), x_t, field, count=2)))
    draws = [f(p, 2, np.random.default_rng(3)) for f, p in ((vis.randomize, params), (twin.randomize, params_t))]
    same(*draws)
    maps, mask = x[:, 0], x[:, 1] > 0
    same(vis.rank_correlation(maps, x[:, 1]), twin.rank_correlation(x_t[:, 0], x_t[:, 1]))
    same(vis.inside_share(maps, mask), twin.inside_share(x_t[:, 0], torch.from_numpy(mask)))
    cloud = rng.normal(size=(9, 4))
    same(tuple(vis.pca(cloud, 2)), tuple(twin.pca(torch.from_numpy(cloud), 2)))
    p = vis.affinities(cloud, perplexity=3.0)
    same(p, twin.affinities(torch.from_numpy(cloud), perplexity=3.0))
    start = rng.normal(size=(9, 2))
    runs = [
        half.tsne(a, b, lr=2.0, steps=6, early=3, keep_path=True)
        for half, a, b in ((vis, p, start), (twin, torch.from_numpy(p), torch.from_numpy(start)))
    ]
    same(runs[0].path, runs[1].path)
    same(runs[0].values, runs[1].values)


def refused(half, make, f):
    """Return calls that one half must refuse, by what the message says."""
    x, w, image = make(np.ones((2, 3))), make(np.ones((4, 3))), make(np.ones((1, 1, 3, 3)))
    good, bad, one = make(np.array([0, 1])), make(np.array([0, 4])), make(np.ones((2, 1)))
    net = ((image, one[0]), (one, one[:, 0]))
    return {
        "saliency: ": lambda: half.saliency(f, x, bad, w),
        "steps is 0": lambda: half.integrated_gradients(f, x, good, w, steps=0),
        "relu_backward: rule is 'smooth'": lambda: half.relu_backward(x, x, rule="smooth"),
        "guided_saliency: rule": lambda: half.guided_saliency(image, good[:1], net, rule="smooth"),
        "x has shape": lambda: half.relu_backward(x, w),
        "size is 9": lambda: half.occlusion_map(f, image, good[:1], w, size=9),
        "fill has shape": lambda: half.occlusion_map(f, image, good[:1], w, size=1, fill=w[:, 0]),
        "baseline has shape": lambda: half.integrated_gradients(f, x, good, w, baseline=w[:, 0]),
        "decay is 2": lambda: half.activation_maximization(f, image, good[:1], w, lr=1.0, steps=1, decay=2),
        "components is 9": lambda: half.pca(x, 9),
        "all rows of x are equal": lambda: half.pca(0.1 * make(np.ones((7, 3))), 1),
        "perplexity is 1": lambda: half.affinities(w, perplexity=1),
        "at least two points": lambda: half.tsne_loss(x[:1], image[0, 0, :1, :1]),
        "none below 0": lambda: half.tsne_loss(x, -image[0, 0, :2, :2]),
        "start has 4 points": lambda: half.tsne(image[0, 0], w, lr=1.0, steps=1),
        "rank_correlation: a has shape": lambda: half.rank_correlation(x, w),
        "inside_share: maps": lambda: half.inside_share(x, w),
        "inside_share: top": lambda: half.inside_share(image[0], image[0] > 0, top=2.0),
        "class_activation: target": lambda: half.class_activation(image, one, bad[1:]),
        "maximal_patches: got": lambda: half.maximal_patches(image, image, Field(1, 1, 0), count=2),
    }


def test_the_twins_refuse_what_is_no_class_and_no_mask():
    torch = pytest.importorskip("torch")
    from dlbook.torch import visualization as twin
    from dlbook.torch.linear_classifiers import linear as linear_t

    x = torch.ones(2, 3)
    with pytest.raises(TypeError, match="saliency: target is torch"):
        twin.saliency(linear_t, x, torch.zeros(2), torch.ones(4, 3))
    with pytest.raises(TypeError, match="inside_share: mask is torch"):
        twin.inside_share(x[None], x[None])


@pytest.mark.parametrize("name", refused(vis, np.asarray, linear))
def test_both_halves_refuse_the_same(name):
    torch = pytest.importorskip("torch")
    from dlbook.torch import visualization as twin
    from dlbook.torch.linear_classifiers import linear as linear_t

    for calls in (refused(vis, np.asarray, linear), refused(twin, torch.as_tensor, linear_t)):
        with pytest.raises(ValueError, match=name):
            calls[name]()
