"""What a filter is good for: held against brute force, a rebuilt network, a known kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fmnist_core.architecture import (
    Activation,
    BatchNormalization,
    Conv2D,
    Flatten,
    MaxPooling2D,
    ResidualBlock,
)
from fmnist_core.datasets import load
from fmnist_core.datasets.splits import split
from fmnist_core.engine import ascent, exciting, surgery
from fmnist_core.engine.build import build
from fmnist_core.engine.explain import (
    all_outputs,
    convolution_outputs,
    filters,
    shown_layers,
)
from fmnist_core.errors import RunError
from fmnist_core.experiment import Data
from tests.engine.networks import Network, network

PLAIN = (Conv2D(filters=5), MaxPooling2D(), Conv2D(filters=4), Flatten())
NORMALISED = (
    Conv2D(filters=4, activation="linear", use_bias=False, padding="same"),
    BatchNormalization(),
    Activation(),
    MaxPooling2D(pool_size=4),
    Flatten(),
)
RESIDUAL = (
    Conv2D(filters=3, padding="same"),
    ResidualBlock(filters=4, strides=2),
    ResidualBlock(filters=4),
    Flatten(),
)
INSIDE = [f"residualblock_{block}_conv2d_{number}" for block in (1, 2) for number in (1, 2)]


@pytest.fixture(autouse=True)
def _small(small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMNIST_DATA_DIR", str(small_set))


def as_inputs(indices: Any) -> Any:
    return load().train_images[indices][..., np.newaxis].astype(np.float32) / 255


def brute_force(made: Network, layer: str, number: int, candidates: Any) -> Any:
    maps = answers_of(made, layer, as_inputs(candidates))
    return maps[..., number].max(axis=(1, 2))


def answers_of(made: Network, layer: str, pictures: Any) -> Any:
    """What a layer gives, inside a residual block, too: the block is given what comes before it."""
    names = [each.name for each in shown_layers(made.model)]
    outputs = all_outputs(made.model)(pictures)
    if layer in names:
        return np.asarray(outputs[names.index(layer)])
    at = names.index(layer[: len("residualblock_1")])
    block = made.model.get_layer(names[at])
    inner = keras.Model(block.inputs, block.get_layer(layer).output)
    return np.asarray(inner(outputs[at - 1]))


@pytest.mark.parametrize(
    ("layers", "layer", "answered_by"),
    [
        (PLAIN, "conv2d_1", "conv2d_1"),
        (PLAIN, "conv2d_2", "conv2d_2"),
        (NORMALISED, "conv2d_1", "activation_1"),
        (RESIDUAL, INSIDE[0], "residualblock_1_activation_2"),
        (RESIDUAL, INSIDE[1], INSIDE[1]),
        (RESIDUAL, INSIDE[2], "residualblock_2_activation_2"),
    ],
)
@pytest.mark.parametrize("number", [0, 3])
def test_the_nine_are_those_of_a_brute_force_search(
    layers: Any, layer: str, answered_by: str, number: int
) -> None:
    made = network(*layers)
    parts = split(load().train_labels, 0.1, 0)
    candidates = np.concatenate([parts.validation, parts.train])
    expected = brute_force(made, answered_by, number, candidates)
    order = np.argsort(-expected, kind="stable")[:9]

    said, found = exciting.answer(made, {"layer": layer, "filter": number}, {})

    np.testing.assert_array_equal(found["indices"], candidates[order])
    np.testing.assert_allclose(found["peaks"], expected[order], rtol=1e-5)
    np.testing.assert_array_equal(found["held_out"], np.isin(candidates[order], parts.validation))
    np.testing.assert_allclose(found["maps"].max(axis=(1, 2)), found["peaks"], rtol=1e-5)
    assert said == {
        "validation": 60,
        "train": 540,
        "awake": int((expected > 0).sum()),
        "dead": False,
        "answer": answered_by,
    }


@pytest.mark.parametrize(
    ("layers", "layer", "dead"),
    [(PLAIN, "conv2d_1", True), (RESIDUAL, INSIDE[0], True), (RESIDUAL, INSIDE[1], False)],
)
def test_only_a_relu_dies(layers: Any, layer: str, dead: bool) -> None:
    """A linear filter that is nowhere above zero still has its say."""
    made = network(*layers)
    kernel = found_in(made.model, layer).kernel
    kernel.assign(-np.abs(kernel))
    said, _ = exciting.answer(made, {"layer": layer, "filter": 0}, {})
    assert (said["awake"], said["dead"]) == (0, dead)


def test_training_pictures_only_fill_up(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = split(load().train_labels, 0.1, 0, 50)
    made = network(*PLAIN, data=Data(train_size=50))
    for most, train in ((100, 40), (60, 0), (30, 0), (1_000, 50)):
        monkeypatch.setattr(exciting, "LOOKED_THROUGH", most)
        validation, filled = exciting.candidates(made.experiment, load())
        np.testing.assert_array_equal(validation, parts.validation[:most])
        np.testing.assert_array_equal(filled, parts.train[:train])


def balanced(made: Network) -> Network:
    """No class is ahead of the others in the mean, so that a small change is seen."""
    output = made.model.get_layer("output")
    output.bias.assign_sub(np.asarray(made.model(as_inputs(slice(None)))).mean(axis=0))
    return made


def rebuilt(made: Network, layer: str, number: int, kernel: Any, bias: float) -> keras.Model:
    """The same network once more, with these weights in the filter's place."""
    model = build(made.experiment.architecture)
    model.set_weights(made.model.get_weights())
    convolution = found_in(model, layer)
    weights = convolution.get_weights()
    weights[0][..., number] = kernel
    if len(weights) > 1:
        weights[1][number] = bias
    convolution.set_weights(weights)
    return model


def found_in(model: keras.Model, layer: str) -> Any:
    inside = layer in INSIDE
    return (model.get_layer(layer[: len("residualblock_1")]) if inside else model).get_layer(layer)


@pytest.mark.parametrize(
    ("layers", "layer"),
    [
        (PLAIN, "conv2d_1"),
        (PLAIN, "conv2d_2"),
        (NORMALISED, "conv2d_1"),
        *[(RESIDUAL, name) for name in INSIDE],
    ],
)
@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_surgery_answers_as_a_network_rebuilt_with_the_other_filter(
    layers: Any, layer: str, bias: float
) -> None:
    made = balanced(network(*layers))
    shape = found_in(made.model, layer).kernel.shape[:3]
    kernel = np.zeros(shape, np.float32) if bias == 0 else np.full(shape, 0.5, np.float32)
    validation = split(load().train_labels, 0.1, 0).validation

    params = {"layer": layer, "filter": 2, "bias": bias}
    _, found = surgery.answer(made, params, {"kernel": kernel})

    np.testing.assert_array_equal(found["indices"], validation)
    np.testing.assert_array_equal(found["labels"], load().train_labels[validation])
    pictures = as_inputs(validation)
    expected = np.asarray(rebuilt(made, layer, 2, kernel, bias)(pictures)).argmax(axis=1)
    np.testing.assert_array_equal(found["after"], expected)
    np.testing.assert_array_equal(found["before"], np.asarray(made.model(pictures)).argmax(axis=1))
    assert (found["before"] != found["after"]).any()
    # The network itself keeps its weights.
    np.testing.assert_array_equal(np.asarray(made.model(pictures)).argmax(axis=1), found["before"])


def test_the_filter_itself_as_its_replacement_changes_nothing() -> None:
    made = network(*PLAIN)
    kernels, biases = made.model.get_layer("conv2d_1").get_weights()
    params = {"layer": "conv2d_1", "filter": 1, "bias": float(biases[1])}
    _, found = surgery.answer(made, params, {"kernel": kernels[..., 1]})
    np.testing.assert_array_equal(found["before"], found["after"])


@pytest.mark.parametrize(
    ("params", "kernel", "message"),
    [
        ({"layer": "conv2d_9", "filter": 0}, (3, 3, 1), "no convolution 'conv2d_9'"),
        ({"layer": "conv2d_1", "filter": 5}, (3, 3, 1), "no filter 5; give 0 to 4"),
        ({"layer": "conv2d_1", "filter": 0}, (5, 5, 1), "received \\(5, 5, 1\\)"),
    ],
)
def test_surgery_on_what_is_not_there_is_refused(params: Any, kernel: Any, message: str) -> None:
    with pytest.raises(RunError, match=message):
        surgery.answer(network(*PLAIN), {"bias": 0.0, **params}, {"kernel": np.zeros(kernel)})


def test_without_validation_pictures_there_is_no_surgery() -> None:
    made = network(*PLAIN, data=Data(validation_fraction=0))
    params = {"layer": "conv2d_1", "filter": 0, "bias": 0.0}
    with pytest.raises(RunError, match="without validation pictures"):
        surgery.answer(made, params, {"kernel": np.zeros((3, 3, 1))})


def climbed(made: Network, seed: int = 0) -> Any:
    params = {"layer": "conv2d_1", "filter": 1, "seed": seed}
    return ascent.answer(made, params, {})


def test_a_filter_for_vertical_edges_wants_vertical_stripes() -> None:
    made = network(*PLAIN)
    layer = made.model.get_layer("conv2d_1")
    kernels, biases = layer.get_weights()
    kernels[:, :, 0, 1], biases[1] = [[-1, 0, 1]] * 3, 0
    layer.set_weights([kernels, biases])

    said, found = climbed(made)

    assert said == {"steps": ascent.STEPS}
    end = found["end"]
    assert end.shape == (28, 28, 1)
    assert end.min() >= 0
    assert end.max() <= 1
    across, down = (np.abs(np.diff(end[..., 0], axis=axis)).mean() for axis in (1, 0))
    assert across > 2 * down
    assert found["end_map"].mean() > 4 * found["start_map"].mean()
    for name in ("start", "end"):
        maps = np.asarray(layer(found[name][np.newaxis]))[0, ..., 1]
        np.testing.assert_allclose(found[f"{name}_map"], maps, atol=1e-5)


def test_a_filter_that_noise_does_not_wake_is_woken_all_the_same() -> None:
    made = network(*PLAIN)
    layer = made.model.get_layer("conv2d_1")
    kernels, biases = layer.get_weights()
    kernels[..., 1], biases[1] = 1, -6  # noise of 0.5 gives 9 x 0.5 - 6
    layer.set_weights([kernels, biases])
    found = climbed(made)[1]
    assert not found["start_map"].any()
    assert found["end_map"].max() > 2


@pytest.mark.parametrize("layer", INSIDE)
def test_a_filter_inside_a_residual_block_has_its_best_input(layer: str) -> None:
    made = network(*RESIDUAL)
    found = ascent.answer(made, {"layer": layer, "filter": 1, "seed": 0}, {})[1]
    assert found["end_map"].mean() > found["start_map"].mean() + 0.1
    behind = layer.replace("conv2d_1", "activation_2")
    for name in ("start", "end"):
        expected = answers_of(made, behind, found[name][np.newaxis])[0, ..., 1]
        np.testing.assert_allclose(found[f"{name}_map"], expected, atol=1e-5)


def test_all_convolutions_are_listed_with_what_they_make_of_a_picture() -> None:
    made = network(*RESIDUAL)
    listed = filters(made.model)
    assert [each.name for each in listed] == ["conv2d_1", *INSIDE]
    assert [each.array.shape for each in listed] == [
        (3, 3, *channels) for channels in ((1, 3), (3, 4), (4, 4), (4, 4), (4, 4))
    ]
    picture = as_inputs([7])
    maps = convolution_outputs(made.model)(picture)
    assert sorted(maps) == sorted(each.name for each in listed)
    for name, given in maps.items():
        expected = answers_of(made, name, picture)
        np.testing.assert_allclose(np.asarray(given), expected, rtol=1e-5, atol=1e-6)


def test_the_seed_decides_the_noise_and_with_it_the_picture() -> None:
    made = network(*NORMALISED)
    first, again, other = (climbed(made, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["end"], again["end"])
    assert not np.array_equal(first["start"], other["start"])
    assert first["start"].mean() == pytest.approx(0.5, abs=0.02)
