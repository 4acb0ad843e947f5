"""Pin the newest versions within pyproject.toml's ranges, for every supported Python and system.

uv does it, because pip resolves for the one machine it runs on. No hashes and no addresses go
into the files: they must install from whatever index a machine is set up with.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Exact versions of what {what}: Python 3.11 to 3.13 on Linux, macOS and Windows.
# Made by `make lock` from the ranges in pyproject.toml: change those, not these.
"""
COMPILE = ["pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
BARE = ["--no-annotate", "--no-header", "--no-emit-index-url"]


def main() -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    write("requirements.txt", "the app needs")
    constrained = ["--extra", "dev", "--constraint", "requirements.txt"]
    write("requirements-dev.txt", "the app and its tests need", *constrained)


def write(name: str, what: str, *options: str) -> None:
    command = [sys.executable, "-m", "uv", *COMPILE, *BARE, *options, "pyproject.toml"]
    pins = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    (ROOT / name).write_text(HEADER.format(what=what) + pins)


if __name__ == "__main__":
    main()
