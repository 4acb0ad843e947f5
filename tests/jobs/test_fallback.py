"""When forking does not work the runs still train: in fresh processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fmnist_core.errors import EngineError
from fmnist_core.events import RunStarted
from fmnist_core.jobs import processes
from fmnist_core.jobs.local import LocalBackend
from fmnist_core.jobs.supervisor import Patience
from fmnist_core.jobs.worker import read_identity
from fmnist_core.presets import preset
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from tests.jobs.waiting import until

SHORT = with_settings(preset("mlp-128").experiment, ["training.steps=5"])

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "runs", recorded=tmp_path / "none")
    yield made
    for run in made.list():
        if worker := read_identity(run):
            processes.kill(worker)


def trained(store: RunStore, backend: LocalBackend) -> RunStarted:
    """Start the backend, train a run to its end; how it started."""
    backend.start()
    try:
        run = backend.submit(SHORT)
        until(lambda: store.state(run.id).ended, "the end of the run")
    finally:
        backend.close()
    state = store.state(run.id)
    assert state.status == "finished"
    assert state.started is not None
    return state.started


def test_a_fork_that_hangs_is_replaced_by_a_fresh_process(store: RunStore) -> None:
    backend = LocalBackend(
        store, slots=1, preload="tests.jobs.hanging_preload", patience=Patience(start=0.5)
    )

    assert not trained(store, backend).forked
    assert backend.ready is False  # closed


def test_a_preload_that_fails_is_noticed_and_runs_start_fresh(store: RunStore) -> None:
    backend = LocalBackend(store, slots=1, preload="tests.jobs.there_is_no_such_module")

    assert not trained(store, backend).forked


def test_a_call_that_takes_too_long_ends_and_so_does_whoever_hung(store: RunStore) -> None:
    others = set(psutil.Process().children(recursive=True))
    backend = LocalBackend(store, slots=1, preload="tests.jobs.hanging_preload")
    backend.start()
    try:
        until(lambda: backend.ready, "the host")
        family = set(psutil.Process().children(recursive=True)) - others
        assert len(family) >= 3  # the host, its forkserver, the model worker that will hang
        with pytest.raises(EngineError, match=r"within 0\.2 seconds|broke off"):
            backend.call("predict", {}, {}, timeout=0.2)
        # Who hung may be replaced by now.
        family |= set(psutil.Process().children(recursive=True)) - others
    finally:
        backend.close()
    assert psutil.wait_procs(family, timeout=60)[1] == []
