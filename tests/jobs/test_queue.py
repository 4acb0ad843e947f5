"""The fair queue, against the two rules that make it fair."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.jobs.queue import FairQueue


def queue(*runs: str) -> FairQueue:
    """Runs named by owner and number: a1 is the first of a."""
    made = FairQueue()
    for run in runs:
        made.add(run, owner=run[0])
    return made


def test_owners_take_turns_and_each_keeps_its_order() -> None:
    assert queue("a1", "a2", "a3", "b1", "c1", "b2").order() == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_was_served_waits_for_the_others_even_after_an_empty_queue() -> None:
    waiting = queue("a1")
    assert waiting.pop() == "a1"
    waiting.add("a2", "a")
    waiting.add("b1", "b")

    assert waiting.order() == ["b1", "a2"]


def test_position_counts_the_runs_that_start_before() -> None:
    waiting = queue("a1", "a2", "b1")

    assert [waiting.position(run) for run in ("a1", "b1", "a2")] == [0, 1, 2]
    assert waiting.position("a9") is None
    waiting.pop()
    assert waiting.position("a1") is None
    assert waiting.position("b1") == 0


def test_removed_and_doubled_runs() -> None:
    waiting = queue("a1", "b1", "a1")

    assert len(waiting) == 2
    assert waiting.remove("a1")
    assert not waiting.remove("a1")
    assert waiting.order() == ["b1"]
    assert [waiting.pop(), waiting.pop()] == ["b1", None]


@given(owners=st.lists(st.sampled_from("abcd"), max_size=20))
def test_nobody_is_more_than_one_turn_ahead_and_order_is_what_pop_does(owners: str) -> None:
    names = [f"{owner}{number:02}" for number, owner in enumerate(owners)]
    waiting = queue(*names)
    order = waiting.order()

    left = {owner: owners.count(owner) for owner in owners}
    turns = dict.fromkeys(left, 0)
    popped = []
    while run := waiting.pop():
        popped.append(run)
        turns[run[0]] += 1
        left[run[0]] -= 1
        others = [turns[owner] for owner in left if left[owner] > 0]
        assert turns[run[0]] <= min(others, default=turns[run[0]]) + 1

    assert popped == order
    assert sorted(popped) == sorted(names)
    for owner in left:
        mine = [run for run in popped if run[0] == owner]
        assert mine == sorted(mine)
