"""One run, read from its directory: what does not change about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from fmnist_core.errors import LabError, RunNotFoundError
from fmnist_core.experiment import Experiment
from fmnist_core.mobilenet import MobileNet
from fmnist_core.search import Search
from fmnist_core.transfer import Transfer

TUNER = "tuner"
"""Of a search: Keras Tuner's own files."""
Study = Search | Transfer | MobileNet
STUDIES: dict[str, type[Study]] = {
    "search.json": Search,
    "transfer.json": Transfer,
    "mobilenet.json": MobileNet,
}
"""Files beside experiment.json that make a run more than one network."""


_LAST_LINE = 4096
"""Bytes at the end of the events in which an ending lies."""


@dataclass(frozen=True)
class Run:
    """One run: its directory, and what does not change about it."""

    id: str
    directory: Path
    experiment: Experiment
    created: float
    owner: str
    """The browser session that started it: the queue is fair between owners. '' for none."""
    parent: str | None
    """The run that it repeats with one thing changed."""
    recorded: bool
    """It came with the app."""
    study: Study | None = None
    """What is compared, where this is more than one network; ``experiment`` is then its base."""

    @property
    def search(self) -> Search | None:
        return self.study if isinstance(self.study, Search) else None

    @property
    def transfer(self) -> Transfer | None:
        return self.study if isinstance(self.study, Transfer) else None

    @property
    def mobilenet(self) -> MobileNet | None:
        return self.study if isinstance(self.study, MobileNet) else None

    @property
    def title(self) -> str:
        return (self.study or self.experiment).title or "Own network"

    @property
    def events_path(self) -> Path:
        return self.directory / "events.jsonl"

    @property
    def commands_path(self) -> Path:
        return self.directory / "commands.jsonl"

    @property
    def last_event(self) -> str:
        """The name of its last event's type, '' for none. Reads that line, not the whole file."""
        try:
            with self.events_path.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - _LAST_LINE))
                last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
            return str(json.loads(last)["event"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def lock(self) -> FileLock:
        """Held by whoever appends an ending on a dead worker's behalf, or deletes the run."""
        return FileLock(self.directory / ".lock")


def read_run(directory: Path, recorded: bool) -> Run:
    """Raises RunNotFoundError: the directory holds none, or one that cannot be read."""
    try:
        experiment = Experiment.from_json((directory / "experiment.json").read_bytes())
        about: dict[str, Any] = json.loads((directory / "about.json").read_bytes())
        return Run(
            id=directory.name,
            directory=directory,
            experiment=experiment,
            created=float(about["created"]),
            owner=str(about["owner"]),
            parent=about["parent"],
            recorded=recorded,
            study=_study(directory),
        )
    except (OSError, ValueError, KeyError, TypeError, LabError) as error:
        raise RunNotFoundError(f"The run {directory.name} cannot be read: {error}.") from error


def _study(directory: Path) -> Study | None:
    for file, kind in STUDIES.items():
        if (directory / file).is_file():
            return kind.from_json((directory / file).read_bytes())
    return None
