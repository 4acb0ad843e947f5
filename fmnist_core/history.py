"""What a run measured, as CSV: one line per epoch, or one per step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict

from fmnist_core.events import Event
from fmnist_core.run_state import RunState


def epochs_csv(state: RunState) -> str:
    """A line per epoch with the training and validation loss and accuracy, and their n."""
    return _csv(state.epochs)


def steps_csv(state: RunState) -> str:
    """A line per step with its batch's loss and accuracy."""
    return _csv(state.batches)


def _csv(events: Iterable[Event]) -> str:
    """The events' fields as columns, without the time of day; '' if there are no events."""
    rows = [{k: v for k, v in asdict(event).items() if k != "time"} for event in events]
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
