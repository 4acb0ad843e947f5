"""Searches on a small dataset: every tuner, going on after an end, and a script for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmnist_core import events as e
from fmnist_core.architecture import Dense, Flatten
from fmnist_core.codegen_search import search_script
from fmnist_core.engine.trials import Trials
from fmnist_core.engine.tune import tune
from fmnist_core.errors import ExperimentError, RunError
from fmnist_core.experiment import Data
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.search import SEARCHES, Choice, Search, make
from fmnist_core.settings import with_settings
from tests.engine.conftest import tiny
from tests.engine.test_codegen import run as run_script

UNITS, RATE = "architecture.layers.1.units", "training.learning_rate"


def small(**changes: object) -> Search:
    fields = {
        "base": tiny(data=Data(train_size=200), epochs=2),
        "space": (
            Choice(setting=UNITS, values=(4, 8, 16)),
            Choice(setting=RATE, values=(0.01, 0.003)),
        ),
        "trials": 3,
    }
    return make(**fields | changes)


def searched(run: Run) -> None:
    tune(run.directory, threads=2, forked=False)


@pytest.mark.parametrize("tuner", ["random", "hyperband", "bayesian"])
def test_every_tuner_tries_different_settings_and_scores_them(store: RunStore, tuner: str) -> None:
    search = small(tuner=tuner, executions=2)
    run = store.create_search(search)
    searched(run)
    state = store.state(run.id)
    assert isinstance(state.ending, e.RunFinished)
    assert state.ending.reason == "3 trials done."
    assert list(state.trials) == [0, 1, 2]
    assert len({tuple(trial.values.items()) for trial in state.trials.values()}) == 3
    for trial in state.trials.values():
        assert all(trial.values[choice.setting] in choice.values for choice in search.space)
        assert trial.ended
        assert (len(trial.ended.scores), trial.ended.validation_n) == (2, 60)
        for execution, score in enumerate(trial.ended.scores, start=1):
            epochs = [each for each in trial.epochs if each.execution == execution]
            assert score == max(each.validation_accuracy for each in epochs)
            assert max(each.epoch for each in epochs) <= search.base.training.epochs
    assert state.scored[0].score == max(trial.score for trial in state.trials.values())
    assert not (run.directory / "report.json").exists()  # the test set stays closed


def test_a_search_that_was_broken_off_goes_on_with_what_is_left(store: RunStore) -> None:
    run = store.create_search(small())
    store.command(run.id, "stop")
    searched(run)
    assert store.state(run.id).status == "stopped"
    first = store.create_search(small(), earlier=run.id)
    stop_after(store, first, trials=2)
    before = store.state(first.id)
    assert before.status == "stopped"
    second = store.create_search(small(), earlier=first.id)
    known = store.state(second.id)
    assert known.trials == {n: t for n, t in before.trials.items() if t.ended}
    searched(second)
    after = store.state(second.id)
    assert after.status == "finished"
    assert len(after.trials) == 3
    assert all(after.trials[number] == trial for number, trial in known.trials.items())
    with pytest.raises(RunError, match="something else"):
        store.create_search(small(trials=4), earlier=first.id)


def stop_after(store: RunStore, run: Run, trials: int) -> None:
    """Press Stop as soon as so many trials have ended, from inside: no thread, no waiting."""
    emit = Trials.emit

    def watched(self: Trials, *events: e.Event) -> None:
        emit(self, *events)
        if any(isinstance(event, e.TrialEnded) and event.trial == trials - 1 for event in events):
            store.command(run.id, "stop")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trials, "emit", watched)
        searched(run)


def test_a_search_pauses_and_resumes(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create_search(small(trials=2))
    emit, seen = Trials.emit, list[str]()

    def watched(self: Trials, *events: e.Event) -> None:
        emit(self, *events)
        for event in events:
            seen.append(type(event).__name__)
            if isinstance(event, e.TrialEnded) and event.trial == 0:
                store.command(run.id, "pause")
            if isinstance(event, e.Paused):
                assert store.state(run.id).status == "paused"
                store.command(run.id, "resume")

    monkeypatch.setattr(Trials, "emit", watched)
    searched(run)
    assert store.state(run.id).status == "finished"
    after = seen[seen.index("Paused") :]
    assert after[:2] == ["Paused", "Resumed"]
    assert after.count("TrialEnded") == 1


def test_each_training_of_a_trial_begins_with_weights_of_its_own(store: RunStore) -> None:
    run = store.create_search(small(trials=1, executions=2))
    searched(run)
    (trial,) = store.state(run.id).trials.values()
    first, second = ([each for each in trial.epochs if each.execution == n] for n in (1, 2))
    assert first[0].train_loss != second[0].train_loss


def test_a_trial_that_diverges_is_told_and_the_search_goes_on(store: RunStore) -> None:
    stiff = Dense(units=8, l2=10.0)  # a large step overshoots more each time
    base = tiny(Flatten(), stiff, data=Data(train_size=200), epochs=10, optimizer="sgd")
    space = (Choice(setting=RATE, values=(100.0, 0.001)),)
    run = store.create_search(small(base=base, space=space, trials=2))
    searched(run)
    state = store.state(run.id)
    assert state.status == "finished"
    (lost,) = [trial for trial in state.trials.values() if trial.score is None]
    assert lost.values == {RATE: 100.0}
    assert lost.ended
    assert "no longer a number at learning rate 100" in lost.ended.reason


def test_the_script_of_a_search_runs_without_the_lab(tmp_path: Path) -> None:
    search = SEARCHES["cnn-search"]
    base = with_settings(
        search.base, ["data.train_size=100", "data.validation_fraction=0.001", "training.epochs=1"]
    )
    # Hyperband's own brackets would be one trial of one epoch.
    script = search_script(search.changed(base=base, trials=3, tuner="hyperband"))
    assert "fmnist_core" not in script
    lines = [line for line in run_script(script, tmp_path).splitlines() if "(n = 60)" in line]
    assert len(lines) == 3
    assert all("'training.optimizer'" in line for line in lines)


def test_what_a_script_does_not_have_is_said() -> None:
    base = with_settings(SEARCHES["first-search"].base, ["training.schedule=cosine"])
    with pytest.raises(ExperimentError, match=r"changing learning rate\. Set it to constant"):
        search_script(SEARCHES["first-search"].changed(base=base))
