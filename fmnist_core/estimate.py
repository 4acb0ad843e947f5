"""How long a training will take, only from what this machine has measured."""

from __future__ import annotations

from collections.abc import Iterable

from fmnist_core.experiment import Experiment
from fmnist_core.run_state import RunState


def train_pictures(experiment: Experiment, available: int) -> int:
    """Pictures of one epoch, of ``available`` in the training set."""
    left = available - round(available * experiment.data.validation_fraction)
    return min(experiment.data.train_size or left, left)


def training_seconds(
    experiment: Experiment, available: int, measured: Iterable[tuple[Experiment, RunState]]
) -> float | None:
    """Seconds of the whole training if nothing stops it early, or None if nothing comparable ran.

    Comparable is a run of the same architecture and batch size; the first of ``measured`` that
    knows its speed counts, so put the newest first.
    """
    for other, state in measured:
        same = other.architecture == experiment.architecture
        if not same or other.training.batch_size != experiment.training.batch_size:
            continue
        if speed := _speed(state):
            steps = experiment.total_steps(train_pictures(experiment, available))
            return steps * experiment.training.batch_size / speed
    return None


def _speed(state: RunState) -> float | None:
    """Images a second: the whole run's once it has ended, the last steps' before."""
    return getattr(state.ending, "images_per_second", None) or state.images_per_second
