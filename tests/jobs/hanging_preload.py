"""A preload after which every forked training worker hangs, and model workers answer nothing.

It stands for a library that started threads before the fork.
"""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection

from fmnist_core.jobs import model_worker, wire, worker


def hang(directory: str, threads: int, preload: str) -> None:
    threading.Event().wait()


def greet_and_hang(connection: Connection, threads: int, preload: str) -> None:
    connection.send_bytes(wire.encode({"preloaded": True}))
    connection.send_bytes(b"ready")
    threading.Event().wait()


worker.forked = hang
model_worker.serve = greet_and_hang
