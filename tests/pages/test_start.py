"""The Start page: the first click works."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fmnist_core.model_server import ModelServer
from fmnist_core.presets import preset
from tests.datasets.idx_files import write_set
from tests.pages.lab_pages import address, healthy, lab, open_page
from tests.projectfiles import ROOT

NEEDLESS = ("pandas", "pyarrow", "scipy", "cv2", "tensorflow")
FIRST_PAGE = f"""
import json, pathlib, sys
from tests.datasets.idx_files import write_set
from tests.pages.lab_pages import lab, healthy, open_page
with lab(pathlib.Path(sys.argv[1])):
    healthy(open_page())
print(json.dumps([name for name in {NEEDLESS!r} if name in sys.modules]))
"""


def html(app) -> str:
    return " ".join(each.proto.body for each in app.get("html"))


def test_the_first_click_trains_and_shows_the_run(tmp_path: Path):
    with lab(tmp_path) as backend:
        app = open_page()
        next(each for each in app.button if each.label.startswith("Train a network")).click().run()
        healthy(app)
        (run,) = backend.store.list()
        assert run.experiment.preset == "cnn-16"
        assert app.title[0].value == "Train"
        assert address(app)["run"] == run.id


def test_the_sample_boot_is_judged_by_the_chosen_network(tmp_path: Path):
    with lab(tmp_path):
        assert "Bag, 91 %" in html(healthy(open_page()))


def test_a_network_is_never_sure_by_100_percent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sure = np.array([[0, 0, 0, 0, 0, 0.002, 0, 0, 0, 0.998]], np.float32)
    monkeypatch.setattr(ModelServer, "predict", lambda *_: sure)
    with lab(tmp_path):
        text = html(healthy(open_page()))
    assert "Ankle boot, over 99 %" in text
    assert "100 %" not in text


def test_while_the_engine_starts_the_page_says_for_how_long(tmp_path: Path):
    with lab(tmp_path, ready=False):
        text = html(healthy(open_page()))
    assert "The engine is starting. About 7 s." in text


def test_of_another_set_nobody_speaks_of_clothes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    digits = tmp_path / "digits"
    write_set(digits, train=60, test=30)
    (digits / "classes.txt").write_text("\n".join(f"digit {i}" for i in range(10)))
    monkeypatch.setenv("FMNIST_DATA_DIR", str(digits))
    with lab(tmp_path / "runs") as backend:
        run = backend.store.create(preset("cnn-16").experiment)
        (run.directory / "weights.npz").write_bytes(b"")  # nobody reads them: all is a bag here
        bundled, own = (html(healthy(open_page(model=ref))) for ref in ("quick", run.id))
    assert "Bag, 91 %" in bundled  # it came with the app, and knows clothes
    assert "digit 8, 91 %" in own
    for text in (bundled, own):
        assert "90 pictures, 10 kinds" in text
        assert "2 epochs over 54 pictures" in text
        assert "clothes" not in text
        assert "nkle boot" not in text


def test_what_is_running_is_listed(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.store.create(preset("mlp-128").experiment)
        text = html(healthy(open_page()))
    assert "MLP 128" in text
    assert "next in the queue" in text


def test_the_first_page_of_a_server_waits_for_no_slow_import(tmp_path: Path):
    command = [sys.executable, "-c", FIRST_PAGE, str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == []
