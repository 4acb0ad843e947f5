"""Architecture -> Keras model."""

from __future__ import annotations

from typing import Any

import keras

from fmnist_core.architecture import (
    Activation,
    AnyLayer,
    Architecture,
    BatchNormalization,
    Output,
    ResidualBlock,
    layer_names,
)
from fmnist_core.blocks import convolution
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
        if isinstance(layer, ResidualBlock):
            x = _residual_block(layer, name, x, fused, precision)
            continue
        # The fused operation is for maps; of the rows behind Flatten there is little to compute.
        x = _layer(layer, name, fused and len(x.shape) == 4, precision)(x)
    x = _output(architecture.output, architecture.output_units, output_name)(x)
    return keras.Model(inputs, x)


def kind_of(layer: keras.Layer) -> str:
    """What the architecture calls a layer of a model that ``build`` made."""
    return "ResidualBlock" if isinstance(layer, keras.Model) else type(layer).__name__


def stride_of(block: keras.Model) -> int:
    """Of a residual block."""
    poolings = (each for each in block.layers if isinstance(each, keras.layers.AveragePooling2D))
    return next((pooling.strides[0] for pooling in poolings), 1)


def _layer(layer: AnyLayer, name: str, fused: bool, precision: Precision) -> keras.Layer:
    # Our layers carry Keras' names and arguments; only l2 and the initialisers need translation.
    settings = layer.model_dump(exclude={"kind"}) | {"dtype": precision}
    if "kernel_initializer" in settings:
        settings |= _kernel(settings)
        del settings["l2"]
    if fused and layer.kind == "BatchNormalization":
        return FusedBatchNormalization(name=name, **settings)
    return getattr(keras.layers, layer.kind)(name=name, **settings)


def _residual_block(
    block: ResidualBlock, name: str, x: keras.KerasTensor, fused: bool, precision: Precision
) -> keras.KerasTensor:
    """A model of its own, so that the network stays a chain of named layers that a file can hold;
    not while it trains, where that would convert numbers between precisions."""
    if fused:
        return _both_ways(block, name, x, fused, precision)
    inputs = keras.Input(x.shape[1:], name=f"{name}_input")
    return keras.Model(inputs, _both_ways(block, name, inputs, fused, precision), name=name)(x)


def _both_ways(
    block: ResidualBlock, name: str, x: keras.KerasTensor, fused: bool, precision: Precision
) -> keras.KerasTensor:
    """Through the convolutions and around them."""
    around, missing = x, block.filters - x.shape[-1]
    for number, strides in enumerate((block.strides, 1), 1):
        for layer in (
            BatchNormalization(momentum=block.momentum),
            Activation(),
            convolution(block.filters, strides=strides),
        ):
            x = _layer(layer, f"{name}_{layer.kind.lower()}_{number}", fused, precision)(x)
    if block.strides > 1:
        around = keras.layers.AveragePooling2D(
            block.strides, padding="same", name=f"{name}_smaller", dtype=precision
        )(around)
    if missing:
        around = keras.ops.pad(around, [[0, 0], [0, 0], [0, 0], [0, missing]])
    return keras.layers.Add(name=f"{name}_add", dtype=precision)([around, x])


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
