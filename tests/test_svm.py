"""The support vector machine from above and from below: the two must meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import linear_classifiers as lc
from dlbook.numpy.linear_classifiers.svm import best_bias

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
strengths = st.sampled_from([0.003, 0.03, 0.3])


@st.composite
def machines(draw):
    """Draw a problem of two classes that overlap more or less, and its solution."""
    n, d = draw(st.integers(2, 40)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(seeds))
    target = np.where(np.arange(n) % 3 == 0, 1, -1)
    x = rng.normal(size=(n, d)) + draw(st.sampled_from([0.0, 0.5, 2.0])) * target[:, None]
    strength = draw(strengths)
    return x, target, strength, lc.svm_dual(x, target, strength=strength)


@given(machines())
def test_strong_duality_the_best_cost_equals_the_best_bound(machine):
    x, target, strength, solution = machine
    primal = lc.primal_objective(solution.weight, solution.bias, x, target, strength=strength)
    dual = lc.dual_objective(solution.alpha, x, target, strength=strength)
    assert -1e-12 <= primal - dual < 1e-3
    assert primal == pytest.approx(solution.primal[-1], abs=1e-10)
    assert dual == pytest.approx(solution.dual[-1], abs=1e-10)


@given(machines())
def test_weak_duality_at_every_update_and_the_bound_never_falls(machine):
    _, _, _, solution = machine
    assert solution.dual.max() <= solution.primal.min() + 1e-12
    assert (np.diff(solution.dual) >= -1e-12).all()


@given(machines())
def test_support_vectors_are_the_points_that_do_not_clear_their_margin(machine):
    x, target, _, solution = machine
    margin = target * (x @ solution.weight + solution.bias)
    support = np.zeros(len(x), bool)
    support[solution.support] = True
    assert (margin[support] <= 1 + 2e-3).all()
    assert (margin[~support] >= 1 - 2e-3).all()
    inside = support & (solution.alpha < (1 - 1e-9) / len(x))
    np.testing.assert_allclose(margin[inside], 1, atol=2e-3)  # held neither by 0 nor by 1/N: exactly on the margin


@given(machines())
def test_the_dual_variables_are_feasible_and_make_the_weight(machine):
    x, target, strength, solution = machine
    assert (solution.alpha >= 0).all()
    assert (solution.alpha <= 1 / len(x)).all()
    assert abs(solution.alpha @ target) < 1e-12
    np.testing.assert_allclose(
        solution.weight, (solution.alpha * target) @ x / (2 * strength), rtol=1e-9, atol=1e-9 / strength
    )


@given(machines(), seeds)
def test_no_other_weight_and_bias_cost_less_than_the_bound(machine, seed):
    x, target, strength, solution = machine
    rng = np.random.default_rng(seed)
    weight, bias = solution.weight + 0.1 * rng.normal(size=x.shape[1]), solution.bias + 0.1 * rng.normal()
    assert lc.primal_objective(weight, bias, x, target, strength=strength) >= solution.dual[-1] - 1e-12


@given(machines())
def test_points_beyond_the_margin_could_be_left_out(machine):
    x, target, strength, solution = machine
    kept = solution.support
    again = lc.svm_dual(x[kept], target[kept], strength=strength * len(x) / len(kept))  # the same price per example
    np.testing.assert_allclose(again.weight, solution.weight, atol=0.05)


def test_three_points_by_hand():
    # Points at -1, 1 and 3 with labels -, +, +: with a low price the margin runs from -1 to 1, so w = 1 and b = 0,
    # and w = (alpha_1 + alpha_2) / (2 lambda) makes both alphas lambda.
    solution = lc.svm_dual(np.array([[-1.0], [1.0], [3.0]]), np.array([-1, 1, 1]), strength=0.1, tol=1e-10)
    np.testing.assert_allclose(solution.weight, [1])
    assert solution.bias == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(solution.alpha, [0.1, 0.1, 0], atol=1e-12)
    np.testing.assert_array_equal(solution.support, [0, 1])
    assert solution.primal[-1] == pytest.approx(0.1)


@given(seed=seeds, n=st.integers(1, 20))
def test_the_best_bias_is_the_best_of_all_that_could_be(seed, n):
    rng = np.random.default_rng(seed)
    scores, target = rng.normal(size=n), rng.choice([-1, 1], n)
    best = lc.hinge_loss(scores + best_bias(scores, target), target)
    assert all(best <= lc.hinge_loss(scores + bend, target) + 1e-12 for bend in target - scores)


@pytest.mark.parametrize(("batch_size", "project"), [(1, False), (10, False), (10, True)])
@given(seed=st.integers(0, 50), offset=st.sampled_from([0.0, 5.0]))
def test_pegasos_comes_near_the_optimum_that_the_dual_knows(batch_size, project, seed, offset):
    rng = np.random.default_rng(seed)
    target = np.where(rng.random(80) < 0.4, 1, -1)
    x = rng.normal(size=(80, 2)) + target[:, None] + offset
    optimum = lc.svm_dual(x, target, strength=0.05).dual[-1]
    weight, bias = lc.pegasos(
        x, target, strength=0.05, steps=1500, batch_size=batch_size, rng=rng, project=project
    )
    cost = lc.primal_objective(weight, bias, x, target, strength=0.05)
    assert optimum - 1e-12 <= cost < optimum + 0.01  # the paper's bound, 1 / (mu S), is 0.007 times a constant


def test_projection_keeps_the_weight_in_the_ball_that_holds_the_optimum():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(20, 2)) * 10, np.where(np.arange(20) % 2 == 0, 1, -1)
    weight, _ = lc.pegasos(x, target, strength=0.5, steps=1, rng=rng, project=True)
    assert np.linalg.norm(weight) == pytest.approx(1)  # the first step alone would be far longer
    assert np.linalg.norm(lc.svm_dual(x, target, strength=0.5).weight) <= 1


def test_pegasos_is_a_function_of_its_generator_and_keeps_float32():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(20, 2)).astype(np.float32), np.where(np.arange(20) % 2 == 0, 1, -1)
    runs = [lc.pegasos(x, target, strength=0.1, steps=20, rng=np.random.default_rng(s))[0] for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()
    solution = lc.svm_dual(x, target, strength=0.1)
    assert runs[0].dtype == solution.weight.dtype == solution.alpha.dtype == np.float32


@pytest.mark.parametrize(("fit", "options"), [(lc.svm_dual, {}), (lc.pegasos, {"steps": 500, "batch_size": 5})])
def test_one_against_the_rest_separates_separable_classes(fit, options):
    rng = np.random.default_rng(0)
    target = np.arange(30) % 3
    x = np.eye(3)[target] * 4 + 0.3 * rng.normal(size=(30, 3))
    options = options | ({"rng": rng} if fit is lc.pegasos else {})
    weight, bias = lc.one_vs_rest(fit, x, target, 3, strength=0.01, **options)
    assert weight.shape == (3, 3)
    assert lc.accuracy(lc.linear(x, weight, bias), target) == 1
    if fit is lc.svm_dual:
        np.testing.assert_array_equal(weight[1], fit(x, np.where(target == 1, 1, -1), strength=0.01).weight)


X, T = np.array([[0.0], [1.0], [2.0]]), np.array([-1, 1, 1])
MANY = np.random.default_rng(0).normal(size=(20, 2)), np.where(np.arange(20) % 2 == 0, 1, -1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lc.svm_dual(X, T, strength=0), ValueError, "svm_dual: strength is 0"),
        (lambda: lc.svm_dual(X, T, strength=1, tol=0), ValueError, "svm_dual: tol is 0"),
        (lambda: lc.svm_dual(X, T - 1, strength=1), ValueError, "svm_dual: target has the label -2, expected -1 or 1"),
        (lambda: lc.svm_dual(X, np.ones(3, int), strength=1), ValueError, "all labels are 1, expected both"),
        (lambda: lc.svm_dual(X, T[:2], strength=1), ValueError, r"x of shape \(3, 1\), target of shape \(2,\)"),
        (lambda: lc.svm_dual(X[:0], T[:0], strength=1), ValueError, "at least one example"),
        (lambda: lc.svm_dual(X, T * 1.0, strength=1), ValueError, "target float64"),
        (lambda: lc.svm_dual(*MANY, strength=0.01, max_steps=1), ArithmeticError, "after 1 updates"),
        (lambda: lc.pegasos(X, T, strength=-1, steps=1, rng=None), ValueError, "pegasos: strength is -1"),
        (lambda: lc.pegasos(X, T, strength=1, steps=0, rng=None), ValueError, "pegasos: steps is 0"),
        (lambda: lc.pegasos(X, T, strength=1, steps=1, batch_size=0, rng=None), ValueError, "pegasos: batch_size is 0"),
        (lambda: lc.pegasos(X, T, strength=1, steps=1, batch_size=4, rng=None), ValueError, "at most the 3 examples"),
        (lambda: lc.dual_objective(np.array([0.5, 0, 0]), X, T, strength=1), ValueError, "dual_objective: alpha lies"),
        (lambda: lc.dual_objective(np.zeros(2), X, T, strength=1), ValueError, r"alpha of shape \(2,\)"),
        (lambda: lc.one_vs_rest(lc.svm_dual, X, T, 2, strength=1), ValueError, "one_vs_rest: target has the label -1"),
        (lambda: lc.one_vs_rest(lc.svm_dual, X, T + 1, 1, strength=1), ValueError, "one_vs_rest: num_classes is 1"),
    ],
)
def test_the_machines_refuse_and_say_what_they_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()
