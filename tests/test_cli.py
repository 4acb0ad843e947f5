"""The command line, as a shell sees it: output, exit status, one line per mistake."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fmnist_core import events as e
from fmnist_core.cli import main, parser
from fmnist_core.cli.progress import line
from fmnist_core.cli.train import experiment_of
from fmnist_core.codegen import keras_script
from fmnist_core.experiment import Experiment
from fmnist_core.jobs import processes
from fmnist_core.jobs.worker import read_identity
from fmnist_core.presets import PRESETS, preset
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.search import FIRST_SEARCH
from tests.jobs.waiting import until
from tests.projectfiles import ROOT

STARTED = e.RunStarted(
    time=1,
    pid=1,
    threads=1,
    epochs=2,
    steps_per_epoch=100,
    total_steps=200,
    train_n=1000,
    validation_n=100,
    batch_size=10,
    learning_rate=0.1,
    forked=True,
)
Start = Callable[..., "subprocess.Popen[str]"]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path / "runs"))
    made = RunStore(tmp_path / "runs", recorded=tmp_path / "none")
    yield made
    for run in made.list():
        if worker := read_identity(run):
            processes.kill(worker)


@pytest.fixture
def start(store: RunStore) -> Iterator[Start]:
    """Starts the command line in a process of its own."""
    # Tests that a shell runs in the background are deaf to Ctrl-C, and so would be who they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "fmnist_core", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def newest(store: RunStore) -> Run:
    return until(lambda: next(iter(store.list()), None), "a run")


def test_without_arguments_it_says_what_it_can_do(capsys: Output) -> None:
    assert main([]) == 0
    assert {"presets", "train", "runs", "score", "export"} <= set(capsys.readouterr().out.split())


def test_presets_for_machines_and_for_people(capsys: Output) -> None:
    assert main(["presets", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    rows = json.loads(line)
    assert [row["name"] for row in rows] == list(PRESETS)
    assert {tuple(row) for row in rows} == {("name", "title", "parameters", "trainable_parameters")}
    by_name = {row["name"]: row for row in rows}
    assert by_name["cnn-16-32-bn"]["parameters"] == 407_802
    assert by_name["cnn-16-32-bn"]["trainable_parameters"] == 407_642

    assert main(["presets"]) == 0
    assert "407,802" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--preset", "nope"], "no preset 'nope'"),
        (["train", "--preset", "mlp-128", "--set", "training.lr=1"], "training.lr is not"),
        (["train", "--preset", "mlp-128", "--set", "seed"], "KEY=VALUE"),
        (["train", "--preset", "mlp-128", "--epochs", "1000000000"], "at most 1,000"),
        (["train", "--preset", "mlp-128", "--steps", "many"], "training.steps"),
        (["train", "--preset", "mlp-128", "--seed", "-1"], "seed"),
        (["export", "nobody", "--to", "."], "no run 'nobody'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], said: str, store: RunStore, capsys: Output
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert store.list() == []


@pytest.mark.parametrize("arguments", [["train"], ["nonsense"], ["presets", "--xml"]])
def test_bad_options_are_one_line_and_status_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_training_ends_with_the_result_as_json(store: RunStore, start: Start) -> None:
    settings = ["--set", "training.batch_size=64", "--set", "data.train_size=2000", "--seed", "5"]
    process = start("train", "--preset", "cnn-16", "--steps", "40", *settings, "--json")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err

    result = json.loads(out.splitlines()[-1])
    assert list(result) == [
        "run",
        "status",
        "steps",
        "seconds",
        "images_per_second",
        "first_batch_seconds",
        "train",
        "validation",
        "test",
    ]
    run = newest(store)
    state = store.state(run.id)
    assert (result["run"], result["status"], result["steps"]) == (run.id, "finished", 40)
    assert (run.experiment.seed, run.experiment.training.batch_size) == (5, 64)
    assert result["test"] == {"accuracy": state.evaluated["test"].accuracy, "n": 10_000}
    assert result["validation"]["n"] == state.evaluated["validation"].n
    assert result["seconds"] > 0
    assert result["first_batch_seconds"] > 0
    assert result["images_per_second"] > 0
    assert "epoch 1:" in err
    assert state.started is not None
    assert not state.started.forked


def test_ctrl_c_stops_and_keeps_what_was_learned(store: RunStore, start: Start) -> None:
    process = start("train", "--preset", "mlp-128", "--epochs", "1000", "--json")
    run = newest(store)
    until(lambda: store.state(run.id).batches, "the first batch")

    process.send_signal(signal.SIGINT)

    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["status"] == "stopped"
    assert result["steps"] > 0
    assert result["test"]["n"] == 10_000
    assert (run.directory / "weights.npz").is_file()
    assert "Stopping" in err


def test_a_worker_that_dies_is_a_failed_run_and_status_1(store: RunStore, start: Start) -> None:
    process = start("train", "--preset", "mlp-128", "--json")
    run = newest(store)
    worker = until(lambda: read_identity(run), "the worker")

    os.kill(worker.pid, signal.SIGKILL)

    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(out.splitlines()[-1])["status"] == "failed"
    assert "The run failed. The training process" in err
    assert "Traceback" not in err


def test_epochs_decide_over_a_preset_s_own_limit_in_steps() -> None:
    assert preset("lenet-wide").experiment.training.steps == 500
    assert trained_with("lenet-wide", "--epochs", "3").training.steps is None
    assert trained_with("lenet-wide", "--epochs", "3").training.epochs == 3
    assert trained_with("mlp-128", "--epochs", "3", "--steps", "9").training.steps == 9


def trained_with(name: str, *arguments: str) -> Experiment:
    return experiment_of(parser().parse_args(["train", "--preset", name, *arguments]))


def test_a_search_has_no_network_to_export(store: RunStore, tmp_path: Path, capsys: Output) -> None:
    run = store.create_search(FIRST_SEARCH)
    assert main(["export", run.id, "--to", str(tmp_path / "exported")]) == 1
    assert "First search is more than one network" in capsys.readouterr().err
    assert main(["runs", "--json"]) == 0  # its id is what tune --resume wants
    listed = {row["run"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed[run.id]["kind"] == "search"


def test_a_run_that_failed_is_not_waited_for(
    store: RunStore, tmp_path: Path, capsys: Output
) -> None:
    run = store.create(preset("mlp-128").experiment)
    store.append(run.id, STARTED, e.RunFailed(3.0, 0, "The worker was killed."))
    assert main(["export", run.id, "--to", str(tmp_path / "exported")]) == 1
    assert "ended without a model. The worker was killed." in capsys.readouterr().err


def test_runs_are_listed_and_exported(store: RunStore, tmp_path: Path, capsys: Output) -> None:
    run = store.create(preset("mlp-128").experiment)
    folder = tmp_path / "exported"
    assert main(["export", run.id, "--to", str(folder)]) == 1
    assert "no model to export yet" in capsys.readouterr().err

    (run.directory / "model.keras").write_bytes(b"a model")
    ended = e.EpochEnded(
        time=2,
        step=100,
        epoch=1,
        train_loss=0.5,
        train_accuracy=0.8,
        train_n=1000,
        validation_loss=0.6,
        validation_accuracy=0.75,
        validation_n=100,
    )
    store.append(run.id, STARTED, ended, e.Evaluated(3, "test", 0.4, 0.8125, 10_000))
    assert main(["export", run.id, "--to", str(folder)]) == 0
    assert (folder / "model.keras").read_bytes() == b"a model"
    assert Experiment.from_json((folder / "experiment.json").read_text()) == run.experiment
    (row,) = csv.DictReader((folder / "history.csv").read_text().splitlines())
    assert (row["epoch"], row["validation_accuracy"]) == ("1", "0.75")
    assert (folder / "train.py").read_text() == keras_script(run.experiment)

    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    listed = {row["run"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed[run.id]["test"] == {"accuracy": 0.8125, "n": 10_000}
    assert main(["runs"]) == 0
    assert "test accuracy 0.8125" in capsys.readouterr().out


def test_the_progress_line_says_where_the_run_is() -> None:
    state = RunState()
    assert "starting" in line(state)

    state = state.apply(STARTED)
    for step in range(1, 51):
        state = state.apply(
            e.BatchEnded(time=2, step=step, epoch=1, loss=0.25, accuracy=0.9, seconds=step / 10)
        )
    assert line(state) == (
        "[=====...............] step 50/200  epoch 1/2  loss 0.2500 accuracy 0.900  "
        "100 images/s  0:15 left"
    )
