"""Counted costs, checkpoints, and the graph as data."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlbook.numpy.backpropagation as bp
from dlbook.differentiable import vjp
from dlbook.laws.arrays import SEEDS, sizes
from dlbook.numpy.linear_classifiers import cross_entropy

torch = pytest.importorskip("torch")
import dlbook.torch.backpropagation as tbp  # noqa: E402

pytestmark = pytest.mark.law

# ---------------------------------------------------------------------------------------- costs and checkpoints


@given(dims=sizes(3))
def test_a_matrix_products_operations_are_counted_exactly(dims):
    n, d, k = dims
    tape = bp.Tape()
    a, b = tape.variable(np.ones((n, d))), tape.variable(np.ones((d, k)))
    got = bp.cost(a @ b)
    assert got.forward == n * k * (2 * d - 1)
    assert got.backward == n * d * (2 * k - 1) + d * k * (2 * n - 1)
    assert got.kept == got.peak == n * d + d * k + n * k


def test_a_hand_counted_formula():
    tape = bp.Tape()
    x = tape.variable(np.ones((2, 3)))
    y = bp.sum(x * x + x)
    # There: 6 products, 6 sums, 5 sums to one number. Back: the sum's ones cost nothing, x + ... costs nothing,
    # x * x gives two products of 6; x is used three times, and three gradients are two sums of 6.
    assert bp.cost(y) == bp.Cost(forward=17, backward=24, kept=6 + 6 + 6 + 1, peak=19)


def network(tape, sizes, rng, n=8):
    """Return the loss of a network of the given widths, recorded."""
    x = tape.variable(rng.normal(size=(n, sizes[0])))
    for d, k in pairwise(sizes):
        x = bp.tanh(x @ tape.variable(rng.normal(size=(d, k))))
    return bp.mean(x * x)


@pytest.mark.parametrize("widths", [(16, 16, 16), (32, 8, 32, 8), (20,) * 6])
def test_value_and_gradient_together_cost_three_to_four_times_the_value(widths):
    got = bp.cost(network(bp.Tape(), widths, np.random.default_rng(0)))
    assert 3 <= (got.forward + got.backward) / got.forward <= 4


@given(st.integers(1, 6))
def test_the_gradients_cost_does_not_grow_with_the_number_of_inputs_but_differences_do(k):
    tape = bp.Tape()
    x = tape.variable(np.ones(10 * k))
    got = bp.cost(bp.sum(bp.tanh(x * x)))
    assert got.backward <= 4 * got.forward
    evaluations = 0

    def counted(x):
        nonlocal evaluations
        evaluations += 1
        return np.sum(np.tanh(x * x))

    bp.numerical_gradient(counted, x.value, scheme="central")
    assert evaluations == 2 * 10 * k + 1  # and one to see whether the value is a scalar


CHAIN = 36


def chain_cost(segments):
    tape = bp.Tape()
    x = tape.variable(np.full(5, 0.5))
    return bp.cost(bp.checkpoint_sequential([bp.tanh] * CHAIN, segments, x))


def test_checkpoints_need_the_square_root_of_the_memory_and_one_more_value():
    tape = bp.Tape()
    y = tape.variable(np.full(5, 0.5))
    for _ in range(CHAIN):
        y = bp.tanh(y)
    plain = bp.cost(y)
    assert plain.kept == 5 * (CHAIN + 1)
    costs = {k: chain_cost(k) for k in range(1, CHAIN + 1) if CHAIN % k == 0}
    for k, got in costs.items():
        assert got.kept == 5 * (k + 1)
        assert got.peak == 5 * (k + 1 + CHAIN // k)
        assert got.backward == plain.backward + plain.forward
        assert got.forward == plain.forward
    assert min(costs, key=lambda k: costs[k].peak) == 6  # the square root of 36


@given(segments=st.integers(1, 5), seed=SEEDS)
def test_a_checkpointed_chain_has_the_same_value_and_gradients(segments, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2, 3))
    weights = rng.normal(size=(5, 3, 3))
    steps = [lambda x, w=w: bp.tanh(x @ w) for w in weights]

    def gradient(f):
        tape = bp.Tape()
        x = tape.variable(a)
        y = f(x)
        return y.value, tape.gradients(y, (x,), np.ones_like(a))[0], len(tape.records)

    def plain(x):
        for f in steps:
            x = f(x)
        return x

    y, dx, records = gradient(plain)
    y2, dx2, records2 = gradient(lambda x: bp.checkpoint_sequential(steps, segments, x))
    np.testing.assert_array_equal(y, y2)
    np.testing.assert_array_equal(dx, dx2)
    assert (records, records2) == (10, segments)
    x = torch.tensor(a, requires_grad=True)
    torch_steps = [lambda x, w=w: torch.tanh(x @ torch.tensor(w)) for w in weights]
    tbp.checkpoint_sequential(torch_steps, segments, x).backward(torch.ones_like(x))
    np.testing.assert_allclose(dx, x.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_checkpointed_operation_is_differentiable_and_answers_none_for_labels():
    rng = np.random.default_rng(0)
    scores, target = rng.normal(size=(4, 3)), np.array([0, 1, 2, 0])
    y, pullback = vjp(bp.checkpoint(cross_entropy), scores, target)
    want, want_pullback = vjp(cross_entropy, scores, target)
    assert y == want
    dscores, none = pullback(np.ones(()))
    np.testing.assert_array_equal(dscores, want_pullback(np.ones(()))[0])
    assert none is None


# ---------------------------------------------------------------------------------------------------- the graph


def test_the_graph_has_each_value_each_gradient_and_an_edge_for_each_use():
    tape = bp.Tape()
    x, unused = tape.variable(np.array(3.0), "x"), tape.variable(np.array(1.0), "unused")
    bp.exp(unused)
    y = x * x + 2.0
    got = bp.graph(y)
    assert [(n.op, n.name, float(n.value)) for n in got.nodes] == [
        ("input", "x", 3.0), ("mul", "", 9.0), ("constant", "", 2.0), ("add", "", 11.0)]  # fmt: skip
    assert [n.gradient if n.gradient is None else float(n.gradient) for n in got.nodes] == [6.0, 1.0, None, 1.0]
    assert got.edges == ((0, 1), (0, 1), (1, 3), (2, 3))


def test_an_input_alone_is_a_graph_of_one_node():
    tape = bp.Tape()
    got = bp.graph(tape.variable(np.array(2.0), "x"))
    assert [(n.op, float(n.gradient)) for n in got.nodes] == [("input", 1.0)]
    assert got.edges == ()


@given(seed=SEEDS, length=st.integers(1, 12))
def test_edges_run_forward_and_every_node_but_the_last_is_used(seed, length):
    rng = np.random.default_rng(seed)
    tape = bp.Tape()
    values = [tape.variable(np.array(0.5)), tape.variable(np.array(-0.2))]
    for _ in range(length):
        i, j = rng.integers(len(values), size=2)
        values.append(bp.tanh(values[i] * values[j]) + values[j])
    got = bp.graph(values[-1])
    assert all(a < b for a, b in got.edges)
    assert {a for a, _ in got.edges} == set(range(len(got.nodes) - 1))
    tape_gradient = tape.gradients(values[-1], values)
    by_value = {id(n.value): n.gradient for n in got.nodes}
    for v, g in zip(values, tape_gradient, strict=True):
        if id(v.value) in by_value:
            np.testing.assert_array_equal(by_value[id(v.value)], g)
