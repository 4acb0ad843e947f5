"""Runs generated scripts: the same network as ours, trained by Keras alone."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest

from fmnist_core.codegen import keras_script
from fmnist_core.codegen_classes import exported
from fmnist_core.codegen_search import search_script
from fmnist_core.codegen_transfer import transfer_script
from fmnist_core.datasets import fashion_mnist
from fmnist_core.datasets.fashion_mnist import EMBEDDED_DIR
from fmnist_core.engine.augment import augment
from fmnist_core.engine.build import build
from fmnist_core.engine.explain import penultimate
from fmnist_core.engine.weights import save_weights
from fmnist_core.experiment import Augmentation, Experiment
from fmnist_core.presets import preset
from fmnist_core.search import Choice, Search
from fmnist_core.settings import with_settings
from fmnist_core.summary import summarise
from fmnist_core.transfer import CLASSIC

# One of everything that a script can hold, small enough to run in seconds.
EVERYTHING = with_settings(
    preset("cnn-16-32-bn").experiment,
    [
        "data.train_size=500",
        "data.validation_fraction=0.005",
        "data.scaling=standardise",
        "data.label_noise=0.1",
        "data.augmentation.flip=true",
        "data.augmentation.width_shift=0.1",
        "data.augmentation.rotation=10",
        "data.augmentation.brightness=0.2",
        "data.augmentation.erase=6",
        "data.augmentation.mixup=0.2",
        "training.epochs=3",
        "training.batch_size=64",
        "training.optimizer=adamw",
        "training.schedule=triangle",
        "training.loss=one-hot",
        "training.label_smoothing=0.1",
        "training.early_stopping={}",
        'training.target={"value":0.99}',
        "architecture.output.logits=true",
        "architecture.output.l2=0.001",
    ],
)


def run(script: str, folder: Path, *options: str) -> str:
    path = folder / "script.py"
    path.write_text(script)
    command = [sys.executable, str(path), "--data", str(EMBEDDED_DIR), *options]
    # Another working directory: nothing of this repository can be imported.
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_trains_the_same_network(tmp_path: Path) -> None:
    output = run(keras_script(EVERYTHING), tmp_path, "--epochs", "1")
    summary = summarise(EVERYTHING.architecture)
    assert f"Parameters: {summary.parameters:,} ({summary.trainable_parameters:,} tr" in output
    # 500 pictures in batches of 64: one epoch, of the three of the experiment.
    assert re.findall(r"\d+/\d+ - .* - (val_accuracy): ", output) == ["val_accuracy"]
    assert "8/8 - " in output
    accuracy = re.search(r"Test accuracy: (0\.\d{4}) \(n = 10,000\)\n$", output)
    assert accuracy is not None
    assert 0.1 < float(accuracy[1]) < 0.95


def test_a_limit_in_steps_cuts_an_epoch_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = with_settings(EVERYTHING, ["training.schedule=cosine", "training.optimizer=sgd"])
    counting = keras_script(limited).replace(
        "        self.steps_left -= 1\n", '        self.steps_left -= 1\n        print("step")\n'
    )
    # An epoch has 8 steps: 9 reach into the second.
    monkeypatch.setattr(sys, "argv", ["script.py", "--data", str(EMBEDDED_DIR), "--steps", "9"])
    exec(compile(counting, "script.py", "exec"), {"__name__": "__main__"})
    output = capsys.readouterr().out
    assert output.count("step\n") == 9
    assert re.findall(r"Epoch (\d)/(\d)", output) == [("1", "2"), ("2", "2")]


def test_a_script_varies_pictures_as_we_do() -> None:
    """Not the same random numbers, but the same mean and spread of every pixel."""
    settings = {"flip": True, "width_shift": 0.1, "rotation": 20, "zoom": 0.2, "brightness": 0.3}
    vary = augment(Augmentation(**settings, height_shift=0.05, erase=6), 0)
    script = with_settings(
        preset("mlp-128").experiment,
        [f"data.augmentation.{name}={str(value).lower()}" for name, value in settings.items()]
        + ["data.augmentation.height_shift=0.05", "data.augmentation.erase=6"],
    )
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(keras_script(script), "script.py", "exec"), names)
    picture = fashion_mnist.load().train_images[0] / np.float32(255)
    many = np.repeat(picture[np.newaxis, ..., np.newaxis], 4_000, axis=0)
    assert vary is not None
    levels = np.repeat(fashion_mnist.load().train_images[:1], 4_000, axis=0)
    ours = vary(levels, 0)[..., np.newaxis] / 255
    theirs = np.asarray(names["Vary"]()(many, training=True))
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=0.04)
    np.testing.assert_allclose(ours.std(0), theirs.std(0), atol=0.04)
    np.testing.assert_array_equal(names["Vary"]()(many, training=False), many)


BIASED = "architecture.output.bias_initializer=standard_normal"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lenet-wide", []),
        ("cnn-16-32-bn", []),
        ("cnn-32-64-64", []),
        ("resnet-8", []),
        ("mlp-128", [BIASED]),
        ("mlp-128", [BIASED, "architecture.output.kernel_initializer=he_normal"]),
        ("mlp-128", [BIASED, "architecture.output.kernel_initializer=zeros"]),
    ],
)
def test_the_initial_weights_are_ours(name: str, changes: list[str]) -> None:
    settings = ["seed=3", "data.scaling=raw", *changes]
    experiment: Experiment = with_settings(preset(name).experiment, settings)
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(keras_script(experiment), "script.py", "exec"), names)
    theirs = names["build_model"]()
    ours = build(experiment.architecture, (255.0, 0.0), experiment.seed)
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in ours.layers[1:]]
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    pictures = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    np.testing.assert_allclose(ours(pictures), theirs(pictures), rtol=1e-5, atol=1e-5)


def test_scripts_with_residual_blocks_learn(tmp_path: Path) -> None:
    base = with_settings(
        preset("resnet-8").experiment,
        ["data.train_size=200", "data.validation_fraction=0.001", "training.schedule=constant"],
    )
    output = run(keras_script(base), tmp_path, "--epochs", "1")
    assert f"Parameters: {summarise(base.architecture).parameters:,} (" in output

    space = (Choice(setting="architecture.layers.1.filters", values=(16, 24)),)
    script = search_script(Search(base=base, space=space, trials=2))
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(script, "search.py", "exec"), names)
    ranges = keras_tuner.HyperParameters()
    names["Network"]().build(ranges)
    ranges.values["architecture.layers.1.filters"] = 24
    wider = names["Network"]().build(ranges)
    assert wider.get_layer("residualblock_1").output.shape == (None, 28, 28, 24)

    exec(
        compile(transfer_script(CLASSIC.changed(base=base, shots=(1, 5))), "transfer.py", "exec"),
        names,
    )
    made = names["network"](3, 0)
    assert made.output_shape == (None, 3)
    pictures, labels = np.zeros((20, 28, 28, 1), np.float32), np.zeros(20, np.int32)
    names["learn"](made, pictures, labels, 0.01, 4, 2, [names["StopAfter"](7)])
    assert int(made.optimizer.iterations) == 7


def test_new_classes_on_residual_blocks_have_the_same_features(tmp_path: Path) -> None:
    experiment = preset("resnet-8").experiment
    model = build(experiment.architecture, seed=1)
    drawn = np.random.default_rng(0)
    model.set_weights([drawn.random(each.shape) + 0.1 for each in model.get_weights()])
    save_weights(model, tmp_path / "network.npz")
    pictures = drawn.random((6, 28, 28, 1), np.float32)
    packed = exported(experiment, tmp_path / "network.npz", {"one": pictures, "two": pictures})
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    path = tmp_path / "new_classes.py"
    names: dict[str, Any] = {"__name__": "script", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), names)
    theirs = names["feature_extractor"]()(pictures)
    np.testing.assert_allclose(theirs, penultimate(model)(pictures), rtol=1e-3)
