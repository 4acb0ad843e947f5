"""Make sure that the browser tests have a Chromium that starts; install one if there is none.

Debian's packages when root on Debian, else Playwright's own download. Ends with 1 and one line
that says what to install when neither works: the tests are never skipped for want of a browser.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.e2e.browser import NoBrowserError, find_chromium

# Playwright's driver needs libatomic, text needs a font, and a bare Debian has neither.
APT_PACKAGES = ["chromium", "fonts-dejavu-core", "libatomic1"]
PLAYWRIGHT = [sys.executable, "-m", "playwright"]


def main() -> None:
    if problem() is None:
        return
    install()
    reason = problem()
    if reason is not None:
        sys.exit(reason)


def problem() -> str | None:
    """Why the browser tests cannot run here, in one line; None if they can."""
    reason = failure([*PLAYWRIGHT, "--version"])
    if reason:
        return f"The browser tests need Playwright, which does not start ({reason}). {remedy()}"
    try:
        path = find_chromium()
    except NoBrowserError as error:
        return str(error)
    # A download may lack the system's libraries.
    reason = failure([path, "--version", "--no-sandbox"])
    return f"{path} does not start ({reason}). {remedy()}" if reason else None


def failure(command: list[str]) -> str | None:
    """The last line of what went wrong, None if nothing did."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]


def remedy() -> str:
    if shutil.which("apt-get"):
        return f"As root: apt-get install {' '.join(APT_PACKAGES)}"
    return "As root: .venv/bin/python -m playwright install-deps chromium"


def install() -> None:
    """Install a Chromium. Whether that worked is seen by looking for it again."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("Installing Chromium with apt-get", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        update = ["apt-get", "update", "-qq"]
        packages = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *APT_PACKAGES]
        for command in (update, packages):
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
    elif failure([*PLAYWRIGHT, "--version"]) is None:
        print("Installing Chromium with Playwright", flush=True)
        subprocess.run([*PLAYWRIGHT, "install", "chromium"])


if __name__ == "__main__":
    main()
