"""An echo of a click does nothing; another click does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.shared import once as module
from pages.shared.once import SECONDS, STARTING, once


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(module.st, "session_state", state)
    return state


class Counted:
    """How often it acted, by a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = 0

    def act(self) -> int:
        self.times += 1
        return self.times

    def press(self, what: str, seconds: float = SECONDS) -> int:
        return once(what, self.act, seconds, lambda: self.now)


def test_an_echo_gets_the_same_result_and_another_click_acts() -> None:
    click = Counted()
    assert [click.press(what) for what in ("a", "a", "b", "a")] == [1, 1, 2, 3]
    click.now += SECONDS
    assert click.press("a") == 4


def test_what_starts_a_training_is_deaf_for_longer() -> None:
    click = Counted()
    click.press("a", STARTING)
    click.now += 2 * SECONDS
    assert click.press("a", STARTING) == 1
    click.now += STARTING
    assert click.press("a", STARTING) == 2


def test_the_time_counts_from_the_end_of_the_action() -> None:
    click = Counted()

    def slow() -> int:
        click.now += 10 * SECONDS
        return click.act()

    for _ in range(2):
        once("a", slow, clock=lambda: click.now)
    assert click.times == 1


def test_what_failed_may_be_tried_again_at_once() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            once("a", fail)
    assert len(calls) == 2


def test_an_echo_in_another_thread_waits_for_the_result() -> None:
    """As Streamlit does: the callback anew, before the one that it breaks off has acted."""
    acting, go_on = threading.Event(), threading.Event()
    times: list[int] = []

    def submit() -> int:
        times.append(1)
        acting.set()
        assert go_on.wait(30)
        return len(times)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(once, "a", submit)
        assert acting.wait(30)
        echo = threads.submit(once, "a", submit)
        assert not echo.done()
        go_on.set()
        assert (first.result(30), echo.result(30)) == (1, 1)
