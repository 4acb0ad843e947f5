"""``mobilenet``: the same worker, events and run directory as a run that the page starts."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any, TextIO

from fmnist_core.cli.follow import Lines, exit_status, follow
from fmnist_core.evaluation import wilson
from fmnist_core.mobilenet import STAGES, UNTRAINED, make
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore

SETTINGS = ("side", "train_size", "units", "epochs", "fine_tune_epochs", "fine_tune_blocks", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--side", type=int, help="pixels that pictures are enlarged to (96)")
    parser.add_argument("--train-size", type=int, help="training pictures (2000)")
    parser.add_argument("--units", type=int, help="of a Dense layer in the head; 0: none (128)")
    parser.add_argument("--epochs", type=int, help="of the head (10)")
    parser.add_argument("--fine-tune-epochs", type=int, help="of the last blocks, too (0)")
    parser.add_argument("--fine-tune-blocks", type=int, help="how many of 16 (1)")
    parser.add_argument("--seed", type=int)


def mobilenet(options: argparse.Namespace) -> int:
    """Run it, show each epoch, print what came of it. 1 when it failed."""
    given = {name: getattr(options, name) for name in SETTINGS}
    study = make(**{name: value for name, value in given.items() if value is not None})
    store = RunStore()
    run = store.create_mobilenet(study)
    progress = EpochLines(sys.stderr)
    progress.say(f"{run.title}. In {run.directory}")
    state = follow(store, run, progress)
    if options.json:
        print(json.dumps(_result(run, state)), flush=True)
    else:
        _print(run, state)
    return exit_status(state, "It")


class EpochLines(Lines):
    """A line for every set of features, and for every epoch."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._epochs = 0
        self._described: set[str] = set()

    def show(self, state: RunState) -> None:
        for each in state.features.values():
            if each.done == each.n and each.split not in self._described:
                self._described.add(each.split)
                how = "from an earlier run" if each.cached else f"in {each.seconds:.1f} s"
                self.say(f"features of {each.n:,} {each.split} pictures {how}")
        for ended in state.stages[self._epochs :]:
            self.say(
                f"{ended.stage}, epoch {ended.epoch}: training {ended.train_accuracy:.4f} "
                f"(n = {ended.train_n:,}), validation {ended.validation_accuracy:.4f} "
                f"(n = {ended.validation_n:,})"
            )
        self._epochs = len(state.stages)


def _result(run: Run, state: RunState) -> dict[str, Any]:
    return {
        "run": run.id,
        "status": state.status,
        "reason": state.ending.reason if state.ending else "",
        "weights": asdict(state.weights) if state.weights else None,
        "stages": [asdict(each) for each in state.judged],
    }


def _print(run: Run, state: RunState) -> None:
    print(f"{state.status.capitalize()}. {state.ending.reason if state.ending else ''}")
    if state.weights and not state.weights.trained:
        print(UNTRAINED)
    for each in state.judged:
        ends = wilson(round(each.accuracy * each.n), each.n)
        print(
            f"{STAGES[each.stage]:<20} test {each.accuracy:.4f} ({ends.low:.4f} to "
            f"{ends.high:.4f}), n = {each.n:,}, {each.trainable:,} parameters learned"
        )
    print(f"run {run.id}")
