"""The model worker: answers calls into the engine, one at a time, until its pipe closes.

Models stay loaded between calls. Operations are named, from the engine's fixed list; parameters
are JSON, arrays npy. Priority is normal: a visitor waits for every answer.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from fmnist_core.errors import EngineError, LabError, RunError
from fmnist_core.jobs import wire
from fmnist_core.jobs.worker import prepare_arithmetic


def serve(connection: Connection, threads: int, preload: str) -> None:
    """Answer until EOF.

    The first message sent says whether the engine was preloaded, the second that it computes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.send_bytes(wire.encode({"preloaded": preload in sys.modules}))
    prepare_arithmetic()
    # Read by TensorFlow when it starts its threads, at the first operation.
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    from fmnist_core.engine.operations import OPERATIONS

    OPERATIONS["ping"]({}, {})
    connection.send_bytes(b"ready")
    while True:
        try:
            body = connection.recv_bytes()
        except (EOFError, OSError):
            os._exit(0)
        answer = _answer(OPERATIONS, body)
        try:
            connection.send_bytes(answer)
        except OSError:
            os._exit(0)


def _answer(operations: dict[str, Any], body: bytes) -> bytes:
    header, arrays = wire.decode(body)
    reply: wire.Header = {"id": header["id"]}
    try:
        operation = operations.get(header["operation"])
        if operation is None:
            raise EngineError(f"There is no operation {header['operation']!r}.")
        result, answers = operation(header["params"], arrays)
        if "model" in header["params"]:
            _insist_on_numbers(answers)
        return wire.encode(reply | {"result": result}, answers)
    except LabError as error:
        return wire.encode(reply | {"error": type(error).__name__, "message": str(error)})
    except Exception as error:  # noqa: BLE001 - one bad question must not end the worker
        traceback.print_exc()
        message = (
            f"The engine failed at {header['operation']!r} ({type(error).__name__}). "
            "The details are in its log. Try another model or picture."
        )
        return wire.encode(reply | {"error": "EngineError", "message": message})


def _insist_on_numbers(answers: wire.Arrays) -> None:
    """Raises RunError: what a network answers is infinite or NaN, which no page can draw."""
    if not all(np.isfinite(each).all() for each in answers.values() if each.dtype.kind == "f"):
        raise RunError(
            "The answers of this network are no longer numbers: its training ran away. Choose an "
            "earlier step, or train it with a smaller learning rate."
        )
