"""A folder of one's own, from the ZIP to its results: two shapes, one sigmoid unit."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from fmnist_core.folders import FolderStore
from fmnist_core.runs import RunStore
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import own_runs, settled, state_of
from tests.folders.drawn import packed, shapes

TWO = ("circle", "triangle")
EPOCHS, SIDE = 12, 32


def test_own_pictures_are_imported_learned_judged_and_looked_into(
    app: App, visit: Visit, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "shapes", TWO, parts={"train": 200, "validation": 60})
    (source / "train" / "circle" / "cut.png").write_bytes(b"\x89PNG\r\n")
    # More than a picture may have, less than an archive: the server has to let it in.
    (source / "train" / "circle" / "film.png").write_bytes(os.urandom(70 * 2**20))
    name = tmp_path.name[-40:]  # another one at each try, which finds what the last one left
    archive = packed(source, tmp_path / f"{name}.zip", "two-shapes")
    visitor = visit(app)
    page = visitor.open("data", view="my-folders")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(archive)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text("520 pictures in 2 classes, in colour")).to_be_visible()
    page.get_by_text("2 files left out").click()
    expect(page.get_by_text("film.png has 70 MB; at most 64")).to_be_visible()
    expect(page.get_by_text("train/circle/cut.png")).to_be_visible()
    folder = FolderStore(app.runs).list()[0]
    assert folder.counts["train"] == (200, 200)

    page.get_by_role("button", name="Train on it").click()
    expect(page.get_by_role("heading", level=1, name="Train", exact=True)).to_be_visible()
    settled(page)
    for name, value in (("Picture size", SIDE), ("Epochs", EPOCHS), ("Batch size", 16)):
        field = page.get_by_label(name, exact=True)
        field.fill(str(value))
        field.press("Enter")
        settled(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    expect(page.get_by_text(f"All {EPOCHS} epochs done.")).to_be_visible()
    run = next(run for run in own_runs(app) if run.experiment.data.folder == folder.id)
    test = state_of(run).evaluated["test"]
    assert test.n == 60
    assert test.accuracy >= 0.9
    expect(page.get_by_text(f"test {100 * test.accuracy:.1f} % (n = 60)")).to_be_visible()

    page = visitor.open("results", view="one-run", run=run.id)
    expect(page.get_by_text("Confusion matrix (test, n = 60)")).to_be_visible()
    page = visitor.open("inside", view="attention", model=run.id)
    expect(page.get_by_role("heading", name="Grad-CAM")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^(circle|triangle), (over )?\d+\.\d %"))).to_be_visible()
    page = visitor.open("predict", view="pictures", model=run.id)
    pictures = sorted((source / "validation" / "triangle").glob("*.png"))[:4]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(pictures)
    expect(page.get_by_text("4 pictures. Click one")).to_be_visible()
    sheet = page.get_by_role("group", name="Your pictures as the network sees them")
    said = sheet.get_by_text(re.compile(r"^(circle|triangle) (over )?\d"))
    expect(said).to_have_count(4)
    assert sum(text.startswith("triangle") for text in said.all_inner_texts()) >= 3
    assert RunStore(app.runs).get(run.id).experiment.architecture.output.binary


def test_an_archive_that_leads_out_is_refused_where_it_was_given(
    app: App, visit: Visit, tmp_path: Path
) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("cats/../../evil.png", b"x")
    page = visit(app).open("data", view="my-folders")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(archive)
    expect(page.get_by_text("nothing of it was unpacked")).to_be_visible()
    assert not list(app.runs.rglob("evil.png"))
