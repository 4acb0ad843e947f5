"""MobileNetV2 on a small dataset, with weights that the test makes: nothing is downloaded."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist_core import events as e
from fmnist_core.codegen_mobilenet import mobilenet_script
from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine import mobilenet
from fmnist_core.engine.control import Control
from fmnist_core.engine.mobilenet_features import Features, enlarged, load, tidy
from fmnist_core.errors import RunError
from fmnist_core.eventlog import Appender
from fmnist_core.jobs import worker
from fmnist_core.mobilenet import FEATURES, WEIGHTS_VARIABLE, MobileNet
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore

SIDE = 32
STUDY = MobileNet(side=SIDE, train_size=200, units=16, epochs=4, batch_size=20, seed=3)


def fresh(alpha: float = 1.0) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3), include_top=False, pooling="avg", weights=None, alpha=alpha
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "made-here.weights.h5"
    fresh().save_weights(path)
    return path


@pytest.fixture
def given(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(weights))
    return weights


def learned(store: RunStore, study: MobileNet = STUDY) -> tuple[Run, RunState]:
    run = store.create_mobilenet(study)
    mobilenet.learn(run.directory, threads=2, forked=False)
    return run, store.state(run.id)


def test_all_stages_are_told_and_the_test_set_is_opened_once_at_the_end(
    store: RunStore, given: Path
) -> None:
    run, state = learned(store, STUDY.changed(fine_tune_epochs=1))
    assert state.status == "finished"
    assert state.weights is not None
    assert (state.weights.source, state.weights.imagenet) == (given.name, False)
    assert not state.weights.trained  # the test made them, nobody trained them
    assert state.weights.parameters == 2_257_984
    assert [each.stage for each in state.stages] == ["pixels"] * 4 + ["head"] * 4 + ["fine-tuned"]
    assert {each.train_n for each in state.stages} == {200}
    assert {each.validation_n for each in state.stages} == {60}
    assert [(each.stage, each.n) for each in state.judged] == [
        ("pixels", 100),
        ("head", 100),
        ("fine-tuned", 100),
    ]
    pixels, head, tuned = (each.trainable for each in state.judged)
    assert pixels == 784 * 16 + 16 + 16 * 10 + 10
    assert head == FEATURES * 16 + 16 + 16 * 10 + 10
    assert tuned > head
    assert state.judged[0].accuracy > 0.5
    lines = (run.directory / "events.jsonl").read_text().splitlines()
    kinds = [re.findall(r'"event": ?"(\w+)"', line)[0] for line in lines]
    assert kinds[-4:] == ["StageJudged"] * 3 + ["RunFinished"]


def test_features_are_computed_once(store: RunStore, given: Path) -> None:
    study = STUDY.changed(epochs=1)
    first = learned(store, study)[1]
    kept = list((store.root / mobilenet.FOLDER).glob("*.npy"))
    for path in kept:
        os.utime(path, (1_000, 1_000))
    again = learned(store, study.changed(units=0))[1]
    assert all(path.stat().st_mtime > 1_000 for path in kept)  # used: the last to make room
    assert not any(each.cached for each in first.features.values())
    assert all(each.cached for each in again.features.values())
    assert {name: each.n for name, each in again.features.items()} == {
        "train": 200,
        "validation": 60,
        "test": 100,
    }
    for path in (store.root / mobilenet.FOLDER).glob("*.npy"):
        path.write_bytes(path.read_bytes()[:1_000])  # damaged: computed again, not believed
    assert not any(each.cached for each in learned(store, study)[1].features.values())


def test_features_that_nobody_used_for_long_make_room(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "older", "oldest")):
        (tmp_path / f"{name}.npy").write_bytes(bytes(100))
        os.utime(tmp_path / f"{name}.npy", (1_000 - age, 1_000 - age))
    (tmp_path / "something else").write_bytes(bytes(100))
    tidy(tmp_path, 250)
    assert {path.name for path in tmp_path.iterdir()} == {
        "newest.npy",
        "older.npy",
        "something else",
    }
    tidy(tmp_path / "not there yet", 250)


def test_features_are_what_mobilenet_makes_of_enlarged_grey_pictures(
    given: Path, tmp_path: Path, small_set: Path
) -> None:
    pictures = fashion_mnist.load_from(small_set).test_images[:5]
    loaded = load(SIDE)
    found = Features(loaded, SIDE, tmp_path, lambda: True).of(pictures, lambda *_: None)
    large = np.asarray(tf.image.resize(pictures[..., None].astype(np.float32), (SIDE, SIDE)))
    expected = keras.applications.mobilenet_v2.preprocess_input(np.repeat(large, 3, axis=-1))
    np.testing.assert_allclose(
        np.asarray(enlarged(tf.constant(pictures), SIDE)), expected, atol=1e-5
    )
    described = np.asarray(fresh()(expected, training=False))
    np.testing.assert_allclose(found, described, rtol=2e-3, atol=2e-3)


def test_weights_that_have_learned_are_told_from_those_that_have_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fresh()
    model(np.ones((2, SIDE, SIDE, 3), np.float32), training=True)
    path = tmp_path / "learned.weights.h5"
    model.save_weights(path)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(path))
    assert load(SIDE).trained


def test_only_the_last_blocks_and_the_head_are_fine_tuned(given: Path) -> None:
    study = STUDY.changed(fine_tune_epochs=1, fine_tune_blocks=2)
    base = load(SIDE).model
    whole = mobilenet.unfrozen(study, base, mobilenet.head_of(study, FEATURES))
    learning = [layer.name for layer in base.layers if layer.trainable_weights]
    blocks = {int(n) for name in learning for n in re.findall(r"^block_(\d+)_", name)}
    assert blocks == {15, 16}
    assert not any("BN" in name or "bn" in name for name in learning)
    before = [np.array(each) for each in base.non_trainable_weights]
    whole.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    pictures = random.uniform(-1, 1, (8, SIDE, SIDE, 3)).astype(np.float32)
    whole.fit(pictures, np.arange(8), verbose=0)
    for was, now in zip(before, base.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(was, np.asarray(now))


def test_stopped_between_batches_it_keeps_what_it_has_told(
    store: RunStore, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_mobilenet(STUDY)
    emit = mobilenet.Learning.emit

    def stop_after_two(self: mobilenet.Learning, *events: e.Event) -> None:
        emit(self, *events)
        if isinstance(events[0], e.StageEpochEnded) and events[0].epoch == 2:
            store.command(run.id, "stop")

    monkeypatch.setattr(mobilenet.Learning, "emit", stop_after_two)
    mobilenet.learn(run.directory, threads=2, forked=False)
    state = store.state(run.id)
    assert state.status == "stopped"
    assert len(state.stages) == 2
    assert state.judged == ()


def test_after_a_single_step_it_is_paused_again_and_goes_on_when_asked(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "commands.jsonl"
    asked = Appender(path)
    asked.append({"command": "pause"}, {"command": "step"})
    learning = mobilenet.Learning.__new__(mobilenet.Learning)
    learning._control = Control(
        path,
        lambda event: told.append(type(event).__name__),
        lambda *_: None,
        sleep=lambda _: asked.append({"command": "resume"}),  # whoever waits is released
    )
    assert learning.go_on()  # the one batch
    assert told == ["Paused"]
    assert learning.go_on()
    assert told == ["Paused", "Resumed"]


@pytest.mark.parametrize("content", ["other", "noise"])
def test_weights_of_another_network_are_refused(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.weights.h5"
    if content == "other":
        fresh(alpha=0.35).save_weights(path)
    else:
        path.write_bytes(b"no weights at all")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(path))
    with pytest.raises(RunError, match="does not hold the weights of MobileNetV2"):
        load(SIDE)


def test_without_weights_the_run_fails_and_says_what_to_do(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure")

    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.applications, "MobileNetV2", no_network)
    run = store.create_mobilenet(STUDY)
    assert worker._train(run, 2, False, time.time()) == 1
    state = store.state(run.id)
    assert state.status == "failed"
    assert state.ending is not None
    assert "could not be downloaded" in state.ending.reason
    assert WEIGHTS_VARIABLE in state.ending.reason
    assert "Random weights are never used" in state.ending.reason


def test_the_script_has_the_same_pictures_network_and_accuracy(
    store: RunStore, given: Path, small_set: Path, tmp_path: Path
) -> None:
    study = STUDY.changed(epochs=8, fine_tune_epochs=1)
    state = learned(store, study)[1]
    source = mobilenet_script(study)
    ast.parse(source)
    assert "fmnist_core" not in source
    path = tmp_path / "mobilenet.py"
    path.write_text(source)
    arguments = [sys.executable, path, "--data", small_set, "--weights", given]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    told = subprocess.run(arguments, capture_output=True, text=True, check=False, env=quiet)
    assert told.returncode == 0, told.stderr[-2_000:]
    parameters = dict(re.findall(r"^(\S+): ([\d,]+) parameters", told.stdout, re.MULTILINE))
    judged = {each.stage: each for each in state.judged}
    assert parameters == {
        "MobileNetV2": "2,257,984",
        "head": f"{judged['head'].trainable:,}",
        "fine-tuned": f"{judged['fine-tuned'].trainable:,}",
    }
    accuracy = dict(re.findall(r"^(\S+): test accuracy (\S+)", told.stdout, re.MULTILINE))
    assert set(accuracy) == set(judged)
    assert float(accuracy["pixels"]) == pytest.approx(judged["pixels"].accuracy, abs=0.08)


def test_the_script_splits_as_the_lab_does() -> None:
    names: dict[str, object] = {}
    exec(compile(mobilenet_script(STUDY).replace("import keras", ""), "script", "exec"), names)
    labels = fashion_mnist.load().train_labels
    chosen, held_out = names["split"](labels)  # type: ignore[operator]
    ours = splits.split_of(STUDY.base.data, fashion_mnist.load(), STUDY.seed)
    np.testing.assert_array_equal(chosen, ours.train)
    np.testing.assert_array_equal(held_out, ours.validation)
