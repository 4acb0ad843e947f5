"""t-SNE in a process of its own, so that a map that takes seconds keeps nobody waiting.

The model worker starts ``python -m fmnist_core.engine.tsne``, which needs no TensorFlow, writes
the points to its input and reads the map from its output. The input stays open until the map is
there: when it ends before, whoever wanted the map is gone, and so is the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from fmnist_core.errors import EngineError
from fmnist_core.jobs import wire

Floats = npt.NDArray[np.float32]
PERPLEXITY = 30.0
ITERATIONS = 600
"""Of a thousand points nothing moves visibly any more, in half the usual time."""
SEED = 0
MAX_RUNNING = 1
"""At the same time. Others wait; they are asked for again and again, so nothing queues them."""
FORGOTTEN_SECONDS = 15.0
"""After which a map that nobody has asked for any more is given up."""
KEPT_MAPS = 100


def project(points: npt.NDArray[Any]) -> Floats:
    """The map (n, 2) of ``points`` (n, d): neighbours stay neighbours, distances mean little."""
    from sklearn.manifold import TSNE

    # Its perplexity, a number of neighbours, must be less than the number of points.
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    init = "pca" if points.shape[1] > 1 else "random"
    tsne = TSNE(init=init, perplexity=perplexity, max_iter=ITERATIONS, random_state=SEED)
    return np.asarray(tsne.fit_transform(points), np.float32)


@dataclass
class _Job:
    process: subprocess.Popen[bytes]
    asked: float
    answer: bytes | None = None
    feeder: threading.Thread = field(init=False)

    def talk(self, points: Floats) -> None:
        """Hand over the points and wait for the map, in a thread: either takes the other time."""
        self.feeder = threading.Thread(target=self._talk, args=(points,), daemon=True)
        self.feeder.start()

    def _talk(self, points: Floats) -> None:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        with contextlib.suppress(OSError):  # it was killed
            wire.write_frame(stdin, wire.encode({}, {"points": points}))
        self.answer = wire.read_frame(stdout)
        with contextlib.suppress(OSError):
            stdin.close()
        stdout.close()
        self.process.wait()


class Maps:
    """Maps that were asked for: done, in the making, or waiting. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._done: OrderedDict[str, Floats] = OrderedDict()
        self._jobs: dict[str, _Job] = {}

    def ask(self, points: Floats) -> Floats | None:
        """The map of these points; None while it is made. Ask again.

        Raises:
            EngineError: it could not be made.
        """
        points = np.ascontiguousarray(points, np.float32)
        key = hashlib.sha256(points.tobytes() + str(points.shape).encode()).hexdigest()
        self._give_up_forgotten(key)
        job = self._jobs.get(key)
        if job is not None and not job.feeder.is_alive():
            del self._jobs[key]
            self._done[key] = _read(job.answer)
            while len(self._done) > KEPT_MAPS:
                self._done.popitem(last=False)
        if key in self._done:
            self._done.move_to_end(key)
            return self._done[key]
        if job is None and len(self._jobs) < MAX_RUNNING:
            self._jobs[key] = _start(points, self._clock())
        return None

    def _give_up_forgotten(self, asked: str) -> None:
        now = self._clock()
        if asked in self._jobs:
            self._jobs[asked].asked = now
        for key, job in list(self._jobs.items()):
            if now - job.asked > FORGOTTEN_SECONDS:
                job.process.kill()
                del self._jobs[key]


def _start(points: Floats, now: float) -> _Job:
    # One thread: pages, answers and a run in training need the other cores.
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "fmnist_core.engine.tsne"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | one,
    )
    job = _Job(process, now)
    job.talk(points)
    return job


def _read(answer: bytes | None) -> Floats:
    if answer is None:  # killed, or out of memory
        raise EngineError("The t-SNE map could not be made. Ask for it again.")
    return np.asarray(wire.decode(answer)[1]["map"], np.float32)


def main(stdin: BinaryIO, stdout: BinaryIO) -> None:
    body = wire.read_frame(stdin)
    if body is None:
        return
    threading.Thread(target=_leave_with, args=(stdin,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)
    wire.write_frame(stdout, wire.encode({}, {"map": project(wire.decode(body)[1]["points"])}))
    # At once: the other thread still reads, and would have to be waited for.
    os._exit(0)


def _leave_with(stdin: BinaryIO) -> None:
    stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
