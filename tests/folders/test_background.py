from __future__ import annotations

import gc
import io
import threading
import weakref
from functools import partial
from pathlib import Path

import pytest

from fmnist_core.errors import DataError
from fmnist_core.folders import BackgroundImport, Folder, import_folder, import_zip
from fmnist_core.folders.importing import Progress
from tests.folders.drawn import packed, shapes


def test_it_goes_on_by_itself_and_says_how_far_it_is(tmp_path: Path) -> None:
    source = shapes(tmp_path / "shapes", ("circle", "square"), n=12)
    reached, go_on = threading.Event(), threading.Event()

    def bring(progress: Progress) -> Folder:
        progress(3, 24)
        reached.set()
        go_on.wait()
        return import_folder(tmp_path / "to", source, "Shapes", progress)

    started = BackgroundImport("shapes.zip", bring)
    assert reached.wait(60)
    assert (started.done, started.total) == (3, 24)
    assert not started.ended
    assert not started.wait(0.0)
    go_on.set()
    assert started.folder().name == "Shapes"
    assert started.wait()
    assert (started.done, started.total) == (24, 24)


@pytest.mark.parametrize("error", [DataError("No picture."), MemoryError()])
def test_what_went_wrong_is_raised_where_it_is_asked_for(error: BaseException) -> None:
    def bring(progress: Progress) -> Folder:
        raise error

    started = BackgroundImport("none.zip", bring)
    assert started.wait(60)
    with pytest.raises(type(error)):
        started.folder()


@pytest.mark.parametrize("damaged", [False, True])
def test_the_archive_is_let_go_though_the_import_is_kept(tmp_path: Path, damaged: bool) -> None:
    source = shapes(tmp_path / "shapes", ("circle", "square"), n=12)
    whole = packed(source, tmp_path / "shapes.zip").read_bytes()
    archive = io.BytesIO(whole[: len(whole) // 2] if damaged else whole)
    held = weakref.ref(archive)
    kept = BackgroundImport("shapes.zip", partial(import_zip, tmp_path / "to", archive, "Shapes"))
    del archive
    if damaged:
        with pytest.raises(DataError, match="no ZIP archive"):
            kept.folder()
    else:
        assert kept.folder().name == "Shapes"
    for thread in threading.enumerate():
        if thread.name == "import shapes.zip":
            thread.join(60)
    gc.collect()
    assert held() is None
