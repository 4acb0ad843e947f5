"""What a run obeys while it trains: pause, step, another learning rate, stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fmnist_core import events as e
from fmnist_core.engine.checkpoints import checkpoint_name
from fmnist_core.engine.weights import load_model, load_weights
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from tests.engine.conforming import assert_conforms, events_of
from tests.engine.conftest import TEST, Trainer, tiny


def test_commands_are_obeyed_in_order(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny())
    store.command(run.id, "pause")
    store.command(run.id, "step")
    store.command(run.id, "step")
    store.command(run.id, "set_learning_rate", 0.5)
    store.command(run.id, "resume")
    state = trained(run)
    assert_conforms(run)
    kinds = (e.Paused, e.Resumed, e.BatchEnded, e.LearningRateChanged)
    happened = [event for event in events_of(run) if isinstance(event, kinds)]
    assert [type(event) for event in happened[:6]] == [
        e.Paused,
        e.BatchEnded,
        e.BatchEnded,
        e.LearningRateChanged,
        e.Resumed,
        e.BatchEnded,
    ]
    assert state.rate_changes[-1].learning_rate == 0.5
    assert state.status == "finished"


def test_a_rate_set_by_hand_changes_what_is_learned(store: RunStore, trained: Trainer) -> None:
    run = store.create(tiny(optimizer="sgd", epochs=1))
    store.command(run.id, "set_learning_rate", 1e-9)
    trained(run)
    model = load_model(run.experiment, run.directory / "checkpoints" / checkpoint_name(0))
    before = model.get_weights()[0]
    load_weights(model, run.directory / "weights.npz")
    np.testing.assert_allclose(model.get_weights()[0], before, atol=1e-6)


def visit(store: RunStore, run: Run, visitor: Callable[[Callable[..., None]], None]) -> Any:
    """A visitor in a thread of their own, who waits for what they see, not for time."""

    def until(seen: Callable[[RunState], bool]) -> None:
        while not seen(store.state(run.id)):
            time.sleep(0.005)

    thread = threading.Thread(target=visitor, args=(until,), daemon=True)
    thread.start()
    return thread


def test_a_visitor_pauses_steps_and_stops_a_running_network(
    store: RunStore, trained: Trainer
) -> None:
    run = store.create(tiny(epochs=1000))
    paused_at: list[int] = []

    def visitor(until: Callable[..., None]) -> None:
        until(lambda state: state.step >= 20)
        store.command(run.id, "pause")
        until(lambda state: state.status == "paused")
        paused_at.append(store.state(run.id).step)
        store.command(run.id, "step")
        until(lambda state: state.step == paused_at[0] + 1)
        store.command(run.id, "resume")
        until(lambda state: state.step >= paused_at[0] + 10)
        store.command(run.id, "stop")

    thread = visit(store, run, visitor)
    state = trained(run)
    thread.join()
    assert_conforms(run)
    assert isinstance(state.ending, e.RunStopped)
    assert state.ending.reason == f"Stopped after step {state.step:,}."
    assert paused_at[0] + 10 <= state.step < 9000
    assert set(state.evaluated) == {"train", "validation", "test"}
    model = load_model(run.experiment, run.directory / "checkpoints" / checkpoint_name(state.step))
    kept = load_model(run.experiment, run.directory / "weights.npz")
    np.testing.assert_array_equal(model.get_weights()[0], kept.get_weights()[0])


def test_stop_before_the_first_step_keeps_the_untrained_network(
    store: RunStore, trained: Trainer
) -> None:
    run = store.create(tiny())
    store.command(run.id, "stop")
    state = trained(run)
    assert_conforms(run)
    assert isinstance(state.ending, e.RunStopped)
    assert (state.step, state.ending.images_per_second) == (0, 0.0)
    assert state.evaluated["test"].n == TEST
