"""Start a training worker as a fresh process: the command line, and the server without a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fmnist_core.run import Run

CAN_FORK = sys.platform == "linux"
"""Elsewhere a fork after TensorFlow's import is unsafe (macOS) or unknown (Windows)."""
PROJECT = Path(__file__).resolve().parents[2]


def start_fresh(run: Run, threads: int) -> subprocess.Popen[bytes]:
    """A worker that imports TensorFlow itself and outlives this process."""
    command = [sys.executable, "-m", "fmnist_core.jobs.worker", str(run.directory)]
    with (run.directory / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--threads", str(threads)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(run.directory.parent),
            start_new_session=True,
        )


def environment(root: Path) -> dict[str, str]:
    """For processes of this package: they find it and the runs wherever they are started."""
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "FMNIST_RUNS_DIR": str(root),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
