"""Networks that learn from a folder of one's own: colour, any size, one sigmoid unit for two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist_core.architecture import Architecture, Dense, Flatten, Output
from fmnist_core.engine import operations, streaming
from fmnist_core.engine.answers import class_logits, probabilities, right
from fmnist_core.engine.build import build
from fmnist_core.engine.exciting import chunk_size
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.operations import OPERATIONS
from fmnist_core.engine.stack import stage
from fmnist_core.engine.steps import Steps, loss_function
from fmnist_core.engine.streaming import picked, pictures_at_once, steps_at_once
from fmnist_core.errors import PictureError
from fmnist_core.experiment import Experiment, Training
from fmnist_core.folders import FOLDER_PRESETS, dataset_of, experiment_for, import_folder
from fmnist_core.models import resolve
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.summary import summarise
from tests.engine.conftest import Trainer
from tests.folders.drawn import shapes

LEARNED = 0.95
SIDE = 32
THREE, TWO = ("circle", "square", "triangle"), ("circle", "triangle")


def experiment_on(store: RunStore, source: Path, epochs: int = 15, side: int = SIDE) -> Experiment:
    folder = import_folder(store.root / "my-folders", source, "Shapes", lambda done, total: None)
    made = experiment_for(FOLDER_PRESETS["three-blocks"], folder, side)
    training = made.training.changed(epochs=epochs, batch_size=16, schedule="cosine")
    return made.changed(training=training)


@pytest.mark.parametrize("classes", [THREE, TWO], ids=["softmax", "sigmoid"])
def test_drawn_shapes_in_colour_are_learned(
    classes: tuple[str, ...], store: RunStore, trained: Trainer, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "shapes", classes, parts={"train": 300, "validation": 120})
    experiment = experiment_on(store, source)
    run = store.create(experiment)
    state = trained(run)
    assert state.evaluated["test"].accuracy >= LEARNED
    assert state.evaluated["test"].n == 60 * len(classes)
    assert state.evaluated["validation"].n == 60 * len(classes)
    assert state.started is not None
    assert state.started.train_n == 300 * len(classes)
    model = keras.saving.load_model(run.directory / "model.keras")
    assert model.count_params() == summarise(experiment.architecture).parameters
    assert model.output_shape == (None, 1 if len(classes) == 2 else 3)
    judge_the_kept_model(model, run, store)


def judge_the_kept_model(model: Any, run: Run, store: RunStore) -> None:
    """model.keras is compiled with the loss and metric that the run itself was judged by."""
    data = dataset_of(run.experiment, store.root)
    pictures = data.test_images.astype(np.float32) / 255
    loss, accuracy = model.evaluate(pictures, data.test_labels.astype(np.float32), verbose=0)
    judged = store.state(run.id).evaluated["test"]
    assert accuracy == pytest.approx(judged.accuracy, abs=1e-6)
    assert loss == pytest.approx(judged.loss, rel=1e-3, abs=1e-4)


@pytest.fixture
def learned(store: RunStore, trained: Trainer, tmp_path: Path) -> Run:
    """A binary network after one epoch: how good it is does not matter here."""
    operations._store.cache_clear()  # it is that of the process, not of this test
    run = store.create(experiment_on(store, shapes(tmp_path / "two", TWO, n=30), epochs=1))
    trained(run)
    return run


def test_every_question_is_answered_about_a_network_of_ones_own(
    learned: Run, store: RunStore
) -> None:
    data = dataset_of(learned.experiment, store.root)
    shape, model = (SIDE, SIDE, 3), {"model": learned.id}
    picture = data.test_images[0].astype(np.float32) / 255
    given = OPERATIONS["predict"](model | {"calibrated": False}, {"pictures": picture[np.newaxis]})
    chances = given[1]["probabilities"]
    assert chances.shape == (1, 2)
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    told, maps = OPERATIONS["feature_maps"](model, {"picture": picture})
    assert maps["0"].shape == shape
    assert maps[str(len(told["layers"]) - 1)].shape == (1,)
    said, found = OPERATIONS["attention"](model | {"wanted": None}, {"picture": picture})
    assert said["wanted"] == chances[0].argmax()
    scores = found["scores"] - found["black_scores"]
    total = found["integrated_gradients"].sum()
    assert total == pytest.approx(scores[said["wanted"]], rel=0.05, abs=0.01)
    kernel = np.zeros((3, 3, 3), np.float32)
    change = {"layer": "conv2d_1", "filter": 0, "bias": 0.0}
    _, counted = OPERATIONS["surgery"](model | change, {"kernel": kernel})
    validation = prepare(learned.experiment, data).validation
    np.testing.assert_array_equal(counted["indices"], validation)
    said, exciting = OPERATIONS["exciting"](model | {"layer": "conv2d_1", "filter": 0}, {})
    assert said["validation"] + said["train"] == len(data.train_labels)
    assert exciting["maps"].shape == (9, SIDE, SIDE)
    _, best = OPERATIONS["best_input"](model | {"layer": "conv2d_1", "filter": 0, "seed": 0}, {})
    assert best["end"].shape == shape
    told, step = OPERATIONS["one_step"](model, {})
    assert step["pictures"].shape == (16, *shape)
    expected = data.train_images[step["indices"]].astype(np.float32) / 255
    np.testing.assert_allclose(step["pictures"], expected, atol=1e-6)
    images = {"images": np.asarray(data.train_images[:5])}
    _, seen = OPERATIONS["survey"](model | {"components": 2}, images)
    assert seen["probabilities"].shape == (5, 2)
    varied = {"augmentation": {"mixup": 0.2}, "seed": 0, "count": 4}
    varied["folder"] = learned.experiment.data.folder
    assert OPERATIONS["varied"](varied, {"picture": picture})[1]["pictures"].shape == (4, *shape)


def test_a_picture_of_another_shape_is_refused_in_words(learned: Run) -> None:
    drawing = np.zeros((1, 28, 28, 1), np.float32)
    with pytest.raises(PictureError, match="takes pictures of 32x32x3, received 28x28x1"):
        OPERATIONS["predict"]({"model": learned.id}, {"pictures": drawing})


def test_the_catalogue_finds_the_run(learned: Run, store: RunStore) -> None:
    assert resolve(learned.id, store).experiment.architecture.output.binary


def test_one_sigmoid_unit_learns_as_keras_own_binary_crossentropy() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 50).astype(np.int32)
    logits = random.normal(0, 3, (50, 1)).astype(np.float32)
    for from_logits, given in ((True, logits), (False, 1 / (1 + np.exp(-logits)))):
        output = Output(binary=True, logits=from_logits)
        architecture = Architecture(layers=(Flatten(),), output=output, classes=2)
        for smoothing in (0.0, 0.2):
            training = Training(loss="one-hot", label_smoothing=smoothing)
            ours = loss_function(training, architecture)(tf.constant(labels), tf.constant(given))
            theirs = keras.losses.BinaryCrossentropy(
                from_logits=from_logits, label_smoothing=smoothing
            )(labels[:, np.newaxis].astype(np.float32), given)
            assert float(tf.reduce_mean(ours)) == pytest.approx(float(theirs), rel=1e-4)


def test_one_number_becomes_two_that_say_the_same() -> None:
    logits = tf.constant([[-2.0], [0.5], [3.0]])
    chances = probabilities(logits, logits=True).numpy()
    np.testing.assert_allclose(chances[:, 1], tf.sigmoid(logits)[:, 0], rtol=1e-5)
    np.testing.assert_allclose(probabilities(tf.sigmoid(logits), logits=False), chances, rtol=1e-5)
    np.testing.assert_allclose(tf.nn.softmax(class_logits(logits)), chances, rtol=1e-5)
    labels = tf.constant([0, 1, 0])
    assert right(labels, logits, logits=True).numpy().tolist() == [1, 1, 0]
    assert right(labels, tf.sigmoid(logits), logits=False).numpy().tolist() == [1, 1, 0]


def test_pictures_from_a_file_are_learned_as_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more of them than the bound allows are read for one call."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    labels = tf.constant(random.integers(0, 2, 40).astype(np.int32))
    path = tmp_path / "pictures.npy"
    np.save(path, images)
    mapped = np.load(path, mmap_mode="r")
    architecture = Architecture(
        layers=(Flatten(), Dense(units=4)), input_shape=(12, 12, 3), classes=2
    )
    order = random.permutation(40).astype(np.int32)
    weights = []
    for source in (tf.constant(images), mapped):
        model = build(architecture, seed=3)
        steps = Steps(
            model,
            loss_function(Training(), architecture),
            lambda gradients, rate, model=model: [
                each.value.assign_sub(rate * gradient)
                for each, gradient in zip(model.trainable_variables, gradients, strict=True)
            ],
            source,
            labels,
            batch_size=16,
        )
        steps.run(order, np.full(3, 0.1, np.float32))
        weights.append(np.concatenate([each.ravel() for each in model.get_weights()]))
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)
    monkeypatch.setattr(streaming, "BYTES", 3 * 16 * 12 * 12 * 3)
    assert steps_at_once(mapped, 16) == 3
    assert steps_at_once(mapped, 16_000) == 1
    assert steps_at_once(tf.constant(images), 16) == streaming.UNBOUNDED
    pictures, wanted, places = picked(mapped, labels, np.array([7, 3, 7], np.int32))
    assert pictures.shape[0] == 2
    np.testing.assert_array_equal(tf.gather(pictures, places), images[[7, 3, 7]])
    np.testing.assert_array_equal(tf.gather(wanted, places), labels.numpy()[[7, 3, 7]])


def test_a_pass_holds_fewer_of_larger_pictures(store: RunStore, tmp_path: Path) -> None:
    small = build(Architecture(layers=(Flatten(),)))
    assert pictures_at_once(small, 4_096) == 4_096
    folder = import_folder(
        store.root / "my-folders", shapes(tmp_path / "s", TWO, n=8), "Shapes", lambda *_: None
    )
    large = build(experiment_for(FOLDER_PRESETS["five-blocks"], folder).architecture)
    at_once = pictures_at_once(large, 4_096)
    assert 16 <= at_once <= streaming.NUMBERS // (300 * 300 * 16)
    last = stage(large, "conv2d_5", 0)  # small itself, but what lies before it is not
    assert chunk_size(large, last) == at_once
