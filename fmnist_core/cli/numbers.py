"""Whole numbers as they are typed after an option."""

from __future__ import annotations

from fmnist_core.errors import ExperimentError


def whole(name: str, text: str) -> int:
    """Raises ExperimentError: it is none."""
    try:
        return int(text)
    except ValueError:
        raise ExperimentError(f"{name}: expected a whole number, received {text[:60]!r}.") from None


def wholes(name: str, text: str) -> tuple[int, ...]:
    """``1,5,10``. Raises ExperimentError: one of them is none."""
    return tuple(whole(name, part) for part in text.split(","))
