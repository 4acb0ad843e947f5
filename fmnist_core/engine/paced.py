"""Many steps in groups short enough to obey commands in between."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fmnist_core import events as e
from fmnist_core.engine.control import Control
from fmnist_core.engine.steps import Floats, Pace, Steps
from fmnist_core.engine.streaming import Indices
from fmnist_core.errors import RunError


class Stopped(BaseException):
    """The visitor stops it. No Exception, which Keras Tuner would take for a bad trial."""


class DivergedError(RunError):
    """The loss is no longer a number."""

    def __init__(self, rate: float) -> None:
        super().__init__(f"The loss was no longer a number at learning rate {rate:g}.")


def to_the_end(
    work: Callable[[], None], emit: Callable[[e.Event], None], reason: Callable[[bool], str]
) -> None:
    """Do the work, and say how it ended. ``reason`` is asked whether the visitor stopped it."""
    begin = time.perf_counter()
    try:
        work()
    except Stopped:
        emit(e.RunStopped(time.time(), 0, reason(True), time.perf_counter() - begin))
    else:
        seconds = time.perf_counter() - begin
        emit(e.RunFinished(time.time(), 0, reason(False), seconds, 0.0, 0.0))


def paced(
    steps: Steps,
    control: Control,
    pace: Pace,
    order: Indices,
    rates: Callable[[int, int], Floats],
    done: int = 0,
) -> tuple[Floats, Floats]:
    """One step per batch of the pictures ``order``; waits while the run is paused.

    Args:
        rates: (steps done, how many follow) -> their learning rates, float32.
        done: steps that came before.

    Returns:
        Loss and accuracy of every batch, float32 (steps,).

    Raises:
        Stopped: by the visitor.
        DivergedError: the loss is no longer a number.
    """
    total, found, position = -(-len(order) // steps.batch_size), [], 0
    while position < total:
        allowed = control.allowed(done + position)
        if not allowed:
            raise Stopped
        count = min(allowed, pace.steps, total - position)
        begin = time.perf_counter()
        following = rates(done + position, count)
        found.append(steps.run(order, following, position, done + position))
        if not np.isfinite(found[-1][0]).all():
            raise DivergedError(float(following[0]))
        pace.measured(count, time.perf_counter() - begin)
        position += count
    losses, accuracies = zip(*found, strict=True)
    return np.concatenate(losses), np.concatenate(accuracies)
