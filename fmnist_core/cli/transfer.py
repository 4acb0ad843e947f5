"""``transfer``: the same worker, events and run directory as a comparison that the page starts."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any, TextIO

from fmnist_core.cli.follow import Lines, exit_status, follow
from fmnist_core.cli.numbers import whole, wholes
from fmnist_core.errors import RunError
from fmnist_core.events import TransferMeasured
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from fmnist_core.transfer import CLASSIC, METHODS, Transfer, points, verdict


def transfer(options: argparse.Namespace) -> int:
    """Compare, show each training, print what came of it. 1 when it failed."""
    store = RunStore()
    if options.resume:
        earlier = store.get(options.resume)
        if earlier.transfer is None:
            raise RunError(f"{earlier.title} is no comparison. Name one that was broken off.")
        run = store.create_transfer(earlier.transfer, earlier=earlier.id)
    else:
        run = store.create_transfer(transfer_of(options))
    progress = MeasuredLines(sys.stderr)
    progress.say(f"{run.title} In {run.directory}")
    state = follow(store, run, progress)
    if options.json:
        print(json.dumps(_result(run, state)), flush=True)
    else:
        _print(run, state)
    return exit_status(state, "The comparison", f"transfer --resume {run.id}")


def transfer_of(options: argparse.Namespace) -> Transfer:
    """What the options ask for.

    Raises:
        ExperimentError: an unknown preset or setting, or a value out of range.
    """
    changes: dict[str, Any] = {}
    base = CLASSIC.base
    if options.preset is not None:
        named = preset(options.preset).experiment  # as long as without, as the page begins, too
        epochs = base.training.epochs
        base = named.changed(training=named.training.changed(epochs=epochs, steps=None))
    if options.settings:
        base = with_settings(base, options.settings)
    if options.known is not None:
        changes["known"] = wholes("known", options.known)
    if options.shots is not None:
        changes["shots"] = wholes("shots", options.shots)
    if options.draws is not None:
        changes["draws"] = whole("draws", options.draws)
    return CLASSIC.changed(base=base, **changes)


class MeasuredLines(Lines):
    """A line for every training that has ended."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._shown = 0

    def show(self, state: RunState) -> None:
        for measured in state.transfers[self._shown :]:
            self.say(line(measured))
        self._shown = len(state.transfers)


def line(measured: TransferMeasured) -> str:
    """``frozen, 5 of each, draw 2: 0.8212 (n = 3,000)``."""
    return (
        f"{measured.method}, {measured.shots} of each, draw {measured.draw + 1}: "
        f"{measured.accuracy:.4f} (n = {measured.n:,})"
    )


def _result(run: Run, state: RunState) -> dict[str, Any]:
    before = state.pretrained
    return {
        "run": run.id,
        "status": state.status,
        "first_classes": {"accuracy": before.accuracy, "n": before.n} if before else None,
        "points": [asdict(point) for point in points(state.transfers)],
    }


def _print(run: Run, state: RunState) -> None:
    reason = state.ending.reason if state.ending else ""
    print(f"{state.status.capitalize()}. {reason}")
    found = points(state.transfers)
    for point in found:
        print(
            f"{METHODS[point.method]:<32} {point.shots:>4} of each  {point.accuracy:.4f} "
            f"({point.low:.4f} to {point.high:.4f}), {point.draws} draws, n = {point.n:,}"
        )
    if said := verdict(state.transfers):
        print(said)
    print(f"run {run.id}")
