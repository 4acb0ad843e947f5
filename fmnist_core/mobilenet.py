"""MobileNetV2 as a feature extractor: what a network learned from photos, under a new head.

Three stages, judged alike: the new head on the bare *pixels*, for comparison; the same *head* on
MobileNetV2's features, which stay as they are; and, if wanted, the last blocks *fine-tuned* with
it at a small rate. Weights are those that Keras offers (ImageNet), or a file; never random ones.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from fmnist_core import limits
from fmnist_core.architecture import Architecture, Dense, Flatten
from fmnist_core.errors import ExperimentError
from fmnist_core.events import MobileNetStage
from fmnist_core.experiment import Data, Experiment, Training
from fmnist_core.values import Value, explain

STAGES: dict[MobileNetStage, str] = {
    "pixels": "Head on pixels",
    "head": "Head on MobileNetV2",
    "fine-tuned": "Fine-tuned",
}
WEIGHTS_VARIABLE = "FMNIST_MOBILENET_WEIGHTS"
FEATURES = 1_280
"""Numbers that MobileNetV2 makes of a picture, averaged over its places."""
VALIDATION = 2_000
"""Validation pictures that are looked at."""
SIDES = (32, 64, 96, 128, 160, 192, 224)
MADE_FOR = SIDES[2:]
"""Sizes for which Keras has ImageNet weights; others take those of 224."""
_CACHED = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{side}_no_top.h5"


class MobileNet(Value):
    """Everything that decides such a run."""

    title: str = Field("MobileNetV2", max_length=limits.MAX_TITLE_LENGTH)
    side: int = Field(96, ge=32, le=224)
    """Pictures are enlarged to so many pixels, and their grey repeated in three channels."""
    train_size: int = Field(2_000, ge=20, le=20_000)
    units: int = Field(128, ge=0, le=1_024)
    """Of a Dense layer with ReLU before the output; 0: none."""
    epochs: int = Field(10, ge=1, le=100)
    learning_rate: float = Field(0.001, gt=0, le=1)
    batch_size: int = Field(32, ge=1, le=512)
    fine_tune_epochs: int = Field(0, ge=0, le=20)
    """0: MobileNetV2 stays as it is."""
    fine_tune_blocks: int = Field(1, ge=1, le=16)
    """Of its 16 blocks, the last ones; the convolution behind them learns, too."""
    fine_tune_rate: float = Field(0.00001, gt=0, le=0.1)
    seed: int = Field(0, ge=0, le=limits.MAX_SEED)

    @field_validator("side")
    @classmethod
    def _halved_five_times(cls, side: int) -> int:
        if side % 32:
            raise ValueError(
                f"expected a multiple of 32, which MobileNetV2 halves five times, received {side}."
            )
        return side

    @property
    def base(self) -> Experiment:
        """The first stage, as an experiment: the head on the bare pixels."""
        dense = (Dense(units=self.units),) if self.units else ()
        return Experiment(
            title=self.title,
            architecture=Architecture(layers=(Flatten(), *dense)),
            data=Data(train_size=self.train_size),
            training=Training(
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                epochs=self.epochs,
            ),
            seed=self.seed,
        )

    @property
    def stages(self) -> tuple[MobileNetStage, ...]:
        """What there will be, in this order."""
        return ("pixels", "head", "fine-tuned") if self.fine_tune_epochs else ("pixels", "head")

    def epochs_of(self, stage: MobileNetStage) -> int:
        return self.fine_tune_epochs if stage == "fine-tuned" else self.epochs


def make(**fields: object) -> MobileNet:
    """From parts that a visitor gave.

    Raises ExperimentError: they do not fit, each mistake in a sentence.
    """
    try:
        return MobileNet(**fields)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ExperimentError(explain(error)) from error


UNTRAINED = (
    "These weights have never learned anything: they are as a new network begins. What follows "
    "shows how it works, not what MobileNetV2 brings."
)
Where = Literal["file", "keras", "nowhere"]


def weights_file(side: int) -> tuple[Where, Path]:
    """Where MobileNetV2's weights are, without loading anything: the file that the server's owner
    names, the one that Keras keeps, or ``nowhere`` and where Keras would put it."""
    if given := os.environ.get(WEIGHTS_VARIABLE):
        return "file", Path(given)
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    kept = home / "models" / _CACHED.format(side=side if side in MADE_FOR else 224)
    return ("keras" if kept.is_file() else "nowhere"), kept


def missing(side: int) -> str:
    """A sentence on weights that are not there; '' if they are."""
    where, path = weights_file(side)
    if where == "file" and not path.is_file():
        return f"{WEIGHTS_VARIABLE} names {path}, but there is no such file. Correct it."
    if where == "nowhere":
        return (
            "MobileNetV2's ImageNet weights are not on this machine. Keras will try to download "
            f"them (9 MB). Without a network, start the app with {WEIGHTS_VARIABLE} set to a file "
            f"of them, such as {path.name}. Random weights are never used."
        )
    return ""
