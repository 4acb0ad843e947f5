"""Curves for a screen: what a run measured, smoothed and thinned to what an eye can tell apart.

A run of 200,000 steps is read once; later calls add only the steps that are new.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.run_state import RunState

Floats = npt.NDArray[np.float64]
SMOOTHING = 0.9
"""Weight of the past in the moving mean: it looks back over about 10 steps."""
MAX_BUCKETS = 200
DIGITS = 5


@dataclass
class Smoothed:
    """A series and its exponential moving mean, corrected for its start at zero."""

    raw: array[float] = field(default_factory=lambda: array("d"))
    smooth: array[float] = field(default_factory=lambda: array("d"))
    _mean: float = 0.0
    _weight: float = 0.0

    def add(self, value: float) -> None:
        self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * value
        self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
        self.raw.append(value)
        self.smooth.append(self._mean / self._weight)


@dataclass
class StepSeries:
    """Loss and accuracy of every step so far. Not safe to extend from two threads at once."""

    steps: array[float] = field(default_factory=lambda: array("d"))
    loss: Smoothed = field(default_factory=Smoothed)
    accuracy: Smoothed = field(default_factory=Smoothed)

    def extend(self, state: RunState) -> None:
        """Take over the steps of ``state`` that are new since the last call."""
        for batch in state.batches[len(self.steps) :]:
            self.steps.append(batch.step)
            self.loss.add(batch.loss)
            self.accuracy.add(batch.accuracy)


def bucket_size(n: int, buckets: int = MAX_BUCKETS) -> int:
    """The power of two that cuts ``n`` points into at most ``buckets``.

    A power of two, so that as a curve grows its points stay the same or halve: they never
    wander, which would look like a shiver.
    """
    size = 1
    while n > size * buckets:
        size *= 2
    return size


def extremes(values: Floats, size: int) -> npt.NDArray[np.int64]:
    """Indices of the lowest and highest value of every ``size`` values, in order.

    No spike is lost. The last, unfinished bucket counts; NaN and infinity count as neither.
    """
    if size <= 2:
        return np.arange(len(values))
    padded = np.pad(values, (0, -len(values) % size), constant_values=np.nan).reshape(-1, size)
    finite = np.isfinite(padded)
    lowest = np.where(finite, padded, np.inf).argmin(axis=1)
    highest = np.where(finite, padded, -np.inf).argmax(axis=1)
    starts = np.arange(0, len(values), size)[finite.any(axis=1)]
    kept = [starts + found[finite.any(axis=1)] for found in (lowest, highest)]
    return np.unique(np.concatenate(kept)).astype(np.int64)


def every(n: int, size: int) -> npt.NDArray[np.int64]:
    """Indices of the last of every ``size`` points, and of the very last."""
    if n == 0:
        return np.arange(0)
    return np.unique(np.append(np.arange(size - 1, n, size), n - 1)).astype(np.int64)


def curves(state: RunState, series: StepSeries) -> dict[str, Any]:
    """What a chart of this run draws, ready for JSON: at most ~500 points a trace.

    ``{"loss": panel, "accuracy": panel, "step", "steps_per_epoch", "validation_n", "rates"}``; a
    panel is ``{"raw", "smooth", "epoch", "validation"}``, each ``[x..., ], [y...]``: raw and
    smoothed per step, then training's mean and validation at the end of each epoch.
    """
    started = state.started
    return {
        "loss": _panel(state, series.steps, series.loss, "loss"),
        "accuracy": _panel(state, series.steps, series.accuracy, "accuracy"),
        "step": state.step,
        "steps_per_epoch": started.steps_per_epoch if started else 0,
        "train_n": started.train_n if started else 0,
        "validation_n": started.validation_n if started else 0,
        "rates": [[change.step, change.learning_rate] for change in state.rate_changes],
    }


def _panel(state: RunState, steps: array[float], values: Smoothed, name: str) -> dict[str, Any]:
    x, raw, smooth = np.array(steps), np.array(values.raw), np.array(values.smooth)
    size = bucket_size(len(x))
    spikes, means = extremes(raw, size), every(len(x), size)
    epochs = [epoch.step for epoch in state.epochs]
    validation = [getattr(epoch, f"validation_{name}") for epoch in state.epochs]
    return {
        "raw": [_numbers(x[spikes]), _numbers(raw[spikes])],
        "smooth": [_numbers(x[means]), _numbers(smooth[means])],
        "epoch": [epochs, [_number(getattr(epoch, f"train_{name}")) for epoch in state.epochs]],
        "validation": [epochs, [None if v is None else _number(v) for v in validation]],
    }


def _numbers(values: Floats) -> list[float | None]:
    """As ``_number``, for thousands of them five times a second."""
    finite = np.isfinite(values)
    sizes = np.abs(np.where(finite & (values != 0), values, 1.0))
    power = 10.0 ** np.clip(DIGITS - 1 - np.floor(np.log10(sizes)), 0, 300)
    rounded: list[float | None] = (np.round(np.where(finite, values, 0.0) * power) / power).tolist()
    if finite.all():
        return rounded
    return [number if known else None for number, known in zip(rounded, finite, strict=True)]


def _number(value: float) -> float | None:
    """A float with few digits; None for NaN and infinity, which JSON does not have."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
