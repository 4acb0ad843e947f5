"""The three rooms and the doors between them: who may import what, and what that costs.

pages/  ->  fmnist_core/  ->  fmnist_core/engine/
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.imports import Import, imports_of
from tests.projectfiles import ROOT, python_files, relative

TENSORFLOW = ("tensorflow", "keras", "keras_tuner")
ENGINE = "fmnist_core.engine"
ENGINE_ROOMS = ("fmnist_core/engine/", "tests/engine/", "tests/benchmarks/engine/")
# Entries of processes that train or answer: they name the engine inside a function, once there.
WORKERS = (
    "fmnist_core/jobs/worker.py",
    "fmnist_core/jobs/model_worker.py",
    "tools/make_models.py",
)
# What the server would pay for at its start, in seconds and megabytes.
SLOW = (*TENSORFLOW, "sklearn", "scipy", "matplotlib", "cv2", "streamlit")
# What each room may use besides the standard library, at import or later.
CORE_PACKAGES = {
    "filelock",
    "fmnist_core",
    "numpy",
    "PIL",
    "platformdirs",
    "plotly",
    "psutil",
    "pydantic",
}
PAGES_PACKAGES = {"fmnist_core", "numpy", "pages", "PIL", "plotly", "streamlit"}
TESTS_PACKAGES = {
    "axe_playwright_python",
    "hypothesis",
    "packaging",
    "pages",
    "playwright",
    "pytest",
    "scipy",
    "sklearn",
    "streamlit",
    "tests",
    "tools",
}


Rule = Callable[[Path, Import], bool]


def in_engine(path: Path) -> bool:
    return relative(path).startswith(ENGINE_ROOMS)


def offenders(files: list[Path], wrong: Rule) -> list[str]:
    """``file:line imports name`` for every import that ``wrong(path, import)`` says yes to."""
    assert files, "no files: this test would pass on nothing"
    return [
        f"{relative(path)}:{found.line} imports {found.name}"
        for path in files
        for found in imports_of(path)
        if wrong(path, found)
    ]


def foreign_to(allowed: set[str]) -> Rule:
    def wrong(_: Path, found: Import) -> bool:
        return found.package not in sys.stdlib_module_names | allowed

    return wrong


def core_files(*, engine: bool) -> list[Path]:
    return [path for path in python_files("fmnist_core") if in_engine(path) == engine]


def page_files() -> list[Path]:
    return [*python_files("pages"), *sorted(ROOT.glob("*.py"))]


def test_only_the_engine_imports_tensorflow() -> None:
    def wrong(path: Path, found: Import) -> bool:
        return found.package in TENSORFLOW and not in_engine(path)

    assert offenders(python_files(), wrong) == []


def test_the_core_never_imports_streamlit_or_pages() -> None:
    def wrong(_: Path, found: Import) -> bool:
        return found.package in ("streamlit", "pages", "streamlit_app")

    assert offenders(python_files("fmnist_core"), wrong) == []


def test_the_engine_is_named_by_workers_alone_and_never_at_module_level() -> None:
    def wrong(path: Path, found: Import) -> bool:
        if in_engine(path) or not found.is_of(ENGINE):
            return False
        return found.at_module_level or relative(path) not in WORKERS

    files = [path for path in python_files() if not relative(path).startswith("tests/")]
    assert offenders(files, wrong) == []


def test_pages_use_only_their_packages() -> None:
    assert offenders(page_files(), foreign_to(PAGES_PACKAGES)) == []


def test_the_core_uses_only_its_packages() -> None:
    assert offenders(core_files(engine=False), foreign_to(CORE_PACKAGES)) == []


def test_the_engine_uses_only_its_packages() -> None:
    allowed = CORE_PACKAGES | set(TENSORFLOW) | {"cv2", "sklearn"}
    assert offenders(core_files(engine=True), foreign_to(allowed)) == []


def test_tests_and_tools_use_only_their_packages() -> None:
    allowed = CORE_PACKAGES | TESTS_PACKAGES | set(TENSORFLOW)
    assert offenders(python_files("tests", "tools"), foreign_to(allowed)) == []


def test_importing_the_core_loads_nothing_slow() -> None:
    modules = sorted(module_name(path) for path in core_files(engine=False))
    program = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}:\n    importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {SLOW!r} if name in sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == []


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@pytest.mark.parametrize(
    ("source", "name", "at_module_level"),
    [
        ("import fmnist_core.engine.train", "fmnist_core.engine.train", True),
        ("from fmnist_core import engine", "fmnist_core.engine", True),
        ("from .. import engine", "fmnist_core.engine", True),
        ("from ..engine import train", "fmnist_core.engine.train", True),
        ("from . import local", "fmnist_core.jobs.local", True),
        ("if True:\n    import keras.ops as k", "keras.ops", True),
        ("class A:\n    import keras", "keras", True),
        ("def f():\n    from fmnist_core.engine import train", "fmnist_core.engine.train", False),
        ("importlib.import_module('fmnist_core.engine')", "fmnist_core.engine", True),
        ("def f():\n    import_module('keras')", "keras", False),
    ],
)
def test_imports_are_read_in_every_form(source: str, name: str, at_module_level: bool) -> None:
    (found,) = imports_of(ROOT / "fmnist_core" / "jobs" / "example.py", source)
    assert (found.name, found.at_module_level) == (name, at_module_level)
