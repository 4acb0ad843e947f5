"""How sure, how right: bins and thresholds counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.calibration import answered, calibration, coverage_curve
from fmnist_core.evaluation import wilson

LABELS = np.array([0, 0, 1, 1, 0])
PROBABILITIES = np.array(
    [
        [0.95, 0.05],  # right
        [0.97, 0.03],  # right
        [0.92, 0.08],  # wrong
        [0.35, 0.65],  # right
        [0.32, 0.68],  # wrong
    ]
)


def test_the_bins_hold_their_pictures():
    found = calibration(LABELS, PROBABILITIES)
    assert [each.n for each in found.bins] == [0, 0, 0, 0, 0, 0, 2, 0, 0, 3]
    six, nine = found.bins[6], found.bins[9]
    assert (six.low, six.high, six.accuracy) == (0.6, 0.7, 0.5)
    assert six.sure == pytest.approx(0.665)
    assert nine.accuracy == pytest.approx(2 / 3)
    assert nine.interval == wilson(2, 3)
    assert found.accuracy == 0.6
    assert found.sure == pytest.approx((0.95 + 0.97 + 0.92 + 0.65 + 0.68) / 5)


def test_the_expected_calibration_error_by_hand():
    # 2 of 5 pictures are 0.165 off, 3 of 5 are 0.28 off.
    by_hand = 2 / 5 * (0.665 - 0.5) + 3 / 5 * (2.84 / 3 - 2 / 3)
    assert calibration(LABELS, PROBABILITIES).error == pytest.approx(by_hand)


def test_too_sure_here_and_too_timid_there_do_not_cancel():
    labels = np.array([0, 1, 0, 0])
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    # Bin 9: sure 0.95, right 0.5. Bin 5: sure 0.55, right 1.
    assert calibration(labels, probabilities).error == pytest.approx(0.45)


def test_certainty_belongs_to_the_last_bin_and_an_edge_to_the_bin_above():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    counts = [each.n for each in calibration(np.array([0, 0]), probabilities).bins]
    assert (counts[9], counts[5]) == (1, 1)


def test_no_pictures_have_no_error():
    found = calibration(np.zeros(0, int), np.zeros((0, 10)))
    assert (found.n, found.error) == (0, 0)
    assert coverage_curve(np.zeros(0, int), np.zeros((0, 10))) == []
    nothing = answered(np.zeros(0, int), np.zeros((0, 10)), 0.5)
    assert (nothing.coverage, nothing.accuracy) == (0, 0)


def test_only_sure_answers_are_given():
    found = answered(LABELS, PROBABILITIES, 0.9)
    assert (found.n, found.right, found.total, found.right_declined) == (3, 2, 5, 1)
    assert (found.coverage, found.accuracy) == (0.6, 2 / 3)
    assert found.interval == wilson(2, 3)
    assert answered(LABELS, PROBABILITIES, 0.95).n == 2
    assert answered(LABELS, PROBABILITIES, 0).n == 5
    assert answered(LABELS, PROBABILITIES, 0.99).accuracy == 0


def test_the_curve_answers_the_surest_first():
    curve = coverage_curve(LABELS, PROBABILITIES, points=5)
    assert [each.n for each in curve] == [1, 2, 3, 4, 5]
    assert [each.right for each in curve] == [1, 2, 2, 2, 3]
    assert curve[-1].coverage == 1
    for each in curve:
        assert each == answered(LABELS, PROBABILITIES, each.threshold)


def test_equally_sure_pictures_are_one_point():
    curve = coverage_curve(np.zeros(4, int), np.tile([0.7, 0.3], (4, 1)), points=4)
    assert [each.n for each in curve] == [4]


@given(st.lists(st.tuples(st.floats(0.1, 1), st.booleans()), min_size=1, max_size=80))
def test_the_curve_ends_with_everything(answers):
    sure = np.array([each for each, _ in answers])
    right = np.array([each for _, each in answers])
    # Ten classes, the answer always first.
    probabilities = np.zeros((len(sure), 10))
    probabilities[:, 0] = sure
    curve = coverage_curve(np.where(right, 0, 1), probabilities)
    assert (curve[-1].n, curve[-1].right) == (len(sure), right.sum())
    counts = [each.n for each in curve]
    assert counts == sorted(set(counts))
    found = calibration(np.where(right, 0, 1), probabilities)
    assert sum(each.n for each in found.bins) == len(sure)
    assert 0 <= found.error <= 1
