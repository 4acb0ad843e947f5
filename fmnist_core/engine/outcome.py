"""What a run leaves behind: checkpoints on the way; weights, model and report at the end."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from fmnist_core import evaluation, temperature
from fmnist_core import events as e
from fmnist_core.architecture import Output
from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.engine.build import build
from fmnist_core.engine.checkpoints import checkpoint_name
from fmnist_core.engine.evaluate import Scores
from fmnist_core.engine.optimizers import keras_optimizer
from fmnist_core.engine.weights import save_weights
from fmnist_core.experiment import Experiment, Training
from fmnist_core.files import write_atomically


class Checkpoints:
    """Saves the weights after the planned steps, and says so."""

    def __init__(
        self, directory: Path, model: keras.Model, emit: Callable[..., None], planned: list[int]
    ) -> None:
        self._directory = directory
        self._model = model
        self._emit = emit
        self._planned = planned
        self._last = -1

    def steps_until_next(self, step: int) -> int:
        """How many steps may follow ``step`` before the next one that is to be saved."""
        return next(planned for planned in self._planned if planned > step) - step

    def reached(self, step: int, epoch: int) -> None:
        """Save if it was planned."""
        if step in self._planned:
            self.save(step, epoch)

    def save(self, step: int, epoch: int) -> None:
        """Save, unless this step was saved before."""
        if step == self._last:
            return
        self._last = step
        file = f"checkpoints/{checkpoint_name(step)}"
        (self._directory / "checkpoints").mkdir(exist_ok=True)
        save_weights(self._model, self._directory / file)
        self._emit(e.CheckpointSaved(time.time(), step, epoch, file))


def write_report(
    directory: Path, train: Scores, validation: Scores | None, test: Scores, dataset: Dataset
) -> None:
    """report.json and test_probabilities.npy, these as the network gives them, uncalibrated."""
    report = evaluation.report(dataset.test_labels, test.probabilities, dataset.class_names)
    content = {
        "train": _summary(train),
        "validation": _summary(validation) if validation else None,
        "test": json.loads(report.to_json()),
    }
    buffer = io.BytesIO()
    np.save(buffer, test.probabilities)
    write_atomically(directory / "test_probabilities.npy", buffer.getvalue())
    write_atomically(directory / "report.json", json.dumps(content).encode())


def write_calibration(
    directory: Path,
    validation: Scores,
    labels: npt.NDArray[np.uint8],
    test: Scores,
    dataset: Dataset,
) -> None:
    """calibration.json, fitted on the validation pictures, whose ``labels`` are (n,)."""
    found = temperature.calibrate(
        (labels, validation.probabilities), (dataset.test_labels, test.probabilities)
    )
    write_atomically(directory / temperature.FILE, found.to_json().encode())


def write_model(
    directory: Path,
    trained: keras.Model,
    experiment: Experiment,
    rescale: tuple[float, float] | None,
) -> None:
    """model.keras: the network as Keras loads it, of Keras' layers, compiled as it was trained."""
    model = build(experiment.architecture, rescale, experiment.seed)
    model.set_weights(trained.get_weights())
    model.compile(
        optimizer=keras_optimizer(experiment.training),
        loss=keras_loss(experiment.training, experiment.architecture.output),
        metrics=[_keras_accuracy(experiment.architecture.output)],
    )
    temporary = directory / ".model.partial.keras"  # Keras insists on the ending
    model.save(temporary)
    temporary.replace(directory / "model.keras")


def _summary(scores: Scores) -> dict[str, float | int]:
    return {"accuracy": scores.accuracy, "loss": scores.loss, "n": scores.n}


def _keras_accuracy(output: Output) -> str | keras.metrics.Metric:
    """Keras' own choice compares with 0.5, which for one logit is not the middle."""
    if output.binary and output.logits:
        return keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)
    return "accuracy"


def keras_loss(training: Training, output: Output) -> keras.losses.Loss:
    """The experiment's loss as Keras has it, for an exported model."""
    logits = output.logits
    if output.binary:
        return keras.losses.BinaryCrossentropy(
            from_logits=logits, label_smoothing=training.label_smoothing
        )
    if training.loss == "sparse":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    return keras.losses.CategoricalCrossentropy(
        from_logits=logits, label_smoothing=training.label_smoothing
    )
