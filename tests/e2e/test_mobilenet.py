"""MobileNetV2 in the browser, with a weights file made here: missing, then there, then trained."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from playwright.sync_api import expect

from fmnist_core.mobilenet import STAGES
from fmnist_core.runs import RunStore
from fmnist_core.wording import percent
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import misfits
from tests.e2e.visitor import choose, enter, settled

MAKE = """
import sys, keras
keras.utils.set_random_seed(0)
keras.applications.MobileNetV2(
    input_shape=(32, 32, 3), include_top=False, pooling="avg", weights=None
).save_weights(sys.argv[1])
"""


def test_it_says_that_weights_are_missing_and_learns_once_they_are_there(
    app: App, visit: Visit
) -> None:
    app.mobilenet_weights.unlink(missing_ok=True)
    page = visit(app).open("train", view="mobilenetv2")
    expect(page.get_by_text(re.compile("there is no such file"))).to_be_visible()
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", MAKE, app.mobilenet_weights], check=True, env=quiet)
    choose(page, "Picture size", "32")
    enter(page, "Training pictures", "500")
    enter(page, "Epochs", "3")
    expect(page.get_by_text(re.compile("there is no such file"))).to_have_count(0)
    before = len(RunStore(app.runs).mobilenets())
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".lab-metrics dd").filter(has_text=re.compile("^done$"))).to_be_visible()

    store = RunStore(app.runs)
    assert len(store.mobilenets()) == before + 1
    state = store.state(store.mobilenets()[0].id)
    assert state.weights is not None
    assert state.weights.source == app.mobilenet_weights.name
    rows = page.get_by_role("group", name="Every stage").locator("tbody tr")
    expect(rows).to_have_count(2)
    for row, judged in zip(rows.all(), state.judged, strict=True):
        assert judged.n == 10_000
        expect(row).to_contain_text(STAGES[judged.stage])
        expect(row).to_contain_text(percent(judged.accuracy))
        expect(row).to_contain_text(f"{judged.trainable:,}")
    assert state.judged[0].accuracy > 0.5
    settled(page)
    assert misfits(page, "mobilenet") == []
