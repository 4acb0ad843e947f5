"""Longer questions to a model: many pictures at once, one update, a map. Arrays in and out.

As in ``model_server``, the answers come from a model worker and every function raises what its
methods raise; nothing here loads TensorFlow or scikit-learn.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets import Dataset, load, splits
from fmnist_core.embedding import Components
from fmnist_core.experiment import Data, Experiment
from fmnist_core.model_server import Caller

Bytes = npt.NDArray[np.uint8]
SAMPLE = 1000
"""Validation pictures that a network is looked at with, the same at every step."""
COMPONENTS = 50
"""Of the features; t-SNE begins with these."""
PATIENCE = 60.0
"""Seconds for a network that has to be loaded first, on a busy machine."""


@dataclass(frozen=True, eq=False)
class LayerSize:
    """How large a layer's numbers are: means of absolute values over many pictures."""

    name: str
    kind: str
    activation: float
    units: int
    """Units or filters."""
    dead: tuple[int, ...] | None
    """ReLU units (filters) above zero for no picture; None without ReLU."""
    gradient: float | None
    """Of its weights; None without any."""


@dataclass(frozen=True)
class Weights:
    """One trainable array of a network."""

    path: str
    """``conv2d_1/kernel``"""
    shape: tuple[int, ...]
    largest: tuple[int, ...]
    """Index of its largest gradient."""


@dataclass(frozen=True, eq=False)
class Step:
    """One update: the batch, its loss before and after, and one weight."""

    step: int
    epoch: int
    loss: float
    after: float
    optimizer: str
    learning_rate: float
    variables: tuple[Weights, ...]
    variable: str
    index: tuple[int, ...]
    weight: float
    gradient: float
    new: float
    indices: npt.NDArray[np.int32]
    """Of the batch, into the training set."""
    labels: npt.NDArray[np.int32]
    """As learned: with the experiment's label noise."""
    pictures: npt.NDArray[np.float32]
    """(n, 28, 28, 1) in [0, 1], as learned: with the experiment's augmentation."""


def validation_sample(
    experiment: Experiment, n: int = SAMPLE, dataset: Dataset | None = None
) -> npt.NDArray[np.int64]:
    """At most ``n`` of an experiment's validation pictures, evenly over the classes and sorted by
    them: indices into the training set of its ``dataset`` (None: Fashion-MNIST).
    Empty if it keeps none."""
    return _sample(dataset or load(), experiment.data, experiment.seed, n)


@functools.lru_cache(maxsize=64)
def _sample(dataset: Dataset, data: Data, seed: int, n: int) -> npt.NDArray[np.int64]:
    split = splits.split_of(data, dataset, seed)
    chosen = splits.panel(dataset.train_labels, split.validation, seed, n)
    chosen.flags.writeable = False
    return chosen


def probabilities(backend: Caller, model: str, images: Bytes) -> npt.NDArray[np.float32]:
    """float32 (n, classes) for ``images`` uint8 (n, h, w) or (n, h, w, 3)."""
    params = {"model": model, "components": 0}
    return backend.call("survey", params, {"images": images}, PATIENCE)[1]["probabilities"]


def features(
    backend: Caller, model: str, images: Bytes
) -> tuple[npt.NDArray[np.float32], Components, int]:
    """Probabilities, the main components of what the output layer is given, and how many numbers
    that is for each picture. ``images`` are uint8 (n, h, w) or (n, h, w, 3)."""
    params = {"model": model, "components": COMPONENTS}
    result, arrays = backend.call("survey", params, {"images": images}, PATIENCE)
    found = Components(arrays["points"], tuple(result["shares"]))
    return arrays["probabilities"], found, int(result["features"])


def tsne(backend: Caller, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
    """The t-SNE map (n, 2) of points (n, d), made in the background: None until it is there, so
    ask again. One that nobody asks for any more is given up."""
    return backend.call("tsne", {}, {"points": points})[1].get("map")


def layer_sizes(
    backend: Caller, model: str, images: Bytes, labels: npt.NDArray[Any]
) -> list[LayerSize]:
    """Activations and gradients of every layer for ``images`` uint8 (n, h, w) or (n, h, w, 3)."""
    arrays: dict[str, npt.NDArray[Any]] = {"images": images, "labels": labels}
    result, _ = backend.call("layer_sizes", {"model": model}, arrays, PATIENCE)
    return [
        LayerSize(**{**each, "dead": None if each["dead"] is None else tuple(each["dead"])})
        for each in result["layers"]
    ]


def one_step(
    backend: Caller,
    model: str,
    *,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    variable: str | None = None,
    index: tuple[int, ...] | None = None,
) -> Step:
    """The update that a run makes next, from these weights; the model itself stays as it is.

    None is the experiment's own optimizer and rate, and the weight with the largest gradient.
    """
    params = {
        "model": model,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "variable": variable,
        "index": None if index is None else list(index),
    }
    result, arrays = backend.call("one_step", params, {}, PATIENCE)
    variables = tuple(
        Weights(each["path"], tuple(each["shape"]), tuple(each["largest"]))
        for each in result["variables"]
    )
    known = {**result, "index": tuple(result["index"]), "variables": variables}
    return Step(
        **known,
        indices=arrays["indices"],
        labels=arrays["labels"],
        pictures=arrays["pictures"],
    )
