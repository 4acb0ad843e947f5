"""What can happen to a run. ``run_state`` turns these events into what is known of the run.

Every run's events begin with RunQueued and end with exactly one of the last three:

=============  ==============================================================================
ending         events, in order (``[]`` optional, ``*`` any number)
=============  ==============================================================================
RunFinished    RunQueued RunStarted (BatchEnded | EpochEnded | CheckpointSaved | PanelPredicted |
               Paused Resumed | LearningRateChanged)* Evaluated* RunFinished
RunStopped     RunQueued [RunStarted (as above)* Evaluated*] RunStopped
RunFailed      RunQueued [RunStarted (as above)* Evaluated*] RunFailed
=============  ==============================================================================

In a search (TrialStarted TrialEpochEnded* TrialEnded)* takes the place of batches, epochs and
evaluations; a trial that was broken off has no TrialEnded. In a transfer comparison (EpochEnded*
Pretrained TransferMeasured*) does; with MobileNetV2 (WeightsLoaded (FeaturesComputed |
StageEpochEnded)* StageJudged*) does.

A run that is stopped keeps and evaluates what it learned; one stopped while it waited never
started. RunFailed may follow anything: a process can die at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from fmnist_core.errors import RunError

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
SplitName = Literal["train", "validation", "test"]
TransferMethod = Literal["frozen", "unfrozen", "scratch"]
MobileNetStage = Literal["pixels", "head", "fine-tuned"]


@dataclass(frozen=True)
class Event:
    """Base of all events. ``time`` is seconds since 1970, UTC."""

    time: float


@dataclass(frozen=True)
class RunQueued(Event):
    pass


@dataclass(frozen=True)
class RunStarted(Event):
    pid: int
    threads: int
    epochs: int
    steps_per_epoch: int
    total_steps: int
    """Steps if nothing stops the run early."""
    train_n: int
    validation_n: int
    batch_size: int
    learning_rate: float
    forked: bool
    """True: from the warm engine host. False: a fresh process that imported TensorFlow itself."""


@dataclass(frozen=True)
class BatchEnded(Event):
    step: int
    """Counts from 1 over the whole run."""
    epoch: int
    """Counts from 1."""
    loss: float
    accuracy: float
    """Of this batch alone, before its update, in [0, 1]."""
    seconds: float
    """Training time so far: from the first batch's start, pauses and evaluations left out."""


@dataclass(frozen=True)
class EpochEnded(Event):
    step: int
    epoch: int
    train_loss: float
    train_accuracy: float
    """Mean over the epoch's batches, each before its update, as Keras reports it."""
    train_n: int
    validation_loss: float | None
    validation_accuracy: float | None
    validation_n: int


@dataclass(frozen=True)
class PanelPredicted(Event):
    """The fixed panel of validation pictures, judged by the network as it is now."""

    step: int
    pictures: tuple[int, ...]
    """Indices into the training set's pictures (validation is taken from there)."""
    labels: tuple[int, ...]
    predicted: tuple[int, ...]
    confidence: tuple[float, ...]


@dataclass(frozen=True)
class CheckpointSaved(Event):
    step: int
    epoch: int
    file: str
    """Relative to the run directory."""


@dataclass(frozen=True)
class Paused(Event):
    step: int


@dataclass(frozen=True)
class Resumed(Event):
    step: int


@dataclass(frozen=True)
class LearningRateChanged(Event):
    """By hand, or by the schedule where it jumps."""

    step: int
    learning_rate: float
    by: Literal["visitor", "schedule"]


@dataclass(frozen=True)
class TrialStarted(Event):
    """Of a search: a combination of settings is tried."""

    trial: int
    settings: tuple[str, ...]
    values: tuple[int | float | str, ...]
    """Of the settings, in their order."""
    epochs: int


@dataclass(frozen=True)
class TrialEpochEnded(Event):
    trial: int
    execution: int
    """Counts from 1: a combination may be trained several times."""
    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_n: int


@dataclass(frozen=True)
class TrialEnded(Event):
    trial: int
    scores: tuple[float, ...]
    """Best validation accuracy of each execution. Empty: it could not be trained."""
    validation_n: int
    seconds: float
    reason: str = ""
    """Why it could not be trained."""

    @property
    def score(self) -> float | None:
        """The mean, by which the search judges."""
        return sum(self.scores) / len(self.scores) if self.scores else None


@dataclass(frozen=True)
class Pretrained(Event):
    """Of a transfer comparison: the network knows its first classes."""

    accuracy: float
    """On the validation pictures of these classes."""
    n: int
    seconds: float


@dataclass(frozen=True)
class TransferMeasured(Event):
    """One way has learned the new classes from one draw of few pictures."""

    method: TransferMethod
    shots: int
    """Pictures of each class."""
    draw: int
    accuracy: float
    """On the validation pictures of the new classes."""
    n: int
    seconds: float


@dataclass(frozen=True)
class WeightsLoaded(Event):
    """MobileNetV2's weights are there."""

    source: str
    """A file's name."""
    sha256: str
    imagenet: bool
    """They come from Keras; False: from a file that the server's owner named."""
    trained: bool
    """False: they are as a network begins, so its features mean nothing."""
    parameters: int


@dataclass(frozen=True)
class FeaturesComputed(Event):
    """What MobileNetV2 makes of pictures, so far; ``done`` of ``n``."""

    split: SplitName
    done: int
    n: int
    seconds: float
    cached: bool
    """They were there from an earlier run."""


@dataclass(frozen=True)
class StageEpochEnded(Event):
    stage: MobileNetStage
    epoch: int
    """Counts from 1 in each stage."""
    train_loss: float
    train_accuracy: float
    train_n: int
    validation_accuracy: float
    validation_n: int
    seconds: float
    """Since the stage began."""


@dataclass(frozen=True)
class StageJudged(Event):
    """A stage on the test set: once, when all stages have ended."""

    stage: MobileNetStage
    accuracy: float
    n: int
    trainable: int
    """Parameters that learned in this stage."""


@dataclass(frozen=True)
class Evaluated(Event):
    """The final weights on one split. The test set appears here, once, and nowhere else."""

    split: SplitName
    loss: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class _Ending(Event):
    step: int
    reason: str
    """A sentence: "All 10 epochs done."."""


@dataclass(frozen=True)
class RunFinished(_Ending):
    seconds: float
    """Training time, pauses left out."""
    images_per_second: float
    """Steady: without the first batch."""
    first_batch_seconds: float
    """From the worker's start to the end of the first batch."""


@dataclass(frozen=True)
class RunStopped(_Ending):
    seconds: float = 0.0
    images_per_second: float = 0.0
    first_batch_seconds: float = 0.0


@dataclass(frozen=True)
class RunFailed(_Ending):
    pass


ENDINGS = (RunFinished, RunStopped, RunFailed)
_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunQueued,
        RunStarted,
        BatchEnded,
        EpochEnded,
        PanelPredicted,
        CheckpointSaved,
        Paused,
        Resumed,
        LearningRateChanged,
        TrialStarted,
        TrialEpochEnded,
        TrialEnded,
        Pretrained,
        TransferMeasured,
        WeightsLoaded,
        FeaturesComputed,
        StageEpochEnded,
        StageJudged,
        Evaluated,
        *ENDINGS,
    )
}


def to_record(event: Event) -> dict[str, Any]:
    """A JSON object with the event's name under ``event``."""
    # Not asdict, which copies every value: for a step of a small network that is 2 % of its time.
    return {"event": type(event).__name__, **vars(event)}


def from_record(record: dict[str, Any]) -> Event:
    """Fields that a newer version added are left out.

    Raises RunError: for an unknown event, or when one of its fields is missing.
    """
    try:
        kind = _TYPES[record["event"]]
        wanted = {name: record[name] for name in (f.name for f in fields(kind)) if name in record}
        lists = {name: tuple(v) for name, v in wanted.items() if isinstance(v, list)}
        return kind(**wanted | lists)
    except (KeyError, TypeError) as error:
        raise RunError(f"Not an event of this version: {str(record)[:100]}.") from error
