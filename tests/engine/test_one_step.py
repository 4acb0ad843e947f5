"""One frozen update: what a run really did next, and what the optimizers really do."""

from __future__ import annotations

from typing import Any, get_args

import keras
import numpy as np
import pytest

from fmnist_core import models
from fmnist_core.architecture import BatchNormalization, Conv2D, Dense, Dropout, Flatten
from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import operations
from fmnist_core.engine.one_step import one_step
from fmnist_core.engine.operations import OPERATIONS
from fmnist_core.engine.optimizers import keras_optimizer
from fmnist_core.engine.weights import load_model
from fmnist_core.errors import ExperimentError, RunError
from fmnist_core.experiment import Augmentation, Data, OptimizerName, Training
from fmnist_core.models import ModelFiles
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.updates import written
from tests.engine.conftest import Trainer, tiny

RATE = 0.002


@pytest.fixture
def run(store: RunStore, trained: Trainer) -> Any:
    operations._store.cache_clear()
    operations._loaded.clear()
    layers = (Conv2D(filters=3), Flatten(), Dense(units=5))
    varied = Augmentation(flip=True, width_shift=0.1, mixup=0.3)
    data = Data(label_noise=0.3, augmentation=varied)
    run = store.create(tiny(*layers, data=data, epochs=1, learning_rate=RATE))
    trained(run)
    yield run
    operations._store.cache_clear()


def saved(run: Run, step: int) -> keras.Model:
    return load_model(run.experiment, run.directory / f"checkpoints/step-{step:06d}.npz")


def value(model: keras.Model, answer: dict[str, Any]) -> float:
    variable = next(v for v in model.trainable_variables if v.path == answer["variable"])
    return float(variable.numpy()[tuple(answer["index"])])


def test_from_the_first_weights_it_is_what_the_run_itself_did(run: Run, store: RunStore) -> None:
    answer, batch = OPERATIONS["one_step"]({"model": f"{run.id}@0"}, {})
    assert (answer["step"], answer["epoch"]) == (1, 1)
    assert answer["weight"] == value(saved(run, 0), answer)
    # The run's optimizer, too, had a state of zero.
    assert answer["new"] == pytest.approx(value(saved(run, 1), answer), rel=1e-4)
    first, second = store.state(run.id).batches[:2]
    assert answer["loss"] == pytest.approx(first.loss, rel=1e-3)
    assert answer["after"] < answer["loss"]
    later, next_batch = OPERATIONS["one_step"]({"model": f"{run.id}@1"}, {})
    assert later["loss"] == pytest.approx(second.loss, rel=1e-3)
    assert not set(batch["indices"]) & set(next_batch["indices"])
    true = fashion_mnist.load().train_labels[batch["indices"]]
    assert 5 < (batch["labels"] != true).sum() < 35  # about 30 % of 64


def test_the_last_batch_of_an_epoch_is_smaller_and_a_new_epoch_begins(run: Run) -> None:
    _, batch = OPERATIONS["one_step"]({"model": f"{run.id}@8"}, {})
    assert len(batch["indices"]) == 540 - 8 * 64
    answer, batch = OPERATIONS["one_step"]({"model": run.id}, {})
    assert (answer["step"], answer["epoch"], len(batch["indices"])) == (10, 2, 64)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_what_is_written_is_what_ours_and_keras_do(run: Run, name: OptimizerName) -> None:
    asked = {"model": run.id, "optimizer": name, "learning_rate": 0.05}
    answer, _ = OPERATIONS["one_step"](asked, {})
    training = Training(optimizer=name, learning_rate=0.05)
    lines = written(training, answer["weight"], answer["gradient"])
    assert lines[-1].value == pytest.approx(answer["new"], rel=1e-5)
    weight = keras.Variable(answer["weight"])
    keras_optimizer(training).apply([keras.ops.convert_to_tensor(answer["gradient"])], [weight])
    assert lines[-1].value == pytest.approx(float(weight.numpy()), rel=1e-5)


def test_the_gradient_is_the_slope_of_the_loss(run: Run, store: RunStore) -> None:
    """By hand: move the weight a little, and see how the loss moves."""
    asked = {"model": run.id, "optimizer": "sgd", "learning_rate": 1e-6, "variable": "output/bias"}
    answer, _ = OPERATIONS["one_step"](asked, {})
    files = models.resolve(run.id, store)
    losses = []
    for move in (-0.01, 0.01):
        moved = run.directory / "moved.npz"
        with np.load(files.weights) as arrays:
            changed = dict(arrays)
        changed[max(changed)][tuple(answer["index"])] += move
        np.savez(moved, **changed)
        other = ModelFiles(
            files.ref, files.title, files.experiment, moved, files.directory, None, False
        )
        losses.append(one_step(other, 9, asked)[0]["loss"])
    assert answer["gradient"] == pytest.approx((losses[1] - losses[0]) / 0.02, rel=0.05)


def test_any_weight_can_be_chosen_and_the_default_has_the_largest_gradient(run: Run) -> None:
    default, _ = OPERATIONS["one_step"]({"model": run.id}, {})
    assert default["variable"] in [each["path"] for each in default["variables"]]
    for each in default["variables"]:
        asked = {"model": run.id, "variable": each["path"]}
        largest, _ = OPERATIONS["one_step"](asked, {})
        assert largest["index"] == each["largest"]
        assert abs(largest["gradient"]) <= abs(default["gradient"])
        first = OPERATIONS["one_step"](asked | {"index": [0] * len(each["shape"])}, {})[0]
        assert abs(first["gradient"]) <= abs(largest["gradient"])


def test_the_shared_network_stays_as_it_is(run: Run) -> None:
    shared = operations.predictor(run.id).model
    before = [weight.copy() for weight in shared.get_weights()]
    OPERATIONS["one_step"]({"model": run.id, "learning_rate": 1.0}, {})
    for one, other in zip(before, shared.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_dropout_drops_the_same_units_before_and_after(store: RunStore, trained: Trainer) -> None:
    operations._store.cache_clear()
    layers = (Flatten(), Dense(units=32), BatchNormalization(), Dropout(rate=0.5))
    run = store.create(tiny(*layers, epochs=1))
    trained(run)
    asked = {"model": run.id, "optimizer": "sgd", "learning_rate": 1e-9}
    answer, _ = OPERATIONS["one_step"](asked, {})
    assert answer["after"] == pytest.approx(answer["loss"], abs=1e-4)


def test_what_is_not_there_is_refused(run: Run) -> None:
    for asked, message in (
        ({"variable": "dense_9/kernel"}, "no weights 'dense_9/kernel'"),
        ({"variable": "output/bias", "index": [10]}, "no weight"),
        ({"variable": "output/bias", "index": [0, 0]}, "no weight"),
    ):
        with pytest.raises(RunError, match=message):
            OPERATIONS["one_step"]({"model": run.id, **asked}, {})
    with pytest.raises(ExperimentError, match="learning_rate"):
        OPERATIONS["one_step"]({"model": run.id, "learning_rate": -1.0}, {})
