"""Many pictures at once: what a network answers, what it feels like inside, what its layers do."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.embedding import pca
from fmnist_core.engine.answers import probabilities
from fmnist_core.engine.build import kind_of
from fmnist_core.engine.explain import all_outputs, shown_layers
from fmnist_core.engine.steps import as_pictures, loss_function, total_loss
from fmnist_core.engine.streaming import pictures_at_once
from fmnist_core.experiment import Experiment

Arrays = dict[str, npt.NDArray[Any]]
CHUNK = 256
"""Pictures in one forward pass: the first layer's maps of a thousand would take 170 MB."""


def survey(
    model: keras.Model, experiment: Experiment, images: npt.NDArray[np.uint8], components: int
) -> tuple[dict[str, Any], Arrays]:
    """Probabilities of ``images`` uint8 (n, h, w), and their features if they are wanted.

    The features are what the output layer is given. They come as their first ``components``
    principal components, because a wide layer has thousands of them.

    Returns:
        {"features", "shares"} and {"probabilities" (n, classes), "points" (n, components)}; the
        points, the number of features and their shares only where ``components`` is not 0.
    """
    output = model.get_layer("output")
    inner = keras.Model(model.inputs, [output.input, model.output])
    chunk = pictures_at_once(model, CHUNK)
    parts = [
        [part.numpy() for part in inner(as_pictures(images[i : i + chunk]), training=False)]
        for i in range(0, len(images), chunk)
    ]
    features, given = (np.concatenate(part) for part in zip(*parts, strict=True))
    given = probabilities(tf.constant(given), experiment.architecture.output.logits).numpy()
    if not components:
        return {}, {"probabilities": given}
    found = pca(features, components)
    described = {"features": features.shape[1], "shares": list(found.shares)}
    return described, {"probabilities": given, "points": found.points}


def layer_sizes(
    model: keras.Model,
    experiment: Experiment,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[Any],
) -> dict[str, Any]:
    """How large activations and gradients are on ``images`` uint8 (n, h, w), layer by layer.

    Nothing is changed: the loss is taken as when the network is judged, without dropout.

    Returns:
        {"loss", "layers": [{"name", "kind", "activation", "units", "dead", "gradient"}]}. The
        sizes are means of absolute values; "dead" lists the ReLU units (or filters) that are above
        zero for no picture, None for a layer without ReLU; "gradient" is None without weights.
    """
    outputs = all_outputs(model)
    loss_of = loss_function(experiment.training, experiment.architecture)
    paths = [variable.path for variable in model.trainable_variables]
    variables = [variable.value for variable in model.trainable_variables]
    total, slopes = 0.0, [np.zeros(v.shape, np.float64) for v in variables]
    shown = shown_layers(model)
    size = [0.0] * len(shown)
    highest: list[npt.NDArray[Any]] = [np.array(-np.inf)] * len(shown)
    at_once = pictures_at_once(model, CHUNK)
    for i in range(0, len(images), at_once):
        part = images[i : i + at_once]
        share = len(part) / len(images)
        with tf.GradientTape() as tape:
            answers = outputs(as_pictures(part), training=False)
            wanted = tf.constant(labels[i : i + at_once].astype(np.int32))
            loss = total_loss(model, loss_of(wanted, answers[-1])) * share
        total += float(loss)
        for slope, gradient in zip(slopes, tape.gradient(loss, variables), strict=True):
            slope += gradient.numpy()
        for place, answer in enumerate(each.numpy() for each in answers):
            size[place] += float(np.abs(answer).mean(dtype=np.float64)) * share
            top = answer.max(axis=tuple(range(answer.ndim - 1)))
            highest[place] = np.maximum(highest[place], top)
    gradients = dict(zip(paths, slopes, strict=True))
    layers = [
        _sizes(layer, size[place], highest[place], gradients)
        for place, layer in enumerate(shown)
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    return {"loss": total, "layers": layers}


def _sizes(
    layer: keras.Layer,
    size: float,
    highest: npt.NDArray[Any],
    gradients: dict[str, npt.NDArray[np.float64]],
) -> dict[str, Any]:
    """``highest``: the largest answer of each unit (units,) to any picture."""
    own = [gradients[v.path].ravel() for v in layer.trainable_variables]
    is_relu = getattr(layer, "activation", None) is keras.activations.relu
    return {
        "name": layer.name,
        "kind": kind_of(layer),
        "activation": size,
        "units": len(highest),
        "dead": np.flatnonzero(highest <= 0).tolist() if is_relu else None,
        "gradient": float(np.abs(np.concatenate(own)).mean()) if own else None,
    }
