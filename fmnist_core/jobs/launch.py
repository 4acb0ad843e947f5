"""A training worker that was started: forked by the host, or as a fresh process, as the command
line does, and the server where there is no host."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from fmnist_core.jobs import processes, wire
from fmnist_core.jobs.processes import Identity
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


@dataclass
class Launch:
    """A worker that this server started, until it has ended."""

    answer: Future[bytes] | None = None
    """The host's answer to "fork"."""
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None

    def alive(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None  # and collects it
        assert self.answer is not None
        if not self.answer.done():
            return True
        if self.identity is None and self.answer.exception() is None:
            self.identity = processes.identify(wire.header_of(self.answer.result())["pid"])
        return self.identity is not None and processes.alive(self.identity)

    def who(self) -> Identity | None:
        return processes.identify(self.process.pid) if self.process else self.identity
