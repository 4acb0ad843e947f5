"""Goal 4: what live events cost, in steps a second."""

from __future__ import annotations

import os
from typing import Any

from tests.benchmarks import training
from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

NETWORKS = {"mlp-128": 6, "cnn-16": 2, "cnn-32-64-64": 1}
"""The fastest, with most events a second, the default, and a usual one; with their epochs."""


def overhead(settings: Settings) -> dict[str, Any]:
    size = training.QUICK if settings.quick else training.whole_set()
    found = {}
    for name, epochs in NETWORKS.items():
        length = 1 if settings.quick else epochs
        experiment = training.plain(name, train_size=size, epochs=length, seed=0)
        question = {
            "experiment": experiment.to_json(),
            "pairs": settings.pairs,
            "threads": os.cpu_count(),
        }
        found[name] = ask("tests.benchmarks.engine.streaming_steps", question)
    return {"steps_per_second": found}
