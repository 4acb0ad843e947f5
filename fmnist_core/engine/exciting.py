"""Which pictures excite a filter most, among the validation pictures and, if those are few, the
training pictures of its run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.datasets import splits
from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.engine.inputs import dataset_now
from fmnist_core.engine.stack import Network, Stage, stage, through, tool
from fmnist_core.engine.steps import as_pictures
from fmnist_core.engine.streaming import pictures_at_once
from fmnist_core.experiment import Experiment

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
LOOKED_THROUGH = 10_000
SHOWN = 9
NUMBERS = 8_000_000
"""Activations of the layer in one pass, at most, if that is more than the fewest pictures: 32 MB.
Those of a larger layer before it may have as many as ``streaming.NUMBERS``."""
SMALLEST_CHUNK, LARGEST_CHUNK = 16, 128
"""Powers of two: oneDNN keeps code for every size that it has met."""


def answer(
    network: Network, params: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """{"layer", "filter"} {} -> {"validation", "train": how many were looked through, "awake": on
    how many of them it rises above zero, "dead": it is a ReLU's and does so on none, "answer": the
    layer whose output was looked at} {"indices", "held_out", "peaks": (9,), "maps": (9, h, w)},
    the most exciting first."""
    number = int(params["filter"])
    found = stage(network.model, params["layer"], number)
    data = dataset_now(network.experiment)
    validation, train = candidates(network.experiment, data)
    indices = np.concatenate([validation, train])
    answers = tool(network, ("answers", found.layer.name), lambda: _answers(found))
    key = "peaks", found.layer.name
    if key not in network.known:
        size = chunk_size(network.model, found)
        network.known[key] = peaks(answers, size, data.train_images, indices)
    excitement = network.known[key][:, number]
    top = np.argsort(-excitement, kind="stable")[:SHOWN]
    maps = answers(tf.constant(data.train_images[indices[top]]))[..., number].numpy()
    awake = int((excitement > 0).sum())
    said = {
        "validation": len(validation),
        "train": len(train),
        "awake": awake,
        "dead": found.rectified and not awake,
        "answer": found.layers[-1].name,
    }
    return said, {
        "indices": indices[top],
        "held_out": top < len(validation),
        "peaks": excitement[top],
        "maps": maps,
    }


def candidates(experiment: Experiment, dataset: Dataset) -> tuple[Indices, Indices]:
    """Validation and training pictures of a run, 10,000 together if there are so many.

    Validation comes first; training pictures only fill up, in the order of the data.
    """
    split = splits.split_of(experiment.data, dataset, experiment.seed)
    validation = split.validation[:LOOKED_THROUGH]
    return validation, split.train[: LOOKED_THROUGH - len(validation)]


def peaks(
    answers: Callable[[tf.Tensor], tf.Tensor],
    size: int,
    images: npt.NDArray[np.uint8],
    indices: Indices,
) -> Floats:
    """The largest answer of each filter anywhere in each picture: (n, filters)."""
    found = []
    for i in range(0, len(indices), size):
        chunk = indices[i : i + size]
        filled = np.pad(chunk, (0, size - len(chunk)), mode="edge")
        # The largest here, not in the pass: the same pass gives the maps of the nine.
        given = answers(tf.constant(images[filled]))
        found.append(tf.reduce_max(given, axis=(1, 2)).numpy()[: len(chunk)])
    return np.concatenate(found)


def chunk_size(model: keras.Model, stage: Stage) -> int:
    """Pictures in one pass through a convolution and, no less, through what lies before it."""
    numbers = int(np.prod(stage.layer.output.shape[1:]))
    fitting = 1 << max(0, (NUMBERS // numbers).bit_length() - 1)
    wanted = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, fitting))
    return pictures_at_once(model, wanted)


def _answers(stage: Stage) -> Callable[[tf.Tensor], tf.Tensor]:
    """uint8 (n, h, w) -> the answers of all filters (n, h, w, filters)."""
    return tf.function(lambda images: through(stage.layers, as_pictures(images)))
