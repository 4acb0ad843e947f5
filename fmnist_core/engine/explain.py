"""What a network sees: the answers of all its layers to one picture, and its filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.build import RESCALING, kind_of

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LayerArray:
    """One layer and its numbers: feature maps (h, w, channels) or (units,), or the kernels
    (height, width, channels in, channels out) of a convolution; float32."""

    name: str
    kind: str
    """Keras' class name."""
    array: Floats


def shown_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers of the architecture, the input first; the rescaling is part of the input."""
    return [layer for layer in model.layers if layer.name != RESCALING]


def all_outputs(model: keras.Model) -> keras.Model:
    """A model that gives the outputs of all shown layers in one forward pass."""
    first, *layers = model.layers
    outputs = {first.name: model.inputs[0]}
    for layer in layers:  # called anew: a block's own output is not that of its place in the model
        outputs[layer.name] = layer(next(reversed(outputs.values())))
    return keras.Model(model.inputs, [outputs[layer.name] for layer in shown_layers(model)])


def penultimate(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """What the output layer decides by, as (n, units) numbers: the network's own description."""
    described = keras.Model(model.inputs, model.layers[-1].input)
    return lambda pictures: keras.ops.reshape(
        described(pictures, training=False), (keras.ops.shape(pictures)[0], -1)
    )


def filters(model: keras.Model) -> list[LayerArray]:
    """The kernels of every convolution, in order."""
    return [
        LayerArray(layer.name, kind_of(layer), np.asarray(layer.kernel))
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
