"""What a person would write in a notebook: compile and fit on NumPy arrays, all by default.

The other side of every comparison, in a process of its own (see ``child``). The layers and the
optimizer are the very objects of Keras that the app would export; nothing else is the app's.
"""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine.build import build
from fmnist_core.engine.optimizers import keras_optimizer
from fmnist_core.engine.outcome import keras_loss
from fmnist_core.experiment import Experiment
from tests.benchmarks.child import answer

Pictures = tuple[Any, Any, Any, Any, Any, Any]


class Times(keras.callbacks.Callback):
    """When epochs began, and when their first and last batches ended."""

    # Without this Keras would wait for this callback at every batch, which a plain fit does not.
    async_safe = True

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append({"begin": time.time()})

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.time()
        self.epochs[-1].setdefault("first", now)
        self.epochs[-1]["last"] = now


def fitted(experiment: Experiment) -> tuple[keras.Model, Times, Pictures]:
    """The trained network, when its batches ended, and the pictures of both sets."""
    data, training = experiment.data, experiment.training
    if data.scaling != "divide-255" or data.label_noise or training.loss != "sparse":
        raise ValueError("only plain pictures and labels are compared")
    pictures = pictures_of(experiment)
    x_train, y_train, x_val, y_val, _, _ = pictures
    model = build(experiment.architecture, seed=experiment.seed)
    model.compile(
        optimizer=keras_optimizer(training),
        loss=keras_loss(training, experiment.architecture.output),
        metrics=["accuracy"],
    )
    times = Times()
    model.fit(
        x_train,
        y_train,
        batch_size=training.batch_size,
        epochs=training.epochs,
        validation_data=(x_val, y_val),
        callbacks=[times],
    )
    return model, times, pictures


def pictures_of(experiment: Experiment) -> Pictures:
    """Those to train on, to validate and to test, each float32 from 0 to 1 with its labels."""
    dataset, data = fashion_mnist.load(), experiment.data
    x_train = dataset.train_images[..., np.newaxis].astype("float32") / 255
    x_test = dataset.test_images[..., np.newaxis].astype("float32") / 255
    y_train, y_test = dataset.train_labels, dataset.test_labels
    split = splits.split(y_train, data.validation_fraction, experiment.seed, data.train_size)
    x_val, y_val = x_train[split.validation], y_train[split.validation]
    return x_train[split.train], y_train[split.train], x_val, y_val, x_test, y_test


def fit(question: dict[str, Any]) -> dict[str, Any]:
    """{"experiment"} -> {"windows": [[seconds, pictures], ...], "accuracy"}"""
    experiment = Experiment.from_json(question["experiment"])
    model, times, (x_train, _, _, _, x_test, y_test) = fitted(experiment)
    _, accuracy = model.evaluate(x_test, y_test)
    size = experiment.training.batch_size
    windows = []
    for number, epoch in enumerate(times.epochs):
        first = number == 0
        begin = epoch["first" if first else "begin"]
        windows.append([epoch["last"] - begin, len(x_train) - first * size])
    return {"windows": windows, "accuracy": float(accuracy)}


if __name__ == "__main__":
    answer(fit)
