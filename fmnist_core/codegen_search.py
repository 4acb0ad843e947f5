"""Search -> a plain Keras Tuner script that runs it, with nothing of this program in it."""

from __future__ import annotations

import json
from string import Template

from fmnist_core import codegen, codegen_layers, codegen_parts
from fmnist_core.architecture import Architecture
from fmnist_core.codegen_parts import Code, refuse_special
from fmnist_core.experiment import Experiment, Training
from fmnist_core.search import Choice, Search, check_search, of_one_type

HEAD = Template('''
"""$title: a Keras Tuner script, written by Fashion-MNIST Lab.

    python search.py [--data DIR] [--to DIR]

It needs Keras 3, TensorFlow, Keras Tuner, tensorboard and NumPy. With --data it reads the four
original IDX files from DIR; without, Keras downloads them once. Split and space are those of the
Lab's search; first weights and batches are drawn anew, so scores agree, but not to the last digit.
"""

import argparse
import gzip
import struct
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from keras import layers

$constants
''')
MODEL = Template("""
class Network(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential(
            [
$layers
            ]
        )
        rate = $rate
$optimizer
        model.compile(optimizer=optimizer, loss=$loss, metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **options):
        return model.fit(*args, batch_size=$batch_size, **options)
""")
MAIN = Template("""
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="folder with the four IDX files")
    parser.add_argument("--to", default="search", help="folder for what Keras Tuner keeps")
    options = parser.parse_args()

    (pictures, labels), _ = load_pictures(options.data)
    pictures = pictures[..., np.newaxis] / np.float32(255)
    train, validation = split(labels)
    x_train, y_train = pictures[train], labels[train]
    x_val, y_val = pictures[validation], labels[validation]
$prepare
    keras.utils.set_random_seed(SEED)
    tuner = keras_tuner.$tuner(
        Network(),
        objective="val_accuracy",
$limit
        executions_per_trial=$executions,
        seed=SEARCH_SEED,
        directory=options.to,
        project_name="tuner",
    )
$ending    tuner.search(x_train, y_train, epochs=EPOCHS, validation_data=(x_val, y_val), verbose=2)
    for trial in tuner.oracle.get_best_trials($trials):
        print(f"{trial.score:.4f} (n = {len(x_val):,})", trial.hyperparameters.values, flush=True)


if __name__ == "__main__":
    main()
""")
HYPERBAND = """\
        max_epochs=EPOCHS,
        hyperband_iterations=TRIALS,"""
HYPERBAND_ENDING = """\
    tuner.oracle.max_trials = TRIALS  # its brackets would decide alone
"""
_TUNERS = {"random": "RandomSearch", "hyperband": "Hyperband", "bayesian": "BayesianOptimization"}


def search_script(search: Search) -> str:
    """The source of a Python script that needs Keras 3 with TensorFlow, Keras Tuner and NumPy.

    Raises:
        ExperimentError: the search cannot run, or varies what such a script does not have.
    """
    check_search(search)
    base = search.base
    refuse_special(base, "A search's script")
    codes = {choice.setting: _code(choice) for choice in search.space}
    tuned = _tuned(base, codes)
    train = "held_out:" if base.data.train_size is None else "held_out : held_out + TRAIN_SIZE"
    one_hot, hyperband = base.training.loss == "one-hot", search.tuner == "hyperband"
    prepare = ["    y_train = flip_labels(y_train)"] if base.data.label_noise else []
    if one_hot:
        prepare += [f"    {y} = keras.utils.to_categorical({y}, CLASSES)" for y in _LABELS]
    lines = codegen_layers.layer_lines(tuned, base.data.scaling)
    sections = [
        HEAD.substitute(title=codegen.plain(search.title), constants=_constants(search)),
        codegen_parts.READ,
        codegen_parts.SPLIT.substitute(train=train),
        codegen_parts.NOISE if base.data.label_noise else "",
        codegen_layers.own_layers(base.architecture),
        MODEL.substitute(
            layers="\n".join(f"    {line}" for text in lines for line in text.splitlines()),
            rate=codes.get("training.learning_rate", repr(base.training.learning_rate)),
            optimizer=_optimizer(base.training, search.space),
            loss=codegen.loss_code(base),
            batch_size=codes.get("training.batch_size", "BATCH_SIZE"),
        ),
        MAIN.substitute(
            prepare="".join(f"{line}\n" for line in prepare),
            tuner=_TUNERS[search.tuner],
            limit=HYPERBAND if hyperband else "        max_trials=TRIALS,",
            ending=HYPERBAND_ENDING if hyperband else "",
            executions=search.executions,
            trials=search.trials,
        ),
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections if section) + "\n"


_LABELS = ("y_train", "y_val")


def _code(choice: Choice) -> Code:
    values = json.dumps(of_one_type(choice.values))
    return Code(f"hp.Choice({json.dumps(choice.setting)}, {values})")


def _tuned(base: Experiment, codes: dict[str, Code]) -> Architecture:
    """The architecture with expressions in place of what varies."""
    layers = list(base.architecture.layers)
    for setting, code in codes.items():
        if setting.startswith("architecture."):
            *_, number, name = setting.split(".")
            layers[int(number)] = layers[int(number)].model_copy(update={name: code})
    return base.architecture.model_copy(update={"layers": tuple(layers)})


def _optimizer(training: Training, space: tuple[Choice, ...]) -> str:
    """Lines that make ``optimizer`` from ``rate``."""
    choice = next((each for each in space if each.setting == "training.optimizer"), None)
    if choice is None:
        return f"        optimizer = {codegen.optimizer_code(training, 'rate')}"
    lines = [f"        name = {_code(choice)}"]
    for name in choice.values:
        made = codegen.optimizer_code(training.model_copy(update={"optimizer": name}), "rate")
        lines += [f'        if name == "{name}":', f"            optimizer = {made}"]
    return "\n".join(lines)


def _constants(search: Search) -> str:
    data, training = search.base.data, search.base.training
    values: dict[str, float | None] = {
        "SEED": search.base.seed,
        "SEARCH_SEED": search.seed + 1,
        "CLASSES": search.base.architecture.classes
        if data.label_noise or training.loss == "one-hot"
        else None,
        "VALIDATION_FRACTION": data.validation_fraction,
        "TRAIN_SIZE": data.train_size,
        "LABEL_NOISE": data.label_noise or None,
        "BATCH_SIZE": training.batch_size,
        "EPOCHS": training.epochs,
        "TRIALS": search.trials,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in values.items() if value is not None)
