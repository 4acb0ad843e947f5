"""EngineClient: the engine host as its server sees it. Starts it, restarts it, asks it things."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fmnist_core import errors
from fmnist_core.errors import EngineBusyError, EngineError
from fmnist_core.files import write_atomically
from fmnist_core.jobs import wire
from fmnist_core.jobs.launch import CAN_FORK, environment
from fmnist_core.jobs.worker import PRELOAD

MAX_FALSE_STARTS = 3
"""Hosts that end before they are ready, one after another, until no more are started."""
START_PATIENCE = 60.0
"""Seconds after which a host that is not ready is not waited for any more."""
_log = logging.getLogger(__name__)

Answer = tuple[wire.Header, wire.Arrays]


class EngineClient:
    """Safe between threads. ``changed`` is called, in a thread of the client's, when the host
    becomes ready or is lost."""

    def __init__(
        self,
        root: Path,
        changed: Callable[[], None],
        *,
        model_threads: int,
        preload: str = PRELOAD,
    ) -> None:
        self.root = root
        self.forks = False
        """The host is there and forks workers that have TensorFlow already."""
        self.given_up = False
        self._changed = changed
        self._command = [sys.executable, "-m", "fmnist_core.jobs.host"]
        self._command += ["--preload", preload, "--threads", str(model_threads)]
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, Future[bytes]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._closing = threading.Event()
        self._started_at = 0.0
        self._thread = threading.Thread(target=self._keep_host, name="engine host", daemon=True)

    def start(self) -> None:
        """Start the host in the background."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._started_at = time.monotonic()
        self._thread.start()

    @property
    def ready(self) -> bool:
        return self._ready

    @property
    def starting(self) -> bool:
        """Not ready, but soon, and then it forks: worth waiting for."""
        if not CAN_FORK:
            return False
        late = time.monotonic() - self._started_at > START_PATIENCE
        return not (self._ready or self.given_up or late)

    def seconds_until_ready(self) -> float | None:
        """0 when ready; else by how long the last start took; None when that is not known."""
        if self._ready:
            return 0.0
        try:
            usual = float(json.loads(self._memory.read_bytes())["start_seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return max(0.0, usual - (time.monotonic() - self._started_at))

    def fork(self, directory: Path, threads: int) -> Future[bytes]:
        """Ask for a training worker; the answer's header has its ``pid``.

        Raises:
            EngineError: the host is gone.
        """
        header = {"kind": "fork", "directory": str(directory), "threads": threads}
        return self._ask(header, {})[1]

    def call(
        self, operation: str, params: dict[str, Any], arrays: wire.Arrays, timeout: float
    ) -> Answer:
        """Run one of the engine's operations in a model worker.

        Raises:
            EngineBusyError: the engine is still starting.
            EngineError: it failed, died or took longer than ``timeout`` seconds.
            LabError: what the operation itself refuses.
        """
        if not self._ready:
            raise self._not_ready()
        header = {
            "kind": "call",
            "operation": operation,
            "params": params,
            "deadline": time.monotonic() + timeout,
            "timeout": timeout,
        }
        number, future = self._ask(header, arrays)
        try:
            reply, answers = wire.decode(future.result(timeout))
        except TimeoutError:
            message = f"The engine did not answer within {timeout:g} seconds. Try again."
            raise EngineError(message) from None
        finally:
            self._pending.pop(number, None)
        if "error" in reply:
            raise _error(reply)
        return reply["result"], answers

    def close(self) -> None:
        """End the host and its model workers. Training workers go on."""
        self._closing.set()
        process = self._process
        if process is None:  # never started, or about to see that it is too late
            return
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._thread.join()

    @property
    def _memory(self) -> Path:
        return self.root / ".engine.json"

    def _not_ready(self) -> EngineError:
        if self.given_up:
            log = self.root / ".engine.log"
            return EngineError(f"The engine does not start; {log} says why. Restart the app.")
        left = self.seconds_until_ready()
        when = f"about {left:.0f} s left" if left and left >= 1 else "a moment more"
        return EngineBusyError(f"The engine is starting: {when}. Then try again.")

    def _ask(self, header: wire.Header, arrays: wire.Arrays) -> tuple[int, Future[bytes]]:
        number = next(self._ids)
        body = wire.encode(header | {"id": number}, arrays)
        future: Future[bytes] = Future()
        with self._lock:
            process = self._process
            if process is None or process.stdin is None or not self._ready:
                raise self._not_ready()
            self._pending[number] = future
            try:
                wire.write_frame(process.stdin, body)
            except (OSError, ValueError) as error:  # ValueError: closed on our side
                del self._pending[number]
                raise EngineError("The engine has just ended and starts again.") from error
        return number, future

    def _keep_host(self) -> None:
        """The client's thread: one host at a time, a new one after each death."""
        false_starts = 0
        while not self._closing.is_set():
            was_ready = self._run_host()
            if self._closing.is_set():
                break
            false_starts = 0 if was_ready else false_starts + 1
            _log.error("The engine host ended; see %s.", self.root / ".engine.log")
            if false_starts == MAX_FALSE_STARTS:
                self.given_up = True
                self._changed()
                break
            self._changed()
            self._closing.wait(1)

    def _run_host(self) -> bool:
        """Start a host and hand out its answers until it ends. Whether it was ever ready."""
        self._started_at = time.monotonic()
        with (self.root / ".engine.log").open("ab") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self.root),
                start_new_session=True,
            )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        if self._closing.is_set():  # closed just now, without knowing of this process
            process.stdin.close()
        while (body := wire.read_frame(process.stdout)) is not None:
            self._take(body)
        process.wait()
        was_ready, self._ready, self.forks = self._ready, False, False
        with self._lock:
            lost, self._pending = self._pending, {}
        for future in lost.values():
            future.set_exception(EngineError("The engine ended before it answered. Try again."))
        return was_ready

    def _take(self, body: bytes) -> None:
        header = wire.header_of(body)
        if header.get("kind") == "ready":
            self._become_ready(header)
            return
        future = self._pending.pop(header["id"], None)
        if future is not None:
            future.set_result(body)

    def _become_ready(self, header: wire.Header) -> None:
        with contextlib.suppress(OSError):  # a countdown is not worth an error
            memory = json.dumps({"start_seconds": round(header["seconds"], 2)})
            write_atomically(self._memory, memory.encode())
        self.forks = bool(header["preloaded"])
        if not self.forks:
            _log.warning("Workers cannot be forked; each run imports TensorFlow itself.")
        self._ready = True
        self._changed()


def _error(reply: wire.Header) -> errors.LabError:
    """The LabError that the worker raised, rebuilt by its name."""
    kind = getattr(errors, str(reply["error"]), None)
    if not (isinstance(kind, type) and issubclass(kind, errors.LabError)):
        kind = EngineError
    return kind(str(reply["message"]))
