"""Several files at once, one of them broken: each has its answer, or its sentence."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import FilePayload, expect

from fmnist_core import unlike
from fmnist_core.datasets import load
from fmnist_core.images import to_png
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import bars, settled

TROUSER, BOOT = 2, 0
"""Test pictures that no network mistakes."""


PASTE = """
({bytes, size}) => {  // zeros behind its end make a picture larger, and do not change it
  const clipboardData = new DataTransfer();
  const content = new Uint8Array(size || bytes.length);
  content.set(bytes);
  clipboardData.items.add(new File([content], "image.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
}
"""


def photo(index: int, name: str) -> FilePayload:
    """A test picture as somebody would photograph it: dark on white, and large."""
    pixels = 255 - np.kron(load().test_images[index], np.ones((10, 10), np.uint8))
    return FilePayload(name=name, mimeType="image/png", buffer=to_png(pixels))


def test_many_files_one_broken_one_strange_and_one_overruled(app: App, visit: Visit) -> None:
    page = visit(app).open("predict", view="pictures", model="quick")
    whole = photo(BOOT, "cut.png")["buffer"]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [
            photo(TROUSER, "trouser.png"),
            FilePayload(name="cut.png", mimeType="image/png", buffer=whole[: len(whole) // 2]),
            photo(BOOT, "<b>boot</b> 👟.png"),
            FilePayload(
                name="noise.png", mimeType="image/png", buffer=to_png(unlike.noise(2)[1], scale=4)
            ),
        ]
    )
    problem = page.get_by_role("alert").filter(has_text="cut.png")
    expect(problem).to_contain_text("damaged or cut off")
    expect(problem).to_contain_text("The other 3 were read.")
    sheet = page.get_by_role("group", name="Your pictures as the network sees them")
    expect(sheet.locator(".cell")).to_have_count(3)
    expect(sheet.get_by_label(re.compile(r"^trouser\.png: Trouser"))).to_be_visible()
    expect(sheet.get_by_label(re.compile(r"^<b>boot</b> 👟\.png: Ankle boot"))).to_be_visible()
    expect(bars(page).locator("li.top .name")).to_have_text("Trouser")

    # The network looks at pictures that it knows; then it can say what is unlike them.
    nearest = page.get_by_role("group", name=re.compile("nearest training pictures"))
    expect(nearest.locator(".cell")).to_have_count(8)
    expect(page.get_by_text("Like what it was trained on.")).to_be_visible()
    steps = page.locator(".lab-steps figure")
    expect(steps.last.locator("em")).to_contain_text("Trouser")

    before = steps.last.locator("img").get_attribute("src")
    page.get_by_role("radiogroup", name="Invert").get_by_text("no", exact=True).click()
    expect(page.get_by_text("Not inverted: as chosen.")).to_be_visible()
    expect(steps.last.locator("img")).not_to_have_attribute("src", before or "")
    settled(page)

    sheet.get_by_label(re.compile(r"^noise\.png")).click()
    expect(page.get_by_role("alert").filter(has_text="Unlike anything")).to_be_visible()


def test_a_pasted_picture_takes_the_pads_place_however_large(app: App, visit: Visit) -> None:
    page = visit(app).open("predict", model="quick", picture=f"test:{BOOT}")
    answer = bars(page).locator("li.top .name")
    expect(answer).to_have_text("Ankle boot")
    for size in (0, 30 * 2**20):  # Streamlit itself would not take the larger one
        page.evaluate(PASTE, {"bytes": list(photo(TROUSER, "")["buffer"]), "size": size})
        expect(answer).to_have_text("Trouser")
        page.get_by_role("button", name="Back to the pad").click()
        expect(answer).to_have_text("Ankle boot")
    page.evaluate(PASTE, {"bytes": [1, 2, 3], "size": 30 * 2**20})
    refused = page.get_by_role("alert").filter(has_text="The pasted picture")
    expect(refused).to_contain_text("is not a picture that can be read")
