"""When to keep the weights, so that a run can be replayed without filling the disk."""

from __future__ import annotations

import numpy as np

MAX_CHECKPOINTS = 40
MAX_BYTES = 64 * 1024**2


def checkpoint_steps(total_steps: int, weight_bytes: int) -> list[int]:
    """The steps after which to save, ascending, 0 and the last one included.

    Most is to be seen early, so each is about the same factor later than the one before: every
    one of the first few steps, then 9, 11, 13 ... Large networks get fewer, but never fewer than
    two; a run shorter than the plan keeps every step.
    """
    allowed = int(np.clip(MAX_BYTES // max(weight_bytes, 1), 2, MAX_CHECKPOINTS))
    steps = {0, total_steps}
    points = allowed - 1
    # Early points fall on the same step, so that more points are asked for than are found.
    while len(found := _spread(total_steps, points)) <= allowed:
        steps = found
        if len(steps) == total_steps + 1:
            break
        points += 1
    return sorted(steps)


def checkpoint_name(step: int) -> str:
    return f"step-{step:06d}.npz"


def _spread(total_steps: int, points: int) -> set[int]:
    """Backwards, because of a single point the last step is meant."""
    return {0, *(int(step) for step in np.geomspace(total_steps, 1, points).round())}
