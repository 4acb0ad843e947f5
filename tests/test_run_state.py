from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core import events as e
from fmnist_core.run_state import RATE_WINDOW, History, RunState
from tests.endings import follows_the_table
from tests.test_events import EXAMPLES

QUEUED = e.RunQueued(1.0)
STARTED = e.RunStarted(
    time=2.0,
    pid=3,
    threads=1,
    epochs=2,
    steps_per_epoch=4,
    total_steps=300,
    train_n=128,
    validation_n=10,
    batch_size=32,
    learning_rate=0.01,
    forked=True,
)
FINISHED = e.RunFinished(11.0, 8, "All 2 epochs done.", 4.0, 50.0, 1.5)
STOPPED = e.RunStopped(11.0, 8, "Stopped by you.")
FAILED = e.RunFailed(11.0, 8, "The worker was killed.")
TEST = e.Evaluated(10.0, "test", 0.5, 0.8, 10_000)


def batch(step: int, seconds: float = 0.0, epoch: int = 1) -> e.BatchEnded:
    return e.BatchEnded(
        time=3.0, step=step, epoch=epoch, loss=1.0 / step, accuracy=0.5, seconds=seconds
    )


def after(*events: e.Event) -> RunState:
    state = RunState()
    for event in events:
        state = state.apply(event)
    return state


def seen(state: RunState) -> tuple[object, ...]:
    """All that a state says, comparable."""
    return tuple(
        tuple(value) if isinstance(value, History) else value
        for value in (getattr(state, name) for name in RunState.__dataclass_fields__)
    )


SEQUENCES = st.lists(st.sampled_from([*EXAMPLES, batch(2), batch(3)]), max_size=30)


@pytest.mark.parametrize(
    ("events", "status", "active", "ended"),
    [
        ([], "queued", False, False),
        ([QUEUED], "queued", False, False),
        ([QUEUED, STARTED], "running", True, False),
        ([QUEUED, STARTED, batch(1)], "running", True, False),
        ([QUEUED, STARTED, e.Paused(3.0, 1)], "paused", True, False),
        ([QUEUED, STARTED, e.Paused(3.0, 1), batch(2)], "paused", True, False),  # one step
        ([QUEUED, STARTED, e.Paused(3.0, 1), e.Resumed(4.0, 1)], "running", True, False),
        ([QUEUED, STARTED, e.Paused(3.0, 1), STOPPED], "stopped", False, True),
        ([QUEUED, STARTED, FINISHED], "finished", False, True),
        ([QUEUED, STOPPED], "stopped", False, True),
        ([QUEUED, STARTED, FAILED], "failed", False, True),
        ([QUEUED, FAILED], "failed", False, True),
    ],
)
def test_status(events: list[e.Event], status: str, active: bool, ended: bool) -> None:
    state = after(*events)
    assert (state.status, state.active, state.ended) == (status, active, ended)


@given(SEQUENCES, st.sampled_from([FINISHED, STOPPED, FAILED]), SEQUENCES)
def test_nothing_changes_after_an_ending(
    before: list[e.Event], ending: e.Event, later: list[e.Event]
) -> None:
    ended = after(*before, ending)
    known = seen(ended)
    assert ended.ended
    state = ended
    for event in later:
        state = state.apply(event)
    assert state is ended
    assert seen(ended) == known


@given(SEQUENCES)
def test_a_state_never_changes_and_replay_gives_it_again(events: list[e.Event]) -> None:
    states, known = [RunState()], [seen(RunState())]
    for event in events:
        states.append(states[-1].apply(event))
        known.append(seen(states[-1]))
    assert [seen(state) for state in states] == known
    assert seen(after(*events)) == known[-1]


def test_what_each_event_adds() -> None:
    by_type = {type(event): event for event in EXAMPLES}
    epoch, saved = by_type[e.EpochEnded], by_type[e.CheckpointSaved]
    rate, panel = by_type[e.LearningRateChanged], by_type[e.PanelPredicted]
    test = by_type[e.Evaluated]
    state = after(QUEUED, STARTED, batch(1), batch(2), epoch, saved, rate, panel, test, FINISHED)
    assert state.queued_at == 1.0
    assert state.started is STARTED
    assert list(state.batches) == [batch(1), batch(2)]
    assert list(state.epochs) == [epoch]
    assert list(state.checkpoints) == [saved]
    assert list(state.rate_changes) == [rate]
    assert state.panel is panel
    assert state.evaluated == {"test": test}
    assert state.ending is FINISHED


def test_the_endings_table_names_every_event() -> None:
    documented = set(re.findall(r"\w+", e.__doc__ or ""))
    assert documented >= set(e._TYPES)
    assert [kind.__name__ for kind in e.ENDINGS] == ["RunFinished", "RunStopped", "RunFailed"]


@pytest.mark.parametrize(
    ("events", "fits"),
    [
        ([QUEUED, STARTED, batch(1), TEST, FINISHED], True),
        ([QUEUED, STOPPED], True),
        ([QUEUED, STARTED, batch(1), e.Paused(3.0, 1), TEST, STOPPED], True),
        ([QUEUED, FAILED], True),
        ([QUEUED, STARTED, batch(1), FAILED], True),
        ([QUEUED, FINISHED], False),
        ([STARTED, FINISHED], False),
        ([QUEUED, STARTED, TEST, batch(1), FINISHED], False),
        ([QUEUED, STARTED, FINISHED, FAILED], False),
        ([QUEUED, STARTED], False),
    ],
)
def test_the_table_of_endings(events: list[e.Event], fits: bool) -> None:
    assert follows_the_table(events) is fits


def test_position_and_changes_of_the_rate() -> None:
    state = after(QUEUED)
    assert (state.step, state.epoch, state.total_steps) == (0, 0, 0)
    state = after(QUEUED, STARTED)
    assert (state.step, state.epoch, state.total_steps) == (0, 0, 300)
    state = after(QUEUED, STARTED, batch(7, epoch=2), e.LearningRateChanged(3.0, 7, 0.5, "visitor"))
    assert (state.step, state.epoch, state.rate_changes[-1].learning_rate) == (7, 2, 0.5)


def test_speed_is_that_of_the_last_steps() -> None:
    assert after(QUEUED, STARTED, batch(1, 0.1)).images_per_second is None
    # A slow first batch, then 100 ms each.
    state = after(QUEUED, STARTED, batch(1, 9.0), batch(2, 9.1), batch(3, 9.2))
    assert state.images_per_second == pytest.approx(320)
    assert state.seconds_left == pytest.approx(297 / 10)
    # The first ones are forgotten after the window.
    for step in range(4, RATE_WINDOW + 10):
        state = state.apply(batch(step, 9.2 + step))
    assert state.images_per_second == pytest.approx(32)


def test_no_speed_without_time_and_none_left_after_the_end() -> None:
    assert after(QUEUED, STARTED, batch(1, 1.0), batch(2, 1.0)).images_per_second is None
    ended = after(QUEUED, STARTED, batch(1, 1.0), batch(2, 2.0), STOPPED)
    assert ended.seconds_left is None
    assert after(QUEUED, batch(1, 1.0), batch(2, 2.0)).seconds_left is None


def test_a_later_evaluation_of_a_split_replaces_the_earlier() -> None:
    first = e.Evaluated(1.0, "test", 0.5, 0.8, 100)
    second = replace(first, accuracy=0.9)
    train = replace(first, split="train")
    assert after(first, train, second).evaluated == {"test": second, "train": train}


def test_history_is_a_sequence() -> None:
    history = History[int]().added(1).added(2).added(3)
    assert len(history) == 3
    assert list(history) == [1, 2, 3]
    assert (history[0], history[-1], history[1:]) == (1, 3, [2, 3])
    assert history[::-1] == [3, 2, 1]
    assert 2 in history
    assert not History[int]()
    for index in (3, -4):
        with pytest.raises(IndexError):
            history[index]


def test_older_versions_do_not_see_what_was_added() -> None:
    old = History[int]().added(1)
    new = old.added(2)
    assert (list(old), len(old), old[-1], old[:]) == ([1], 1, 1, [1])
    with pytest.raises(IndexError):
        old[1]
    branch = old.added(3)
    assert (list(old), list(new), list(branch)) == ([1], [1, 2], [1, 3])
    assert list(new.added(4)) == [1, 2, 4]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers()), max_size=40))
def test_history_agrees_with_tuples(growth: list[tuple[int, int]]) -> None:
    """Any version may grow at any time; all others stay what they were."""
    versions: list[tuple[History[int], tuple[int, ...]]] = [(History(), ())]
    for which, item in growth:
        history, plain = versions[which % len(versions)]
        versions.append((history.added(item), (*plain, item)))
    assert [tuple(history) for history, _ in versions] == [plain for _, plain in versions]


def test_growing_shares_its_items() -> None:
    history = History[int]()
    for step in range(1_000):
        history = history.added(step)
    assert history.added(0)._items is history._items
