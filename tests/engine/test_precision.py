"""bfloat16 only where it pays, and what it changes: the arithmetic, neither weights nor output."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist_core.architecture import Architecture, BatchNormalization, Conv2D, Dense, Flatten
from fmnist_core.datasets import load
from fmnist_core.engine import precision as module
from fmnist_core.engine.build import build
from fmnist_core.engine.learner import learner
from fmnist_core.engine.precision import precision, processor_flags
from fmnist_core.presets import PRESETS

MODE = "ONEDNN_DEFAULT_FPMATH_MODE"


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A processor with matrix tiles, in the app's own worker."""
    monkeypatch.setattr(module, "processor_flags", lambda: frozenset({"avx2", "amx_bf16"}))
    monkeypatch.setenv(MODE, "BF16")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    return monkeypatch


def of(name: str) -> str:
    return precision(PRESETS[name].experiment.architecture)


def test_large_convolutions_compute_in_bfloat16(tiles: pytest.MonkeyPatch) -> None:
    assert of("cnn-64-64") == of("lenet-wide") == "mixed_bfloat16"
    assert of("cnn-16") == of("mlp-350") == "float32"  # few multiplications; none in tiles


def test_without_tiles_so_do_smaller_ones_where_the_processor_can(
    tiles: pytest.MonkeyPatch,
) -> None:
    tiles.setattr(module, "processor_flags", lambda: frozenset({"avx512_bf16"}))
    assert of("cnn-64-64") == of("cnn-16") == "mixed_bfloat16"
    assert of("mlp-350") == "float32"
    tiles.setattr(module, "processor_flags", lambda: frozenset({"avx512_bf16", "amx_bf16"}))
    assert of("cnn-16") == "float32"


def test_float32_where_it_was_asked_for_or_the_processor_cannot(tiles: pytest.MonkeyPatch) -> None:
    tiles.setenv(MODE, "STRICT")
    assert of("cnn-64-64") == "float32"
    tiles.delenv(MODE)
    assert of("cnn-64-64") == "float32"
    tiles.setenv(MODE, "BF16")
    tiles.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert of("cnn-64-64") == "float32"
    tiles.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    tiles.setattr(module, "processor_flags", lambda: frozenset({"avx512f"}))
    assert of("cnn-64-64") == "float32"


def test_what_learns_computes_in_it(tiles: pytest.MonkeyPatch) -> None:
    experiment = PRESETS["cnn-64-64"].experiment
    images, labels = tf.zeros((2, 28, 28), tf.uint8), tf.zeros(2, tf.int32)
    model = learner(experiment, images, labels, None, seed=0).model
    computed = {layer.name: layer.compute_dtype for layer in model.layers}
    assert computed["conv2d_1"] == "bfloat16"
    assert computed["output"] == "float32"


def test_flags_are_those_of_linux_and_none_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nflags\t\t: fpu avx2 amx_bf16\nbugs\t: none\nflags\t: other\n")
    assert processor_flags(path) == {"fpu", "avx2", "amx_bf16"}
    assert processor_flags(tmp_path / "missing") == frozenset()


@pytest.mark.parametrize("filters", [16, 6])  # normalised in bfloat16, and in float32
def test_bfloat16_learns_as_float32_does(filters: int) -> None:
    layers = (Conv2D(filters=filters), BatchNormalization(momentum=0.8), Flatten(), Dense(units=8))
    data = load()
    pictures = tf.constant(data.train_images[:512, ..., None] / np.float32(255))
    labels = tf.constant(data.train_labels[:512].astype(np.int32))
    losses = {}
    for computed in ("float32", "mixed_bfloat16"):
        model = build(Architecture(layers=layers), seed=2, fused=True, precision=computed)
        weights = [each.value for each in model.trainable_variables]
        assert {each.dtype for each in weights} == {tf.float32}
        seen = []
        for k in range(96):
            batch = slice(32 * (k % 16), 32 * (k % 16) + 32)
            with tf.GradientTape() as tape:
                given = model(pictures[batch], training=True)
                loss = mean_loss(labels[batch], given)
            assert given.dtype == tf.float32
            seen.append(float(loss))
            # Slow: with larger steps any rounding, of float32 too, leads somewhere else.
            for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
                weight.assign_sub(0.01 * gradient)
        losses[computed] = float(np.mean(seen[-16:]))
    assert losses["float32"] < 0.8
    assert losses["mixed_bfloat16"] == pytest.approx(losses["float32"], rel=0.1)


def mean_loss(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(keras.ops.sparse_categorical_crossentropy(labels, given))
