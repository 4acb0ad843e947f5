"""The trials of a search: each combination trained by the app's own steps, and told as events."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras_tuner.errors import FailedTrialError

from fmnist_core import events as e
from fmnist_core.engine.control import Control
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.learner import learner
from fmnist_core.engine.paced import DivergedError, Stopped, paced
from fmnist_core.engine.steps import Pace
from fmnist_core.engine.stopping import Stopping
from fmnist_core.engine.weights import load_weights, save_weights
from fmnist_core.errors import ExperimentError
from fmnist_core.eventlog import Appender
from fmnist_core.experiment import Experiment, check
from fmnist_core.folders import dataset_of
from fmnist_core.run import TUNER
from fmnist_core.schedules import Rates
from fmnist_core.search import Search, Setting, experiment_of


class Trials:
    """Trains what the tuner asks for and says how it goes."""

    def __init__(self, search: Search, directory: Path, log: Appender) -> None:
        self.search = search
        self.directory = directory
        self.log = log
        self.data = prepare(search.base, dataset_of(search.base, directory.parent))
        self.control = Control(directory / "commands.jsonl", self.emit, lambda *_: None)
        self.ended = 0
        self.seconds = 0.0

    def emit(self, *events: e.Event) -> None:
        self.log.append(*(e.to_record(event) for event in events))

    def begin(self, threads: int, forked: bool) -> None:
        base, n = self.search.base, len(self.data.train)
        self.emit(
            e.RunStarted(
                time=time.time(),
                pid=os.getpid(),
                threads=threads,
                epochs=base.training.epochs,
                steps_per_epoch=base.steps_per_epoch(n),
                total_steps=0,
                train_n=n,
                validation_n=len(self.data.validation),
                batch_size=base.training.batch_size,
                learning_rate=base.training.learning_rate,
                forked=forked,
            )
        )

    def run(
        self,
        number: int,
        values: Mapping[str, Setting],
        *,
        begin: int = 0,
        end: int,
        before: int | None = None,
    ) -> float:
        """Train a combination from epoch ``begin`` to ``end``, as often as the search wants.

        Returns:
            Mean over the executions of the best validation accuracy.

        Raises:
            Stopped: by the visitor.
            FailedTrialError: it cannot be trained; the search goes on.
        """
        started = time.perf_counter()
        settings, chosen = tuple(values), tuple(values.values())
        self.emit(e.TrialStarted(time.time(), number, settings, chosen, end))
        scores, reason = list[float](), ""
        try:
            experiment = experiment_of(self.search, values)
            check(experiment)
            scores = [
                self._execute(experiment, number, execution, begin, end, before)
                for execution in range(1, self.search.executions + 1)
            ]
        except (ExperimentError, DivergedError) as error:
            scores, reason = [], str(error)
        seconds = time.perf_counter() - started
        self.ended += 1
        self.seconds += seconds
        n = len(self.data.validation)
        self.emit(e.TrialEnded(time.time(), number, tuple(scores), n, seconds, reason))
        if reason:
            raise FailedTrialError(reason)
        return float(np.mean(scores))

    def _execute(
        self,
        experiment: Experiment,
        number: int,
        execution: int,
        begin: int,
        end: int,
        before: int | None,
    ) -> float:
        """One training, as ``train.TrainingSession`` does it, without its checkpoints."""
        keras.backend.clear_session()
        training, data = experiment.training, self.data
        seed = experiment.seed + execution - 1
        learns = learner(experiment, data.images, data.labels, data.rescale, seed)
        model, evaluator = learns.model, learns.evaluator
        stopping, pace = Stopping(training, model), Pace(most=learns.steps.most_at_once)
        per_epoch = experiment.steps_per_epoch(len(data.train))
        rates = Rates(training, per_epoch, end * per_epoch)
        if before is not None:
            load_weights(model, self._weights(before, execution))
        best = 0.0
        for epoch in range(begin + 1, end + 1):
            order = data.order(seed, epoch)
            done = (epoch - 1) * per_epoch
            losses, accuracies = paced(
                learns.steps, self.control, pace, order, rates.following, done
            )
            scores = evaluator.score(data.images, data.labels, data.validation, self.go_on)
            if scores is None:
                raise Stopped
            if not np.isfinite(scores.loss):
                raise DivergedError(training.learning_rate)
            best = max(best, scores.accuracy)
            now, loss_mean, accuracy = time.time(), float(losses.mean()), float(accuracies.mean())
            self.emit(
                e.TrialEpochEnded(
                    now,
                    number,
                    execution,
                    epoch,
                    loss_mean,
                    accuracy,
                    scores.loss,
                    scores.accuracy,
                    scores.n,
                )
            )
            ended = e.EpochEnded(
                now,
                epoch * per_epoch,
                epoch,
                loss_mean,
                accuracy,
                len(data.train),
                scores.loss,
                scores.accuracy,
                scores.n,
            )
            if stopping.reason(ended):
                break
        if self.search.tuner == "hyperband":
            save_weights(model, self._weights(number, execution))
        return best

    def go_on(self) -> bool:
        """Between two chunks of an evaluation: wait while paused; False to stop."""
        self.control.wait(0)
        return not self.control.stopping

    def _weights(self, number: int, execution: int) -> Path:
        return self.directory / TUNER / f"weights-{number}-{execution}.npz"
