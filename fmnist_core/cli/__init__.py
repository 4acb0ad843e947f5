"""The command line: presets | train | tune | folders | score | export, the pages' core calls.

Exit status: 0 when it was done, 1 when a run failed or something cannot be done now, 2 when the
input was wrong, 130 after Ctrl-C. Whatever a person can cause is one line on stderr, never a
traceback.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from fmnist_core.cli.folders import folders
from fmnist_core.cli.mobilenet import add_arguments, mobilenet
from fmnist_core.cli.score import score
from fmnist_core.cli.train import train
from fmnist_core.cli.transfer import transfer
from fmnist_core.cli.tune import tune
from fmnist_core.codegen import keras_script
from fmnist_core.errors import DataError, ExperimentError, LabError, RunError, RunNotFoundError
from fmnist_core.folders import FOLDER_PRESETS
from fmnist_core.history import epochs_csv
from fmnist_core.presets import PRESETS
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.search import SEARCHES
from fmnist_core.summary import summarise

PROGRAM = "python -m fmnist_core"
BAD_INPUT = 2
INTERRUPTED = 130
"""As shells count what SIGINT ends."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Bad options end in SystemExit(2)."""
    options = parser().parse_args(arguments)
    if options.command is None:
        parser().print_help()
        return 0
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name of a file may have any bytes
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return int(options.command(options))
    except (ExperimentError, DataError, RunNotFoundError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return BAD_INPUT
    except LabError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted.", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """All commands and their options; ``command`` is the function to call."""
    parser = _Parser(prog=PROGRAM, description="Fashion-MNIST Lab without a browser.")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    json_help = {"action": "store_true", "help": "for machines"}

    presets = commands.add_parser("presets", help="list the networks that can be trained")
    presets.add_argument("--json", **json_help)  # type: ignore[arg-type]
    presets.set_defaults(command=_presets)

    training = commands.add_parser(
        "train", help="train one; Ctrl-C stops it and keeps what it has learned"
    )
    training.add_argument("--preset", required=True, metavar="NAME", help="one of the presets")
    training.add_argument(
        "--folder",
        metavar="ID",
        help=f"your own pictures, as folders lists them; presets: {', '.join(FOLDER_PRESETS)}",
    )
    training.add_argument("--epochs", metavar="N", help="passes over the training pictures")
    training.add_argument("--steps", metavar="N", help="a limit in steps; it decides over epochs")
    training.add_argument("--seed", metavar="N", help="of splits, weights and order")
    training.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="any setting: training.batch_size=128, data.label_noise=0.2 ...",
    )
    training.add_argument(
        "--json",
        action="store_true",
        help="the last line on stdout is the result as JSON; progress goes to stderr",
    )
    training.set_defaults(command=train)

    tuning = commands.add_parser(
        "tune", help="search for better settings with Keras Tuner; judged on validation pictures"
    )
    tuning.add_argument("--preset", metavar="NAME", help=f"a search: {', '.join(SEARCHES)}")
    tuning.add_argument("--resume", metavar="RUN", help="go on with a search that was broken off")
    tuning.add_argument("--trials", metavar="N", help="combinations that are tried")
    tuning.add_argument("--executions", metavar="N", help="trainings of each; their mean counts")
    tuning.add_argument("--tuner", metavar="NAME", help="random, hyperband or bayesian")
    tuning.add_argument("--seed", metavar="N", help="of what is tried")
    tuning.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="of what does not vary: data.train_size=5000, training.epochs=3 ...",
    )
    tuning.add_argument(
        "--json",
        action="store_true",
        help="the last line on stdout is the result as JSON; progress goes to stderr",
    )
    tuning.set_defaults(command=tune)

    comparing = commands.add_parser(
        "transfer", help="does it help to have learned other classes? judged on validation pictures"
    )
    comparing.add_argument("--preset", metavar="NAME", help="the network (default: cnn-16)")
    comparing.add_argument("--resume", metavar="RUN", help="go on with one that was broken off")
    comparing.add_argument("--known", metavar="N,N", help="classes it learns first, as numbers")
    comparing.add_argument("--shots", metavar="N,N", help="pictures of each new class")
    comparing.add_argument("--draws", metavar="N", help="how often these are drawn")
    comparing.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="of the network and of how it learns its first classes: training.epochs=5 ...",
    )
    comparing.add_argument("--json", **json_help)  # type: ignore[arg-type]
    comparing.set_defaults(command=transfer)

    photos = commands.add_parser(
        "mobilenet", help="MobileNetV2's features under a new head, against the bare pixels"
    )
    add_arguments(photos)
    photos.add_argument("--json", **json_help)  # type: ignore[arg-type]
    photos.set_defaults(command=mobilenet)

    runs = commands.add_parser("runs", help="list the runs, newest first")
    runs.add_argument("--json", **json_help)  # type: ignore[arg-type]
    runs.set_defaults(command=_runs)

    bringing = commands.add_parser(
        "folders", help="import pictures of your own, or list what was imported"
    )
    bringing.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help="a folder or a ZIP with a sub-folder per class, perhaps under train/ and validation/",
    )
    bringing.add_argument("--name", metavar="NAME", help="how it is called in lists")
    bringing.add_argument("--json", **json_help)  # type: ignore[arg-type]
    bringing.set_defaults(command=folders)

    scoring = commands.add_parser(
        "score", help="how often a model is right on a folder of your own pictures"
    )
    scoring.add_argument(
        "pictures",
        metavar="DIR",
        help="with one folder per class: t-shirt-top, trouser ...; test means the test set",
    )
    scoring.add_argument(
        "--model",
        metavar="NAME",
        help="a bundled model or a run; without it the bundled one for photos and drawings",
    )
    scoring.add_argument(
        "--out-of-distribution",
        metavar="DIR",
        help="pictures of anything but clothing: how well are they told apart; digits and noise "
        "mean 1,000 that are made here",
    )
    scoring.add_argument("--json", **json_help)  # type: ignore[arg-type]
    scoring.set_defaults(command=score)

    export = commands.add_parser(
        "export", help="a run's model.keras, history.csv, experiment.json and Keras script"
    )
    export.add_argument("run", metavar="RUN", help="its id, as runs lists it")
    export.add_argument("--to", required=True, type=Path, metavar="DIR", help="made if missing")
    export.set_defaults(command=_export)
    return parser


def _presets(options: argparse.Namespace) -> int:
    rows = []
    for preset in PRESETS.values():
        summary = summarise(preset.experiment.architecture)
        rows.append(
            {
                "name": preset.name,
                "title": preset.title,
                "parameters": summary.parameters,
                "trainable_parameters": summary.trainable_parameters,
            }
        )
    if options.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(f"{row['name']:<14} {row['parameters']:>10,} parameters  {row['title']}")
    return 0


def _runs(options: argparse.Namespace) -> int:
    store = RunStore()
    rows = [_row(store, run) for run in store.everything()]
    if options.json:
        print(json.dumps(rows))
        return 0
    if not rows:
        print(f"No runs in {store.root} yet.")
    for row in rows:
        accuracy = "" if row["test"] is None else f"  test accuracy {row['test']['accuracy']:.4f}"
        what = row["kind"] if row["kind"] != "network" else f"step {row['steps']:>7,}"
        print(f"{row['run']:<40} {row['status']:<8} {what}{accuracy}")
    return 0


def _row(store: RunStore, run: Run) -> dict[str, Any]:
    state = store.state(run.id)
    test = state.evaluated.get("test")
    return {
        "run": run.id,
        "title": run.title,
        "kind": type(run.study).__name__.lower() if run.study else "network",
        "status": state.status,
        "created": run.created,
        "steps": state.step,
        "test": {"accuracy": test.accuracy, "n": test.n} if test else None,
    }


def _export(options: argparse.Namespace) -> int:
    store = RunStore()
    run = store.get(options.run)
    if run.study:
        raise RunError(f"{run.title} is more than one network: there is none to export.")
    model = run.directory / "model.keras"
    if not model.is_file():
        ending = store.outline(run.id).ending
        if ending is None:
            raise RunError(f"{run.title} has no model to export yet. Wait until it has ended.")
        raise RunError(f"{run.title} ended without a model. {ending.reason}")
    try:
        options.to.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model, options.to / "model.keras")
        shutil.copyfile(run.directory / "experiment.json", options.to / "experiment.json")
        (options.to / "history.csv").write_text(epochs_csv(store.state(run.id)))
        (options.to / "train.py").write_text(keras_script(run.experiment))
    except OSError as error:
        raise RunError(f"Could not write to {options.to}: {error.strerror}.") from error
    print(f"Wrote model.keras, experiment.json, history.csv and train.py to {options.to}.")
    return 0
