"""``train``: the same worker, events and run directory as a run that the page starts."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from fmnist_core.cli.follow import follow
from fmnist_core.cli.progress import Progress
from fmnist_core.errors import ExperimentError
from fmnist_core.events import RunFinished, RunStopped
from fmnist_core.experiment import Experiment
from fmnist_core.folders import FOLDER_PRESETS, FolderStore, experiment_for
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings


def train(options: argparse.Namespace) -> int:
    """Train, show how it goes, print what came of it. 1 when the run failed."""
    experiment = experiment_of(options)
    store = RunStore()
    run = store.create(experiment)
    progress = Progress(sys.stderr)
    progress.say(f"{run.title} in {run.directory}")
    state = follow(store, run, progress)
    result = _result(run, state)
    if options.json:
        print(json.dumps(result), flush=True)
    else:
        _print(result, state)
    if state.status == "failed":
        assert state.ending is not None
        print(f"The run failed. {state.ending.reason}", file=sys.stderr)
        return 1
    return 0


def experiment_of(options: argparse.Namespace) -> Experiment:
    """What the options ask for.

    Raises:
        ExperimentError: an unknown preset or setting, or a value out of range.
        DataError: no such folder.
    """
    settings: list[str] = []
    if options.epochs is not None:
        # A preset's own limit in steps would decide over the epochs that were asked for.
        settings += [f"training.epochs={options.epochs}", "training.steps=null"]
    if options.steps is not None:
        settings.append(f"training.steps={options.steps}")
    if options.seed is not None:
        settings.append(f"seed={options.seed}")
    return with_settings(_base(options), settings + options.settings)


def _base(options: argparse.Namespace) -> Experiment:
    if not options.folder:
        return preset(options.preset).experiment
    if options.preset not in FOLDER_PRESETS:
        raise ExperimentError(
            f"There is no network {options.preset[:40]!r} for a folder. There are: "
            f"{', '.join(FOLDER_PRESETS)}."
        )
    folder = FolderStore(RunStore().root).get(options.folder)
    return experiment_for(FOLDER_PRESETS[options.preset], folder)


def _result(run: Run, state: RunState) -> dict[str, Any]:
    ending = state.ending
    measured = ending if isinstance(ending, RunFinished | RunStopped) else None
    result: dict[str, Any] = {
        "run": run.id,
        "status": state.status,
        "steps": state.step,
        "seconds": measured.seconds if measured else None,
        "images_per_second": measured.images_per_second if measured else None,
        "first_batch_seconds": measured.first_batch_seconds if measured else None,
    }
    for split in ("train", "validation", "test"):
        scores = state.evaluated.get(split)
        result[split] = {"accuracy": scores.accuracy, "n": scores.n} if scores else None
    return result


def _print(result: dict[str, Any], state: RunState) -> None:
    reason = state.ending.reason if state.ending else ""
    print(f"{state.status.capitalize()} after {result['steps']:,} steps. {reason}")
    for split in ("train", "validation", "test"):
        if scores := result[split]:
            print(f"{split + ' accuracy':<20} {scores['accuracy']:.4f}  (n = {scores['n']:,})")
    if result["seconds"]:
        print(f"{result['seconds']:.1f} s, {result['images_per_second']:,.0f} images/s")
    print(f"run {result['run']}")
