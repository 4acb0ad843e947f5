"""LocalBackend: what the server holds. Queues runs, starts workers, looks after them.

It has no state of a run that is not also in the run's directory: a server that starts finds the
runs of the one before, queues those that wait, and looks after those that train.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any, Literal

import numpy as np

from fmnist_core import models
from fmnist_core.errors import EngineError, LabError, RunNotFoundError
from fmnist_core.eventlog import Tail
from fmnist_core.experiment import Experiment
from fmnist_core.jobs import processes, supervisor, wire
from fmnist_core.jobs.engine import EngineClient
from fmnist_core.jobs.launch import Launch, start_fresh
from fmnist_core.jobs.processes import Identity
from fmnist_core.jobs.queue import FairQueue
from fmnist_core.jobs.supervisor import Patience, Watch
from fmnist_core.jobs.worker import PRELOAD, read_identity
from fmnist_core.mobilenet import MobileNet
from fmnist_core.run import Run
from fmnist_core.runs import Command, RunStore
from fmnist_core.search import Search
from fmnist_core.transfer import Transfer

TICK_SECONDS = 0.5
SCAN_SECONDS = 2.0
MOST_PAUSED = 3
"""Paused runs that leave their slots to those who wait. Each keeps its half a gigabyte
(docs/benchmarks), so more do not."""
Holds = Literal["nothing", "paused", "computes"]
_log = logging.getLogger(__name__)


def default_slots() -> int:
    """Runs that train at the same time: two cores each. Those that are resumed come on top."""
    return max(1, (os.cpu_count() or 1) // 2)


class LocalBackend:
    """Runs on this machine. Safe to share between threads.

    Args:
        slots: runs that train at the same time; half the cores by default.
        threads: TensorFlow threads of each; by default the slots share the cores.
    """

    def __init__(
        self,
        store: RunStore,
        slots: int | None = None,
        threads: int | None = None,
        *,
        preload: str = PRELOAD,
        patience: Patience | None = None,
    ) -> None:
        cores = os.cpu_count() or 1
        self.store = store
        self.slots = slots or default_slots()
        self.threads = threads or max(1, cores // self.slots)
        self._patience = patience or Patience()
        self._engine = EngineClient(
            store.root, self._engine_changed, model_threads=cores, preload=preload
        )
        self._lock = threading.RLock()
        self._queue = FairQueue()
        self._launches: dict[str, Launch] = {}
        self._watches: dict[str, Watch] = {}
        self._ended: set[str] = set()
        self._troubled: set[str] = set()
        self._scanned: float | None = None
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the engine host and the supervisor in the background; returns at once."""
        self._engine.start()
        self._thread.start()

    def close(self) -> None:
        """End the host and the model workers. Runs that train go on; the next server finds them."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._engine.close()

    @property
    def ready(self) -> bool:
        """The engine answers, and runs start warm."""
        return self._engine.ready

    def seconds_until_ready(self) -> float | None:
        """0 when ready; else by how long the last start took; None when that is not known."""
        return self._engine.seconds_until_ready()

    def submit(self, experiment: Experiment, owner: str = "", parent: str | None = None) -> Run:
        """Queue a run; it starts as soon as the engine is warm and a slot is free.

        Raises:
            ExperimentError: it cannot or may not be trained.
        """
        return self._queued(self.store.create(experiment, owner, parent))

    def submit_search(self, search: Search, owner: str = "", earlier: str | None = None) -> Run:
        """Queue a search, which may go on from an ``earlier`` one's trials.

        Raises:
            ExperimentError: it cannot or may not be searched.
        """
        return self._queued(self.store.create_search(search, owner, earlier))

    def submit_transfer(
        self, transfer: Transfer, owner: str = "", earlier: str | None = None
    ) -> Run:
        """Queue a comparison, which keeps what an ``earlier`` one has measured.

        Raises:
            ExperimentError: its network cannot or may not be trained.
        """
        return self._queued(self.store.create_transfer(transfer, owner, earlier))

    def submit_mobilenet(self, study: MobileNet, owner: str = "") -> Run:
        """Queue a run with MobileNetV2."""
        return self._queued(self.store.create_mobilenet(study, owner))

    def _queued(self, run: Run) -> Run:
        with self._lock:
            self._queue.add(run.id, run.owner)
        self._wake.set()
        return run

    def position(self, run_id: str) -> int | None:
        """Runs that start before it, 0 for the next one; None when it does not wait."""
        with self._lock:
            return self._queue.position(run_id)

    def command(self, run_id: str, command: Command, value: float | None = None) -> None:
        """Ask a run for something. A run that waits is stopped at once.

        Raises:
            RunError: it has ended, or the value is not one.
        """
        if command == "stop" and self._stop_waiting(self.store.get(run_id)):
            return
        self.store.command(run_id, command, value)
        self._wake.set()

    def call(
        self, operation: str, params: dict[str, Any], arrays: wire.Arrays, timeout: float = 30.0
    ) -> tuple[dict[str, Any], wire.Arrays]:
        """Run one of the engine's operations in a model worker.

        Raises:
            EngineBusyError: the engine is still starting.
            EngineError: it failed, died or took longer than ``timeout`` seconds.
            LabError: what the operation itself refuses.
        """
        return self._engine.call(operation, params, arrays, timeout)

    def _stop_waiting(self, run: Run) -> bool:
        with self._lock:
            if run.id in self._launches:
                return False
            self._queue.remove(run.id)
        return supervisor.stop_waiting(self.store, run)

    def _engine_changed(self) -> None:
        self._wake.set()
        if self._engine.ready:
            threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        """Load the models that the first pages ask, before they ask."""
        picture = {"pictures": np.zeros((1, 28, 28, 1), np.float32)}
        try:
            for ref in (models.default_for_pictures(), models.default_model()):
                self.call("predict", {"model": ref}, picture)
        except LabError as error:
            _log.info("No warm-up: %s", error)

    # The supervisor's thread.

    def _supervise(self) -> None:
        while not self._closing:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - a full disk, a bug: the other runs still need looking after
                _log.exception("The supervisor could not look after the runs.")

    def _tick(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._scanned is None or now - self._scanned > SCAN_SECONDS:
                self._scan(first=self._scanned is None)
                self._scanned = now
            held = [self._looked_after(run_id, now) for run_id in list(self._watches)]
            busy = held.count("computes") + max(0, held.count("paused") - MOST_PAUSED)
            if not self._engine.starting:
                self._start_waiting(self.slots - busy)

    def _scan(self, first: bool) -> None:
        """Find runs that have not ended, whoever started them; those that wait since before this
        server are queued again."""
        for run in sorted(self.store.everything(), key=lambda run: run.created):
            if run.recorded or run.id in self._ended or run.id in self._watches:
                continue
            if supervisor.has_ended(run):
                self._ended.add(run.id)
                continue
            self._watches[run.id] = Watch(Tail(run.commands_path))
            if first and read_identity(run) is None:
                self._queue.add(run.id, run.owner)

    def _looked_after(self, run_id: str, now: float) -> Holds:
        """``_look_after``, or a line in the log: one bad run does not stop the others."""
        try:
            return self._look_after(run_id, now)
        except Exception:  # noqa: BLE001 - another user's directory, a full disk, a bug
            if run_id not in self._troubled:  # it is tried again at every tick
                self._troubled.add(run_id)
                _log.exception("Run %s could not be looked after.", run_id)
            return "nothing"

    def _look_after(self, run_id: str, now: float) -> Holds:
        """Do what this run needs. What it holds of the machine."""
        watch = self._watches[run_id]
        try:
            run, state = self.store.get(run_id), self.store.state(run_id)
        except RunNotFoundError:  # deleted
            self._forget(run_id)
            return "nothing"
        watch.look(state, now)
        launch = self._launches.get(run_id)
        if state.ended:
            if launch is None or not launch.alive():
                self._forget(run_id)
            return "nothing"
        worker = read_identity(run)
        if launch is None and worker is None:
            return "nothing"  # it waits
        alive = bool(worker and processes.alive(worker)) or bool(launch and launch.alive())
        stopping = watch.terminated is not None and supervisor.says_stopping(run)
        action = supervisor.decide(
            watch, now, alive=alive, stopping=stopping, patience=self._patience
        )
        self._do(action, run, watch, worker, now)
        if action == "settle":
            return "nothing"
        paused = state.status == "paused" and watch.stop_asked is None
        return "paused" if paused else "computes"

    def _do(
        self,
        action: supervisor.Action,
        run: Run,
        watch: Watch,
        worker: Identity | None,
        now: float,
    ) -> None:
        launch = self._launches.get(run.id)
        meant = [who for who in (worker, launch.who() if launch else None) if who]
        if action == "settle":
            supervisor.settle(self.store, run)
        elif action == "terminate":
            watch.terminated = now
            for who in meant:
                processes.terminate(who)
        elif action in ("kill", "restart"):
            for who in meant:
                processes.kill(who)
        if action == "restart":
            _log.warning("The forked worker of %s did not start; starting a fresh one.", run.id)
            watch.forked_at = None
            self._launches[run.id] = Launch(process=start_fresh(run, self.threads))

    def _forget(self, run_id: str) -> None:
        self._ended.add(run_id)
        self._watches.pop(run_id, None)
        self._launches.pop(run_id, None)

    def _start_waiting(self, free: int) -> None:
        while free > 0 and (run_id := self._queue.pop()):
            try:
                run = self.store.get(run_id)
            except RunNotFoundError:  # deleted while it waited
                continue
            worker = read_identity(run)
            if self.store.outline(run_id).ended or (worker and processes.alive(worker)):
                continue  # another server was first
            self._launch(run)
            free -= 1

    def _launch(self, run: Run) -> None:
        watch = self._watches.setdefault(run.id, Watch(Tail(run.commands_path)))
        if self._engine.forks:
            try:
                answer = self._engine.fork(run.directory, self.threads)
            except EngineError:  # it ended this moment
                pass
            else:
                watch.forked_at = time.monotonic()
                self._launches[run.id] = Launch(answer=answer)
                return
        self._launches[run.id] = Launch(process=start_fresh(run, self.threads))
