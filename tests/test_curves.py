"""Curves lose points, never spikes, and do not shiver as they grow."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core import events as e
from fmnist_core.curves import Smoothed, StepSeries, bucket_size, curves, every, extremes
from fmnist_core.run_state import RunState


def run_of(losses: list[float], epochs: int = 0) -> RunState:
    state = RunState().apply(e.RunStarted(0.0, 1, 2, 2, 10, 20, 640, 60, 64, 0.001, True))
    for step, loss in enumerate(losses, start=1):
        state = state.apply(e.BatchEnded(0.0, step, 1, loss, 0.5, step * 0.1))
    for epoch in range(1, epochs + 1):
        state = state.apply(e.EpochEnded(0.0, epoch * 10, epoch, 1.0, 0.6, 640, 0.9, 0.7, 60))
    return state


def test_the_moving_mean_starts_at_the_first_value_not_at_zero():
    series = Smoothed()
    for value in (4.0, 4.0, 4.0):
        series.add(value)
    assert list(series.smooth) == pytest.approx([4.0, 4.0, 4.0])


def test_the_moving_mean_follows_slowly():
    series = Smoothed()
    for value in [0.0] * 100 + [1.0]:
        series.add(value)
    assert series.smooth[-1] == pytest.approx(0.1, abs=0.005)


@given(n=st.integers(0, 500_000))
def test_buckets_are_powers_of_two_and_few_enough(n):
    size = bucket_size(n, 200)
    assert size & (size - 1) == 0
    assert n <= size * 200
    assert size == 1 or n > size // 2 * 200


@given(
    values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=700),
    size=st.sampled_from([1, 2, 4, 8, 64]),
)
def test_no_spike_is_lost(values, size):
    kept = extremes(np.array(values), size)
    assert len(kept) <= len(values)
    assert np.all(np.diff(kept) > 0)
    assert max(values) in np.array(values)[kept]
    assert min(values) in np.array(values)[kept]


def test_finished_buckets_do_not_change_while_a_curve_grows():
    values = np.random.default_rng(0).random(1000)
    assert (
        list(extremes(values[:640], 8))
        == list(extremes(values, 8))[: len(extremes(values[:640], 8))]
    )


def test_the_newest_point_is_always_there():
    assert every(10, 4).tolist() == [3, 7, 9]
    assert every(0, 4).tolist() == []


def test_new_steps_are_added_once():
    series = StepSeries()
    series.extend(run_of([3.0, 2.0]))
    series.extend(run_of([3.0, 2.0, 1.0]))
    assert list(series.loss.raw) == [3.0, 2.0, 1.0]


def test_a_long_run_is_thinned_to_what_the_eye_can_see():
    state, series = run_of([float(i % 7) for i in range(30_000)]), StepSeries()
    series.extend(state)
    panel = curves(state, series)["loss"]
    assert len(panel["raw"][0]) <= 500
    assert len(panel["smooth"][0]) <= 500
    assert panel["smooth"][0][-1] == 30_000


def test_epochs_and_rate_changes_are_passed_on():
    state = run_of([1.0], epochs=2).apply(e.LearningRateChanged(0.0, 7, 0.01, "visitor"))
    series = StepSeries()
    series.extend(state)
    shown = curves(state, series)
    assert shown["accuracy"]["validation"] == [[10, 20], [0.7, 0.7]]
    assert shown["rates"] == [[7, 0.01]]
    assert (shown["validation_n"], shown["steps_per_epoch"]) == (60, 10)


def test_a_loss_that_explodes_is_still_json():
    state, series = run_of([1.0, float("nan"), float("inf")]), StepSeries()
    series.extend(state)
    text = json.dumps(curves(state, series), allow_nan=False)
    assert json.loads(text)["loss"]["raw"][1] == [1.0, None, None]
