"""Accuracy, confusion and calibration: what each number must satisfy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import linear_classifiers as lc

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


@st.composite
def predictions(draw):
    """Draw scores with ties, and labels."""
    n, k = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(seeds))
    return rng.integers(-3, 4, (n, k)).astype(float), rng.integers(0, k, n)


@given(predictions())
def test_argmax_undoes_one_hot(drawn):
    scores, target = drawn
    rows = lc.one_hot(target, scores.shape[1])
    np.testing.assert_array_equal(rows.argmax(axis=1), target)
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
    assert rows.dtype == np.float32
    assert lc.one_hot(target, scores.shape[1] + 2, dtype="float64").shape == (len(target), scores.shape[1] + 2)


def test_one_hot_of_no_labels_has_no_rows():
    assert lc.one_hot(np.zeros(0, int), 3).shape == (0, 3)


@given(predictions())
def test_the_confusion_matrix_counts_truth_by_rows_and_its_trace_is_the_accuracy(drawn):
    scores, target = drawn
    counts = lc.confusion_matrix(scores, target)
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(target, minlength=scores.shape[1]))
    np.testing.assert_array_equal(
        counts.sum(axis=0), np.bincount(scores.argmax(axis=1), minlength=scores.shape[1])
    )
    assert np.trace(counts) / len(target) == pytest.approx(lc.accuracy(scores, target))


@given(predictions())
def test_accuracy_ignores_what_keeps_the_order_and_is_one_for_one_hot_scores(drawn):
    scores, target = drawn
    assert lc.accuracy(3 * scores + 7, target) == lc.accuracy(scores, target)
    assert lc.accuracy(lc.one_hot(target, scores.shape[1]), target) == 1


def test_of_equal_scores_the_first_is_predicted():
    assert lc.accuracy(np.zeros((4, 2)), np.array([0, 0, 0, 1])) == 0.75


@given(predictions(), st.integers(1, 20))
def test_the_calibration_error_lies_between_zero_and_one_and_counts_every_example(drawn, bins):
    scores, target = drawn
    p = lc.softmax(scores)
    assert 0 <= lc.expected_calibration_error(p, target, bins=bins) <= 1
    diagram = lc.reliability_diagram(p, target, bins=bins)
    assert diagram.count.sum() == len(target)
    filled = diagram.count > 0
    np.testing.assert_allclose(
        (diagram.accuracy * diagram.count)[filled].sum() / len(target), lc.accuracy(scores, target), rtol=1e-12
    )
    inside = (diagram.confidence[filled] > diagram.edges[:-1][filled] - 1e-12) & (
        diagram.confidence[filled] <= diagram.edges[1:][filled] + 1e-12
    )
    assert inside.all()
    assert np.isnan(diagram.accuracy[~filled]).all()


@pytest.mark.parametrize("right", [0, 3, 7, 10])
def test_who_says_seven_tenths_and_is_right_seven_times_in_ten_is_calibrated(right):
    p = np.tile([0.7, 0.3], (10, 1))
    target = np.where(np.arange(10) < right, 0, 1)
    assert lc.expected_calibration_error(p, target) == pytest.approx(abs(right / 10 - 0.7), abs=1e-12)


@given(predictions())
def test_one_bin_measures_the_gap_between_mean_confidence_and_accuracy(drawn):
    scores, target = drawn
    p = lc.softmax(scores)
    gap = abs(p.max(axis=1).mean() - lc.accuracy(p, target))
    assert lc.expected_calibration_error(p, target, bins=1) == pytest.approx(gap, abs=1e-12)


@given(seed=seeds, temperature=st.sampled_from([0.2, 1.0, 5.0]))
def test_temperature_scaling_minimizes_the_likelihoods_cost(seed, temperature):
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(300, 4)) * 2
    target = np.array([rng.choice(4, p=row) for row in lc.softmax(honest)])
    scores = temperature * honest
    best = lc.temperature_scale(scores, target)
    here = lc.cross_entropy(scores / best, target)
    assert here <= lc.cross_entropy(scores / (best * 1.05), target)
    assert here <= lc.cross_entropy(scores / (best / 1.05), target)
    # Scores that are t times too large need a temperature t times as high, to the last digits.
    assert best == pytest.approx(temperature * lc.temperature_scale(honest, target), rel=1e-9)
    assert best == pytest.approx(temperature, rel=0.35)  # 300 labels fix it no better; 4 standard errors


def test_no_temperature_is_best_when_every_prediction_is_right():
    with pytest.raises(ValueError, match="temperature_scale: no temperature is best"):
        lc.temperature_scale(np.eye(3), np.arange(3))


@pytest.mark.parametrize("metric", [lc.accuracy, lc.confusion_matrix, lc.expected_calibration_error,
                                    lc.reliability_diagram, lc.temperature_scale])  # fmt: skip
@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        (np.full((2, 3), 1 / 3), np.array([0, 3]), "target has the label 3, expected 0 to 2"),
        (np.full((2, 3), 1 / 3), np.array([-1, 0]), "target has the label -1, expected 0 to 2"),
        (np.full((2, 3), 1 / 3), np.array([0]), r"of shape \(2, 3\), target of shape \(1,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), "at least one example"),
        (np.full((2, 3), 1 / 3), np.array([0.0, 1.0]), "target float64 of shape"),
    ],
)
def test_every_metric_refuses_labels_and_shapes_that_do_not_fit(metric, rows, target, message):
    with pytest.raises(ValueError, match=message):
        metric(rows, target)


def test_calibration_refuses_scores_and_no_bins():
    with pytest.raises(ValueError, match="expected probabilities"):
        lc.expected_calibration_error(np.array([[2.0, -1.0]]), np.array([0]))
    with pytest.raises(ValueError, match="reliability_diagram: bins is 0"):
        lc.reliability_diagram(np.array([[0.5, 0.5]]), np.array([0]), bins=0)


@pytest.mark.parametrize(
    ("target", "classes", "message"),
    [
        (np.array([0, 3]), 3, "target has the label 3, expected 0 to 2"),
        (np.array([0.0]), 3, r"target is float64 of shape \(1,\)"),
        (np.array([0]), 0, "num_classes is 0"),
    ],
)
def test_one_hot_refuses_and_says_what_it_expected(target, classes, message):
    with pytest.raises(ValueError, match=f"one_hot: {message}"):
        lc.one_hot(target, classes)
