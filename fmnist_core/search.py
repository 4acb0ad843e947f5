"""A search: one experiment, the settings that vary, and who chooses what is tried next.

The tuners are Keras Tuner's. What they judge by is validation accuracy; the test set stays closed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from pydantic import Field, ValidationError, field_validator, model_validator

from fmnist_core import limits
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment, check
from fmnist_core.presets import preset
from fmnist_core.settings import with_settings
from fmnist_core.values import Value, explain

TunerName = Literal["random", "hyperband", "bayesian"]
Setting = int | float | str
MAX_TRIALS = 200
MAX_EXECUTIONS = 10
MAX_VALUES = 32
"""Of one setting."""
_RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-|to)\s*(\d{1,6})\s+step\s+(\d{1,6})\s*")
_TUNABLE = re.compile(
    r"training\.(learning_rate|optimizer|batch_size)"
    r"|architecture\.layers\.\d{1,2}\.(units|filters|kernel_size|rate|activation)"
)


class Choice(Value):
    """A setting and the values that are tried."""

    setting: str
    """As ``settings`` has it: ``training.learning_rate``, ``architecture.layers.1.units``."""
    values: tuple[Setting, ...] = Field(min_length=1, max_length=MAX_VALUES)

    @field_validator("setting")
    @classmethod
    def _known(cls, setting: str) -> str:
        if not _TUNABLE.fullmatch(setting):
            raise ValueError(
                "expected training.learning_rate, optimizer or batch_size, or a layer's units, "
                f"filters, kernel_size, rate or activation, received {setting[:60]!r}."
            )
        return setting

    @field_validator("values")
    @classmethod
    def _different(cls, values: tuple[Setting, ...]) -> tuple[Setting, ...]:
        if len(set(values)) < len(values):
            raise ValueError(f"expected different values, received {list(values)}.")
        if any(isinstance(value, str) for value in values) != all(
            isinstance(value, str) for value in values
        ):
            raise ValueError(f"expected numbers or names, received both: {list(values)}.")
        return values


class Search(Value):
    """Everything that decides a search."""

    title: str = Field("", max_length=limits.MAX_TITLE_LENGTH)
    preset: str = Field("", max_length=limits.MAX_NAME_LENGTH, pattern="^[a-z0-9-]*$")
    base: Experiment
    """What does not vary: data, layers, epochs."""
    space: tuple[Choice, ...] = Field(min_length=1, max_length=10)
    tuner: TunerName = "random"
    trials: int = Field(10, ge=1, le=MAX_TRIALS)
    """Combinations that are tried, at most: a small space has fewer."""
    executions: int = Field(1, ge=1, le=MAX_EXECUTIONS)
    """Trainings of each, from different first weights; their mean is the score."""
    seed: int = Field(0, ge=0, le=limits.MAX_SEED)
    """Of what is tried. First weights follow from the experiment's own."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        settings = [choice.setting for choice in self.space]
        if len(set(settings)) < len(settings):
            raise ValueError(f"every setting can vary once; received {', '.join(settings)}.")
        if not self.base.data.validation_fraction:
            raise ValueError("a search needs validation pictures, but validation_fraction is 0.")
        return self

    @property
    def combinations(self) -> int:
        """How many different trials the space has."""
        return int(np.prod([len(choice.values) for choice in self.space]))


def make(**fields: object) -> Search:
    """A search from parts that a visitor gave.

    Raises ExperimentError: they do not fit, each mistake in a sentence.
    """
    try:
        return Search(**fields)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ExperimentError(explain(error)) from error


def of_one_type(values: tuple[Setting, ...]) -> list[Setting]:
    """Keras Tuner refuses whole numbers beside others: then all of them get a point."""
    if any(isinstance(value, float) for value in values):
        return [float(value) for value in values]
    return list(values)


def experiment_of(search: Search, values: Mapping[str, Setting]) -> Experiment:
    """The experiment that a trial trains.

    Raises:
        ExperimentError: these values make none.
    """
    settings = [f"{name}={json.dumps(value)}" for name, value in values.items()]
    return with_settings(search.base, settings)


def check_search(search: Search) -> None:
    """Refuse what cannot or may not be searched, before anything begins: every value of every
    setting by itself, and the largest of all together.

    Raises:
        ExperimentError: as ``experiment.check``.
    """
    for choice in search.space:
        for value in choice.values:
            check(experiment_of(search, {choice.setting: value}))
    largest = {
        choice.setting: max(choice.values, key=float)
        for choice in search.space
        if not isinstance(choice.values[0], str)
    }
    check(experiment_of(search, largest))


def tunable(base: Experiment) -> dict[str, tuple[Setting, ...]]:
    """What can vary around an experiment, and values to begin with."""
    found: dict[str, tuple[Setting, ...]] = {
        "training.learning_rate": (0.01, 0.001, 0.0001),
        "training.optimizer": ("sgd-nesterov", "rmsprop", "adam"),
        "training.batch_size": (32, 64, 128),
    }
    offered: dict[str, tuple[Setting, ...]] = {
        "units": tuple(range(32, 257, 32)),
        "filters": (8, 16, 32, 64),
        "kernel_size": (3, 5),
        "rate": (0.0, 0.25, 0.5),
        "activation": ("relu", "tanh", "sigmoid"),
    }
    for number, layer in enumerate(base.architecture.layers):
        for name, values in offered.items():
            if name in type(layer).model_fields:
                found[f"architecture.layers.{number}.{name}"] = values
    return found


def values_of(text: str) -> tuple[Setting, ...]:
    """``32-256 step 32`` or ``0.01, 0.001`` or ``relu, tanh`` as values.

    Raises ExperimentError: it is neither, or makes more values than can be tried.
    """
    if match := _RANGE.fullmatch(text):
        low, high, step = (int(number) for number in match.groups())
        if not step or (high - low) // step >= MAX_VALUES:
            raise ExperimentError(
                f"{text[:60]!r} makes too many values; at most {MAX_VALUES} of a setting are tried."
            )
        return tuple(range(low, high + 1, step))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ExperimentError("Expected values such as 32-256 step 32, or 0.01, 0.001.")
    return tuple(_setting(part) for part in parts)


def text_of(values: Sequence[Setting]) -> str:
    """As ``values_of`` reads it."""
    if len(values) > 3 and all(isinstance(value, int) for value in values):
        step = int(values[1]) - int(values[0])
        if tuple(values) == tuple(range(int(values[0]), int(values[-1]) + 1, step or 1)):
            return f"{values[0]}-{values[-1]} step {step}"
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _setting(text: str) -> Setting:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def label(setting: str, base: Experiment) -> str:
    """A setting's name for a person: ``Learning rate``, ``Dense 2 units``."""
    *path, name = setting.split(".")
    words = name.replace("_", " ")
    if path[0] == "training":
        return words.capitalize()
    number = int(path[-1])
    layers = base.architecture.layers
    kind = layers[number].kind if number < len(layers) else "Layer"
    return f"{kind} ({number + 1}) {words}"


@dataclass(frozen=True)
class Importance:
    setting: str
    share: float
    """Of the scores' variance that lies between the values of this setting: eta squared, 0 to 1."""
    best: Setting
    """The value with the highest mean score."""


def importance(
    search: Search, tried: Sequence[tuple[Mapping[str, Setting], float]]
) -> list[Importance]:
    """Which settings matter, most first, from trials as (values, score).

    Eta squared is the sum of squares between groups over the total one. With few trials it is
    large by chance: of k values, (k - 1) / (n - 1) is expected where nothing matters. Empty
    while no two scores differ.
    """
    scores = np.array([score for _, score in tried], np.float64)
    total = float(((scores - scores.mean()) ** 2).sum()) if len(scores) else 0.0
    if len(scores) < 3 or total == 0:
        return []
    found = []
    for choice in search.space:
        means = {}
        between = 0.0
        for value in choice.values:
            group = np.array([score for values, score in tried if values[choice.setting] == value])
            if len(group):
                means[value] = float(group.mean())
                between += len(group) * (group.mean() - scores.mean()) ** 2
        best = max(means, key=lambda value: means[value])
        found.append(Importance(choice.setting, between / total, best))
    return sorted(found, key=lambda each: -each.share)


FIRST_SEARCH = Search(
    title="First search",
    preset="first-search",
    base=with_settings(
        preset("mlp-128").experiment,
        ["title=First search", "data.train_size=10000", "training.epochs=2"],
    ),
    space=(
        Choice(setting="architecture.layers.1.units", values=tuple(range(32, 257, 32))),
        Choice(setting="training.learning_rate", values=(0.01, 0.001, 0.0001)),
    ),
    trials=5,
    executions=3,
)
"""The classic first exercise: how wide, and how fast?"""
SEARCHES = {
    search.preset: search
    for search in (
        FIRST_SEARCH,
        Search(
            title="A CNN's settings",
            preset="cnn-search",
            base=with_settings(
                preset("cnn-16").experiment,
                ["title=A CNN's settings", "data.train_size=10000", "training.epochs=2"],
            ),
            space=(
                Choice(setting="architecture.layers.0.filters", values=(8, 16, 32)),
                Choice(setting="architecture.layers.3.units", values=(32, 64, 128)),
                Choice(setting="training.learning_rate", values=(0.01, 0.003, 0.001, 0.0003)),
                Choice(setting="training.optimizer", values=("sgd-nesterov", "rmsprop", "adam")),
            ),
            tuner="bayesian",
            trials=12,
        ),
    )
}


def search_preset(name: str) -> Search:
    """Raises ExperimentError: for an unknown name, with the known ones."""
    if name not in SEARCHES:
        raise ExperimentError(
            f"There is no search {name[:40]!r}. The searches are: {', '.join(SEARCHES)}."
        )
    return SEARCHES[name]
