"""Train, Transfer: what is set is what is compared; what came of it is what the events say."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fmnist_core import events as e
from fmnist_core.run import Run
from fmnist_core.transfer import CLASSIC, METHODS
from tests.pages.judged_runs import html
from tests.pages.lab_pages import QueueOnly, healthy, lab, open_page


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def compared(backend: QueueOnly, ended: bool = True) -> Run:
    run = backend.store.create_transfer(CLASSIC)
    at = run.created
    backend.store.append(
        run.id, e.RunStarted(at, 1, 2, 3, 211, 633, 27_000, 3_001, 128, 0.01, True)
    )
    backend.store.append(run.id, e.Pretrained(at, 0.871, 2_999, 4.0))
    for draw in range(2):
        for method, accuracy in zip(METHODS, (0.71, 0.66, 0.52), strict=True):
            for shots in (1, 10):
                reached = accuracy + 0.01 * draw + 0.02 * (shots > 1)
                backend.store.append(
                    run.id, e.TransferMeasured(at, method, shots, draw, reached, 3_001, 2.0)
                )
    if ended:
        backend.store.append(run.id, e.RunFinished(at, 0, "All done.", 60, 0, 0))
    return run


def test_what_is_set_is_compared(backend: QueueOnly) -> None:
    app = healthy(open_page("train", view="transfer"))
    assert "Nothing compared yet" in html(app)
    assert "New: Trouser, Pullover, Shirt, Bag, Ankle boot. 60 trainings" in html(app)
    next(each for each in app.multiselect if "first" in each.label).set_value([0, 1, 2])
    next(each for each in app.text_input if "Pictures" in each.label).set_value("2, 20")
    next(each for each in app.number_input if each.label == "Draws").set_value(3)
    button(app.run(), "Compare").click().run()
    (run,) = backend.store.transfers()
    transfer = healthy(app) and run.transfer
    assert (transfer.known, transfer.shots, transfer.draws) == ((0, 1, 2), (2, 20), 3)
    assert transfer.base.preset == "cnn-16"
    assert backend.store.list() == []


def test_a_mistake_is_explained_and_nothing_can_be_started(backend: QueueOnly) -> None:
    app = open_page("train", view="transfer")
    next(each for each in app.multiselect if "first" in each.label).set_value([3])
    healthy(app.run())
    assert "2 to 8 known classes" in app.error[0].value
    assert button(app, "Compare").disabled


def test_accuracies_are_shown_with_n_intervals_and_a_verdict(backend: QueueOnly) -> None:
    compared(backend)
    text = html(healthy(open_page("train", view="transfer")))
    assert "87.1 %" in text
    assert "validation, n = 2,999" in text
    assert "12 of 60" in text
    assert "transfer (frozen) gets 19 points more right than a network from scratch (+19" in text
    assert "Every way (validation, n = 3,001)" in text
    assert "65.1 to 77.9" in text  # 71.5 % of two draws


def test_one_that_was_broken_off_goes_on(backend: QueueOnly) -> None:
    run = compared(backend, ended=False)
    backend.store.append(run.id, e.RunFailed(run.created, 0, "The worker was killed."))
    app = healthy(open_page("train", view="transfer"))
    button(app, "Go on with the other trainings").click().run()
    newest, _ = backend.store.transfers()
    assert healthy(app)
    assert newest.parent == run.id
    assert backend.store.state(newest.id).transfers == backend.store.state(run.id).transfers


def test_a_comparison_that_runs_is_in_the_run_bar_and_is_no_network(backend: QueueOnly) -> None:
    run = compared(backend, ended=False)
    app = healthy(open_page("start"))
    assert "Does transfer help?</b> · training 13 of 60" in html(app)
    app = healthy(open_page("results", run=run.id))
    assert "Train, Transfer shows it" in app.warning[0].value
    assert run.id not in {each.value for each in app.selectbox}
