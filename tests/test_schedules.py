"""Learning rates, with and without a visitor's hand in them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fmnist_core import events as e
from fmnist_core.experiment import Training
from fmnist_core.run_state import RunState
from fmnist_core.schedules import Rates, rate_at, rate_now

PER_EPOCH, TOTAL = 10, 40


def rates(**settings: object) -> Rates:
    return Rates(Training(learning_rate=0.8, **settings), PER_EPOCH, TOTAL)  # type: ignore[arg-type]


def test_constant() -> None:
    assert {rates().at(step) for step in range(TOTAL)} == {0.8}


def test_cosine_falls_from_the_rate_to_nearly_nothing() -> None:
    cosine = rates(schedule="cosine")
    assert cosine.at(0) == 0.8
    assert cosine.at(TOTAL // 2) == pytest.approx(0.4)
    assert cosine.at(TOTAL - 1) == pytest.approx(0.4 * (1 + math.cos(math.pi * 39 / 40)))


def test_step_multiplies_every_so_many_epochs() -> None:
    step = rates(schedule="step", decay_factor=0.5, decay_epochs=2)
    assert [step.at(s) for s in (0, 19, 20, 39)] == [0.8, 0.8, 0.4, 0.4]
    assert [s for s in range(TOTAL) if step.jumps(s)] == [20]


def test_a_third_of_an_epoch_does_not_jump_late_by_rounding() -> None:
    step = Rates(
        Training(schedule="step", decay_factor=0.5, decay_epochs=0.3, learning_rate=1.0), 10, 30
    )
    assert [s for s in range(30) if step.jumps(s)] == list(range(3, 30, 3))


def test_exponential_passes_through_the_same_points() -> None:
    exponential = rates(schedule="exponential", decay_factor=0.5, decay_epochs=2)
    assert exponential.at(20) == pytest.approx(0.4)
    assert exponential.at(10) == pytest.approx(0.8 * math.sqrt(0.5))
    assert not any(exponential.jumps(s) for s in range(TOTAL))


def test_following_gives_one_rate_per_step() -> None:
    cosine = rates(schedule="cosine")
    given = cosine.following(5, 4)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, [cosine.at(s) for s in (5, 6, 7, 8)], rtol=1e-6)


def test_a_triangle_climbs_for_a_fifth_and_falls_to_nothing() -> None:
    triangle = Rates(Training(schedule="triangle", learning_rate=1.0), 10, 10)
    expected = [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    np.testing.assert_allclose(triangle.following(0, 10), expected, rtol=1e-6)


def test_after_a_change_the_schedule_goes_on_from_there() -> None:
    step = rates(schedule="step", decay_factor=0.5, decay_epochs=2)
    step.set(5, 0.1)
    assert step.at(5) == pytest.approx(0.1)
    assert step.at(25) == pytest.approx(0.05)


COSINE = Training(learning_rate=0.8, schedule="cosine")
STARTED = e.RunStarted(0.0, 1, 1, 4, PER_EPOCH, TOTAL, 100, 10, 10, 0.8, True)


def at_step(step: int, *changes: e.Event) -> RunState:
    state = RunState().apply(STARTED)
    for event in (*changes, e.BatchEnded(0.0, step, 1, 1.0, 0.5, 1.0)):
        state = state.apply(event)
    return state


def test_the_rate_now_is_that_of_the_next_batch() -> None:
    assert rate_now(COSINE, RunState()) is None
    assert rate_now(COSINE, RunState().apply(STARTED)) == 0.8
    assert rate_now(COSINE, at_step(TOTAL // 2)) == pytest.approx(0.4)
    last = rates(schedule="cosine").at(TOTAL - 1)
    assert rate_now(COSINE, at_step(TOTAL)) == pytest.approx(last)


def test_the_rate_now_goes_on_from_what_a_visitor_made_of_it() -> None:
    change = e.LearningRateChanged(0.0, TOTAL // 2, 0.1, "visitor")
    assert rate_now(COSINE, at_step(TOTAL // 2, change)) == pytest.approx(0.1)
    half_of_that = e.LearningRateChanged(0.0, 20, 0.05, "schedule")
    step = Training(learning_rate=0.8, schedule="step", decay_factor=0.5, decay_epochs=2)
    by_hand = e.LearningRateChanged(0.0, 5, 0.1, "visitor")
    assert rate_now(step, at_step(25, by_hand, half_of_that)) == pytest.approx(0.05)


def test_the_rate_of_an_earlier_step_is_the_one_that_it_had() -> None:
    changes = [e.LearningRateChanged(0.0, step, 0.1, "visitor") for step in (10, 30)]
    state = at_step(TOTAL, *changes)
    assert rate_at(COSINE, state, 0) == 0.8
    assert rate_at(COSINE, state, 9) == pytest.approx(rates(schedule="cosine").at(9))
    assert rate_at(COSINE, state, 10) == rate_at(COSINE, state, 30) == pytest.approx(0.1)
    assert rate_at(COSINE, state, TOTAL) is None  # it has come to nothing
    constant = Training(learning_rate=0.8)
    assert rate_at(constant, state, TOTAL) == pytest.approx(0.1)
    assert rate_at(constant, RunState(), 0) is None
