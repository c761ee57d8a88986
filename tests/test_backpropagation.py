"""The tape: whatever formula is recorded, its gradients, products and curvature are autograd's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlbook.numpy.backpropagation as bp
from dlbook.laws.arrays import SEEDS
from dlbook.laws.operation import catalogue
from dlbook.numpy.linear_classifiers import linear, sigmoid, softmax
from dlbook.shapes import leaves, refill

torch = pytest.importorskip("torch")
import dlbook.torch  # noqa: E402
import dlbook.torch.backpropagation as tbp  # noqa: E402
from dlbook.torch import linear_classifiers as twins  # noqa: E402

# The first forward-mode derivative makes PyTorch compile its own rules, with a warning to itself.
pytestmark = [pytest.mark.law, pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")]

# ------------------------------------------------------------------------------------------------ random graphs

SMOOTH = {  # one step of a program: the operation's name, how many values it reads, its options
    "add": 2, "sub": 2, "mul": 2, "sin": 1, "cos": 1, "tanh": 1, "neg": 1, "scale": 1, "softened_div": 2, "logged": 1,
    "rooted": 1, "expd": 1, "squared": 1, "product": 2, "contracted": 2, "turned": 1, "averaged": 1, "picked": 1,
    "chosen": 2, "joined": 2, "spread": 1,
}  # fmt: skip
KINKED = {"maximum": 2, "peak": 1}
WHOLE = {"softmaxed": 1, "squashed": 1, "scored": 2}
CONDITION = np.arange(9).reshape(3, 3) % 2 == 0
PICKS = np.array([2, 0, 2])


def step(ops, whole, name, a, b, kept):
    """Apply one step of a random program: every value is a 3 x 3 matrix of moderate size. `kept` makes a constant."""
    match name:
        case "add" | "sub" | "mul" | "maximum":
            return getattr(ops, name)(a, b)
        case "sin" | "cos" | "tanh" | "neg":
            return getattr(ops, name)(a)
        case "scale":
            return ops.scale(a, by=-1.5)
        case "softened_div":
            return ops.div(a, ops.add(kept(1.5), ops.mul(b, b)))
        case "logged":
            return ops.log(ops.add(kept(1.0), ops.mul(a, a)))
        case "rooted":
            return ops.sqrt(ops.add(kept(0.5), ops.mul(a, a)))
        case "expd":
            return ops.exp(ops.tanh(a))
        case "squared":
            return ops.tanh(ops.pow(a, exponent=2))
        case "product":
            return ops.tanh(ops.matmul(a, b))
        case "contracted":
            return ops.einsum(a, b, equation="nd,kd->kn")
        case "turned":
            return ops.transpose(ops.reshape(ops.reshape(a, shape=(9,)), shape=(3, 3)))
        case "averaged":
            return ops.sub(a, ops.mean(a, axis=0, keepdims=True))
        case "spread":
            return ops.broadcast_to(ops.sum(a, axis=1, keepdims=True), shape=(3, 3))
        case "peak":
            return ops.sub(a, ops.amax(a, axis=-1, keepdims=True))
        case "picked":
            return ops.index_select(a, kept(PICKS), axis=1)
        case "chosen":
            return ops.where(kept(CONDITION), a, b)
        case "joined":
            return ops.index_select(ops.cat((a, b), axis=0), kept(np.array([1, 3, 5])))
        case "softmaxed":
            return whole.softmax(a)
        case "squashed":
            return whole.sigmoid(a)
        case "scored":
            return whole.linear(a, b)


def run(ops, whole, program, xs, kept):
    """Run a program on some values and sum up what came last; each step may read anything that exists."""
    values = list(xs)
    for name, i, j in program:
        out = step(ops, whole, name, values[i % len(values)], values[j % len(values)], kept)
        values.append(ops.tanh(out) if len(values) > 4 else out)  # keep the numbers of long programs moderate
    return ops.sum(ops.mul(values[-1], ops.cos(values[-1])))


class NumpyOps:
    """The references of whole operations."""

    softmax, sigmoid, linear = staticmethod(softmax), staticmethod(sigmoid), staticmethod(linear)


@st.composite
def graphs(draw, steps):
    """Draw a program, its inputs and one direction for each."""
    names = st.sampled_from(sorted(steps))
    program = draw(st.lists(st.tuples(names, st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8))
    rng = np.random.default_rng(draw(SEEDS))
    xs, us = ([rng.normal(size=(3, 3)) for _ in range(2)] for _ in range(2))
    return program, tuple(xs), tuple(us)


def both(program):
    """Return the program as a function of arrays or variables, and as a function of tensors."""

    def mine(*xs):
        return run(bp, NumpyOps, program, xs, lambda a: np.asarray(a))

    def theirs(*xs):
        return run(tbp, twins, program, xs, lambda a: torch.tensor(np.asarray(a)))

    return mine, theirs


def tensors(arrays):
    return tuple(map(torch.tensor, arrays))


def assert_same(mine, theirs, relative=1e-9):
    for a, b in zip(mine, theirs, strict=True):
        b = b.detach().numpy()
        assert np.isfinite(a).all()
        assert np.abs(a - b).max() <= relative * max(1.0, np.abs(b).max())


def recorded(f, xs):
    tape = bp.Tape()
    variables = tuple(map(tape.variable, xs))
    return tape, variables, f(*variables)


@given(case=graphs(SMOOTH | KINKED | WHOLE))
def test_gradients_on_a_random_graph_are_autograds(case):
    program, xs, _ = case
    mine, theirs = both(program)
    tape, variables, y = recorded(mine, xs)
    value, pullback = dlbook.torch.vjp(theirs, *tensors(xs))
    assert_same((y.value,), (value,))
    assert_same(tape.gradients(y, variables), pullback(torch.ones((), dtype=torch.float64)))


@given(case=graphs(SMOOTH | KINKED))
def test_jvp_of_primitives_is_forward_modes_and_the_two_sides_of_the_scalar_product_agree(case):
    program, xs, us = case
    mine, theirs = both(program)
    value, along = bp.jvp(mine, xs, us)
    assert_same((value, along), tbp.jvp(theirs, tensors(xs), tensors(us)))
    tape, variables, y = recorded(mine, xs)
    grads = tape.gradients(y, variables)
    terms = [g * u for g, u in zip(grads, us, strict=True)]
    assert abs(along - sum(t.sum() for t in terms)) <= 1e-12 * max(1.0, sum(np.abs(t).sum() for t in terms))


@given(case=graphs(SMOOTH))
def test_hvp_and_double_backward_of_primitives_are_exact(case):
    program, xs, us = case
    mine, theirs = both(program)
    grads, products = bp.hvp(mine, xs, us)
    want_grads, want_products = tbp.hvp(theirs, tensors(xs), tensors(us))
    assert_same(grads, want_grads)
    assert_same(products, want_products, relative=1e-8)


@given(case=graphs(SMOOTH))
def test_the_recorded_way_back_gives_the_same_gradients(case):
    program, xs, _ = case
    tape, variables, y = recorded(both(program)[0], xs)
    first = tape.gradients(y, variables)
    for a, b in zip(first, tape.gradients(y, variables, again=True), strict=True):
        np.testing.assert_allclose(a, b.value, rtol=1e-12, atol=1e-12)


@given(case=graphs(SMOOTH | WHOLE))
def test_second_derivatives_through_whole_operations_are_differences_good_to_1e_4(case):
    # softmax, linear and sigmoid are no primitives: their pullback is differentiated by a central difference.
    program, xs, us = case
    mine, theirs = both(program)
    _, products = bp.hvp(mine, xs, us)
    _, want = tbp.hvp(theirs, tensors(xs), tensors(us))
    assert_same(products, want, relative=1e-4)


def test_third_derivatives_of_primitives_are_exact():
    tape = bp.Tape()
    x = tape.variable(np.array(0.7))
    y = bp.sin(x) * bp.exp(x)
    for expected in (np.sin(0.7) + np.cos(0.7), 2 * np.cos(0.7), 2 * (np.cos(0.7) - np.sin(0.7))):
        (y,) = tape.gradients(y, (x,), again=True)
        assert y.value == pytest.approx(np.exp(0.7) * expected, rel=1e-13)


PRIMITIVES = {name: op for name, op in catalogue().items() if op.chapter == "backpropagation"}


def floats_of(tree):
    return [leaf for _, leaf in leaves(tree) if getattr(leaf, "dtype", None) == np.float64]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitives_second_derivative_is_autograds(name):
    op = PRIMITIVES[name]

    def moderate(example):  # cubes of thousands leave no digits to compare
        return all(np.abs(leaf).max(initial=0.0) <= 10 for leaf in floats_of(example.args))

    @given(example=op.examples.filter(moderate))
    def holds(example):
        rng, floats = example.rng(), floats_of(example.args)
        dy = rng.normal(size=np.shape(op.reference(*example.args, **example.options)))
        directions = [rng.normal(size=leaf.shape) for leaf in floats]

        tape = bp.Tape()
        args = refill(example.args, (tape.variable(a) if is_float else a for a, is_float in marked(example.args)))
        xs = [leaf for _, leaf in leaves(args) if isinstance(leaf, bp.Variable)]
        grads = tape.gradients(op.reference(*args, **example.options), xs, dy, again=True)
        total = sum((bp.sum(g * v) for g, v in zip(grads, directions, strict=True)), start=0.0)
        mine = tape.gradients(total, xs)

        args = refill(example.args, (torch.tensor(a, requires_grad=is_float) for a, is_float in marked(example.args)))
        xs = [leaf for _, leaf in leaves(args) if isinstance(leaf, torch.Tensor) and leaf.requires_grad]
        y = op.twin()(*args, **example.options)
        grads = torch.autograd.grad(y, xs, torch.tensor(dy), create_graph=True)
        total = sum((g * torch.tensor(v)).sum() for g, v in zip(grads, directions, strict=True))
        want = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
        for a, b in zip(mine, want, strict=True):
            b = np.zeros_like(a) if b is None else b.numpy()
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(b).max(initial=0.0)))

    holds()


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_both_sides_of_the_scalar_product_agree_for_every_primitive(name):
    op = PRIMITIVES[name]

    @given(example=op.examples)
    def holds(example):
        """<u, J v> = <J^T u, v>: the left side by jvp, the right one by the pullback."""
        rng, floats = example.rng(), floats_of(example.args)
        vs = tuple(rng.normal(size=np.shape(leaf)) for leaf in floats)

        def f(*xs):
            xs = iter(xs)
            args = refill(example.args, (next(xs) if is_float else a for a, is_float in marked(example.args)))
            return op.reference(*args, **example.options)

        y, along = bp.jvp(f, tuple(map(np.asarray, floats)), vs)
        _, pullback = op.reference.vjp(*example.args, **example.options)
        u = rng.normal(size=np.shape(y))
        grads = floats_of(pullback(u))
        left, right = np.sum(u * along), sum(np.sum(g * v) for g, v in zip(grads, vs, strict=True))
        size = sum(np.sum(np.abs(g * v)) for g, v in zip(grads, vs, strict=True)) + np.sum(np.abs(u * along))
        assert abs(left - right) <= 1e-12 * max(1.0, size)

    holds()


def marked(tree):
    """Yield each leaf, and whether it is an array of floats."""
    return ((leaf, getattr(leaf, "dtype", None) == np.float64) for _, leaf in leaves(tree))


@given(case=graphs(SMOOTH | KINKED | WHOLE))
def test_a_second_backward_pass_equals_the_first_and_changes_nothing(case):
    program, xs, _ = case
    tape, variables, y = recorded(both(program)[0], xs)
    count, before = len(tape.records), [v.value.copy() for v in variables]
    first, second = (tape.gradients(y, variables) for _ in range(2))
    for a, b, v, old in zip(first, second, variables, before, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(v.value, old)
    assert len(tape.records) == count


@given(case=graphs(SMOOTH | KINKED))
def test_any_cut_through_the_graph_can_be_asked_for_its_gradient(case):
    program, xs, _ = case
    tape, _, y = recorded(both(program)[0], xs)
    made = [record.y for record in tape.records]
    for variable, grad in zip(made, tape.gradients(y, made), strict=True):
        assert grad.shape == variable.shape
