"""Plain steps with a number of threads, whatever the app would choose."""

from __future__ import annotations

from typing import Any

from fmnist_core.engine.threads import warm_up
from fmnist_core.jobs.worker import prepare_arithmetic
from tests.benchmarks.child import answer
from tests.benchmarks.engine.augmented_steps import Side


def measure(question: dict[str, Any]) -> float:
    """{"experiment", "threads", "seconds"} -> seconds a step."""
    prepare_arithmetic()
    warm_up(question["threads"])
    side = Side(question["experiment"])
    side.run(0.2)  # traced, compiled, warm
    return side.run(question["seconds"])


if __name__ == "__main__":
    answer(measure)
