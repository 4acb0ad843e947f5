"""A transfer comparison in the browser: the numbers on the page are those of its events."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from fmnist_core.runs import RunStore
from fmnist_core.transfer import METHODS, points, verdict
from fmnist_core.wording import percent
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import misfits
from tests.e2e.visitor import choose, enter, settled


def test_a_comparison_is_made_and_says_what_it_measured(app: App, visit: Visit) -> None:
    page = visit(app).open("train", view="transfer")
    choose(page, "Network", "MLP 128")
    enter(page, "Epochs before", "1")
    enter(page, "Draws", "2")
    shots = page.get_by_role("textbox", name="Pictures of each new class")
    shots.fill("1, 10")
    shots.press("Enter")
    expect(page.get_by_text("12 trainings")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    done = page.locator(".lab-metrics dd").filter(has_text=re.compile("^12 of 12$"))
    expect(done).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)

    store = RunStore(app.runs)
    run = store.transfers()[0]
    state = store.state(run.id)
    assert state.status == "finished"
    assert run.transfer is not None
    assert (run.transfer.base.preset, run.transfer.shots) == ("mlp-128", (1, 10))
    found = points(state.transfers)
    rows = page.get_by_role("group", name="Every way to learn the new classes").locator("tbody tr")
    expect(rows).to_have_count(len(found))
    for row, point in zip(rows.all(), found, strict=True):
        expect(row).to_contain_text(METHODS[point.method])
        expect(row).to_contain_text(percent(point.accuracy))
    said = verdict(state.transfers)
    assert said
    expect(page.get_by_text(said)).to_be_visible()
    by_key = {(point.method, point.shots): point.accuracy for point in found}
    for method in METHODS:
        assert by_key[method, 10] > 0.4  # a guess is right in a fifth
    assert by_key["frozen", 10] > by_key["frozen", 1]
    assert misfits(page, "transfer") == []
