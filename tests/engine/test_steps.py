"""Grouped steps must learn exactly what Keras' own fit learns."""

from __future__ import annotations

from typing import Any, get_args
from unittest.mock import Mock

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist_core.architecture import (
    Architecture,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    Output,
)
from fmnist_core.engine.ahead import Ahead
from fmnist_core.engine.augment import mixing_share
from fmnist_core.engine.build import build
from fmnist_core.engine.optimizers import fused_optimizer, keras_optimizer
from fmnist_core.engine.outcome import keras_loss
from fmnist_core.engine.steps import Pace, Steps, loss_function
from fmnist_core.experiment import Augmentation, OptimizerName, Training

N, BATCH = 70, 16  # 5 steps, the last of 6 pictures
STEPS = 5
RATE = 0.01
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (N, 28, 28), dtype=np.uint8)
PICTURES = IMAGES[..., np.newaxis].astype(np.float32) / 255
LABELS = RANDOM.integers(0, 10, N).astype(np.int32)
ORDER = np.arange(N, dtype=np.int32)

LAYERS = (
    # Not ReLU, in neither layer: Adam makes whole steps of the smallest gradients, so where a unit
    # is all but dead, or normalised back to nothing, it would follow the rounding errors, which
    # are another machine's.
    Conv2D(filters=3, l2=0.01, activation="tanh"),
    MaxPooling2D(pool_size=4),
    Flatten(),
    Dense(units=8, activation="tanh"),
    BatchNormalization(momentum=0.9),
)


def ours(
    training: Training,
    model: keras.Model,
    logits: bool = False,
    augmentation: Augmentation | None = None,
) -> Steps:
    variables = [variable.value for variable in model.trainable_variables]
    loss = loss_function(training, Architecture(layers=LAYERS, output=Output(logits=logits)))
    optimizer = fused_optimizer(training, variables)
    images, labels = tf.constant(IMAGES), tf.constant(LABELS)
    return Steps(model, loss, optimizer, images, labels, BATCH, augmentation)


def keras_fit(training: Training, model: keras.Model, logits: bool = False) -> None:
    model.compile(
        keras_optimizer(training), keras_loss(training, Output(logits=logits)), metrics=["accuracy"]
    )
    labels = LABELS if training.loss == "sparse" else keras.utils.to_categorical(LABELS, 10)
    model.fit(PICTURES, labels, BATCH, epochs=1, shuffle=False, verbose=0)


def rates(steps: int = STEPS) -> Any:
    return np.full(steps, RATE, np.float32)


def assert_same_weights(one: keras.Model, other: keras.Model) -> None:
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-4, err_msg=a.path)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_every_optimizer_learns_what_keras_fit_learns(name: OptimizerName) -> None:
    training = Training(
        optimizer=name, learning_rate=RATE, batch_size=BATCH, momentum=0.8, weight_decay=0.5
    )
    architecture = Architecture(layers=LAYERS)
    model, reference = build(architecture, seed=3), build(architecture, seed=3)
    start = model.get_weights()

    ours(training, model).run(ORDER, rates())
    keras_fit(training, reference)

    assert_same_weights(model, reference)
    for before, after in zip(start, model.weights, strict=True):
        assert not np.allclose(before, after, atol=1e-4), f"{after.path} has not moved"


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize(
    "loss", [{"loss": "sparse"}, {"loss": "one-hot"}, {"loss": "one-hot", "label_smoothing": 0.2}]
)
def test_every_loss_learns_what_keras_fit_learns(loss: dict[str, Any], logits: bool) -> None:
    training = Training(learning_rate=RATE, batch_size=BATCH, **loss)
    architecture = Architecture(layers=(Flatten(), Dense(units=8)), output=Output(logits=logits))
    model, reference = build(architecture, seed=5), build(architecture, seed=5)
    labels = LABELS if training.loss == "sparse" else keras.utils.to_categorical(LABELS, 10)
    reference.compile(loss=keras_loss(training, Output(logits=logits)))
    first_loss = reference.test_on_batch(PICTURES[:BATCH], labels[:BATCH])

    losses, _ = ours(training, model, logits).run(ORDER, rates())
    keras_fit(training, reference, logits)

    assert losses[0] == pytest.approx(float(first_loss), abs=1e-5)
    assert_same_weights(model, reference)


def test_the_loss_survives_a_softmax_that_rounds_to_zero() -> None:
    """As Keras does: through the logits, or learning would end where the softmax saturates."""
    loss = loss_function(Training(), Architecture(layers=LAYERS))

    @tf.function
    def through_softmax(logits: tf.Tensor) -> tf.Tensor:
        return loss(tf.constant([1]), keras.activations.softmax(logits))

    logits = tf.constant([[500.0] + [0.0] * 9])
    assert through_softmax(logits).numpy() == pytest.approx([500.0])


@pytest.mark.parametrize("augmentation", [None, Augmentation(rotation=20, mixup=0.4)])
def test_a_group_is_its_steps_one_by_one(augmentation: Augmentation | None) -> None:
    training = Training(batch_size=BATCH)
    architecture = Architecture(layers=LAYERS)
    together, single = build(architecture, seed=1), build(architecture, seed=1)
    losses, accuracies = ours(training, together, False, augmentation).run(ORDER, rates())
    steps = ours(training, single, False, augmentation)
    apart = [steps.run(ORDER, rates(1), i, i) for i in range(STEPS)]
    np.testing.assert_allclose(losses, [one[0] for one, _ in apart], rtol=1e-4)
    np.testing.assert_allclose(accuracies, [one[0] for _, one in apart], atol=1e-6)
    assert_same_weights(together, single)


def test_the_next_epochs_order_is_told_to_who_varies_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = Mock(wraps=Ahead.take)
    monkeypatch.setattr(Ahead, "take", lambda *args: taken(*args))
    model = build(Architecture(layers=LAYERS), seed=1)
    steps = ours(Training(batch_size=BATCH), model, False, Augmentation(flip=True))
    steps.run(ORDER, rates(), then=ORDER[::-1])
    ((_, order, *_, then),) = [call.args for call in taken.mock_calls]
    np.testing.assert_array_equal(order[::-1], then)


def test_mixed_pictures_have_the_loss_of_both_labels_and_the_accuracy_of_the_nearer() -> None:
    augmentation = Augmentation(mixup=0.4)
    model = build(Architecture(layers=(Flatten(),)), seed=1)
    steps = ours(Training(optimizer="sgd", batch_size=BATCH), model, False, augmentation)
    run = steps.run(ORDER, np.zeros(2, np.float32), first=1, done=7)
    nearer_are_others = []
    for index, (loss, accuracy) in enumerate(zip(*run, strict=True)):
        batch = ORDER[(1 + index) * BATCH : (2 + index) * BATCH]
        share = mixing_share(augmentation, 0, 7 + index)
        blended = share * PICTURES[batch] + (1 - share) * PICTURES[batch[::-1]]
        given = np.log(np.asarray(model(blended)))
        mine, other = (given[np.arange(BATCH), LABELS[each]] for each in (batch, batch[::-1]))
        assert loss == pytest.approx(-(share * mine + (1 - share) * other).mean(), rel=2e-3)
        nearer = LABELS[batch if share >= 0.5 else batch[::-1]]
        assert accuracy == pytest.approx((given.argmax(1) == nearer).mean())
        nearer_are_others.append(share < 0.5)
    assert set(nearer_are_others) == {False, True}


def test_a_rate_of_zero_moves_nothing_and_each_step_has_its_own() -> None:
    model = build(Architecture(layers=(Flatten(),)), seed=1)
    steps = ours(Training(optimizer="sgd", batch_size=BATCH), model)
    before = model.get_weights()
    steps.run(ORDER, np.zeros(STEPS, np.float32))
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    losses, _ = steps.run(np.tile(ORDER[:BATCH], 3), np.array([0.0, 0.1, 0.0], np.float32))
    assert losses[0] == losses[1]
    assert losses[2] < losses[1]


def test_dropout_drops_differently_in_every_step_of_a_group() -> None:
    model = build(Architecture(layers=(Flatten(), Dropout(rate=0.5))), seed=1)
    steps = ours(Training(optimizer="sgd", batch_size=BATCH), model)
    losses, _ = steps.run(np.tile(ORDER[:BATCH], 4), np.zeros(4, np.float32))
    assert len(set(losses.tolist())) == 4


def test_the_pace_grows_slowly_and_falls_at_once() -> None:
    pace = Pace(seconds=0.05)
    assert pace.steps == 1
    pace.measured(1, 0.001)
    assert pace.steps == 2
    pace.measured(2, 0.002)
    pace.measured(4, 0.004)
    assert pace.steps == 8
    pace.measured(8, 0.4)
    assert pace.steps == 1
    pace.measured(1, 3.0)
    assert pace.steps == 1
