"""Whole runs on a small dataset: what they emit and what they keep."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from fmnist_core import events as e
from fmnist_core import temperature
from fmnist_core.architecture import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import learner
from fmnist_core.engine.checkpoints import checkpoint_name
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.steps import Floats, Steps
from fmnist_core.engine.streaming import Indices
from fmnist_core.engine.train import Speed
from fmnist_core.engine.weights import load_model, load_weights
from fmnist_core.errors import ExperimentError, RunError
from fmnist_core.evaluation import Report
from fmnist_core.experiment import Data, EarlyStopping, Target
from fmnist_core.presets import preset
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from tests.engine.conforming import assert_conforms, events_of
from tests.engine.conftest import TEST, Trainer, tiny


def test_a_run_from_its_experiment_to_its_report(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(epochs=3))
    state = trained(run)

    assert_conforms(run)
    assert state.status == "finished"
    assert isinstance(state.ending, e.RunFinished)
    assert state.ending.reason == "All 3 epochs done."
    assert state.started
    assert state.started.steps_per_epoch == 9
    assert (state.started.train_n, state.started.validation_n) == (540, 60)
    assert [batch.step for batch in state.batches] == list(range(1, 28))
    assert [batch.epoch for batch in state.batches] == [1] * 9 + [2] * 9 + [3] * 9
    seconds = [batch.seconds for batch in state.batches]
    assert seconds == sorted(seconds)
    assert [(epoch.step, epoch.train_n) for epoch in state.epochs] == [
        (9, 540),
        (18, 540),
        (27, 540),
    ]
    assert state.epochs[-1].train_loss < state.epochs[0].train_loss
    assert {split: result.n for split, result in state.evaluated.items()} == {
        "train": 540,
        "validation": 60,
        "test": TEST,
    }
    assert state.ending.images_per_second > 0
    assert state.ending.first_batch_seconds > 0
    assert state.ending.seconds >= seconds[-1]


def test_trained_in_bfloat16_it_is_judged_as_it_answers(
    store: RunStore, trained: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "precision", lambda _: "mixed_bfloat16")
    run = store.create(tiny(Conv2D(filters=16), Flatten(), Dense(units=16), epochs=1))
    trained(run)
    said = np.load(run.directory / "test_probabilities.npy")
    model = load_model(run.experiment, run.directory / "weights.npz")
    pictures = fashion_mnist.load().test_images[:TEST, ..., np.newaxis] / np.float32(255)
    np.testing.assert_allclose(said, model(pictures), atol=1e-5)


def test_a_share_that_sets_no_picture_aside_is_refused_where_the_end_depends_on_it() -> None:
    data = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)
    few = replace(
        data,
        train_labels=data.train_labels[:10],
        read_train_images=lambda: data.train_images[:10],
    )
    experiment = with_settings(preset("mlp-128").experiment, ["data.validation_fraction=0.04"])
    assert not len(prepare(experiment, few).validation)
    stopping = with_settings(experiment, ['training.early_stopping={"patience":1}'])
    with pytest.raises(ExperimentError, match=r"of 10 pictures .* 0\.04 sets none aside"):
        prepare(stopping, few)


def test_an_epochs_training_values_are_the_mean_over_its_pictures(
    store: RunStore, trained: Trainer
) -> None:
    state = trained(store.create(tiny(epochs=1)))
    sizes = [64] * 8 + [28]
    for metric in ("loss", "accuracy"):
        values = [getattr(batch, metric) for batch in state.batches]
        mean = np.average(values, weights=sizes)
        assert getattr(state.epochs[0], f"train_{metric}") == pytest.approx(mean)


def test_the_report_is_computed_from_the_probabilities(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny())
    state = trained(run)
    probabilities = np.load(run.directory / "test_probabilities.npy")
    labels = fashion_mnist.load().test_labels
    accuracy = float((probabilities.argmax(1) == labels).mean())
    known = temperature.read(run.directory)
    assert known is not None
    assert (known.n, known.error_n) == (state.evaluated["validation"].n, TEST)
    assert known.before == pytest.approx(temperature.expected_error(labels, probabilities))
    content = json.loads((run.directory / "report.json").read_bytes())
    assert probabilities.shape == (TEST, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert Report.from_json(json.dumps(content["test"])).accuracy == pytest.approx(accuracy)
    for split in ("train", "validation", "test"):
        assert content[split]["accuracy"] == pytest.approx(state.evaluated[split].accuracy)
        assert content[split]["loss"] == pytest.approx(state.evaluated[split].loss, rel=1e-4)
        assert content[split]["n"] == state.evaluated[split].n


def test_the_speed_counts_every_picture_once(
    store: RunStore, trained: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(Speed, "group_ended", lambda _, images, seconds: counted.append(images))
    trained(store.create(tiny(epochs=2)))
    assert sum(counted) == 2 * 540


@pytest.mark.parametrize(
    ("layers", "threads"), [((Flatten(), Dense(units=8)), 1), ((Conv2D(filters=2), Flatten()), 2)]
)
def test_a_run_says_with_how_many_threads_it_computes(
    store: RunStore, trained: Trainer, layers: tuple[Any, ...], threads: int
) -> None:
    state = trained(store.create(tiny(*layers, epochs=1)))
    assert state.started
    assert state.started.threads == threads


def test_validation_is_evaluated_alike_during_and_after(store: RunStore, trained: Trainer) -> None:
    state = trained(store.create(tiny(Flatten(), Dense(units=8, l2=0.01), loss="one-hot")))
    assert state.epochs[-1].validation_loss == pytest.approx(state.evaluated["validation"].loss)
    assert state.epochs[-1].validation_accuracy == state.evaluated["validation"].accuracy


@pytest.mark.parametrize("scaling", ["divide-255", "standardise", "raw"])
def test_what_was_saved_predicts_what_the_run_predicted(
    store: RunStore, trained: Trainer, scaling: Any
) -> None:
    layers = (Conv2D(filters=2), MaxPooling2D(pool_size=4), BatchNormalization(), Flatten())
    run = store.create(tiny(*layers, data=Data(scaling=scaling), optimizer="sgd"))
    state = trained(run)
    dataset = fashion_mnist.load()
    pictures = dataset.test_images[..., np.newaxis].astype(np.float32) / 255
    expected = np.load(run.directory / "test_probabilities.npy")

    from_weights = load_model(run.experiment, run.directory / "weights.npz")
    np.testing.assert_allclose(from_weights(pictures), expected, atol=1e-5)
    last = run.directory / "checkpoints" / checkpoint_name(state.step)
    np.testing.assert_allclose(load_model(run.experiment, last)(pictures), expected, atol=1e-5)
    exported = keras.models.load_model(run.directory / "model.keras", safe_mode=True)
    np.testing.assert_allclose(exported(pictures), expected, atol=1e-5)
    loss, accuracy = exported.evaluate(pictures, dataset.test_labels, verbose=0)
    assert accuracy == pytest.approx(state.evaluated["test"].accuracy)
    assert loss == pytest.approx(state.evaluated["test"].loss, rel=1e-3)

    rescaling = [layer for layer in from_weights.layers if layer.name == "rescaling"]
    if scaling == "divide-255":
        assert rescaling == []
    else:
        seen = np.asarray(rescaling[0](dataset.train_images[..., np.newaxis] / np.float32(255)))
        wanted = {"raw": (0, 255), "standardise": (None, None)}[scaling]
        if scaling == "raw":
            assert (seen.min(), seen.max()) == pytest.approx(wanted)
        else:
            assert (seen.mean(), seen.std()) == pytest.approx((0, 1), abs=0.02)


def test_checkpoints_hold_the_weights_of_their_step(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(epochs=3))
    state = trained(run)
    assert [saved.step for saved in state.checkpoints] == list(range(28))
    assert [saved.epoch for saved in state.checkpoints] == [0, *9 * [1], *9 * [2], *9 * [3]]
    model = load_model(run.experiment, run.directory / state.checkpoints[0].file)
    weights = []
    for saved in state.checkpoints:
        load_weights(model, run.directory / saved.file)
        weights.append(model.get_weights()[0])
    distances = [float(np.abs(w - weights[0]).sum()) for w in weights]
    assert distances[0] == 0 < distances[1] < distances[9] < distances[27]


def test_the_same_experiment_gives_the_same_curve(store: RunStore, trained: Trainer) -> None:
    one, again = (trained(store.create(tiny(seed=4))) for _ in range(2))
    other = trained(store.create(tiny(seed=5)))
    losses = [[batch.loss for batch in state.batches] for state in (one, again, other)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert not np.allclose(losses[0], losses[2], rtol=1e-3)


def test_every_epoch_is_told_which_order_the_next_will_have(
    store: RunStore, trained: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[tuple[int, ...], tuple[int, ...] | None] = {}
    run = Steps.run

    def heard(
        self: Steps, order: Indices, rates: Floats, first: int, done: int, then: Indices | None
    ) -> tuple[Floats, Floats]:
        told[tuple(order)] = None if then is None else tuple(then)
        return run(self, order, rates, first, done, then)

    monkeypatch.setattr(Steps, "run", heard)
    trained(store.create(tiny(epochs=3)))
    one, two, three = told
    assert told == {one: two, two: three, three: None}


def test_a_limit_in_steps_cuts_the_last_epoch_short(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(steps=13))
    state = trained(run)
    assert_conforms(run)
    assert state.step == 13
    assert state.ending
    assert state.ending.reason == "All 13 steps done."
    assert [(epoch.step, epoch.train_n) for epoch in state.epochs] == [(9, 540), (13, 256)]


def test_a_target_ends_the_run_at_an_epochs_end(store: RunStore, trained: Trainer) -> None:
    target = Target(metric="accuracy", split="training", value=0.01)
    state = trained(store.create(tiny(epochs=50, target=target)))
    assert isinstance(state.ending, e.RunFinished)
    assert "training accuracy" in state.ending.reason
    assert state.epoch == 1


def test_early_stopping_restores_its_best_weights(store: RunStore, trained: Trainer) -> None:
    stopping = EarlyStopping(monitor="loss", patience=1)
    # So large a rate that validation soon gets worse again.
    state = trained(
        store.create(
            tiny(epochs=200, optimizer="rmsprop", learning_rate=0.02, early_stopping=stopping)
        )
    )
    assert isinstance(state.ending, e.RunFinished)
    losses = [epoch.validation_loss for epoch in state.epochs]
    best = int(np.argmin(losses)) + 1
    assert best < len(losses) < 200
    assert state.ending.reason == (
        f"The validation loss has not improved for one epoch. "
        f"The weights of epoch {best}, the best, were restored."
    )
    assert state.evaluated["validation"].loss == pytest.approx(min(losses), rel=1e-4)


def test_without_validation_pictures_there_is_no_panel(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(data=Data(validation_fraction=0.0), epochs=1))
    state = trained(run)
    assert state.panel is None
    assert state.epochs[0].validation_loss is None
    assert set(state.evaluated) == {"train", "test"}
    assert json.loads((run.directory / "report.json").read_bytes())["validation"] is None
    assert temperature.read(run.directory) is None


def test_the_panel_shows_validation_pictures_as_the_network_sees_them(
    store: RunStore, trained: Trainer
) -> None:
    run = store.create(tiny())
    panel = trained(run).panel
    assert panel
    dataset = fashion_mnist.load()
    pictures = np.array(panel.pictures)
    probabilities = np.asarray(
        load_model(run.experiment, run.directory / "weights.npz")(
            dataset.train_images[pictures][..., np.newaxis] / np.float32(255)
        )
    )
    assert len(pictures) == 24
    assert panel.labels == tuple(dataset.train_labels[pictures].tolist())
    assert panel.predicted == tuple(probabilities.argmax(1).tolist())
    np.testing.assert_allclose(panel.confidence, probabilities.max(1), atol=1e-3)
    assert panel.step == 18


def test_label_noise_spares_validation_and_test(store: RunStore, trained: Trainer) -> None:
    """All training labels wrong: the network learns to avoid the truth."""
    layers = (Flatten(), Dense(units=64))
    noisy = tiny(*layers, data=Data(label_noise=1.0), epochs=40, learning_rate=0.01)
    state = trained(store.create(noisy))
    assert state.evaluated["train"].accuracy > 0.3
    assert state.evaluated["validation"].accuracy < 0.1
    assert state.evaluated["test"].accuracy < 0.1


def test_the_schedules_jumps_are_told(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(schedule="step", decay_factor=0.1, epochs=3, learning_rate=0.01))
    state = trained(run)
    assert_conforms(run)
    changes = [(change.step, change.by) for change in state.rate_changes]
    assert changes == [(9, "schedule"), (18, "schedule")]
    assert state.rate_changes[-1].learning_rate == pytest.approx(0.0001)


def test_a_network_that_diverges_says_so(store: RunStore, trained: Trainer) -> None:
    run = store.create(
        tiny(
            Flatten(),
            Dense(units=8, activation="linear"),
            optimizer="sgd",
            learning_rate=100.0,
            epochs=50,
        )
    )
    with pytest.raises(
        RunError, match=r"no longer a number at step [\d,]+\. The learning rate 100 "
    ):
        trained(run)
    events = events_of(run)
    assert all(np.isfinite(event.loss) for event in events if isinstance(event, e.BatchEnded))


def test_too_many_training_pictures_are_refused(store: RunStore, trained: Trainer) -> None:
    with pytest.raises(ExperimentError, match="541"):
        trained(store.create(tiny(data=Data(train_size=541))))


def test_sixty_thousand_pictures_in_batches_of_128_make_469_steps() -> None:
    cnn = preset("cnn-16").experiment
    assert cnn.training.batch_size == 128
    assert cnn.steps_per_epoch(60_000) == 469
