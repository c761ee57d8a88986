"""The catalogue's entries for the normalizations of one example at a time."""

import numpy as np
from hypothesis import strategies as st

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
from dlbook.numpy.normalization import group_norm, instance_norm, layer_norm, rms_norm

# ------------------------------------------------------------------------------------ layer and rms norm


def shape_of(example) -> tuple[int, ...]:
    """Return the shape of the axes that are normalized together."""
    shape = example.options.get("normalized_shape", example.args[0].shape[-1:])
    return (shape,) if isinstance(shape, int) else shape


def by_example(example) -> np.ndarray:
    return example.args[0].reshape(-1, int(np.prod(shape_of(example))))


@st.composite
def layers(draw, parameters):
    before = draw(st.lists(st.integers(1, 4), max_size=2))
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=2)))
    more = {} if len(shape) == 1 and draw(st.booleans()) else {"normalized_shape": shape}
    if len(shape) == 1 and draw(st.booleans()):
        more = {"normalized_shape": shape[0]}
    args = values(draw, *before, *shape), *affine(draw, *shape, count=parameters)
    return Example(args, options(draw, **more))


def rows(example) -> tuple[int, ...]:
    return (0,) if example.args[0].ndim > len(shape_of(example)) else ()


size = size_of(by_example)
MISFITS = {
    "a normalized shape that x has not": lambda e: e.with_options(normalized_shape=(e.args[0].shape[-1] + 1,)),
    "a weight of another shape": lambda e: e.with_arg(1, np.ones((*shape_of(e), 2))),
    "no axis to normalize": lambda e: e.with_options(normalized_shape=()),
}


def every_example_has_mean_zero_and_the_variance_that_eps_leaves(f, example):
    plain = bare(example)
    y = f(*plain.args, **plain.options).reshape(by_example(example).shape)
    v = by_example(example).var(axis=1)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-13 * size(example))
    np.testing.assert_allclose(y.var(axis=1), v / (v + eps_of(example)), rtol=1e-8, atol=1e-12 * size(example))


def each_example_may_be_stretched_and_moved_if_eps_is_stretched_with_it(f, example):
    x, *rest = example.args
    more = {k: v for k, v in example.options.items() if k != "eps"}
    moved = f(4 * x - 3, *rest, eps=16 * eps_of(example), **more)
    want = f(x, *rest, eps=eps_of(example), **more)
    np.testing.assert_allclose(moved, want, rtol=1e-9, atol=1e-13 * size(example))


def the_gradient_of_an_example_sums_to_zero(f, example):
    _, pullback = f.vjp(*example.args, **example.options)
    dx = pullback(cotangent(example))[0].reshape(by_example(example).shape)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-12 * size(example))


def along_x_hat_only_eps_lets_a_gradient_through(f, example):
    plain, dy, eps = bare(example), cotangent(example), eps_of(example)
    x_hat, pullback = f.vjp(*plain.args, **plain.options)
    flat = by_example(example).shape
    power = by_example(example).var(axis=1) if f.__name__ != "rms_norm" else (by_example(example) ** 2).mean(axis=1)
    along = (pullback(dy)[0] * x_hat).reshape(flat).sum(axis=1)
    want = (dy * x_hat).reshape(flat).sum(axis=1) * eps / (power + eps) ** 1.5
    np.testing.assert_allclose(along, want, rtol=1e-8, atol=1e-11 * size(example) ** 2)


operation(
    layer_norm,
    examples=layers(parameters=2),
    analytic=True,
    rows=rows,
    scale=size,
    refuses={**REFUSED, **MISFITS},
    invariants=(
        every_example_has_mean_zero_and_the_variance_that_eps_leaves,
        each_example_may_be_stretched_and_moved_if_eps_is_stretched_with_it,
        the_gradient_of_an_example_sums_to_zero,
        along_x_hat_only_eps_lets_a_gradient_through,
    ),
    exact=(
        (
            (np.array([[0.0, 3.0, 3.0]]), np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.0])),
            {"eps": 2.0},
            [[-1.0, 2.0, 2.0]],
            None,
        ),
        ((np.array([[7.0], [8.0]]),), {}, [[0.0], [0.0]], ([[0.0], [0.0]],)),  # one feature: nothing is left of it
    ),
    bugs=(
        Bug("the unbiased variance", 'np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1] + eps',
            'np.einsum("rm,rm->r", x_hat, x_hat) / max(1, rows.shape[1] - 1) + eps',
            "The variance is the mean of the squares, with 1/D."),
        Bug("eps outside the root", '1 / np.sqrt(np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1] + eps)',
            '1 / (np.sqrt(np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1]) + eps)',
            "eps is added to the variance, inside the root."),
        Bug("the mean's share of the gradient forgotten", "dx -= (g @ ones)[:, None]", "pass",
            "Each feature moves the mean of its example: subtract the mean of the gradient."),
        Bug("the variance's share of the gradient forgotten", "dx = x_hat * -along[:, None]", "dx = 0 * x_hat",
            "Each feature moves the variance too: subtract x_hat times the mean of g x_hat."),
        Bug("gamma forgotten on the way back", "g if gamma is None else g * gamma", "g",
            "The gradient passes gamma before it reaches x_hat."),
        Bug("a gradient of gamma for every example", 'dweight += np.einsum("nd,nd->d", g, x_hat)',
            'dweight = g[-1] * x_hat[-1]', "gamma is shared by all examples: their gradients add up."),
        Bug("no mean subtracted", "x_hat = rows - (rows @ ones)[:, None]", "x_hat = rows.copy()",
            "That is the root-mean-square norm: layer norm subtracts the mean first."),
    ),
)  # fmt: skip


def rms_size(example) -> float:
    x = by_example(example)
    inv_rms = float(1 / np.sqrt((x**2).mean(axis=1).min() + eps_of(example)))
    weight = 1.0 if example.args[1] is None else max(1.0, float(np.abs(example.args[1]).max()))
    return max(1.0, float(np.abs(x).max())) * max(1.0, inv_rms) * weight


def every_example_has_the_mean_square_that_eps_leaves(f, example):
    plain = bare(example)
    y = f(*plain.args, **plain.options).reshape(by_example(example).shape)
    power = (by_example(example) ** 2).mean(axis=1)
    np.testing.assert_allclose((y**2).mean(axis=1), power / (power + eps_of(example)), rtol=1e-9, atol=1e-15)


def each_example_may_be_stretched_but_not_moved(f, example):
    x, *rest = example.args
    more = {k: v for k, v in example.options.items() if k != "eps"}
    eps = eps_of(example)
    np.testing.assert_allclose(f(4 * x, *rest, eps=16 * eps, **more), f(x, *rest, eps=eps, **more), rtol=1e-12)
    np.testing.assert_allclose(f(-x, *rest, eps=eps, **more), -f(x, *rest, eps=eps, **more), rtol=1e-12)


def of_centred_examples_it_is_the_layer_norm(f, example):
    x, weight = example.args
    flat = by_example(example)
    centred = (flat - flat.mean(axis=1, keepdims=True)).reshape(x.shape)
    want = layer_norm(centred, weight, None, **example.options)
    np.testing.assert_allclose(f(centred, weight, **example.options), want, rtol=1e-8, atol=1e-11 * rms_size(example))


operation(
    rms_norm,
    examples=layers(parameters=1),
    analytic=True,
    rows=rows,
    scale=rms_size,
    refuses={**REFUSED, **MISFITS},
    invariants=(
        every_example_has_the_mean_square_that_eps_leaves,
        each_example_may_be_stretched_but_not_moved,
        of_centred_examples_it_is_the_layer_norm,
        along_x_hat_only_eps_lets_a_gradient_through,
    ),
    exact=(
        # Mean square 14, and an eps of 2 that makes the root 4.
        ((np.array([[1.0, 4.0, 5.0]]), np.array([4.0, 1.0, 2.0])), {"eps": 2.0}, [[1.0, 1.0, 2.5]], None),
    ),
    bugs=(
        Bug("a mean subtracted", 'rows = x.reshape(-1, int(np.prod(shape)))\n    inv_rms',
            'rows = x.reshape(-1, int(np.prod(shape)))\n'
            '    rows = rows - rows.mean(axis=1, keepdims=True)\n    inv_rms',
            "Nothing is subtracted: that is the point of this norm."),
        Bug("eps outside the root", '1 / np.sqrt(np.einsum("nd,nd->n", rows, rows) / rows.shape[1] + eps)',
            '1 / (np.sqrt(np.einsum("nd,nd->n", rows, rows) / rows.shape[1]) + eps)',
            "eps is added to the mean square, inside the root."),
        Bug("the sum of squares for their mean", 'rows, rows) / rows.shape[1] + eps', 'rows, rows) + eps',
            "It is the root of the mean square: divide by D."),
        Bug("the root taken for a constant", "(g - x_hat * along[:, None])", "g",
            "Each feature moves the root too: subtract x_hat times the mean of g x_hat."),
        Bug("gamma forgotten on the way back", "g = dy if weight is None else dy * weight.ravel()", "g = dy",
            "The gradient passes gamma before it reaches x_hat."),
    ),
)  # fmt: skip


# -------------------------------------------------------------------------------- group and instance norm


def groups_of(example) -> int:
    return example.options.get("num_groups", example.args[0].shape[1])


def by_group(example) -> np.ndarray:
    x = example.args[0]
    return x.reshape(len(x) * groups_of(example), -1)


@st.composite
def grouped(draw):
    groups, each = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    n, _, *positions = image_shape(draw)
    if each * int(np.prod(positions)) < 2:
        each = 2
    channels = groups * each
    x = values(draw, n, channels, *positions)
    return Example((x, *affine(draw, channels)), options(draw, num_groups=groups))


@st.composite
def instances(draw):
    n, c, *positions = image_shape(draw, least_positions=1)
    if int(np.prod(positions)) < 2:
        positions[-1] = 2
    return Example((values(draw, n, c, *positions), *affine(draw, c)), options(draw))


group_size = size_of(by_group)


def every_group_has_mean_zero_and_the_variance_that_eps_leaves(f, example):
    plain = bare(example)
    y = f(*plain.args, **plain.options).reshape(by_group(example).shape)
    v = by_group(example).var(axis=1)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-13 * group_size(example))
    np.testing.assert_allclose(y.var(axis=1), v / (v + eps_of(example)), rtol=1e-8, atol=1e-12 * group_size(example))


def one_group_is_the_layer_norm_over_all_of_an_example(f, example):
    plain = bare(example)
    x = plain.args[0]
    if x[0].size < 2:
        return
    eps = eps_of(example)
    want = layer_norm(x, normalized_shape=x.shape[1:], eps=eps)
    np.testing.assert_allclose(f(x, num_groups=1, eps=eps), want, rtol=1e-10, atol=1e-12 * group_size(example))


def a_group_for_each_channel_is_the_instance_norm(f, example):
    x, weight, bias = example.args
    if x[0, 0].size < 2:
        return
    eps = eps_of(example)
    want = instance_norm(x, weight, bias, eps=eps)
    np.testing.assert_array_equal(f(x, weight, bias, num_groups=x.shape[1], eps=eps), want)


def whole_groups_may_change_places(f, example):
    plain = bare(example)
    x, groups = plain.args[0], groups_of(example)
    order = np.arange(x.shape[1]).reshape(groups, -1)[example.rng().permutation(groups)].ravel()
    y = f(*plain.args, **plain.options)
    np.testing.assert_allclose(
        f(x[:, order], **plain.options), y[:, order], rtol=1e-12, atol=1e-14 * group_size(example)
    )


operation(
    group_norm,
    examples=grouped(),
    analytic=True,
    rows=(0,),
    scale=group_size,
    refuses={
        **REFUSED,
        "groups of unequal size": lambda e: e.with_options(num_groups=e.args[0].shape[1] + 1),
        "no group": lambda e: e.with_options(num_groups=0),
        "one value in a group": lambda e: e.with_args(np.ones((2, 3)), None, None).with_options(num_groups=3),
    },
    invariants=(
        every_group_has_mean_zero_and_the_variance_that_eps_leaves,
        one_group_is_the_layer_norm_over_all_of_an_example,
        a_group_for_each_channel_is_the_instance_norm,
        whole_groups_may_change_places,
    ),
    exact=(
        (
            (np.array([[0.0, 4.0, 10.0, 10.0]]), np.array([1.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 5.0, 6.0])),
            {"num_groups": 2, "eps": 12.0},
            [[-0.5, 0.5, 5.0, 6.0]],
            None,
        ),
    ),
    bugs=(
        Bug("every G-th channel makes a group",
            "rows = x.reshape(len(x) * groups, int(np.prod(x.shape[1:])) // groups)",
            "rows = np.moveaxis(x.reshape(len(x), -1, groups, int(np.prod(x.shape[2:]))), 2, 1)"
            ".reshape(len(x) * groups, -1)",
            "Neighbouring channels make a group."),
        Bug("gamma forgotten on the way back", "g = dy if weight is None else dy * weight[:, None]", "g = dy",
            "The gradient passes gamma before it reaches x_hat."),
        Bug("the gradient of beta averaged", 'None if bias is None else np.einsum("ncm->c", dy)',
            'None if bias is None else np.einsum("ncm->c", dy) / len(dy)',
            "beta is used by every example and position: the gradients add up."),
        Bug("one group only", "return _by_group(x, weight, bias, groups, eps)",
            "return _by_group(x, weight, bias, 1, eps)", "Each group has a mean and a variance of its own."),
        Bug("eps outside the root", '1 / np.sqrt(np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1] + eps)',
            '1 / (np.sqrt(np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1]) + eps)',
            "eps is added to the variance, inside the root."),
    ),
)  # fmt: skip


def each_channel_of_each_example_may_be_stretched_and_moved(f, example):
    x, *rest = example.args
    moved = f(4 * x - 3, *rest, eps=16 * eps_of(example))
    want = f(x, *rest, eps=eps_of(example))
    np.testing.assert_allclose(moved, want, rtol=1e-9, atol=1e-13 * group_size(example))


def one_example_is_a_batch_norm(f, example):
    from dlbook.numpy.normalization import batch_norm

    x, *rest = example.args
    y = f(*example.args, **example.options)
    want = batch_norm(x[:1], *rest, **example.options)
    np.testing.assert_allclose(y[:1], want, rtol=1e-9, atol=1e-12 * group_size(example))


operation(
    instance_norm,
    examples=instances(),
    analytic=True,
    rows=(0,),
    scale=group_size,
    refuses={
        **REFUSED,
        "one position": lambda e: e.with_arg(0, e.args[0].reshape(*e.args[0].shape[:2], -1)[:, :, :1]),
        "no positions": lambda e: e.with_arg(0, e.args[0].reshape(*e.args[0].shape[:2], -1)[:, :, 0]),
    },
    invariants=(
        every_group_has_mean_zero_and_the_variance_that_eps_leaves,
        each_channel_of_each_example_may_be_stretched_and_moved,
        one_example_is_a_batch_norm,
    ),
    exact=(
        (
            (np.array([[[0.0, 3.0, 3.0], [1.0, 1.0, 1.0]]]), np.array([2.0, 5.0]), np.array([1.0, -1.0])),
            {"eps": 2.0},
            [[[-1.0, 2.0, 2.0], [-1.0, -1.0, -1.0]]],
            ([[[0.0] * 3, [0.0] * 3]], [0.0, 0.0], [3.0, 3.0]),
        ),
    ),
    bugs=(
        Bug("all channels together", "return _by_group(x, weight, bias, x.shape[1], eps)",
            "return _by_group(x, weight, bias, 1, eps)", "Each channel has a mean and a variance of its own."),
        Bug("the mean's share of the gradient forgotten", "dx -= (g @ ones)[:, None]", "pass",
            "Each position moves the mean of its channel: subtract the mean of the gradient."),
        Bug("a gradient of gamma for every example", 'None if weight is None else np.einsum("ncm,ncm->c", dy, x_hat)',
            'None if weight is None else np.einsum("cm,cm->c", dy[-1], x_hat[-1])',
            "gamma is shared by all examples: their gradients add up."),
        Bug("the unbiased variance", 'np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1] + eps',
            'np.einsum("rm,rm->r", x_hat, x_hat) / (rows.shape[1] - 1) + eps',
            "The variance is the mean of the squares, with 1/n."),
    ),
)  # fmt: skip
