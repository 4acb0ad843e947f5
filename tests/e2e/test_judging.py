"""Judging networks: how sure they are, one against another, and a visitor against one of them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy import stats

from fmnist_core import temperature
from fmnist_core.calibration import calibration
from fmnist_core.datasets import CLASS_NAMES, load
from fmnist_core.evaluation import wilson
from fmnist_core.label_errors import suspicion
from fmnist_core.runs import ASSETS
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import misfits
from tests.e2e.visitor import choose, settled

CNN, MLP = "recorded-cnn", "recorded-mlp"
SHIRT = CLASS_NAMES.index("Shirt")


def predictions(name: str) -> np.ndarray:
    """Of a recorded run on the test pictures, as sure as every page shows them: calibrated."""
    folder = ASSETS / "runs" / name
    known = temperature.read(folder)
    assert known is not None
    return temperature.apply(np.load(folder / "test_probabilities.npy"), known.temperature)


def part(page: Page, name: str) -> None:
    page.get_by_role("radiogroup", name="Part").get_by_text(name, exact=True).click()
    settled(page)


def shown(page: Page, group: str) -> list[int]:
    """Which test pictures a gallery shows."""
    cells = page.get_by_role("group", name=group).get_by_role("button")
    expect(cells.first).to_be_visible()
    labels = [cell.get_attribute("aria-label") or "" for cell in cells.all()]
    return [int(re.match(r"Test picture (\d+)", label)[1]) for label in labels]


def test_twenty_pictures_are_labelled_before_anything_is_revealed(app: App, visit: Visit) -> None:
    page = visit(app).open("results", view="beat-the-model", model=CNN)
    for k in range(1, 21):
        expect(page.get_by_role("heading", name=f"Picture {k} of 20: what is it?")).to_be_visible()
        expect(page.get_by_role("img", name=f"Picture {k} of 20, without its name")).to_be_visible()
        expect(page.get_by_role("group", name="three answers")).to_have_count(0)
        if k == 1:
            page.get_by_role("button", name=re.compile("^Shirt")).click()
        elif k == 2:
            # Without a mouse: from the picture on, Enter on a button that Tab reaches.
            page.get_by_role("button", name=re.compile("^Pullover")).focus()
            for _ in range(4):
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press(str(SHIRT))
    expect(page.get_by_role("heading", name="The label, your answer, its answer")).to_be_visible()

    pictures = shown(page, "The pictures of this round with three answers")
    labels, given = load().test_labels[pictures], predictions(CNN)
    assert len(set(pictures)) == 20
    mine = int((labels == SHIRT).sum())
    its = int((given[pictures].argmax(axis=1) == labels).sum())
    said = f"You: {mine} of 20. A CNN: {its} of 20."
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="You, these 20")
    low, high = wilson(mine, 20)
    expect(row).to_contain_text(f"{100 * low:.1f} to {100 * high:.1f}")
    expect(page.get_by_role("row").filter(has_text="Crowd")).to_contain_text("83.5 %")
    assert misfits(page, "scores") == []


def test_a_digit_in_a_field_labels_nothing(app: App, visit: Visit) -> None:
    page = visit(app).open("results", view="beat-the-model", model=CNN)
    page.get_by_role("button", name=re.compile("^Test picture 0")).click()
    field = page.get_by_role("spinbutton", name="Test picture", exact=True)
    field.press("7")
    field.press("Enter")
    settled(page)
    expect(page.get_by_role("heading", name="Picture 1 of 20: what is it?")).to_be_visible()


def test_two_runs_are_compared_and_a_mended_picture_is_looked_at_inside(
    own_app: App, visit: Visit
) -> None:
    # Of an app without other runs: Compare offers the newest four.
    page = visit(own_app).open("results", view="compare")
    choose(page, "Network A", "An MLP")
    choose(page, "Network B", "A CNN")
    labels, a, b = load().test_labels, predictions(MLP), predictions(CNN)
    a_right, b_right = a.argmax(axis=1) == labels, b.argmax(axis=1) == labels
    mended, broken = int((~a_right & b_right).sum()), int((a_right & ~b_right).sum())
    assert stats.binomtest(mended, mended + broken).pvalue < 0.0001
    verdict = (
        f"B mends {mended:,} of A's {(~a_right).sum():,} mistakes and makes {broken:,} new ones: "
        "B is better (p < 0.0001, n = 10,000)."
    )
    expect(page.get_by_text(verdict)).to_be_visible()
    pictures = shown(page, "Pictures that A and B judge")
    assert len(pictures) == 24
    assert (~a_right & b_right)[pictures].all()
    page.get_by_text(f"New mistakes of B ({broken:,})").click()
    settled(page)
    cells = page.get_by_role("group", name="Pictures that A and B judge").get_by_role("button")
    expect(cells.first).to_have_attribute("aria-label", re.compile("A says ✓ .*B says →"))
    pictures = shown(page, "Pictures that A and B judge")
    assert (a_right & ~b_right)[pictures].all()

    cells.first.click()
    expect(page).to_have_url(re.compile(f"picture=test%3A{pictures[0]}(&|$)"))
    settled(page)
    page.get_by_role("button", name="Look inside B").click()
    expect(page.get_by_role("heading", level=1, name="Inside")).to_be_visible()
    expect(page.get_by_role("button", name="Network: A CNN (recorded)")).to_be_visible()
    pinned = re.compile(f"^Test picture {pictures[0]}, ")
    expect(page.get_by_role("button", name=pinned)).to_be_visible()
    settled(page)


@pytest.fixture
def one_run(app: App, visit: Visit) -> Page:
    return visit(app).open("results", view="one-run", run=CNN)


def test_the_hardest_pictures_and_the_most_confused_pair_are_opened(one_run: Page) -> None:
    labels, given = load().test_labels, predictions(CNN)
    said = given.argmax(axis=1)
    tops = int(((labels == SHIRT) & (said == 0)).sum())
    one_run.get_by_role("button", name=f"Shirt → T-shirt/top: {tops}").click()
    title = f"Shirt taken for T-shirt/top (n = {tops})"
    expect(one_run.get_by_role("heading", name=title)).to_be_visible()
    settled(one_run)
    part(one_run, "Hardest pictures")
    # Below what Keras bounds, pictures are equally hard.
    right = np.maximum(given[np.arange(len(labels)), labels], 1e-7)
    hardest = np.argsort(right, kind="stable")[:24]
    assert shown(one_run, "Hardest pictures") == hardest.tolist()
    assert misfits(one_run, "hardest") == []


def test_a_probable_label_error_has_its_reason(one_run: Page) -> None:
    part(one_run, "Label errors")
    found = suspicion(load().test_labels, predictions(CNN), load().test_images)
    first = found.suspects[0]
    expect(one_run.get_by_text(first.reason(CLASS_NAMES))).to_be_visible()
    assert misfits(one_run, "label errors") == []
    one_run.get_by_role("button", name="Look inside").first.click()
    expect(one_run.get_by_role("heading", level=1, name="Inside")).to_be_visible()
    expect(one_run).to_have_url(re.compile(f"picture=test%3A{first.index}(&|$)"))
    settled(one_run)


def test_calibration_and_a_threshold(one_run: Page) -> None:
    part(one_run, "How sure")
    labels, given = load().test_labels, predictions(CNN)
    softmax = np.load(ASSETS / "runs" / CNN / "test_probabilities.npy")
    for choice, sure in (("As the softmax says", softmax), ("Calibrated", given)):
        one_run.get_by_role("radiogroup", name="Sureness").get_by_text(choice).click()
        error = calibration(labels, sure).error
        said = f"Expected calibration error: {100 * error:.1f} % (10 bins"
        expect(one_run.get_by_text(said)).to_be_visible()
    slider = one_run.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    kept = given.max(axis=1) >= 0.95
    right = (given.argmax(axis=1) == labels)[kept].mean()
    said = f"Answers {100 * kept.mean():.1f} % of the pictures, right on {100 * right:.1f} % of"
    expect(one_run.get_by_role("status").filter(has_text=said)).to_be_visible()
    slider.blur()  # its ends fade in while it has the focus
    assert misfits(one_run, "how sure") == []
