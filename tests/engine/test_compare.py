"""Transfer comparisons on a small dataset: what is learned from what, and what is told of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fmnist_core import events as e
from fmnist_core.architecture import Dense, Flatten
from fmnist_core.codegen_transfer import transfer_script
from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import compare as module
from fmnist_core.engine.compare import Comparison, compare
from fmnist_core.engine.steps import Steps
from fmnist_core.errors import ExperimentError, RunError
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from fmnist_core.transfer import CLASSIC, METHODS, Transfer, few, points
from tests.engine.conftest import tiny


def small(**changes: object) -> Transfer:
    fields = {
        "base": tiny(Flatten(), Dense(units=16), epochs=20, learning_rate=0.005),
        "known": (0, 2, 4, 6, 8),
        "shots": (1, 10),
        "draws": 2,
        "steps": 40,
    }
    return Transfer(**fields | changes)


def compared(run: Run) -> None:
    compare(run.directory, threads=2, forked=False)


def test_every_way_is_measured_with_the_same_pictures(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str, tuple[int, ...]]] = []
    reached = Comparison._reached

    def watched(self: Comparison, method: Any, chosen: np.ndarray, draw: int) -> Any:
        drawn.append((method, tuple(chosen)))
        return reached(self, method, chosen, draw)

    monkeypatch.setattr(Comparison, "_reached", watched)
    run = store.create_transfer(small())
    compared(run)
    state = store.state(run.id)
    assert isinstance(state.ending, e.RunFinished)
    assert state.ending.reason == "All 12 trainings done."
    assert len(state.epochs) == 20
    assert state.pretrained
    assert state.pretrained.accuracy > 0.5  # a guess is right in a fifth
    for at in range(0, 12, 3):
        assert [method for method, _ in drawn[at : at + 3]] == list(METHODS)
        assert len({pictures for _, pictures in drawn[at : at + 3]}) == 1
    found = {(each.method, each.shots): each for each in points(state.transfers)}
    assert {each.draws for each in found.values()} == {2}
    assert len({each.n for each in found.values()}) == 1
    for method in METHODS:
        assert found[method, 10].accuracy > 0.5
    assert run.transfer == small()
    assert not (run.directory / "report.json").exists()  # the test set stays closed


def test_only_unfrozen_begins_with_what_was_learned(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels: list[tuple[np.ndarray, np.ndarray]] = []
    paced = module.paced

    def watched(steps: Steps, *rest: Any) -> Any:
        kernel = steps._variables[0]
        before = kernel.numpy()
        found = paced(steps, *rest)
        kernels.append((before, kernel.numpy()))
        return found

    monkeypatch.setattr(module, "paced", watched)
    base = tiny(Flatten(), Dense(units=16), epochs=1)
    run = store.create_transfer(small(base=base, shots=(1,), slower=0.01))
    compared(run)
    (_, learned), (unfrozen, adjusted), (scratch, _), *_ = kernels
    np.testing.assert_array_equal(unfrozen, learned)
    assert not np.array_equal(scratch, learned)
    assert 0 < np.abs(adjusted - learned).max() < 0.05  # every number, and each only a little


def test_a_comparison_stops_and_keeps_what_it_measured(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_transfer(small())
    emit = Comparison.emit

    def watched(self: Comparison, *events: e.Event) -> None:
        emit(self, *events)
        if isinstance(events[0], e.TransferMeasured) and self.measured == 1:
            store.command(run.id, "stop")

    monkeypatch.setattr(Comparison, "emit", watched)
    compared(run)
    state = store.state(run.id)
    assert state.status == "stopped"
    assert state.ending is not None
    assert state.ending.reason == "Stopped after 2 of 12 trainings."
    assert len(state.transfers) == 2


def test_one_that_was_broken_off_goes_on_with_what_is_missing(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.create_transfer(small())
    compared(whole)
    expected = store.state(whole.id).transfers
    broken = store.create_transfer(small())
    store.append(broken.id, *expected[:5], e.RunFailed(9.0, 0, "The worker was killed."))
    done = []
    reached = Comparison._reached

    def watched(self: Comparison, method: e.TransferMethod, chosen: Any, draw: int) -> Any:
        done.append((method, len(chosen), draw))
        return reached(self, method, chosen, draw)

    monkeypatch.setattr(Comparison, "_reached", watched)
    run = store.create_transfer(small(), earlier=broken.id)
    assert store.state(run.id).transfers == expected[:5]
    compared(run)
    state = store.state(run.id)
    assert state.ending is not None
    assert state.ending.reason == "All 12 trainings done."
    assert len(done) == 7
    accuracies = {(each.method, each.shots, each.draw): each.accuracy for each in state.transfers}
    for each in expected:  # learned anew from the same start, the base is the same
        key = each.method, each.shots, each.draw
        assert accuracies[key] == pytest.approx(each.accuracy, abs=0.05)
    with pytest.raises(RunError, match="compared something else"):
        store.create_transfer(small(steps=7), earlier=broken.id)


def test_too_few_pictures_of_a_class_are_said(store: RunStore) -> None:
    with pytest.raises(ExperimentError, match=r"at most 50 pictures .* received 500"):
        store.create_transfer(small(shots=(500,)))


def test_the_script_draws_the_same_pictures() -> None:
    base = with_settings(
        CLASSIC.base,
        ["data.train_size=1000", "data.validation_fraction=0.01", "training.epochs=3"],
    )
    transfer = CLASSIC.changed(base=base, shots=(10,), draws=2, steps=40)
    script = transfer_script(transfer)
    assert "fmnist_core" not in script
    drawn: dict[str, Any] = {}
    exec(script.partition("if __name__")[0], drawn)
    labels = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR).train_labels
    train, _ = drawn["split"](labels)
    for draw in range(2):
        ours = few(labels, train, transfer.new, 10, (base.seed, draw))
        np.testing.assert_array_equal(drawn["few"](labels, train, 10, draw), ours)


def test_what_the_script_does_not_have_is_said() -> None:
    for setting, said in (
        ("training.schedule=cosine", "changing learning rate"),
        ("data.label_noise=0.1", "wrong or smoothed labels"),
    ):
        changed = CLASSIC.changed(base=with_settings(CLASSIC.base, [setting]))
        with pytest.raises(ExperimentError, match=said):
            transfer_script(changed)
