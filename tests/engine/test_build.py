"""Keras must count what our arithmetic counts, for the presets and for random stacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings

from fmnist_core.architecture import (
    Architecture,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Output,
    ResidualBlock,
)
from fmnist_core.engine.build import RESCALING, build, kind_of
from fmnist_core.engine.explain import all_outputs
from fmnist_core.presets import PRESETS
from fmnist_core.summary import summarise
from tests.strategies import architectures


def assert_same_counts(architecture: Architecture) -> None:
    model = build(architecture)
    rows = summarise(architecture).rows
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert [layer.name for layer in layers] == [row.name for row in rows]
    for layer, row in zip(layers, rows, strict=True):
        trainable = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
        assert kind_of(layer) == row.kind
        assert layer.output.shape[1:] == row.output_shape, row.name
        assert (layer.count_params(), trainable) == (row.parameters, row.trainable_parameters)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_keras_shapes_and_counts(name: str) -> None:
    assert_same_counts(PRESETS[name].experiment.architecture)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(architectures())
def test_a_random_stack_has_keras_shapes_and_counts(architecture: Architecture) -> None:
    assert_same_counts(architecture)


def test_every_setting_of_a_layer_reaches_keras() -> None:
    convolution = Conv2D(
        filters=3,
        kernel_size=5,
        strides=2,
        padding="same",
        activation="gelu",
        use_bias=False,
        kernel_initializer="he_normal",
        l2=0.01,
    )
    dense = Dense(units=4, activation="tanh", bias_initializer="standard_normal")
    model = build(Architecture(layers=(convolution, Flatten(), dense), output=Output(l2=0.5)))
    conv, kdense, output = (model.get_layer(n) for n in ("conv2d_1", "dense_1", "output"))
    assert (conv.kernel_size, conv.strides, conv.padding) == ((5, 5), (2, 2), "same")
    assert conv.activation is keras.activations.gelu
    assert not conv.use_bias
    assert isinstance(conv.kernel_initializer, keras.initializers.HeNormal)
    assert conv.kernel_regularizer.l2 == pytest.approx(0.01)
    assert kdense.activation is keras.activations.tanh
    assert kdense.kernel_regularizer is None
    assert kdense.bias_initializer.stddev == 1.0
    assert output.kernel_regularizer.l2 == pytest.approx(0.5)
    assert output.activation is keras.activations.softmax


def test_standard_normal_weights_have_deviation_one() -> None:
    layers = (Flatten(), Dense(units=400, kernel_initializer="standard_normal"))
    kernel = np.asarray(build(Architecture(layers=layers)).get_layer("dense_1").kernel)
    assert kernel.std() == pytest.approx(1.0, abs=0.02)


def test_the_seed_decides_the_weights() -> None:
    architecture = PRESETS["mlp-128"].experiment.architecture
    one, again, other = (build(architecture, seed=seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_scaling_lives_inside_the_model() -> None:
    architecture = Architecture(layers=(Flatten(),), output=Output(logits=True))
    plain, raw = build(architecture), build(architecture, rescale=(255.0, -3.0))
    raw.set_weights(plain.get_weights())
    picture = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    assert raw.count_params() == plain.count_params()
    assert [layer.name for layer in raw.layers][1] == RESCALING
    np.testing.assert_allclose(raw(picture), plain(picture * 255.0 - 3.0), rtol=1e-4, atol=1e-3)


def test_logits_have_no_softmax() -> None:
    layers = (Flatten(),)
    logits = build(Architecture(layers=layers, output=Output(logits=True)))
    softmax = build(Architecture(layers=layers))
    picture = np.ones((1, 28, 28, 1), np.float32)
    np.testing.assert_allclose(
        keras.ops.softmax(logits(picture)), softmax(picture), rtol=1e-4, atol=1e-6
    )


RESIDUAL = (
    Conv2D(filters=3, padding="same"),
    ResidualBlock(filters=3),
    ResidualBlock(filters=5, strides=2, momentum=0.7),
    Flatten(),
)


def test_a_residual_block_adds_what_came_in() -> None:
    model = build(Architecture(layers=RESIDUAL), seed=1)
    pictures = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    shown = all_outputs(model)
    changed = [np.asarray(maps) for maps in shown([pictures])]
    for name in ("residualblock_1", "residualblock_2"):  # convolutions that add nothing
        block = model.get_layer(name)
        *others, last = block.get_weights()
        assert last.shape[:2] == (3, 3)
        block.set_weights([*others, np.zeros_like(last)])
    given, same, smaller = (np.asarray(maps) for maps in shown([pictures])[1:4])
    np.testing.assert_array_equal(same, given)
    means = given.reshape(2, 14, 2, 14, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(smaller[..., :3], means, atol=1e-6)
    assert not smaller[..., 3:].any()
    assert np.abs(changed[2] - given).max() > 0.01
    assert np.abs(changed[3][..., 3:]).max() > 0.01


def test_a_residual_block_reads_and_writes_as_its_formula_says() -> None:
    """Normalised, ReLU, convolution, twice (He et al. 2016), worked out from the weights."""
    model = build(Architecture(layers=RESIDUAL[:2] + RESIDUAL[3:]), seed=1)
    block, random = model.get_layer("residualblock_1"), np.random.default_rng(0)
    weights = [random.random(each.shape, np.float32) + 0.5 for each in block.get_weights()]
    block.set_weights(weights)
    given = random.normal(size=(1, 28, 28, 3)).astype(np.float32)
    x = tf.constant(given)
    for gamma, beta, mean, variance, kernel in (weights[:5], weights[5:]):
        x = tf.nn.relu((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta)
        x = tf.nn.conv2d(x, kernel - (kernel.mean() if kernel is weights[-1] else 0), 1, "SAME")
    block.set_weights([*weights[:-1], weights[-1] - weights[-1].mean()])
    np.testing.assert_allclose(block(given), given + x, rtol=0.02, atol=0.05)


def test_a_residual_blocks_momentum_reaches_keras() -> None:
    block = build(Architecture(layers=RESIDUAL)).get_layer("residualblock_2")
    normalisations = [
        layer for layer in block.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert [layer.momentum for layer in normalisations] == [0.7, 0.7]


def test_what_trains_is_the_network_that_answers() -> None:
    """Weight for weight, though the layers of a block are then the network's own."""
    architecture = Architecture(layers=RESIDUAL)
    plain, fused = build(architecture, seed=1), build(architecture, seed=1, fused=True)
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    drawn = np.random.default_rng(0)
    fused.set_weights([drawn.random(each.shape) + 0.1 for each in fused.get_weights()])
    plain.set_weights(fused.get_weights())
    pictures = drawn.random((4, 28, 28, 1), np.float32)
    for training in (False, True):
        np.testing.assert_allclose(
            fused(pictures, training=training), plain(pictures, training=training), atol=0.01
        )
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_a_file_with_residual_blocks_needs_nothing_of_this_program(tmp_path: Path) -> None:
    model = build(Architecture(layers=RESIDUAL), seed=1)
    model.save(tmp_path / "model.keras")
    path = str(tmp_path / "model.keras")
    read = (
        "import sys, keras, numpy as np; model = keras.models.load_model(sys.argv[1]);"
        "np.save(sys.argv[1] + '.npy', model(np.full((1, 28, 28, 1), 0.5, np.float32)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", read, path], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    given = np.full((1, 28, 28, 1), 0.5, np.float32)
    np.testing.assert_allclose(np.load(path + ".npy"), model(given), rtol=0.01, atol=1e-4)


def test_the_fused_normalisation_learns_what_keras_learns() -> None:
    architecture = Architecture(
        layers=(Conv2D(filters=4), BatchNormalization(momentum=0.8), Flatten())
    )
    plain, fused = build(architecture, seed=1), build(architecture, seed=1, fused=True)
    pictures = tf.constant(np.random.default_rng(0).random((16, 28, 28, 1), np.float32))
    for _ in range(3):
        gradients = []
        for model in (plain, fused):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(model(pictures, training=True)[:, 3])
            gradients.append(tape.gradient(loss, [v.value for v in model.trainable_variables]))
        for theirs, ours in zip(*gradients, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-4)
    for theirs, ours in zip(plain.get_weights(), fused.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert plain.get_weights()[4].any()  # the moving mean has moved
    np.testing.assert_allclose(fused(pictures), plain(pictures), atol=1e-5)
