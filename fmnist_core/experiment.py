"""Experiment: data, architecture and training in one frozen, validated value.

It says a run completely, seed included. ``check`` refuses what cannot or may not be trained;
``fmnist_core.settings`` turns text (a command line, an address) into an experiment and back.
"""

from __future__ import annotations

from math import ceil
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from fmnist_core import limits
from fmnist_core.architecture import CLASSES, PICTURE_SHAPE, Architecture, shape_text
from fmnist_core.errors import ExperimentError, LimitError
from fmnist_core.summary import Summary, summarise
from fmnist_core.values import Value

OptimizerName = Literal["sgd", "sgd-nesterov", "rmsprop", "adam", "adamw"]
ScheduleName = Literal["constant", "cosine", "step", "exponential", "triangle"]
Scaling = Literal["divide-255", "standardise", "raw"]
MIN_VALIDATION = 0.001
MIN_MIXUP = 0.01


class Augmentation(Value):
    """How training pictures vary, drawn anew for each at every step. Validation and test never do.

    0 (and False) means no change.
    """

    flip: bool = False
    """Left and right exchanged in every second picture."""
    upside_down: bool = False
    """Top and bottom exchanged in every second picture."""
    width_shift: float = Field(0.0, ge=0, le=0.5)
    """At most this share of the width to either side, in whole pixels."""
    height_shift: float = Field(0.0, ge=0, le=0.5)
    rotation: float = Field(0.0, ge=0, le=180)
    """At most so many degrees to either side."""
    zoom: float = Field(0.0, ge=0, le=0.9)
    """Width and height, each by its own factor between 1 - zoom and 1 + zoom."""
    brightness: float = Field(0.0, ge=0, le=1)
    """A factor between 1 - brightness and 1 + brightness."""
    erase: int = Field(0, ge=0, le=28)
    """Side in pixels of a black square somewhere (cutout)."""
    mixup: float = Field(0.0, ge=0, le=10)
    """Alpha of Beta(alpha, alpha): how far two pictures and their labels are blended."""

    @field_validator("mixup")
    @classmethod
    def _none_or_some(cls, alpha: float) -> float:
        if 0 < alpha < MIN_MIXUP:  # Beta's two draws would both round to 0
            raise ValueError(f"expected 0 (none) or at least {MIN_MIXUP}, received {alpha:g}.")
        return alpha

    @property
    def moves(self) -> bool:
        """Pixels come to lie elsewhere."""
        return bool(
            self.flip
            or self.upside_down
            or self.width_shift
            or self.height_shift
            or self.rotation
            or self.zoom
        )


class Data(Value):
    """Which pictures, how many, and in what numbers the network sees them."""

    folder: str = Field("", pattern="^([a-z0-9]{8})?$")
    """One of the visitor's own folders (``folders.FolderStore``); empty: Fashion-MNIST."""
    train_size: int | None = Field(None, ge=20, le=1_000_000)
    """Pictures to learn from, chosen evenly over the classes; None: all that validation leaves."""
    validation_fraction: float = Field(0.1, ge=0, le=0.5)
    """Share of the training set kept for validation, chosen evenly over the classes; 0: none."""
    label_noise: float = Field(0.0, ge=0, le=1)
    """Share of the training labels replaced by a wrong one. Validation and test stay true."""
    scaling: Scaling = "divide-255"
    """'raw' feeds 0-255, the classic mistake; 'standardise' gives mean 0 and deviation 1."""
    augmentation: Augmentation = Augmentation()

    @field_validator("validation_fraction")
    @classmethod
    def _none_or_some(cls, fraction: float) -> float:
        if 0 < fraction < MIN_VALIDATION:  # of 60,000 pictures it would round to a handful, or none
            raise ValueError(
                f"expected 0 (no validation) or at least {MIN_VALIDATION}, received {fraction:g}."
            )
        return fraction


class EarlyStopping(Value):
    """Stop when validation has not improved for ``patience`` epochs."""

    monitor: Literal["loss", "accuracy"] = "loss"
    patience: int = Field(5, ge=1, le=limits.MAX_EPOCHS)
    restore_best: bool = True


class Target(Value):
    """Stop as soon as an epoch ends with this loss or accuracy."""

    metric: Literal["loss", "accuracy"] = "accuracy"
    split: Literal["training", "validation"] = "validation"
    value: float = Field(0.9, ge=0, le=1_000)


class Training(Value):
    """How the weights move, and when to stop."""

    optimizer: OptimizerName = "adam"
    learning_rate: float = Field(0.001, gt=0, le=100)
    momentum: float = Field(0.9, ge=0, lt=1)
    """For sgd-nesterov; plain sgd has none."""
    weight_decay: float = Field(0.004, ge=0, le=1)
    """For adamw."""
    schedule: ScheduleName = "constant"
    """'triangle' climbs to the learning rate in the first fifth of the steps, then falls to 0."""
    decay_factor: float = Field(0.5, gt=0, le=1)
    """'step' multiplies the rate by it every ``decay_epochs``; 'exponential' spreads that out."""
    decay_epochs: float = Field(1.0, gt=0, le=limits.MAX_EPOCHS)
    batch_size: int = Field(32, ge=1, le=limits.MAX_BATCH_SIZE)
    epochs: int = Field(5, ge=1, le=limits.MAX_EPOCHS)
    steps: int | None = Field(None, ge=1, le=limits.MAX_STEPS)
    """A limit in steps; where given it decides, not ``epochs``."""
    loss: Literal["sparse", "one-hot"] = "sparse"
    """Labels as class numbers or as one-hot rows. The same loss, in two notations."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    early_stopping: EarlyStopping | None = None
    target: Target | None = None

    @model_validator(mode="after")
    def _smoothing_needs_one_hot(self) -> Self:
        if self.label_smoothing and self.loss == "sparse":
            raise ValueError(
                f"label_smoothing {self.label_smoothing:g} needs loss 'one-hot': a class number "
                f"cannot be smoothed."
            )
        return self


class Experiment(Value):
    """Everything that decides a run."""

    title: str = Field("", max_length=limits.MAX_TITLE_LENGTH)
    preset: str = Field("", max_length=limits.MAX_NAME_LENGTH, pattern="^[a-z0-9-]*$")
    """The name of the preset that it began from, or ''. It becomes part of a directory's name."""
    data: Data = Data()
    architecture: Architecture
    training: Training = Training()
    seed: int = Field(0, ge=0, le=limits.MAX_SEED)
    """Of the splits, the initial weights, the order of the batches and dropout."""

    @property
    def watches_validation(self) -> bool:
        """Whether its end depends on validation pictures."""
        target = self.training.target
        by_target = target is not None and target.split == "validation"
        return self.training.early_stopping is not None or by_target

    @model_validator(mode="after")
    def _watching_needs_validation(self) -> Self:
        if self.watches_validation and not self.data.validation_fraction:
            raise ValueError(
                "early stopping and a validation target need validation pictures, but "
                "data.validation_fraction is 0. Set it to 0.05 or more."
            )
        return self

    def steps_per_epoch(self, train_n: int) -> int:
        return ceil(train_n / self.training.batch_size)

    def total_steps(self, train_n: int) -> int:
        """Steps if nothing stops the run early."""
        return self.training.steps or self.training.epochs * self.steps_per_epoch(train_n)


def training_memory(experiment: Experiment, summary: Summary) -> int:
    """Bytes, estimated: weights, gradients and two moments, and one batch's activations twice."""
    weights = 4 * summary.parameters
    activations = 2 * summary.activations * experiment.training.batch_size
    return 4 * (weights + activations)


def check(experiment: Experiment) -> Summary:
    """Refuse what cannot or may not be trained, before anything is built.

    Returns:
        The architecture's summary.

    Raises:
        ArchitectureError: the layers do not fit together.
        ExperimentError: the network is not made for these pictures and classes.
        LimitError: more parameters, multiply-adds or memory than allowed.
    """
    architecture = experiment.architecture
    own = bool(experiment.data.folder)  # whose classes and sizes ``folders`` knows
    if not own and (architecture.input_shape, architecture.classes) != (PICTURE_SHAPE, CLASSES):
        raise ExperimentError(
            f"The pictures are {shape_text(PICTURE_SHAPE)} in {CLASSES} classes, but this network "
            f"takes {shape_text(architecture.input_shape)} and tells {architecture.classes} apart. "
            f"Leave out architecture.input_shape and architecture.classes."
        )
    summary = summarise(architecture)
    memory = training_memory(experiment, summary)
    for name, value, limit, remedy in (
        ("parameters", summary.parameters, limits.MAX_PARAMETERS, "Use fewer units or pool more"),
        (
            "multiply-adds for a picture",
            summary.multiply_adds,
            limits.MAX_MULTIPLY_ADDS,
            "Use fewer filters or pool earlier",
        ),
        (
            "MB of memory",
            memory // 10**6,
            limits.MAX_MEMORY_BYTES // 10**6,
            "Use a smaller batch or network",
        ),
    ):
        if value > limit:
            raise LimitError(
                f"This needs {value:,} {name}; at most {limit:,} are allowed. {remedy}."
            )
    return summary
