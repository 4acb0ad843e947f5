"""What is done about a run, without processes and without a clock; and what a dead one is told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fmnist_core import events as e
from fmnist_core.eventlog import Tail
from fmnist_core.jobs import processes, supervisor
from fmnist_core.jobs.supervisor import Patience, Watch, decide
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore

PATIENCE = Patience(start=15, stop=10, terminate=3, stopping=60)
STARTED = e.RunStarted(
    time=1,
    pid=1,
    threads=1,
    epochs=2,
    steps_per_epoch=10,
    total_steps=20,
    train_n=100,
    validation_n=10,
    batch_size=10,
    learning_rate=0.1,
    forked=True,
)
BATCH = e.BatchEnded(time=2, step=7, epoch=1, loss=1.0, accuracy=0.5, seconds=0.7)
SAVED = e.CheckpointSaved(time=2, step=5, epoch=1, file="checkpoints/step-000005.npz")
RUNNING = RunState().apply(STARTED)


def watch(state: RunState = RUNNING, **known: float | None) -> Watch:
    return Watch(Tail(Path("no commands")), state, **known)  # type: ignore[arg-type]


def action(seen: Watch, now: float, *, alive: bool = True, stopping: bool = False) -> str:
    return decide(seen, now, alive=alive, stopping=stopping, patience=PATIENCE)


def test_a_worker_that_trains_is_left_alone_however_long_it_is_silent() -> None:
    assert action(watch(), now=1e6) == "wait"


def test_a_dead_worker_s_run_is_settled() -> None:
    assert action(watch(), now=1, alive=False) == "settle"


def test_a_fork_that_hangs_or_dies_at_once_is_replaced() -> None:
    forked = watch(RunState(), forked_at=100.0)

    assert action(forked, now=114) == "wait"
    assert action(forked, now=116) == "restart"
    assert action(forked, now=101, alive=False) == "restart"


def test_a_fresh_worker_may_take_its_time_and_is_not_replaced() -> None:
    fresh = watch(RunState(), forked_at=None)

    assert action(fresh, now=1000) == "wait"
    assert action(fresh, now=1000, alive=False) == "settle"


def test_a_fork_that_began_is_not_replaced() -> None:
    assert action(watch(forked_at=100.0), now=1000) == "wait"


def test_a_stop_that_shows_no_effect_becomes_a_signal() -> None:
    asked = watch(stop_asked=100.0)

    assert action(asked, now=109) == "wait"
    assert action(asked, now=111) == "terminate"


def test_a_worker_that_still_reports_is_given_more_time_to_stop() -> None:
    assert action(watch(stop_asked=100.0, changed=108.0), now=117) == "wait"


def test_a_signal_without_effect_becomes_a_kill_unless_the_worker_answered_it() -> None:
    terminated = watch(stop_asked=100.0, terminated=111.0)

    assert action(terminated, now=113) == "wait"
    assert action(terminated, now=115) == "kill"
    assert action(terminated, now=115, stopping=True) == "wait"
    assert action(terminated, now=172, stopping=True) == "kill"


def test_a_fork_that_is_stopped_before_it_trains_is_not_replaced() -> None:
    assert action(watch(RunState(), forked_at=1.0, stop_asked=2.0), 3, alive=False) == "settle"


def test_looking_notes_events_and_the_first_stop(store: RunStore, run: Run) -> None:
    seen = Watch(Tail(run.commands_path))
    store.command(run.id, "pause")
    seen.look(store.state(run.id), now=5)
    assert (seen.changed, seen.stop_asked) == (5, None)

    store.command(run.id, "stop")
    seen.look(store.state(run.id), now=6)
    store.command(run.id, "stop")
    seen.look(store.state(run.id), now=7)
    assert (seen.changed, seen.stop_asked) == (5, 6)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", recorded=tmp_path / "none", clock=lambda: 1e9)


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(preset("mlp-128").experiment)


def test_a_killed_run_has_failed_says_where_and_what_is_kept(store: RunStore, run: Run) -> None:
    store.append(run.id, STARTED, BATCH, SAVED)

    supervisor.settle(store, run)
    supervisor.settle(store, run)  # the second time there is nothing to do

    ending = store.state(run.id).ending
    assert isinstance(ending, e.RunFailed)
    assert ending.step == 7
    assert "at step 7." in ending.reason
    assert "up to step 5 is kept" in ending.reason
    names = [record["event"] for record in Tail(run.events_path).read()]
    assert names.count("RunFailed") == 1


def test_a_search_killed_in_its_first_trial_has_nothing_yet(store: RunStore, run: Run) -> None:
    store.append(run.id, STARTED, e.TrialStarted(2, 0, ("training.epochs",), (3,), 1))
    supervisor.settle(store, run)
    ending = store.state(run.id).ending
    assert ending is not None
    assert ending.reason.endswith("ran out of memory. Nothing that it learned had been saved yet.")


def test_a_killed_search_says_that_its_trials_are_kept(store: RunStore, run: Run) -> None:
    tried = e.TrialStarted(2, 0, ("training.epochs",), (3,), 1)
    store.append(run.id, STARTED, tried, e.TrialEnded(3, 0, (0.5,), 6_000, 1.5))
    store.append(run.id, e.TrialStarted(4, 1, ("training.epochs",), (5,), 1))
    supervisor.settle(store, run)
    ending = store.state(run.id).ending
    assert ending is not None
    assert ending.reason.endswith("ran out of memory. 1 trial that had ended is kept.")


def test_a_run_killed_while_it_was_to_stop_has_stopped(store: RunStore, run: Run) -> None:
    store.append(run.id, STARTED, BATCH)
    store.command(run.id, "stop")

    supervisor.settle(store, run)

    ending = store.state(run.id).ending
    assert isinstance(ending, e.RunStopped)
    assert (ending.step, ending.seconds) == (7, 0.7)
    assert "Nothing that it learned had been saved" in ending.reason


def test_a_run_whose_worker_lives_is_not_settled(store: RunStore, run: Run) -> None:
    me = processes.identify(os.getpid())
    assert me is not None
    (run.directory / "worker.json").write_text(json.dumps(me.to_json()))

    supervisor.settle(store, run)
    assert not supervisor.stop_waiting(store, run)
    assert not store.state(run.id).ended

    (run.directory / "worker.json").write_text(json.dumps(me.to_json() | {"start_time": 1}))
    supervisor.settle(store, run)
    assert store.state(run.id).status == "failed"


def test_a_waiting_run_stops_at_once_and_only_once(store: RunStore, run: Run) -> None:
    assert supervisor.stop_waiting(store, run)
    assert not supervisor.stop_waiting(store, run)

    ending = store.state(run.id).ending
    assert isinstance(ending, e.RunStopped)
    assert (ending.step, ending.reason) == (0, "Stopped before it began.")


def test_the_last_line_tells_whether_a_run_has_ended(store: RunStore, run: Run) -> None:
    assert not supervisor.has_ended(run)
    store.append(run.id, STARTED, *[BATCH] * 100)
    assert not supervisor.has_ended(run)
    store.append(run.id, e.RunFailed(3, 7, "no reason " * 50))
    assert supervisor.has_ended(run)
