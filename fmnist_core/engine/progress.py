"""The progress callback: Keras' hooks -> events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras

from fmnist_core.events import BatchEnded, EpochEnded, Event

Logs = dict[str, Any] | None


class ProgressCallback(keras.callbacks.Callback):
    """Emits BatchEnded for every step and EpochEnded for every epoch.

    Works in a plain ``fit`` of a model compiled with ``metrics=["accuracy"]``. Keras hands its
    batch hooks the mean over the epoch so far, from which this recovers the batch's own values;
    a loop of our own hands those over as they are (``averaged=False``), with the training
    ``seconds`` of each step.

    Batches are collected and written together, at least every ``interval`` seconds while they
    come, so that a fast network does not spend its time writing.
    """

    def __init__(
        self,
        emit: Callable[..., None],
        train_n: int,
        batch_size: int,
        validation_n: int = 0,
        *,
        averaged: bool = True,
        interval: float = 0.05,
        timer: Callable[[], float] = time.perf_counter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.step = 0
        self.epoch = 0
        self.last_epoch: EpochEnded | None = None
        self._emit = emit
        self._train_n = train_n
        self._batch_size = batch_size
        self._validation_n = validation_n
        self._averaged = averaged
        self._interval = interval
        self._timer = timer
        self._clock = clock
        self._pending: list[Event] = []
        self._flushed_at = timer()
        self._seconds = 0.0
        self._since: float | None = None
        self._seen = 0
        self._sums = {"loss": 0.0, "accuracy": 0.0}

    def on_train_begin(self, logs: Logs = None) -> None:
        # Not at the first batch: Keras builds its training function inside that one.
        self._since = self._timer()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.epoch = epoch + 1
        self._seen = 0
        self._sums = dict.fromkeys(self._sums, 0.0)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if self._since is None:
            self._since = self._timer()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        logs = logs or {}
        n = min(self._batch_size, self._train_n - self._seen)
        loss = self._batch_value("loss", logs["loss"], n)
        accuracy = min(max(self._batch_value("accuracy", logs["accuracy"], n), 0.0), 1.0)
        self._seen += n
        self.step += 1
        seconds = self._training_seconds(logs.get("seconds"))
        ended = BatchEnded(self._clock(), self.step, self.epoch, loss, accuracy, seconds)
        self._pending.append(ended)
        if self._timer() - self._flushed_at >= self._interval:
            self.flush()

    def on_test_begin(self, logs: Logs = None) -> None:
        # Evaluations are no training time.
        self._training_seconds(None)
        self._since = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        validated = "val_loss" in logs
        ended = EpochEnded(
            time=self._clock(),
            step=self.step,
            epoch=epoch + 1,
            train_loss=self._sums["loss"] / self._seen,
            train_accuracy=self._sums["accuracy"] / self._seen,
            train_n=self._seen,
            validation_loss=float(logs["val_loss"]) if validated else None,
            validation_accuracy=float(logs["val_accuracy"]) if validated else None,
            validation_n=self._validation_n if validated else 0,
        )
        self.last_epoch = ended
        self._pending.append(ended)
        self.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        self._flushed_at = self._timer()
        if self._pending:
            pending, self._pending = self._pending, []
            self._emit(*pending)

    def _batch_value(self, name: str, value: float, n: int) -> float:
        if self._averaged:
            total = float(value) * (self._seen + n)
            own = (total - self._sums[name]) / n
            self._sums[name] = total
            return own
        self._sums[name] += float(value) * n
        return float(value)

    def _training_seconds(self, given: float | None) -> float:
        if given is not None:
            self._seconds = given
        elif self._since is not None:
            now = self._timer()
            self._seconds += now - self._since
            self._since = now
        return self._seconds
