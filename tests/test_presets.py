"""The presets against the table of networks that they were taken from."""

from __future__ import annotations

import pytest

from fmnist_core.architecture import layer_title
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import EarlyStopping, Experiment, check
from fmnist_core.presets import PRESETS, preset

# name: title, parameters, not trainable, learning rate, batch, epochs, steps, patience, published
TABLE = {
    "mlp-128": ("MLP 128", 101_770, 0, 0.001, 32, 5, None, None, None),
    "mlp-350": ("MLP 350", 278_260, 0, 0.001, 32, 100, None, 5, 0.882),
    "cnn-16": ("CNN 16", 201_578, 0, 0.01, 128, 10, None, None, 0.855),
    "cnn-16-32-bn": ("CNN 16-32 + BatchNorm", 407_802, 160, 0.01, 32, 5, None, None, 0.909),
    "cnn-32": ("CNN 32", 542_230, 0, 0.001, 32, 100, None, 5, 0.908),
    "cnn-64": ("CNN 64", 1_386_506, 0, 0.001, 32, 5, None, None, None),
    "cnn-64-64": ("CNN 64-64", 243_786, 0, 0.001, 32, 5, None, None, None),
    "cnn-32-64-64": ("CNN 32-64-64", 93_322, 0, 0.001, 32, 5, None, None, None),
    "lenet-wide": ("LeNet 5x5 wide", 3_274_634, 0, 0.001, 128, 5, 500, None, 0.8192),
    "resnet-8": ("ResNet 8", 75_482, 480, 0.003, 128, 5, None, None, None),
}
# name: title, parameters, not trainable, optimizer, learning rate, batch, epochs
SPRINTS = {
    "sprint-90": ("Sprint 90 %", 211_354, 160, "sgd-nesterov", 0.25, 256, 4),
    "sprint-92": ("Sprint 92 %", 104_874, 448, "sgd-nesterov", 0.15, 128, 8),
    "sprint-94": ("Sprint 94 %", 289_962, 832, "adamw", 0.004, 128, 18),
}
LAYERS = {
    "mlp-128": "Flatten; Dense 128",
    "mlp-350": "Flatten; Dense 350",
    "cnn-16": "Conv2D 16, 3x3 same; MaxPooling2D 2x2; Flatten; Dense 64",
    "cnn-16-32-bn": "Conv2D 16, 3x3 same; Conv2D 32, 3x3 same; MaxPooling2D 2x2; Flatten; "
    "Dense 64; BatchNormalization; Dense 16; BatchNormalization",
    "cnn-32": "Conv2D 32, 3x3 valid; MaxPooling2D 2x2; Flatten; Dense 100",
    "cnn-64": "Conv2D 64, 3x3 valid; MaxPooling2D 2x2; Flatten; Dense 128",
    "cnn-64-64": "Conv2D 64, 3x3 valid; MaxPooling2D 2x2; Conv2D 64, 3x3 valid; "
    "MaxPooling2D 2x2; Flatten; Dense 128",
    "cnn-32-64-64": "Conv2D 32, 3x3 valid; MaxPooling2D 2x2; Conv2D 64, 3x3 valid; "
    "MaxPooling2D 2x2; Conv2D 64, 3x3 valid; Flatten; Dense 64",
    "lenet-wide": "Conv2D 32, 5x5 same; MaxPooling2D 2x2; Conv2D 64, 5x5 same; "
    "MaxPooling2D 2x2; Flatten; Dense 1024; Dropout 0.25",
    "resnet-8": "Conv2D 16, 3x3 same; ResidualBlock 16; ResidualBlock 32, stride 2; "
    "ResidualBlock 64, stride 2; BatchNormalization; Activation relu; GlobalAveragePooling2D",
}


def test_these_presets_in_this_order() -> None:
    assert list(PRESETS) == [*TABLE, *SPRINTS]


@pytest.mark.parametrize("name", TABLE)
def test_row(name: str) -> None:
    chosen = preset(name)
    experiment, training = chosen.experiment, chosen.experiment.training
    summary = check(experiment)
    assert (
        chosen.title,
        summary.parameters,
        summary.parameters - summary.trainable_parameters,
        training.learning_rate,
        training.batch_size,
        training.epochs,
        training.steps,
        training.early_stopping and training.early_stopping.patience,
        chosen.published and chosen.published.accuracy,
    ) == TABLE[name]
    schedule = "cosine" if name == "resnet-8" else "constant"
    assert (training.optimizer, training.schedule) == ("adam", schedule)
    assert (experiment.preset, experiment.title) == (name, chosen.title)
    assert experiment.data.scaling == "divide-255"


@pytest.mark.parametrize("name", TABLE)
def test_layers(name: str) -> None:
    layers = preset(name).experiment.architecture.layers
    assert "; ".join(map(layer_title, layers)) == LAYERS[name]
    kernels = [layer for layer in layers if layer.kind in ("Conv2D", "Dense")]
    # ReLU comes behind the normalisation where there is one.
    assert {layer.activation for layer in kernels} == {"linear" if name == "resnet-8" else "relu"}


@pytest.mark.parametrize("name", SPRINTS)
def test_sprint(name: str) -> None:
    chosen = preset(name)
    training, summary = chosen.experiment.training, check(chosen.experiment)
    assert (
        chosen.title,
        summary.parameters,
        summary.parameters - summary.trainable_parameters,
        training.optimizer,
        training.learning_rate,
        training.batch_size,
        training.epochs,
    ) == SPRINTS[name]
    assert (training.schedule, training.steps, training.early_stopping) == ("triangle", None, None)
    assert chosen.published is None


def test_the_patient_presets_restore_the_best_weights() -> None:
    for name in ("mlp-350", "cnn-32"):
        experiment = preset(name).experiment
        assert experiment.training.early_stopping == EarlyStopping(patience=5, restore_best=True)
        assert experiment.data.validation_fraction == 0.05


def test_only_one_of_the_tutorials_ends_in_logits() -> None:
    logits = [n for n in TABLE if preset(n).experiment.architecture.output.logits]
    assert logits == ["cnn-32-64-64"]


def test_only_lenet_draws_from_the_standard_normal() -> None:
    def initializers(experiment: Experiment) -> set[str]:
        stack = experiment.architecture
        kernels = [layer for layer in stack.layers if layer.kind in ("Conv2D", "Dense")]
        return {layer.kernel_initializer for layer in [*kernels, stack.output]}

    special = {"lenet-wide": {"standard_normal"}, "resnet-8": {"he_normal", "glorot_uniform"}}
    for name in TABLE:
        expected = special.get(name, {"glorot_uniform"})
        assert initializers(preset(name).experiment) == expected


def test_accuracies_published_by_mistake_say_so() -> None:
    noted = [n for n, p in PRESETS.items() if p.published and "raw 0-255" in p.published.note]
    assert noted == ["cnn-16", "cnn-16-32-bn"]


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ExperimentError, match=r"no preset 'cnn-17'\. .*cnn-16-32-bn"):
        preset("cnn-17")
