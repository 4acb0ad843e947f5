"""Does transfer help? A network learns some classes; then others from a few pictures of each.

Three ways to learn the new classes, from the same few pictures: a new output layer on the network
as it is (``frozen``), everything adjusted from there at a small rate (``unfrozen``), and a new
network (``scratch``). Judged on validation pictures of the new classes; the test set stays closed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError, field_validator, model_validator

from fmnist_core import limits
from fmnist_core.datasets import CLASS_NAMES, Dataset, flip_labels, load, split_of
from fmnist_core.errors import ExperimentError
from fmnist_core.events import TransferMeasured, TransferMethod
from fmnist_core.experiment import Data, Experiment, check
from fmnist_core.presets import preset
from fmnist_core.settings import with_settings
from fmnist_core.values import Value, explain

METHODS: dict[TransferMethod, str] = {
    "frozen": "Frozen, new output layer",
    "unfrozen": "Unfrozen, small rate",
    "scratch": "From scratch",
}
TRANSFERRED: tuple[TransferMethod, ...] = ("frozen", "unfrozen")
BATCH = 32
"""At most: of few pictures, few lie in a batch."""
MAX_SHOTS = 500
MAX_DRAWS = 20
T_975 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093),
)
"""97.5 % quantiles of Student's t, for 1 to MAX_DRAWS - 1 degrees of freedom."""
_DRAW = 5  # a stream of random numbers of its own


class Transfer(Value):
    """Everything that decides such a comparison."""

    title: str = Field("", max_length=limits.MAX_TITLE_LENGTH)
    base: Experiment
    """The network, and how it learns its first classes."""
    known: tuple[int, ...] = (0, 3, 4, 5, 7)
    """The classes that it learns first; the others are new."""
    shots: tuple[int, ...] = Field((1, 5, 10, 50), min_length=1, max_length=8)
    """Labelled pictures of each new class."""
    draws: int = Field(5, ge=2, le=MAX_DRAWS)
    """How often the few pictures are drawn; all ways learn from the same ones."""
    steps: int = Field(200, ge=1, le=5_000)
    """Of every training from few pictures, in batches of at most 32."""
    slower: float = Field(0.1, gt=0, le=1)
    """The rate of ``unfrozen``, as a share of the experiment's."""

    @field_validator("known")
    @classmethod
    def _some_of_each(cls, known: tuple[int, ...]) -> tuple[int, ...]:
        n = len(CLASS_NAMES)
        if len(set(known)) < len(known) or not all(0 <= label < n for label in known):
            raise ValueError(f"expected different classes from 0 to {n - 1}, received {known}.")
        if not 2 <= len(known) <= n - 2:
            raise ValueError(f"expected 2 to {n - 2} known classes, received {len(known)}.")
        return tuple(sorted(known))

    @field_validator("shots")
    @classmethod
    def _rising(cls, shots: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= count <= MAX_SHOTS for count in shots):
            raise ValueError(f"expected 1 to {MAX_SHOTS} pictures of a class, received {shots}.")
        return tuple(sorted(set(shots)))

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if not self.base.data.validation_fraction:
            raise ValueError("transfer needs validation pictures, but validation_fraction is 0.")
        return self

    @property
    def new(self) -> tuple[int, ...]:
        """The classes that are learned from few pictures."""
        return tuple(label for label in range(len(CLASS_NAMES)) if label not in self.known)

    @property
    def trainings(self) -> int:
        """How many accuracies there will be."""
        return len(METHODS) * len(self.shots) * self.draws


def make(**fields: object) -> Transfer:
    """From parts that a visitor gave.

    Raises ExperimentError: they do not fit, each mistake in a sentence.
    """
    try:
        return Transfer(**fields)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ExperimentError(explain(error)) from error


def narrowed(transfer: Transfer, classes: int) -> Experiment:
    """The experiment with so many classes."""
    architecture = transfer.base.architecture.changed(classes=classes)
    return transfer.base.changed(architecture=architecture)


def check_transfer(transfer: Transfer) -> None:
    """Raises ExperimentError: as ``experiment.check``, its pictures are not Fashion-MNIST's, or
    too few of a new class. DataError: the data cannot be read."""
    check(transfer.base)
    if transfer.base.data.folder:
        raise ExperimentError(
            "The comparison needs Fashion-MNIST's ten classes, five to learn first and five to "
            "learn after them, but this network learns from a folder of your own. Choose another."
        )
    there = _pictures_of_classes(load(), transfer.base.data, transfer.base.seed)
    fewest = min(there[label] for label in transfer.new)
    if max(transfer.shots) > fewest:
        raise ExperimentError(
            f"Expected at most {fewest:,} pictures of each new class, which is what the "
            f"{sum(there):,} training pictures have, received {max(transfer.shots):,}."
        )


@functools.lru_cache(maxsize=16)
def _pictures_of_classes(dataset: Dataset, data: Data, seed: int) -> tuple[int, ...]:
    """How many pictures of each class are learned, by the labels that are learned."""
    train = split_of(data, dataset, seed).train
    labels = flip_labels(dataset.train_labels[train], data.label_noise, seed)
    return tuple(np.bincount(labels, minlength=len(CLASS_NAMES)).tolist())


def renumbered(labels: npt.NDArray[np.integer], classes: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Labels (n,) as places in ``classes``; -1 for all others."""
    places = np.full(256, -1, np.int32)
    places[list(classes)] = np.arange(len(classes))
    found: npt.NDArray[np.int32] = places[labels]
    return found


def few(
    labels: npt.NDArray[np.integer],
    candidates: npt.NDArray[np.integer],
    classes: tuple[int, ...],
    shots: int,
    seed: tuple[int, int],
) -> npt.NDArray[np.int32]:
    """``shots`` pictures of each class: indices (classes x shots,), drawn from ``candidates``.

    Args:
        labels: (n,) of all pictures, of which ``candidates`` are indices.
        seed: of the experiment, and the number of the draw. More shots of a draw hold the fewer.

    Raises:
        ExperimentError: a class has not so many.
    """
    found = []
    for label in classes:
        random = np.random.default_rng([seed[0], _DRAW, seed[1], label])
        order = random.permutation(candidates[labels[candidates] == label])
        if len(order) < shots:
            name = load().class_names[label]
            raise ExperimentError(
                f"Expected {shots} training pictures of {name}, found {len(order)}. "
                "Take fewer, or more training pictures."
            )
        found.append(order[:shots])
    return np.concatenate(found).astype(np.int32)


@dataclass(frozen=True)
class Point:
    """What a method reached with so many pictures of each class."""

    method: TransferMethod
    shots: int
    accuracy: float
    """Mean over the draws, in [0, 1]."""
    low: float
    high: float
    """95 % interval of that mean: Student's t over the draws; equal to it for a single one."""
    draws: int
    n: int
    """Validation pictures that each draw was judged on."""
    seconds: float
    """Of a training, mean over the draws."""


def points(measured: Iterable[TransferMeasured]) -> list[Point]:
    """One for each method and number of shots that has been measured, in this order."""
    groups: dict[tuple[TransferMethod, int], list[TransferMeasured]] = {}
    for each in measured:
        groups.setdefault((each.method, each.shots), []).append(each)
    order = list(METHODS)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1]))
    return [_point(method, shots, groups[method, shots]) for method, shots in keys]


def _point(method: TransferMethod, shots: int, group: list[TransferMeasured]) -> Point:
    accuracies = np.array([each.accuracy for each in group])
    mean, half = float(accuracies.mean()), _half_width(accuracies)
    seconds = float(np.mean([each.seconds for each in group]))
    low, high = max(0.0, mean - half), min(1.0, mean + half)
    return Point(method, shots, mean, low, high, len(group), group[0].n, seconds)


def _half_width(values: npt.NDArray[np.float64]) -> float:
    if len(values) < 2:
        return 0.0
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(T_975[len(values) - 2] * error)


def verdict(measured: Sequence[TransferMeasured]) -> str:
    """A sentence on the fewest pictures that every way has learned from; '' while there are none.

    Draw by draw, because all ways learn from the same pictures: better or worse where the 95 %
    interval of the mean difference leaves out 0.
    """
    reached = {(each.method, each.shots, each.draw): each.accuracy for each in measured}
    for shots in sorted({each.shots for each in measured}):
        draws = [d for m, s, d in reached if (m, s) == ("scratch", shots)]
        ways = {
            way: np.array([reached[way, shots, d] - reached["scratch", shots, d] for d in draws])
            for way in TRANSFERRED
            if all((way, shots, d) in reached for d in draws)
        }
        if len(ways) == len(TRANSFERRED) and len(draws) > 1:
            way = max(ways, key=lambda way: ways[way].mean())
            return _said(way, shots, ways[way])
    return ""


def _said(way: TransferMethod, shots: int, gains: npt.NDArray[np.float64]) -> str:
    pictures = "1 picture" if shots == 1 else f"{shots} pictures"
    gain, half = 100 * float(gains.mean()), 100 * _half_width(gains)
    name = METHODS[way].partition(",")[0].lower()
    interval = f"({gain - half:+.0f} to {gain + half:+.0f} points, {len(gains)} draws)"
    if abs(gain) <= half:
        return (
            f"With {pictures} of each new class, transfer ({name}) and a network from scratch "
            f"cannot be told apart {interval}."
        )
    more = "more" if gain > 0 else "fewer"
    return (
        f"With {pictures} of each new class, transfer ({name}) gets {abs(gain):.0f} points {more} "
        f"right than a network from scratch {interval}."
    )


CLASSIC = Transfer(
    title="Does transfer help?",
    base=with_settings(
        preset("cnn-16").experiment, ["title=Does transfer help?", "training.epochs=3"]
    ),
)
"""Pullovers, shirts and ankle boots are new, and have relatives among the first classes; trousers
and bags have none."""
