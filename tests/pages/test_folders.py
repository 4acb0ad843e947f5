"""Data, My folders, and what the other pages make of a network that learned from one."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fmnist_core.folders import (
    FOLDER_PRESETS,
    BackgroundImport,
    Folder,
    experiment_for,
    import_folder,
    import_zip,
)
from fmnist_core.folders.importing import Progress
from fmnist_core.runs import RunStore
from pages.shared import services
from pages.views import data_import
from tests.folders.drawn import shapes
from tests.pages.judged_runs import button, component, html
from tests.pages.lab_pages import QueueOnly, healthy, lab, network_chip, open_page

TWO = ("circle", "square")


@pytest.fixture(autouse=True)
def backend(tmp_path: Path):
    with lab(tmp_path / "runs") as backend:
        yield backend


@pytest.fixture
def folder(backend: QueueOnly, tmp_path: Path) -> Folder:
    source = shapes(tmp_path / "shapes", TWO, n=12)
    (source / "circle" / "<b>broken.png").write_bytes(b"no picture")
    root = backend.store.root / "my-folders"
    return import_folder(root, source, "My shapes", lambda done, total: None)


def given(app: AppTest, name: str, archive: io.BytesIO) -> AppTest:
    """The page after an upload was read."""
    return ended(app.file_uploader[0].upload(name, archive.getvalue(), "application/zip").run())


def ended(app: AppTest) -> AppTest:
    """The page after the import that goes on, if one does: no browser asks for it again here."""
    if "lab.folder.going-on" in app.session_state:
        assert app.session_state["lab.folder.going-on"].wait(60)
        app.run()
    return healthy(app)


def hostile() -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../outside.png", b"x")
    return packed


def judged(store: RunStore, folder: Folder) -> str:
    """A run with weights and predictions, which nobody trained."""
    run = store.create(experiment_for(FOLDER_PRESETS["small-pictures"], folder, 28))
    (run.directory / "weights.npz").write_bytes(b"")
    chances = np.tile(np.array([[0.2, 0.8]], np.float32), (folder.n("test"), 1))
    np.save(run.directory / "test_probabilities.npy", chances)
    return run.id


def test_without_folders_the_page_says_how_to_sort_them() -> None:
    app = healthy(open_page("data", view="my-folders"))
    assert "one folder per class" in app.file_uploader[0].label
    assert "train/" in app.code[0].value
    assert "64 MB" in html(app)


def test_a_zip_becomes_a_folder_and_train_begins_with_it(
    tmp_path: Path, backend: QueueOnly
) -> None:
    source = shapes(tmp_path / "shapes", TWO, n=12)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(source.rglob("*.png")):
            archive.write(path, path.relative_to(source).as_posix())
    app = given(open_page("data", view="my-folders"), "pets.zip", packed)
    (folder,) = services.folders().list()
    assert folder.name == "pets"
    assert "24 pictures in 2 classes, in colour" in html(app)
    assert len(component(app, "lab_gallery")["labels"]) == folder.n("train")
    button(app, "Train on it").click().run()
    assert not app.warning  # the view that is asked for is one of Train's, not of this page
    experiment = healthy(app).session_state["lab.experiment"]
    assert experiment.data.folder == folder.id
    assert experiment.architecture.output.binary


def test_a_hostile_zip_is_refused_with_its_reason_and_leaves_nothing(backend: QueueOnly) -> None:
    app = given(open_page("data", view="my-folders"), "evil.zip", hostile())
    assert "leads out of the archive" in app.error[0].value
    assert services.folders().list() == []
    assert not (backend.store.root.parent / "outside.png").exists()


def test_a_refused_zip_is_read_once_and_its_reason_stays_until_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []
    monkeypatch.setattr(
        data_import, "import_zip", lambda *args: tried.append(args) or import_zip(*args)
    )
    app = given(open_page("data", view="my-folders"), "evil.zip", hostile())
    healthy(app.run())
    assert len(tried) == 1
    assert "evil.zip: The archive was refused" in app.error[0].value.replace("\\", "")
    app.file_uploader[0].set_value([]).run()
    assert not healthy(app).error


def test_a_click_while_pictures_are_read_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMNIST_FOLDERS_DIR", str(tmp_path / "allowed"))
    shapes(tmp_path / "allowed" / "pets", TWO, n=12)
    go_on, begun = threading.Event(), []

    def slow(root: Path, path: Path, name: str, progress: Progress) -> Folder:
        begun.append(path)
        progress(1, 24)
        go_on.wait()
        return import_folder(root, path, name, progress)

    monkeypatch.setattr(data_import, "import_folder", slow)
    monkeypatch.setattr(data_import, "AT_ONCE", 0.0)
    app = open_page("data", view="my-folders")
    app.button(key="lab.folder.import").click().run()
    for _ in range(2):  # drawn again by whatever is clicked
        assert app.button(key="lab.folder.import").disabled
        assert app.file_uploader[0].disabled
        healthy(app.run())
    go_on.set()
    ended(app)
    assert begun == [tmp_path / "allowed" / "pets"]
    assert [each.name for each in services.folders().list()] == ["pets"]
    assert "24 pictures in 2 classes" in html(app)
    assert not app.button(key="lab.folder.import").disabled


def test_a_second_click_begins_no_second_import(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(data_import.st, "session_state", state)
    monkeypatch.setattr(data_import, "AT_ONCE", 0.0)
    go_on, begun = threading.Event(), []

    def start() -> BackgroundImport:
        begun.append(BackgroundImport("pets", lambda progress: go_on.wait()))  # type: ignore[arg-type]
        return begun[-1]

    for what in ("the same", "the same", "another"):
        data_import._begin(what, start)
    go_on.set()
    assert len(begun) == 1
    assert begun[0].wait(60)
    data_import._begin("a third", start)
    assert len(begun) == 2


def test_counts_problems_and_an_unbalanced_class_are_said(
    folder: Folder, backend: QueueOnly, tmp_path: Path
) -> None:
    app = healthy(open_page("data", view="my-folders"))
    assert "1 file left out" in [each.label for each in app.expander]
    assert "circle/<b>broken.png" in " ".join(each.value for each in app.text)
    source = shapes(tmp_path / "uneven", ("circle",), n=30)
    shapes(source, ("square",), n=8)
    import_folder(backend.store.root / "my-folders", source, "Uneven", lambda *_: None)
    app = healthy(open_page("data", view="my-folders"))
    assert "unbalanced" in app.warning[0].value


def test_only_folders_that_the_owner_allowed_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = healthy(open_page("data", view="my-folders"))
    assert "lab.folder.import" not in [each.key for each in app.button]
    allowed = tmp_path / "allowed"
    shapes(allowed / "pets", TWO, n=12)
    (allowed / "out").symlink_to(tmp_path)
    monkeypatch.setenv("FMNIST_FOLDERS_DIR", str(allowed))
    app = healthy(open_page("data", view="my-folders"))
    assert app.selectbox(key="lab.folder.path").options == ["pets"]
    ended(app.button(key="lab.folder.import").click().run())
    assert [each.name for each in services.folders().list()] == ["pets"]


def test_train_offers_the_folder_its_networks_and_half_the_size(
    folder: Folder, backend: QueueOnly
) -> None:
    app = open_page("train")
    app.selectbox(key="set.folder").set_value(folder.id).run()
    experiment = healthy(app).session_state["lab.experiment"]
    assert experiment.architecture.input_shape == (150, 150, 3)
    app.selectbox(key="set.network").set_value("five-blocks").run()
    assert "sigmoid" in html(healthy(app))
    button(app, "Train at 300 and 150 pixels").click().run()
    healthy(app)
    sides = {run.experiment.architecture.input_shape[0] for run in backend.store.list()}
    assert sides == {300, 150}


def test_size_and_colour_are_chosen_in_train_and_fashion_mnist_comes_back(folder: Folder) -> None:
    again = open_page("train")
    again.selectbox(key="set.folder").set_value(folder.id).run()
    again.number_input(key="set.side").set_value(64).run()
    again.toggle(key="set.colour").set_value(False).run()
    experiment = healthy(again).session_state["lab.experiment"]
    assert experiment.architecture.input_shape == (64, 64, 1)
    again.selectbox(key="set.folder").set_value("").run()
    assert healthy(again).session_state["lab.experiment"].data.folder == ""


def test_results_are_about_the_runs_own_classes_and_pictures(
    folder: Folder, backend: QueueOnly
) -> None:
    run = judged(backend.store, folder)
    app = healthy(open_page("results", view="one-run", run=run))
    n = folder.n("test")
    assert f"Confusion matrix (test, n = {n})" in html(app)
    assert tuple(component(app, "lab_confusion")["names"]) == TWO
    for part in ("Hardest pictures", "Label errors", "How sure"):
        app.segmented_control(key="lab.one.part").set_value(part).run()
        healthy(app)
    app = healthy(open_page("results", view="beat-the-model", model=run))
    assert [button(app, name).label for name in TWO] == list(TWO)


def test_a_drawing_is_not_asked_of_a_network_for_photos(folder: Folder, backend: QueueOnly) -> None:
    run = judged(backend.store, folder)
    app = healthy(open_page("predict", view="draw", model=run))
    assert "not from drawings" in app.info[0].value
    app = healthy(open_page("start", model=run))
    assert "Answered by" in html(app)


def test_a_cell_of_ten_classes_is_let_go_where_there_are_two(
    folder: Folder, backend: QueueOnly
) -> None:
    run = judged(backend.store, folder)
    app = open_page("results", view="one-run", run=run)
    app.session_state["lab.cell"] = (7, 3)
    assert "Surest mistakes" in html(healthy(app.run()))


def test_a_folder_that_a_run_learns_from_is_not_deleted(folder: Folder, backend: QueueOnly) -> None:
    judged(backend.store, folder)  # queued, as far as its events say
    app = open_page("data", view="my-folders")
    button(app, "Delete").click().run()
    app.button(key="lab.folder.delete.yes").click().run()
    assert "still learns from My shapes" in healthy(app).warning[0].value
    assert services.folders().list() == [folder]


def test_a_network_whose_pictures_are_gone_says_so_and_the_rest_works(
    folder: Folder, backend: QueueOnly
) -> None:
    run = judged(backend.store, folder)
    services.folders().delete(folder.id)
    for page, view in (("results", "one-run"), ("inside", "feature-maps"), ("predict", "pictures")):
        app = healthy(open_page(page, view=view, run=run, model=run))
        assert any("Import it again" in each.value for each in app.error)
    results = open_page("results", view="one-run", run=run, model="quick")
    assert "Take it with you" in html(healthy(results))
    healthy(open_page("results", view="runs", model="quick"))


def test_choosing_another_network_lets_go_of_a_picture_that_it_cannot_take(
    folder: Folder, backend: QueueOnly
) -> None:
    run = judged(backend.store, folder)
    app = healthy(open_page("predict", view="pictures", model="quick", picture="test:9000"))
    network_chip(app).set_value(run).run()
    assert healthy(app).session_state["lab.picture"] == "test:0"
