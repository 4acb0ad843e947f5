"""Goal 8: answers through the model server, as pages ask for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fmnist_core.datasets import fashion_mnist
from tests.benchmarks import training
from tests.benchmarks.lab import Lab
from tests.benchmarks.settings import Settings

PRESET = "cnn-32-64-64"
MANY = 1000


def answers(settings: Settings, lab: Lab) -> dict[str, Any]:
    """Seconds for one picture, for a thousand, for all feature maps; and while a run trains."""
    lab.warm()
    run, _ = lab.train(training.plain(PRESET, train_size=training.QUICK, epochs=1, seed=0))
    name = run.id
    pictures = fashion_mnist.load().test_images[:MANY, ..., np.newaxis].astype(np.float32) / 255

    def one() -> object:
        return lab.server.predict(name, pictures[:1])

    measured = {
        "one": _seconds(one, settings.times(300)),
        "many": _seconds(lambda: lab.server.predict(name, pictures), settings.times(30)),
        "maps": _seconds(lambda: lab.server.feature_maps(name, pictures[0]), settings.times(100)),
    }
    busy = lab.backend.submit(
        training.plain(PRESET, train_size=training.whole_set(), epochs=50, seed=0)
    )
    lab.wait_for_batch(busy)
    measured["one_while_training"] = _seconds(one, settings.times(300))
    lab.backend.command(busy.id, "stop")
    lab.finish(busy)
    return {"preset": PRESET, "pictures": MANY, "seconds": measured}


def _seconds(ask: Callable[[], object], times: int) -> list[float]:
    ask()  # the first one loads the model or traces
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        ask()
        found.append(time.perf_counter() - begin)
    return found
