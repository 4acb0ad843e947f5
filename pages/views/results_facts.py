"""What Results says about a run, taken from its events and its preset."""

from __future__ import annotations

from dataclasses import dataclass

from fmnist_core.evaluation import wilson
from fmnist_core.events import RunFailed
from fmnist_core.figures import Measured
from fmnist_core.presets import PRESETS, Published
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.summary import summarise
from fmnist_core.wording import percent
from pages.shared import services

STATUS = {
    "queued": "Waiting",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
}


@dataclass(frozen=True)
class Facts:
    run: Run
    state: RunState
    parameters: int
    train: Measured | None
    validation: Measured | None
    """Of the final weights; while the run goes on, of its last epoch."""
    test: Measured | None
    published: Published | None
    """Of the preset, as long as the layers are still the preset's."""

    @property
    def title(self) -> str:
        return title_of(self.run)

    @property
    def status(self) -> str:
        return STATUS[self.state.status]

    @property
    def seconds(self) -> float | None:
        """Of training, pauses left out."""
        if measured := getattr(self.state.ending, "seconds", None):
            return float(measured)
        return self.state.batches[-1].seconds if self.state.batches else None

    @property
    def images_per_second(self) -> float | None:
        ending = self.state.ending
        if ending is None or isinstance(ending, RunFailed):
            return self.state.images_per_second
        return ending.images_per_second or None


def title_of(run: Run) -> str:
    return f"{run.title} (recorded)" if run.recorded else run.title


def facts(run: Run, state: RunState | None = None) -> Facts:
    """What is known of a run; for lists from its outline, given as ``state``.

    Raises RunNotFoundError: it has been deleted.
    """
    state = state or services.store().state(run.id)
    preset = PRESETS.get(run.experiment.preset)
    same = preset is not None and preset.experiment.architecture == run.experiment.architecture
    published = preset.published if preset and same else None
    evaluated = state.evaluated
    last = state.epochs[-1] if state.epochs else None
    train = validation = test = None
    if last:
        train = measured(run.title, last.train_accuracy, last.train_n)
        if last.validation_accuracy is not None:
            validation = measured(run.title, last.validation_accuracy, last.validation_n)
    if "train" in evaluated:
        train = measured(run.title, evaluated["train"].accuracy, evaluated["train"].n)
    if "validation" in evaluated:
        validation = measured(
            run.title, evaluated["validation"].accuracy, evaluated["validation"].n
        )
    if "test" in evaluated:
        test = measured(
            run.title,
            evaluated["test"].accuracy,
            evaluated["test"].n,
            published.accuracy if published else None,
        )
    parameters = summarise(run.experiment.architecture).parameters
    return Facts(run, state, parameters, train, validation, test, published)


def names_of(runs: list[Run]) -> list[str]:
    """Titles that tell the runs apart: with the id's end where two share one."""
    titles = [run.title for run in runs]
    return [
        f"{run.title} · {run.id[-4:]}" if titles.count(run.title) > 1 else run.title for run in runs
    ]


def measured(name: str, accuracy: float, n: int, published: float | None = None) -> Measured:
    """An accuracy with its 95 % Wilson interval."""
    interval = wilson(round(accuracy * n), n)
    return Measured(name, accuracy, interval.low, interval.high, n, published)


def with_interval(value: Measured | None) -> str:
    """``91.20 % (90.6 to 91.7), n = 10,000``; ``-`` where nothing is known yet."""
    if value is None:
        return "-"
    low, high = 100 * value.low, 100 * value.high
    return f"{percent(value.accuracy, 2)} ({low:.1f} to {high:.1f}), n = {value.n:,}"
