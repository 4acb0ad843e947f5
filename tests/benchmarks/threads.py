"""Whether a small network's step is worth sharing: see ``fmnist_core/engine/threads.py``."""

from __future__ import annotations

from typing import Any

from fmnist_core.settings import with_settings
from tests.benchmarks import pairs, training
from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

NETWORKS = (("mlp-128", 128), ("mlp-350", 32), ("mlp-350", 64), ("cnn-16", 128))
"""Presets and batch sizes."""


def steps(name: str, batch: int, settings: Settings) -> dict[str, list[float]]:
    """Seconds a step with one thread and with two, in turn, each in a process of its own."""
    plain = training.plain(name, train_size=20_000, epochs=1, seed=0)
    experiment = with_settings(plain, [f"training.batch_size={batch}"])

    def side(threads: int) -> Any:
        question = {
            "experiment": experiment.to_json(),
            "threads": threads,
            "seconds": 0.2 if settings.quick else 1.0,
        }
        return lambda _: float(ask("tests.benchmarks.engine.threaded_steps", question))

    found = pairs.in_turn(side(1), side(2), settings.pairs)
    return {"one": [one for one, _ in found], "two": [two for _, two in found]}
