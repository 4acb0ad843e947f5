"""Whether a run's events are in an order that ``fmnist_core.events`` allows."""

from __future__ import annotations

import re

from fmnist_core import events as e
from fmnist_core.eventlog import Tail
from fmnist_core.run import Run

ENDING = re.compile(  # the table in fmnist_core.events, one letter an event
    r"QS(?:B|E|C|V|L|P(?:(?:B|E|C|V|L)*)(?:R|(?=A*X)))*A*[FX]"
)
LETTERS = {
    e.RunQueued: "Q",
    e.RunStarted: "S",
    e.BatchEnded: "B",
    e.EpochEnded: "E",
    e.CheckpointSaved: "C",
    e.PanelPredicted: "V",
    e.LearningRateChanged: "L",
    e.Paused: "P",
    e.Resumed: "R",
    e.Evaluated: "A",
    e.RunFinished: "F",
    e.RunStopped: "X",
}


def events_of(run: Run) -> list[e.Event]:
    return [e.from_record(record) for record in Tail(run.events_path).read()]


def assert_conforms(run: Run) -> None:
    letters = "".join(LETTERS[type(event)] for event in events_of(run))
    assert ENDING.fullmatch(letters), letters
