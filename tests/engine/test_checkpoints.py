"""The plan of what to save: most of it early, about forty, and never too much."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.engine.checkpoints import MAX_BYTES, MAX_CHECKPOINTS, checkpoint_steps


def test_a_short_run_keeps_every_step() -> None:
    assert checkpoint_steps(9, 800_000) == list(range(10))


def test_a_run_keeps_about_forty_each_a_little_later_than_the_one_before() -> None:
    steps = checkpoint_steps(5 * 469, 800_000)
    assert len(steps) in (MAX_CHECKPOINTS - 1, MAX_CHECKPOINTS)
    assert steps[:6] == [0, 1, 2, 3, 4, 5]
    later = [step for step in steps if step > 20]
    factors = [after / before for before, after in pairwise(later)]
    assert max(factors) < 1.3
    assert min(factors) > 1.1


def test_a_large_network_keeps_fewer_and_at_least_both_ends() -> None:
    assert checkpoint_steps(1000, MAX_BYTES // 4) == [0, 1, 32, 1000]
    assert checkpoint_steps(1000, 2 * MAX_BYTES) == [0, 1000]


@given(st.integers(1, 1_000_000), st.integers(1, 80_000_000))
def test_any_plan_is_small_ascending_and_has_both_ends(total: int, weight_bytes: int) -> None:
    steps = checkpoint_steps(total, weight_bytes)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, total)
    assert len(steps) <= MAX_CHECKPOINTS
    assert len(steps) * weight_bytes <= max(MAX_BYTES, 2 * weight_bytes)
