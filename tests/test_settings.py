from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmnist_core import limits
from fmnist_core.architecture import Architecture, Conv2D
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import EarlyStopping, Experiment, Target
from fmnist_core.presets import PRESETS, preset
from fmnist_core.settings import from_link, to_link, with_settings
from tests import strategies

CNN = preset("cnn-16").experiment


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_own_link(name: str) -> None:
    assert to_link(preset(name).experiment) == name
    assert from_link(name) == preset(name).experiment


def test_a_link_says_only_what_differs() -> None:
    changed = CNN.changed(seed=3, training=CNN.training.changed(batch_size=64, optimizer="sgd"))
    assert to_link(changed) == 'cnn-16;training.optimizer="sgd";training.batch_size=64;seed=3'


def test_layers_in_a_link_leave_out_their_defaults() -> None:
    layers = (Conv2D(filters=4), *CNN.architecture.layers[2:])
    changed = CNN.changed(architecture=CNN.architecture.changed(layers=layers))
    assert to_link(changed) == (
        'cnn-16;architecture.layers=[{"kind":"Conv2D","filters":4},{"kind":"Flatten"},'
        '{"kind":"Dense","units":64}]'
    )
    assert from_link(to_link(changed)) == changed


@given(strategies.experiments(strategies.arbitrary_architectures()))
def test_link_round_trip(experiment: Experiment) -> None:
    assert from_link(to_link(experiment)) == experiment


@pytest.mark.parametrize("title", ["a;b", '";seed=3;', "\\", '\\";', "=", "42", "null", "\u2028é"])
def test_titles_that_look_like_notation_survive(title: str) -> None:
    experiment = CNN.changed(title=title, seed=5)
    assert from_link(to_link(experiment)) == experiment


def test_the_longest_experiment_fits_in_a_link() -> None:
    layer = Conv2D(
        filters=1024,
        kernel_size=28,
        strides=28,
        padding="same",
        activation="leaky_relu",
        use_bias=False,
        kernel_initializer="standard_normal",
        bias_initializer="standard_normal",
        l2=1.2345678901234567e-300,
    )
    longest = CNN.changed(
        title="\U0001f45f" * limits.MAX_TITLE_LENGTH,
        preset="x" * limits.MAX_NAME_LENGTH,
        architecture=Architecture(layers=(layer,) * limits.MAX_LAYERS),
        training=CNN.training.changed(
            early_stopping=EarlyStopping(monitor="accuracy", patience=7, restore_best=False),
            target=Target(value=0.12345678901234567),
        ),
    )
    assert from_link(to_link(longest)) == longest


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("training.batch_size=64", "training.batch_size"),
        ("training.learning_rate = 1e-2", "training.learning_rate"),
        ("training.optimizer=sgd-nesterov", "training.optimizer"),
        ('title="two words"', "title"),
        ("title=two words", "title"),
        ("data.train_size=null", "data.train_size"),
    ],
)
def test_a_setting_changes_its_field_alone(setting: str, path: str) -> None:
    values = {
        "training.batch_size": 64,
        "training.learning_rate": 0.01,
        "training.optimizer": "sgd-nesterov",
        "title": "two words",
        "data.train_size": None,
    }
    start = with_settings(CNN, ["data.train_size=500", "training.learning_rate=5"])
    node: object = with_settings(start, [setting])
    for name in path.split("."):
        node = getattr(node, name)
    assert node == values[path]
    *before, leaf = path.split(".")
    undone = with_settings(start, [setting])
    if before:
        part = getattr(undone, before[0])
        original = getattr(getattr(start, before[0]), leaf)
        undone = undone.changed(**{before[0]: part.changed(**{leaf: original})})
    else:
        undone = undone.changed(**{leaf: getattr(start, leaf)})
    assert undone == start


def test_settings_apply_in_order_and_are_validated_together() -> None:
    chosen = with_settings(CNN, ["seed=1", "seed=2"])
    assert chosen.seed == 2
    smooth = with_settings(CNN, ["training.label_smoothing=0.1", "training.loss=one-hot"])
    assert smooth.training.label_smoothing == 0.1


def test_a_whole_target() -> None:
    chosen = with_settings(CNN, ['training.target={"value":0.88}'])
    assert chosen.training.target == Target(value=0.88)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.batch_size", r"^Expected KEY=VALUE, received 'training\.batch_size'\.$"),
        ("=3", r"^Expected KEY=VALUE, received '=3'\.$"),
        ("", r"^Expected KEY=VALUE"),
        ("speed=3", r"^speed is not a setting\. Known here: title, preset, data"),
        ("training.epoch=3", r"^training\.epoch is not a setting\. Known here: optimizer"),
        ("training.target.value=1", r"nothing to set in 'training\.target'\.$"),
        ("seed.x.y=1", r"nothing to set in 'seed'\.$"),
        ("training.epochs=1000000000", r"^training\.epochs: expected at most 1,000"),
        ("training.learning_rate=NaN", r"^training\.learning_rate: input should be a finite"),
        ("training.learning_rate=1e999", r"^training\.learning_rate: input should be a finite"),
        ("training.learning_rate=" + "9" * 5000, r"^training\.learning_rate: input should be"),
        ("architecture.layers=" + "[" * 100_000, r"^architecture\.layers: input should be"),
        ("training=1", r"^training: input should be an object, received 1\.$"),
        ('title="\\ud800"', r"^experiment: "),
        ("preset=../../x", r"^preset: string should match"),
    ],
)
def test_a_bad_setting_is_explained(setting: str, message: str) -> None:
    with pytest.raises(ExperimentError, match=message) as caught:
        with_settings(CNN, [setting])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("", r"^There is no preset ''"),
        ("cnn-17;seed=1", r"^There is no preset 'cnn-17'"),
        ("cnn-16;", r"^Expected KEY=VALUE"),
        ("cnn-16;seed=x", r"^seed: input should be a valid integer, received 'x'"),
        ("x" * 20_001, r"has 20,001 characters; at most 20,000 are read"),
        ("x" * 20_000, r"^There is no preset"),
    ],
)
def test_a_bad_link_is_explained(link: str, message: str) -> None:
    with pytest.raises(ExperimentError, match=message) as caught:
        from_link(link)
    assert len(str(caught.value)) < 300


@settings(max_examples=200)
@given(st.lists(st.text(max_size=30), max_size=3).map(lambda parts: ";".join(["cnn-16", *parts])))
def test_any_text_is_an_experiment_or_refused(link: str) -> None:
    try:
        experiment = from_link(link)
    except ExperimentError:
        return
    assert from_link(to_link(experiment)) == experiment
