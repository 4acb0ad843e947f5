"""RunState: what is known of a run, changed only by its events. Pure; no files, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, overload

from fmnist_core import events as e

T = TypeVar("T")
RATE_WINDOW = 100
"""Steps over which the current speed is measured."""


class History(Sequence[T], Generic[T]):
    """An immutable sequence that grows cheaply: versions share one list and see their own part.

    A tuple would copy 10,000 steps at every step.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: list[T] | None = None) -> None:
        self._items: list[T] = [] if items is None else items
        self._length = len(self._items)

    def added(self, item: T) -> History[T]:
        """A new version with one more item; this one does not change."""
        items = self._items
        if len(items) != self._length:  # another version has grown already: branch off
            items = items[: self._length]
        items.append(item)
        return History(items)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._items[i] for i in range(*index.indices(self._length))]
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self._items[index % self._length]

    def __iter__(self) -> Iterator[T]:
        return (self._items[i] for i in range(self._length))


@dataclass(frozen=True)
class Trial:
    """One combination of a search, as far as it is known."""

    started: e.TrialStarted
    epochs: tuple[e.TrialEpochEnded, ...] = ()
    ended: e.TrialEnded | None = None

    @property
    def number(self) -> int:
        return self.started.trial

    @property
    def values(self) -> dict[str, int | float | str]:
        return dict(zip(self.started.settings, self.started.values, strict=True))

    @property
    def score(self) -> float | None:
        """Mean best validation accuracy; None while it trains, or when it could not."""
        return self.ended.score if self.ended else None


@dataclass(frozen=True)
class RunState:
    """What is known of one run. Begin with ``RunState()`` and apply its events in order."""

    status: e.Status = "queued"
    queued_at: float | None = None
    started: e.RunStarted | None = None
    batches: History[e.BatchEnded] = field(default_factory=History)
    epochs: History[e.EpochEnded] = field(default_factory=History)
    checkpoints: History[e.CheckpointSaved] = field(default_factory=History)
    rate_changes: History[e.LearningRateChanged] = field(default_factory=History)
    trials: dict[int, Trial] = field(default_factory=dict)
    """Of a search, by number."""
    pretrained: e.Pretrained | None = None
    transfers: tuple[e.TransferMeasured, ...] = ()
    """Of a transfer comparison."""
    weights: e.WeightsLoaded | None = None
    features: dict[e.SplitName, e.FeaturesComputed] = field(default_factory=dict)
    stages: tuple[e.StageEpochEnded, ...] = ()
    judged: tuple[e.StageJudged, ...] = ()
    """With MobileNetV2."""
    panel: e.PanelPredicted | None = None
    evaluated: dict[e.SplitName, e.Evaluated] = field(default_factory=dict)
    ending: e.RunFinished | e.RunStopped | e.RunFailed | None = None

    def apply(self, event: e.Event) -> RunState:  # noqa: C901 - one case per event
        """The state after this event. After an ending nothing changes any more."""
        if self.ending:
            return self
        match event:
            case e.RunQueued():
                return replace(self, queued_at=event.time)
            case e.RunStarted():
                return replace(self, status="running", started=event)
            case e.BatchEnded():
                return replace(self, batches=self.batches.added(event))
            case e.EpochEnded():
                return replace(self, epochs=self.epochs.added(event))
            case e.CheckpointSaved():
                return replace(self, checkpoints=self.checkpoints.added(event))
            case e.LearningRateChanged():
                return replace(self, rate_changes=self.rate_changes.added(event))
            case e.PanelPredicted():
                return replace(self, panel=event)
            case e.Paused():
                return replace(self, status="paused")
            case e.Resumed():
                return replace(self, status="running")
            case e.TrialStarted():
                return replace(self, trials={**self.trials, event.trial: Trial(event)})
            case e.TrialEpochEnded() | e.TrialEnded():
                return self._in_trial(event)
            case e.Pretrained():
                return replace(self, pretrained=event)
            case e.TransferMeasured():
                return replace(self, transfers=(*self.transfers, event))
            case e.WeightsLoaded():
                return replace(self, weights=event)
            case e.FeaturesComputed():
                return replace(self, features={**self.features, event.split: event})
            case e.StageEpochEnded():
                return replace(self, stages=(*self.stages, event))
            case e.StageJudged():
                return replace(self, judged=(*self.judged, event))
            case e.Evaluated():
                return replace(self, evaluated={**self.evaluated, event.split: event})
            case e.RunFinished():
                return replace(self, status="finished", ending=event)
            case e.RunStopped():
                return replace(self, status="stopped", ending=event)
            case e.RunFailed():
                return replace(self, status="failed", ending=event)
        return self

    def _in_trial(self, event: e.TrialEpochEnded | e.TrialEnded) -> RunState:
        trial = self.trials.get(event.trial)
        if trial is None:
            return self
        if isinstance(event, e.TrialEnded):
            trial = replace(trial, ended=event)
        else:
            trial = replace(trial, epochs=(*trial.epochs, event))
        return replace(self, trials={**self.trials, event.trial: trial})

    @property
    def scored(self) -> list[Trial]:
        """A search's trials that have a score, the best first."""
        scored = [trial for trial in self.trials.values() if trial.score is not None]
        return sorted(scored, key=lambda trial: (-(trial.score or 0.0), trial.number))

    @property
    def active(self) -> bool:
        """Running or paused: a worker holds it."""
        return self.status in ("running", "paused")

    @property
    def ended(self) -> bool:
        return self.ending is not None

    @property
    def step(self) -> int:
        return self.batches[-1].step if self.batches else 0

    @property
    def epoch(self) -> int:
        """The epoch of the last batch, from 1; 0 before the first."""
        return self.batches[-1].epoch if self.batches else 0

    @property
    def total_steps(self) -> int:
        return self.started.total_steps if self.started else 0

    @property
    def images_per_second(self) -> float | None:
        """Over the last steps; None before the second batch."""
        if self.started is None or len(self.batches) < 2:
            return None
        last = self.batches[-1]
        first = self.batches[max(0, len(self.batches) - 1 - RATE_WINDOW)]
        seconds = last.seconds - first.seconds
        return (last.step - first.step) * self.started.batch_size / seconds if seconds else None

    @property
    def seconds_left(self) -> float | None:
        """If nothing stops the run early; None before the second batch or after the end."""
        rate = self.images_per_second
        if rate is None or self.started is None or self.ended:
            return None
        return (self.total_steps - self.step) * self.started.batch_size / rate
