"""The table in the documentation of ``fmnist_core.events``, as something to check a run against."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fmnist_core import events as e

_LETTERS: dict[type[e.Event], str] = {
    e.RunQueued: "q",
    e.RunStarted: "s",
    e.Evaluated: "v",
    e.RunFinished: "F",
    e.RunStopped: "S",
    e.RunFailed: "X",
}
_TABLE = re.compile(r"q(s\.*v*F|(s\.*v*)?[SX])")


def follows_the_table(events: Iterable[e.Event]) -> bool:
    """Whether these are all the events of a run that has ended, in an order that is allowed."""
    return bool(_TABLE.fullmatch("".join(_LETTERS.get(type(event), ".") for event in events)))
