"""FairQueue: who trains next. Round-robin between owners, first come first served within one.

Pure: no files, no clock, no threads. Whoever was served longest ago is next, so that a visitor
who queues ten runs delays the others by one run, not by ten.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class FairQueue:
    """Waiting runs. ``owner`` is any text; runs without an owner ('') share one turn."""

    _waiting: dict[str, deque[str]] = field(default_factory=dict)
    """Owner -> runs. In the order in which owners began to wait."""
    _served: list[str] = field(default_factory=list)
    """Owners that had a turn, longest ago first."""

    def add(self, run_id: str, owner: str = "") -> None:
        if run_id not in self:
            self._waiting.setdefault(owner, deque()).append(run_id)

    def remove(self, run_id: str) -> bool:
        """Take a run out. False when it was not waiting."""
        for owner, runs in self._waiting.items():
            if run_id in runs:
                runs.remove(run_id)
                if not runs:
                    del self._waiting[owner]
                return True
        return False

    def pop(self) -> str | None:
        """Take out the run that is next."""
        owner = self._next_owner()
        if owner is None:
            return None
        run_id = self._waiting[owner][0]
        self.remove(run_id)
        if owner in self._served:
            self._served.remove(owner)
        self._served.append(owner)
        del self._served[:-1000]  # thousands of visitors later nobody cares who was first
        return run_id

    def order(self) -> list[str]:
        """All waiting runs as they would start if nobody else came."""
        ahead = FairQueue({o: deque(r) for o, r in self._waiting.items()}, list(self._served))
        return [run_id for _ in range(len(self)) if (run_id := ahead.pop())]

    def position(self, run_id: str) -> int | None:
        """Runs that start before it, 0 for the next one; None when it does not wait."""
        return self.order().index(run_id) if run_id in self else None

    def __contains__(self, run_id: str) -> bool:
        return any(run_id in runs for runs in self._waiting.values())

    def __len__(self) -> int:
        return sum(len(runs) for runs in self._waiting.values())

    def _next_owner(self) -> str | None:
        turn = {owner: number for number, owner in enumerate(self._served)}
        return min(self._waiting, key=lambda owner: turn.get(owner, -1), default=None)
