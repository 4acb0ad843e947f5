"""The project's own files, for the tests that read them. Works without git."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("pages", "fmnist_core", "tests", "tools")


def python_files(*rooms: str) -> list[Path]:
    """Every Python file of these rooms, of all rooms and the app if none is named."""
    top = [] if rooms else sorted(ROOT.glob("*.py"))
    return top + [path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_files() -> list[Path]:
    """Everything that people read or that configures something."""
    top = [path for path in sorted(ROOT.iterdir()) if path.is_file()]
    folders = (*ROOMS, ".ci", ".streamlit", "assets", "docs")
    nested = [path for folder in folders for path in sorted((ROOT / folder).rglob("*"))]
    return [path for path in top + nested if path.is_file() and _is_text(path)]


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(8192)
    return b"\0" not in start and not start.startswith(b"\x1f\x8b")
