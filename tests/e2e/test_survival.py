"""Runs outlive tabs, pages and servers; what kills one is said, and nothing is left behind."""

from __future__ import annotations

import psutil
from playwright.sync_api import Page, expect

from fmnist_core.events import RunFailed, RunFinished
from fmnist_core.experiment import Experiment
from fmnist_core.jobs import processes
from fmnist_core.jobs.local import default_slots
from fmnist_core.jobs.worker import read_identity
from fmnist_core.presets import PRESETS
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.settings import to_link, with_settings
from pages.shared.once import STARTING
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import SCREENS
from tests.e2e.visitor import (
    WAIT_MS,
    controls,
    curves,
    go,
    grown,
    own_runs,
    settled,
    state_of,
)

CNN = PRESETS["cnn-16"].experiment
LONG = with_settings(CNN, ["training.epochs=100"])
"""Nobody waits for its end: tests stop it. If nobody does, it ends by itself."""
SHORT = with_settings(CNN, ["training.steps=1200"])
"""Long enough to restart a server beside it."""

POINTS_UNTIL = """
(canvas, [wanted, patience]) => new Promise((done, fail) => {
  const seen = new Set(), end = performance.now() + patience;
  const look = () => {
    const points = Number(canvas.dataset.points);
    seen.add(points);
    if (points >= wanted) done([...seen]);
    else if (performance.now() > end) fail(new Error(`only ${points} points`));
    else requestAnimationFrame(look);
  };
  look();
})
"""
"""How many points the curves had, until they had ``wanted``."""
HEAR_TEXTS = """
() => {
  window.texts = new Set();
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    texts.add(text);
    return write.call(this, text, ...rest);
  };
}
"""
"""From now on, what is written on a canvas."""


def train(page: Page, app: App) -> Run:
    """Press Train, wait for the first steps."""
    page.get_by_role("button", name="Train", exact=True).click()
    expect(controls(page).get_by_role("button", name="Pause")).to_be_visible()
    grown(page)
    return own_runs(app)[0]


def open_train(app: App, visit: Visit, experiment: Experiment) -> Page:
    return visit(app).open("train", experiment=to_link(experiment))


def stop(page: Page) -> None:
    controls(page).get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Accuracy at the end:")).to_be_visible()


def pid_of(run: Run) -> int:
    identity = read_identity(run)
    assert identity is not None
    return identity.pid


def all_but(worker: int, family: list[psutil.Process]) -> None:
    """Of a server's processes nothing stays but the worker that trains."""
    _, left = psutil.wait_procs([each for each in family if each.pid != worker], timeout=30)
    assert [each.cmdline() for each in left] == []


def test_a_run_goes_on_whoever_looks(app: App, visit: Visit) -> None:
    first = visit(app)
    page = first.open("train", experiment=to_link(LONG))
    run = train(page, app)
    second = first.tab("train")
    grown(second)
    assert f"run={run.id}" in second.url
    go(page, "Data")
    expect(page.locator(".lab-bar")).to_contain_text("epoch")

    inside = first.tab(f"inside?model={run.id}&view=one-step")
    standing = inside.locator(".lab-bar").filter(has_text="After step")
    earlier = standing.inner_text()
    expect(standing).not_to_have_text(earlier)  # the next checkpoint, without a click
    expect(inside.get_by_text(f"Follows {run.title} as it learns")).to_be_visible()
    expect(standing).not_to_have_text(standing.inner_text())  # and again
    inside.close()

    seen = state_of(run).step
    page.close()
    second.close()
    stranger = visit(app).open("train")
    grown(stranger)
    assert int(curves(stranger).get_attribute("data-step") or 0) > seen
    assert pid_of(run) == state_of(run).started.pid
    stop(stranger)


def test_the_second_of_a_pair_is_drawn_as_it_learns(app: App, visit: Visit) -> None:
    changes = ["training.steps=300", "data.train_size=9600", "data.augmentation.flip=true"]
    page = open_train(app, visit, with_settings(CNN, changes))
    page.get_by_role("button", name="Train with and without").click()
    expect(controls(page).get_by_role("button", name="Pause")).to_be_visible()
    seen = curves(page).evaluate(POINTS_UNTIL, [600, WAIT_MS])  # nobody touches the page
    assert len([points for points in seen if 300 < points < 600]) > 3, seen
    page.evaluate(HEAR_TEXTS)
    width, height = SCREENS["phone"]
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("() => texts.has('plain pictures') && texts.has('CNN 16')")
    for run in own_runs(app)[:2]:
        for _ in range(WAIT_MS // 100):
            if state_of(run).ended:
                break
            page.wait_for_timeout(100)  # it is being judged
        assert isinstance(state_of(run).ending, RunFinished)
        assert len(state_of(run).epochs) == 4


def test_a_killed_worker_is_explained_and_its_steps_are_kept(app: App, visit: Visit) -> None:
    page = open_train(app, visit, LONG)
    run = train(page, app)
    psutil.Process(pid_of(run)).kill()
    failed = page.get_by_role("alert").filter(has_text="This run failed.")
    expect(failed).to_be_visible()
    state = state_of(run)
    assert isinstance(state.ending, RunFailed)
    expect(failed).to_contain_text(state.ending.reason)
    assert "killed" in state.ending.reason
    assert state.step > 0
    expect(curves(page)).to_have_attribute("data-step", str(state.step))
    go(page, "Results")
    expect(page.locator(".lab-bar")).to_have_count(0)


def test_a_killed_server_finds_its_run_again(own_app: App, visit: Visit) -> None:
    page = open_train(own_app, visit, SHORT)
    run = train(page, own_app)
    engine = own_app.family()
    worker = pid_of(run)
    own_app.kill()
    all_but(worker, engine)
    before = state_of(run)
    own_app.start()
    assert before.ended or psutil.pid_exists(worker)
    found = visit(own_app).open("train", run=run.id)
    expect(curves(found)).to_have_attribute("data-step", "1200")
    expect(found.get_by_text("Accuracy at the end:")).to_be_visible()
    state = state_of(run)
    assert isinstance(state.ending, RunFinished)
    assert [batch.step for batch in state.batches] == list(range(1, 1201))


def test_who_must_wait_sees_why_and_gets_their_turn(app: App, visit: Visit) -> None:
    busy = visit(app).open("train", experiment=to_link(LONG))
    train(busy, app)
    for _ in range(default_slots() - 1):
        another(busy)
        train(busy, app)
    page = visit(app).open("train", experiment=to_link(LONG))
    another(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".lab-caption", has_text="Next in the queue.")).to_be_visible()
    expect(page.locator(".lab-bar")).to_contain_text("next in the queue")
    another(page)
    page.wait_for_timeout(1000 * STARTING)  # sooner, it would count as the same click
    page.get_by_role("button", name="Train", exact=True).click()
    said = "Waiting: 1 before it in the queue."
    expect(page.locator(".lab-caption", has_text=said)).to_be_visible()
    controls(page).get_by_role("button", name="Stop").click()

    stop(busy)
    patient = own_runs(app)[1]
    found = visit(app).open("train", run=patient.id)
    grown(found)
    for run in own_runs(app):
        if not state_of(run).ended:
            RunStore(app.runs).command(run.id, "stop")
    expect(found.get_by_text("Accuracy at the end:")).to_be_visible()


def another(page: Page) -> None:
    """Back to the settings, while a run is shown."""
    page.get_by_role("button", name="Edit", exact=True).click()
    settled(page)


def test_a_server_that_ends_leaves_its_runs_to_train(own_app: App, visit: Visit) -> None:
    run = train(open_train(own_app, visit, LONG), own_app)
    family = own_app.family()
    worker = read_identity(run)
    assert worker is not None
    own_app.stop()
    all_but(worker.pid, family)
    assert processes.alive(worker)
    own_app.start()
    page = visit(own_app).open("train")
    grown(page)
    stop(page)
    assert RunStore(own_app.runs).state(run.id).status == "stopped"
    _, left = psutil.wait_procs(family, timeout=30)
    assert left == []
