"""Figures of calibration and coverage say the numbers that they were given."""

import numpy as np
import pytest

from fmnist_core import figures
from fmnist_core.calibration import answered, calibration, coverage_curve
from fmnist_core.palette import DARK, LIGHT

LABELS = np.array([0, 0, 1, 1, 0])
PROBABILITIES = np.array([[0.95, 0.05], [0.97, 0.03], [0.92, 0.08], [0.35, 0.65], [0.32, 0.68]])


def test_reliability_has_a_dot_for_each_bin_with_pictures_and_n_for_all():
    measured = calibration(LABELS, PROBABILITIES)
    diagonal, dots, bars = figures.reliability(measured, LIGHT).data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 100], [0, 100])
    assert list(dots.x) == pytest.approx([66.5, 100 * 2.84 / 3])
    assert list(dots.y) == pytest.approx([50, 200 / 3])
    low = [y - below for y, below in zip(dots.y, dots.error_y.arrayminus, strict=True)]
    assert low == pytest.approx([100 * measured.bins[i].interval.low for i in (6, 9)])
    assert [row[4] for row in dots.customdata] == [2, 3]
    assert [row[5] for row in dots.customdata] == ["66.5 %", "94.7 %"]
    assert list(bars.y) == [0, 0, 0, 0, 0, 0, 2, 0, 0, 3]
    title = figures.reliability(measured, LIGHT).layout.title.text
    assert title == "Calibration (test, 10 bins, n = 5)"


def test_coverage_marks_what_is_chosen():
    curve = coverage_curve(LABELS, PROBABILITIES, points=5)
    chosen = answered(LABELS, PROBABILITIES, 0.9)
    band, line, dot = figures.coverage(curve, chosen, DARK).data
    assert list(line.x) == pytest.approx([20, 40, 60, 80, 100])
    assert list(line.y) == pytest.approx([100, 100, 200 / 3, 50, 60])
    assert (list(dot.x), list(dot.y)) == ([60.0], [pytest.approx(200 / 3)])
    assert line.customdata[0] == ["97.0 %", 1]
    assert len(band.x) == 2 * len(curve)
    assert max(band.y) <= 100
    assert "n = 5" in figures.coverage(curve, chosen, DARK).layout.title.text


def test_no_figure_says_sure_by_100_percent():
    sure = np.array([[1.0, 0.0], [0.9999, 0.0001]])
    curve = coverage_curve(LABELS[:2], sure, points=1)
    _, line, _ = figures.coverage(curve, answered(LABELS[:2], sure, 0.5), LIGHT).data
    _, dots, _ = figures.reliability(calibration(LABELS[:2], sure), LIGHT).data
    assert line.customdata[0][0] == dots.customdata[0][5] == "over 99.9 %"


def test_nothing_answered_has_no_dot():
    curve = coverage_curve(LABELS, PROBABILITIES)
    assert len(figures.coverage(curve, answered(LABELS, PROBABILITIES, 1.0), LIGHT).data) == 2
