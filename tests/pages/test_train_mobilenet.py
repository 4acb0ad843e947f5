"""Train, MobileNetV2: what is set is what is trained; what came of it is what the events say."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fmnist_core import events as e
from fmnist_core.mobilenet import WEIGHTS_VARIABLE, make
from fmnist_core.run import Run
from tests.pages.judged_runs import html
from tests.pages.lab_pages import QueueOnly, healthy, lab, open_page


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    weights = tmp_path / "mine.weights.h5"
    weights.touch()
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(weights))
    with lab(tmp_path / "runs") as backend:
        yield backend


def trained(backend: QueueOnly, ended: bool = True) -> Run:
    run = backend.store.create_mobilenet(make(epochs=2))
    at = run.created
    backend.store.append(
        run.id,
        e.RunStarted(at, 1, 2, 4, 63, 252, 2_000, 2_000, 32, 0.001, True),
        e.WeightsLoaded(at, "mine.weights.h5", "ab" * 32, False, False, 2_257_984),
        e.StageEpochEnded(at, "pixels", 1, 0.9, 0.7, 2_000, 0.691, 2_000, 0.5),
        e.StageEpochEnded(at, "pixels", 2, 0.8, 0.75, 2_000, 0.733, 2_000, 1.0),
        e.FeaturesComputed(at, "train", 2_000, 2_000, 9.0, False),
        e.FeaturesComputed(at, "validation", 1_000, 2_000, 4.0, False),
    )
    if ended:
        backend.store.append(
            run.id,
            e.StageEpochEnded(at, "head", 1, 0.5, 0.8, 2_000, 0.812, 2_000, 0.5),
            e.StageJudged(at, "pixels", 0.73, 10_000, 101_770),
            e.StageJudged(at, "head", 0.81, 10_000, 165_258),
            e.RunFinished(at, 0, "All 2 stages done.", 20.0, 0.0, 0.0),
        )
    return run


def open_it() -> AppTest:
    return healthy(open_page("train", view="mobilenetv2"))


def test_what_is_set_is_trained(backend: QueueOnly) -> None:
    app = open_it()
    assert "Nothing trained yet" in html(app)
    assert not app.warning
    app.selectbox(key="lab.mobilenet.side").set_value(64)
    app.number_input(key="lab.mobilenet.train_size").set_value(500)
    app.toggle(key="lab.mobilenet.tune").set_value(True).run()
    app.number_input(key="lab.mobilenet.fine_tune_epochs").set_value(3)
    app.button(key="lab.mobilenet.start").click().run()
    (run,) = backend.store.mobilenets()
    healthy(app)
    assert run.mobilenet == make(side=64, train_size=500, fine_tune_epochs=3)


def test_missing_weights_are_said_before_anything_begins(
    backend: QueueOnly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.weights.h5").unlink()
    assert "there is no such file" in open_it().warning[0].value
    monkeypatch.delenv(WEIGHTS_VARIABLE)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    said = open_it().warning[0].value
    assert "Keras will try to download them" in said
    assert WEIGHTS_VARIABLE in said


def test_every_stage_is_shown_with_n_and_interval(backend: QueueOnly) -> None:
    trained(backend)
    text = html(open_it())
    assert (
        "2,257,984 parameters from mine.weights.h5 (a file that the owner of this server named"
        in text
    )
    assert "never learned" in open_it().warning[0].value
    for said in ("73.3 %", "81.2 %", "81.0 %", "80.2 to 81.8", "165,258", "test, n = 10,000"):
        assert said in text
    assert "training, n = 2,000; validation, n = 2,000" in text


def test_one_that_runs_is_in_the_run_bar_and_is_no_network(backend: QueueOnly) -> None:
    run = trained(backend, ended=False)
    text = html(open_it())
    assert "3,000 of 4,000" in text
    assert "test not opened yet" in text
    assert "features of 1,000 of 2,000 pictures" in html(healthy(open_page("start")))
    app = healthy(open_page("results", run=run.id))
    assert "Train, MobileNetV2 shows it" in app.warning[0].value


def test_one_that_failed_says_why(backend: QueueOnly) -> None:
    run = trained(backend, ended=False)
    backend.store.append(run.id, e.RunFailed(run.created, 0, "No weights. Set the variable."))
    assert "This run failed. No weights. Set the variable." in open_it().error[0].value
