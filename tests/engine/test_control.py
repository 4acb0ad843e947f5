"""Commands are obeyed in their order, between steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmnist_core.engine.control import Control
from fmnist_core.eventlog import Appender
from fmnist_core.events import Event, LearningRateChanged, Paused, Resumed


class Desk:
    """A control with its file, what it emitted, and commands that arrive while it waits."""

    def __init__(self, path: Path) -> None:
        self.events: list[Event] = []
        self.rates: list[tuple[int, float]] = []
        self.later: list[str] = []
        self.appender = Appender(path)
        self.control = Control(
            path,
            lambda *events: self.events.extend(events),
            lambda step, rate: self.rates.append((step, rate)),
            sleep=self._sleep,
            clock=lambda: 1.0,
        )

    def say(self, *commands: str, value: float | None = None) -> None:
        for command in commands:
            self.appender.append({"time": 0.0, "command": command, "value": value})

    def _sleep(self, _seconds: float) -> None:
        if not self.later:
            pytest.fail("waits for ever")
        self.say(self.later.pop(0))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "commands.jsonl")


def test_without_commands_any_number_of_steps_may_run(desk: Desk) -> None:
    assert desk.control.allowed(0) > 1_000_000
    assert desk.events == []


def test_pause_waits_until_resume(desk: Desk) -> None:
    desk.say("pause")
    desk.later = ["set_learning_rate_typo", "resume"]  # what it does not know, it leaves alone
    assert desk.control.allowed(7) > 1
    assert desk.events == [Paused(1.0, 7), Resumed(1.0, 7)]


def test_one_step_at_a_time_in_a_pause(desk: Desk) -> None:
    desk.say("pause", "step", "step", "resume")
    assert desk.control.allowed(5) == 1
    assert desk.control.allowed(6) == 1
    assert desk.control.allowed(7) > 1
    assert desk.events == [Paused(1.0, 5), Resumed(1.0, 7)]


def test_a_step_while_running_pauses_after_it(desk: Desk) -> None:
    desk.say("step")
    assert desk.control.allowed(5) == 1
    desk.later = ["resume"]
    assert desk.control.allowed(6) > 1
    assert desk.events == [Paused(1.0, 5), Resumed(1.0, 6)]


def test_stop_overtakes_everything(desk: Desk) -> None:
    desk.say("pause", "step", "step", "stop")
    assert desk.control.allowed(5) == 0
    assert desk.control.stopping


def test_stop_ends_a_pause(desk: Desk) -> None:
    desk.say("pause")
    desk.later = ["stop"]
    assert desk.control.allowed(5) == 0


def test_a_rate_is_set_for_the_next_step_even_while_paused(desk: Desk) -> None:
    desk.say("pause")
    desk.say("set_learning_rate", value=0.5)
    desk.say("resume")
    assert desk.control.allowed(3) > 1
    assert desk.rates == [(3, 0.5)]
    assert desk.events[1] == LearningRateChanged(1.0, 3, 0.5, "visitor")


def test_pausing_twice_and_resuming_what_runs_say_nothing(desk: Desk) -> None:
    desk.say("resume", "pause", "pause", "resume", "resume")
    desk.control.allowed(2)
    assert desk.events == [Paused(1.0, 2), Resumed(1.0, 2)]
