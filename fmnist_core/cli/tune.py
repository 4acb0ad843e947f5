"""``tune``: the same worker, events and run directory as a search that the page starts."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, TextIO

from fmnist_core.cli.follow import Lines, exit_status, follow
from fmnist_core.cli.numbers import whole
from fmnist_core.errors import ExperimentError, RunError
from fmnist_core.run import Run
from fmnist_core.run_state import RunState, Trial
from fmnist_core.runs import RunStore
from fmnist_core.search import Search, search_preset
from fmnist_core.settings import with_settings


def tune(options: argparse.Namespace) -> int:
    """Search, show each trial, print what came of it. 1 when the search failed."""
    store = RunStore()
    if options.resume:
        earlier = store.get(options.resume)
        if earlier.search is None:
            raise RunError(f"{earlier.title} is no search. Name one that was broken off.")
        run = store.create_search(earlier.search, earlier=earlier.id)
    elif options.preset:
        run = store.create_search(search_of(options))
    else:
        raise ExperimentError("What is searched? Name a search with --preset, or --resume one.")
    progress = TrialLines(sys.stderr)
    assert run.search is not None
    progress.say(f"{run.title}: {run.search.trials} trials in {run.directory}")
    state = follow(store, run, progress)
    result = _result(run, state)
    if options.json:
        print(json.dumps(result), flush=True)
    else:
        _print(run, result, state)
    return exit_status(state, "The search", f"tune --resume {run.id}")


def search_of(options: argparse.Namespace) -> Search:
    """What the options ask for.

    Raises:
        ExperimentError: an unknown search or setting, or a value out of range.
    """
    search = search_preset(options.preset)
    changes: dict[str, Any] = {}
    for name in ("trials", "executions", "seed"):
        text = getattr(options, name)
        if text is not None:
            changes[name] = whole(name, text)
    if options.tuner is not None:
        changes["tuner"] = options.tuner
    if options.settings:
        changes["base"] = with_settings(search.base, options.settings)
    return search.changed(**changes)


class TrialLines(Lines):
    """A line for every trial that has ended."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._shown: set[int] = set()

    def show(self, state: RunState) -> None:
        for trial in state.trials.values():
            if trial.ended and trial.number not in self._shown:
                self._shown.add(trial.number)
                self.say(line(trial))


def line(trial: Trial) -> str:
    """``trial 3: units=64 learning_rate=0.001  0.8212 (n = 6,000)``."""
    values = " ".join(f"{name.rpartition('.')[2]}={v}" for name, v in trial.values.items())
    assert trial.ended is not None
    if trial.score is None:
        return f"trial {trial.number + 1}: {values}  failed: {trial.ended.reason}"
    return (
        f"trial {trial.number + 1}: {values}  {trial.score:.4f} (n = {trial.ended.validation_n:,})"
    )


def _result(run: Run, state: RunState) -> dict[str, Any]:
    ended = [trial for trial in state.trials.values() if trial.ended]
    best = state.scored[0] if state.scored else None
    return {
        "run": run.id,
        "status": state.status,
        "seconds": sum(trial.ended.seconds for trial in ended if trial.ended),
        "best": best.number + 1 if best else None,
        "trials": [
            {
                "trial": trial.number + 1,
                "settings": trial.values,
                "score": trial.score,
                "scores": list(trial.ended.scores),
                "n": trial.ended.validation_n,
                "seconds": trial.ended.seconds,
            }
            for trial in ended
            if trial.ended
        ],
    }


def _print(run: Run, result: dict[str, Any], state: RunState) -> None:
    reason = state.ending.reason if state.ending else ""
    print(f"{state.status.capitalize()}. {reason} {result['seconds']:.1f} s")
    if state.scored:
        print(f"best: {line(state.scored[0])} of validation pictures")
    print(f"run {run.id}")
