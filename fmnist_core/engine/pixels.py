"""Where one number of a feature map comes from: what its layer saw, and what it did with it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fmnist_core.convolution import Window
from fmnist_core.engine.build import RESCALING, kind_of, stride_of
from fmnist_core.engine.explain import shown_layers
from fmnist_core.errors import RunError

Params = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]
POOLINGS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def origin(
    model: keras.Model,
    outputs: list[npt.NDArray[np.float32]],
    index: int,
    place: tuple[int, int, int],
) -> tuple[Params, Arrays]:
    """How the number at ``place`` (row, column, channel) of a shown layer came about.

    ``outputs`` are those of all shown layers for one picture, the input first; ``index`` is the
    layer's place among them. Returns JSON and arrays:

    - always ``kind``, and ``value``, which the feature map itself holds;
    - all but the input: the array ``given``, what the layer gets, with the zeros around it: all
      channels (h, w, channels in) for a convolution, else the one of this number (h, w); and in
      it, as [top, left, height, width], ``inner``, the part without zeros, and ``field``, what
      the number sees; the array ``window`` is what is there;
    - a convolution: arrays ``kernel``, like the window, and ``sums`` (channels in,), the sum of
      the products of each channel; ``bias`` (or None), their ``total`` with it, ``activation``,
      and ``written``, the total after the activation;
    - ResidualBlock: ``around``, what comes around the convolutions, and ``change``, what they add;
      ``incoming``, how many maps come in: those after them have zeros around;
    - Activation: ``activation``; BatchNormalization: ``gamma``, ``beta``, ``mean`` and
      ``deviation`` of this channel.

    Raises:
        RunError: there is no such place.
    """
    layers = shown_layers(model)
    found = outputs[index] if 0 <= index < len(outputs) else np.zeros(0)
    inside = found.ndim == 3 and all(
        0 <= at < size for at, size in zip(place, found.shape, strict=True)
    )
    if not inside:
        raise RunError(f"There is no number at {place} of layer {index}. Click on a feature map.")
    layer = layers[index]
    told: Params = {"kind": kind_of(layer), "value": float(found[place])}
    if index == 0:
        return told, {}
    given = _rescaled(model, outputs[0]) if index == 1 else outputs[index - 1]
    row, column, channel = place
    if isinstance(layer, keras.layers.Conv2D):
        window = Window(layer.kernel_size[0], layer.strides[0], layer.padding)
        seen = window.at(given, row, column)
        more, arrays = _convolved(layer, seen, channel)
    elif isinstance(layer, keras.Model):
        more, arrays = _both_ways(layer, given, place), {}
        given = given[..., channel] if channel < given.shape[2] else np.zeros_like(given[..., 0])
        window = Window(stride_of(layer), stride_of(layer), "same")
        seen = window.at(given, row, column)
    else:
        given = given[..., channel]
        window = Window(1)
        if isinstance(layer, POOLINGS):
            window = Window(layer.pool_size[0], layer.strides[0], layer.padding)
        seen = window.at(given, row, column)
        more, arrays = _settings(layer, channel), {}
    side = window.side
    before = [window.pads(size)[0] for size in given.shape[:2]]
    told |= {
        "inner": [*before, *given.shape[:2]],
        "field": [row * window.stride, column * window.stride, side, side],
    }
    return told | more, {"given": window.padded(given), "window": seen, **arrays}


def _convolved(
    layer: keras.layers.Conv2D, seen: npt.NDArray[np.float32], channel: int
) -> tuple[Params, Arrays]:
    kernel = np.asarray(layer.kernel)[..., channel]
    # In float64, as one would on paper: the network itself may round more.
    sums = (seen.astype(np.float64) * kernel).sum(axis=(0, 1))
    bias = float(np.asarray(layer.bias)[channel]) if layer.use_bias else None
    total = float(sums.sum()) + (bias or 0.0)
    told = {
        "bias": bias,
        "total": total,
        "activation": layer.activation.__name__,
        "written": _activated(layer.activation, total),
    }
    return told, {"kernel": kernel, "sums": sums}


def _both_ways(
    block: keras.Model, given: npt.NDArray[np.float32], place: tuple[int, int, int]
) -> Params:
    ways = keras.Model(block.inputs[0], block.layers[-1].input)  # of the addition
    around, change = (float(each[0][place]) for each in ways(given[np.newaxis], training=False))
    return {"around": around, "change": change, "incoming": given.shape[2]}


def _settings(layer: keras.Layer, channel: int) -> Params:
    if isinstance(layer, keras.layers.Activation):
        return {"activation": layer.activation.__name__}
    if isinstance(layer, keras.layers.BatchNormalization):
        weights = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
        gamma, beta, mean, variance = (float(np.asarray(each)[channel]) for each in weights)
        deviation = float(np.sqrt(variance + layer.epsilon))
        return {"gamma": gamma, "beta": beta, "mean": mean, "deviation": deviation}
    return {}


def _activated(activation: Any, total: float) -> float:
    return float(np.asarray(activation(keras.ops.convert_to_tensor([total], "float32")))[0])


def _rescaled(model: keras.Model, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The picture as the first layer gets it."""
    for layer in model.layers:
        if layer.name == RESCALING:
            return picture * np.float32(layer.scale) + np.float32(layer.offset)
    return picture
