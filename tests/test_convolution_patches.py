"""The network of patches, every line of its derivation, and the matrices of a convolution as the course orders them."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.exercises.solutions import assignment_convnet as solved
from dlbook.laws.operations.convolution.patches import networks
from dlbook.numpy import convolution as cv
from dlbook.numpy.deep_networks import mlp, network_objective, relu
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.linear_classifiers import cross_entropy, l2_penalty

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


@given(example=networks())
def test_every_line_of_the_way_back_is_an_intermediate_of_the_network(example):
    x, params = example.args
    (weight, bias), *layers = params
    y, pullback = vjp(cv.patch_convnet, x, params)
    s = np.einsum("nld,fd->nlf", x, weight) + bias
    h, on = vjp(relu, s)
    again, back = vjp(mlp, h.reshape(len(x), -1), tuple(layers))
    scale = max(1.0, np.abs(y).max())
    np.testing.assert_allclose(y, again, rtol=1e-10, atol=1e-12 * scale)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    dh, grads = back(dy)
    (ds,) = on(dh.reshape(h.shape))
    dx, dweight, dbias = solved.patch_gradients(x, weight, ds)
    got_x, ((got_weight, got_bias), *rest) = pullback(dy)
    for a, b in ((got_x, dx), (got_weight, dweight), (got_bias, dbias), *zip(rest[0], grads[0], strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11 * max(1.0, np.abs(b).max()))


@given(seed=seeds, strength=st.sampled_from([0.0, 0.3]), eps=st.sampled_from([0.0, 0.1]))
def test_the_cost_is_the_loss_of_the_scores_and_the_price_of_the_weights(seed, strength, eps):
    rng = np.random.default_rng(seed)
    params = cv.init_patch_convnet((2, 4, 6), 3, (4,), 5, rng, patch_size=(2, 3), dtype="float64")
    x, target = rng.normal(size=(6, 4, 12)), rng.integers(0, 5, 6)
    cost, grads = network_objective(cv.patch_convnet, strength=strength, label_smoothing=eps)(params, x, target)
    loss = cross_entropy(cv.patch_convnet(x, params), target, label_smoothing=eps)
    assert cost == pytest.approx(loss + sum(l2_penalty(weight, strength=strength) for weight, _ in params), rel=1e-12)
    h = 1e-6
    for layer, (weight, _) in enumerate(params):
        step = rng.normal(size=weight.shape)
        ends = [
            network_objective(cv.patch_convnet, strength=strength, label_smoothing=eps)(
                (*params[:layer], (weight + sign * h * step, params[layer][1]), *params[layer + 1 :]), x, target
            )[0]
            for sign in (1, -1)
        ]
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx((grads[layer][0] * step).sum(), rel=1e-4, abs=1e-6)


def test_the_first_weights_have_variance_two_over_inputs_and_the_sizes_fit():
    params = cv.init_patch_convnet((3, 8, 8), 200, (50,), 10, np.random.default_rng(0), patch_size=4, dtype="float64")
    assert [weight.shape for weight, _ in params] == [(200, 48), (50, 800), (10, 50)]
    assert params[0][0].var() == pytest.approx(2 / 48, rel=0.05)
    assert params[1][0].var() == pytest.approx(2 / 800, rel=0.05)
    assert not any(bias.any() for _, bias in params)
    assert cv.patch_convnet(cv.patchify(np.ones((2, 3, 8, 8)), patch_size=4), params).shape == (2, 10)
    assert cv.init_patch_convnet((1, 4, 4), 2, (), 3, np.random.default_rng(0), patch_size=2)[1][0].shape == (3, 8)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda rng: cv.init_patch_convnet((3, 9, 8), 2, (), 3, rng, patch_size=4), "shape is \\(3, 9, 8\\)"),
        (lambda rng: cv.init_patch_convnet((3, 8, 8), 0, (), 3, rng, patch_size=4), "filters is 0"),
        (lambda rng: cv.init_patch_convnet((9, 8), 2, (), 3, rng, patch_size=4), "expected \\(C, H, W\\)"),
        (lambda rng: cv.init_patch_convnet((3, 8, 8), 2, (), 0, rng, patch_size=4), "classes is 0"),
        (lambda rng: cv.init_patch_convnet((3, 8, 8), 2, (), 3, 0, patch_size=4), "rng is 0"),
    ],
)
def test_what_makes_no_network_of_patches_is_refused(call, match):
    with pytest.raises((ValueError, TypeError), match=match):
        call(np.random.default_rng(0))


def test_both_halves_train_alike():
    torch = pytest.importorskip("torch")
    theirs, nets, descent = (
        import_module(f"dlbook.torch.{name}") for name in ("convolution", "deep_networks", "gradient_descent")
    )
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(20, 4, 6)), rng.integers(0, 3, 20)
    drawn = [
        half.init_patch_convnet((1, 4, 6), 3, (4,), 3, np.random.default_rng(0), patch_size=(2, 3), dtype="float64")
        for half in (cv, theirs)
    ]
    options = {"lr": 0.1, "batch_size": 5, "epochs": 2, "replace": True}
    weights = rng.uniform(0, 1, 20)
    mine = sgd(network_objective(cv.patch_convnet, strength=0.01), drawn[0], (x, target), weights=weights,
               rng=np.random.default_rng(0), **options)
    other = descent.sgd(
        nets.network_objective(theirs.patch_convnet, strength=0.01), drawn[1], (torch.tensor(x), torch.tensor(target)),
        weights=torch.tensor(weights), rng=np.random.default_rng(0), **options,
    )  # fmt: skip
    for a, b in zip(mine.params, other.params, strict=True):
        for p, q in zip(a, b, strict=True):
            np.testing.assert_allclose(p, q.numpy(), rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------ the matrices, the course's way


@given(seed=seeds, taps=st.integers(1, 4), filters=st.integers(1, 3), places=st.integers(4, 6))
def test_the_courses_matrices_are_the_books_in_another_order(seed, taps, filters, places):
    rng = np.random.default_rng(seed)
    x, weight = rng.normal(size=(3, places)), rng.normal(size=(filters, 3, taps))
    windows = places - taps + 1
    # eq-convnet-course: blocks of rows, one for each window; vec writes column by column
    m_x = np.concatenate(
        [np.kron(np.eye(filters), x[:, q : q + taps].ravel("F")) for q in range(windows)]
    )
    stacked = np.stack([kernel.ravel("F") for kernel in weight])
    m_f = np.zeros((windows, filters, 3 * places))
    for q in range(windows):
        m_f[q, :, 3 * q : 3 * (q + taps)] = stacked
    answers = cv.conv1d(x[None], weight)[0]
    np.testing.assert_allclose(m_x @ stacked.ravel(), answers.ravel("F"), **TIGHT)
    np.testing.assert_allclose(m_f.reshape(-1, 3 * places) @ x.ravel("F"), answers.ravel("F"), **TIGHT)
    ours_x = cv.input_matrix(x[:, None], filters=filters, kernel_size=(1, taps))  # rows (f, q), columns (g, a, j)
    ours_f = cv.filter_matrix(weight[:, :, None], size=(1, places))  # rows (f, q), columns (a, i)
    sorted_x = m_x.reshape(windows, filters, filters, taps, 3).transpose(1, 0, 2, 4, 3)
    sorted_f = m_f.reshape(windows, filters, places, 3).transpose(1, 0, 3, 2)
    np.testing.assert_array_equal(ours_x, sorted_x.reshape(ours_x.shape))
    np.testing.assert_array_equal(ours_f, sorted_f.reshape(ours_f.shape))


@given(seed=seeds)
def test_the_sheets_gradients_by_matrices_are_those_of_two_layers(seed):
    rng = np.random.default_rng(seed)
    x, w, v = rng.normal(size=(4, 8)), rng.normal(size=(3, 4, 3)), rng.normal(size=(2, 3, 2))
    s1, back1 = vjp(cv.conv1d, x[None], w)
    h1, on = vjp(relu, s1)
    s2, back2 = vjp(cv.conv1d, h1, v)
    dy = rng.normal(size=s2.shape)
    dh1, dv = back2(dy)
    for got, expected in zip(solved.sheet_gradients(x, w, v, dy[0]), (back1(*on(dh1))[1], dv), strict=True):
        np.testing.assert_allclose(got, expected, **TIGHT)


@pytest.mark.parametrize("half", ["numpy", "torch"])
@pytest.mark.parametrize("average", [False, True])
def test_a_network_asked_about_no_image_says_what_came(half, average):
    found = pytest.importorskip(f"dlbook.{half}.convolution")
    params = found.init_convnet((3, 8, 8), (2,), 4, np.random.default_rng(0), average=average)
    nothing = params[0][0][:0]  # (0, 3, 3, 3), as an array or a tensor
    with pytest.raises(ValueError, match=r"convnet: got x of shape .*0, 3, 3, 3.*, expected at least one example"):
        found.convnet(nothing, params, average=average)
    cut = params[1][0][:0, None]
    params = found.init_patch_convnet((3, 4, 4), 2, (), 4, np.random.default_rng(0), patch_size=4)
    with pytest.raises(ValueError, match=r"patch_convnet: got x of shape .*\(\[?0, .*expected at least one example"):
        found.patch_convnet(cut, params)
