"""Runs generated scripts of folders: the same network and data as ours, trained by Keras alone."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist_core.codegen import keras_script
from fmnist_core.engine.answers import right
from fmnist_core.engine.build import build
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.steps import as_pictures, loss_function
from fmnist_core.experiment import Experiment
from fmnist_core.folders import FOLDER_PRESETS, Folder, FolderStore, experiment_for
from fmnist_core.summary import summarise
from tests.engine.test_codegen import run
from tests.test_codegen_folder import EVERYTHING, draw_folder, experiment_of, imported

VARIED = (*EVERYTHING, "data.augmentation.flip=true", "data.augmentation.erase=6")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folders of two and of three shapes are imported."""
    return tmp_path_factory.mktemp("folders")


@pytest.fixture(scope="module")
def two(root: Path) -> tuple[Path, Folder]:
    path = draw_folder(root / "two", {"train": (17, 16), "validation": (6, 7)})
    return path, imported(root, path)


@pytest.fixture(scope="module")
def three(root: Path) -> tuple[Path, Folder]:
    path = draw_folder(root / "three", {"": (11, 13, 12)})
    return path, imported(root, path)


def names_of(experiment: Experiment) -> dict[str, Any]:
    """What the script defines, Keras and all."""
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(keras_script(experiment), "script.py", "exec"), names)
    return names


def compiled_with(experiment: Experiment, names: dict[str, Any]) -> tuple[Any, Any]:
    """The loss and the metric that the script compiles its model with."""
    source = keras_script(experiment)
    loss = re.search(r"loss=(.*),\n", source)
    metric = re.search(r"metrics=\[(.*)\],\n", source)
    assert loss is not None
    assert metric is not None
    return eval(loss[1], names), eval(metric[1], names)


def assert_same_network(experiment: Experiment, path: Path, root: Path) -> None:
    """Layers, parameters, initial weights and answers, and what a batch looks like."""
    names = names_of(experiment)
    dataset = FolderStore(root).dataset(experiment.data.folder, experiment.architecture.input_shape)
    inputs = prepare(experiment, dataset)
    ours = build(experiment.architecture, inputs.rescale, experiment.seed)
    pictures, labels, splits = names["read_pictures"](path)
    train, _, _ = names["split"](labels, splits)
    standardised = experiment.data.scaling == "standardise"
    theirs = names["build_model"](*((pictures, train) if standardised else ()))

    assert [layer.name for layer in theirs.layers] == [layer.name for layer in ours.layers[1:]]
    assert theirs.count_params() == summarise(experiment.architecture).parameters
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)

    x, y = names["Batches"](pictures, labels, train)[0]
    assert x.dtype == np.float32
    chosen = inputs.train[: experiment.training.batch_size]
    np.testing.assert_allclose(x, as_pictures(tf.constant(inputs.images[chosen])), atol=1e-7)
    np.testing.assert_array_equal(y, tf.gather(inputs.labels, chosen))
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((32, 32, 3), ()),
        ((28, 28, 1), ("seed=3", "data.scaling=raw", "architecture.output.logits=true")),
        ((64, 64, 3), ("seed=9", "data.scaling=standardise", "data.train_size=20")),
    ],
)
def test_the_network_of_two_classes_is_ours(
    shape: tuple[int, int, int], changes: tuple[str, ...], two: tuple[Path, Folder], root: Path
) -> None:
    path, folder = two
    assert_same_network(experiment_of(folder.id, shape, 2, changes), path, root)


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1)])
def test_the_network_of_three_classes_is_ours(
    shape: tuple[int, int, int], three: tuple[Path, Folder], root: Path
) -> None:
    path, folder = three
    changes = ("seed=2", "data.scaling=standardise", "architecture.output.l2=0.01")
    assert_same_network(experiment_of(folder.id, shape, 3, changes), path, root)


def test_the_network_of_a_preset_is_ours(two: tuple[Path, Folder], root: Path) -> None:
    path, folder = two
    assert_same_network(experiment_for(FOLDER_PRESETS["small-pictures"], folder), path, root)


@pytest.mark.parametrize("logits", ["false", "true"])
@pytest.mark.parametrize(("smoothing", "mixup"), [(0, 0), (0.2, 0), (0.2, 0.4)])
def test_one_unit_is_judged_as_we_do(logits: str, smoothing: float, mixup: float) -> None:
    changes = (
        "training.loss=one-hot",
        f"training.label_smoothing={smoothing}",
        f"data.augmentation.mixup={mixup}",
        f"architecture.output.logits={logits}",
    )
    experiment = experiment_of(changes=changes)
    loss, metric = compiled_with(experiment, names_of(experiment))
    labels = np.array([0, 1, 1, 0, 1], np.uint8)
    given = np.array([[0.3], [0.4], [0.9], [0.6], [0.7]], np.float32)
    if logits == "true":
        given = np.log(given / (1 - given)) + np.float32(0.6)
    wanted, answers = tf.constant(labels, tf.int32), tf.constant(given)
    ours = loss_function(experiment.training, experiment.architecture)(wanted, answers)
    np.testing.assert_allclose(loss(labels, given), np.mean(ours), rtol=1e-5)
    if mixup:  # as the script notes them then
        labels = labels.astype(np.float32)[:, np.newaxis]
    # The string "accuracy" becomes a metric only inside a model.
    model = keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")])
    model.compile(loss=loss, metrics=[metric])
    found = model.evaluate(given, labels, verbose=0, return_dict=True)["accuracy"]
    assert found == pytest.approx(np.mean(right(wanted, answers, logits == "true")))


def test_batches_hold_every_picture_once_in_a_new_order_every_epoch() -> None:
    names = names_of(experiment_of(changes=("seed=1",)))
    pictures = np.arange(30, dtype=np.uint8).reshape(30, 1, 1, 1)
    labels, indices = np.arange(30) % 2, np.arange(5, 26)
    batches = names["Batches"](pictures, labels, indices, shuffle=True)
    orders = []
    for _ in range(2):
        seen = [batches[i] for i in range(len(batches))]
        assert [len(x) for x, _ in seen] == [8, 8, 5]
        order = np.rint(np.concatenate([x for x, _ in seen]).ravel() * 255)
        assert sorted(order) == list(indices)
        np.testing.assert_array_equal(np.concatenate([y for _, y in seen]), order % 2)
        orders.append(order)
        batches.on_epoch_end()
    assert list(orders[0]) != list(orders[1])
    still = names["Batches"](pictures, labels, indices)
    np.testing.assert_allclose(still[0][0].ravel(), np.arange(5, 13) / np.float32(255))


def test_mixed_batches_blend_pictures_and_labels_alike() -> None:
    names = names_of(experiment_of(changes=("data.augmentation.mixup=0.4",)))
    pictures = np.array([0, 255] * 4, np.uint8).reshape(8, 1, 1, 1)
    labels = np.array([0, 1] * 4, np.float32)[:, np.newaxis]
    x, y = names["Mixed"](pictures, labels, np.arange(8), shuffle=True)[0]
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_allclose(x.ravel(), y.ravel(), atol=1e-6)


def test_what_is_blended_was_varied_before_each_by_itself() -> None:
    changes = ("data.augmentation.mixup=0.4", "data.augmentation.flip=true")
    names = names_of(experiment_of(changes=changes))
    halves = np.zeros((64, 4, 4, 1), np.uint8)
    halves[:, :, :2] = 255  # left; of two that were flipped alike the blend is the same
    x, _ = names["Mixed"](halves, np.zeros((64, 1), np.float32), np.arange(64), shuffle=True)[0]
    assert x.dtype == np.float32
    assert len(np.unique(x.round(6))) > 2
    assert "Vary" not in [type(layer).__name__ for layer in names["build_model"]().layers]


def test_a_script_trains_a_preset(two: tuple[Path, Folder], tmp_path: Path) -> None:
    path, folder = two
    experiment = experiment_for(FOLDER_PRESETS["small-pictures"], folder)
    output = run(keras_script(experiment), tmp_path, "--data", str(path), "--steps", "2")
    summary = summarise(experiment.architecture)
    assert "46 pictures of circle, cross\n" in output
    assert f"Parameters: {summary.parameters:,} ({summary.trainable_parameters:,} tr" in output
    # 33 pictures in batches of 32.
    assert "2/2 - " in output
    assert "val_accuracy: " in output
    assert re.search(rf"Test accuracy: [01]\.\d{{4}} \(n = {folder.n('test')}\)\n$", output)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_script_with_everything_in_it_trains(
    classes: int,
    two: tuple[Path, Folder],
    three: tuple[Path, Folder],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, folder = two if classes == 2 else three
    experiment = experiment_of(folder.id, (32, 32, 3), classes, VARIED)
    monkeypatch.setattr(sys, "argv", ["script.py", "--data", str(path), "--steps", "4"])
    exec(compile(keras_script(experiment), "script.py", "exec"), {"__name__": "__main__"})
    output = capsys.readouterr().out
    # 20 pictures in batches of 8: the fourth step is in the second epoch.
    assert re.findall(r"Epoch (\d)/(\d)", output) == [("1", "2"), ("2", "2")]
    assert re.search(rf"Test accuracy: [01]\.\d{{4}} \(n = {folder.n('test')}\)\n$", output)
