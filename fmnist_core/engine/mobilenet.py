"""Runs MobileNetV2 as a feature extractor: pixels, its features under a new head, fine-tuning."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core import events as e
from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine.control import Control
from fmnist_core.engine.mobilenet_features import Features, Floats, Levels, enlarged, load
from fmnist_core.engine.paced import Stopped, to_the_end
from fmnist_core.engine.threads import warm_up
from fmnist_core.eventlog import Appender
from fmnist_core.mobilenet import VALIDATION, MobileNet

CLASSES = 10
FOLDER = "features"
"""Beside the runs: any of them may use what another has computed."""


def learn(directory: Path, *, threads: int, forked: bool) -> None:
    """Run all stages of ``directory``, obeying its commands.

    Raises:
        RunError: the weights are not to be had or of another network, or the disk is full.
    """
    warm_up(threads)
    study = MobileNet.from_json((directory / "mobilenet.json").read_bytes())
    log = Appender(directory / "events.jsonl")
    try:
        learning = Learning(study, directory, log)

        def work() -> None:
            learning.begin(threads, forked)
            learning.run()

        to_the_end(work, learning.emit, learning.reason)
    finally:
        log.close()


class Learning:
    def __init__(self, study: MobileNet, directory: Path, log: Appender) -> None:
        data = fashion_mnist.load()
        split = splits.split_of(study.base.data, data, study.seed)
        train, validation = split.train, split.validation[:VALIDATION]  # classes are in no order
        self.study = study
        self.stages_ended: list[e.MobileNetStage] = []
        self._log = log
        self._control = Control(directory / "commands.jsonl", self.emit, lambda *_: None)
        self._folder = directory.parent / FOLDER
        self._pictures: dict[e.SplitName, Levels] = {
            "train": data.train_images[train],
            "validation": data.train_images[validation],
            "test": data.test_images,
        }
        self._labels: dict[e.SplitName, npt.NDArray[np.int64]] = {
            "train": data.train_labels[train].astype(np.int64),
            "validation": data.train_labels[validation].astype(np.int64),
            "test": data.test_labels.astype(np.int64),
        }

    def emit(self, *events: e.Event) -> None:
        self._log.append(*(e.to_record(event) for event in events))

    def reason(self, stopped: bool) -> str:
        """How it ended."""
        total = len(self.study.stages)
        if stopped:
            return f"Stopped after {len(self.stages_ended)} of {total} stages."
        return f"All {total} stages done."

    def begin(self, threads: int, forked: bool) -> None:
        study, n = self.study, len(self._labels["train"])
        per_epoch = -(-n // study.batch_size)
        epochs = sum(study.epochs_of(stage) for stage in study.stages)
        self.emit(
            e.RunStarted(
                time=time.time(),
                pid=os.getpid(),
                threads=threads,
                epochs=epochs,
                steps_per_epoch=per_epoch,
                total_steps=epochs * per_epoch,
                train_n=n,
                validation_n=len(self._labels["validation"]),
                batch_size=study.batch_size,
                learning_rate=study.learning_rate,
                forked=forked,
            )
        )

    def run(self) -> None:
        """All stages; then, and only then, what each has of the test pictures' labels right."""
        study = self.study
        loaded = load(study.side)
        parameters = int(loaded.model.count_params())
        self.emit(
            e.WeightsLoaded(
                time=time.time(),
                source=loaded.source,
                sha256=loaded.sha256,
                imagenet=loaded.imagenet,
                trained=loaded.trained,
                parameters=parameters,
            )
        )
        said: dict[e.MobileNetStage, tuple[npt.NDArray[np.int64], int]] = {}
        pixels = {name: _flat(pictures) for name, pictures in self._pictures.items()}
        _, answers, trainable = self._stage("pixels", pixels)
        said["pixels"] = answers, trainable
        features = Features(loaded, study.side, self._folder, self.go_on)
        described = {name: self._described(features, name) for name in self._pictures}
        head, answers, trainable = self._stage("head", described)
        said["head"] = answers, trainable
        if study.fine_tune_epochs:
            said["fine-tuned"] = self._fine_tune(loaded.model, head)
        for stage, (answers, trainable) in said.items():
            right = answers == self._labels["test"]
            judged = e.StageJudged(time.time(), stage, float(right.mean()), len(right), trainable)
            self.emit(judged)

    def _stage(
        self, stage: e.MobileNetStage, given: dict[e.SplitName, Floats]
    ) -> tuple[keras.Model, npt.NDArray[np.int64], int]:
        """A head that has learned, its answers to the test pictures, and its parameters."""
        study = self.study
        head = head_of(study, given["train"].shape[1])
        self._fit(stage, head, study.learning_rate, _batches(given, self._labels, study))
        answers = head.predict(given["test"], batch_size=1_000, verbose=0).argmax(axis=1)
        return head, answers, int(head.count_params())

    def _fine_tune(self, base: keras.Model, head: keras.Model) -> tuple[npt.NDArray[np.int64], int]:
        """The last blocks and the head learn together; the other layers stay."""
        study = self.study
        whole = unfrozen(study, base, head)
        pictures = {name: self._pictures[name] for name in self._pictures}
        self._fit(
            "fine-tuned",
            whole,
            study.fine_tune_rate,
            _batches(pictures, self._labels, study, study.side),
        )
        answers = np.empty(len(self._labels["test"]), np.int64)
        forward = tf.function(lambda x: whole(enlarged(x, study.side), training=False))
        for first in range(0, len(answers), 100):
            if not self.go_on():
                raise Stopped
            chunk = tf.constant(pictures["test"][first : first + 100])
            answers[first : first + 100] = forward(chunk).numpy().argmax(axis=1)
        trainable = sum(int(np.prod(each.shape)) for each in whole.trainable_weights)
        return answers, trainable

    def _fit(
        self,
        stage: e.MobileNetStage,
        model: keras.Model,
        rate: float,
        batches: tuple[tf.data.Dataset, tf.data.Dataset],
    ) -> None:
        model.compile(
            optimizer=keras.optimizers.Adam(rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        train, validation = batches
        told = Told(self, stage)
        model.fit(
            train,
            validation_data=validation,
            epochs=self.study.epochs_of(stage),
            verbose=0,
            callbacks=[told],
        )
        if self._control.stopping:
            raise Stopped
        self.stages_ended.append(stage)

    def epoch_ended(
        self, stage: e.MobileNetStage, epoch: int, logs: dict[str, float], seconds: float
    ) -> None:
        self.emit(
            e.StageEpochEnded(
                time.time(),
                stage,
                epoch,
                float(logs["loss"]),
                float(logs["accuracy"]),
                len(self._labels["train"]),
                float(logs["val_accuracy"]),
                len(self._labels["validation"]),
                seconds,
            )
        )

    def _described(self, features: Features, name: e.SplitName) -> Floats:
        pictures = self._pictures[name]

        def progress(done: int, seconds: float, cached: bool) -> None:
            computed = e.FeaturesComputed(time.time(), name, done, len(pictures), seconds, cached)
            self.emit(computed)

        found = features.of(pictures, progress)
        if found is None:
            raise Stopped
        return found

    def go_on(self) -> bool:
        """Wait while paused, for one batch at a time if steps are asked for; False to stop."""
        return self._control.allowed(0) > 0


class Told(keras.callbacks.Callback):
    """Obeys commands between batches, and tells what each epoch brought."""

    def __init__(self, learning: Learning, stage: e.MobileNetStage) -> None:
        super().__init__()
        self._learning = learning
        self._stage = stage
        self._begin = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._learning.go_on():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs and "val_accuracy" in logs and not self.model.stop_training:
            seconds = time.perf_counter() - self._begin
            self._learning.epoch_ended(self._stage, epoch + 1, logs, seconds)


def head_of(study: MobileNet, inputs: int) -> keras.Model:
    """The new layers, (n, inputs) -> (n, 10) probabilities, drawn from the study's seed."""
    keras.utils.set_random_seed(study.seed)
    dense = [keras.layers.Dense(study.units, activation="relu")] if study.units else []
    output = keras.layers.Dense(CLASSES, activation="softmax")
    return keras.Sequential([keras.Input((inputs,)), *dense, output])


def unfrozen(study: MobileNet, base: keras.Model, head: keras.Model) -> keras.Model:
    """Base and head as one network, of which the last blocks and the head learn.

    Batch normalisation stays as it was in inference: statistics of few pictures would spoil it.
    """
    first = f"block_{17 - study.fine_tune_blocks}_"
    names = [layer.name for layer in base.layers]
    begin = next((i for i, name in enumerate(names) if name.startswith(first)), 0)
    base.trainable = True
    for i, layer in enumerate(base.layers):
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = i >= begin and not normalises
    inputs = keras.Input((study.side, study.side, 3))
    return keras.Model(inputs, head(base(inputs, training=False)))


def _batches(
    given: dict[e.SplitName, Any],
    labels: dict[e.SplitName, npt.NDArray[np.int64]],
    study: MobileNet,
    side: int | None = None,
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Training batches, in another order each epoch, and those of validation."""
    n = len(labels["train"])
    train = tf.data.Dataset.from_tensor_slices((given["train"], labels["train"]))
    train = train.shuffle(n, seed=study.seed, reshuffle_each_iteration=True).batch(study.batch_size)
    validation = tf.data.Dataset.from_tensor_slices((given["validation"], labels["validation"]))
    validation = validation.batch(100)
    if side:
        train, validation = (
            each.map(lambda pictures, wanted: (enlarged(pictures, side), wanted))
            for each in (train, validation)
        )
    return train.prefetch(2), validation.prefetch(2)


def _flat(pictures: Levels) -> Floats:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / np.float32(255)
