"""Goal 6: from the click to a network of a given test accuracy, for the presets made for speed.

Five seeds, the weights after the last epoch, judged on the test set once: nothing is chosen by
it. The clock stops when the test accuracy is known, so it includes the final evaluation.
"""

from __future__ import annotations

import time
from typing import Any

from fmnist_core.presets import PRESETS
from fmnist_core.run_state import RunState
from tests.benchmarks.lab import Lab
from tests.benchmarks.settings import Settings

NOT_SHIPPED = "not shipped yet"
TARGETS = {"sprint-90": (0.90, 15.0), "sprint-92": (0.92, 60.0), "sprint-94": (0.94, 480.0)}
"""Preset -> (test accuracy, seconds from the click)."""


def sprint(name: str, settings: Settings, lab: Lab) -> dict[str, Any]:
    preset = PRESETS.get(name)
    if preset is None:
        return {"status": NOT_SHIPPED}
    lab.warm()
    experiment = preset.experiment
    if settings.quick:
        experiment = experiment.changed(training=experiment.training.changed(steps=5))
    runs = []
    for seed in range(settings.pairs):
        begin = time.time()
        _, state = lab.train(experiment.changed(seed=seed))
        runs.append(in_numbers(state, begin))
    return {"status": "measured", "runs": runs}


def in_numbers(state: RunState, begin: float) -> dict[str, float]:
    """``begin`` is the click, as ``time.time()``."""
    test = state.evaluated["test"]
    trained = state.epochs[-1].time - begin
    return {"accuracy": test.accuracy, "seconds": test.time - begin, "trained_seconds": trained}
