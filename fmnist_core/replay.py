"""The stations of a run's life: its checkpoints in order, and its weights as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from fmnist_core import models
from fmnist_core.errors import RunNotFoundError
from fmnist_core.events import RunFinished
from fmnist_core.run import Run
from fmnist_core.runs import RunStore


@dataclass(frozen=True)
class Station:
    """Weights of a run that can be looked at. ``ref`` is the model's reference."""

    ref: str
    step: int | None
    """None: the weights of the best epoch, which the run went back to at its end."""


def run_of(ref: str, store: RunStore) -> Run | None:
    """The run that a model's reference belongs to; None for a bundled model or an unknown one."""
    try:
        return store.get(ref.partition("@")[0])
    except RunNotFoundError:
        return None


def stations(run: Run) -> list[Station]:
    """All that is kept of a run, in order; the last one is what the run's plain id means.

    Empty while nothing is saved.
    """
    saved = run.directory.glob("checkpoints/step-*.npz")
    found = [_station(run, step) for step in sorted(models.step_of(path) for path in saved)]
    stopping = run.experiment.training.early_stopping
    # A run that was stopped or failed keeps what it had learned last.
    went_back = stopping and stopping.restore_best and run.last_event == RunFinished.__name__
    if (run.directory / "weights.npz").is_file() and (not found or went_back):
        return [*found, Station(run.id, None)]
    # Without a way back the last checkpoint holds the same weights.
    return [*found[:-1], *(Station(run.id, each.step) for each in found[-1:])]


def station_of(ref: str, run: Run) -> Station | None:
    """Where in the run's life the model of this reference is; None if that is not kept."""
    known = stations(run)
    step = ref.partition("@")[2]
    if not step:
        return known[-1] if known else None
    return next((each for each in known if each.step == int(step)), None)


def nearest(run: Run, step: int) -> Station | None:
    """The station nearest to a step; of two equally near the earlier one. None: nothing is kept."""
    numbered = [each for each in stations(run) if each.step is not None]
    return min(numbered, key=lambda each: abs((each.step or 0) - step), default=None)


def _station(run: Run, step: int) -> Station:
    return Station(f"{run.id}@{step}", step)


def steps_learned(ref: str, store: RunStore) -> int | None:
    """How many steps the network of this reference has behind it; None where that is not known.

    Raises:
        RunNotFoundError: no such model.
    """
    run = run_of(ref, store)
    if run is None:
        return models.resolve(ref, store).step
    station = station_of(ref, run)
    if station is not None and station.step is None:
        # The best epoch's weights: the run itself has gone on to its last checkpoint.
        return max((each.step for each in stations(run) if each.step is not None), default=None)
    return station.step if station else None
