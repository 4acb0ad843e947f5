"""What a network answers on its validation pictures when the weights of a convolution are others.

The network itself keeps its weights: the others are handed to one pass that uses them instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.datasets import splits
from fmnist_core.engine.exciting import chunk_size
from fmnist_core.engine.inputs import dataset_now
from fmnist_core.engine.stack import Network, Stage, logits, stage, tool
from fmnist_core.engine.steps import as_pictures
from fmnist_core.errors import RunError

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
KEPT = 64
"""Answers to remember: a class tries the same changes."""
Judge = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def answer(
    network: Network, params: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """{"layer", "filter", "bias"} {"kernel": (h, w, channels in)} -> {} {"indices", "labels",
    "before", "after"}, (n,) each: classes of the validation pictures, and what it takes them for.

    Raises RunError: no such filter, a kernel that does not fit it, or no validation pictures.
    """
    number = int(params["filter"])
    found = stage(network.model, params["layer"], number)
    experiment = network.experiment
    data = dataset_now(experiment)
    indices = splits.split_of(experiment.data, data, experiment.seed).validation
    if not len(indices):
        raise RunError(
            "This network was trained without validation pictures, so nothing can be counted. "
            "Train one with a validation fraction of 0.05 or more."
        )
    kernel, bias = weights(found, number, arrays["kernel"], float(params["bias"]))
    judge = tool(network, ("judge", found.layer.name), lambda: judge_of(network.model, found))
    images, size = data.train_images, chunk_size(network.model, found)
    if "before" not in network.known:
        network.known["before"] = answers(judge, size, images, indices, *weights(found))
        network.known["after"] = {}
    known, change = network.known["after"], (found.layer.name, kernel.tobytes(), bias.tobytes())
    if change not in known:
        if len(known) >= KEPT:
            known.clear()
        known[change] = answers(judge, size, images, indices, kernel, bias)
    return {}, {
        "indices": indices,
        "labels": data.train_labels[indices],
        "before": network.known["before"],
        "after": known[change],
    }


def weights(
    stage: Stage, number: int = 0, kernel: npt.NDArray[Any] | None = None, bias: float = 0.0
) -> tuple[Floats, Floats]:
    """Copies of a convolution's weights, one filter replaced by ``kernel`` if that is given.

    A convolution without bias has zeros here, whatever ``bias`` says.
    """
    layer = stage.layer
    kernels, *rest = layer.get_weights()  # copies
    biases = rest[0] if rest else np.zeros(layer.filters, np.float32)
    if kernel is not None:
        if kernel.shape != kernels.shape[:3] or not np.isfinite(kernel).all():
            raise RunError(
                f"A filter of {layer.name} has {kernels.shape[:3]} numbers, received "
                f"{kernel.shape}. Give as many, all finite."
            )
        kernels[..., number] = kernel
        biases[number] = bias if layer.use_bias else 0.0
    return kernels, biases


def judge_of(model: keras.Model, stage: Stage) -> Judge:
    """(images uint8 (n, h, w), kernels, biases) -> the class of each, int64 (n,)."""
    layer = stage.layer

    def judge(images: tf.Tensor, kernels: tf.Tensor, biases: tf.Tensor) -> tf.Tensor:
        others = [(layer.kernel, kernels), *([(layer.bias, biases)] if layer.use_bias else [])]
        with keras.StatelessScope(state_mapping=others):
            return tf.argmax(logits(model, as_pictures(images)), axis=-1)

    return tf.function(judge)


def answers(
    judge: Judge,
    size: int,
    images: npt.NDArray[np.uint8],
    indices: npt.NDArray[np.int64],
    kernels: Floats,
    biases: Floats,
) -> Labels:
    """The class of every picture of ``indices`` in ``images``, uint8 (n,)."""
    given = tf.constant(kernels), tf.constant(biases)
    found = []
    for i in range(0, len(indices), size):
        chunk = indices[i : i + size]
        filled = np.pad(chunk, (0, size - len(chunk)), mode="edge")
        found.append(judge(tf.constant(images[filled]), *given).numpy()[: len(chunk)])
    return np.concatenate(found).astype(np.uint8)
