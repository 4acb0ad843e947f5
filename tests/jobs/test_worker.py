"""The training worker around the engine, which is replaced here: what it promises to others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fmnist_core.events import RunFailed
from fmnist_core.jobs import processes, worker
from fmnist_core.jobs.worker import read_identity
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from tests.jobs.waiting import until
from tests.projectfiles import ROOT

# A worker whose engine is the function ``train`` given to it.
PROGRAM = """
import os, sys, time, types
from pathlib import Path

{engine}

package = types.ModuleType("fmnist_core.engine")
package.train = types.SimpleNamespace(train=train)
sys.modules["fmnist_core.engine"] = package
from fmnist_core.jobs import worker
{entry}
"""
FRESH = "sys.exit(worker.main(Path({directory!r}), threads=3, forked=False))"
FORKED = "worker.forked({directory!r}, 3, preload={preload!r})"
SLEEPS = """
def train(directory, *, threads, forked, started):
    (directory / "began").touch()
    while True:
        time.sleep(0.01)
"""
CRASHES = """
def train(directory, *, threads, forked, started):
    os.write(1, b"printed by C")
    raise ValueError("no such shape\\nsecond line")
"""
REFUSES = """
def train(directory, *, threads, forked, started):
    from fmnist_core.errors import RunError
    raise RunError("The loss is not a number any more.")
"""
REPORTS = """
def train(directory, *, threads, forked, started):
    words = [threads, forked, abs(time.time() - started) < 60, os.getsid(0) == os.getpid()]
    words += [os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE"), os.nice(0)]
    print("report:", *words)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    store = RunStore(tmp_path / "runs", recorded=tmp_path / "none")
    return store.create(preset("mlp-128").experiment)


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(run: Run) -> Iterator[Start]:
    started = []

    def begin(engine: str, entry: str = FRESH, **environment: str) -> subprocess.Popen[bytes]:
        entry = entry.replace("{directory!r}", repr(str(run.directory)))
        program = PROGRAM.format(engine=engine, entry=entry)
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | environment
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def ending_of(run: Run) -> RunFailed:
    ending = RunStore(run.directory.parent).state(run.id).ending
    assert isinstance(ending, RunFailed)
    return ending


def log_of(run: Run) -> str:
    return (run.directory / "worker.log").read_text()


def test_a_crash_is_the_run_s_ending_and_its_traceback_is_in_the_log(
    run: Run, start: Start
) -> None:
    assert start(CRASHES).wait(60) == 1

    assert ending_of(run).reason == "ValueError: no such shape"
    assert "Traceback" in log_of(run)
    assert "printed by C" in log_of(run)


def test_what_the_engine_can_explain_is_said_in_its_words(run: Run, start: Start) -> None:
    assert start(REFUSES).wait(60) == 1
    assert ending_of(run).reason == "The loss is not a number any more."


@pytest.mark.parametrize(("precision", "mode"), [("", "BF16"), ("float32", "None")])
def test_it_leads_its_session_yields_to_others_and_chooses_its_arithmetic(
    run: Run, start: Start, precision: str, mode: str
) -> None:
    environment = {"FMNIST_PRECISION": precision} if precision else {}
    assert start(REPORTS, **environment).wait(60) == 0

    report = next(line for line in log_of(run).splitlines() if line.startswith("report:"))
    *words, niceness = report.split()[1:]
    assert words == ["3", "False", "True", "True", mode]
    assert int(niceness) >= min(os.nice(0) + 5, 19)


@pytest.mark.parametrize(("preload", "warm"), [("sys", "True"), ("not.preloaded", "False")])
def test_a_forked_worker_looks_whether_the_preload_happened(
    run: Run, start: Start, preload: str, warm: str
) -> None:
    assert start(REPORTS, FORKED.replace("{preload!r}", repr(preload))).wait(60) == 0
    assert f"report: 3 {warm}" in log_of(run)


def test_it_says_who_it_is_and_beats(run: Run, start: Start) -> None:
    process = start(SLEEPS)
    until((run.directory / "began").exists, "the engine")

    identity = read_identity(run)
    assert identity == processes.identify(process.pid)
    heartbeat = run.directory / "heartbeat"
    until(heartbeat.exists, "the first beat")
    assert heartbeat.read_text() == "alive"


def test_who_reads_a_heartbeat_never_finds_it_half_written(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    heartbeat.write_text(worker.STOPPING)

    def write() -> None:
        for _ in range(2000):
            worker._say(heartbeat, worker.STOPPING)

    found = {heartbeat.read_text()}
    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        found.add(heartbeat.read_text())
    assert found == {worker.STOPPING}


def test_sigterm_is_the_command_to_stop(run: Run, start: Start) -> None:
    process = start(SLEEPS)
    until((run.directory / "began").exists, "the engine")

    process.send_signal(signal.SIGTERM)

    until(run.commands_path.exists, "the command")
    commands = until(run.commands_path.read_text, "the command")
    assert json.loads(commands)["command"] == "stop"
    heartbeat = run.directory / "heartbeat"
    assert heartbeat.read_text() == "stopping"
    said = heartbeat.stat().st_mtime_ns
    until(lambda: heartbeat.stat().st_mtime_ns > said, "the next beat")
    assert heartbeat.read_text() == "stopping"
    assert process.poll() is None


def test_two_workers_never_train_the_same_run(run: Run, start: Start) -> None:
    first = start(SLEEPS)
    until((run.directory / "began").exists, "the engine")

    assert start(CRASHES).wait(60) == 0
    assert "another process trains it" in log_of(run)
    assert first.poll() is None

    first.kill()
    first.wait()
    assert start(CRASHES).wait(60) == 1  # the dead one's claim counts no more


def test_a_run_that_has_ended_is_not_trained(run: Run, start: Start) -> None:
    store = RunStore(run.directory.parent)
    store.append(run.id, RunFailed(1, 0, "It was over."))

    assert start(CRASHES).wait(60) == 0
    assert ending_of(run).reason == "It was over."


def test_a_directory_that_is_no_run_is_refused_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fmnist_core.jobs.worker", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 2
    assert "There is no run" in result.stderr
    assert "Traceback" not in result.stderr
