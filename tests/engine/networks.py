"""Networks with weights that a test chose, as those that look into them meet them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fmnist_core.architecture import AnyLayer, Architecture, Output
from fmnist_core.engine.build import build
from fmnist_core.experiment import Data, Experiment


@dataclass
class Network:
    model: keras.Model
    experiment: Experiment
    tools: dict[Any, Any] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict)


def network(
    *layers: AnyLayer,
    side: int = 28,
    classes: int = 10,
    logits: bool = True,
    data: Data | None = None,
) -> Network:
    """Random weights, biases and statistics included, the same every time."""
    architecture = Architecture(
        layers=layers,
        output=Output(logits=logits),
        input_shape=(side, side, 1),
        classes=classes,
    )
    model = build(architecture)
    drawn = np.random.default_rng(0)
    for weight in model.weights:
        # Small biases, so that the answers depend on the picture.
        scale = 2 / np.sqrt(np.prod(weight.shape[:-1])) if len(weight.shape) > 1 else 0.1
        values = drawn.normal("gamma" in weight.name, scale, weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
    return Network(model, Experiment(architecture=architecture, data=data or Data()))


def picture(rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.asarray(rows, np.float32)[..., np.newaxis]


def some_picture(side: int = 28, seed: int = 1) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).random((side, side, 1), np.float32)
