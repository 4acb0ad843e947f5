"""Judging a network: exact whatever the chunks are, and few sizes of chunk."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from fmnist_core.architecture import Architecture, Dense, Flatten
from fmnist_core.engine import evaluate
from fmnist_core.engine.build import build
from fmnist_core.engine.evaluate import LARGEST_CHUNK, SMALLEST_CHUNK, Evaluator
from fmnist_core.engine.steps import loss_function
from fmnist_core.experiment import Training

N = 3_001


@pytest.fixture
def judged():
    """A small network, its evaluator, pictures and labels."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (N, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, N).astype(np.int32)
    architecture = Architecture(layers=(Flatten(), Dense(units=4)))
    model = build(architecture)
    evaluator = Evaluator(model, loss_function(Training(), architecture), logits=False)
    return model, evaluator, images, labels


def test_scores_are_those_of_the_whole_set_at_once(judged) -> None:
    model, evaluator, images, labels = judged
    indices = np.random.default_rng(1).permutation(N)[: N - 7].astype(np.int32)
    scores = evaluator.score(tf.constant(images), tf.constant(labels), indices)
    given = model(images[indices][..., None] / np.float32(255)).numpy()
    wanted = labels[indices]
    assert scores.n == len(scores.probabilities) == N - 7
    np.testing.assert_allclose(scores.probabilities, given, atol=1e-4)
    right = (scores.probabilities.argmax(1) == wanted).mean()
    assert scores.accuracy == pytest.approx(right)
    losses = -np.log(given[np.arange(len(wanted)), wanted])
    assert scores.loss == pytest.approx(losses.mean(), abs=1e-3)


def test_chunks_have_few_sizes_however_the_machine_feels(judged, monkeypatch) -> None:
    _, evaluator, images, labels = judged
    moods = np.random.default_rng(2)
    now = 0.0

    def timer() -> float:
        nonlocal now
        now += moods.uniform(0.0, 0.1)
        return now

    sizes = []
    forward = evaluator._forward

    def watched(images, labels, indices):
        sizes.append(len(indices))
        return forward(images, labels, indices)

    monkeypatch.setattr(evaluate.time, "perf_counter", timer)
    monkeypatch.setattr(evaluator, "_forward", watched)
    for n in (1, 24, N, N - 1, N - 500):
        evaluator.score(tf.constant(images), tf.constant(labels), np.arange(n, dtype=np.int32))
    assert SMALLEST_CHUNK <= min(sizes) <= max(sizes) <= LARGEST_CHUNK
    assert all(size & (size - 1) == 0 for size in sizes), "a power of two each"
    assert len(set(sizes)) > 2, "the chunks did not adapt"


def test_nobody_waits_for_the_end_of_an_evaluation(judged) -> None:
    _, evaluator, images, labels = judged
    asked = iter([True, False])
    scores = evaluator.score(
        tf.constant(images),
        tf.constant(labels),
        np.arange(N, dtype=np.int32),
        between=lambda: next(asked),
    )
    assert scores is None
