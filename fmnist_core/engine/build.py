"""Architecture -> Keras model."""

from __future__ import annotations

from typing import Any

import keras

from fmnist_core.architecture import AnyLayer, Architecture, Output, layer_names
from fmnist_core.engine.normalization import FusedBatchNormalization
from fmnist_core.engine.precision import Precision

RESCALING = "rescaling"


def build(
    architecture: Architecture,
    rescale: tuple[float, float] | None = None,
    seed: int = 0,
    *,
    fused: bool = False,
    precision: Precision = "float32",
) -> keras.Model:
    """A functional model from pictures (n, h, w, channels) float32 in [0, 1] to (n, classes), or
    to (n, 1) with one sigmoid unit.

    Layers are named as ``layer_names`` says. ``rescale`` (scale, offset) adds a parameter-free
    layer that turns [0, 1] into the numbers that the network learns from. The seed is Keras'
    global one: it decides the initial weights and, later, dropout. ``fused`` computes the same
    faster, with a layer that only this program knows: not for files. ``precision`` is what the
    layers before the output compute with; weights and output are float32.
    """
    keras.utils.set_random_seed(seed)
    *names, output_name = layer_names(architecture)
    inputs = keras.Input(architecture.input_shape, name="pictures")
    x = inputs
    if rescale:
        x = keras.layers.Rescaling(*rescale, name=RESCALING)(x)
    for layer, name in zip(architecture.layers, names, strict=True):
        # The fused operation is for maps; of the rows behind Flatten there is little to compute.
        x = _layer(layer, name, fused and len(x.shape) == 4, precision)(x)
    x = _output(architecture.output, architecture.output_units, output_name)(x)
    return keras.Model(inputs, x)


def _layer(layer: AnyLayer, name: str, fused: bool, precision: Precision) -> keras.Layer:
    # Our layers carry Keras' names and arguments; only l2 and the initialisers need translation.
    settings = layer.model_dump(exclude={"kind"}) | {"dtype": precision}
    if "kernel_initializer" in settings:
        settings |= _kernel(settings)
        del settings["l2"]
    if fused and layer.kind == "BatchNormalization":
        return FusedBatchNormalization(name=name, **settings)
    return getattr(keras.layers, layer.kind)(name=name, **settings)


def _output(output: Output, units: int, name: str) -> keras.Layer:
    activation = "linear" if output.logits else "sigmoid" if output.binary else "softmax"
    settings = _kernel(output.model_dump())
    return keras.layers.Dense(units, activation=activation, name=name, **settings)


def _kernel(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "kernel_initializer": _initializer(settings["kernel_initializer"]),
        "bias_initializer": _initializer(settings["bias_initializer"]),
        "kernel_regularizer": keras.regularizers.L2(settings["l2"]) if settings["l2"] else None,
    }


def _initializer(name: str) -> keras.initializers.Initializer:
    if name == "standard_normal":
        return keras.initializers.RandomNormal(mean=0.0, stddev=1.0)
    return keras.initializers.get(name)
