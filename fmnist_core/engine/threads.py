"""How many threads TensorFlow computes with; said once, before it computes anything."""

from __future__ import annotations

import contextlib

import tensorflow as tf

from fmnist_core.architecture import summarise
from fmnist_core.experiment import Experiment

SMALL_STEP = 15_000_000
"""Multiply-adds of one forward pass over a batch; below it a step of dense layers is over before
a second thread has been woken. On two cores of an AMD EPYC (2026-11-29, n = 4, in turn) one thread
was 1.1 to 1.4 times as fast as two on ``mlp-128`` at batch 128 (13 million), 1.2 to 1.3 on
``mlp-350`` at batch 32 (9 million), and about as fast or slower from 18 million on."""


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
