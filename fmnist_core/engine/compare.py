"""Runs a transfer comparison: some classes learned well, others from a few pictures, three ways."""

from __future__ import annotations

import os
import time
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core import events as e
from fmnist_core import head
from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine.control import Control
from fmnist_core.engine.evaluate import Scores
from fmnist_core.engine.explain import penultimate
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.learner import Learner, learner
from fmnist_core.engine.paced import Stopped, paced, to_the_end
from fmnist_core.engine.steps import Floats, Pace, as_pictures
from fmnist_core.engine.streaming import Indices
from fmnist_core.engine.threads import warm_up
from fmnist_core.eventlog import Appender
from fmnist_core.experiment import Experiment
from fmnist_core.runs import RunStore
from fmnist_core.schedules import Rates
from fmnist_core.transfer import BATCH, METHODS, Transfer, few, narrowed, renumbered

CHUNK = 1_000
_ORDER = 6  # a stream of random numbers of its own


def compare(directory: Path, *, threads: int, forked: bool) -> None:
    """Run the comparison of ``directory``, obeying its commands; go on where an earlier one ended.

    The first classes are learned again, from the same start in the same order; what has been
    measured with them is not.

    Raises:
        ExperimentError: the data cannot be split as wanted, or a class has too few pictures.
        RunError: the loss is no longer a number, or the disk is full.
    """
    warm_up(threads)
    transfer = Transfer.from_json((directory / "transfer.json").read_bytes())
    log = Appender(directory / "events.jsonl")
    try:
        comparison = Comparison(transfer, directory, log)

        def work() -> None:
            comparison.begin(threads, forked)
            comparison.pretrain()
            comparison.measure()

        to_the_end(work, comparison.emit, comparison.reason)
    finally:
        log.close()


class Comparison:
    def __init__(self, transfer: Transfer, directory: Path, log: Appender) -> None:
        self.transfer = transfer
        known = RunStore(directory.parent).state(directory.name).transfers
        self._known_already = {(each.method, each.shots, each.draw) for each in known}
        self.measured = len(known)
        self._log = log
        self._data = prepare(transfer.base, fashion_mnist.load())
        self._control = Control(directory / "commands.jsonl", self.emit, lambda *_: None)
        self._labels = self._data.labels.numpy()
        self._known = narrowed(transfer, len(transfer.known))
        self._new_labels = renumbered(self._labels, transfer.new)
        self._judged = self._of(self._data.validation, transfer.new)
        """The validation pictures of the new classes."""

    def emit(self, *events: e.Event) -> None:
        self._log.append(*(e.to_record(event) for event in events))

    def reason(self, stopped: bool) -> str:
        """How it ended."""
        total = self.transfer.trainings
        if stopped:
            return f"Stopped after {self.measured} of {total} trainings."
        return f"All {total} trainings done."

    def begin(self, threads: int, forked: bool) -> None:
        n, known = len(self._of(self._data.train, self.transfer.known)), self._known
        self.emit(
            e.RunStarted(
                time=time.time(),
                pid=os.getpid(),
                threads=threads,
                epochs=known.training.epochs,
                steps_per_epoch=known.steps_per_epoch(n),
                total_steps=known.total_steps(n),
                train_n=n,
                validation_n=len(self._judged),
                batch_size=known.training.batch_size,
                learning_rate=known.training.learning_rate,
                forked=forked,
            )
        )

    def pretrain(self) -> None:
        """Learn the known classes, on all training pictures of them."""
        experiment, data = self._known, self._data
        begin = time.perf_counter()
        labels = renumbered(self._labels, self.transfer.known)
        train = self._of(data.train, self.transfer.known)
        validation = self._of(data.validation, self.transfer.known)
        learns = self._learner(experiment, labels, experiment.seed)
        per_epoch, total = (
            experiment.steps_per_epoch(len(train)),
            experiment.total_steps(len(train)),
        )
        scores: Scores | None = None
        rates, pace = Rates(experiment.training, per_epoch, total), Pace()
        for done in range(0, total, per_epoch):
            epoch = done // per_epoch + 1
            order = _shuffled(train, experiment.seed, epoch)
            order = order[: (total - done) * experiment.training.batch_size]
            found = paced(learns.steps, self._control, pace, order, rates.following, done)
            scores = learns.evaluator.score(
                data.images, tf.constant(labels), validation, self._go_on
            )
            if scores is None:
                raise Stopped
            loss, accuracy = (float(values.mean()) for values in found)
            step = min(done + per_epoch, total)
            self.emit(
                e.EpochEnded(
                    time.time(),
                    step,
                    epoch,
                    loss,
                    accuracy,
                    len(train),
                    scores.loss,
                    scores.accuracy,
                    scores.n,
                )
            )
        assert scores is not None, "an experiment has at least one step"
        seconds = time.perf_counter() - begin
        self.emit(e.Pretrained(time.time(), scores.accuracy, scores.n, seconds))
        self._pretrained = learns.model
        self._describe = tf.function(penultimate(learns.model))
        self._judged_features = self._features(self._judged)

    def measure(self) -> None:
        """Every way with every number of pictures; the draws take turns, so that all ways have
        something to show early."""
        transfer = self.transfer
        for draw in range(transfer.draws):
            for shots in transfer.shots:
                seed = (transfer.base.seed, draw)
                chosen = few(self._labels, self._data.train, transfer.new, shots, seed)
                for method in METHODS:
                    if (method, shots, draw) in self._known_already:
                        continue
                    if not self._go_on():
                        raise Stopped
                    begin = time.perf_counter()
                    accuracy, n = self._reached(method, chosen, draw)
                    seconds = time.perf_counter() - begin
                    self.emit(
                        e.TransferMeasured(time.time(), method, shots, draw, accuracy, n, seconds)
                    )
                    self.measured += 1

    def _reached(self, method: e.TransferMethod, chosen: Indices, draw: int) -> tuple[float, int]:
        """Accuracy on the validation pictures of the new classes, and how many they are."""
        if method == "frozen":
            return self._with_new_head(chosen)
        transfer = self.transfer
        training = transfer.base.training
        share = transfer.slower if method == "unfrozen" else 1.0
        experiment = narrowed(transfer, len(transfer.new)).changed(
            training=training.changed(
                learning_rate=training.learning_rate * share,
                batch_size=min(BATCH, len(chosen)),
                schedule="constant",
                steps=None,
            )
        )
        learns = self._learner(experiment, self._new_labels, transfer.base.seed + draw + 1)
        if method == "unfrozen":
            self._transfer_to(learns.model, chosen)
        rate = np.float32(experiment.training.learning_rate)
        paced(
            learns.steps,
            self._control,
            Pace(),
            _repeated(chosen, transfer.steps * experiment.training.batch_size, draw),
            lambda _, count: np.full(count, rate),
        )
        labels = tf.constant(self._new_labels)
        scores = learns.evaluator.score(self._data.images, labels, self._judged, self._go_on)
        if scores is None:
            raise Stopped
        return scores.accuracy, scores.n

    def _with_new_head(self, chosen: Indices) -> tuple[float, int]:
        fitted = self._head(self._features(chosen), chosen)
        said = fitted.probabilities(self._judged_features).argmax(axis=1)
        return float((said == self._new_labels[self._judged]).mean()), len(said)

    def _transfer_to(self, model: keras.Model, chosen: Indices) -> None:
        """What was learned, and the new output layer: a small rate would never find that one.

        The head wants features of one length, a Dense layer takes them as they are: it begins
        with the head of their mean length.
        """
        for old, fresh in zip(self._pretrained.layers[:-1], model.layers[:-1], strict=True):
            fresh.set_weights(old.get_weights())
        features = self._features(chosen)
        fitted = self._head(features, chosen)
        length = float(np.linalg.norm(features, axis=1).mean())
        model.layers[-1].set_weights([fitted.weights * head.SCALE / max(length, 1e-6), fitted.bias])

    def _head(self, features: Floats, chosen: Indices) -> head.Head:
        labels = self._new_labels[chosen].astype(np.int64)
        return head.fit(features, labels, len(self.transfer.new))

    def _features(self, indices: Indices) -> Floats:
        """What the pretrained network's output layer is given: float32 (n, units)."""
        chunks = [indices[i : i + CHUNK] for i in range(0, len(indices), CHUNK)]
        return np.concatenate(
            [self._describe(as_pictures(tf.gather(self._data.images, c))).numpy() for c in chunks]
        )

    def _learner(self, experiment: Experiment, labels: npt.NDArray[np.int32], seed: int) -> Learner:
        keras.backend.clear_session()
        data = self._data
        return learner(experiment, data.images, tf.constant(labels), data.rescale, seed)

    def _of(self, indices: Indices, classes: tuple[int, ...]) -> Indices:
        return indices[np.isin(self._labels[indices], classes)]

    def _go_on(self) -> bool:
        """Wait while paused; False to stop."""
        self._control.wait(0)
        return not self._control.stopping


def _shuffled(indices: Indices, seed: int, epoch: int) -> Indices:
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(indices)


def _repeated(indices: Indices, n: int, seed: int) -> Indices:
    """All of them again and again, each time in another order: (n,)."""
    rounds = -(-n // len(indices))
    return np.concatenate([_shuffled(indices, seed, k) for k in range(rounds)])[:n]
