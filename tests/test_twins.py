"""NumPy and PyTorch are twins: the same names, parameters, defaults and shapes, the same numbers on any device.

That values and gradients agree in float64 is a law (`twin value`, `twin gradient`); here stands what is left.
"""

import inspect
from functools import partial
from importlib import import_module
from typing import get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import dlbook.numpy
from dlbook.laws.operation import catalogue
from dlbook.laws.oracles import on_device
from dlbook.laws.trees import flatten, rebuild
from dlbook.laws.verdict import call
from dlbook.numpy import TOPICS, linear, vjp
from dlbook.shapes import AbstractArray, ShapeError, alternatives

torch = pytest.importorskip("torch")
import dlbook.torch  # noqa: E402

pytestmark = pytest.mark.law

# Error of value and gradient that is allowed in reduced precision, on any device, relative to the operation's scale.
PRECISION = {"float32": 1e-4, "bfloat16": 3e-2}

CHAPTERS = sorted({*TOPICS, *(op.chapter for op in catalogue().values())})
# Functions without a twin, and why.
ALONE = {
    "batch_norm_backward_columns": "is the way back by hand, in the course's notation; autograd walks it itself",
    "batch_norm_backward_steps": "is the way back by hand, node by node; autograd walks it itself",
    "batch_norm_steps": "is made of the primitives that a tape records; autograd records batch_norm itself",
    "cost": "counts what stands on a tape; autograd's graph does not show what its nodes compute",
    "graph": "reads a tape; autograd's graph holds no values",
}
# Classes hold results, or are what autograd is to PyTorch (`Tape`, `Variable`): they have no twin to compare.
PUBLIC = [
    (topic, name)
    for topic in CHAPTERS
    for name in import_module(f"dlbook.numpy.{topic}").__all__
    if not inspect.isclass(getattr(import_module(f"dlbook.numpy.{topic}"), name)) and name not in ALONE
]


def words(annotation) -> list[str]:
    """Return an annotation's array kinds and shapes, and its other types, without the backend's array class."""
    return sorted(
        f"{a.__name__.split('[')[0]}[{a.dim_str}]"
        if isinstance(a, type) and issubclass(a, AbstractArray)
        else "number"
        if a in (np.floating, torch.Tensor, np.ndarray)
        else str((get_origin(a), *map(words, get_args(a))) if get_args(a) else a).replace("Tensor", "ndarray")
        for a in alternatives(annotation)
    )


@pytest.mark.parametrize(("topic", "name"), PUBLIC)
def test_a_twin_has_its_references_name_parameters_and_defaults(topic, name):
    reference = getattr(import_module(f"dlbook.numpy.{topic}"), name)
    theirs = getattr(import_module(f"dlbook.torch.{topic}"), name)
    mine, other = (inspect.signature(f).parameters for f in (reference, theirs))
    assert list(mine) == list(other)
    for parameter in mine:
        assert mine[parameter].kind == other[parameter].kind, parameter
        ours, twins = (getattr(p[parameter].default, "__name__", p[parameter].default) for p in (mine, other))
        assert ours == twins, parameter  # the default of a function is its twin


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_a_twin_promises_the_same_shapes(op):
    mine, other = inspect.signature(op.reference), inspect.signature(op.twin())
    scalar = {"Float[]", "number"}  # NumPy's means are numbers, PyTorch's are tensors without axes
    pairs = [(mine.parameters[name].annotation, other.parameters[name].annotation) for name in mine.parameters]
    for annotations in (*pairs, (mine.return_annotation, other.return_annotation)):
        want, got = (set(words(annotation)) - scalar for annotation in annotations)
        assert got == want, annotations


def test_a_twin_refuses_a_wrong_shape_in_the_same_words():
    with pytest.raises(ShapeError) as ours:
        linear(np.ones((3, 4)), np.ones((2, 5)))
    with pytest.raises(ShapeError) as theirs:
        dlbook.torch.linear(torch.ones(3, 4, dtype=torch.float64), torch.ones(2, 5, dtype=torch.float64))
    assert str(ours.value) == str(theirs.value)


def test_vjp_of_a_twin_answers_none_for_integers_and_keeps_the_structure():
    def f(params, index, scale=None, *, shift=0.0):
        return params["w"][index] * params["b"][0] + shift

    params = {"w": torch.arange(4.0), "b": (torch.tensor(2.0),)}
    y, pullback = dlbook.torch.vjp(f, params, torch.tensor([1, 1]), None, shift=1.0)
    assert y.tolist() == [3, 3]
    grads, index, scale = pullback(torch.ones(2))
    assert grads["w"].tolist() == [0, 4, 0, 0]
    assert grads["b"][0] == 2
    assert index is None
    assert scale is None


def test_one_line_serves_both_backends():
    x, w = np.arange(6.0).reshape(3, 2), np.ones((4, 2))
    y, pullback = vjp(linear, x, w)
    y_t, pullback_t = dlbook.torch.vjp(dlbook.torch.linear, torch.tensor(x), torch.tensor(w))
    np.testing.assert_array_equal(y, y_t.numpy())
    for mine, theirs in zip(pullback(y), pullback_t(y_t), strict=True):
        np.testing.assert_array_equal(mine, theirs.numpy())


def test_chain_and_residual_have_twins():
    x = np.arange(4.0).reshape(2, 2)
    params = ((np.ones((2, 2)),), (np.eye(2) * 0.5,))
    tensors = tuple(tuple(map(torch.tensor, p)) for p in params)
    for module, value, weights in ((dlbook.numpy, x, params), (dlbook.torch, torch.tensor(x), tensors)):
        f = module.chain(module.linear, module.residual(module.linear))
        y, pullback = module.vjp(f, value, weights)
        dx, grads = pullback(y)
        if module is dlbook.numpy:
            kept = y, dx, grads[1][0]
        else:
            for mine, theirs in zip(kept, (y, dx, grads[1][0]), strict=True):
                np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-14)


def test_chain_needs_a_layer_in_torch_too():
    with pytest.raises(ValueError, match="at least one layer"):
        dlbook.torch.chain()


@pytest.mark.slow
def test_a_twin_compiles_without_its_checks():
    compiled = torch.compile(dlbook.torch.linear, backend="eager", fullgraph=True)
    x, w = torch.ones(3, 2), torch.ones(4, 2)
    assert compiled(x, w).tolist() == dlbook.torch.linear(x, w).tolist()


@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_a_twin_in_float32_agrees_with_the_reference(op, ledger):
    agrees_in(op, "float32", "cpu", 5, ledger)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_a_twin_on_a_gpu_agrees_with_the_reference(op, dtype, ledger):
    with torch.backends.cudnn.flags(allow_tf32=False):  # which keeps ten bits of the factors of a convolution
        agrees_in(op, dtype, "cuda", 20, ledger)


def agrees_in(op, dtype, device, examples, ledger):
    """Hold value and gradients of a twin in reduced precision against the reference's, and note how near they came.

    The reference is in float64, at the arguments that the twin is given: those that the precision can express.
    """
    worst, tried, tolerance = 0.0, 0, PRECISION[dtype]
    kind = getattr(torch, dtype)

    def expressible(tree):
        return rebuild(tree, [as_given(a) for a in flatten(tree)])

    def as_given(a):
        a = np.asarray(a)
        return torch.tensor(a).to(kind).double().numpy() if a.dtype.kind == "f" else a

    @settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(op.examples)
    def agrees(example):
        nonlocal worst, tried
        example = example.with_args(*map(expressible, example.args))
        y, _, grads = call(op.reference, example)
        theirs, their_grads = on_device(op, example, y, device, kind)
        if not (op.twin_gradient(example) if callable(op.twin_gradient) else op.twin_gradient):
            grads = their_grads = ()
        scale = max(1.0, float(op.scale(example)))
        for a, b in zip(flatten((y, grads)), flatten((theirs, their_grads)), strict=True):
            off = float(np.abs(a - b).max(initial=0.0)) / max(scale, float(np.abs(a).max(initial=0.0)))
            assert off <= tolerance
            worst = max(worst, off)
        tried += 1

    note = partial(ledger, op, law=f"twin in {dtype}",
                   device=torch.cuda.get_device_name() if device == "cuda" else device)  # fmt: skip
    try:
        agrees()
    except NotImplementedError as error:  # PyTorch has no kernel of that precision there
        note(outcome="not run")
        pytest.skip(str(error))
    except BaseException:
        note(outcome="failed")
        raise
    note(examples=tried, worst=worst, tolerance=tolerance)
