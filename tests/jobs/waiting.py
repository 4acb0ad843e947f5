"""Waiting for conditions, never for time: a busy machine makes a test slow, not red."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT = 120.0


def until(condition: Callable[[], T | None], what: str, limit: float = LIMIT) -> T:
    """The first true value of ``condition``; AssertionError after ``limit`` seconds."""
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {limit:g} s for: {what}"
        time.sleep(0.02)
    return value
