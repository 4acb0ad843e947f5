"""Many pictures at once, for a network whose every weight is chosen by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from fmnist_core.architecture import Architecture, Dense, Flatten, Output, ResidualBlock
from fmnist_core.embedding import pca
from fmnist_core.engine import survey as module
from fmnist_core.engine.build import build
from fmnist_core.engine.survey import layer_sizes, survey
from fmnist_core.experiment import Experiment

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 28, 28), dtype=np.uint8)
LABELS = RANDOM.integers(0, 10, 20)


def by_hand(logits: bool = False) -> tuple[keras.Model, Experiment]:
    """Three ReLU units: the first pixel, its negative, and nothing (a bias of -1)."""
    experiment = Experiment(
        architecture=Architecture(layers=(Flatten(), Dense(units=3)), output=Output(logits=logits))
    )
    model = build(experiment.architecture)
    kernel = np.zeros((784, 3), np.float32)
    kernel[0, :2] = 1, -1
    output = np.zeros((3, 10), np.float32)
    output[0, 4] = 2
    bias = np.array([0, 0, -1], np.float32)
    model.set_weights([kernel, bias, output, np.zeros(10, np.float32)])
    return model, experiment


@pytest.mark.parametrize("logits", [False, True])
def test_probabilities_come_from_either_output(
    logits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)  # 8, 8 and 4
    described, arrays = survey(*by_hand(logits), IMAGES, components=0)
    assert described == {}
    first = np.exp(IMAGES[:, 0, 0] / 255 * 2)
    np.testing.assert_allclose(arrays["probabilities"][:, 4], first / (first + 9), rtol=1e-2)


def test_features_are_what_the_output_layer_is_given() -> None:
    described, arrays = survey(*by_hand(), IMAGES, components=50)
    assert described["features"] == 3
    units = np.zeros((20, 3))
    units[:, 0] = IMAGES[:, 0, 0] / 255
    np.testing.assert_allclose(arrays["points"], pca(units, 3).points, atol=1e-2)
    assert described["shares"] == pytest.approx([1, 0, 0], abs=1e-6)


@pytest.mark.parametrize("at_once", [256, 8])
def test_sizes_and_dead_units_by_hand(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the pictures go through at once or, where they are large, in parts."""
    monkeypatch.setattr(module, "CHUNK", at_once)
    found: dict[str, Any] = layer_sizes(*by_hand(), IMAGES, LABELS)
    flatten, dense, output = found["layers"]
    pixels = IMAGES / 255
    assert (flatten["name"], flatten["dead"], flatten["gradient"]) == ("flatten_1", None, None)
    assert flatten["activation"] == pytest.approx(pixels.mean(), rel=1e-3)
    assert dense["activation"] == pytest.approx(pixels[:, 0, 0].mean() / 3, rel=1e-2)
    # The negative of a pixel is never above zero, nor is a bias of -1.
    assert (dense["units"], dense["dead"]) == (3, [1, 2])
    assert (output["units"], output["dead"]) == (10, None)
    raised = np.exp(2 * pixels[:, 0, 0])
    chances = np.repeat((1 / (raised + 9))[:, None], 10, axis=1)
    chances[:, 4] *= raised
    assert found["loss"] == pytest.approx(-np.log(chances[np.arange(20), LABELS]).mean(), rel=1e-2)
    error = (chances - np.eye(10)[LABELS]) / 20
    kernel = np.zeros((3, 10))
    kernel[0] = pixels[:, 0, 0] @ error
    expected = np.abs([*kernel.ravel(), *error.sum(axis=0)]).mean()
    assert output["gradient"] == pytest.approx(expected, rel=2e-2)


def test_a_network_is_only_looked_at() -> None:
    model, experiment = by_hand()
    before = model.get_weights()
    layer_sizes(model, experiment, IMAGES, LABELS)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_residual_block_is_one_layer_with_the_gradients_of_its_convolutions() -> None:
    experiment = Experiment(
        architecture=Architecture(layers=(ResidualBlock(filters=2, strides=4), Flatten()))
    )
    found = layer_sizes(build(experiment.architecture), experiment, IMAGES, LABELS)
    assert [layer["kind"] for layer in found["layers"]] == ["ResidualBlock", "Flatten", "Dense"]
    assert found["layers"][0]["gradient"] > 0
    assert found["layers"][0]["units"] == 2
