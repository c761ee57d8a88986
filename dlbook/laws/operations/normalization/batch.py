"""The catalogue's entries for batch normalization, in training and in evaluation."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, positive
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.normalization.drawing import (
    REFUSED,
    affine,
    bare,
    cotangent,
    eps_of,
    image_shape,
    options,
    size_of,
    values,
)
from dlbook.numpy.normalization import batch_norm, batch_norm_eval


def by_channel(x):
    """Return (N, C, ...) as (C, values of the channel)."""
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


@st.composite
def batches(draw):
    n, c, *positions = image_shape(draw)
    if n * int(np.prod(positions)) < 2:
        n = 2
    return Example((values(draw, n, c, *positions), *affine(draw, c)), options(draw))


size = size_of(lambda e: by_channel(e.args[0]))


def every_channel_has_the_mean_beta_and_the_variance_that_eps_leaves(f, example):
    x, weight, bias = example.args
    y, v = by_channel(f(*example.args, **example.options)), by_channel(x).var(axis=1)
    mean = np.zeros(len(v)) if bias is None else bias
    gamma = np.ones(len(v)) if weight is None else weight
    np.testing.assert_allclose(y.mean(axis=1), mean, rtol=1e-9, atol=1e-13 * size(example))
    want = gamma**2 * v / (v + eps_of(example))
    np.testing.assert_allclose(y.var(axis=1), want, rtol=1e-8, atol=1e-13 * size(example) ** 2)


def a_channel_may_be_stretched_and_moved_if_eps_is_stretched_with_it(f, example):
    x, *rest = example.args
    moved = f(4 * x - 3, *rest, eps=16 * eps_of(example))
    want = f(x, *rest, eps=eps_of(example))
    np.testing.assert_allclose(moved, want, rtol=1e-9, atol=1e-13 * size(example))


def a_permuted_batch_is_permuted(f, example):
    x, *rest = example.args
    order = example.rng().permutation(len(x))
    np.testing.assert_allclose(
        f(x[order], *rest, **example.options), f(*example.args, **example.options)[order],
        rtol=1e-10, atol=1e-13 * size(example),
    )  # fmt: skip


def the_gradient_of_a_channel_sums_to_zero(f, example):
    _, pullback = f.vjp(*example.args, **example.options)
    dx = pullback(cotangent(example))[0]
    np.testing.assert_allclose(by_channel(dx).sum(axis=1), 0, atol=1e-12 * size(example))


def along_x_hat_only_eps_lets_a_gradient_through(f, example):
    plain, dy, eps = bare(example), cotangent(example), eps_of(example)
    x_hat, pullback = f.vjp(*plain.args, **plain.options)
    v = by_channel(plain.args[0]).var(axis=1)
    along = by_channel(pullback(dy)[0] * x_hat).sum(axis=1)
    want = by_channel(dy * x_hat).sum(axis=1) * eps / (v + eps) ** 1.5
    np.testing.assert_allclose(along, want, rtol=1e-8, atol=1e-11 * size(example) ** 2)


def positions_count_as_examples(f, example):
    x, *rest = example.args
    y = f(by_channel(x).T.copy(), *rest, **example.options)
    want = by_channel(f(*example.args, **example.options)).T
    np.testing.assert_allclose(y, want, rtol=1e-10, atol=1e-13 * size(example))


def a_common_offset_costs_no_digits(f, example):
    plain = bare(example)
    x = (plain.args[0] + 2.0**20) - 2.0**20  # rounded to what the offset leaves
    near, far = (f(a, **plain.options) for a in (x, x + 2.0**20))
    np.testing.assert_allclose(far, near, rtol=1e-6, atol=1e-6)


operation(
    batch_norm,
    examples=batches(),
    analytic=True,
    scale=size,
    refuses={
        **REFUSED,
        "one value per channel": lambda e: e.with_arg(0, e.args[0][:1].reshape(1, e.args[0].shape[1], -1)[:, :, 0]),
        "no example": lambda e: e.with_arg(0, e.args[0][:0]),
    },
    invariants=(
        every_channel_has_the_mean_beta_and_the_variance_that_eps_leaves,
        a_channel_may_be_stretched_and_moved_if_eps_is_stretched_with_it,
        a_permuted_batch_is_permuted,
        the_gradient_of_a_channel_sums_to_zero,
        along_x_hat_only_eps_lets_a_gradient_through,
        positions_count_as_examples,
        a_common_offset_costs_no_digits,
    ),
    exact=(
        # Mean 2, variance 2, and an eps of 2 that makes the root 2.
        (
            (np.array([[0.0], [3.0], [3.0]]), np.array([2.0]), np.array([1.0])),
            {"eps": 2.0},
            [[-1.0], [2.0], [2.0]],
            ([[0.0], [0.0], [0.0]], [0.0], [3.0]),
        ),
        # A channel without spread gives beta, whatever its value.
        ((np.array([[7.0], [7.0]]), np.array([2.0]), np.array([0.5])), {}, [[0.5], [0.5]], None),
    ),
    bugs=(
        Bug("the unbiased variance", "_sums(centred, centred) / n + eps", "_sums(centred, centred) / (n - 1) + eps",
            "The batch is divided by its own variance, with 1/n; only the running variance has 1/(n - 1)."),
        Bug("eps outside the root", "1 / np.sqrt(_sums(centred, centred) / n + eps)",
            "1 / (np.sqrt(_sums(centred, centred) / n) + eps)", "eps is added to the variance, inside the root."),
        Bug("the mean's share of the gradient forgotten", "dx = g - (dbias / n)[:, None]", "dx = g.copy()",
            "Each x moves the mean, and with it every other example: subtract the mean of the gradient."),
        Bug("the variance's share of the gradient forgotten",
            "dx -= centred * (inv_std * dweight / n)[:, None]", "pass",
            "Each x moves the variance too: subtract x_hat times the mean of dy x_hat."),
        Bug("mean and variance taken for constants",
            "dx = g - (dbias / n)[:, None]\n        dx -= centred * (inv_std * dweight / n)[:, None]", "dx = g.copy()",
            "This is the pullback of evaluation. In training each x moves mean and variance: take both shares out."),
        Bug("the mean of squares minus the square of the mean", "_sums(centred, centred) / n",
            "(_sums(a, a) / n - (_sums(a) / n) ** 2)",
            "Two large numbers cancel: subtract the mean first, then square."),
        Bug("gamma forgotten on the way back", "dx *= scale[:, None]", "dx *= inv_std[:, None]",
            "The gradient passes gamma before it reaches x_hat."),
        Bug("the gradient of gamma from the values that came in", "inv_std * _sums(g, centred)", "_sums(g, a)",
            "gamma multiplies x_hat, not x."),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------ evaluation


@st.composite
def evaluations(draw):
    n, c, *positions = image_shape(draw)
    x, mean, var = values(draw, n, c, *positions), draw(array(c)), draw(positive(c, low=0.0))
    return Example((x, mean, var, *affine(draw, c)), options(draw))


def eval_size(example):
    x, mean, var, *rest = example.args
    bound = max(1.0, float(np.abs(x).max()), float(np.abs(mean).max()))
    bound *= max(1.0, float(1 / (var.min() + eps_of(example))) ** 1.5)  # the slope in the variance is the steepest
    for arg in rest:
        bound *= 1.0 if arg is None else max(1.0, float(np.abs(arg).max()))
    return bound


def it_is_affine_in_x(f, example):
    x, *rest = example.args
    u = example.rng().normal(size=x.shape)
    start, end, middle = (f(x + t * u, *rest, **example.options) for t in (0.0, 1.0, 0.5))
    np.testing.assert_allclose((start + end) / 2, middle, rtol=1e-9, atol=1e-12 * eval_size(example))


def the_batchs_own_statistics_give_the_training_form(f, example):
    x, _, _, weight, bias = example.args
    if x.size // x.shape[1] < 2:
        return
    flat = by_channel(x)
    y = f(x, flat.mean(axis=1), flat.var(axis=1), weight, bias, **example.options)
    want = batch_norm(x, weight, bias, **example.options)
    np.testing.assert_allclose(y, want, rtol=1e-9, atol=1e-12 * eval_size(example))


def the_mean_gives_beta(f, example):
    x, mean, var, weight, bias = example.args
    at_mean = np.broadcast_to(mean.reshape(1, -1, *[1] * (x.ndim - 2)), x.shape).copy()
    y = by_channel(f(at_mean, mean, var, weight, bias, **example.options))
    want = np.zeros(len(mean)) if bias is None else bias
    np.testing.assert_array_equal(y, np.broadcast_to(want[:, None], y.shape))


operation(
    batch_norm_eval,
    examples=evaluations(),
    rows=(0,),
    scale=eval_size,
    refuses={
        **REFUSED,
        "a negative variance": lambda e: e.with_arg(2, e.args[2] - 1e3),
    },
    invariants=(it_is_affine_in_x, the_batchs_own_statistics_give_the_training_form, the_mean_gives_beta),
    exact=(
        (
            (np.array([[5.0], [1.0]]), np.array([1.0]), np.array([3.0]), np.array([3.0]), np.array([1.0])),
            {"eps": 1.0},
            [[7.0], [1.0]],
            ([[1.5], [1.5]], [-3.0], [-0.75], [2.0], [2.0]),
        ),
    ),
    bugs=(
        Bug("eps outside the root", "1 / np.sqrt(running_var + eps)", "1 / (np.sqrt(running_var) + eps)",
            "eps is added to the variance, inside the root, as in training."),
        Bug("the variance taken for the deviation", "1 / np.sqrt(running_var + eps)", "1 / (running_var + eps)",
            "x is divided by the standard deviation: take the root of the variance."),
        Bug("the statistics of the batch", "centred = a - running_mean[:, None]",
            "centred = a - (_sums(a) / (a.size // a.shape[1]))[:, None]",
            "In evaluation an example must not see its company: use the running mean."),
        Bug("the pullback of training", "dx = (g * scale[:, None]).reshape(x.shape)",
            "dx = ((g - (dbias * a.shape[1] / a.size)[:, None]) * scale[:, None]).reshape(x.shape)",
            "The statistics do not depend on x here: dx is dy times the constant scale."),
        Bug("the half forgotten in the variance's gradient", "-0.5 * scale", "-1.0 * scale",
            "The slope of (u + eps)^(-1/2) is -(u + eps)^(-3/2) / 2."),
        Bug("the sign of the mean's gradient", "dmean = -scale * dbias", "dmean = scale * dbias",
            "The mean is subtracted."),
    ),
)  # fmt: skip
