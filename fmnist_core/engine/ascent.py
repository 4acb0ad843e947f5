"""The input that a filter answers most to, found by gradient ascent from grey noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.stack import Network, Stage, stage, through, tool

Floats = npt.NDArray[np.float32]
STEPS = 48
RATE = 0.06
"""How far a step moves the pixels, in the mean: the size of a gradient means little."""
ROUGHNESS = 0.3
"""What neighbours that differ cost, against the filter's gain: without it the picture is noise."""
GREY, NOISE = 0.5, 0.1
DEAD = 0.01
"""Weight of the answers below zero, which otherwise have no gradient to follow."""

Climb = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


def answer(
    network: Network, params: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """{"layer", "filter", "seed"} {} -> {"steps"} {"start", "end": (28, 28, 1) in [0, 1],
    "start_map", "end_map": the filter's answers to them (h, w)}."""
    number = int(params["filter"])
    found = stage(network.model, params["layer"], number)
    climb = tool(network, ("climb", found.layer.name), lambda: climb_of(found))
    start = noise(network.model.input_shape[1:], int(params["seed"]))
    end, *maps = (
        each.numpy()[0] for each in climb(tf.constant(start[np.newaxis]), tf.constant(number))
    )
    return {"steps": STEPS}, {"start": start, "end": end, "start_map": maps[0], "end_map": maps[1]}


def noise(shape: tuple[int, ...], seed: int) -> Floats:
    """Grey with a little noise, in [0, 1]: the same for the same seed."""
    drawn = np.random.default_rng(seed).normal(GREY, NOISE, shape)
    return np.clip(drawn, 0, 1).astype(np.float32)


def climb_of(stage: Stage) -> Climb:
    """(picture (1, h, w, 1), filter) -> (best picture, answer at the start, answer at the end)."""

    def drive(picture: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """The filter's answer before its activation, which would hide what is below zero."""
        x, layer = through(stage.before, picture), stage.layer
        x = keras.ops.conv(x, layer.kernel, strides=layer.strides, padding=layer.padding)
        if layer.use_bias:
            x += layer.bias
        behind = stage.behind
        x = through([each for each in behind if not isinstance(each, keras.layers.Activation)], x)
        return x[..., number]

    def gain(picture: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        # The square prefers a few strong answers to a weak one everywhere.
        found = drive(picture, number)
        return tf.reduce_mean(tf.nn.relu(found) ** 2) + DEAD * tf.reduce_mean(found)

    def climb(picture: tf.Tensor, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        now = picture
        for _ in tf.range(STEPS):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(now)
                gained, rough = gain(now, number), tf.reduce_sum(tf.image.total_variation(now))
            up = _of_size_one(tape.gradient(gained, now))
            down = _of_size_one(tape.gradient(rough, now))
            now = tf.clip_by_value(now + RATE * (up - ROUGHNESS * down), 0.0, 1.0)
        answers = [through(stage.layers, each)[..., number] for each in (picture, now)]
        return now, answers[0], answers[1]

    return tf.function(climb)


def _of_size_one(gradient: tf.Tensor) -> tf.Tensor:
    """Scaled so that its root mean square is 1; zero stays zero."""
    return gradient / (tf.sqrt(tf.reduce_mean(gradient**2)) + 1e-12)
