"""A search in the browser: trials come in, a killed one goes on, the best one is trained."""

from __future__ import annotations

import re

import psutil
from playwright.sync_api import Locator, Page, expect

from fmnist_core.jobs.worker import read_identity
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.search import experiment_of
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import download, enter, settled

TRIALS = 4


def test_a_search_survives_its_worker_and_its_best_is_trained(app: App, visit: Visit) -> None:
    store = RunStore(app.runs)
    page = visit(app).open("train", view="search")
    enter(page, "Training pictures", "2000")
    enter(page, "Trials", str(TRIALS))
    settled(page)
    script = download(page, "Keras Tuner script").read_text()
    assert "keras_tuner" in script
    compile(script, "search.py", "exec")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(ended(page, 1)).to_be_visible()
    (run,) = store.searches()
    kill(run)
    expect(page.get_by_role("alert").filter(has_text="This search failed.")).to_be_visible()
    known = [trial for trial in store.state(run.id).trials.values() if trial.ended]

    page.get_by_role("button", name="Go on with the other trials").click()
    expect(ended(page, TRIALS)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    second = next(each for each in store.searches() if each.id != run.id)
    state = store.state(second.id)
    assert state.status == "finished"
    assert [state.trials[trial.number] for trial in known] == known
    best = state.scored[0]
    rows = page.get_by_role("group", name="Trials, the best first").locator("tbody tr")
    expect(rows).to_have_count(TRIALS)
    expect(rows.first).to_contain_text(f"{100 * (best.score or 0):.1f} %")
    heading = page.get_by_role("heading", name=f"All at once (n = {TRIALS} trials)")
    expect(heading).to_be_visible()

    page.get_by_role("button", name="Train the best").click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    enter(page, "Epochs", "1")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    trained = store.list()[0]
    assert second.search is not None
    wanted = experiment_of(second.search, best.values)
    assert trained.experiment.architecture == wanted.architecture
    assert trained.experiment.training == wanted.training.changed(epochs=1)


def ended(page: Page, at_least: int) -> Locator:
    numbers = "|".join(str(n) for n in range(at_least, TRIALS + 1))
    return page.locator(".lab-metrics dd").filter(has_text=re.compile(f"^({numbers}) of {TRIALS}$"))


def kill(run: Run) -> None:
    identity = read_identity(run)
    assert identity is not None
    psutil.Process(identity.pid).kill()
