"""What the repository promises as a whole: pins, embedded data, and the two commands."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.projectfiles import ROOT, relative, text_files

DATA = ROOT / "assets" / "fashion_mnist"
PINS = ("requirements.txt", "requirements-dev.txt")
# In pieces, so that this file does not name them either.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js",
    "deb." + "debian",
    "conda" + "-forge",
]


def pins(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def project() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def direct(kind: str) -> list[Requirement]:
    """The ranges in pyproject.toml that the pin file has to meet."""
    names = project()["dependencies"]
    assert isinstance(names, list)
    if kind == "requirements-dev.txt":
        extras = project()["optional-dependencies"]
        assert isinstance(extras, dict)
        names = names + extras["dev"]
    return [Requirement(name) for name in names]


@pytest.mark.parametrize("name", PINS)
def test_every_pin_is_one_exact_version_and_no_address(name: str) -> None:
    found = pins(name)
    assert len(found) > 50
    for pin in found:
        assert pin.url is None, pin
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(pin.specifier)), pin
    options = [line for line in (ROOT / name).read_text().splitlines() if line.startswith("-")]
    assert options == []


@pytest.mark.parametrize("name", PINS)
def test_the_pins_meet_the_ranges_in_pyproject(name: str) -> None:
    pinned: dict[str, list[str]] = {}
    for pin in pins(name):
        version = str(pin.specifier).removeprefix("==")
        pinned.setdefault(canonicalize_name(pin.name), []).append(version)
    for wanted in direct(name):
        versions = pinned.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not pinned: make lock"
        assert all(version in wanted.specifier for version in versions), (wanted, versions)


def test_the_tests_run_with_the_versions_that_the_app_gets() -> None:
    missing = {str(pin) for pin in pins("requirements.txt")} - {
        str(pin) for pin in pins("requirements-dev.txt")
    }
    assert missing == set()


def test_no_file_names_a_registry_host() -> None:
    named = [
        f"{relative(path)}: {host}"
        for path in text_files()
        for host in REGISTRIES
        if host in path.read_text(encoding="utf-8", errors="replace").lower()
    ]
    assert named == []


def test_the_embedded_data_is_the_original() -> None:
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    assert set(sums) == {path.name for path in DATA.glob("*.gz")}
    assert len(sums) == 4
    for name, digest in sums.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name
    assert "Zalando SE" in (DATA / "LICENSE").read_text()


def test_the_vendored_pip_is_the_one_described() -> None:
    (wheel,) = (ROOT / "tools" / "vendor").glob("*.whl")
    described = (ROOT / "tools" / "vendor" / "README.md").read_text()
    assert wheel.name in described
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in described


def test_bootstrap_refuses_a_folder_that_is_no_environment(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / ".venv").mkdir()
    keep = tmp_path / ".venv" / "thesis.txt"
    keep.write_text("precious")
    script = tmp_path / "tools" / "bootstrap.py"
    script.write_bytes((ROOT / "tools" / "bootstrap.py").read_bytes())
    result = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert result.returncode == 1
    assert "is in the way and is no virtual environment" in result.stderr
    assert keep.read_text() == "precious"


def test_bootstrap_installs_once(tmp_path: Path) -> None:
    """With one small wheel instead of TensorFlow, offline: the second time nothing happens."""
    tools = tmp_path / "tools"
    (tools / "vendor").mkdir(parents=True)
    for path in [ROOT / "tools" / "bootstrap.py", *(ROOT / "tools" / "vendor").glob("*.whl")]:
        (tmp_path / path.relative_to(ROOT)).write_bytes(path.read_bytes())
    (tmp_path / "requirements.txt").write_text("# nothing to install\n")
    command = [sys.executable, tools / "bootstrap.py"]

    first = subprocess.run(command, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    assert "Installing" in first.stdout
    assert (tmp_path / ".venv" / ".installed-run").is_file()
    second = subprocess.run(command, capture_output=True, text=True)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")

    (tmp_path / "requirements.txt").write_text("# other pins\n")
    third = subprocess.run(command, capture_output=True, text=True)
    assert "Installing" in third.stdout
