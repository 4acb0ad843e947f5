"""``tune`` on the command line: the same worker as the page, and a result for machines."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fmnist_core.cli import main
from fmnist_core.runs import RunStore
from tests.projectfiles import ROOT

SMALL = ("--set", "data.train_size=500", "--set", "training.epochs=1")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path / "runs"))
    return RunStore(tmp_path / "runs", recorded=tmp_path / "none")


def tune(*arguments: str) -> tuple[dict[str, Any], str]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "fmnist_core", "tune", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_the_first_search_and_its_resumption(store: RunStore) -> None:
    result, said = tune("--preset", "first-search", "--trials", "3", *SMALL)
    assert result["status"] == "finished"
    assert [trial["trial"] for trial in result["trials"]] == [1, 2, 3]
    for trial in result["trials"]:
        assert set(trial["settings"]) == {"architecture.layers.1.units", "training.learning_rate"}
        assert len(trial["scores"]) == 3  # the exercise trains each three times
        assert trial["score"] == pytest.approx(sum(trial["scores"]) / 3)
        assert trial["n"] == 6_000
    best = max(result["trials"], key=lambda trial: trial["score"])
    assert result["best"] == best["trial"]
    assert result["seconds"] == pytest.approx(sum(t["seconds"] for t in result["trials"]))
    assert said.count("(n = 6,000)") == 3
    again, _ = tune("--resume", result["run"])  # nothing is left to try, and nothing is lost
    assert again["trials"] == result["trials"]
    assert [run.search is not None for run in store.everything()] == [True, True]
    assert store.list() == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "--preset"),
        (["--preset", "mlp-128"], "no search 'mlp-128'"),
        (["--preset", "first-search", "--trials", "many"], "whole number, received 'many'"),
        (["--preset", "first-search", "--trials", "0"], "at least 1"),
        (["--preset", "first-search", "--tuner", "luck"], "expected 'random'"),
        (["--resume", "nothing"], "no run 'nothing'"),
    ],
)
def test_bad_input_is_one_line(
    store: RunStore, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", *arguments]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert len(said.splitlines()) == 1
    assert store.everything() == []
