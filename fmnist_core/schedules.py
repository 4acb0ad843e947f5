"""The learning rate of every step: the schedule's, times whatever the visitor made of it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fmnist_core.experiment import Training
from fmnist_core.run_state import RunState

CLIMB = 0.2
"""Share of a triangle's steps before its top."""


def scheduled_rate(training: Training, step: int, steps_per_epoch: int, total_steps: int) -> float:
    """The rate of ``step``, counted from 0, if nobody intervenes."""
    epochs = step / steps_per_epoch / training.decay_epochs
    match training.schedule:
        case "constant":
            factor = 1.0
        case "cosine":
            factor = 0.5 * (1 + math.cos(math.pi * step / total_steps))
        case "triangle":
            share = (step + 1) / total_steps
            factor = min(share / CLIMB, (1 - step / total_steps) / (1 - CLIMB))
        case "step":
            # A whole number of epochs must not fall short of itself by rounding.
            factor = training.decay_factor ** math.floor(epochs + 1e-9)
        case "exponential":
            factor = training.decay_factor**epochs
    return training.learning_rate * factor


class Rates:
    """The rates of a run. After ``set``, the schedule goes on from the visitor's rate."""

    def __init__(self, training: Training, steps_per_epoch: int, total_steps: int) -> None:
        self._training = training
        self._steps_per_epoch = steps_per_epoch
        self._total_steps = total_steps
        self._factor = 1.0

    def at(self, step: int) -> float:
        """The rate of ``step``, counted from 0."""
        return self._factor * self._scheduled(step)

    def following(self, step: int, count: int) -> npt.NDArray[np.float32]:
        """The rates of ``count`` steps from ``step`` on: float32 (count,)."""
        return np.array([self.at(s) for s in range(step, step + count)], np.float32)

    def set(self, step: int, rate: float) -> None:
        """Make ``rate`` the rate of ``step``."""
        self._factor = rate / max(self._scheduled(step), np.finfo(np.float64).tiny)

    def jumps(self, step: int) -> bool:
        """Whether the schedule makes a visible jump just before ``step``."""
        return (
            self._training.schedule == "step"
            and step > 0
            and self._scheduled(step) != self._scheduled(step - 1)
        )

    def _scheduled(self, step: int) -> float:
        return scheduled_rate(self._training, step, self._steps_per_epoch, self._total_steps)


def rate_at(training: Training, state: RunState, step: int) -> float | None:
    """The rate of a run's batch after ``step`` steps, with what visitors had made of it by then.

    None before the run has started, and after the end of a schedule that has come to nothing.
    """
    if not (started := state.started):
        return None
    if step >= started.total_steps and training.schedule in ("cosine", "triangle"):
        return None
    rates = Rates(training, started.steps_per_epoch, started.total_steps)
    by_hand = [each for each in state.rate_changes if each.by == "visitor" and each.step <= step]
    if by_hand:
        rates.set(by_hand[-1].step, by_hand[-1].learning_rate)
    return rates.at(step)


def rate_now(training: Training, state: RunState) -> float | None:
    """The rate of a run's next batch, or of its last one, as far as its events say; None before it
    has started."""
    last = state.started.total_steps - 1 if state.started else 0
    return rate_at(training, state, min(state.step, last))
