"""The whole life of runs on a real backend: host, forks, TensorFlow, the real pictures.

One backend serves all tests of the module, because each costs a TensorFlow import. Every test
ends what it began, so that the single slot is free for the next.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist_core.errors import EngineBusyError, EngineError, LabError, RunError, RunNotFoundError
from fmnist_core.events import Paused, Resumed, RunFailed, RunStarted, RunStopped
from fmnist_core.experiment import Experiment
from fmnist_core.jobs import local, processes
from fmnist_core.jobs.local import LocalBackend
from fmnist_core.jobs.supervisor import Patience
from fmnist_core.jobs.worker import read_identity
from fmnist_core.model_server import ModelServer
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from tests.jobs.waiting import until
from tests.projectfiles import ROOT

# Minutes, not hours: whoever is left over when a test run is killed ends by itself.
ENDLESS = with_settings(preset("mlp-128").experiment, ["training.steps=200000"])
SHORT = with_settings(preset("mlp-128").experiment, ["training.steps=20"])
PICTURES = np.linspace(0, 1, 2 * 784, dtype=np.float32).reshape(2, 28, 28, 1)

pytestmark = pytest.mark.timeout(600)


class Lab:
    """A store with its backend, and shorthands."""

    def __init__(self, root: Path) -> None:
        self.store = RunStore(root, recorded=root / "none")
        self.backend = self.start()

    def start(self) -> LocalBackend:
        self.backend = LocalBackend(self.store, slots=1, threads=1, patience=Patience(stop=3))
        self.backend.start()
        return self.backend

    def submit(self, experiment: Experiment = ENDLESS, owner: str = "") -> Run:
        return self.backend.submit(experiment, owner)

    def state(self, run: Run) -> RunState:
        return self.store.state(run.id)

    def training(self, run: Run) -> RunState:
        """Its state, once it trains."""
        until(lambda: self.state(run).batches, f"batches of {run.id}")
        return self.state(run)

    def ended(self, run: Run) -> RunState:
        until(lambda: self.state(run).ended, f"the end of {run.id}")
        return self.state(run)

    def stop(self, run: Run) -> RunState:
        self.backend.command(run.id, "stop")
        return self.ended(run)

    def host(self) -> psutil.Process:
        """The engine host: the one child of this process that runs it."""
        return next(
            child
            for child in psutil.Process().children()
            if "fmnist_core.jobs.host" in words(child)
        )

    def forked(self) -> list[psutil.Process]:
        """Everything forked from the warm process: the model worker, and training workers."""
        (warm,) = (
            child
            for child in self.host().children()
            if any("multiprocessing.forkserver" in word for word in words(child))
        )
        return list(warm.children())


def words(process: psutil.Process) -> list[str]:
    """Its command line; nothing for one that has ended and was not collected yet."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie too
        return []


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab") / "runs")
    with pytest.raises(EngineBusyError, match="is starting"):
        made.backend.call("ping", {}, {})
    until(lambda: made.backend.ready, "the engine")
    yield made
    made.backend.close()
    for run in made.store.list():
        if worker := read_identity(run):
            processes.kill(worker)


def test_a_run_obeys_its_visitor_and_keeps_what_it_learned(lab: Lab) -> None:
    run = lab.submit()
    started = lab.training(run).started
    assert started is not None
    assert started.forked
    assert started.threads == 1
    assert lab.backend.position(run.id) is None
    worker = read_identity(run)
    assert worker is not None
    assert worker.pid == started.pid

    lab.backend.command(run.id, "pause")
    until(lambda: lab.state(run).status == "paused", "the pause")
    step = lab.state(run).step
    lab.backend.command(run.id, "step")
    until(lambda: lab.state(run).step > step, "the step")
    lab.backend.command(run.id, "set_learning_rate", 0.5)
    until(lambda: [each.learning_rate for each in lab.state(run).rate_changes] == [0.5], "the rate")
    assert (lab.state(run).status, lab.state(run).step) == ("paused", step + 1)
    lab.backend.command(run.id, "resume")
    until(lambda: lab.state(run).step > step + 50, "going on")

    state = lab.stop(run)

    assert isinstance(state.ending, RunStopped)
    assert {split: scores.n for split, scores in state.evaluated.items()} == {
        "train": 10_000,
        "validation": 6_000,
        "test": 10_000,
    }
    assert (run.directory / "model.keras").is_file()
    assert processes.wait(worker, 60)
    with pytest.raises(RunError, match="has ended"):
        lab.backend.command(run.id, "pause")

    probabilities = ModelServer(lab.backend).predict(run.id, PICTURES)
    assert probabilities.shape == (2, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)


def test_a_network_can_be_asked_while_it_learns(lab: Lab) -> None:
    run = lab.submit()
    until(lambda: lab.state(run).checkpoints, "a checkpoint")

    maps = ModelServer(lab.backend).feature_maps(run.id, PICTURES[1])

    assert maps[0].maps.shape == (28, 28, 1)
    np.testing.assert_allclose(maps[0].maps, PICTURES[1], atol=1e-6)
    assert maps[-1].maps.shape == (10,)
    assert lab.state(run).active
    lab.stop(run)


def test_what_the_engine_refuses_arrives_as_what_it_was(lab: Lab) -> None:
    server = ModelServer(lab.backend)

    with pytest.raises(RunNotFoundError, match="no run 'nobody'"):
        server.predict("nobody", PICTURES)
    with pytest.raises(EngineError, match="no operation 'eval'"):
        lab.backend.call("eval", {}, {})
    with pytest.raises(EngineError, match="failed at 'predict' \\(KeyError\\)"):
        lab.backend.call("predict", {}, {})
    assert lab.backend.call("ping", {}, {})[1] == {}


def test_one_slot_trains_one_run_and_the_others_know_their_place(lab: Lab) -> None:
    running = lab.submit(owner="ada")
    lab.training(running)
    second, third, other = (
        lab.submit(owner="ada"),
        lab.submit(SHORT, owner="ada"),
        lab.submit(owner="bob"),
    )

    assert [lab.backend.position(run.id) for run in (other, second, third)] == [0, 1, 2]
    lab.backend.command(other.id, "stop")
    lab.backend.command(second.id, "stop")

    for run in (other, second):
        ending = lab.state(run).ending
        assert isinstance(ending, RunStopped)
        assert ending.reason == "Stopped before it began."
    assert lab.backend.position(third.id) == 0
    assert lab.state(third).status == "queued"

    lab.stop(running)
    assert lab.ended(third).status == "finished"
    assert lab.state(third).step == 20


def test_a_killed_worker_s_run_has_failed_and_the_next_one_starts(lab: Lab) -> None:
    run, following = lab.submit(), lab.submit(SHORT)
    lab.training(run)
    worker = read_identity(run)
    assert worker is not None

    os.kill(worker.pid, signal.SIGKILL)

    state = lab.ended(run)
    assert isinstance(state.ending, RunFailed)
    assert "killed or ran out of memory at step" in state.ending.reason
    assert state.batches
    assert lab.ended(following).status == "finished"


def test_a_worker_that_hears_nothing_is_ended_and_its_run_has_stopped(lab: Lab) -> None:
    run = lab.submit()
    lab.training(run)
    worker = read_identity(run)
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)  # stands for a deadlock: alive, and deaf to SIGTERM

    state = lab.stop(run)

    assert isinstance(state.ending, RunStopped)
    assert "gave no answer" in state.ending.reason
    assert not processes.alive(worker)


def test_a_dead_model_worker_is_replaced(lab: Lab) -> None:
    run = lab.submit(SHORT)
    lab.ended(run)
    server = ModelServer(lab.backend)
    assert answers(server, run)
    (model_worker,) = until(lambda: only(lab.forked()), "the training worker's exit")

    model_worker.kill()

    assert until(lambda: answers(server, run), "an answer")
    assert lab.forked() != [model_worker]


def only(found: list[psutil.Process]) -> list[psutil.Process] | None:
    return found if len(found) == 1 else None


def answers(server: ModelServer, run: Run) -> bool:
    try:
        return server.predict(run.id, PICTURES).shape == (2, 10)
    except LabError:
        return False


def test_training_outlives_host_and_server_and_the_next_server_finds_everything(lab: Lab) -> None:
    running, waiting = lab.submit(), lab.submit(SHORT)
    lab.training(running)
    server = ModelServer(lab.backend)

    lab.host().kill()
    until(lambda: not lab.backend.ready, "the loss of the host")
    step = lab.state(running).step
    until(lambda: lab.state(running).step > step, "training without a host")
    lab.backend.close()

    lab.store = RunStore(lab.store.root, recorded=lab.store.recorded)  # a server remembers nothing
    lab.start()
    assert until(lambda: lab.backend.position(waiting.id) == 0, "the queue")
    assert lab.backend.seconds_until_ready() is not None  # measured at the last start
    until(lambda: lab.backend.ready, "the engine")
    step = lab.state(running).step
    until(lambda: lab.state(running).step > step, "training under the next server")
    assert lab.state(waiting).status == "queued"  # the slot is taken by a run of the last server

    worker = read_identity(running)
    assert worker is not None
    processes.kill(worker)
    assert lab.ended(running).status == "failed"
    assert lab.ended(waiting).status == "finished"
    assert answers(ModelServer(lab.backend), waiting)
    with pytest.raises(EngineError):
        server.predict(waiting.id, PICTURES)  # the closed one says so and does not hang


SERVER = """
import sys
from pathlib import Path
import numpy as np
from fmnist_core.jobs.local import LocalBackend
from fmnist_core.model_server import ModelServer
from fmnist_core.runs import RunStore
from tests.jobs.waiting import until

backend = LocalBackend(RunStore(Path(sys.argv[1])), slots=1, threads=1)
backend.start()
try:
    until(lambda: backend.ready, "the engine")
    chances = ModelServer(backend).predict("quick", np.zeros((1, 28, 28, 1), np.float32))
    print(chances.shape, sorted({"tensorflow", "keras"} & set(sys.modules)))
finally:
    backend.close()
"""


def test_the_server_never_imports_tensorflow(tmp_path: Path) -> None:
    # A process of its own: other tests import TensorFlow into this one.
    done = subprocess.run(
        [sys.executable, "-c", SERVER, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.returncode) == ("(1, 10) []", 0), done.stderr


def test_a_run_that_cannot_be_looked_after_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = RunStore(tmp_path / "runs", recorded=tmp_path / "none")
    bad, good = store.create(ENDLESS), store.create(ENDLESS)
    backend = LocalBackend(store, slots=1)  # nothing is started: its ticks are made by hand
    looked: list[str] = []

    def look_after(run_id: str, _: float) -> str:
        looked.append(run_id)
        if run_id == bad.id:
            raise PermissionError("somebody else's directory")
        return "nothing"

    monkeypatch.setattr(backend, "_look_after", look_after)
    monkeypatch.setattr(backend, "_start_waiting", lambda slots: looked.append(f"{slots} free"))
    for _ in range(2):
        backend._tick()
    assert looked == [bad.id, good.id, "1 free"] * 2
    (logged,) = caplog.records
    assert bad.id in logged.getMessage()


def test_a_paused_run_leaves_its_slot_to_those_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path / "runs", recorded=tmp_path / "none")
    run = store.create(ENDLESS)
    backend = LocalBackend(store, slots=1)
    me = processes.identify(os.getpid())
    monkeypatch.setattr(local, "read_identity", lambda _: me)
    backend._scan(first=True)
    started = RunStarted(0.0, os.getpid(), 1, 2, 422, 844, 54_000, 6_000, 128, 0.01, True)
    for event, holds in (
        (started, "computes"),
        (Paused(0.0, 1), "paused"),
        (Resumed(0.0, 1), "computes"),
        (Paused(0.0, 2), "paused"),
    ):
        store.append(run.id, event)
        assert backend._look_after(run.id, 0.0) == holds
    store.command(run.id, "stop")
    assert backend._look_after(run.id, 0.0) == "computes"  # it is being judged


def test_no_more_paused_runs_leave_their_slots_than_there_is_memory_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = LocalBackend(RunStore(tmp_path / "runs", recorded=tmp_path / "none"), slots=4)
    holds = ["computes", *["paused"] * (local.MOST_PAUSED + 1), "nothing"]
    free: list[int] = []
    monkeypatch.setattr(backend, "_scan", lambda first: None)
    monkeypatch.setattr(backend, "_looked_after", lambda number, _: holds[number])
    monkeypatch.setattr(backend, "_start_waiting", free.append)
    backend._watches = dict.fromkeys(range(len(holds)))  # type: ignore[arg-type]
    backend._tick()
    assert free == [4 - 1 - 1]
