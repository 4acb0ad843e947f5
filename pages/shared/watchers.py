"""How many browser sessions watch this server now: the more, the more rarely pages look again."""

from __future__ import annotations

import time

SEEN_SECONDS = 60.0
AT_FULL_PACE = 8
"""Sessions that may watch together before any of them is slowed down."""
_seen: dict[str, float] = {}


def seen(owner: str) -> None:
    """The session of this owner is being watched now."""
    now = time.monotonic()
    _seen[owner] = now
    for name in [name for name, at in list(_seen.items()) if now - at > SEEN_SECONDS]:
        _seen.pop(name, None)


def interval(seconds: float) -> float:
    """``seconds`` between live updates, stretched when many sessions watch one server."""
    return seconds * max(1.0, len(_seen) / AT_FULL_PACE)
