"""MobileNetV2 without TensorFlow: what can be set, where weights are looked for, what is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fmnist_core import events as e
from fmnist_core.cli import main
from fmnist_core.cli.mobilenet import EpochLines
from fmnist_core.errors import ExperimentError
from fmnist_core.mobilenet import MADE_FOR, WEIGHTS_VARIABLE, MobileNet, make, missing, weights_file
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights anywhere; Keras' home."""
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("side", 100, "a multiple of 32"),
        ("side", 256, "at most 224"),
        ("train_size", 10, "at least 20"),
        ("fine_tune_blocks", 17, "at most 16"),
        ("colour", True, "colour is not a setting"),
    ],
)
def test_what_does_not_fit_is_explained(field: str, value: object, said: str) -> None:
    with pytest.raises(ExperimentError, match=said):
        make(**{field: value})


def test_it_survives_json_and_its_first_stage_is_the_head_on_pixels() -> None:
    study = make(units=64, train_size=500, fine_tune_epochs=2, seed=5)
    assert MobileNet.from_json(study.to_json()) == study
    assert study.stages == ("pixels", "head", "fine-tuned")
    assert [study.epochs_of(stage) for stage in study.stages] == [10, 10, 2]
    assert (study.base.seed, study.base.data.train_size) == (5, 500)
    assert make(units=0).base.architecture.layers[1:] == ()


def test_a_run_of_it_is_no_network_and_is_found_again(tmp_path: Path) -> None:
    store = RunStore(tmp_path, recorded=tmp_path / "recorded")
    run = store.create_mobilenet(make(seed=2))
    assert store.list() == store.transfers() == []
    (found,) = RunStore(tmp_path, recorded=tmp_path / "recorded").mobilenets()
    assert (found.id, found.mobilenet, found.title) == (run.id, make(seed=2), "MobileNetV2")


def test_weights_are_looked_for_in_the_owners_file_then_where_keras_keeps_them(
    nothing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, path = weights_file(96)
    assert (where, path.parent) == ("nowhere", nothing / "models")
    assert "_96_" in path.name
    assert weights_file(64)[1] == weights_file(224)[1]
    assert all(f"_{side}_" in weights_file(side)[1].name for side in MADE_FOR)
    said = missing(96)
    assert WEIGHTS_VARIABLE in said
    assert path.name in said
    assert "Random weights are never used" in said
    path.parent.mkdir()
    path.write_bytes(b"weights")
    assert (weights_file(96), missing(96)) == (("keras", path), "")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(nothing / "mine.h5"))
    assert weights_file(96) == ("file", nothing / "mine.h5")
    assert "there is no such file" in missing(96)
    (nothing / "mine.h5").touch()
    assert missing(96) == ""


def ended(store: RunStore, run: Run) -> RunState:
    store.append(
        run.id,
        e.RunStarted(1.0, 1, 2, 20, 63, 1_260, 2_000, 2_000, 32, 0.001, True),
        e.WeightsLoaded(2.0, "w.h5", "ab" * 32, True, True, 2_257_984),
        e.StageEpochEnded(3.0, "pixels", 1, 0.9, 0.7, 2_000, 0.69, 2_000, 0.5),
        e.FeaturesComputed(4.0, "train", 2_000, 2_000, 9.0, False),
        e.StageEpochEnded(5.0, "head", 1, 0.5, 0.8, 2_000, 0.79, 2_000, 0.5),
        e.StageJudged(6.0, "pixels", 0.68, 10_000, 101_770),
        e.StageJudged(6.0, "head", 0.78, 10_000, 165_258),
        e.RunFinished(7.0, 0, "All 2 stages done.", 20.0, 0.0, 0.0),
    )
    return store.state(run.id)


def test_the_command_line_tells_epochs_and_ends_with_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))

    def follow(store: RunStore, run: Run, progress: EpochLines) -> RunState:
        state = ended(store, run)
        progress.show(state)
        progress.show(state)
        return state

    # The package's attribute of that name is the command itself.
    monkeypatch.setattr(sys.modules["fmnist_core.cli.mobilenet"], "follow", follow)
    assert main(["mobilenet", "--side", "64", "--units", "0", "--json"]) == 0
    told = capsys.readouterr()
    (run,) = RunStore(tmp_path).mobilenets()
    assert run.mobilenet == make(side=64, units=0)
    result = json.loads(told.out.splitlines()[-1])
    assert result["status"] == "finished"
    assert [(each["stage"], each["accuracy"], each["n"]) for each in result["stages"]] == [
        ("pixels", 0.68, 10_000),
        ("head", 0.78, 10_000),
    ]
    assert told.err.count("features of 2,000 train pictures in 9.0 s") == 1
    assert told.err.count("head, epoch 1: training 0.8000 (n = 2,000)") == 1
    assert main(["mobilenet"]) == 0
    assert (
        "Head on MobileNetV2  test 0.7800 (0.7718 to 0.7880), n = 10,000" in capsys.readouterr().out
    )


def test_a_wrong_setting_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    assert main(["mobilenet", "--side", "100"]) != 0
    assert "a multiple of 32" in capsys.readouterr().err
