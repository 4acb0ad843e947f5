"""What a model worker answers, for a network that was just trained."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from fmnist_core import temperature
from fmnist_core.architecture import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import operations
from fmnist_core.engine.operations import OPERATIONS
from fmnist_core.engine.weights import load_model
from fmnist_core.errors import RunError, RunNotFoundError
from fmnist_core.experiment import Augmentation, Data
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from tests.engine.conftest import Trainer, tiny


@pytest.fixture
def run(store: RunStore, trained: Trainer) -> Any:
    operations._store.cache_clear()
    operations._loaded.clear()
    layers = (Conv2D(filters=3), MaxPooling2D(), Flatten(), Dense(units=5))
    run = store.create(tiny(*layers, data=Data(scaling="raw"), epochs=1))
    trained(run)
    yield run
    operations._store.cache_clear()


def pictures() -> Any:
    return fashion_mnist.load().test_images[..., np.newaxis].astype(np.float32) / 255


def raw(run: Run) -> dict[str, Any]:
    return {"model": run.id, "calibrated": False}


@pytest.mark.parametrize("n", [0, 1, 2, 33, 100])
def test_predict_gives_the_runs_own_probabilities(run: Run, n: int) -> None:
    _, answer = OPERATIONS["predict"](raw(run), {"pictures": pictures()[:n]})
    expected = np.load(run.directory / "test_probabilities.npy")[:n]
    assert answer["probabilities"].shape == (n, 10)
    assert answer["probabilities"].dtype == np.float32
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)


def test_more_pictures_than_the_largest_batch(run: Run) -> None:
    many = np.tile(pictures(), (21, 1, 1, 1))
    _, answer = OPERATIONS["predict"](raw(run), {"pictures": many})
    expected = np.tile(np.load(run.directory / "test_probabilities.npy"), (21, 1))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)


def test_probabilities_are_calibrated_unless_they_are_asked_for_as_they_are(run: Run) -> None:
    known = temperature.read(run.directory)
    assert known is not None
    assert known.temperature != 1
    _, answer = OPERATIONS["predict"]({"model": run.id}, {"pictures": pictures()[:9]})
    expected = temperature.apply(
        np.load(run.directory / "test_probabilities.npy")[:9], known.temperature
    )
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 40])
def test_features_are_what_the_output_layer_is_given(run: Run, n: int) -> None:
    _, answer = OPERATIONS["features"]({"model": run.id}, {"pictures": pictures()[:n]})
    assert answer["features"].shape == (n, 5)
    if n:
        _, maps = OPERATIONS["feature_maps"]({"model": run.id}, {"picture": pictures()[n - 1]})
        np.testing.assert_allclose(answer["features"][-1], maps["4"], rtol=1e-4, atol=1e-4)


def test_feature_maps_are_the_input_and_every_layers_output(run: Run) -> None:
    picture = pictures()[0]
    described, maps = OPERATIONS["feature_maps"]({"model": run.id}, {"picture": picture})
    assert [(layer["name"], layer["kind"]) for layer in described["layers"]] == [
        ("input", "InputLayer"),
        ("conv2d_1", "Conv2D"),
        ("maxpooling2d_1", "MaxPooling2D"),
        ("flatten_1", "Flatten"),
        ("dense_1", "Dense"),
        ("output", "Dense"),
    ]
    shapes = [maps[str(i)].shape for i in range(6)]
    assert shapes == [(28, 28, 1), (26, 26, 3), (13, 13, 3), (507,), (5,), (10,)]
    np.testing.assert_array_equal(maps["0"], picture)
    model = load_model(run.experiment, run.directory / "weights.npz")
    kernel, bias = (np.asarray(w) for w in model.get_layer("conv2d_1").weights)
    corner = np.tensordot(picture[:3, :3] * 255, kernel, axes=3) + bias
    np.testing.assert_allclose(maps["1"][0, 0], np.maximum(corner, 0), rtol=1e-2, atol=1e-2)
    windows = maps["1"].reshape(13, 2, 13, 2, 3)
    np.testing.assert_array_equal(maps["2"], windows.max(axis=(1, 3)))
    expected = np.load(run.directory / "test_probabilities.npy")[0]
    np.testing.assert_allclose(maps["5"], expected, atol=1e-5)


def test_filters_are_the_kernels_of_the_convolutions(run: Run) -> None:
    described, kernels = OPERATIONS["filters"]({"model": run.id}, {})
    assert described == {"layers": [{"name": "conv2d_1", "kind": "Conv2D"}]}
    with np.load(run.directory / "weights.npz") as saved:
        np.testing.assert_array_equal(kernels["0"], saved["w000"])
    asked = {"model": run.id}, {"picture": pictures()[0]}
    answers, maps = OPERATIONS["filter_maps"](*asked)
    assert answers == described
    np.testing.assert_allclose(maps["0"], OPERATIONS["feature_maps"](*asked)[1]["1"], rtol=1e-5)


def test_a_network_without_convolution_has_neither(store: RunStore, trained: Trainer) -> None:
    operations._store.cache_clear()
    dense = store.create(tiny(Flatten(), epochs=1))
    trained(dense)
    for operation, arrays in (("filters", {}), ("filter_maps", {"picture": pictures()[0]})):
        assert OPERATIONS[operation]({"model": dense.id}, arrays) == ({"layers": []}, {})


def test_a_number_comes_from_the_scaled_picture(run: Run) -> None:
    picture = pictures()[0]
    _, maps = OPERATIONS["feature_maps"]({"model": run.id}, {"picture": picture})
    asked = {"model": run.id, "layer": 1, "place": [12, 8, 2]}
    told, arrays = OPERATIONS["pixel"](asked, {"picture": picture})
    assert told["value"] == maps["1"][12, 8, 2]
    np.testing.assert_allclose(arrays["window"], picture[12:15, 8:11] * 255, rtol=1e-6)
    reach = float(np.abs(arrays["window"] * arrays["kernel"]).sum())
    assert told["written"] == pytest.approx(told["value"], abs=2**-7 * reach + 1e-5)


def test_a_checkpoint_answers_as_the_network_of_its_step(run: Run) -> None:
    _, untrained = OPERATIONS["predict"]({"model": f"{run.id}@0"}, {"pictures": pictures()})
    _, trained = OPERATIONS["predict"](raw(run), {"pictures": pictures()})
    labels = fashion_mnist.load().test_labels
    accuracies = [
        (answer["probabilities"].argmax(1) == labels).mean() for answer in (untrained, trained)
    ]
    assert accuracies[0] < accuracies[1]


def test_the_weights_are_read_again_when_they_change(run: Run) -> None:
    loaded = operations.predictor(run.id)
    before = loaded.predict(pictures())
    assert operations.predictor(run.id) is loaded
    weights = run.directory / "weights.npz"
    weights.write_bytes((run.directory / "checkpoints" / "step-000000.npz").read_bytes())
    os.utime(weights, ns=(1, 1))
    assert operations.predictor(run.id) is loaded
    untrained = operations.predictor(f"{run.id}@0").predict(pictures())
    np.testing.assert_array_equal(operations.predictor(run.id).predict(pictures()), untrained)
    assert not np.allclose(before, untrained, atol=1e-3)


def test_only_the_latest_networks_stay_loaded(
    run: Run, store: RunStore, trained: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "LOADED_MODELS", 1)
    first = operations.predictor(run.id)
    other = store.create(tiny(epochs=1))
    trained(other)
    second = operations.predictor(other.id)
    assert operations.predictor(other.id) is second
    assert operations.predictor(run.id) is not first


def test_unknown_and_broken_networks_are_refused(run: Run) -> None:
    with pytest.raises(RunNotFoundError):
        OPERATIONS["predict"]({"model": "no-such-run"}, {"pictures": pictures()})
    other = tiny(Flatten(), Dense(units=6))
    with pytest.raises(RunError, match="not those of this network"):
        load_model(other, run.directory / "weights.npz")
    (run.directory / "weights.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(RunError, match="cannot be read"):
        OPERATIONS["predict"](raw(run), {"pictures": pictures()})


def test_ping_computes() -> None:
    assert OPERATIONS["ping"]({}, {}) == ({"sum": 2.0}, {})


def test_a_picture_is_varied_as_in_training() -> None:
    picture = pictures()[0]
    settings = Augmentation(width_shift=0.2, mixup=0.5).model_dump()
    params = {"augmentation": settings, "seed": 3, "count": 5}
    _, answer = OPERATIONS["varied"](params, {"picture": picture})
    seen = answer["pictures"]
    assert (seen.shape, seen.dtype) == ((5, 28, 28, 1), np.float32)
    assert 0 <= seen.min() < seen.max() <= 1
    assert len({each.tobytes() for each in seen}) == 5
    again = OPERATIONS["varied"](params, {"picture": picture})[1]["pictures"]
    np.testing.assert_array_equal(seen, again)


def test_attention_is_as_sure_as_the_prediction_of_the_same_picture(run: Run) -> None:
    given = pictures()[:1]
    expected = OPERATIONS["predict"]({"model": run.id}, {"pictures": given})[1]["probabilities"][0]
    said, found = OPERATIONS["attention"]({"model": run.id, "wanted": None}, {"picture": given[0]})
    assert said["temperature"] != 1
    powers = np.exp(found["scores"] / said["temperature"])
    np.testing.assert_allclose(powers / powers.sum(), expected, rtol=1e-3)


EXPLAINING = ("attention", "exciting", "surgery", "best_input")


def explain(operation: str, model: str) -> dict[str, Any]:
    """One of the longer questions, about the first convolution of ``run``."""
    params = {"model": model, "layer": "conv2d_1", "filter": 1}
    params |= {"wanted": None, "bias": 0.0, "seed": 0}
    arrays = {"picture": pictures()[0], "kernel": np.zeros((3, 3, 1), np.float32)}
    return OPERATIONS[operation](params, arrays)[1]


@pytest.mark.parametrize("operation", EXPLAINING)
def test_explaining_a_network_leaves_it_as_it_was(
    store: RunStore, trained: Trainer, run: Run, operation: str
) -> None:
    layers = (Conv2D(filters=3), BatchNormalization(), Dropout(), Flatten(), Dense(units=5))
    other = store.create(tiny(*layers, epochs=1))
    trained(other)
    loaded = operations.predictor(other.id)
    weights, answers = loaded.model.get_weights(), loaded.predict(pictures())

    explain(operation, other.id)

    assert operations.predictor(other.id) is loaded
    for before, after in zip(weights, loaded.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(loaded.predict(pictures()), answers)


@pytest.mark.parametrize("operation", EXPLAINING)
def test_another_step_of_a_run_is_explained_anew(run: Run, operation: str) -> None:
    trained, untrained, again = (explain(operation, ref) for ref in (run.id, f"{run.id}@0", run.id))
    assert any(not np.array_equal(trained[name], untrained[name]) for name in trained)
    for name, array in trained.items():
        np.testing.assert_array_equal(array, again[name])
