"""How many threads TensorFlow computes with; said once, before it computes anything."""

from __future__ import annotations

import contextlib

import tensorflow as tf

from fmnist_core.experiment import Experiment
from fmnist_core.summary import summarise

SMALL_STEP = 20_000_000
"""Multiply-adds of one forward pass over a batch; below it a step of dense layers is over before
a second thread has been woken. On two cores of an AMD EPYC (2026-11-29, 5 pairs in turn, ``make
bench ARGS="--only threads"``) one thread was 1.32 (1.17 to 1.46) times as fast as two at 9 million,
1.30 (1.24 to 1.33) at 13 million, 1.11 (1.05 to 1.15) at 18 million; with convolutions (``cnn-16``)
0.86 (0.82 to 1.00; in float32)."""


def useful_threads(experiment: Experiment, available: int) -> int:
    """One for small dense networks, for all others what there is."""
    architecture = experiment.architecture
    dense = all(layer.kind in ("Flatten", "Dense", "Dropout") for layer in architecture.layers)
    work = summarise(architecture).multiply_adds * experiment.training.batch_size
    return 1 if dense and work < SMALL_STEP else available


def warm_up(threads: int) -> None:
    """Run one small operation: whoever waits for RunStarted learns that TensorFlow works here."""
    with contextlib.suppress(RuntimeError):  # it computes already and keeps its threads
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    (tf.constant(1.0) + 1.0).numpy()
