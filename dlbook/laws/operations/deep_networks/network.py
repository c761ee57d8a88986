"""The catalogue's entries for the k-layer network and for the activation that does nothing."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.deep_networks.rectifiers import ANY, INTEGERS
from dlbook.numpy.deep_networks import identity, mlp

NAMES = ("identity", "relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "gelu", "silu")


@st.composite
def networks(draw):
    n = draw(st.integers(1, 4))
    widths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    rng = np.random.default_rng(draw(SEEDS))
    params = tuple(
        (rng.normal(size=(k, d)), 0.5 * rng.normal(size=k)) for d, k in pairwise(widths)
    )
    options = {"activation": draw(st.sampled_from(NAMES))} if draw(st.booleans()) else {}
    return Example((draw(array(n, widths[0])), params), options)


def size(example) -> float:
    """Bound the values inside a network: no activation here enlarges a number by more than a factor of 1.8."""
    x, params = example.args
    bound = max(1.0, float(np.abs(x).max()))
    for weight, bias in params:
        bound = 1.8 * (bound * float(np.abs(weight).sum(axis=1).max()) + float(np.abs(bias).max()) + 1)
    # The gradients are products of the same weights.
    return bound


def one_layer_is_a_linear_map(f, example):
    x, params = example.args
    weight, bias = params[0]
    y = f(x, params[:1], **example.options)
    np.testing.assert_allclose(y, x @ weight.T + bias, rtol=1e-12, atol=1e-12 * size(example))


def without_activation_all_layers_are_one(f, example):
    x, params = example.args
    weight, bias = params[0]
    for w, b in params[1:]:
        weight, bias = w @ weight, w @ bias + b
    np.testing.assert_allclose(
        f(x, params, activation="identity"), x @ weight.T + bias, rtol=1e-9, atol=1e-12 * size(example)
    )


def hidden_units_may_change_places(f, example):
    x, params = example.args
    if len(params) == 1:
        return
    order = example.rng().permutation(len(params[0][1]))
    (weight, bias), (after, b), *rest = params
    moved = ((weight[order], bias[order]), (after[:, order], b), *rest)
    np.testing.assert_allclose(
        f(x, moved, **example.options), f(x, params, **example.options), rtol=1e-9, atol=1e-12 * size(example)
    )


def without_biases_a_rectifier_network_is_positively_homogeneous(f, example):
    x, params = example.args
    bare = tuple((weight, 0 * bias) for weight, bias in params)
    np.testing.assert_allclose(f(4 * x, bare), 4 * f(x, bare), rtol=1e-12, atol=1e-12 * size(example))


def a_factor_may_move_from_one_layer_to_the_next(f, example):
    x, params = example.args
    if len(params) == 1:
        return
    (weight, bias), (after, b), *rest = params
    moved = ((4 * weight, 4 * bias), (after / 4, b), *rest)
    np.testing.assert_allclose(f(x, moved), f(x, params), rtol=1e-9, atol=1e-12 * size(example))


def without_biases_a_tanh_network_is_odd(f, example):
    x, params = example.args
    bare = tuple((weight, 0 * bias) for weight, bias in params)
    y = f(x, bare, activation="tanh")
    np.testing.assert_allclose(f(-x, bare, activation="tanh"), -y, rtol=1e-9, atol=1e-12 * size(example))


def wrong_layer(example):
    """Return the example with one layer that has a column too many."""
    x, params = example.args
    weight, bias = params[-1]
    return example.with_args(x, (*params[:-1], (np.ones((len(weight), weight.shape[1] + 1)), bias)))


operation(
    mlp,
    examples=networks(),
    kinks=True,
    rows=(0,),
    scale=size,
    # The scaled weights of five layers multiply: 1e4 to the fifth, times x, is far from overflow in float64.
    finite=(1e3, 1e-8),
    refuses={
        **INTEGERS,
        "no layer": lambda e: e.with_arg(1, ()),
        "a layer that does not fit": wrong_layer,
        "an activation that does not exist": lambda e: e.with_options(activation="step"),
    },
    invariants=(
        one_layer_is_a_linear_map,
        without_activation_all_layers_are_one,
        hidden_units_may_change_places,
        without_biases_a_rectifier_network_is_positively_homogeneous,
        a_factor_may_move_from_one_layer_to_the_next,
        without_biases_a_tanh_network_is_odd,
    ),
    exact=(
        (
            (
                np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
                ((np.ones((2, 2)), np.array([0.0, -1.0])), (np.array([[1.0, -2.0]]), np.zeros(1))),
            ),
            {},
            [[0.0], [1.0], [1.0], [0.0]],  # exclusive or
            None,
        ),
    ),
    bugs=(
        Bug("the activation forgotten in the pullback", "pullbacks.append(activation_pullback)",
            "pullbacks.append(lambda dy: (dy,))",
            "Between two layers dy has to pass the activation: multiply by its slope."),
        Bug("an activation after the last layer", "return x, pullback", "return np.maximum(x, 0), pullback",
            "The last layer gives scores: they may be negative."),
        Bug("the gradients in the order of the way back", "tuple(reversed(grads))", "tuple(grads)",
            "The way back meets the last layer first: put the gradients back into the order of params."),
        Bug("no activation before the first hidden layer's successor", "if layer:", "if layer > 1:",
            "Every layer but the last is followed by the activation, the first one too."),
        Bug("the wrong activation", "ACTIVATIONS[activation]", 'ACTIVATIONS["relu"]',
            "The option says which activation stands between the layers."),
        Bug("no gradient for the input", "return dy, tuple(reversed(grads))", "return 0 * dy, tuple(reversed(grads))",
            "x has a gradient too: what arrives at the first layer goes on through its weights."),
    ),
)  # fmt: skip


def it_changes_nothing(f, example):
    np.testing.assert_array_equal(f(*example.args), example.args[0])


def it_may_be_done_twice(f, example):
    np.testing.assert_array_equal(f(f(*example.args)), f(*example.args))


def the_gradient_passes(f, example):
    dy = example.rng().normal(size=example.args[0].shape)
    np.testing.assert_array_equal(f.vjp(*example.args)[1](dy)[0], dy)


operation(
    identity,
    examples=ANY,
    analytic=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(it_changes_nothing, it_may_be_done_twice, the_gradient_passes),
    exact=(((np.array([-1.0, 2.0]),), {}, [-1.0, 2.0], ([1.0, 1.0],)),),
    bugs=(
        Bug("the input itself as gradient", "(dy.copy(),)", "(x.copy(),)", "The slope is 1: dx is dy."),
        Bug("dy handed on without a copy", "(dy.copy(),)", "(dy,)",
            "Whoever adds to dx would change dy too: a gradient shares no memory with what came in."),
        Bug("the sign of the gradient", "(dy.copy(),)", "(-dy,)", "The slope is 1, not -1."),
    ),
)  # fmt: skip
