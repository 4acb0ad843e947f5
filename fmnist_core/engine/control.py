"""Commands to a run: read from its file, obeyed between groups of steps."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fmnist_core.eventlog import Tail
from fmnist_core.events import LearningRateChanged, Paused, Resumed

POLL_SECONDS = 0.02


class Control:
    """Obeys pause, resume, step, stop and set_learning_rate in the order they were given.

    Only ``stop`` overtakes: whoever presses it does not want to wait.
    """

    def __init__(
        self,
        path: Path,
        emit: Callable[..., None],
        set_rate: Callable[[int, float], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stopping = False
        self._tail = Tail(path)
        self._queue: deque[dict[str, Any]] = deque()
        self._emit = emit
        self._set_rate = set_rate
        self._sleep = sleep
        self._clock = clock
        self._paused = False
        self._single = False

    def allowed(self, step: int) -> int:
        """How many steps may run after ``step``: any number, a single one, or 0 to stop. Waits
        while the run is paused."""
        self.wait(step)
        if self.stopping:
            return 0
        single, self._single = self._single, False
        return 1 if single else sys.maxsize

    def wait(self, step: int) -> None:
        """Obey what came; return when training may go on, or must stop."""
        self._obey(step)
        while self._paused and not self._single and not self.stopping:
            self._sleep(POLL_SECONDS)
            self._obey(step)

    def _obey(self, step: int) -> None:
        commands = self._tail.read()
        self._queue.extend(commands)
        self.stopping |= any(command.get("command") == "stop" for command in commands)
        # A single step must be done before what follows it is obeyed.
        while self._queue and not self._single and not self.stopping:
            command = self._queue.popleft()
            match command.get("command"):
                case "pause":
                    self._pause(step)
                case "resume" if self._paused:
                    self._paused = False
                    self._emit(Resumed(self._clock(), step))
                case "step":
                    self._pause(step)
                    self._single = True
                case "set_learning_rate":
                    rate = float(command["value"])
                    self._set_rate(step, rate)
                    self._emit(LearningRateChanged(self._clock(), step, rate, "visitor"))

    def _pause(self, step: int) -> None:
        if not self._paused:
            self._paused = True
            self._emit(Paused(self._clock(), step))
