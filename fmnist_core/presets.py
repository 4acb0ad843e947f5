"""The named experiments: the networks that the field's tutorials train.

A row that names nothing else uses Adam 0.001, batches of 32 and 5 epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from fmnist_core.architecture import (
    AnyLayer,
    Architecture,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    Output,
)
from fmnist_core.blocks import block, residual_network
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Augmentation, Data, EarlyStopping, Experiment, Training


@dataclass(frozen=True)
class Published:
    """A test accuracy that somebody else reported for this network."""

    accuracy: float
    note: str = ""


@dataclass(frozen=True)
class Preset:
    name: str
    title: str
    about: str
    """One plain sentence for someone who chooses."""
    experiment: Experiment
    published: Published | None = None


_RAW_BY_MISTAKE = (
    "Trained on raw 0-255 pixels by mistake: the notebook scales one variable and trains on "
    "another."
)
_PATIENT: dict[str, Any] = {
    "data": Data(validation_fraction=0.05),
    "training": Training(epochs=100, early_stopping=EarlyStopping(patience=5)),
}
# LeNet's tutorial draws every number, biases too, from N(0, 1).
_WIDE: dict[str, Any] = {
    "kernel_initializer": "standard_normal",
    "bias_initializer": "standard_normal",
}


def _preset(
    name: str,
    title: str,
    about: str,
    *layers: Any,
    output: Output | None = None,
    published: Published | None = None,
    **parts: Any,
) -> Preset:
    architecture = Architecture(layers=layers, output=output or Output())
    experiment = Experiment(title=title, preset=name, architecture=architecture, **parts)
    return Preset(name, title, about, experiment, published)


_fast = partial(block, momentum=0.8)
"""For few steps: the moving averages must have forgotten the first ones by the end."""


def _sprint(
    name: str,
    title: str,
    about: str,
    *layers: AnyLayer,
    augmentation: Augmentation | None = None,
    **training: Any,
) -> Preset:
    """Made for speed: a rate that rises and falls, and normalised convolutions to bear it.

    What counts is the test accuracy after the last epoch and the seconds from the click, both
    measured by ``make bench``.
    """
    return _preset(
        name,
        title,
        about,
        *layers,
        output=Output(logits=True),
        data=Data(augmentation=augmentation or Augmentation()),
        training=Training(**{"schedule": "triangle", "optimizer": "sgd-nesterov"} | training),
    )


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        _preset(
            "mlp-128",
            "MLP 128",
            "One hidden layer: the classic first network. It sees pixels, not places.",
            Flatten(),
            Dense(units=128),
        ),
        _preset(
            "mlp-350",
            "MLP 350",
            "A wider hidden layer that stops by itself when validation stops improving.",
            Flatten(),
            Dense(units=350),
            published=Published(0.882),
            **_PATIENT,
        ),
        _preset(
            "cnn-16",
            "CNN 16",
            "The smallest convolutional network: 16 filters, then a choice.",
            Conv2D(filters=16, padding="same"),
            MaxPooling2D(),
            Flatten(),
            Dense(units=64),
            training=Training(learning_rate=0.01, batch_size=128, epochs=10),
            published=Published(0.855, _RAW_BY_MISTAKE),
        ),
        _preset(
            "cnn-16-32-bn",
            "CNN 16-32 + BatchNorm",
            "Two convolutions, and batch normalisation between the dense layers.",
            Conv2D(filters=16, padding="same"),
            Conv2D(filters=32, padding="same"),
            MaxPooling2D(),
            Flatten(),
            Dense(units=64),
            BatchNormalization(),
            Dense(units=16),
            BatchNormalization(),
            training=Training(learning_rate=0.01),
            published=Published(0.909, _RAW_BY_MISTAKE),
        ),
        _preset(
            "cnn-32",
            "CNN 32",
            "32 filters; stops early and keeps its best weights.",
            Conv2D(filters=32),
            MaxPooling2D(),
            Flatten(),
            Dense(units=100),
            published=Published(0.908),
            **_PATIENT,
        ),
        _preset(
            "cnn-64",
            "CNN 64",
            "64 filters and a large dense layer: most of its numbers sit after Flatten.",
            Conv2D(filters=64),
            MaxPooling2D(),
            Flatten(),
            Dense(units=128),
        ),
        _preset(
            "cnn-64-64",
            "CNN 64-64",
            "A second convolution shrinks the picture: deeper, and nearly six times fewer numbers.",
            Conv2D(filters=64),
            MaxPooling2D(),
            Conv2D(filters=64),
            MaxPooling2D(),
            Flatten(),
            Dense(units=128),
        ),
        _preset(
            "cnn-32-64-64",
            "CNN 32-64-64",
            "Three convolutions, few numbers, logits at the end.",
            Conv2D(filters=32),
            MaxPooling2D(),
            Conv2D(filters=64),
            MaxPooling2D(),
            Conv2D(filters=64),
            Flatten(),
            Dense(units=64),
            output=Output(logits=True),
        ),
        _preset(
            "lenet-wide",
            "LeNet 5x5 wide",
            "Large filters, dropout, and weights that start far too large: watch the first loss.",
            Conv2D(filters=32, kernel_size=5, padding="same", **_WIDE),
            MaxPooling2D(),
            Conv2D(filters=64, kernel_size=5, padding="same", **_WIDE),
            MaxPooling2D(),
            Flatten(),
            Dense(units=1024, **_WIDE),
            Dropout(rate=0.25),
            output=Output(**_WIDE),
            training=Training(batch_size=128, steps=500),
            published=Published(0.8192),
        ),
        _preset(
            "resnet-8",
            "ResNet 8",
            "Three residual blocks: what comes in goes around two convolutions and is added again. "
            "That is how very deep networks learn.",
            *residual_network(filters=16, blocks=1),
            training=Training(learning_rate=0.003, batch_size=128, schedule="cosine"),
        ),
        _sprint(
            "sprint-90",
            "Sprint 90 %",
            "About 90 % in a breath: both convolutions take every second place, so that little "
            "is left to compute.",
            *_fast(16, size=5, strides=2),
            *_fast(64, strides=2),
            Flatten(),
            Dense(units=64),
            learning_rate=0.25,
            batch_size=256,
            epochs=4,
        ),
        _sprint(
            "sprint-92",
            "Sprint 92 %",
            "About 92 % within a minute: three normalised convolutions at half the size, and "
            "pictures that are flipped.",
            *_fast(32, strides=2),
            *(*_fast(64), MaxPooling2D()),
            *(*_fast(128), MaxPooling2D()),
            Flatten(),
            augmentation=Augmentation(flip=True),
            learning_rate=0.15,
            batch_size=128,
            epochs=8,
        ),
        _sprint(
            "sprint-94",
            "Sprint 94 %",
            "About 94 % in eight minutes: five normalised convolutions, and pictures that are "
            "flipped and moved.",
            *(*block(32), MaxPooling2D()),
            *(*block(64), *block(64), MaxPooling2D()),
            *(*block(128), *block(128), MaxPooling2D()),
            Flatten(),
            augmentation=Augmentation(flip=True, width_shift=0.07, height_shift=0.07),
            optimizer="adamw",
            weight_decay=0.05,
            learning_rate=0.004,
            loss="one-hot",
            label_smoothing=0.05,
            batch_size=128,
            epochs=18,
        ),
    )
}


def preset(name: str) -> Preset:
    """Raises ExperimentError: for an unknown name, with the known ones."""
    try:
        return PRESETS[name]
    except KeyError:
        known = ", ".join(PRESETS)
        raise ExperimentError(
            f"There is no preset {name[:40]!r}. The presets are: {known}."
        ) from None
