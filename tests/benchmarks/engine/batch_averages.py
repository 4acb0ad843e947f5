"""A network with batch normalisation, judged with its moving averages and with exact ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from fmnist_core.experiment import Experiment
from tests.benchmarks.child import answer
from tests.benchmarks.engine.notebook_fit import fitted, pictures_of

BATCH_SIZE = 1000


def judged(question: dict[str, Any]) -> dict[str, float]:
    """{"experiment", "model": file of the app's, or None: fit it as a notebook does} ->
    {"moving", "exact"}: the accuracy on test pictures with either kind of averages."""
    experiment = Experiment.from_json(question["experiment"])
    if question["model"]:
        model, pictures = keras.saving.load_model(question["model"]), pictures_of(experiment)
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    else:
        model, _, pictures = fitted(experiment)
    x_train, _, _, _, x_test, y_test = pictures
    _, moving = model.evaluate(x_test, y_test, verbose=0)
    average_anew(model, x_train)
    _, exact = model.evaluate(x_test, y_test, verbose=0)
    return {"moving": float(moving), "exact": float(exact)}


def average_anew(model: keras.Model, pictures: np.ndarray) -> None:
    """Each moving average becomes the mean of batches of all pictures, weights as they are."""
    layers = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    batches = np.array_split(pictures, -(-len(pictures) // BATCH_SIZE))
    for number, batch in enumerate(batches):
        for layer in layers:
            layer.momentum = number / (number + 1)
        model(batch, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


if __name__ == "__main__":
    answer(judged)
