"""What drawing Start imports that an app which says "Hello" does not; in a process of its own."""

from __future__ import annotations

import ast
import time
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

from tests.benchmarks.child import answer
from tests.projectfiles import ROOT

SERVER = ("streamlit", "streamlit.web.cli", "streamlit.web.server.server")
"""Loaded by any app before its first visitor."""
FOUNDATIONS = {"NumPy": "numpy", "pydantic": "pydantic"}
SCRIPTS = ("streamlit_app.py", "pages/start.py")


def seconds(_: dict[str, Any]) -> dict[str, float]:
    """Part -> seconds that its import takes after those before it."""
    for name in SERVER:
        import_module(name)
    found = {}
    for part, name in FOUNDATIONS.items():
        begin = time.perf_counter()
        import_module(name)
        found[part] = time.perf_counter() - begin
    programs = [imports_of(ROOT / script) for script in SCRIPTS]
    begin = time.perf_counter()
    for program in programs:
        exec(program, {})
    found["modules of the Lab"] = time.perf_counter() - begin
    return found


def imports_of(script: Path) -> CodeType:
    """The import statements at its top, and nothing else."""
    lines = ast.parse(script.read_text()).body
    imports = [line for line in lines if isinstance(line, ast.Import | ast.ImportFrom)]
    return compile(ast.Module(imports, type_ignores=[]), str(script), "exec")


if __name__ == "__main__":
    answer(seconds)
