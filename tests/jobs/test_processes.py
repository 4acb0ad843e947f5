"""Identity of processes, against real ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from fmnist_core.jobs import processes
from fmnist_core.jobs.processes import Identity

SETUP = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
DEAF = f"{SETUP} print(flush=True); time.sleep(600)"
SLEEPS = "import time; print(flush=True); time.sleep(600)"
Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started = []

    def run(program: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()  # it has set itself up
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def known(pid: int) -> Identity:
    identity = processes.identify(pid)
    assert identity is not None
    return identity


def test_this_process_is_alive_and_survives_json() -> None:
    me = known(os.getpid())

    assert processes.alive(me)
    assert Identity.from_json(me.to_json()) == me


def test_another_process_with_the_same_pid_is_somebody_else() -> None:
    me = known(os.getpid())

    assert not processes.alive(replace(me, start_time=me.start_time - 1))
    assert not processes.alive(replace(me, boot_id="another boot"))


def test_no_signal_goes_to_somebody_else() -> None:
    stranger = replace(known(os.getpid()), boot_id="another boot")

    assert processes.end(stranger)  # this very process, had it only looked at the pid


def test_a_corpse_is_not_alive(start: Start) -> None:
    process = start(SLEEPS)
    identity = known(process.pid)
    process.kill()

    assert processes.wait(identity, 60)  # nobody has collected it yet
    assert processes.identify(process.pid) is None


def test_ending_asks_first(start: Start) -> None:
    process = start(SLEEPS)

    assert processes.end(known(process.pid), patience=60)
    assert process.wait() == -15


def test_who_does_not_listen_is_killed(start: Start) -> None:
    process = start(DEAF)

    assert processes.end(known(process.pid), patience=0.1)
    assert process.wait() == -9


def test_the_children_of_a_group_go_with_it(start: Start) -> None:
    program = (
        "import subprocess,sys,time; "
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}], stdout=subprocess.PIPE); "
        "child.stdout.readline(); print(flush=True); print(child.pid, flush=True); time.sleep(600)"
    )
    process = start(program)
    assert process.stdout is not None
    child = known(int(process.stdout.readline()))

    processes.kill(known(process.pid))

    until = time.monotonic() + 60
    while processes.alive(child):
        assert time.monotonic() < until
        time.sleep(0.01)
