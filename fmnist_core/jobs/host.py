"""The engine host: imports TensorFlow once and forks workers that have it already.

Started by the server as ``python -m fmnist_core.jobs.host``; it belongs to that server and is gone
when its stdin ends. Messages (wire frames) on stdin and stdout, each with an ``id``:

=====  =================================================  =====================================
kind   asked                                              answered
=====  =================================================  =====================================
ready                                                     by itself: {"preloaded", "seconds"}
fork   {"directory", "threads"}                           {"pid"}
call   {"operation", "params", "deadline", "timeout"},    {"result"}, arrays; or {"error",
       arrays                                             "message"}
=====  =================================================  =====================================

This process itself stays small: a forkserver inside it preloads the engine. The preload only
imports, because one TensorFlow operation before a fork hangs every child. Where a fork is unsafe
(macOS) or unknown (Windows) the model workers are spawned and import TensorFlow themselves, and
the server starts training workers fresh: slower to begin, otherwise the same.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import multiprocessing.util
import os
import queue
import shutil
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import IO, Any

from fmnist_core.jobs import model_worker, wire, worker
from fmnist_core.jobs.launch import CAN_FORK

WARM_PATIENCE = 30.0
"""Seconds that a model worker may take for its first operation; about 1 is usual, and for ever
after a preload that ran one."""
COLD_PATIENCE = 180.0
"""The same for one that imports TensorFlow first."""
_LOOK_SECONDS = 1.0
_RESTART_PAUSE = 1.0


class Host:
    """``output`` carries answers; nothing else in this process may write to it."""

    def __init__(self, output: IO[bytes], preload: str, threads: int) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._preload = preload
        self._threads = threads
        self._started = time.monotonic()
        self._calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._announced = False
        self._model_workers: set[Any] = set()
        if CAN_FORK:
            multiprocessing.set_forkserver_preload([preload])

    def run(self, requests: IO[bytes], model_workers: int) -> None:
        """Answer until the stream ends."""
        for number in range(model_workers):
            thread = threading.Thread(
                target=self._keep_model_worker, name=f"models-{number}", daemon=True
            )
            thread.start()
        while (body := wire.read_frame(requests)) is not None:
            header = wire.header_of(body)
            if header["kind"] == "fork":
                self._send(wire.encode({"id": header["id"], "pid": self._fork(header)}))
            else:
                self._calls.put(body)
        # They leave by themselves at the end of their pipe, unless they hang.
        for process in list(self._model_workers):
            process.kill()

    def _send(self, body: bytes) -> None:
        with self._writing:
            wire.write_frame(self._output, body)

    def _fork(self, header: wire.Header) -> int | None:
        arguments = (header["directory"], header["threads"], self._preload)
        context: Any = multiprocessing.get_context("forkserver")
        process = context.Process(target=worker.forked, args=arguments)
        process.start()
        return int(process.pid)

    def _keep_model_worker(self) -> None:
        """One model worker at a time, a new one after each death."""
        fork = CAN_FORK
        while True:
            connection, process = self._start_model_worker("forkserver" if fork else "spawn")
            try:
                hello = wire.decode(connection.recv_bytes())[0]
                if connection.poll(WARM_PATIENCE if hello["preloaded"] else COLD_PATIENCE):
                    connection.recv_bytes()
                    self._announce(hello)
                    self._serve(connection, process)
                elif fork:
                    print("A forked model worker hung; spawning from now on.", file=sys.stderr)
                    fork = False
            except (EOFError, OSError):
                pass
            print("A model worker ended; starting another.", file=sys.stderr, flush=True)
            self._model_workers.discard(process)
            process.kill()
            process.join()
            connection.close()
            time.sleep(_RESTART_PAUSE)

    def _serve(self, connection: Connection, process: Any) -> None:
        """Hand calls to this model worker until it is gone."""
        while process.is_alive():
            with contextlib.suppress(queue.Empty):
                self._pass_on(connection, self._calls.get(timeout=_LOOK_SECONDS))

    def _start_model_worker(self, method: str) -> tuple[Connection, Any]:
        context: Any = multiprocessing.get_context(method)
        mine, theirs = context.Pipe()
        arguments = (theirs, self._threads, self._preload)
        process = context.Process(target=model_worker.serve, args=arguments, daemon=True)
        process.start()
        self._model_workers.add(process)
        theirs.close()  # or its death would never read as the end of the stream
        return mine, process

    def _announce(self, greeting: wire.Header) -> None:
        if not self._announced:
            self._announced = True
            seconds = time.monotonic() - self._started
            self._send(wire.encode({"id": 0, "kind": "ready", "seconds": seconds} | greeting))

    def _pass_on(self, connection: Connection, body: bytes) -> None:
        """Have one call answered. EOFError when the worker died of it or took too long."""
        header = wire.header_of(body)
        if time.monotonic() > header["deadline"]:
            return  # whoever asked has given up
        try:
            connection.send_bytes(body)
            if not connection.poll(header["timeout"]):
                raise EOFError("too slow")
            answer = connection.recv_bytes()
        except (EOFError, OSError):
            self._send(wire.encode({"id": header["id"]} | _broke_off(header["operation"])))
            raise
        self._send(answer)


def _broke_off(operation: str) -> wire.Header:
    message = f"The engine broke off at {operation!r} and starts again. Try once more."
    return {"error": "EngineError", "message": message}


def _private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the server, under numbers that no child inherits.

    Children inherit 0, 1 and 2. A training worker that outlives this host must not hold the pipe
    open, and what a library prints must not land among the messages.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, answers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fmnist_core.jobs.host")
    parser.add_argument("--preload", default=worker.PRELOAD)
    parser.add_argument("--model-workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = _private_streams()
    try:
        Host(answers, arguments.preload, arguments.threads).run(requests, arguments.model_workers)
    finally:
        # Not a normal exit: that would wait for the training workers, which go on.
        shutil.rmtree(multiprocessing.util.get_temp_dir(), ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()
