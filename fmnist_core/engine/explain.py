"""What a network sees: the answers of all its layers to one picture, and its filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.build import RESCALING, kind_of
from fmnist_core.engine.stack import convolving, layers_of, stages

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


def convolution_outputs(model: keras.Model) -> keras.Model:
    """A model that gives what every convolution answers, by its name. It needs one at least."""
    x, found = model.inputs[0], {}
    for layer in layers_of(model):
        if kind_of(layer) == "ResidualBlock":
            inner = x
            for each in convolving(layer):
                inner = each(inner)
                if kind_of(each) == "Conv2D":
                    found[each.name] = inner
        x = layer(x)
        if kind_of(layer) == "Conv2D":
            found[layer.name] = x
    return keras.Model(model.inputs, found)


def filters(model: keras.Model) -> list[LayerArray]:
    """The kernels of every convolution, in order; those inside residual blocks, too."""
    return [
        LayerArray(each.layer.name, kind_of(each.layer), np.asarray(each.layer.kernel))
        for each in stages(model)
    ]
