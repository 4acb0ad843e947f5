"""What must be done about a run whose worker is silent, stuck or dead.

``decide`` is pure and says what; ``settle`` writes the ending that a dead worker cannot write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fmnist_core.eventlog import Tail
from fmnist_core.events import ENDINGS, RunFailed, RunStopped
from fmnist_core.jobs import processes
from fmnist_core.jobs.worker import STOPPING, read_identity
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.wording import count

Action = Literal["wait", "restart", "terminate", "kill", "settle"]


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    start: float = 15.0
    """From a fork to RunStarted; then the worker is taken for hung and replaced by a fresh one."""
    stop: float = 10.0
    """Without any event after a stop was asked; then SIGTERM."""
    terminate: float = processes.PATIENCE
    """After SIGTERM; then SIGKILL."""
    stopping: float = 120.0
    """After a SIGTERM that the worker understood: it evaluates what was learned."""


@dataclass
class Watch:
    """What the supervisor remembers of a run that has not ended."""

    commands: Tail
    state: RunState = field(default_factory=RunState)
    changed: float = 0.0
    """When its last event was seen. All times are of one monotonic clock."""
    forked_at: float | None = None
    """When a fork was asked for; None for a fresh worker, or another server's."""
    stop_asked: float | None = None
    terminated: float | None = None

    def look(self, state: RunState, now: float) -> None:
        """Take note of new events and of a new command to stop."""
        if state is not self.state:
            self.state, self.changed = state, now
        for record in self.commands.read():
            if record.get("command") == "stop" and self.stop_asked is None:
                self.stop_asked = now


def decide(watch: Watch, now: float, *, alive: bool, stopping: bool, patience: Patience) -> Action:
    """What to do about a run that has, or had, a worker.

    Args:
        alive: its process is there.
        stopping: it said that it understood SIGTERM.
    """
    waits_for_fork = watch.forked_at is not None and watch.state.started is None
    if not alive:
        # Died in the fork before it trained: a fresh process may do better.
        return "restart" if waits_for_fork and watch.stop_asked is None else "settle"
    if watch.terminated is not None:
        limit = patience.stopping if stopping else patience.terminate
        return "kill" if now - max(watch.terminated, watch.changed) > limit else "wait"
    if watch.stop_asked is not None:
        quiet = now - max(watch.stop_asked, watch.changed)
        return "terminate" if quiet > patience.stop else "wait"
    if waits_for_fork and now - (watch.forked_at or now) > patience.start:
        return "restart"
    return "wait"


def says_stopping(run: Run) -> bool:
    try:
        return (run.directory / "heartbeat").read_text() == STOPPING
    except OSError:
        return False


def settle(store: RunStore, run: Run) -> None:
    """End a run whose worker is gone: stopped if that was asked for, else failed.

    Does nothing when the run has ended or a living worker has it.
    """
    with run.lock():
        state = store.state(run.id)
        worker = read_identity(run)
        if state.ended or (worker and processes.alive(worker)):
            return
        commands = Tail(run.commands_path).read()
        if any(record.get("command") == "stop" for record in commands):
            reason = f"Stopped: the training process gave no answer and was ended. {_kept(state)}"
            seconds = state.batches[-1].seconds if state.batches else 0.0
            store.append(run.id, RunStopped(store.clock(), state.step, reason, seconds=seconds))
        else:
            store.append(run.id, RunFailed(store.clock(), state.step, _cause(state)))


def stop_waiting(store: RunStore, run: Run) -> bool:
    """Stop a run that no worker has. False when it has ended or a worker has it."""
    with run.lock():
        state = store.state(run.id)
        worker = read_identity(run)
        if state.status != "queued" or (worker and processes.alive(worker)):
            return False
        store.append(run.id, RunStopped(store.clock(), 0, "Stopped before it began."))
    return True


def has_ended(run: Run) -> bool:
    """Whether the last line of its events is an ending."""
    return run.last_event in {kind.__name__ for kind in ENDINGS}


def _cause(state: RunState) -> str:
    if state.started is None:
        return (
            "The training process ended before its first step: killed, or out of memory. "
            "Start the run again."
        )
    where = f" at step {state.step:,}" if state.step else " before its first step"
    if state.trials or state.transfers or state.stages:  # a study counts none
        where = ""
    return f"The training process was killed or ran out of memory{where}. {_kept(state)}"


def _kept(state: RunState) -> str:
    if state.trials or state.transfers:
        trials = [trial for trial in state.trials.values() if trial.ended]
        n, what = len(trials or state.transfers), "trial" if state.trials else "training"
        if n:
            return f"{count(n, what).capitalize()} that had ended {'is' if n == 1 else 'are'} kept."
    if not state.checkpoints:
        return "Nothing that it learned had been saved yet."
    return f"What it had learned up to step {state.checkpoints[-1].step:,} is kept."
