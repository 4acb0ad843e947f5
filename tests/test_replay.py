"""A run's life in stations: which weights are kept, and which one is near a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fmnist_core import models
from fmnist_core.errors import RunNotFoundError
from fmnist_core.events import RunFinished, RunStopped
from fmnist_core.experiment import EarlyStopping
from fmnist_core.presets import preset
from fmnist_core.replay import nearest, run_of, station_of, stations, steps_learned
from fmnist_core.run import Run
from fmnist_core.runs import RunStore

MLP = preset("mlp-128").experiment


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", recorded=tmp_path / "recorded")


def kept(
    store: RunStore,
    *steps: int,
    final: bool = True,
    best: bool = False,
    ending: type[RunFinished] | type[RunStopped] = RunFinished,
) -> Run:
    training = MLP.training.changed(early_stopping=EarlyStopping() if best else None)
    run = store.create(MLP.changed(training=training))
    for step in steps:
        (run.directory / f"checkpoints/step-{step:06d}.npz").touch()
    if final:
        (run.directory / "weights.npz").touch()
        store.append(run.id, ending(run.created, 0, "It ended.", 1.0, 1.0, 1.0))
    return run


def test_a_run_is_its_checkpoints_and_the_last_one_is_the_run_itself(store: RunStore) -> None:
    run = kept(store, 0, 8, 844)
    assert [(each.ref, each.step) for each in stations(run)] == [
        (f"{run.id}@0", 0),
        (f"{run.id}@8", 8),
        (run.id, 844),
    ]
    for each in stations(run):
        assert models.resolve(each.ref, store).weights.is_file()


def test_a_run_that_went_back_to_its_best_epoch_has_one_station_more(store: RunStore) -> None:
    run = kept(store, 0, 8, best=True)
    assert [(each.ref, each.step) for each in stations(run)] == [
        (f"{run.id}@0", 0),
        (f"{run.id}@8", 8),
        (run.id, None),
    ]
    assert station_of(run.id, run) == stations(run)[-1]
    assert steps_learned(run.id, store) == 8


def test_a_run_that_was_stopped_did_not_go_back(store: RunStore) -> None:
    run = kept(store, 0, 8, best=True, ending=RunStopped)
    assert [(each.ref, each.step) for each in stations(run)] == [(f"{run.id}@0", 0), (run.id, 8)]


def test_a_million_steps_come_after_the_others(store: RunStore) -> None:
    run = kept(store, 500_000, 1_000_000, 720_000, final=False)
    assert [each.step for each in stations(run)] == [500_000, 720_000, 1_000_000]
    assert models.resolve(run.id, store).step == 1_000_000
    assert models.resolve(f"{run.id}@1000000", store).step == 1_000_000


def test_a_run_that_trains_ends_where_it_is_now(store: RunStore) -> None:
    run = kept(store, 0, 8, final=False, best=True)
    assert [each.ref for each in stations(run)] == [f"{run.id}@0", run.id]
    assert stations(kept(store, final=False)) == []


def test_a_reference_has_its_place(store: RunStore) -> None:
    run = kept(store, 0, 8, 844)
    all_of_it = stations(run)
    assert [station_of(ref, run) for ref in (f"{run.id}@8", run.id, f"{run.id}@844")] == [
        all_of_it[1],
        all_of_it[2],
        all_of_it[2],
    ]
    assert station_of(f"{run.id}@9", run) is None
    assert run_of(f"{run.id}@8", store) == run
    assert run_of("quick", store) is None
    assert run_of("no such", store) is None


def test_the_nearest_station_is_found(store: RunStore) -> None:
    run = kept(store, 0, 8, 844, best=True)
    found = [nearest(run, step) for step in (0, 3, 4, 5, 500, 9999)]
    assert [each.step for each in found if each] == [0, 0, 0, 8, 844, 844]
    assert nearest(kept(store, final=False), 5) is None


def test_the_steps_behind_a_network(store: RunStore) -> None:
    run = kept(store, 0, 8, 844)
    assert [steps_learned(ref, store) for ref in (f"{run.id}@8", run.id)] == [8, 844]
    assert steps_learned("quick", store) is None
    with pytest.raises(RunNotFoundError):
        steps_learned("no-such-model", store)


@pytest.mark.parametrize("name", ["recorded-cnn", "recorded-mlp", "recorded-overfit"])
def test_recorded_runs_keep_every_checkpoint_that_their_events_name(name: str) -> None:
    recorded = RunStore(Path("/nowhere"))
    run, state = recorded.get(name), recorded.state(name)
    assert [f"checkpoints/{each.name}" for each in saved(run)] == [
        event.file for event in state.checkpoints
    ]
    assert len(stations(run)) == 40
    with np.load(saved(run)[-1]) as last, np.load(run.directory / "weights.npz") as final:
        for key in final.files:
            np.testing.assert_array_equal(last[key], final[key])


def saved(run: Run) -> list[Path]:
    return sorted(run.directory.glob("checkpoints/*.npz"))
