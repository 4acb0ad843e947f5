"""Train, Search: what is set is what is searched; what came of it is what the events say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fmnist_core import events as e
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.search import FIRST_SEARCH, Search, experiment_of
from pages.shared import studies
from tests.pages.judged_runs import html
from tests.pages.lab_pages import QueueOnly, healthy, lab, open_page

UNITS, RATE = "architecture.layers.1.units", "training.learning_rate"


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def searched(backend: QueueOnly, *scores: float, search: Search = FIRST_SEARCH) -> Run:
    run = backend.store.create_search(search)
    score(backend, run, *scores)
    return run


def score(backend: QueueOnly, run: Run, *scores: float) -> None:
    at = run.created
    for number, reached in enumerate(scores):
        values = ((32, 64)[number % 2], (0.01, 0.001)[number // 2 % 2])
        backend.store.append(
            run.id,
            e.TrialStarted(at, number, (UNITS, RATE), values, 2),
            e.TrialEpochEnded(at, number, 1, 1, 1.0, reached, 1.0, reached, 6000),
            e.TrialEnded(at, number, (reached, reached), 6000, 1.5),
        )


def test_what_is_set_is_searched(backend: QueueOnly) -> None:
    app = healthy(open_page("train", view="search"))
    assert "Nothing searched yet" in html(app)
    number = {each.label: each for each in app.number_input}
    number["Trials"].set_value(7)
    number["Epochs"].set_value(3)
    next(each for each in app.text_input if each.label == "Dense (2) units").set_value("16, 48")
    button(app.run(), "Search").click().run()
    (run,) = backend.store.searches()
    search = healthy(app) and run.search
    assert (search.trials, search.executions, search.tuner) == (7, 3, "random")
    assert (search.base.training.epochs, search.base.data.train_size) == (3, 10_000)
    assert [choice.values for choice in search.space] == [(16, 48), (0.01, 0.001, 0.0001)]
    assert backend.store.list() == []


def test_a_mistake_is_explained_and_nothing_can_be_started(backend: QueueOnly) -> None:
    app = open_page("train", view="search")
    next(each for each in app.text_input if each.label == "Learning rate").set_value("-1, 0.1")
    healthy(app.run())
    assert "learning_rate" in app.error[0].value
    assert button(app, "Search").disabled


@pytest.mark.parametrize("text", ["0.01, 0.01", "nan, 0.1", "0.01, relu", "1-99 step 1"])
def test_so_is_a_list_that_is_none(backend: QueueOnly, text: str) -> None:
    app = open_page("train", view="search")
    next(each for each in app.text_input if each.label == "Learning rate").set_value(text)
    healthy(app.run())
    assert app.error
    assert button(app, "Search").disabled


def test_a_network_that_trains_long_is_searched_around_for_less_long(backend: QueueOnly) -> None:
    app = open_page("train", view="search", experiment="cnn-32")
    app.selectbox(key="lab.search.start").set_value("own").run()
    epochs = next(each for each in healthy(app).number_input if each.label == "Epochs")
    assert epochs.value == epochs.max == 50


def test_a_network_without_validation_pictures_cannot_be_searched_around(
    backend: QueueOnly,
) -> None:
    app = open_page("train", view="search", experiment="mlp-128;data.validation_fraction=0")
    app.selectbox(key="lab.search.start").set_value("own").run()
    assert "validation" in healthy(app).error[0].value
    assert button(app, "Search").disabled


def test_chance_is_reckoned_with_the_values_that_were_tried(backend: QueueOnly) -> None:
    """Of eight widths and three rates two each were tried, in four trials."""
    searched(backend, 0.8, 0.9, 0.7, 0.85)
    text = html(healthy(open_page("train", view="search")))
    assert text.count(">33 %<") == 2


def test_the_best_trial_opens_as_one_network(backend: QueueOnly) -> None:
    run = searched(backend, 0.71, 0.74, 0.82, 0.79)
    backend.store.append(run.id, e.RunFinished(run.created, 0, "All 4 trials done.", 6, 0, 0))
    app = healthy(open_page("train", view="search"))
    text = html(app)
    assert "4 of 5" in text
    assert "82.0 %" in text
    assert "validation, n = 6,000" in text
    assert "Which settings matter (n = 4 trials)" in text
    button(app, "Train the best").click().run()
    healthy(app)
    assert app.session_state["lab.view.train"] == "One network"
    best = experiment_of(FIRST_SEARCH, {UNITS: 32, RATE: 0.001})
    chosen = app.session_state["lab.experiment"]
    assert chosen.architecture == best.architecture
    assert chosen.training == best.training
    assert chosen.data.train_size is None  # now on all pictures


def test_a_search_that_failed_goes_on(backend: QueueOnly) -> None:
    run = searched(backend, 0.71, 0.74)
    backend.store.append(run.id, e.RunFailed(run.created, 0, "The process was killed."))
    app = healthy(open_page("train", view="search"))
    assert "The process was killed." in app.error[0].value
    button(app, "Go on with the other trials").click().run()
    second = next(each for each in backend.store.searches() if each.id != run.id)
    state: RunState = backend.store.state(second.id)
    assert second.parent == run.id
    assert [trial.score for trial in state.trials.values()] == [0.71, 0.74]
    healthy(app)


def test_a_search_is_no_network_elsewhere(backend: QueueOnly) -> None:
    run = searched(backend, 0.71)
    for page in ("start", "results", "train"):
        app = healthy(open_page(page))
        assert run.id not in {each.value for each in app.selectbox}
    assert "First search</b> · next in the queue" in html(app)  # the run bar


def test_the_run_bar_says_how_far_a_search_is(backend: QueueOnly) -> None:
    run = backend.store.create_search(FIRST_SEARCH)
    started = e.RunStarted(run.created, 1, 2, 5, 79, 395, 10_000, 6000, 128, 0.001, False)
    backend.store.append(run.id, started)
    score(backend, run, 0.71, 0.74)
    said = "First search</b> · trial 3 of 5 · best validation accuracy 74.0 % (n = 6,000)"
    assert said in html(healthy(open_page("start")))


def test_a_link_to_a_search_as_a_network_says_where_it_is(backend: QueueOnly) -> None:
    run = searched(backend, 0.71)
    app = healthy(open_page("results", run=run.id))
    assert "is more than one network. Train, Search shows it" in app.warning[0].value


def test_a_search_that_is_deleted_while_others_watch_it_leaves_a_page(
    backend: QueueOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = searched(backend)
    app = healthy(open_page("train", view="search"))
    assert "queue" in html(app)
    tick = studies._tick

    def deleted_first(*args: Any) -> None:
        if run in backend.store.searches():
            backend.store.delete(run.id)
        tick(*args)

    monkeypatch.setattr(studies, "_tick", deleted_first)
    assert "Nothing searched yet" in html(healthy(app.run()))
