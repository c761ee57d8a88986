"""The catalogue's entry for the residual block."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.architectures.drawing import INTEGERS, KINDS, agree, bound, layer, sizes, statistics
from dlbook.numpy.architectures import residual_block
from dlbook.numpy.convolution import conv2d


@st.composite
def residual_blocks(draw):
    n, channels, filters = draw(sizes()), draw(sizes()), draw(sizes(1, 3))
    size = draw(st.integers(2, 3)), 3
    rng = np.random.default_rng(draw(SEEDS))
    kernels = draw(st.sampled_from(((3, 3), (3, 3), (1, 3, 1), (3,))))
    preactivation, stride = draw(st.booleans()), draw(st.integers(1, 2))
    skip = draw(st.sampled_from((True, True, False)))
    if skip and stride == 1 and draw(st.booleans()):
        filters = channels
    rest = draw(st.sampled_from((2, 2, 1, 0)))
    path = [channels, *draw(st.sampled_from(((1, 2), (2, 1))))[: len(kernels) - 1], filters]
    branch = tuple(
        layer(rng, path[i], path[i + 1], k, rest, path[i] if preactivation else 0) for i, k in enumerate(kernels)
    )
    identity = not skip or (stride == 1 and filters == channels and draw(st.booleans()))
    plain = min(rest, 1) if preactivation else rest
    shortcut = () if identity else layer(rng, channels, filters, 1, plain)
    norms = path[: len(kernels)] if preactivation else [*path[1:], *([] if identity else [filters])]
    running = statistics(rng, norms if rest == 2 else []) if draw(st.booleans()) else None
    told = {"eps": 0.1, **({"stride": stride} if stride > 1 else {}), **({} if skip else {"skip": False})}
    return Example((draw(array(n, channels, *size, kinds=KINDS)), branch, shortcut, running),
                   {**told, **({"preactivation": True} if preactivation else {})})  # fmt: skip


def is_alone(example) -> tuple[int, ...]:
    """Rows are independent where no batch norm looks at the company."""
    normed = any(len(own) == 3 for own in (*example.args[1], example.args[2]))
    return () if normed and example.args[3] is None else (0,)


def with_zero_weights_in_the_last_layer_it_is_the_identity(f, example):
    rng, pre = example.rng(), example.options.get("preactivation", False)
    x = rng.normal(size=(2, 2, 3, 3))
    first, last = (layer(rng, 2, 2, 3, 2) for _ in range(2))
    silent = (np.zeros_like(last[0]), last[1], 0 * last[2])
    y = f(x, (first, silent), (), None, preactivation=pre)
    np.testing.assert_array_equal(y, x if pre else np.maximum(x, 0))


def a_silent_branch_leaves_the_gradient_whole(f, example):
    rng, pre = example.rng(), example.options.get("preactivation", False)
    x = rng.uniform(0.1, 1, size=(2, 2, 3, 3))
    first, last = layer(rng, 2, 2, 3, 1), layer(rng, 2, 2, 3, 1)
    y, pullback = f.vjp(x, (first, (0 * last[0], 0 * last[1])), (), None, preactivation=pre)
    dy = rng.normal(size=y.shape)
    np.testing.assert_array_equal(pullback(dy)[0], dy)


def a_stack_of_preactivated_blocks_adds_up(f, example):
    """Output minus input is the sum of all branches."""
    rng = example.rng()
    x = start = rng.normal(size=(1, 2, 3, 3))
    total = np.zeros_like(x)
    for _ in range(3):
        branch = (layer(rng, 2, 2, 3, 1), layer(rng, 2, 2, 3, 1))
        total = total + f(x, branch, (), None, preactivation=True, skip=False)
        x = f(x, branch, (), None, preactivation=True)
    np.testing.assert_allclose(x - start, total, rtol=1e-9, atol=1e-10 * np.abs(x).max())


def a_silent_branch_with_a_projection_is_the_projection(f, example):
    rng = example.rng()
    x = rng.uniform(0, 1, size=(2, 1, 4, 3))
    silent = tuple((0 * weight, 0 * bias) for weight, bias in (layer(rng, 1, 2, 3, 1), layer(rng, 2, 2, 3, 1)))
    project = layer(rng, 1, 2, 1, 1)
    for pre in (False, True):
        y = f(x, silent, project, None, stride=2, preactivation=pre)
        expected = conv2d(x, *project, stride=2)
        np.testing.assert_allclose(y, expected if pre else np.maximum(expected, 0), rtol=1e-13, atol=1e-15)


def inner_channels_may_change_places(f, example):
    x, branch, *rest = example.args
    if len(branch) < 2 or example.options.get("preactivation"):
        return
    order = example.rng().permutation(len(branch[0][0]))
    moved = (tuple(a[order] for a in branch[0]), (branch[1][0][:, order], *branch[1][1:]), *branch[2:])
    if rest[1]:
        rest[1] = (tuple(a[order] for a in rest[1][0]), *rest[1][1:])
    agree(f(x, moved, *rest, **example.options), f(*example.args, **example.options), example)


def misfit(example):
    """Return the example with a branch whose last layer has a filter too many for the identity."""
    x = np.ones((2, 2, 3, 3))
    return Example((x, (layer(np.random.default_rng(0), 2, 3, 3, 1),), (), None), {})


operation(
    residual_block,
    examples=residual_blocks(),
    kinks=True,
    rows=is_alone,
    scale=bound,
    finite=(1e2, 1e-6),
    refuses={
        **INTEGERS,
        "no layer": lambda e: e.with_arg(1, ()),
        "an even kernel": lambda e: e.with_arg(1, ((np.ones((1, e.args[0].shape[1], 2, 2)),),)),
        "a branch that the identity does not fit": misfit,
        "a layer for other channels": lambda e: e.with_arg(1, (layer(e.rng(), 9, 1, 3, 1),)),
        "statistics for one batch norm too many": lambda e: e.with_arg(
            3, (*(e.args[3] or ()), *[(np.zeros(1), np.ones(1))] * 9)),
        "a stride of zero": lambda e: e.with_options(stride=0),
        "an eps of zero": lambda e: e.with_options(eps=0.0),
    },
    invariants=(
        with_zero_weights_in_the_last_layer_it_is_the_identity,
        a_silent_branch_leaves_the_gradient_whole,
        a_stack_of_preactivated_blocks_adds_up,
        a_silent_branch_with_a_projection_is_the_projection,
        inner_channels_may_change_places,
    ),
    exact=(
        # Kernels of one entry: 2 x, rectified, times -1, plus x: 1 -> -2 + 1 -> 0; -3 -> 0 - 3 -> 0.
        ((np.array([[[[1.0, -3.0]]]]), ((np.full((1, 1, 1, 1), 2.0),), (np.full((1, 1, 1, 1), -1.0),)), (), None),
         {}, [[[[0, 0]]]], None),
        # The same with preactivation: the rectifier comes first, and nothing stands behind the sum.
        ((np.array([[[[1.0, -3.0]]]]), ((np.full((1, 1, 1, 1), 2.0),), (np.full((1, 1, 1, 1), -1.0),)), (), None),
         {"preactivation": True}, [[[[-1, -3]]]], ([[[[-1, 1]]]], (([[[[-1]]]],), ([[[[2]]]],)), (), None)),
        # A branch with the slope 3 next to the identity: slope 4.
        ((np.array([[[[1.0]]]]), ((np.full((1, 1, 1, 1), 3.0),),), (), None), {}, [[[[4]]]],
         ([[[[4]]]], (([[[[1]]]],),), (), None)),
    ),
    bugs=(
        Bug("the gradient of the identity forgotten", "return da + ds if skip else da,", "return da if skip else da,",
            "x has gone two ways: its gradient is the sum of what comes back on both."),
        Bug("the identity's gradient forgotten before the activations",
            "dx = da + dy if skip and not project_pullback else da", "dx = da",
            "Without a projection dy reaches x unchanged, beside what the branch sends."),
        Bug("a rectifier before the sum and not after", "vjp(relu, add_up(norms.function, a, s) if skip else a)",
            "vjp(relu, add_up(norms.function, a * (a > 0), s) if skip else a)",
            "The last rectifier stands behind the sum, so that a branch can also take something away."),
        Bug("a rectifier behind the sum of a pre-activated block",
            "y = add_up(norms.function, a, s) if skip else a\n",
            "y = vjp(relu, add_up(norms.function, a, s) if skip else a)[0]\n",
            "With preactivation nothing stands behind the sum: the way of x is free from one end to the other."),
        Bug("the shortcut's gradient taken behind the wrong rectifier", "dh = dh + ds\n", "da = da + ds\n",
            "A projection of a pre-activated block starts behind the first rectifier: its gradient passes it too."),
        Bug("the stride in every layer", "stride=stride if i == place else 1)", "stride=stride)",
            "One layer of the branch takes the stride, the others keep the size."),
        Bug("the projection without its stride", "convolve(x, shortcut, norms, stride=stride) if",
            "convolve(x, shortcut, norms) if", "Branch and shortcut must arrive at the same size."),
        Bug("the layers' gradients in the order of the way back",
            "return da + ds if skip else da, tuple(reversed(grads))",
            "return da + ds if skip else da, tuple(grads)",
            "The way back meets the last layer first: put the gradients back into the order of the branch."),
    ),
)  # fmt: skip
