"""The training worker: one process, one run. Forked from the warm host, or started fresh::

    python -m fmnist_core.jobs.worker RUN_DIR [--threads N]

It leads its own process group and outlives the server and the host. What it knows is in the run
directory: worker.json says who it is, heartbeat that it lives, worker.log what it printed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.forkserver import _forkserver
from multiprocessing.resource_tracker import _resource_tracker
from pathlib import Path
from types import FrameType

from fmnist_core.errors import LabError, RunError
from fmnist_core.eventlog import Appender
from fmnist_core.events import RunFailed
from fmnist_core.files import write_atomically
from fmnist_core.jobs import processes
from fmnist_core.jobs.processes import Identity
from fmnist_core.run import Run
from fmnist_core.runs import RunStore

PRELOAD = "fmnist_core.engine.preload"
HEARTBEAT_SECONDS = 2.0
NICENESS = 5
STOPPING = "stopping"
"""In the heartbeat once SIGTERM was understood: the worker is busy, not stuck."""


def main(directory: Path, threads: int, forked: bool) -> int:
    """Train the run of this directory in this process, which belongs to it from now on.

    Returns the exit status: 0 also when there is nothing to do, because the run has ended or
    another worker has it.

    Raises:
        RunNotFoundError: there is no run in this directory.
    """
    started = time.time()
    run = RunStore(directory.parent).get(directory.name)
    _own_session()
    _log_to(directory / "worker.log")
    if not _claim(run):
        print("Nothing to do: the run has ended, or another process trains it.")
        return 0
    stopping = _stop_on_sigterm(run)
    _beat(directory / "heartbeat", stopping)
    _lower_priority()
    prepare_arithmetic()
    return _train(run, threads, forked, started)


def forked(directory: str, threads: int, preload: str) -> None:
    """Entry of a worker that the host forked. What it prints before its log is the host's."""
    _let_go_of_the_forkserver()
    warm = preload in sys.modules
    if not warm:
        # The forkserver swallows an ImportError of its preload. The run works all the same, but
        # it waits for TensorFlow as a fresh process would, so somebody should know.
        print(f"{preload} was not preloaded; importing it now.", file=sys.stderr, flush=True)
    status = main(Path(directory), threads, forked=warm)
    # The interpreter's farewell would wait for threads of libraries that have nothing to save.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def prepare_arithmetic() -> None:
    """Let oneDNN multiply in bfloat16 where the processor can: up to twice as fast, the same
    accuracy. Read at the first operation; FMNIST_PRECISION=float32 leaves it out."""
    if os.environ.get("FMNIST_PRECISION") != "float32":
        os.environ.setdefault("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")


def read_identity(run: Run) -> Identity | None:
    """Who claimed the run last, alive or not; None when nobody did."""
    try:
        return Identity.from_json(json.loads((run.directory / "worker.json").read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _claim(run: Run) -> bool:
    """Take the run, unless it has ended or another living process has it.

    Under the run's lock, so that two servers that start the same queued run train it once.
    """
    with run.lock():
        owner = read_identity(run)
        if owner and owner.pid != os.getpid() and processes.alive(owner):
            return False
        if RunStore(run.directory.parent).state(run.id).ended:
            return False
        me = processes.identify(os.getpid())
        assert me is not None, "a process that runs has an identity"
        write_atomically(run.directory / "worker.json", json.dumps(me.to_json()).encode())
    return True


def _train(run: Run, threads: int, forked: bool, started: float) -> int:
    try:
        if run.search:
            from fmnist_core.engine import tune

            tune.tune(run.directory, threads=threads, forked=forked)
        elif run.transfer:
            from fmnist_core.engine import compare

            compare.compare(run.directory, threads=threads, forked=forked)
        elif run.mobilenet:
            from fmnist_core.engine import mobilenet

            mobilenet.learn(run.directory, threads=threads, forked=forked)
        else:
            from fmnist_core.engine import train

            train.train(run.directory, threads=threads, forked=forked, started=started)
    except Exception as error:  # noqa: BLE001 - whatever it was, the run has failed and says so
        traceback.print_exc()
        _fail(run, _sentence(error))
        return 1
    return 0


def _fail(run: Run, reason: str) -> None:
    store = RunStore(run.directory.parent)
    with run.lock():
        state = store.state(run.id)
        if not state.ended:
            store.append(run.id, RunFailed(time.time(), state.step, reason))


def _sentence(error: Exception) -> str:
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, MemoryError):
        return "MemoryError: the machine has no memory left. Use a smaller batch or network."
    first_line = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {first_line or 'no message'}"


def _let_go_of_the_forkserver() -> None:
    """It and its tracker live until nobody holds their pipes any more: without this, for as long
    as a worker trains whose host has ended."""
    for owner, name in ((_forkserver, "_forkserver_alive_fd"), (_resource_tracker, "_fd")):
        descriptor = getattr(owner, name, None)
        if descriptor is not None:
            os.close(descriptor)
            setattr(owner, name, None)


def _own_session() -> None:
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # it leads a session already
            os.setsid()


def _log_to(path: Path) -> None:
    """Everything printed from now on, by C++ too, goes to the file; nothing is read."""
    sys.stdout.flush()
    sys.stderr.flush()
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)


def _stop_on_sigterm(run: Run) -> threading.Event:
    """SIGTERM is the command "stop": what was learned is kept. Returns whether it came."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()
        _say(run.directory / "heartbeat", STOPPING)
        appender = Appender(run.commands_path)
        appender.append({"time": time.time(), "command": "stop", "value": None})
        appender.close()

    signal.signal(signal.SIGTERM, stop)
    return stopping


def _beat(path: Path, stopping: threading.Event) -> None:
    def beat() -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk; the next beat may succeed
                _say(path, STOPPING if stopping.is_set() else "alive")
            time.sleep(HEARTBEAT_SECONDS)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()


def _say(heartbeat: Path, what: str) -> None:
    """At once: who reads while a file is written finds it empty, and takes the worker for stuck."""
    write_atomically(heartbeat, what.encode(), durable=False)


def _lower_priority() -> None:
    """Pages and predictions answer while every core trains."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.nice(NICENESS)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fmnist_core.jobs.worker")
    parser.add_argument("directory", type=Path, metavar="RUN_DIR")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    try:
        return main(arguments.directory.resolve(), arguments.threads, forked=False)
    except RunError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(_main())
