"""The generated script as text, and its NumPy parts; tests/engine/test_codegen.py runs it."""

from __future__ import annotations

import ast
import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from fmnist_core.architecture import Conv2D, layer_names
from fmnist_core.codegen import keras_script
from fmnist_core.datasets import flip_labels, split
from fmnist_core.datasets.fashion_mnist import EMBEDDED_DIR
from fmnist_core.errors import ArchitectureError, LimitError
from fmnist_core.presets import PRESETS, preset
from fmnist_core.settings import with_settings
from tests import strategies

CNN = preset("cnn-16").experiment
RESIDUAL = preset("resnet-8").experiment
EVERYTHING = with_settings(
    preset("cnn-32").experiment,
    [
        "training.optimizer=adamw",
        "training.schedule=step",
        "training.loss=one-hot",
        "training.label_smoothing=0.1",
        "data.label_noise=0.2",
        "data.train_size=500",
        "data.scaling=standardise",
        'training.target={"value":0.9}',
        "architecture.output.logits=true",
    ],
)


def functions_of(source: str) -> dict[str, Any]:
    """The script's functions and constants, without its Keras."""
    tree = ast.parse(source)
    kept = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.Assign)
        or (isinstance(node, ast.Import) and node.names[0].name != "keras")
    ]
    names: dict[str, Any] = {"np": np, "Path": Path}
    exec(compile(ast.Module(kept, []), "script.py", "exec"), names)
    return names


@settings(max_examples=50)
@given(strategies.experiments())
def test_every_experiment_gives_a_script_that_compiles(experiment: Any) -> None:
    small = experiment.changed(training=experiment.training.changed(batch_size=8))
    source = keras_script(small)
    compile(source, "script.py", "exec")
    for name in layer_names(small.architecture):
        assert source.count(f'name="{name}"') == 1
    assert "fmnist_core" not in source


@pytest.mark.parametrize("name", PRESETS)
def test_a_script_holds_the_layers_of_its_preset(name: str) -> None:
    experiment = preset(name).experiment
    source = keras_script(experiment)
    for layer in experiment.architecture.layers:
        home = "" if layer.kind == "ResidualBlock" else "layers."
        assert f" {home}{layer.kind}(" in source
    assert source.startswith(f'"""{experiment.title}: a Keras script')


def test_the_model_of_a_preset_reads_like_a_tutorial() -> None:
    assert """
            keras.Input((28, 28, 1), name="pictures"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2d_1"),
            layers.MaxPooling2D(2, name="maxpooling2d_1"),
            layers.Flatten(name="flatten_1"),
            layers.Dense(64, activation="relu", name="dense_1"),
            layers.Dense(10, activation="softmax", name="output"),
""" in keras_script(CNN)


@pytest.mark.parametrize("experiment", [CNN, EVERYTHING, preset("lenet-wide").experiment, RESIDUAL])
def test_a_script_is_formatted_and_clean(experiment: Any, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(keras_script(experiment))
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length=100", str(path)]
    for command in (["format", "--diff"], ["check", "--select=E,F,I,B,N,UP,SIM,RET,NPY,PTH"]):
        done = subprocess.run([*ruff, *command, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_used_is_not_there() -> None:
    plain = with_settings(CNN, ["data.validation_fraction=0"])
    source = keras_script(plain)
    for word in ("schedule", "EarlyStopping", "StopAtTarget", "flip_labels", "TRAIN_SIZE", "_val"):
        assert word not in source
        if word != "_val":
            assert word in keras_script(EVERYTHING)
    assert "x_val, y_val" in keras_script(CNN)
    assert "ResidualBlock" not in source


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["training.optimizer=sgd"], "keras.optimizers.SGD(0.01)"),
        (["training.optimizer=sgd-nesterov"], "SGD(0.01, momentum=0.9, nesterov=True)"),
        (["training.optimizer=rmsprop"], "keras.optimizers.RMSprop(0.01)"),
        (["training.optimizer=adamw"], "keras.optimizers.AdamW(0.01, weight_decay=0.004)"),
        (["training.schedule=cosine"], "schedules.CosineDecay(0.01, decay_steps=total_steps)"),
        (["training.schedule=step"], "staircase=True,\n    )"),
        (
            ["training.schedule=exponential", "training.decay_epochs=2.5"],
            "decay_steps=2.5 * steps_per_epoch,\n        decay_rate=0.5,\n    )",
        ),
        (["training.schedule=triangle"], "schedule = Triangle(0.01, total_steps)"),
        (["data.augmentation.flip=true"], "wider *= keras.ops.sign(self.random(n))"),
        (["data.augmentation.rotation=20"], "angle = 20.0 * self.random(n) * np.pi / 180"),
        (["data.augmentation.brightness=0.3"], "light = 1 + 0.3 * self.random(n, 1, 1, 1)"),
        (["data.augmentation.erase=8"], "Vary(),"),
        (["data.augmentation.mixup=0.4"], "share = self.random.beta(0.4, 0.4)"),
        (
            ["data.augmentation.mixup=0.4", "data.augmentation.flip=true"],
            "x = np.asarray(self.vary(x, training=True))",
        ),
        (["data.augmentation.mixup=0.4"], "y_train = keras.utils.to_categorical(y_train"),
        (["training.steps=500"], "STEPS = 500\n"),
        (["training.steps=500"], "total_steps = STEPS\n"),
        (["data.scaling=raw"], 'layers.Rescaling(255.0, name="rescaling")'),
        (["data.scaling=standardise"], 'Rescaling(1 / std, -mean / std, name="rescaling")'),
        (["architecture.output.logits=true"], 'layers.Dense(10, name="output")'),
        (["architecture.output.logits=true"], "SparseCategoricalCrossentropy(from_logits=True)"),
        (["training.loss=one-hot"], "loss=keras.losses.CategoricalCrossentropy(),"),
        (["training.loss=one-hot"], "y_val = keras.utils.to_categorical(y_val, CLASSES)"),
        (['training.early_stopping={"monitor":"accuracy"}'], 'monitor="val_accuracy"'),
        (['training.early_stopping={"monitor":"accuracy"}'], 'mode="max"'),
        (['training.target={"metric":"loss","value":0.2}'], 'logs["val_loss"] <= 0.2:'),
        (['training.target={"split":"training"}'], 'logs["accuracy"] >= 0.9:'),
        (["architecture.output.l2=0.01"], "kernel_regularizer=keras.regularizers.L2(0.01)"),
        (["seed=7"], "SEED = 7\n"),
    ],
)
def test_a_setting_is_in_the_script(changes: list[str], expected: str) -> None:
    assert expected not in keras_script(CNN)
    assert expected in keras_script(with_settings(CNN, changes))


@pytest.mark.parametrize("title", ['"""\nimport os\n"""', "\\", "\x00", 'a"', "\ud7ff\u2028x", ""])
def test_a_title_cannot_become_code(title: str) -> None:
    hostile = ast.parse(keras_script(CNN.changed(title=title)))
    plain = ast.parse(keras_script(CNN))
    assert ast.dump(ast.Module(hostile.body[1:], [])) == ast.dump(ast.Module(plain.body[1:], []))


def test_its_split_is_ours() -> None:
    # Classes of very different sizes, so that every part of the rule counts.
    labels = np.minimum(np.random.default_rng(1).geometric(0.4, 1_000), 9).astype(np.uint8)
    for size in (None, 321):
        script = functions_of(keras_script(EVERYTHING.changed(data=_data(size), seed=11)))
        train, validation = script["split"](labels)
        expected = split(labels, 0.13, 11, size)
        np.testing.assert_array_equal(train, expected.train)
        np.testing.assert_array_equal(validation, expected.validation)


def _data(size: int | None) -> Any:
    return EVERYTHING.data.changed(validation_fraction=0.13, train_size=size)


def test_its_label_noise_is_ours() -> None:
    labels = np.random.default_rng(1).integers(0, 10, 1_000).astype(np.uint8)
    script = functions_of(keras_script(EVERYTHING.changed(seed=11)))
    np.testing.assert_array_equal(script["flip_labels"](labels), flip_labels(labels, 0.2, 11))


def test_it_reads_idx_files_packed_or_not(tmp_path: Path) -> None:
    read = functions_of(keras_script(CNN))["read_idx"]
    packed = EMBEDDED_DIR / "t10k-labels-idx1-ubyte.gz"
    labels = read(packed.with_suffix(""))
    assert (labels.shape, labels[:3].tolist()) == ((10_000,), [9, 2, 1])
    (tmp_path / "labels").write_bytes(gzip.decompress(packed.read_bytes()))
    np.testing.assert_array_equal(read(tmp_path / "labels"), labels)
    assert read(EMBEDDED_DIR / "t10k-images-idx3-ubyte").shape == (10_000, 28, 28)


def test_what_cannot_be_trained_has_no_script() -> None:
    def with_layers(*layers: Any) -> Any:
        return CNN.changed(architecture=CNN.architecture.changed(layers=layers))

    with pytest.raises(ArchitectureError):
        keras_script(with_layers(Conv2D()))
    with pytest.raises(LimitError):
        keras_script(
            with_layers(*[Conv2D(filters=1024, padding="same")] * 3, *CNN.architecture.layers)
        )
