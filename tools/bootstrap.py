"""Create .venv and install the exact pinned packages into it. Done once; asked again, it returns.

    python3 tools/bootstrap.py            what the app needs
    python3 tools/bootstrap.py --dev      and what its tests need

Only the standard library, so that it runs on a machine with nothing but Python. Debian's Python
can make a virtual environment but has no pip to put into it; the pip in tools/vendor is used
everywhere, so that there is one way to go wrong instead of three.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = {"run": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> None:
    parser = argparse.ArgumentParser(description="Create .venv and install the pinned packages.")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    kind = "dev" if parser.parse_args().dev else "run"
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}.")
    if not works(VENV_PYTHON):
        create_venv()
    if stamp(kind).is_file() and stamp(kind).read_text() == fingerprint(kind):
        stamp(kind).touch()  # make compares times: a fresh checkout of the same pins costs nothing
        return
    install(kind)
    # The development pins contain the others.
    for done in ("run", "dev") if kind == "dev" else ("run",):
        stamp(done).write_text(fingerprint(done))


def stamp(kind: str) -> Path:
    return VENV / f".installed-{kind}"


def fingerprint(kind: str) -> str:
    """What was installed: the pins themselves, whatever their file's date."""
    return hashlib.sha256(REQUIREMENTS[kind].read_bytes()).hexdigest() + "\n"


def works(python: Path) -> bool:
    """Whether the environment's Python still runs: the one it was made from may have gone."""
    check = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    try:
        return subprocess.run([python, "-c", check], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def create_venv() -> None:
    if VENV.exists() and not (VENV / "pyvenv.cfg").is_file():
        sys.exit(f"{VENV} is in the way and is no virtual environment: move it, then try again.")
    try:
        import venv
    except ImportError:
        sys.exit(f"{sys.executable} lacks its venv module; on Debian: apt-get install python3")
    print(f"Creating {VENV} with Python {sys.version.split()[0]}", flush=True)
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt", with_pip=False).create(VENV)


def install(kind: str) -> None:
    pip_wheel = max((ROOT / "tools" / "vendor").glob("pip-*.whl"))
    print(f"Installing {REQUIREMENTS[kind].name} (3 GB on disk, a few minutes)", flush=True)
    pip([f"{pip_wheel}/pip"], "--no-index", str(pip_wheel))
    pip(["-m", "pip"], "--requirement", str(REQUIREMENTS[kind]))


def pip(how: list[str], *what: str) -> None:
    """Run pip install in the environment; on a terminal with its progress, else errors only."""
    environment = os.environ | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # Without compiled bytecode TensorFlow takes three times as long to import.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    quiet = [] if sys.stdout.isatty() else ["-qq"]
    options = ["--no-input", "--compile", *quiet, *what]
    result = subprocess.run([VENV_PYTHON, *how, "install", *options], env=environment, cwd=ROOT)
    if result.returncode:
        sys.exit("pip could not install the packages; its message is above.")


if __name__ == "__main__":
    main()
