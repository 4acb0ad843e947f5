"""Where a network looks, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fmnist_core.architecture import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    ResidualBlock,
)
from fmnist_core.engine import attention
from fmnist_core.engine.attention import Attention, Grid, answer, grid_of
from fmnist_core.engine.stack import stages
from tests.engine.networks import Network, network, picture, some_picture


def two_maps(logits: bool = True) -> Network:
    """Maps 2x and relu(1 - x) of a picture of 2 x 2, and known slopes of class 0 along them."""
    made = network(Conv2D(filters=2, kernel_size=1), Flatten(), side=2, classes=2, logits=logits)
    slopes = np.array([[1, -2], [3, 0], [0, 0], [0, -2]]).reshape(8)
    dense = np.stack([slopes, np.full(8, 7)], axis=1)
    kernel = np.array([[[[2, -1]]]])
    made.model.set_weights([kernel, np.array([0, 1]), dense, np.zeros(2)])
    return made


@pytest.mark.parametrize("logits", [True, False])
def test_grad_cam_by_hand(logits: bool) -> None:
    asked = Attention(two_maps(logits).model)
    found = asked.grad_cam(picture([[1, 0.5], [0, 0.25]]), 0)
    assert found is not None
    # Maps [[2, 1], [0, 0.5]] and [[0, 0.5], [1, 0.75]], mean slopes 1 and -1.
    np.testing.assert_allclose(found.cam, [[2, 0.5], [0, 0]], atol=1e-6)
    assert found.size == pytest.approx(2)  # |2| + |0|, |1| + |-0.5|, ...
    # One by one the places add 2, 3, 0 and -1.5.
    assert found.share == pytest.approx(2.5 / 5)


def test_grad_cam_looks_behind_the_activation_of_a_linear_convolution() -> None:
    linear = Conv2D(filters=3, activation="linear", use_bias=False)
    made = network(linear, BatchNormalization(), Activation(), MaxPooling2D(), Flatten(), side=8)
    asked = Attention(made.model)
    assert asked.stage is not None
    assert asked.stage.layers[-1].name == "activation_1"
    given = asked.grad_cam(some_picture(8), 3)
    assert given is not None
    assert given.cam.shape == (6, 6)


def test_grad_cam_looks_behind_the_last_residual_block() -> None:
    blocks = ResidualBlock(filters=3), ResidualBlock(filters=4, strides=2)
    made = network(
        Conv2D(filters=3), *blocks, BatchNormalization(), Activation(), Flatten(), side=12
    )
    said, found = answer(made, {"wanted": 3}, {"picture": some_picture(12)})
    asked = Attention(made.model)
    assert asked.stage is not None
    assert asked.stage.layers[-1].name == "activation_1"
    assert (said["layer"], found["grad_cam"].shape) == ("residualblock_2", (5, 5))
    # A window of 3, then the mean of two: the first stands for pixels 1 and 2.
    assert grid_of(asked.stage) == Grid(1.5, 2)


def test_without_a_convolution_there_is_no_grad_cam_but_the_other_two() -> None:
    said, found = answer(
        network(Flatten(), Dense(units=4), side=6), {"wanted": None}, {"picture": some_picture(6)}
    )
    assert said == {"wanted": int(found["scores"].argmax())}
    assert "grad_cam" not in found
    assert found["occlusion"].shape == found["integrated_gradients"].shape == (6, 6)


def test_occlusion_of_a_network_that_looks_at_one_pixel() -> None:
    made = network(Flatten(), side=9, classes=2)
    weights = np.zeros((81, 2))
    weights[3 * 9 + 4, 1] = 5
    made.model.set_weights([weights, np.zeros(2)])
    given = some_picture(9)
    fall, covered = Attention(made.model).occlusion(given, 1)
    expected = np.zeros((9, 9))
    expected[1:6, 2:7] = 5 * given[3, 4, 0]  # wherever a square of 5 reaches row 3, column 4
    np.testing.assert_allclose(fall, expected, atol=1e-6)
    np.testing.assert_allclose(covered[..., 1], 5 * given[3, 4, 0] - expected, atol=1e-6)
    assert not covered[..., 0].any()


@pytest.mark.parametrize(
    "layers",
    [
        (Flatten(), Dense(units=20), Dense(units=9, activation="tanh")),
        (Conv2D(filters=4), MaxPooling2D(), Conv2D(filters=6), Flatten(), Dropout()),
        (Conv2D(filters=4, padding="same"), BatchNormalization(), Flatten(), Dense(units=9)),
    ],
)
@pytest.mark.parametrize(("points", "tolerance"), [(attention.PATH, 0.01), (2_048, 0.0005)])
def test_integrated_gradients_are_complete(
    layers: Any, points: int, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PATH", points)
    asked = Attention(network(*layers, side=12).model)
    given = some_picture(12)
    scores = asked.scores(given[None])[0]
    rises = scores - asked.scores(0 * given[None])[0]
    for wanted in (0, 7):
        shares = asked.integrated_gradients(given, wanted)
        assert shares.sum() == pytest.approx(rises[wanted], abs=tolerance * float(np.ptp(scores)))


def test_integrated_gradients_of_a_linear_network_are_weight_times_pixel() -> None:
    made = network(Flatten(), side=5)
    given = some_picture(5)
    shares = Attention(made.model).integrated_gradients(given, 2)
    weights = np.asarray(made.model.get_layer("output").kernel)[:, 2].reshape(5, 5)
    np.testing.assert_allclose(shares, weights * given[..., 0], rtol=1e-5)


def test_scores_are_the_logits_of_either_output() -> None:
    given = some_picture(2)[None]
    expected = two_maps(logits=True).model(given)
    np.testing.assert_allclose(Attention(two_maps(logits=False).model).scores(given), expected)


def test_a_chosen_class_is_explained_instead_of_the_predicted_one() -> None:
    made = network(Conv2D(filters=3), Flatten(), side=8)
    given = some_picture(8)
    said, found = answer(made, {"wanted": 3}, {"picture": given})
    assert said["wanted"] == 3 != found["scores"].argmax()
    expected = Attention(made.model)
    np.testing.assert_array_equal(found["occlusion"], expected.occlusion(given, 3)[0])
    cam = expected.grad_cam(given, 3)
    assert cam is not None
    np.testing.assert_array_equal(found["grad_cam"], cam.cam)
    assert (said["layer"], said["first"], said["step"]) == ("conv2d_1", 1.0, 1.0)


@pytest.mark.parametrize(
    ("layers", "grid"),
    [
        ((Conv2D(),), Grid(1, 1)),  # 28 -> 26: the first middle is pixel 1
        ((Conv2D(padding="same"),), Grid(0, 1)),
        ((Conv2D(kernel_size=5, strides=2),), Grid(2, 2)),
        ((Conv2D(strides=2, padding="same"),), Grid(1, 2)),  # 14 x 2 + 1 = 29: all padding behind
        ((Conv2D(kernel_size=2, padding="same"),), Grid(0.5, 1)),
        ((Conv2D(), MaxPooling2D(), Conv2D()), Grid(3.5, 2)),  # 1; pixels 1 and 2; one step of 2 on
    ],
)
def test_places_of_a_map_lie_where_they_look(layers: Any, grid: Grid) -> None:
    model = network(*layers, Flatten()).model
    assert grid_of(stages(model)[-1]) == grid
