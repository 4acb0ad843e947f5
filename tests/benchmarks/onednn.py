"""What oneDNN brings where TensorFlow leaves it out by itself: see ``fmnist_core/engine``."""

from __future__ import annotations

from typing import Any

from tests.benchmarks import pairs, training
from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

NETWORKS = {"mlp-128": 1, "cnn-32-64-64": 2, "cnn-64-64": 2, "resnet-8": 2}
"""Presets, and the threads that each trains with on two cores."""


def steps(name: str, settings: Settings) -> dict[str, list[float]]:
    """Seconds a step with oneDNN and without, in turn, each in a process of its own."""
    experiment = training.plain(name, train_size=20_000, epochs=1, seed=0)

    def side(switch: str) -> Any:
        question = {
            "experiment": experiment.to_json(),
            "threads": NETWORKS[name],
            "seconds": 0.2 if settings.quick else 2.0,
        }
        module = "tests.benchmarks.engine.threaded_steps"
        return lambda _: float(ask(module, question, TF_ENABLE_ONEDNN_OPTS=switch))

    found = pairs.in_turn(side("1"), side("0"), settings.pairs)
    return {"with": [one for one, _ in found], "without": [other for _, other in found]}
