"""Which process is meant, is it alive, and how it is ended. A pid alone says none of it.

A pid is used again after its process is gone, and the same pid exists after every boot. So a
process is known by pid, start time and boot id, and every signal is sent only after a look that
it still goes to the process that is meant.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 3.0
"""Seconds between asking a process to end and ending it."""
_POLL = 0.02


@dataclass(frozen=True)
class Identity:
    pid: int
    start_time: float
    """In the units of the system (clock ticks since boot on Linux): only ever compared."""
    boot_id: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> Identity:
        """Raises KeyError, TypeError or ValueError: when it is not an identity."""
        return cls(int(tree["pid"]), float(tree["start_time"]), str(tree["boot_id"]))


def identify(pid: int) -> Identity | None:
    """Who has this pid now; None when nobody does, or only a corpse."""
    start_time = _start_time(pid)
    return None if start_time is None else Identity(pid, start_time, boot_id())


def alive(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def send(identity: Identity, number: int) -> None:
    """Signal the process, and its whole group if it leads one. Nothing happens if it is gone."""
    if not alive(identity):
        return
    try:
        if sys.platform == "win32":
            psutil.Process(identity.pid).send_signal(number)
        elif os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, number)
        else:
            os.kill(identity.pid, number)
    except (ProcessLookupError, psutil.NoSuchProcess):
        pass


def terminate(identity: Identity) -> None:
    """Ask the process to end."""
    send(identity, signal.SIGTERM)


def kill(identity: Identity) -> bool:
    """End the process now. True when it is gone."""
    send(identity, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    return wait(identity, PATIENCE)


def end(identity: Identity, patience: float = PATIENCE) -> bool:
    """Ask the process to end, wait ``patience`` seconds, then end it. True when it is gone."""
    send(identity, signal.SIGTERM)
    return wait(identity, patience) or kill(identity)


def wait(identity: Identity, seconds: float) -> bool:
    """Wait up to ``seconds`` for the process to be gone."""
    until = time.monotonic() + seconds
    while alive(identity):
        if time.monotonic() >= until:
            return False
        time.sleep(_POLL)
    return True


def boot_id() -> str:
    """Another one after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        # Elsewhere the time of boot is derived from the clock and moves by seconds with it.
        return f"boot-{round(psutil.boot_time() / 300)}"


def _start_time(pid: int) -> float | None:
    """None for a process that is gone or waits only to be collected."""
    if sys.platform == "linux":
        # Not psutil's: it adds the time of boot, which moves when the clock is set.
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The name in brackets may hold anything; the fields that count follow the last bracket.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else float(fields[19])
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return None
