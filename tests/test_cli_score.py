"""``score`` on the command line, with the real engine and a recorded network."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_core import models
from fmnist_core.cli import main
from fmnist_core.datasets import CLASS_NAMES, fashion_mnist
from fmnist_core.errors import RunNotFoundError
from fmnist_core.evaluation import report
from fmnist_core.presets import PRESETS
from fmnist_core.runs import ASSETS, RunStore

cli_score = importlib.import_module("fmnist_core.cli.score")  # the package has a function so named
MODEL = "recorded-cnn"
DATA = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path / "runs"))


def probabilities() -> np.ndarray:
    return np.asarray(np.load(ASSETS / "runs" / MODEL / "test_probabilities.npy"))


def test_a_folder_of_photos_scores_as_the_same_pictures_do(tmp_path: Path, capsys: Output) -> None:
    folder, others = tmp_path / "photos", tmp_path / "others"
    for index in range(60):
        name = CLASS_NAMES[DATA.test_labels[index]].lower().replace(" ", "-").replace("/", "-")
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - DATA.test_images[index]).save(folder / name / f"{index:02}.png")
    (folder / "dress" / "broken.png").write_bytes(b"\x89PNG")
    others.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(others / f"{number}.png")

    arguments = ["score", str(folder), "--model", MODEL, "--out-of-distribution", str(others)]
    assert main([*arguments, "--json"]) == 0

    result = json.loads(capsys.readouterr().out)
    expected = report(DATA.test_labels[:60], probabilities()[:60], CLASS_NAMES)
    assert result["n"] == 60
    assert result["top1"] == expected.accuracy
    assert result["top1_interval"] == list(expected.interval)
    assert result["confusion"] == [list(row) for row in expected.confusion]
    for name, one in zip(CLASS_NAMES, expected.classes, strict=True):
        assert result["per_class"][name]["n"] == one.support
        assert (result["per_class"][name]["top1"] or 0) == one.recall
    assert [lost["file"] for lost in result["unreadable"]] == ["dress/broken.png"]
    outside = result["out_of_distribution"]
    assert (outside["n_inside"], outside["n_outside"]) == (60, 5)
    assert outside["auroc"] > 0.9
    assert outside["flagged_outside"] >= 4
    assert outside["flagged_inside"] < 20
    assert 0 <= result["calibration_error"] <= 1


def test_the_test_set_scores_as_it_was_recorded(capsys: Output) -> None:
    assert main(["score", "test", "--model", MODEL]) == 0
    shown = capsys.readouterr().out
    expected = report(DATA.test_labels, probabilities(), CLASS_NAMES)
    low, high = (100 * end for end in expected.interval)
    assert f"10,000   {100 * expected.accuracy:.1f} % ({low:.1f} to  {high:.1f})" in shown
    assert "Not read" not in shown


def test_the_model_for_photos_scores_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def refuse(ref: str, store: object) -> None:
        raise RunNotFoundError(f"asked for {ref}")

    monkeypatch.setattr(models, "resolve", refuse)
    assert main(["score", "test"]) != 0
    assert "asked for robust" in capsys.readouterr().err


class Clueless:
    """A model server to which all classes are alike."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def separate(self, _: object) -> None:
        return None

    def predict(self, ref: str, pictures: np.ndarray) -> np.ndarray:
        self.asked.append(ref)
        return np.full((len(pictures), 10), 0.1)


@pytest.fixture
def clueless(monkeypatch: pytest.MonkeyPatch) -> Clueless:
    server = Clueless()
    monkeypatch.setattr(cli_score, "model_server", lambda _: contextlib.nullcontext(server))
    return server


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_names_of_any_bytes_are_printed(
    options: list[str], clueless: Clueless, tmp_path: Path, capsys: Output
) -> None:
    for folder in (b"trouser", b"h\xe9ts"):
        path = tmp_path / os.fsdecode(folder)
        path.mkdir()
        (path / os.fsdecode(b"caf\xe9.txt")).write_text("no picture")
    assert main(["score", str(tmp_path), "--model", MODEL, *options]) == 0
    shown = capsys.readouterr().out
    assert "caf\\udce9.txt" in shown
    assert "h\\udce9ts" in shown


def test_a_network_that_still_learns_is_held_to_one_checkpoint(
    clueless: Clueless, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    run = RunStore(tmp_path).create(PRESETS["mlp-128"].experiment)
    (run.directory / "checkpoints").mkdir(exist_ok=True)
    for step in (10, 20):
        (run.directory / "checkpoints" / f"step-{step:06d}.npz").touch()
    assert main(["score", "test", "--model", run.id]) == 0
    assert main(["score", "test", "--model", f"{run.id}@10"]) == 0
    assert clueless.asked == [f"{run.id}@20", f"{run.id}@10"]
    assert "step 20 on test" in capsys.readouterr().out


def test_who_interrupts_is_told_in_one_line(
    clueless: Clueless, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clueless, "predict", interrupt)
    assert main(["score", "test", "--model", MODEL]) == 130
    assert capsys.readouterr().err == "python -m fmnist_core: interrupted.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["test", "--model", "nobody"], "nobody"),
        (["."], "no folder named like a class"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, capsys: Output) -> None:
    arguments = arguments if "--model" in arguments else [*arguments, "--model", MODEL]
    assert main(["score", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
