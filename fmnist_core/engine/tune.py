"""Runs a search: Keras Tuner chooses what is tried, the app's own steps train it."""

from __future__ import annotations

import time
from pathlib import Path

import keras
import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner

from fmnist_core import events as e
from fmnist_core.engine.paced import Stopped
from fmnist_core.engine.threads import warm_up
from fmnist_core.engine.trials import Trials
from fmnist_core.eventlog import Appender
from fmnist_core.run import TUNER
from fmnist_core.search import Search, of_one_type
from fmnist_core.wording import count

OBJECTIVE = keras_tuner.Objective("val_accuracy", "max")


def tune(directory: Path, *, threads: int, forked: bool) -> None:
    """Run the search of ``directory``, obeying its commands; go on where an earlier one ended.

    Raises:
        ExperimentError: the data cannot be split as the search wants.
        RunError: the disk is full.
    """
    warm_up(threads)
    search = Search.from_json((directory / "search.json").read_bytes())
    log = Appender(directory / "events.jsonl")
    try:
        trials = Trials(search, directory, log)
        trials.begin(threads, forked)
        tuner = LabTuner(trials, directory)
        try:
            tuner.search()
        except Stopped:
            reason = f"Stopped after {count(trials.ended, 'trial')}."
            trials.emit(e.RunStopped(time.time(), 0, reason, trials.seconds))
        else:
            n = len(tuner.oracle.trials)
            reason = f"{count(n, 'trial')} done."
            if n < search.trials:
                reason += " The tuner has no more to try."
            trials.emit(e.RunFinished(time.time(), 0, reason, trials.seconds, 0.0, 0.0))
    finally:
        log.close()


class LabTuner(BaseTuner):
    """Keras Tuner's loop over trials; it keeps its own files, so that it can go on."""

    def __init__(self, trials: Trials, directory: Path) -> None:
        super().__init__(oracle(trials.search), directory=str(directory), project_name=TUNER)
        self.oracle.verbose = 0
        self.trials = trials

    def run_trial(self, trial: keras_tuner.engine.trial.Trial) -> dict[str, float]:
        chosen = trial.hyperparameters.values
        values = {choice.setting: chosen[choice.setting] for choice in self.trials.search.space}
        epochs = chosen.get("tuner/epochs", self.trials.search.base.training.epochs)
        before = chosen.get("tuner/trial_id")  # Hyperband goes on with its best short trials
        score = self.trials.run(
            int(trial.trial_id),
            values,
            begin=chosen.get("tuner/initial_epoch", 0) if before else 0,
            end=epochs,
            before=int(before) if before else None,
        )
        return {OBJECTIVE.name: score}

    def save_model(self, trial_id: str, model: keras.Model, step: int = 0) -> None:
        """Weights are kept by ``Trials``."""


def oracle(search: Search) -> keras_tuner.Oracle:
    """Who chooses: Keras Tuner's oracle of the search's tuner, over the search's space."""
    space = keras_tuner.HyperParameters()
    for choice in search.space:
        space.Choice(choice.setting, of_one_type(choice.values))
    shared = {
        "objective": OBJECTIVE,
        "hyperparameters": space,
        "tune_new_entries": False,
        "seed": search.seed + 1,  # it takes 0 for none
        "max_consecutive_failed_trials": search.trials,
    }
    match search.tuner:
        case "random":
            return keras_tuner.oracles.RandomSearchOracle(max_trials=search.trials, **shared)
        case "bayesian":
            return keras_tuner.oracles.BayesianOptimizationOracle(
                max_trials=search.trials, **shared
            )
        case "hyperband":
            found = keras_tuner.oracles.HyperbandOracle(
                max_epochs=search.base.training.epochs,
                hyperband_iterations=search.trials,
                **shared,
            )
            found.max_trials = search.trials  # its brackets would decide alone
            return found
