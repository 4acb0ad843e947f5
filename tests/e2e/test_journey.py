"""The journey of a visitor on the real 70,000 pictures: train live, look at what was learned."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from fmnist_core import evaluation, reports
from fmnist_core.datasets import CLASS_NAMES, load
from fmnist_core.events import RunFinished, RunStopped
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.wording import how_sure, percent
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import (
    WAIT_MS,
    Visitor,
    bars,
    choose,
    controls,
    curves,
    download,
    enter,
    go,
    grown,
    own_runs,
    probabilities,
    settled,
    state_of,
    unfold,
)

STEPS = 469
"""One epoch over 60,000 pictures at batch 128."""
DIFFERENT_PICTURES = """
(canvas, [wanted, patience]) => new Promise((done, fail) => {
  const pictures = new Map(), end = performance.now() + patience;
  let last = null;
  const look = () => {
    if (canvas.dataset.step !== last) {
      last = canvas.dataset.step;
      requestAnimationFrame(() => pictures.set(canvas.toDataURL(), Number(last)));
    }
    if (pictures.size >= wanted) done([...pictures.values()]);
    else if (performance.now() > end) fail(new Error(`${pictures.size} different curves`));
    else requestAnimationFrame(look);
  };
  look();
})
"""
"""The steps at which the canvas showed ``wanted`` different pictures."""


@pytest.fixture(scope="module")
def finished(app: App, browser: Browser) -> Run:
    """A run that was trained to its end through the page, shown all the while."""
    visitor = Visitor(browser, app.url)
    page = visitor.open("train")
    choose(page, "Network", "CNN 16")
    unfold(page, "All settings")
    page.get_by_text("Step limit", exact=True).click()
    enter(page, "Steps", str(STEPS))
    steps = train_and_watch(page)
    run = own_runs(app)[0]
    assert steps == sorted(set(steps)), "a curve that went back"
    expect(page.get_by_text("Accuracy at the end:")).to_be_visible()
    expect(curves(page)).to_have_attribute("data-step", str(STEPS))
    visitor.context.close()
    assert visitor.strangers == []
    assert visitor.complaints == []
    return run


def train_and_watch(page: Page) -> list[int]:
    """Press Train and return the steps at which five different curves were seen."""
    page.get_by_role("button", name="Train", exact=True).click()
    page.mouse.move(0, 0)  # a mouse that comes to lie on the chart makes it draw, too
    expect(controls(page).get_by_role("button", name="Pause")).to_be_visible()
    return curves(page).evaluate(DIFFERENT_PICTURES, [5, WAIT_MS])


def test_the_first_page_answers(app: App, visit: Visit) -> None:
    page = visit(app).open()
    expect(bars(page)).to_have_count(1)
    assert len(probabilities(page)) == len(CLASS_NAMES)
    answer = page.locator(".lab-answer")
    expect(answer).to_have_text(re.compile(r"^Ankle boot, (over 99|\d\d) %$"))


def test_469_steps_stream_to_the_page_and_finish(finished: Run) -> None:
    state = state_of(finished)
    assert isinstance(state.ending, RunFinished)
    assert [batch.step for batch in state.batches] == list(range(1, STEPS + 1))
    assert finished.experiment.training.batch_size == 128
    assert state.evaluated["test"].n == 10_000


def test_a_run_is_steered_and_stopped(app: App, visit: Visit) -> None:
    page = visit(app).open("train")
    choose(page, "Network", "CNN 16")
    train_and_watch(page)
    run = own_runs(app)[0]
    curves(page).evaluate("canvas => { canvas.mine = true; }")
    zoom = zoom_into(page)
    grown(page)
    expect(curves(page)).to_have_attribute("data-zoom", zoom)
    assert curves(page).evaluate("canvas => canvas.mine"), "the chart was replaced"

    controls(page).get_by_role("button", name="Pause").click()
    expect(controls(page).get_by_role("button", name="Resume")).to_be_visible()
    held = state_of(run)
    assert held.status == "paused"
    expect(page.locator(".lab-bar")).to_contain_text("paused")
    equals_the_run(page, held)

    controls(page).get_by_role("button", name="Step", exact=True).click()
    expect(curves(page)).to_have_attribute("data-step", str(held.step + 1))
    expect(controls(page).get_by_role("button", name="Resume")).to_be_visible()
    after = state_of(run)
    assert (after.step, after.status) == (held.step + 1, "paused")
    equals_the_run(page, after)

    controls(page).get_by_role("button", name="Resume").click()
    expect(controls(page).get_by_role("button", name="Pause")).to_be_visible()
    grown(page)

    enter(page, "New learning rate", "0.002")
    controls(page).get_by_role("button", name="Apply").click()
    expect(curves(page)).to_have_attribute("data-rates", re.compile("0.002"))
    change = state_of(run).rate_changes[-1]
    assert (change.learning_rate, change.by) == (0.002, "visitor")
    expect(curves(page)).to_have_attribute("data-zoom", zoom)

    controls(page).get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Accuracy at the end:")).to_be_visible()
    end = state_of(run)
    assert isinstance(end.ending, RunStopped)
    assert end.step < end.total_steps
    assert (run.directory / "weights.npz").stat().st_size > 4 * 201_578 * 0.9
    equals_the_run(page, end)
    test = end.evaluated["test"]
    expect(page.get_by_text(f"test {percent(test.accuracy)} (n = 10,000)")).to_be_visible()
    assert curves(page).evaluate("canvas => canvas.mine"), "the chart was replaced"


def zoom_into(page: Page) -> str:
    """Drag a range on the loss curve; return what the chart says it shows."""
    box = curves(page).bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.15 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], y, steps=4)
    page.mouse.up()
    expect(curves(page)).to_have_attribute("data-zoom", re.compile(r"\d+-\d+"))
    return curves(page).get_attribute("data-zoom") or ""


def equals_the_run(page: Page, state: RunState) -> None:
    """Every number on the screen is the run directory's."""
    last = state.batches[-1]
    expect(curves(page)).to_have_attribute("data-step", str(last.step))
    expect(page.locator(".lab-metrics")).to_have_attribute("data-step", str(last.step))
    shown = page.locator(".lab-metrics").inner_text()
    assert f"{last.loss:.3f}" in shown
    assert percent(last.accuracy) in shown
    assert f"batch {last.step:,}, n = 128" in shown
    if state.epochs:
        assert percent(state.epochs[-1].validation_accuracy) in shown
    assert state.panel is not None
    right = sum(a == b for a, b in zip(state.panel.labels, state.panel.predicted, strict=True))
    said = f"{right} of 24 right at step {state.panel.step:,}"
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    expect(page.locator(".lab-panel figure.right")).to_have_count(right)
    expect(page.locator(".lab-panel figure.wrong")).to_have_count(24 - right)


@pytest.fixture
def results(app: App, visit: Visit, finished: Run) -> Page:
    return visit(app).open("results", view="one-run", run=finished.id)


def test_results_are_those_of_the_run(results: Page, finished: Run) -> None:
    judged = reports.test_report(finished.directory / "report.json")
    metrics = results.get_by_test_id("stMetric")
    expect(metrics.filter(has_text="Test accuracy").first).to_contain_text(
        f"{100 * judged.accuracy:.2f} %"
    )
    low, high = 100 * judged.interval.low, 100 * judged.interval.high
    said = f"95 % interval {low:.1f} to {high:.1f} %, n = 10,000"
    expect(results.get_by_text(said)).to_be_visible()
    expect(curves(results)).to_have_attribute("data-step", str(STEPS))
    expect(
        results.get_by_role("heading", name="Report per class (test, n = 10,000)")
    ).to_have_count(1)


def test_a_confusion_cell_opens_its_pictures(results: Page, finished: Run) -> None:
    predicted = np.load(finished.directory / "test_probabilities.npy").argmax(axis=1)
    counts = evaluation.confusion(load().test_labels, predicted)
    matrix = results.get_by_role("table", name=re.compile("Confusion matrix"))
    expect(matrix.locator("td")).to_have_count(counts.size)
    shown = [int(text.replace(",", "") or 0) for text in matrix.locator("td").all_inner_texts()]
    assert shown == counts.ravel().tolist()

    shirt, top = CLASS_NAMES.index("Shirt"), CLASS_NAMES.index("T-shirt/top")
    n = counts[shirt, top]
    matrix.locator("td").nth(10 * shirt + top).get_by_role("button").click()
    title = f"Shirt taken for T-shirt/top (n = {n:,})"
    expect(results.get_by_role("heading", name=title)).to_be_visible()
    pictures = results.get_by_role("group", name="Pictures of the chosen cell")
    expect(pictures.get_by_role("button")).to_have_count(min(n, 24))
    first = pictures.get_by_role("button").first
    expect(first).to_have_attribute("aria-label", re.compile("Shirt, taken for T-shirt/top"))
    index = re.search(r"\d+", first.get_attribute("aria-label") or "")
    assert index is not None
    first.click()
    expect(results).to_have_url(re.compile(f"picture=test%3A{index[0]}(&|$)"))


def test_24_random_test_pictures_are_judged(results: Page, finished: Run) -> None:
    chances = reports.test_probabilities(finished.directory, load().test_labels)
    assert chances is not None
    pictures = results.get_by_role("group", name="Random test pictures").get_by_role("button")
    expect(pictures).to_have_count(24)
    for picture in pictures.all():
        label = picture.get_attribute("aria-label") or ""
        found = re.fullmatch(
            r"Test picture (\d+): (.+), (right|taken for (.+)), ((?:over )?\S+ %)", label
        )
        assert found is not None, label
        answers, actual = chances[int(found[1])], load().test_labels[int(found[1])]
        said = actual if found[3] == "right" else CLASS_NAMES.index(found[4])
        assert (CLASS_NAMES[actual], said) == (found[2], answers.argmax())
        assert how_sure(answers.max(), 1) == found[5]


def test_a_run_can_be_taken_home(results: Page, finished: Run) -> None:
    with zipfile.ZipFile(download(results, "model.keras")) as model:
        assert {"config.json", "model.weights.h5"} <= set(model.namelist())
        assert json.loads(model.read("config.json"))["class_name"] in ("Functional", "Sequential")
    steps = list(csv.DictReader(io.StringIO(download(results, "Steps (CSV)").read_text())))
    batches = state_of(finished).batches
    assert [int(row["step"]) for row in steps] == [batch.step for batch in batches]
    epochs = list(csv.DictReader(io.StringIO(download(results, "Epochs (CSV)").read_text())))
    assert len(epochs) == len(state_of(finished).epochs)
    experiment = download(results, "Experiment (JSON)").read_text()
    assert type(finished.experiment).from_json(experiment) == finished.experiment


def test_a_refresh_finds_the_run_again(results: Page, finished: Run) -> None:
    go(results, "Train")
    results.reload()
    settled(results)
    expect(curves(results)).to_have_attribute("data-step", str(STEPS))
    equals_the_run(results, state_of(finished))


def test_nothing_but_this_machine_was_asked(app: App, finished: Run) -> None:
    """While a run has been trained and looked at: every page here is watched by ``visit``."""
    assert finished.directory.is_dir()
    assert not app.imported_tensorflow()
    assert app.connections_elsewhere() == []
