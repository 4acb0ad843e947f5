"""What networks know, learned once for all sessions, in the background: a page never waits."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from fmnist_core import familiarity, models
from fmnist_core.datasets import load
from fmnist_core.errors import EngineBusyError, LabError
from fmnist_core.familiarity import Familiar
from pages.shared import services

KEPT = 8
"""Networks: each takes about 10 MB."""
RETRY_SECONDS = 30.0
"""After a failure: whoever looks then tries again."""
BUSY_SECONDS = 0.2
"""Until an engine that has no time is asked again."""
_log = logging.getLogger(__name__)
_lock = threading.Lock()
_known: OrderedDict[Any, Acquaintance] = OrderedDict()


@dataclass(eq=False)
class Acquaintance:
    """How far the looking at known pictures has come; ``familiar`` is there at the end."""

    done: int = 0
    total: int = familiarity.REFERENCES + familiarity.JUDGES
    familiar: Familiar | None = None
    problem: str = ""
    failed: float = math.inf
    """When, by the monotonic clock."""
    thread: threading.Thread | None = None


def of(ref: str) -> Acquaintance:
    """What is known about the network ``ref`` by now; the looking begins with the first call.

    Raises RunNotFoundError: there is no such network.
    """
    server, files = services.server(), models.resolve(ref, services.store())
    if files.step is not None:  # it may have other weights in a second, and be asked about again
        return Acquaintance(problem=f"{files.title} is a checkpoint. Final weights can be asked.")
    if files.experiment.data.folder:
        return Acquaintance(
            problem="it has learned from pictures of your own, for which this is not measured."
        )
    key = server, files.weights, files.weights.stat().st_mtime_ns
    with _lock:
        found = _known.get(key)
        if found is None or time.monotonic() - found.failed > RETRY_SECONDS:
            found = _known[key] = Acquaintance()
            found.thread = threading.Thread(
                target=_learn, args=(found, server, files), name="acquaintance", daemon=True
            )
            found.thread.start()
        _known.move_to_end(key)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found


def _learn(found: Acquaintance, server: Any, files: models.ModelFiles) -> None:
    def progress(done: int, total: int) -> None:
        found.done, found.total = done, total

    def features(pictures: Any) -> Any:
        while True:
            try:
                return server.features(files.ref, pictures)
            except EngineBusyError:  # it is starting; a thread has time
                time.sleep(BUSY_SECONDS)

    try:
        found.familiar = familiarity.learn(features, files.experiment, load(), progress)
    except LabError as error:
        found.problem, found.failed = str(error), time.monotonic()
    except Exception:  # noqa: BLE001 - nobody waits for this thread: what happens must be said
        found.problem = "What the network knows could not be found out; the log says why."
        found.failed = time.monotonic()
        _log.exception("Learning what %s knows failed.", files.ref)
