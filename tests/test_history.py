"""A run's measurements as CSV."""

import csv
import io

from fmnist_core import events as e
from fmnist_core.history import epochs_csv, steps_csv
from fmnist_core.run_state import RunState


def state() -> RunState:
    state = RunState()
    for event in (
        e.BatchEnded(1.0, 1, 1, 2.3, 0.125, 0.5),
        e.BatchEnded(2.0, 2, 1, 1.9, 0.25, 0.6),
        e.EpochEnded(3.0, 2, 1, 2.1, 0.1875, 64, None, None, 0),
    ):
        state = state.apply(event)
    return state


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_per_epoch_without_the_time_of_day():
    assert read(epochs_csv(state())) == [
        {
            "step": "2",
            "epoch": "1",
            "train_loss": "2.1",
            "train_accuracy": "0.1875",
            "train_n": "64",
            "validation_loss": "",
            "validation_accuracy": "",
            "validation_n": "0",
        }
    ]


def test_a_line_per_step():
    rows = read(steps_csv(state()))
    assert [(row["step"], row["loss"]) for row in rows] == [("1", "2.3"), ("2", "1.9")]


def test_a_run_without_steps_has_no_lines():
    assert epochs_csv(RunState()) == steps_csv(RunState()) == ""
