from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from fmnist_core import limits
from fmnist_core.architecture import Architecture, Conv2D, Dense, Flatten, GlobalAveragePooling2D
from fmnist_core.errors import ArchitectureError, ExperimentError, LimitError
from fmnist_core.experiment import Data, EarlyStopping, Experiment, Training, check, training_memory
from fmnist_core.presets import preset
from fmnist_core.summary import summarise
from tests import strategies

CNN = preset("cnn-16").experiment


def stack(*layers: Any, **training: Any) -> Experiment:
    return Experiment(architecture=Architecture(layers=layers), training=Training(**training))


def with_value(path: str, value: Any) -> str:
    """CNN's JSON with one value replaced, or added, however wrong."""
    tree = json.loads(CNN.to_json())
    *parents, leaf = path.split(".")
    node = tree
    for name in parents:
        node = node[int(name)] if isinstance(node, list) else node[name]
    node[leaf] = value
    return json.dumps(tree)


@given(strategies.experiments(strategies.arbitrary_architectures()))
def test_json_round_trip(experiment: Experiment) -> None:
    again = Experiment.from_json(experiment.to_json())
    assert again == experiment
    assert again.to_json() == experiment.to_json()
    assert hash(again) == hash(experiment)


@given(strategies.experiments())
def test_small_networks_that_fit_pass(experiment: Experiment) -> None:
    small = experiment.changed(training=experiment.training.changed(batch_size=32))
    assert check(small) == summarise(experiment.architecture)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("training.epoch", 3, "training.epoch is not a setting."),
        ("data.train_size", 19, "data.train_size: expected at least 20, received 19."),
        ("training.batch_size", 64.5, "training.batch_size: input should be a valid integer"),
        ("training.batch_size", "64", "training.batch_size: input should be a valid integer"),
        ("training.batch_size", True, "training.batch_size: input should be a valid integer"),
        ("training.learning_rate", 0, "training.learning_rate: expected more than 0"),
        ("training.learning_rate", float("nan"), "training.learning_rate: input should be a fin"),
        ("training.learning_rate", float("inf"), "training.learning_rate: input should be a fin"),
        ("training.momentum", 1, "training.momentum: expected less than 1"),
        ("training.epochs", 10**9, "training.epochs: expected at most 1,000, received 1000000000."),
        ("training.steps", 10**9, "training.steps: expected at most 1,000,000"),
        ("training.optimizer", "adm", "training.optimizer: expected 'sgd', 'sgd-nesterov'"),
        ("training.schedule", None, "training.schedule: expected 'constant', 'cosine'"),
        ("training.early_stopping", {"patience": 0}, "training.early_stopping.patience: expected"),
        ("data.validation_fraction", 0.51, "data.validation_fraction: expected at most 0.5"),
        ("data.validation_fraction", 1e-6, "data.validation_fraction: expected 0 (no validation)"),
        ("data.label_noise", -0.1, "data.label_noise: expected at least 0"),
        ("seed", -1, "seed: expected at least 0, received -1."),
        ("seed", 2**31, "seed: expected at most 2,147,483,647"),
        ("title", "x" * 81, "title: string should have at most 80 characters"),
        ("preset", "../../elsewhere", "preset: string should match pattern"),
        ("preset", "x\n", "preset: string should match pattern"),
        ("architecture.layers", [{"kind": "Lambda"}], "architecture.layers.0: expected one of"),
        ("architecture.layers", [{"kind": "Flatten"}] * 61, "architecture.layers: tuple should"),
        ("architecture.layers.0.units", 3, "architecture.layers.0.units is not a setting."),
        ("architecture.layers.0.filters", 0, "architecture.layers.0.filters: expected at least 1"),
        ("architecture.layers.3.units", 2 * 10**9, "architecture.layers.3.units: expected at most"),
        ("architecture.classes", 1, "architecture.classes: expected at least 2"),
        ("architecture.input_shape", [28, 28], "architecture.input_shape.2 is missing."),
        ("architecture.input_shape", [-28, 28, 1], "architecture.input_shape.0: expected at least"),
        ("architecture.input_shape", [28, 10**9, 1], "architecture.input_shape.1: expected at mos"),
    ],
)
def test_a_bad_value_is_refused_by_name(path: str, value: Any, message: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_json(with_value(path, value))
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", ["", "null", "[]", "3", "{", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_experiment_is_refused(text: str | bytes) -> None:
    with pytest.raises(ExperimentError, match=r"^experiment: "):
        Experiment.from_json(text)


def test_every_mistake_is_named_and_long_input_is_shortened() -> None:
    text = json.dumps({"title": 5 * [10**50], "seed": -1})
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_json(text)
    message = str(caught.value)
    assert "title: " in message
    assert "architecture is missing." in message
    assert "seed: expected at least 0, received -1." in message
    assert len(message) < 250


def test_changed_validates_and_leaves_the_original_alone() -> None:
    assert CNN.changed(seed=7).seed == 7
    assert CNN.seed == 0
    with pytest.raises(ExperimentError, match=r"^seed: expected at least 0"):
        CNN.changed(seed=-1)
    with pytest.raises(ExperimentError, match=r"^speed is not a setting"):
        CNN.changed(speed=1)
    with pytest.raises(ExperimentError, match=r"^epochs: expected at most 1,000"):
        CNN.training.changed(epochs=10**9)


def test_label_smoothing_needs_one_hot_labels() -> None:
    with pytest.raises(ExperimentError, match=r"label_smoothing 0\.1 needs loss 'one-hot'"):
        CNN.training.changed(label_smoothing=0.1)
    assert CNN.training.changed(label_smoothing=0.1, loss="one-hot").label_smoothing == 0.1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("early_stopping", {"patience": 3}),
        ("target", {"split": "validation", "value": 0.9}),
    ],
)
def test_watching_validation_needs_validation_pictures(path: str, value: Any) -> None:
    tree = json.loads(CNN.to_json())
    tree["training"][path] = value
    Experiment.from_json(json.dumps(tree))
    tree["data"]["validation_fraction"] = 0
    with pytest.raises(ExperimentError, match=r"data\.validation_fraction is 0\. Set it"):
        Experiment.from_json(json.dumps(tree))


def test_a_training_target_needs_no_validation() -> None:
    tree = json.loads(CNN.to_json())
    tree["training"]["target"] = {"split": "training", "value": 0.9}
    tree["data"]["validation_fraction"] = 0
    assert Experiment.from_json(json.dumps(tree)).training.target is not None


def test_too_many_parameters() -> None:
    with pytest.raises(LimitError, match=r"needs 25,\d{3},\d{3} parameters; at most 20,000,000"):
        check(stack(Conv2D(filters=16, padding="same"), Flatten(), Dense(units=2_000)))


def test_too_many_multiply_adds() -> None:
    layers = (Conv2D(filters=400), Conv2D(filters=800), GlobalAveragePooling2D())
    with pytest.raises(LimitError, match=r"multiply-adds for a picture; at most 1,000,000,000"):
        check(stack(*layers))


def test_too_much_memory_names_megabytes() -> None:
    layers = (Conv2D(filters=64, padding="same"),) * 4
    assert check(stack(*layers, GlobalAveragePooling2D(), batch_size=256))
    with pytest.raises(LimitError, match=r"needs \d,\d{3} MB of memory; at most 4,294 .*batch"):
        check(stack(*layers, GlobalAveragePooling2D(), batch_size=4_096))


def test_memory_counts_weights_four_times_and_activations_twice() -> None:
    experiment = stack(Flatten(), batch_size=3)
    summary = summarise(experiment.architecture)
    assert training_memory(experiment, summary) == 4 * (4 * 7_850 + 2 * (784 + 10) * 3)


def test_the_largest_settings_are_refused_without_being_built() -> None:
    layers = (Conv2D(filters=limits.MAX_FILTERS, kernel_size=28, padding="same"),)
    with pytest.raises(LimitError):
        check(stack(*layers * (limits.MAX_LAYERS - 1), Flatten()))


def test_check_refuses_layers_that_do_not_fit() -> None:
    with pytest.raises(ArchitectureError, match="Add Flatten"):
        check(stack(Conv2D()))


@pytest.mark.parametrize("change", [{"input_shape": (32, 32, 3)}, {"classes": 5}])
def test_check_refuses_a_network_for_other_pictures(change: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError, match="The pictures are 28x28x1 in 10 classes"):
        check(CNN.changed(architecture=CNN.architecture.changed(**change)))


def test_steps() -> None:
    assert CNN.steps_per_epoch(60_000) == 469
    assert CNN.steps_per_epoch(128) == 1
    assert CNN.total_steps(60_000) == 4_690
    limited = CNN.changed(training=CNN.training.changed(steps=7))
    assert limited.total_steps(60_000) == 7


def test_defaults_watch_a_tenth_for_validation() -> None:
    assert Data().validation_fraction == 0.1
    assert EarlyStopping().monitor == "loss"
