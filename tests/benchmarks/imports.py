"""What drawing Start imports that an app which says "Hello" does not; in a process of its own."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from tests.benchmarks.child import answer

SERVER = ("streamlit", "streamlit.web.cli", "streamlit.web.server.server")
"""Loaded by any app before its first visitor."""
PARTS = {
    "NumPy": ("numpy",),
    "pydantic": ("pydantic",),
    "modules of the Lab": (
        "pages.shared.address",
        "pages.shared.chrome",
        "pages.views.start_try_it",
    ),
}


def seconds(_: dict[str, Any]) -> dict[str, float]:
    """Part -> seconds that its import takes after those before it."""
    for name in SERVER:
        import_module(name)
    found = {}
    for part, names in PARTS.items():
        begin = time.perf_counter()
        for name in names:
            import_module(name)
        found[part] = time.perf_counter() - begin
    return found


if __name__ == "__main__":
    answer(seconds)
