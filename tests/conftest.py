"""What holds for every test: the same examples each time, and no network but this machine's."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import settings

# Derandomised, so that a failure seen once is seen by everyone; no deadline, because the speed
# of a busy machine is no property of the code.
settings.register_profile("lab", derandomize=True, deadline=None)
settings.load_profile("lab")
FIRST_LINES = 25
"""Of a failure: a browser's picture of the page may have hundreds."""


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a path: a Unix socket
    host = str(address[0])
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects anywhere but to this machine."""
    connect = socket.socket.connect

    def local_connect(self: socket.socket, address: object) -> None:
        if not _is_local(address):
            pytest.fail(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_connect)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what went wrong the first time: a second try that passes would hide it."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        lines = [line for line in report.longreprtext.splitlines() if line[:1] in (">", "E")]
        terminalreporter.write_line("\n".join(lines[:FIRST_LINES]))
