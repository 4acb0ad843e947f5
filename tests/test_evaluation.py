from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from fmnist_core import evaluation
from fmnist_core.evaluation import ConfusedPair, Report

NAMES = ("shirt", "shoe", "bag", "hat")
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
PREDICTED = np.array([0, 0, 2, 1, 0, 2, 2, 0])  # a hat is neither there nor predicted


def probabilities(predicted: np.ndarray, classes: int, seed: int = 0) -> np.ndarray:
    """Random probabilities whose largest is where it should be."""
    chances = np.random.default_rng(seed).random((len(predicted), classes))
    chances[np.arange(len(predicted)), predicted] += 1
    return chances / chances.sum(axis=1, keepdims=True)


@given(n=st.integers(1, 10_000), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_wilson_is_scipys(n: int, share: float, confidence: float) -> None:
    correct = round(share * n)
    interval = evaluation.wilson(correct, n, confidence)
    expected = stats.binomtest(correct, n).proportion_ci(confidence, method="wilson")
    assert interval == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= interval.low <= correct / n <= interval.high <= 1


def test_wilson_of_a_known_example() -> None:
    assert evaluation.wilson(9_150, 10_000) == pytest.approx((0.90937, 0.92031), abs=1e-5)
    assert evaluation.wilson(0, 0) == (0, 1)


def test_confusion_is_scikit_learns() -> None:
    table = evaluation.confusion(LABELS, PREDICTED, classes=4)
    expected = metrics.confusion_matrix(LABELS, PREDICTED, labels=range(4))
    assert np.array_equal(table, expected)
    assert evaluation.confusion([], []).shape == (10, 10)


def test_report_of_a_small_case_counted_by_hand() -> None:
    found = evaluation.report(LABELS, probabilities(PREDICTED, 4), NAMES)
    assert (found.n, found.accuracy) == (8, 5 / 8)
    assert found.interval == evaluation.wilson(5, 8)
    shirt, shoe, bag, hat = found.classes
    assert (shirt.precision, shirt.recall, shirt.support) == (2 / 4, 2 / 3, 3)
    assert shirt.f1 == pytest.approx(4 / 7)
    assert (shoe.name, shoe.precision, shoe.recall) == ("shoe", 1, 1 / 2)
    assert (bag.accuracy, bag.interval) == (2 / 3, evaluation.wilson(2, 3))
    assert (hat.precision, hat.recall, hat.f1, hat.support) == (0, 0, 0, 0)
    assert found.confusion == ((2, 0, 1, 0), (1, 1, 0, 0), (1, 0, 2, 0), (0, 0, 0, 0))


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_report_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = np.array(pairs).T
    found = evaluation.report(labels, probabilities(predicted, 4), NAMES)
    scores = [(one.precision, one.recall, one.f1, one.support) for one in found.classes]
    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(4), zero_division=0
    )
    np.testing.assert_allclose(scores, np.transpose(expected))
    assert found.accuracy == metrics.accuracy_score(labels, predicted)


def test_the_loss_is_the_cross_entropy() -> None:
    chances = probabilities(PREDICTED, 4)
    found = evaluation.report(LABELS, chances, NAMES)
    assert found.loss == pytest.approx(metrics.log_loss(LABELS, chances, labels=range(4)))
    certain = evaluation.report([0], [[0.0, 1.0]], ("a", "b"))
    assert certain.loss == pytest.approx(-np.log(1e-7))


def test_a_report_survives_json() -> None:
    found = evaluation.report(LABELS, probabilities(PREDICTED, 4), NAMES)
    assert Report.from_json(found.to_json()) == found


def test_a_report_of_nothing() -> None:
    found = evaluation.report([], np.zeros((0, 4)), NAMES)
    assert (found.n, found.accuracy, found.interval, found.loss) == (0, 0, (0, 1), 0)


def test_most_confused_pairs() -> None:
    table = np.array([[90, 8, 2], [5, 95, 0], [0, 20, 30]])
    assert evaluation.most_confused(table, n=3) == [
        ConfusedPair(actual=2, predicted=1, count=20, share=0.4),
        ConfusedPair(actual=0, predicted=1, count=8, share=0.08),
        ConfusedPair(actual=1, predicted=0, count=5, share=0.05),
    ]
    assert len(evaluation.most_confused(table, n=9)) == 4
    assert table[0, 0] == 90  # left alone


@given(
    inside=st.lists(st.integers(0, 5), min_size=1, max_size=20),
    outside=st.lists(st.integers(0, 5), min_size=1, max_size=20),
)
def test_auroc_is_scikit_learns(inside: list[int], outside: list[int]) -> None:
    labels = [0] * len(inside) + [1] * len(outside)
    expected = metrics.roc_auc_score(labels, inside + outside)
    assert evaluation.auroc(inside, outside) == pytest.approx(expected)
    assert np.isnan(evaluation.auroc([], outside))


def test_the_interval_of_an_area_covers_what_repeated_draws_give() -> None:
    random = np.random.default_rng(0)
    areas = [
        evaluation.auroc(random.normal(0, 1, 60), random.normal(1.5, 1, 40)) for _ in range(400)
    ]
    low, high = evaluation.auroc_interval(float(np.mean(areas)), 60, 40)
    inside = np.mean([low <= area <= high for area in areas])
    assert 0.92 <= inside <= 0.98
    assert evaluation.auroc_interval(0.5, 0, 10) == (0.0, 1.0)


def test_a_few_pictures_prove_little_even_if_all_are_told_apart() -> None:
    """As Wilson's interval of all of m: five of five are 57 to 100 %."""
    few, more, many = (evaluation.auroc_interval(1.0, 10_000, m) for m in (5, 20, 1_000))
    assert few.high == more.high == many.high == 1
    assert 0.5 < few.low < 0.9 < many.low < 1
    assert few.low < more.low < many.low


@given(area=st.floats(0, 1), n=st.integers(1, 1_000), m=st.integers(1, 1_000))
def test_the_interval_of_an_area_holds_it(area: float, n: int, m: int) -> None:
    low, high = evaluation.auroc_interval(area, n, m)
    assert 0 <= low <= area <= high <= 1


def test_of_true_areas_close_to_one_nearly_all_are_inside() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        area = evaluation.auroc(random.normal(0, 1, 500), random.normal(2.77, 1, 21))
        low, high = evaluation.auroc_interval(area, 500, 21)
        inside += low <= 0.975 <= high  # the normal distribution's at 2.77 / sqrt(2)
    assert inside / 400 >= 0.92
