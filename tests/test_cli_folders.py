"""``folders`` and ``train --folder``, as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fmnist_core.cli import main, parser
from fmnist_core.cli.train import experiment_of
from fmnist_core.errors import DataError, ExperimentError
from fmnist_core.folders import FOLDER_PRESETS, FolderStore, experiment_for
from fmnist_core.runs import RunStore
from tests.folders.drawn import packed, shapes

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path / "runs"))


def test_a_folder_and_a_zip_are_imported_and_listed(tmp_path: Path, capsys: Output) -> None:
    source = shapes(tmp_path / "pets", ("cat", "dog"), n=10)
    (source / "cat" / "notes.txt").write_text("not a picture")
    archive = packed(shapes(tmp_path / "three", n=10), tmp_path / "three.zip")
    assert main(["folders"]) == 0
    assert "yet" in capsys.readouterr().out
    assert main(["folders", str(source), "--name", "Pets"]) == 0
    printed = capsys.readouterr().out
    assert "Pets: 20 pictures" in printed
    assert "left out: cat/notes.txt: " in printed
    assert main(["folders", str(archive), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "three"
    assert row["classes"] == ["circle", "square", "triangle"]
    assert row["counts"] == {"train": [8, 8, 8], "validation": [0, 0, 0], "test": [2, 2, 2]}
    assert main(["folders"]) == 0
    assert capsys.readouterr().out.count("pictures") == 2


def test_what_is_no_data_set_is_said_in_one_line(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    assert main(["folders", str(tmp_path / "text.zip")]) == 2
    assert "no ZIP archive" in capsys.readouterr().err


def test_score_is_about_clothing(tmp_path: Path, capsys: Output) -> None:
    main(["folders", str(shapes(tmp_path / "pets", ("cat", "dog"), n=10)), "--json"])
    (row,) = json.loads(capsys.readouterr().out)
    store = RunStore(tmp_path / "runs")
    folder = FolderStore(store.root).get(row["folder"])
    run = store.create(experiment_for(FOLDER_PRESETS["three-blocks"], folder, 28))
    (run.directory / "weights.npz").write_bytes(b"")
    assert main(["score", "test", "--model", run.id]) == 2
    assert "score asks about clothing" in capsys.readouterr().err


def test_a_network_for_the_folder_is_chosen_by_name(tmp_path: Path, capsys: Output) -> None:
    main(["folders", str(shapes(tmp_path / "pets", ("cat", "dog"), n=10)), "--json"])
    (row,) = json.loads(capsys.readouterr().out)
    asked = ["train", "--preset", "five-blocks", "--folder", row["folder"], "--epochs", "3"]
    experiment = experiment_of(parser().parse_args(asked))
    assert experiment.data.folder == row["folder"]
    assert experiment.architecture.input_shape == (300, 300, 3)
    assert experiment.training.epochs == 3
    with pytest.raises(ExperimentError, match="no network 'cnn-16' for a folder"):
        experiment_of(parser().parse_args([*asked[:2], "cnn-16", *asked[3:]]))
    with pytest.raises(DataError, match="no folder"):
        experiment_of(parser().parse_args([*asked[:4], "abcdef01"]))
