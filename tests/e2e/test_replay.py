"""A run's life replayed in the browser, on the recorded runs: what is shown must be true."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist_core import insight
from fmnist_core.datasets import CLASS_NAMES, load
from fmnist_core.replay import stations
from fmnist_core.runs import RunStore
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import misfits
from tests.e2e.visitor import WAIT_MS, choose, curves, enter, settled

RUN = "recorded-cnn"
REDRAWN = """
(canvas, [before, patience]) => new Promise((done, fail) => {
  const end = performance.now() + patience;
  const look = () => {
    if (canvas.toDataURL() !== before) done();
    else if (performance.now() > end) fail(new Error('the same picture as before'));
    else requestAnimationFrame(look);
  };
  look();
})
"""


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name=re.compile("^Replay A CNN"))


def standing(page: Page) -> str:
    return page.locator("p.lab-bar").first.inner_text()


def accuracy(page: Page) -> float:
    found = re.search(r"validation accuracy ([\d.]+) % \(n = 1,000\)", standing(page))
    assert found, standing(page)
    return float(found[1])


def to(page: Page, key: str, step: str) -> None:
    """Move the slider by a key and wait until the page is there."""
    slider(page).press(key)
    text = re.compile(f"After step {step}|Before the first step" if step == "0" else f"step {step}")
    expect(page.locator("p.lab-bar").first).to_have_text(text)
    settled(page)


def test_the_slider_moves_the_page_through_the_life_of_a_run(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=RUN, picture="test:0")
    expect(page.locator("p.lab-bar").first).to_contain_text("step 4,220 of 4,220")
    page.get_by_role("button", name="Confusion matrix").click()
    matrix = page.get_by_role("table").filter(has_text="T-shirt/top")
    expect(matrix.locator("td")).to_have_count(100)
    last, counted = accuracy(page), diagonal(matrix)
    assert counted == pytest.approx(10 * last)
    page.keyboard.press("Escape")
    earlier = [each.step or 0 for each in stations(RunStore(app.runs).get(RUN))]
    assert len(earlier) in (39, 40)
    seen = {}
    moves = (("ArrowLeft", earlier[-2]), ("Home", 0), ("ArrowRight", 1), ("ArrowLeft", 0))
    for key, step in moves:
        to(page, key, f"{step:,}")
        seen[step] = accuracy(page)
    expect(page).to_have_url(re.compile(f"model={RUN}%400(&|$)"))
    assert seen[0] < seen[1] < seen[earlier[-2]]
    assert seen[0] < 25
    assert seen[earlier[-2]] == pytest.approx(last, abs=3)
    assert last > 85
    assert "called Ankle boot" not in standing(page)
    maps = page.get_by_role("group", name="Feature maps of conv2d_1")
    before = maps.locator(".cell").first.get_attribute("aria-label")
    to(page, "End", "4,220")
    assert "called Ankle boot" in standing(page)
    expect(maps.locator(".cell").first).not_to_have_attribute("aria-label", before or "")


def test_filters_are_those_of_the_chosen_checkpoint(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=RUN, view="filters")
    filters = page.get_by_role("group", name="Filters of conv2d_1", exact=True).locator(".cell")
    for key, step in (("End", 4220), ("Home", 0)):
        to(page, key, f"{step:,}")
        kernel = first_kernel(app, step)
        expect(filters).to_have_count(kernel.shape[-1])
        weights = kernel[..., 0, 5]
        expect(filters.nth(5)).to_have_attribute(
            "aria-label", f"conv2d_1, filter 5: weights {weights.min():.2f} to {weights.max():.2f}"
        )


def first_kernel(app: App, step: int) -> np.ndarray:
    """The weights of the first convolution (h, w, 1, filters), as that checkpoint has them."""
    folder = RunStore(app.runs).get(RUN).directory / "checkpoints"
    with np.load(folder / f"step-{step:06d}.npz") as saved:
        return next(saved[name] for name in saved.files if saved[name].ndim == 4)


def diagonal(matrix: Locator) -> int:
    cells = matrix.locator("td.diagonal").all_inner_texts()
    assert len(cells) == len(CLASS_NAMES)
    return sum(int(cell.replace(",", "") or 0) for cell in cells)


def test_an_update_is_written_with_the_numbers_of_the_run(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=f"{RUN}@0", view="one-step")
    metrics = page.locator("dl.lab-metrics dd:not(.note)")
    expect(metrics).to_have_count(4)
    first = RunStore(app.runs).state(RUN).batches[0]
    before, after = (float(text) for text in metrics.all_inner_texts()[:2])
    assert before == pytest.approx(first.loss, rel=5e-3)
    assert after < before
    for name in ("Adam", "SGD", "SGD + Nesterov", "RMSprop"):
        if name != "Adam":
            choose(page, "Optimizer", name)
        heading(page, re.compile(f", by {re.escape(name)}$"))
        old, step, new = written(page)
        assert new == pytest.approx(old - step, rel=1e-4, abs=1e-7)
    choose(page, "Optimizer", "SGD")
    enter(page, "Learning rate", "0.1")
    choose(page, "Weight", "output/bias, 10")
    heading(page, re.compile(r"^output.bias\[\d\], by SGD$"))
    gradient = number(metrics.nth(2).inner_text())
    old, step, new = written(page)
    assert step == pytest.approx(0.1 * gradient, rel=1e-4)
    dead = page.get_by_role("group", name="Sizes of activations and gradients").locator("tbody tr")
    expect(dead.filter(has_text="dense_1")).to_contain_text(re.compile(r"\d+ of 64 \([\d.]+ %\)"))


def heading(page: Page, name: re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def written(page: Page) -> tuple[float, float, float]:
    """Old weight, step and new weight, as the table has them."""
    rows = page.get_by_role("group", name=re.compile("written out$")).locator("tbody tr")
    old, new = rows.last.locator("td").nth(1).inner_text(), rows.last.locator("td").last
    step = rows.nth(-2).locator("td").last.inner_text()
    return number(old.split(" ")[0]), number(step), number(new.inner_text())


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_map_separates_what_the_network_has_learned(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=f"{RUN}@0", view="map")
    canvas = page.locator("canvas[data-points]")
    expect(canvas).to_have_attribute("data-points", "1000")
    untrained = by_features(page)
    to(page, "End", "4,220")
    assert untrained < by_features(page)
    wrong = re.search(r"([\d,]+) of them called wrongly", canvas.get_attribute("aria-label") or "")
    assert wrong
    assert int(wrong[1]) == pytest.approx(1_000 - 10 * accuracy(page))
    by_class = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("radiogroup", name="Marks").get_by_text("Right or wrong").click()
    canvas.evaluate(REDRAWN, [by_class, WAIT_MS])
    canvas.focus()
    page.keyboard.press("ArrowRight")
    sample = insight.validation_sample(RunStore(app.runs).get(RUN).experiment)
    name = CLASS_NAMES[load().train_labels[sample[0]]]
    expect(page.get_by_role("status").filter(has_text="validation")).to_contain_text(
        f"{name} (validation {sample[0]})"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"picture=validation%3A{sample[0]}"))
    settled(page)
    page.get_by_role("radiogroup", name="Method").get_by_text("t-SNE").click()
    expect(page.get_by_text("made in the background")).to_be_visible()
    expect(page.get_by_text("made in the background")).to_have_count(0)
    settled(page)
    assert np.isfinite(by_features(page))


def by_features(page: Page) -> float:
    """How often a nearest neighbour agrees, in percent."""
    text = page.get_by_text("nearest neighbour of a picture").inner_text()
    found = re.search(r"and for ([\d.]+) % by features", text)
    assert found
    return float(found[1])


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_replayed_page_fits_and_can_be_read(app: App, visit: Visit, look: str) -> None:
    visitor, problems = visit(app, color_scheme=look), []
    page = visitor.page
    for name in ("filters", "map", "one-step"):
        visitor.open("inside", model=f"{RUN}@144", view=name)
        expect(page.locator("p.lab-bar").first).to_contain_text("step 144")
        if name == "map":
            page.get_by_role("button", name="Confusion matrix").click()
            expect(page.locator("td.diagonal")).to_have_count(10)
        problems += misfits(page, name, look)
    assert problems == []


def test_a_click_on_the_curves_opens_the_run_as_it_was(app: App, visit: Visit) -> None:
    page = visit(app).open("results", view="one-run", run=RUN)
    canvas = curves(page)
    canvas.scroll_into_view_if_needed()
    settled(page)
    box = canvas.bounding_box()
    assert box is not None
    # Some 17 % into the loss curve: nearest to step 705.
    x, y = box["x"] + 44 + 0.17 * (box["width"] / 2 - 140), box["y"] + 150
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page.get_by_role("heading", level=1, name="Inside")).to_be_visible()
    expect(page).to_have_url(re.compile(f"model={RUN}%40705"))
    expect(page.locator("p.lab-bar").first).to_contain_text("step 705 of 4,220")
