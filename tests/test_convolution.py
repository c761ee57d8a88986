"""Convolution: forms that are equal, every line of the derivations, receptive fields, costs and the small network."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import chain, vjp
from dlbook.exercises.solutions import convolution as solved
from dlbook.laws.operations.convolution.conv import layers
from dlbook.numpy import convolution as cv
from dlbook.numpy.deep_networks import mlp, relu
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.linear_classifiers import cross_entropy, l2_penalty

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
FORMS = [cv.conv2d_loops, cv.conv2d_im2col, cv.conv2d_fft, solved.conv2d]
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


def image(rng, n=2, c=3, h=7, w=6):
    return rng.normal(size=(n, c, h, w))


# --------------------------------------------------------------------------------------- forms that are equal


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__module__.split(".")[1] + "." + f.__name__)
@given(example=layers(), seed=seeds)
def test_loops_matrix_product_fourier_transform_and_reference_are_one_function(form, example, seed):
    rng = np.random.default_rng(seed)
    args = [rng.normal(size=a.shape) for a in example.args]
    y = cv.conv2d(*args, **example.options)
    np.testing.assert_allclose(form(*args, **example.options), y, **TIGHT)


@given(seed=seeds, stride=st.integers(1, 3), padding=st.integers(0, 2), dilation=st.integers(1, 2))
def test_a_convolution_is_a_matrix_that_holds_the_kernel_or_one_that_holds_the_image(seed, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    x, weight = image(rng, 1, 2, 6, 5), rng.normal(size=(3, 2, 3, 2))
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    y, pullback = vjp(cv.conv2d, x, weight, **options)
    m_f = cv.filter_matrix(weight, size=(6, 5), **options)
    m_x = cv.input_matrix(x[0], filters=3, kernel_size=(3, 2), **options)
    np.testing.assert_allclose(m_f @ x.ravel(), y.ravel(), **TIGHT)
    np.testing.assert_allclose(m_x @ weight.ravel(), y.ravel(), **TIGHT)
    dy = rng.normal(size=y.shape)
    dx, dweight = pullback(dy)
    np.testing.assert_allclose(m_f.T @ dy.ravel(), dx.ravel(), **TIGHT)
    np.testing.assert_allclose(m_x.T @ dy.ravel(), dweight.ravel(), **TIGHT)


# ----------------------------------------------------------------------------------- the lines of the derivation


@given(seed=seeds, stride=st.integers(1, 3), padding=st.integers(0, 2), dilation=st.integers(1, 2))
def test_each_gradient_in_index_form(seed, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    x, weight, bias = image(rng, 2, 2, 5, 6), rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3)
    y, pullback = vjp(cv.conv2d, x, weight, bias, stride=stride, padding=padding, dilation=dilation)
    dy = rng.normal(size=y.shape)
    dx, dw, db = np.zeros_like(x), np.zeros_like(weight), np.zeros_like(bias)
    for n, f, p, q in np.ndindex(y.shape):
        db[f] += dy[n, f, p, q]
        for c, r, s in np.ndindex(weight.shape[1:]):
            i, j = p * stride + r * dilation - padding, q * stride + s * dilation - padding
            if 0 <= i < 5 and 0 <= j < 6:
                dx[n, c, i, j] += dy[n, f, p, q] * weight[f, c, r, s]
                dw[f, c, r, s] += dy[n, f, p, q] * x[n, c, i, j]
    for mine, expected in zip(pullback(dy), (dx, dw, db), strict=True):
        np.testing.assert_allclose(mine, expected, **TIGHT)


def stuffed(dy, stride, extra):
    """Put stride - 1 zeros between the entries, and some more rows and columns of zeros at the end."""
    n, f, p, q = dy.shape
    wide = np.zeros((n, f, (p - 1) * stride + 1 + extra[0], (q - 1) * stride + 1 + extra[1]))
    wide[..., : (p - 1) * stride + 1 : stride, : (q - 1) * stride + 1 : stride] = dy
    return wide


@given(seed=seeds, stride=st.integers(1, 3), padding=st.integers(0, 1), dilation=st.integers(1, 2))
def test_the_way_back_to_the_image_is_a_convolution_of_the_stuffed_cotangent_with_the_turned_kernel(
    seed, stride, padding, dilation
):
    rng = np.random.default_rng(seed)
    x, weight = image(rng, 2, 2, 7, 8), rng.normal(size=(3, 2, 2, 3))
    y, pullback = vjp(cv.conv2d, x, weight, stride=stride, padding=padding, dilation=dilation)
    dy = rng.normal(size=y.shape)
    reach = [dilation * (k - 1) for k in (2, 3)]
    left = [(size + 2 * padding - r - 1) % stride for size, r in zip((7, 8), reach, strict=True)]
    turned = weight[..., ::-1, ::-1].swapaxes(0, 1)
    border = [(0, 0), (0, 0), *((r, r) for r in reach)]
    full = cv.conv2d(np.pad(stuffed(dy, stride, left), border), turned, dilation=dilation)
    inside = (..., *(slice(padding, padding + size) for size in (7, 8)))
    np.testing.assert_allclose(pullback(dy)[0], full[inside], **TIGHT)


@given(seed=seeds, stride=st.integers(1, 3), padding=st.integers(0, 1), dilation=st.integers(1, 2))
def test_the_gradient_of_the_kernel_is_a_convolution_with_stride_and_dilation_exchanged(
    seed, stride, padding, dilation
):
    rng = np.random.default_rng(seed)
    x, weight = image(rng, 2, 2, 7, 8), rng.normal(size=(3, 2, 2, 3))
    y, pullback = vjp(cv.conv2d, x, weight, stride=stride, padding=padding, dilation=dilation)
    dy = rng.normal(size=y.shape)
    # Images and channels exchange their parts: the sum runs over the images.
    found = cv.conv2d(x.swapaxes(0, 1), dy.swapaxes(0, 1), stride=dilation, padding=padding, dilation=stride)
    np.testing.assert_allclose(pullback(dy)[1], found.swapaxes(0, 1)[..., :2, :3], **TIGHT)


@given(seed=seeds)
def test_the_fourier_transform_of_a_correlation_is_a_product(seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=9), rng.normal(size=9)
    around = np.array([sum(w[s] * x[(p + s) % 9] for s in range(9)) for p in range(9)])
    np.testing.assert_allclose(np.fft.fft(around), np.fft.fft(w).conj() * np.fft.fft(x), rtol=1e-10, atol=1e-10)


@given(seed=seeds)
def test_convolving_twice_is_convolving_once_with_the_convolved_kernels(seed):
    rng = np.random.default_rng(seed)
    x, first, second = image(rng, 1, 1, 9, 9), rng.normal(size=(1, 1, 3, 3)), rng.normal(size=(1, 1, 3, 3))
    one = cv.conv2d(np.pad(first, [(0, 0), (0, 0), (2, 2), (2, 2)]), second[..., ::-1, ::-1])
    np.testing.assert_allclose(cv.conv2d(cv.conv2d(x, first), second), cv.conv2d(x, one), **TIGHT)


@given(seed=seeds)
def test_a_kernel_that_is_an_outer_product_is_two_convolutions(seed):
    rng = np.random.default_rng(seed)
    x, column, row = image(rng, 2, 1), rng.normal(size=3), rng.normal(size=2)
    both = cv.conv2d(x, np.outer(column, row)[None, None])
    np.testing.assert_allclose(
        cv.conv2d(cv.conv2d(x, column[None, None, :, None]), row[None, None, None]), both, **TIGHT
    )
    bell = cv.gaussian_kernel(5, sigma=1.3)
    np.testing.assert_allclose(bell, np.outer(bell.sum(axis=1), bell.sum(axis=0)), rtol=1e-12)


@given(seed=seeds)
def test_a_permutation_of_the_inputs_does_not_matter_to_a_fully_connected_network(seed):
    rng = np.random.default_rng(seed)
    x, order = rng.normal(size=(4, 6)), rng.permutation(6)
    params = ((rng.normal(size=(5, 6)), rng.normal(size=5)), (rng.normal(size=(3, 5)), rng.normal(size=3)))
    moved = ((params[0][0][:, order], params[0][1]), params[1])
    np.testing.assert_allclose(mlp(x[:, order], moved), mlp(x, params), rtol=1e-12, atol=1e-12)


# --------------------------------------------------------------------------------------------- sizes and views


@given(
    size=st.integers(1, 12), kernel=st.integers(1, 4), stride=st.integers(1, 4), padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)  # fmt: skip
def test_the_size_formula_counts_the_windows_that_fit(size, kernel, stride, padding, dilation):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    last = [p + dilation * (kernel - 1) for p in range(0, size + 2 * padding, stride)]
    count = sum(end < size + 2 * padding for end in last)
    if not count:
        with pytest.raises(ValueError, match="fits nowhere"):
            cv.conv_output_size(size, kernel, **options)
        return
    assert cv.conv_output_size(size, kernel, **options) == count
    lost = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride
    back = cv.conv_transpose_output_size(count, kernel, output_padding=lost, **options)
    assert back == size


@st.composite
def stacks(draw):
    return [
        {
            "kernel_size": draw(st.integers(1, 3)), "stride": draw(st.integers(1, 2)),
            "padding": draw(st.integers(0, 1)), "dilation": draw(st.integers(1, 2)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip


@given(stack=stacks(), seed=seeds)
def test_what_the_formula_says_of_a_units_view_the_gradient_sees(stack, seed):
    rng = np.random.default_rng(seed)
    size = 60
    net = chain(*(cv.layer(cv.conv1d, **{k: v for k, v in la.items() if k != "kernel_size"}) for la in stack))
    params = tuple((rng.uniform(0.5, 1, (1, 1, la["kernel_size"])),) for la in stack)
    y = net(np.zeros((1, 1, size)), params)
    field = cv.receptive_field(stack)[-1]
    unit = y.shape[2] // 2
    seen = cv.gradient_support(net, rng.normal(size=(1, 1, size)), params, position=(unit,))
    places = np.flatnonzero(seen)
    first = field.start + unit * field.step
    assert places[0] == first
    assert places[-1] == first + field.size - 1
    if all(la["dilation"] == 1 for la in stack) and all(la["stride"] <= la["kernel_size"] for la in stack):
        assert len(places) == field.size  # without gaps


def test_three_small_kernels_see_as_far_as_a_large_one_and_cost_less():
    assert cv.receptive_field([{"kernel_size": 3}] * 3)[-1].size == cv.receptive_field([{"kernel_size": 7}])[-1].size
    small = 3 * cv.conv_cost(16, 16, kernel_size=3, output_size=8, bias=False)[0]
    assert (small, cv.conv_cost(16, 16, kernel_size=7, output_size=8, bias=False)[0]) == (27 * 256, 49 * 256)


@given(example=layers())
def test_the_count_of_parameters_and_multiplications_is_what_the_loops_do(example):
    x, weight = example.args[:2]
    y = cv.conv2d(x, weight, **example.options)
    options = {"kernel_size": weight.shape[2:], "output_size": y.shape[2:]}
    groups = example.options.get("groups", 1)
    parameters, products = cv.conv_cost(x.shape[1], len(weight), groups=groups, **options)
    assert parameters == weight.size + len(weight)
    assert products == y[0].size * weight[0].size


# --------------------------------------------------------------------------------------- the network and others


@given(seed=seeds, strength=st.sampled_from((0.0, 0.3)))
def test_the_objective_of_the_network_is_loss_plus_penalty(seed, strength):
    rng = np.random.default_rng(seed)
    params = cv.init_convnet((2, 6), (3,), 4, rng, dtype="float64")
    x, target = rng.normal(size=(5, 2, 6)), rng.integers(0, 4, 5)
    cost, grads = cv.convnet_objective(strength=strength)(params, x, target)
    scores, pullback = vjp(cv.convnet, x, params)
    loss, loss_pullback = vjp(cross_entropy, scores, target)
    assert cost == pytest.approx(loss + sum(l2_penalty(w, strength=strength) for w, _ in params), rel=1e-12)
    plain = pullback(loss_pullback(1.0)[0])[1]
    for (dw, db), (gw, gb), (w, _) in zip(grads, plain, params, strict=True):
        np.testing.assert_allclose(dw, gw + 2 * strength * w, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(db, gb, rtol=1e-10, atol=1e-12)


def test_a_network_of_one_convolution_is_the_chain_of_its_layers():
    rng = np.random.default_rng(1)
    x = image(rng)
    params = cv.init_convnet((3, 7, 6), (4,), 5, rng, dtype="float64")
    middle = chain(cv.layer(cv.conv2d, padding="same"), relu, cv.layer(cv.max_pool2d, kernel_size=2))
    features = middle(x, (params[0], (), ()))
    np.testing.assert_allclose(
        cv.convnet(x, params), features.reshape(len(x), -1) @ params[1][0].T + params[1][1], rtol=1e-12
    )


def test_the_first_weights_have_variance_two_over_inputs():
    (weight, bias), (after, _) = cv.init_convnet((20, 8, 8), (300,), 10, np.random.default_rng(0), dtype="float64")
    assert weight.var() == pytest.approx(2 / (20 * 9), rel=0.02)
    assert not bias.any()
    assert after.shape == (10, 300 * 16)


def test_both_halves_train_alike():
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.convolution")
    descent = import_module("dlbook.torch.gradient_descent")
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(30, 2, 6, 5)), rng.integers(0, 3, 30)
    options = {"lr": 0.1, "batch_size": 10, "epochs": 2}
    drawn = [half.init_convnet((2, 6, 5), (4,), 3, np.random.default_rng(0), dtype="float64") for half in (cv, theirs)]
    mine = sgd(cv.convnet_objective(strength=0.01), drawn[0], (x, target), rng=np.random.default_rng(0), **options)
    other = descent.sgd(
        theirs.convnet_objective(strength=0.01), drawn[1], (torch.tensor(x), torch.tensor(target)),
        rng=np.random.default_rng(0), **options,
    )  # fmt: skip
    for a, b in zip(mine.params, other.params, strict=True):
        for p, q in zip(a, b, strict=True):
            np.testing.assert_allclose(p, q.numpy(), rtol=1e-9, atol=1e-12)


@given(seed=seeds, stride=st.integers(1, 2), padding=st.integers(0, 1))
def test_both_halves_agree_where_nothing_is_differentiated(seed, stride, padding):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.convolution")
    rng = np.random.default_rng(seed)
    x, weight = image(rng, 1, 4, 5, 4), rng.normal(size=(2, 2, 3, 2))
    options = {"stride": stride, "padding": padding}
    for name in ("conv2d_loops", "conv2d_im2col", "conv2d_fft"):
        mine = getattr(cv, name)(x, weight, groups=2, **options)
        other = getattr(theirs, name)(torch.tensor(x), torch.tensor(weight), groups=2, **options)
        np.testing.assert_allclose(mine, other.numpy(), **TIGHT)
    matrices = (
        cv.filter_matrix(weight, size=(5, 4), **options),
        cv.input_matrix(x[0], filters=2, kernel_size=(3, 2), **options),
    )
    others = (
        theirs.filter_matrix(torch.tensor(weight), size=(5, 4), **options),
        theirs.input_matrix(torch.tensor(x[0]), filters=2, kernel_size=(3, 2), **options),
    )
    for mine, other in zip(matrices, others, strict=True):
        np.testing.assert_array_equal(mine, other.numpy())
    see = [
        half.gradient_support(half.layer(half.max_pool2d, kernel_size=2), value, position=(1, 1))
        for half, value in ((cv, x), (theirs, torch.tensor(x)))
    ]
    np.testing.assert_array_equal(see[0], see[1].numpy())
    np.testing.assert_array_equal(cv.gaussian_kernel(5, sigma=1.0), theirs.gaussian_kernel(5, sigma=1.0).numpy())
    gabor = {"wavelength": 4.0, "angle": 0.3, "phase": 0.2, "sigma": 2.0}
    np.testing.assert_array_equal(cv.gabor_kernel(7, **gabor), theirs.gabor_kernel(7, **gabor).numpy())


def test_a_gabor_kernel_of_phase_zero_is_even_and_one_of_a_quarter_turn_is_odd():
    even = cv.gabor_kernel(7, wavelength=4.0, angle=0.4, sigma=2.0)
    odd = cv.gabor_kernel(7, wavelength=4.0, angle=0.4, phase=np.pi / 2, sigma=2.0)
    np.testing.assert_allclose(even, even[::-1, ::-1], rtol=1e-12)
    np.testing.assert_allclose(odd, -odd[::-1, ::-1], atol=1e-12)


@given(seed=seeds)
def test_four_multiplications_instead_of_six_give_the_same_two_outputs(seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=10), rng.normal(size=3)
    np.testing.assert_allclose(solved.winograd_conv1d(x, w), cv.conv1d(x[None, None], w[None, None])[0, 0], **TIGHT)


@given(seed=seeds)
def test_a_separable_layer_is_a_plain_one_with_kernels_of_rank_one_across_channels(seed):
    rng = np.random.default_rng(seed)
    x, depthwise, pointwise = image(rng), rng.normal(size=(3, 1, 3, 3)), rng.normal(size=(4, 3, 1, 1))
    weight = pointwise * depthwise[:, 0]  # (F, C, R, S)
    np.testing.assert_allclose(
        solved.separable_conv2d(x, depthwise, pointwise, padding=1), cv.conv2d(x, weight, padding=1), **TIGHT
    )


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
def test_a_transposed_convolution_paints_evenly_when_its_stride_divides_its_kernel(kernel, stride):
    counts = solved.covering_kernels(9, kernel, stride)
    middle = counts[kernel : -kernel or None]
    assert (len(set(middle)) == 1) == (kernel % stride == 0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: cv.conv_output_size(2, 3), "fits nowhere"),
        (lambda: cv.conv_output_size(2, 0), "kernel_size"),
        (lambda: cv.conv_transpose_output_size(1, 1, padding=2), "expected at least 1"),
        (lambda: cv.receptive_field([{"stride": 2}]), "kernel_size"),
        (lambda: cv.receptive_field([{"kernel_size": 2, "stride": 0}]), "stride"),
        (lambda: cv.conv_cost(3, 4, kernel_size=3, output_size=2, groups=2), "groups is 2"),
        (lambda: cv.gaussian_kernel(4, sigma=1.0), "odd"),
        (lambda: cv.gabor_kernel(5, wavelength=0.0, sigma=1.0), "wavelength"),
        (lambda: cv.init_convnet((1, 4), (2, 2, 2), 3, np.random.default_rng(0)), "leaves nothing"),
        (lambda: cv.convnet_objective(strength=-1.0), "strength"),
        (lambda: cv.gradient_support(cv.max_pool1d, np.ones((1, 1, 2)), position=(5,)), "kernel_size"),
        (lambda: cv.gradient_support(relu, np.ones((1, 1, 2)), position=(5,)), "position is"),
        (lambda: cv.conv2d_loops(np.ones((1, 2, 3, 3)), np.ones((1, 1, 2, 2))), "channels"),
        (lambda: cv.input_matrix(np.ones((1, 3, 3)), filters=0, kernel_size=2), "filters"),
    ],
)
def test_what_makes_no_convolution_is_refused(call, match):
    with pytest.raises((ValueError, TypeError), match=match):
        call()
