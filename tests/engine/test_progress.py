"""The progress callback, in a plain fit and driven by hand."""

from __future__ import annotations

from itertools import pairwise

import keras
import numpy as np
import pytest

from fmnist_core.architecture import Architecture, Flatten
from fmnist_core.engine.build import build
from fmnist_core.engine.progress import ProgressCallback
from fmnist_core.events import BatchEnded, EpochEnded, Event

N, BATCH = 50, 16  # 4 steps, the last of 2 pictures


class Recording(keras.callbacks.Callback):
    """What Keras itself hands to its hooks."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[dict[str, float]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.append(dict(logs or {}))


@pytest.fixture
def written() -> list[tuple[Event, ...]]:
    return []


def test_in_a_plain_fit(written: list[tuple[Event, ...]]) -> None:
    random = np.random.default_rng(0)
    pictures = random.random((N, 28, 28, 1), np.float32)
    labels = random.integers(0, 10, N)
    model = build(Architecture(layers=(Flatten(),)))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    progress = ProgressCallback(
        lambda *events: written.append(events), N, BATCH, validation_n=10, interval=0.0
    )
    keras_says = Recording()
    history = model.fit(
        pictures,
        labels,
        BATCH,
        epochs=2,
        verbose=0,
        validation_data=(pictures[:10], labels[:10]),
        callbacks=[progress, keras_says],
    ).history

    events = [event for group in written for event in group]
    batches = [event for event in events if isinstance(event, BatchEnded)]
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert [event.step for event in batches] == list(range(1, 9))
    assert [event.epoch for event in batches] == [1] * 4 + [2] * 4
    assert [type(event) for event in events[3:5]] == [BatchEnded, EpochEnded]
    # Keras reports means over the epoch so far; ours, averaged in the same way, must give those.
    sizes = np.array([16, 16, 16, 2])
    for epoch in range(2):
        mine = batches[4 * epoch : 4 * epoch + 4]
        theirs = keras_says.batches[4 * epoch : 4 * epoch + 4]
        for metric in ("loss", "accuracy"):
            sums = np.cumsum(sizes * [getattr(event, metric) for event in mine])
            means = sums / np.cumsum(sizes)
            np.testing.assert_allclose(means, [logs[metric] for logs in theirs], atol=1e-5)
    # A batch of two pictures has 0, 1 or 2 of them right.
    assert all(min(abs(b.accuracy - x) for x in (0, 0.5, 1)) < 1e-4 for b in batches[3::4])
    assert [event.validation_loss for event in epochs] == pytest.approx(history["val_loss"])
    assert [event.validation_accuracy for event in epochs] == pytest.approx(history["val_accuracy"])
    assert [event.train_loss for event in epochs] == pytest.approx(history["loss"], abs=1e-5)
    assert [event.train_accuracy for event in epochs] == pytest.approx(history["accuracy"])
    assert [(event.train_n, event.validation_n) for event in epochs] == [(N, 10)] * 2
    assert all(a.seconds < b.seconds for a, b in pairwise(batches))


def test_batches_are_written_together_and_an_epochs_end_at_once(
    written: list[tuple[Event, ...]],
) -> None:
    progress = ProgressCallback(
        lambda *events: written.append(events),
        48,
        BATCH,
        averaged=False,
        interval=1.0,
        timer=lambda: 0.0,
        clock=lambda: 5.0,
    )
    progress.on_epoch_begin(0)
    for batch in range(3):
        logs = {"loss": 1.0 + batch, "accuracy": 0.5, "seconds": 0.1 * (batch + 1)}
        progress.on_train_batch_end(batch, logs)
    assert written == []
    progress.on_epoch_end(0, {})
    assert written == [
        (
            BatchEnded(5.0, 1, 1, 1.0, 0.5, 0.1),
            BatchEnded(5.0, 2, 1, 2.0, 0.5, 0.2),
            BatchEnded(5.0, 3, 1, 3.0, 0.5, pytest.approx(0.3)),
            EpochEnded(5.0, 3, 1, 2.0, 0.5, 48, None, None, 0),
        )
    ]


def test_evaluations_are_no_training_time(written: list[tuple[Event, ...]]) -> None:
    now = [0.0]
    progress = ProgressCallback(
        lambda *events: written.append(events), 32, BATCH, interval=0.0, timer=lambda: now[0]
    )
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    now[0] = 2.0
    progress.on_train_batch_end(0, {"loss": 1.0, "accuracy": 1.0})
    progress.on_test_begin()
    now[0] = 100.0
    progress.on_train_batch_begin(1)
    now[0] = 101.0
    progress.on_train_batch_end(1, {"loss": 1.0, "accuracy": 1.0})
    assert [event.seconds for (event,) in written] == [2.0, 3.0]  # type: ignore[attr-defined]
