"""The engine for one command: a host of its own, started, asked, and ended with the command."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmnist_core.jobs import wire
from fmnist_core.jobs.engine import Answer, EngineClient
from fmnist_core.model_server import ModelServer

LOOK_SECONDS = 0.05
ANSWER_SECONDS = 300.0
"""For one call: nobody watches a page, and the machine may be training at the same time."""


@contextmanager
def model_server(root: Path) -> Iterator[ModelServer]:
    """Answers for bundled models and for the runs in ``root``, which it does not look after.

    The engine starts at once; the first question waits for it, and raises EngineError if it does
    not start.
    """
    client = EngineClient(root, lambda: None, model_threads=os.cpu_count() or 1)
    client.start()
    try:
        yield ModelServer(_Patient(client))
    finally:
        client.close()


class _Patient:
    """Asks the client, and waits as long as a command may."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    def call(
        self,
        operation: str,
        params: dict[str, Any],
        arrays: wire.Arrays,
        timeout: float = ANSWER_SECONDS,
    ) -> Answer:
        while not (self._client.ready or self._client.given_up):
            time.sleep(LOOK_SECONDS)
        return self._client.call(operation, params, arrays, timeout)
