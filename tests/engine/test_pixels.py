"""Where a number of a feature map comes from, checked against the feature map itself."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from fmnist_core.architecture import (
    Activation,
    Architecture,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dropout,
    Flatten,
    MaxPooling2D,
    ResidualBlock,
)
from fmnist_core.convolution import Convolution
from fmnist_core.datasets import load
from fmnist_core.engine.build import build
from fmnist_core.engine.explain import all_outputs
from fmnist_core.engine.pixels import origin
from fmnist_core.errors import RunError

LAYERS = (
    Conv2D(filters=4, padding="same", strides=2, bias_initializer="standard_normal"),
    BatchNormalization(),
    Activation(activation="tanh"),
    MaxPooling2D(),
    Conv2D(filters=3, kernel_size=2, activation="elu", use_bias=False),
    Dropout(),
    AveragePooling2D(),
    ResidualBlock(filters=4, strides=2),
    ResidualBlock(filters=4),
    Flatten(),
)
BF16 = 2**-7
"""Two numbers of 8 bits: how far off a product may be where the processor multiplies so."""


@pytest.fixture(scope="module")
def network() -> tuple[keras.Model, list[Any]]:
    """A network of every layer that has maps, and its outputs for one picture."""
    model = build(Architecture(layers=LAYERS), rescale=(2.0, -0.5), seed=3)
    normalisation = model.get_layer("batchnormalization_1")
    shift = np.arange(4, dtype=np.float32)
    normalisation.set_weights([1 + shift, shift, shift / 2, 1 + shift / 4])
    picture = load().test_images[0, :, :, np.newaxis].astype(np.float32) / 255
    outputs = all_outputs(model)([picture[np.newaxis]], training=False)
    return model, [np.asarray(output)[0] for output in outputs]


@pytest.mark.parametrize(
    ("index", "place"), [(1, (0, 0, 0)), (1, (13, 13, 3)), (1, (6, 7, 2)), (5, (5, 3, 2))]
)
def test_a_convolutions_products_bias_and_activation_make_the_value(network, index, place):
    model, outputs = network
    told, arrays = origin(model, outputs, index, place)
    products = arrays["window"].astype(np.float64) * arrays["kernel"]
    np.testing.assert_allclose(arrays["sums"], products.sum(axis=(0, 1)))
    assert told["total"] == pytest.approx(products.sum() + (told["bias"] or 0))
    reach = float(np.abs(products).sum()) + abs(told["bias"] or 0)
    assert told["written"] == pytest.approx(told["value"], abs=BF16 * reach + 1e-5)
    assert told["value"] == outputs[index][place]


def test_a_convolution_says_what_it_saw(network):
    model, outputs = network
    told, arrays = origin(model, outputs, 1, (0, 0, 1))
    kernel, bias = (np.asarray(weight) for weight in model.get_layer("conv2d_1").weights)
    # 28 with a stride of 2 needs one zero, and it comes after: the first window has none.
    assert told["inner"] == [0, 0, 28, 28]
    assert told["field"] == [0, 0, 3, 3]
    assert arrays["given"].shape == (29, 29, 1)
    np.testing.assert_allclose(arrays["window"][..., 0], 2 * outputs[0][:3, :3, 0] - 0.5)
    np.testing.assert_array_equal(arrays["kernel"], kernel[..., 1])
    assert told["bias"] == bias[1]
    assert told["activation"] == "relu"
    told, arrays = origin(model, outputs, 1, (13, 13, 1))
    assert told["field"] == [26, 26, 3, 3]
    assert not arrays["window"][2].any()


def test_every_channel_has_its_own_slice(network):
    model, outputs = network
    told, arrays = origin(model, outputs, 5, (2, 3, 1))
    np.testing.assert_array_equal(arrays["window"], outputs[4][2:4, 3:5])
    assert arrays["kernel"].shape == (2, 2, 4)
    assert (told["bias"], told["activation"]) == (None, "elu")


def test_pooling_shows_its_window(network):
    model, outputs = network
    told, arrays = origin(model, outputs, 4, (3, 2, 1))
    np.testing.assert_array_equal(arrays["window"], outputs[3][6:8, 4:6, 1])
    assert told["value"] == arrays["window"].max()
    assert told["field"] == [6, 4, 2, 2]
    np.testing.assert_array_equal(arrays["given"], outputs[3][..., 1])
    told, arrays = origin(model, outputs, 7, (1, 0, 2))
    assert told["value"] == pytest.approx(arrays["window"].mean(), abs=1e-6)


def test_one_number_in_one_out(network):
    model, outputs = network
    told, arrays = origin(model, outputs, 2, (4, 5, 3))
    normalised = (arrays["window"].item() - told["mean"]) / told["deviation"]
    assert told["gamma"] * normalised + told["beta"] == pytest.approx(told["value"], abs=1e-5)
    told, arrays = origin(model, outputs, 3, (4, 5, 3))
    assert told["activation"] == "tanh"
    assert np.tanh(arrays["window"].item()) == pytest.approx(told["value"], abs=1e-5)
    told, arrays = origin(model, outputs, 6, (1, 1, 0))
    assert arrays["window"].item() == told["value"]
    assert origin(model, outputs, 0, (14, 14, 0))[0]["kind"] == "InputLayer"


def test_a_residual_block_has_two_ways(network):
    model, outputs = network
    told, arrays = origin(model, outputs, 8, (0, 0, 2))
    assert (told["kind"], told["incoming"]) == ("ResidualBlock", 3)
    np.testing.assert_array_equal(arrays["window"], outputs[7][:2, :2, 2])
    assert told["around"] == pytest.approx(arrays["window"].mean(), abs=1e-6)
    assert told["around"] + told["change"] == pytest.approx(told["value"], abs=1e-3)
    told, arrays = origin(model, outputs, 8, (0, 1, 3))  # a map that nothing comes around of
    assert (told["around"], arrays["given"].any()) == (0, False)
    assert told["change"] == pytest.approx(told["value"], abs=1e-3)
    told, arrays = origin(model, outputs, 9, (0, 1, 3))
    assert told["around"] == arrays["window"].item() == outputs[8][0, 1, 3]
    assert told["change"] != 0


@pytest.mark.parametrize(("index", "place"), [(1, (14, 0, 0)), (10, (0, 0, 0)), (99, (0, 0, 0))])
def test_a_place_that_is_not_there_is_refused(network, index, place):
    model, outputs = network
    with pytest.raises(RunError, match="no number at"):
        origin(model, outputs, index, place)


@pytest.mark.parametrize("size", [27, 28])
@pytest.mark.parametrize("side", [2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_convolution_by_hand_equals_keras(size, side, stride, padding):
    rng = np.random.default_rng(side)
    picture = rng.random((size, size)).astype(np.float32)
    by_hand = Convolution(
        rng.normal(size=(side, side)), stride=stride, padding=padding, bias=0.1, pooling="max"
    )
    layer = keras.layers.Conv2D(1, side, stride, padding, activation="relu")
    maps = picture[np.newaxis, :, :, np.newaxis]
    layer.build(maps.shape)
    layer.set_weights([by_hand.kernel[..., np.newaxis, np.newaxis], np.array([0.1])])
    found = layer(maps)
    expected = by_hand.feature_map(picture)
    reach = Convolution(np.abs(by_hand.kernel), stride=stride, padding=padding).feature_map(picture)
    assert (np.abs(np.asarray(found)[0, ..., 0] - expected) <= BF16 * reach + 1e-5).all()
    pooled = np.asarray(keras.layers.MaxPooling2D()(found))[0, ..., 0]
    np.testing.assert_allclose(by_hand.pooled(expected), pooled, atol=BF16 * reach.max() + 1e-5)
