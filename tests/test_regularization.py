"""What is special to `regularization`: both halves agree, and what makes no sense is refused."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import biased_mlp as network

from dlbook.numpy import regularization as rg
from dlbook.numpy.linear_classifiers import softmax
from dlbook.shapes import ShapeError

seeds = st.integers(0, 2**32 - 1)


def tensors(torch, tree):
    if isinstance(tree, tuple):
        return tuple(tensors(torch, branch) for branch in tree)
    return torch.tensor(tree)


def same(mine, theirs):
    if isinstance(mine, tuple):
        for a, b in zip(mine, theirs, strict=True):
            same(a, b)
    else:
        np.testing.assert_allclose(mine, np.asarray(theirs), rtol=1e-9, atol=1e-12)


@given(seed=seeds)
def test_both_halves_draw_shrink_average_and_change_alike(seed):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.regularization")
    rng = np.random.default_rng(seed)
    params, x, target = network(rng), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    curvature, optimum = rng.uniform(0.1, 2, 3), rng.normal(size=3)
    probabilities, weight = softmax(rng.normal(size=(4, 5, 3)), axis=2), rng.dirichlet(np.ones(4))
    pictures = rng.normal(size=(4, 2, 5, 4))
    for name, arguments, options in [
        ("keep_mask", ((3, 4),), {"rng": seed, "p": 0.3}),
        ("hidden_masks", (params, 5), {"rng": seed}),
        ("mc_dropout", (x, params), {"rng": seed, "samples": 3}),
        ("mixup_pairs", (9,), {"rng": seed, "alpha": 0.4}),
        ("ridge_shrinkage", (curvature,), {"strength": 0.3}),
        ("descent_shrinkage", (curvature,), {"lr": 0.1, "steps": 7}),
        ("lasso_shrinkage", (optimum, curvature), {"strength": 0.3}),
        ("dropout_regression", (x, optimum[target]), {"p": 0.4}),
        ("max_norm", (x,), {"limit": 1.0}),
        ("all_masks", (4,), {}),
        ("mask_probability", (rg.all_masks(4),), {"p": 0.3}),
        ("normalized_geometric_mean", (probabilities, weight), {}),
        ("shift", (pictures, rng.integers(-3, 4, (4, 2))), {}),
        ("shift", (pictures, rng.integers(-9, 9, (4, 1))), {"cyclic": True}),
        ("random_shift", (pictures,), {"rng": seed, "reach": 2}),
        ("random_flip", (pictures,), {"rng": seed}),
        ("random_scale", (pictures,), {"rng": seed}),
        ("add_noise", (pictures,), {"rng": seed}),
        ("random_cutout", (pictures,), {"rng": seed, "size": 3}),
    ]:
        seeded = [{**options, "rng": np.random.default_rng(seed)} if "rng" in options else options for _ in range(2)]
        converted = tuple(tensors(torch, a) if isinstance(a, tuple | np.ndarray) and name != "keep_mask" else a
                          for a in arguments)  # fmt: skip
        same(getattr(rg, name)(*arguments, **seeded[0]), getattr(theirs, name)(*converted, **seeded[1]))


@given(seed=seeds)
def test_both_halves_have_the_same_costs_and_stop_at_the_same_place(seed):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.regularization")
    twins = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(seed)
    params, x, target = network(rng, (4, 5, 3)), rng.normal(size=(12, 4)), rng.integers(0, 3, 12)
    data = params, x, target
    for name, positional, options in [
        ("dropout_objective", (), {"p": 0.3, "strength": 0.1}),
        ("mixup_objective", (3,), {"alpha": 0.5, "strength": 0.1}),
    ]:
        pair = []
        for half, arguments in ((rg, data), (theirs, tensors(torch, data))):
            objective = getattr(half, name)(*positional, np.random.default_rng(seed), **options)
            pair.append(objective(*arguments))
        if name == "mixup_objective":  # the twin draws its shares in float32 and casts them
            assert pair[0][0] == pytest.approx(float(pair[1][0]), rel=1e-5)
        else:
            same(*pair)
    runs = []
    for half, nets, arguments in ((rg, None, data), (theirs, twins, tensors(torch, data))):
        source = nets or import_module("dlbook.numpy.deep_networks")
        change = half.augmented(source.mlp_objective(), half.add_noise, np.random.default_rng(seed), shape=(2, 2))
        runs.append(half.optimize_with_patience(
            change, arguments[0], arguments[1:], lr=0.3, batch_size=4, epochs=6, patience=2,
            measure=source.measure_splits(arguments[1:], arguments[1:]), rng=np.random.default_rng(seed),
        ))  # fmt: skip
    same(runs[0].params, runs[1].params)
    same(runs[0].measured["validation_loss"], runs[1].measured["validation_loss"])
    ends = []
    for half, source, optimizer in ((rg, "numpy", "adam"), (theirs, "torch", "adam")):
        arguments = data if half is rg else tensors(torch, data)
        base = getattr(import_module(f"dlbook.{source}.optimization"), optimizer)
        step = half.constrained(half.decoupled(base, weight_decay=0.3), limit=0.8)
        grads = import_module(f"dlbook.{source}.deep_networks").mlp_objective()(*arguments)[1]
        ends.append(step(arguments[0], grads, lr=0.1)[0])
    same(*ends)
    flat = [half.orbit_average(lambda a: 2 * a, arguments[1], [lambda a: a, lambda a: -3 * a])
            for half, arguments in ((rg, data), (theirs, tensors(torch, data)))]  # fmt: skip
    same(*flat)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: rg.keep_mask(3, np.random.default_rng(0), p=1.5), ValueError, "keep_mask: p"),
        (lambda: rg.keep_mask(3, 0), TypeError, "keep_mask: rng"),
        (lambda: rg.keep_mask((2, -1), np.random.default_rng(0)), ValueError, r"keep_mask: shape\[1\]"),
        (lambda: rg.dropout(np.ones(2), np.ones(3, bool)), ShapeError, "dropout: mask"),
        (lambda: rg.dropout_objective(0), TypeError, "dropout_objective: rng"),
        (lambda: rg.dropout_objective(np.random.default_rng(0), strength=-1.0), ValueError, "strength"),
        (lambda: rg.all_masks(17), ValueError, "all_masks: n is 17"),
        (lambda: rg.mask_probability(rg.all_masks(2), p=-1.0), ValueError, "mask_probability: p"),
        (lambda: rg.normalized_geometric_mean(np.ones((2, 3)), np.ones(2)), ValueError, "expected shapes"),
        (lambda: rg.normalized_geometric_mean(np.zeros((1, 1, 2)), np.ones(1)), ValueError, "positive"),
        (lambda: rg.ridge_shrinkage(np.array([-1.0]), strength=1.0), ValueError, "curvature"),
        (lambda: rg.ridge_shrinkage(np.array([0.0]), strength=0.0), ValueError, "positive"),
        (lambda: rg.descent_shrinkage(np.ones(2), lr=0.0, steps=1), ValueError, "lr"),
        (lambda: rg.lasso_shrinkage(np.ones(2), np.zeros(2), strength=1.0), ValueError, "lasso_shrinkage"),
        (lambda: rg.dropout_regression(np.ones((2, 1)), np.ones(2), p=1), ValueError, "p is 1"),
        (lambda: rg.dropout_regression(np.ones((2, 1)), np.ones((2, 1))), ValueError, "expected shapes"),
        (lambda: rg.dropout_regression(np.zeros((2, 1)), np.ones(2)), ValueError, "expected one solution"),
        (lambda: rg.max_norm(np.ones(2), limit=1.0), ValueError, "max_norm: weight"),
        (lambda: rg.early_stopping([], patience=1), ValueError, "empty"),
        (lambda: rg.early_stopping([1.0], patience=0), ValueError, "patience"),
        (lambda: rg.early_stopping([np.nan, 1.0], patience=1), ValueError, r"curve\[0\] is nan"),
        (lambda: rg.shift(np.ones((2, 3)), np.ones((2, 2), int)), ValueError, "shift"),
        (lambda: rg.shift(np.ones((2, 3)), np.ones((2, 1))), ValueError, "integers"),
        (lambda: rg.random_shift(np.ones((2, 3)), 0), TypeError, "random_shift: rng"),
        (lambda: rg.random_shift(np.ones((2, 3)), np.random.default_rng(0)), ValueError, "axes 2, expected at most 1"),
        (lambda: rg.random_flip(np.ones(3), np.random.default_rng(0)), ValueError, "random_flip: x"),
        (lambda: rg.random_scale(np.ones((2, 3)), np.random.default_rng(0), high=np.inf), ValueError, "high"),
        (lambda: rg.random_scale(np.ones((2, 3)), np.random.default_rng(0), low=2.0), ValueError, "low <= high"),
        (lambda: rg.random_flip(np.ones((2, 3)), np.random.default_rng(0), p=2.0), ValueError, "random_flip: p"),
        (lambda: rg.random_scale(np.ones((2, 3)), np.random.default_rng(0), low=0.0), ValueError, "low"),
        (lambda: rg.add_noise(np.ones(2), np.random.default_rng(0), std=-1.0), ValueError, "std"),
        (lambda: rg.random_cutout(np.ones((2, 3)), np.random.default_rng(0), size=1), ValueError, "images"),
        (lambda: rg.orbit_average(abs, np.ones(2), []), ValueError, "empty"),
        (lambda: rg.augmented(abs, abs, 3), TypeError, "augmented: rng"),
        (lambda: rg.mixup_pairs(0, np.random.default_rng(0)), ValueError, "mixup_pairs: n"),
        (lambda: rg.mixup_pairs(2, np.random.default_rng(0), alpha=0.0), ValueError, "alpha"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, match):
    with pytest.raises(error, match=match):
        call()
