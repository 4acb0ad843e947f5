"""Measure on this machine what the documentation states: ``make bench``.

Nothing here passes or fails: times belong to a machine, not to the code. Results are kept in
docs/benchmarks, each replaced when it is measured again; whatever breaks off loses only itself.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks import (
    accuracy,
    answers,
    augmentation,
    averages,
    inside,
    latency,
    limit,
    machine,
    memory,
    onednn,
    pages,
    precision,
    streaming,
    threads,
    training,
    watched,
)
from tests.benchmarks.lab import Lab
from tests.benchmarks.report import Result, Results, goal_lines
from tests.benchmarks.settings import Settings
from tests.projectfiles import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
Measure = Callable[[], dict[str, Any]]


class SharedLab:
    """One warm engine for all measurements that want one, started when the first does."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._lab: Lab | None = None

    def get(self) -> Lab:
        if self._lab is None:
            self._lab = self._stack.enter_context(Lab())
        return self._lab


def measurements(settings: Settings, shared: SharedLab) -> dict[str, Measure]:
    """By name, in the order in which they are made: short ones first."""
    every: dict[str, Measure] = {
        "click/cold": lambda: latency.cold(settings),
        "pages": lambda: pages.pages(settings),
        "inside": lambda: inside.inside(settings),
        "memory": lambda: memory.memory(settings),
        "peak": lambda: limit.peaks(settings),
        "click/warm": lambda: latency.warm(settings, shared.get()),
        "answers": lambda: answers.answers(settings, shared.get()),
        "streaming": lambda: streaming.overhead(settings),
    }
    for name in augmentation.NETWORKS:
        every[f"augmentation/{name}"] = lambda name=name: augmentation.costs(name, settings)
    for name, batch in threads.NETWORKS:
        every[f"threads/{name}, batch {batch}"] = lambda name=name, batch=batch: threads.steps(
            name, batch, settings
        )
    for name in onednn.NETWORKS:
        every[f"onednn/{name}"] = lambda name=name: onednn.steps(name, settings)
    for name in precision.NETWORKS:
        every[f"precision/{name}"] = lambda name=name: precision.precisions(name, settings)
    for name in training.names():
        every[f"training/{name}"] = lambda name=name: training.both_sides(
            name, settings, shared.get()
        )
    for name in averages.NETWORKS:
        every[f"averages/{name}"] = lambda name=name: averages.averages(
            name, settings, shared.get()
        )
    for name in accuracy.TARGETS:
        every[f"accuracy/{name}"] = lambda name=name: accuracy.sprint(name, settings, shared.get())
    for name in accuracy.TARGETS:
        every[f"watched/{name}"] = lambda name=name: watched.sprint(name, settings)
    return every


def measured(measure: Measure) -> Result:
    load, begin = machine.load(), time.perf_counter()
    data = measure()
    seconds = round(time.perf_counter() - begin, 1)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    return Result(now, seconds, load, machine.describe(), data)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="names, or what they begin with"
    )
    parser.add_argument("--pairs", type=int, default=5, help="pairs, seeds, starts (default: 5)")
    parser.add_argument("--quick", action="store_true", help="the smallest run; keeps nothing")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder of bench.json and bench.md")
    parser.add_argument("--list", action="store_true", help="say the names and end")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    settings = Settings(pairs=options.pairs, quick=options.quick)
    results = Results(options.to)
    failed = []
    with ExitStack() as stack:
        every = measurements(settings, SharedLab(stack))
        chosen = [
            name for name in every if not options.only or name.startswith(tuple(options.only))
        ]
        if options.list or not chosen:
            print("\n".join(every))
            return 0 if options.list else 2
        fresh = {}
        for name in chosen:
            print(f"{name} ...", end=" ", flush=True)
            try:
                result = measured(every[name])
            except Exception:  # noqa: BLE001 - the others are still worth measuring
                print("broke off", flush=True)
                traceback.print_exc()
                failed.append(name)
                continue
            print(f"{result.seconds:.0f} s", flush=True)
            fresh[name] = result
            if not settings.quick:
                results.put(name, result)
    shown = fresh if settings.quick else results.by_name
    print("\n".join(goal_lines({name: result.data for name, result in shown.items()})))
    if failed:
        print(f"Broke off: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
