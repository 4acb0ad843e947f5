"""A network with batch normalisation, judged with its moving averages and with exact ones."""

from __future__ import annotations

from typing import Any

import keras

from fmnist_core.engine.averages import average_anew
from fmnist_core.experiment import Experiment
from tests.benchmarks.child import answer
from tests.benchmarks.engine.notebook_fit import fitted, pictures_of


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


if __name__ == "__main__":
    answer(judged)
