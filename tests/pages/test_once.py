"""An echo of a click does nothing; another click does."""

from __future__ import annotations

import pytest

from pages.shared import once as module
from pages.shared.once import SECONDS, STARTING, once


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(module.st, "session_state", state)
    return state


def test_an_echo_is_not_heard_and_another_click_is(state: dict[str, object]) -> None:
    done: list[str] = []
    now = [0.0]
    act = once(done.append, clock=lambda: now[0])
    act("a")
    act("a")
    assert done == ["a"]
    act("b")  # something else
    act("a")
    assert done == ["a", "b", "a"]
    now[0] += SECONDS
    act("a")
    assert done == ["a", "b", "a", "a"]


def test_the_time_counts_from_the_end_of_the_action(state: dict[str, object]) -> None:
    now = [0.0]
    done: list[float] = []

    def slow() -> None:
        done.append(now[0])
        now[0] += 10 * SECONDS

    act = once(slow, clock=lambda: now[0])
    act()
    act()
    assert len(done) == 1


def test_what_starts_a_training_is_deaf_for_longer(state: dict[str, object]) -> None:
    done: list[str] = []
    now = [0.0]
    act = once(done.append, STARTING, clock=lambda: now[0])
    act("a")
    now[0] += 2 * SECONDS
    act("a")
    assert done == ["a"]
    now[0] += STARTING
    act("a")
    assert done == ["a", "a"]


def test_what_failed_may_be_tried_again_at_once(state: dict[str, object]) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise RuntimeError

    act = once(fail)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            act()
    assert len(calls) == 2
