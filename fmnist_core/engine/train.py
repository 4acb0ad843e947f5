"""Trains the run of one directory: from its experiment to its report, live events on the way."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from fmnist_core import events as e
from fmnist_core.engine.checkpoints import checkpoint_steps
from fmnist_core.engine.control import Control
from fmnist_core.engine.evaluate import Scores
from fmnist_core.engine.inputs import prepare, test_set
from fmnist_core.engine.learner import judge, learner
from fmnist_core.engine.outcome import Checkpoints, write_calibration, write_model, write_report
from fmnist_core.engine.progress import ProgressCallback
from fmnist_core.engine.steps import Pace
from fmnist_core.engine.stopping import Stopping
from fmnist_core.engine.streaming import Indices
from fmnist_core.engine.threads import useful_threads, warm_up
from fmnist_core.engine.weights import save_weights
from fmnist_core.errors import RunError
from fmnist_core.eventlog import Appender
from fmnist_core.experiment import Experiment, Training
from fmnist_core.folders import dataset_of
from fmnist_core.schedules import Rates

Ending = type[e.RunFinished] | type[e.RunStopped]
PANEL_SECONDS = 0.5
"""Between two looks at the panel of pictures that is watched live."""
TRAIN_SAMPLE = 10_000
"""Training pictures that the final weights are judged on: enough for half a percent."""


def train(directory: Path, *, threads: int, forked: bool, started: float) -> None:
    """Train the run of ``directory`` and write everything that a run directory holds.

    Obeys the directory's commands. ``started`` is when the worker started, in seconds since 1970;
    ``threads`` are as many as TensorFlow may have, unless it has begun to compute already.

    Raises:
        ExperimentError: the data cannot be split as the experiment wants.
        RunError: the loss is no longer a number, or the disk is full.
    """
    experiment = Experiment.from_json((directory / "experiment.json").read_bytes())
    threads = useful_threads(experiment, threads)
    warm_up(threads)
    log = Appender(directory / "events.jsonl")
    try:
        session = TrainingSession(experiment, directory, log, started)
        session.begin(threads, forked)
        session.finish(*session.train())
    finally:
        log.close()


class TrainingSession:
    """One run while it trains."""

    def __init__(
        self, experiment: Experiment, directory: Path, log: Appender, started: float
    ) -> None:
        training = experiment.training
        self.experiment = experiment
        self.directory = directory
        self.log = log
        self.dataset = dataset_of(experiment, directory.parent)
        if experiment.data.folder:
            # Mapped, not looked at: so that the folder may be deleted before the run has ended.
            _ = self.dataset.test_images
        self.data = data = prepare(experiment, self.dataset)
        self.steps_per_epoch = experiment.steps_per_epoch(len(data.train))
        self.total_steps = experiment.total_steps(len(data.train))

        learns = learner(experiment, data.images, data.labels, data.rescale, experiment.seed)
        self.model, self.steps, self.evaluator = learns.model, learns.steps, learns.evaluator

        weight_bytes = 4 * self.model.count_params()
        planned = checkpoint_steps(self.total_steps, weight_bytes)
        self.checkpoints = Checkpoints(directory, self.model, self.emit, planned)
        self.rates = Rates(training, self.steps_per_epoch, self.total_steps)
        self.control = Control(directory / "commands.jsonl", self.emit, self.rates.set)
        self.stopping = Stopping(training, self.model)
        self.pace = Pace(most=self.steps.most_at_once)
        self.progress = ProgressCallback(
            self.emit, len(data.train), training.batch_size, len(data.validation), averaged=False
        )
        self.speed = Speed(started)
        self.panel_due_at = 0.0
        self.panel_step = -1

    def emit(self, *events: e.Event) -> None:
        self.log.append(*(e.to_record(event) for event in events))

    @property
    def step(self) -> int:
        """Steps done."""
        return self.progress.step

    @property
    def epochs(self) -> int:
        """Epochs that the steps make; the last may be cut short by a limit in steps."""
        return -(-self.total_steps // self.steps_per_epoch)

    def begin(self, threads: int, forked: bool) -> None:
        started = e.RunStarted(
            time=time.time(),
            pid=os.getpid(),
            threads=threads,
            epochs=self.epochs,
            steps_per_epoch=self.steps_per_epoch,
            total_steps=self.total_steps,
            train_n=len(self.data.train),
            validation_n=len(self.data.validation),
            batch_size=self.experiment.training.batch_size,
            learning_rate=self.experiment.training.learning_rate,
            forked=forked,
        )
        self.emit(started)
        self.checkpoints.reached(0, 0)

    def train(self) -> tuple[Ending, str]:
        """All epochs, unless something ends them. Returns the kind of ending and its reason."""
        seed, then = self.experiment.seed, None
        for epoch in range(1, self.epochs + 1):
            order = self.data.order(seed, epoch) if then is None else then
            then = self.data.order(seed, epoch + 1) if epoch < self.epochs else None
            begin = (epoch - 1) * self.steps_per_epoch
            end = min(begin + self.steps_per_epoch, self.total_steps)
            self.progress.on_epoch_begin(epoch - 1)
            while self.step < end:
                allowed = self.control.allowed(self.step)
                if allowed == 0:
                    return self.stopped()
                room = min(end - self.step, self.checkpoints.steps_until_next(self.step))
                count = min(allowed, self.pace.steps, room)
                self.run_group(order, self.step - begin, count, then)
                if time.perf_counter() >= self.panel_due_at:
                    self.look_at_panel()
            if reason := self.end_epoch():
                return e.RunFinished, reason
            if self.control.stopping:
                return self.stopped()
        return e.RunFinished, _all_done(self.experiment.training)

    def run_group(self, order: Indices, position: int, count: int, then: Indices | None) -> None:
        """``count`` steps, from step ``position`` of the epoch on, and their events."""
        begin = time.perf_counter()
        rates = self.rates.following(self.step, count)
        for ahead in range(count):
            if self.rates.jumps(self.step + ahead):
                at, rate = self.step + ahead, float(rates[ahead])
                self.emit(e.LearningRateChanged(time.time(), at, rate, "schedule"))
        losses, accuracies = self.steps.run(order, rates, position, self.step, then)
        seconds = time.perf_counter() - begin

        measured = zip(losses.tolist(), accuracies.tolist(), strict=True)
        for index, (loss, accuracy) in enumerate(measured):
            if not math.isfinite(loss):
                self.progress.flush()
                raise _diverged(self.step + 1, float(rates[index]))
            so_far = self.speed.seconds + seconds * (index + 1) / count
            logs = {"loss": loss, "accuracy": accuracy, "seconds": so_far}
            self.progress.on_train_batch_end(position + index, logs)
        self.progress.flush()
        self.pace.measured(count, seconds)
        self.checkpoints.reached(self.step, self.progress.epoch)
        size = self.experiment.training.batch_size
        pictures = min((position + count) * size, len(order)) - position * size
        self.speed.group_ended(pictures, time.perf_counter() - begin)

    def look_at_panel(self) -> None:
        """Judge the watched pictures; a few milliseconds."""
        self.panel_due_at = time.perf_counter() + PANEL_SECONDS
        if self.panel_step == self.step or not len(self.data.panel):
            return
        self.panel_step = self.step
        scores = self.score(self.data.images, self.data.labels, self.data.panel)
        labels = self.dataset.train_labels[self.data.panel]
        predicted = e.PanelPredicted(
            time=time.time(),
            step=self.step,
            pictures=tuple(self.data.panel.tolist()),
            labels=tuple(labels.tolist()),
            predicted=tuple(scores.probabilities.argmax(1).tolist()),
            confidence=tuple(scores.probabilities.max(1).round(4).tolist()),
        )
        self.emit(predicted)

    def end_epoch(self) -> str:
        """Validate, and say what ends the run now, if anything."""
        logs = {}
        if len(self.data.validation):
            scores = self.evaluator.score(
                self.data.images, self.data.labels, self.data.validation, self.go_on
            )
            if scores is None:  # the visitor wants to stop; the loop sees it next
                return ""
            if not np.isfinite(scores.loss):
                raise _diverged(self.step, self.rates.at(self.step - 1))
            logs = {"val_loss": scores.loss, "val_accuracy": scores.accuracy}
        self.progress.on_epoch_end(self.progress.epoch - 1, logs)
        self.look_at_panel()
        assert self.progress.last_epoch is not None
        return self.stopping.reason(self.progress.last_epoch)

    def finish(self, ending: Ending, reason: str) -> None:
        """Keep what was learned, judge it, and write the last event."""
        self.checkpoints.save(self.step, self.progress.epoch)
        if ending is e.RunFinished:  # who stops a run wants the network as it is now
            reason = f"{reason} {self.stopping.restore_best()}".strip()
        # First of all the weights: whatever happens to this process now, they are there.
        save_weights(self.model, self.directory / "weights.npz")
        self.look_at_panel()
        self.evaluator = judge(self.experiment, self.model, self.data.rescale)
        data = self.data
        sample = data.order(self.experiment.seed, epoch=0)[:TRAIN_SAMPLE]
        train = self.score(data.images, data.labels, sample)
        self.emit(_evaluated("train", train))
        validation = None
        if len(data.validation):
            validation = self.score(data.images, data.labels, data.validation)
            self.emit(_evaluated("validation", validation))
        test = self.score(*test_set(self.dataset))
        self.emit(_evaluated("test", test))
        write_report(self.directory, train, validation, test, self.dataset)
        if validation is not None:
            labels = self.dataset.train_labels[data.validation]
            write_calibration(self.directory, validation, labels, test, self.dataset)
        write_model(self.directory, self.model, self.experiment, data.rescale)
        self.emit(
            ending(
                time=time.time(),
                step=self.step,
                reason=reason,
                seconds=self.speed.seconds,
                images_per_second=self.speed.images_per_second,
                first_batch_seconds=self.speed.first_batch_seconds,
            )
        )

    def score(self, images: tf.Tensor, labels: tf.Tensor, indices: Indices) -> Scores:
        """The network as it is now on these pictures; raises RunError if it has diverged."""
        scores = self.evaluator.score(images, labels, indices)
        assert scores is not None, "nobody asked to stop in between"
        if not np.isfinite(scores.loss):
            raise _diverged(self.step, self.rates.at(self.step))
        return scores

    def stopped(self) -> tuple[Ending, str]:
        return e.RunStopped, f"Stopped after step {self.step:,}."

    def go_on(self) -> bool:
        """Between two chunks of an evaluation: wait while paused; False to stop."""
        self.control.wait(self.step)
        return not self.control.stopping


class Speed:
    """Training time and images per second; the first batch, which traces, is counted apart."""

    def __init__(self, started: float) -> None:
        self.seconds = 0.0
        self.first_batch_seconds = 0.0
        self._started = started
        self._first_step = 0.0
        self._images = 0

    def group_ended(self, images: int, seconds: float) -> None:
        self.seconds += seconds
        if not self._first_step:
            self._first_step = seconds
            self.first_batch_seconds = time.time() - self._started
        else:
            self._images += images

    @property
    def images_per_second(self) -> float:
        """Since the first batch; 0 before the second."""
        return self._images / (self.seconds - self._first_step) if self._images else 0.0


def _evaluated(split: e.SplitName, scores: Scores) -> e.Evaluated:
    return e.Evaluated(time.time(), split, scores.loss, scores.accuracy, scores.n)


def _diverged(step: int, rate: float) -> RunError:
    return RunError(
        f"The loss is no longer a number at step {step:,}. The learning rate {rate:g} is too "
        f"large for this network; try a smaller one."
    )


def _all_done(training: Training) -> str:
    count, unit = (training.steps, "step") if training.steps else (training.epochs, "epoch")
    return f"All {count:,} {unit}s done." if count > 1 else f"The one {unit} is done."
