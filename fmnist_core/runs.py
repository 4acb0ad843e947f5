"""Run directories: create, follow, command, list, delete. The directory is the truth of a run.

::

    <root>/<id>/  experiment.json  events.jsonl  commands.jsonl  about.json   written by whoever
                  search.json (a search), transfer.json (a comparison),       submits it
                  mobilenet.json
                  worker.json  heartbeat  worker.log                          by the worker
                  checkpoints/  weights.npz  model.keras                      by the worker
                  report.json  test_probabilities.npy                         at the end
"""

from __future__ import annotations

import builtins
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import platformdirs

from fmnist_core.errors import RunError, RunNotFoundError
from fmnist_core.eventlog import Appender, Tail
from fmnist_core.events import Event, RunQueued, from_record, to_record
from fmnist_core.experiment import Experiment, check
from fmnist_core.files import write_atomically
from fmnist_core.folders import check_data
from fmnist_core.mobilenet import MobileNet
from fmnist_core.run import STUDIES, TUNER, Run, Study, read_run
from fmnist_core.run_state import RunState
from fmnist_core.search import Search, check_search
from fmnist_core.transfer import Transfer, check_transfer

Command = Literal["pause", "resume", "step", "stop", "set_learning_rate"]
ASSETS = Path(__file__).parent.parent / "assets"
RECORDED = ASSETS / "runs"
"""Runs that come with the app. Read-only."""
KEPT_RUNS = 64
"""That have ended and are held with every step: a day of a class has hundreds."""
_STEP = b'"event":"BatchEnded"'
"""In every line of ``events.jsonl`` that is a single step, and in no other."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def default_root() -> Path:
    """FMNIST_RUNS_DIR, or ``runs`` in the user's data directory."""
    given = os.environ.get("FMNIST_RUNS_DIR")
    return Path(given) if given else Path(platformdirs.user_data_dir("fmnist-lab")) / "runs"


class RunStore:
    """All runs under one root, and the recorded ones. Safe to share between threads."""

    def __init__(
        self,
        root: Path | None = None,
        recorded: Path = RECORDED,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.root = root or default_root()
        self.recorded = recorded
        self.clock = clock
        self._mutex = threading.Lock()
        self._followed: dict[str, tuple[Tail, RunState]] = {}
        self._outlined: dict[str, tuple[Tail, RunState]] = {}
        self._runs: dict[str, Run] = {}

    def create(self, experiment: Experiment, owner: str = "", parent: str | None = None) -> Run:
        """A new run, queued.

        Raises:
            ExperimentError: it cannot or may not be trained; nothing is written.
            DataError: the folder that it learns from is not here.
            RunError: the directory cannot be written.
        """
        check(experiment)
        check_data(experiment, self.root)
        return self._create(experiment, owner, parent)

    def create_search(self, search: Search, owner: str = "", earlier: str | None = None) -> Run:
        """A new search, queued. It goes on from the trials of an ``earlier`` one, if given.

        Raises:
            ExperimentError: it cannot or may not be searched; nothing is written.
            RunError: the directory cannot be written, or the earlier search is another one.
        """
        check_search(search)
        check_data(search.base, self.root)
        before = self.get(earlier) if earlier else None
        if before and before.search != search:
            raise RunError(f"{before.title} searched something else; begin a new search.")
        return self._create(search.base, owner, earlier, search, before)

    def create_transfer(
        self, transfer: Transfer, owner: str = "", earlier: str | None = None
    ) -> Run:
        """A new comparison, queued. What an ``earlier`` one has measured, if given, it keeps.

        Raises:
            ExperimentError: its network cannot or may not be trained; nothing is written.
            RunError: the directory cannot be written, or the earlier comparison is another one.
        """
        check_transfer(transfer)
        before = self.get(earlier) if earlier else None
        if before and before.transfer != transfer:
            raise RunError(f"{before.title} compared something else; begin a new comparison.")
        return self._create(transfer.base, owner, earlier, transfer, before)

    def create_mobilenet(self, study: MobileNet, owner: str = "") -> Run:
        """A new run with MobileNetV2, queued. Raises RunError: it cannot be written."""
        return self._create(study.base, owner, None, study)

    def _create(
        self,
        experiment: Experiment,
        owner: str,
        parent: str | None,
        study: Study | None = None,
        before: Run | None = None,
    ) -> Run:
        created = self.clock()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(created))
        name = experiment.preset or "own"
        if study:
            name = getattr(study, "preset", "") or type(study).__name__.lower()
        run_id = f"{stamp}-{name}-{secrets.token_hex(2)}"
        directory = self.root / run_id
        about = {"created": created, "owner": owner, "parent": parent}
        try:
            (directory / "checkpoints").mkdir(parents=True)
            write_atomically(directory / "about.json", json.dumps(about).encode())
            for file, kind in STUDIES.items():
                if isinstance(study, kind):
                    write_atomically(directory / file, study.to_json().encode())
            if before and (before.directory / TUNER).is_dir():
                shutil.copytree(before.directory / TUNER, directory / TUNER)
            # Last, because a directory without it is not a run.
            write_atomically(directory / "experiment.json", experiment.to_json().encode())
            self.append(run_id, RunQueued(created))
            if before:
                self.append(run_id, *_kept(self.state(before.id)))
        except RunError:  # of its events
            shutil.rmtree(directory, ignore_errors=True)
            raise
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise RunError(f"Could not write a run to {self.root}: {error.strerror}.") from error
        return self.get(run_id)

    def get(self, run_id: str) -> Run:
        """Raises RunNotFoundError."""
        if run := self._runs.get(run_id):
            if (run.directory / "experiment.json").is_file():
                return run
            self._runs.pop(run_id, None)
        if _ID.fullmatch(run_id):
            for root in (self.root, self.recorded):
                if (root / run_id / "experiment.json").is_file():
                    run = read_run(root / run_id, recorded=root == self.recorded)
                    self._runs[run_id] = run
                    return run
        raise RunNotFoundError(f"There is no run {run_id[:100]!r}. It may have been deleted.")

    def list(self) -> list[Run]:
        """The visitor's networks, newest first, then the recorded ones."""
        return [run for run in self.everything() if run.study is None]

    def searches(self) -> builtins.list[Run]:
        """Newest first."""
        return [run for run in self.everything() if run.search]

    def transfers(self) -> builtins.list[Run]:
        """Comparisons, newest first."""
        return [run for run in self.everything() if run.transfer]

    def mobilenets(self) -> builtins.list[Run]:
        """Newest first."""
        return [run for run in self.everything() if run.mobilenet]

    def everything(self) -> builtins.list[Run]:
        """Networks, searches and comparisons. Unreadable ones are left out."""
        runs: dict[str, Run] = {}
        for root in (self.root, self.recorded):
            for path in root.glob("*/experiment.json"):
                try:
                    runs[path.parent.name] = self.get(path.parent.name)
                except RunError:
                    continue
        return sorted(runs.values(), key=lambda run: (run.recorded, -run.created, run.id))

    def state(self, run_id: str) -> RunState:
        """What is known now. Only what was appended since the last call is read.

        Raises:
            RunNotFoundError.
        """
        return self._follow(self._followed, self.get(run_id))

    def outline(self, run_id: str) -> RunState:
        """The state without its ``batches``: all that a list of ended runs says, far cheaper.

        Raises:
            RunNotFoundError.
        """
        return self._follow(self._outlined, self.get(run_id), leave_out=_STEP)

    def _follow(
        self, known: dict[str, tuple[Tail, RunState]], run: Run, leave_out: bytes | None = None
    ) -> RunState:
        with self._mutex:
            tail, state = known.get(run.id) or (Tail(run.events_path, leave_out), RunState())
            for record in tail.read():
                try:
                    state = state.apply(from_record(record))
                except RunError:  # a newer version's event: what we know stays true
                    continue
            known[run.id] = tail, state
            if state.ended and known is self._followed:
                self._let_go_of_ended()
        return state

    def _let_go_of_ended(self) -> None:
        """Of the runs that were read step by step keep the newest; who asks again reads anew."""
        ended = [name for name, (_, state) in self._followed.items() if state.ended]
        for name in ended[:-KEPT_RUNS]:
            del self._followed[name]

    def append(self, run_id: str, *events: Event) -> None:
        """For events that no worker can write: queued, and the ending of a dead worker's run.

        Raises:
            RunError: the run came with the app, or the disk is full.
        """
        run = self.get(run_id)
        if run.recorded:
            raise RunError(f"{run.title} came with the app and stays as it is.")
        appender = Appender(run.events_path)
        try:
            appender.append(*(to_record(event) for event in events))
        finally:
            appender.close()

    def command(self, run_id: str, command: Command, value: float | None = None) -> None:
        """Ask the worker of a run for something.

        Raises:
            RunError: the run has ended, or the learning rate is not a positive number.
        """
        run = self.get(run_id)
        if self.state(run_id).ended:
            raise RunError(f"{run.title} has ended; there is nothing to {command}.")
        if command == "set_learning_rate" and not (value and 0 < value <= 100):
            raise RunError(f"Expected a learning rate above 0 and up to 100, received {value}.")
        appender = Appender(run.commands_path)
        try:
            appender.append({"time": self.clock(), "command": command, "value": value})
        finally:
            appender.close()

    def delete(self, run_id: str) -> None:
        """Raises RunError: while it is in use, or when it came with the app."""
        run = self.get(run_id)
        if run.recorded:
            raise RunError(f"{run.title} came with the app and stays.")
        with run.lock():
            if self.state(run_id).active:
                raise RunError(f"{run.title} is still training. Stop it first.")
            # First, so that a half-deleted directory is never listed as a run.
            (run.directory / "experiment.json").unlink()
        with self._mutex:
            self._followed.pop(run_id, None)
            self._outlined.pop(run_id, None)
        self._runs.pop(run_id, None)
        shutil.rmtree(run.directory, ignore_errors=True)


def _kept(state: RunState) -> list[Event]:
    """What a search or a comparison that goes on knows already."""
    trials = [
        event
        for trial in state.trials.values()
        if trial.ended
        for event in (trial.started, *trial.epochs, trial.ended)
    ]
    return [*trials, *state.transfers]
