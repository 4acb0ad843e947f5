"""The app as a visitor meets it: a server of its own, on its own port and runs directory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

from fmnist_core.mobilenet import WEIGHTS_VARIABLE

ROOT = Path(__file__).parents[2]
START_LIMIT = 60.0
"""Seconds until a server that has not answered counts as broken."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """``start`` a server on ``runs``; ``stop`` or ``kill`` it; start it again on the same runs."""

    def __init__(
        self, runs: Path, port: int | None = None, script: Path = ROOT / "streamlit_app.py"
    ) -> None:
        self.runs = runs
        self.script = script
        self.port = port or free_port()
        self.log = runs / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def mobilenet_weights(self) -> Path:
        """There is no such file until a test makes one: nothing is ever downloaded."""
        return self.runs / "mobilenet.weights.h5"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None, "the app is not running"
        return self.process.pid

    def start(self) -> None:
        self.runs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streamlit", "run", str(self.script)]
        options = [f"--server.port={self.port}", "--server.headless=true"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env={
                    **os.environ,
                    "FMNIST_RUNS_DIR": str(self.runs),
                    WEIGHTS_VARIABLE: str(self.mobilenet_weights),
                },
                stdout=log,
                stderr=log,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """As Ctrl-C does."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)

    def kill(self) -> None:
        """As a power cut does, for the server alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def imported_tensorflow(self) -> bool:
        """Whether TensorFlow's library is mapped into the server process."""
        maps = psutil.Process(self.pid).memory_maps()
        return any("tensorflow" in entry.path.lower() for entry in maps)

    def family(self) -> list[psutil.Process]:
        """The processes that the server started, and theirs; none once it has ended."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def connections_elsewhere(self) -> list[str]:
        """Addresses beyond this machine that the server or its children talk to."""
        server = psutil.Process(self.pid)
        connections = [
            connection
            for process in [server, *server.children(recursive=True)]
            for connection in process.net_connections("inet")
            if connection.raddr
        ]
        local = ("127.", "::1", "::ffff:127.")
        return [
            f"{connection.raddr.ip}:{connection.raddr.port}"
            for connection in connections
            if not connection.raddr.ip.startswith(local)
        ]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"The app did not start:\n{self.log.read_text()[-2000:]}")
