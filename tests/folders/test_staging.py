"""An import is there whole or not at all, whatever happens in the middle of it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fmnist_core.errors import DataError
from fmnist_core.folders import FolderStore, import_zip, importing
from fmnist_core.folders.importing import STAGING
from tests.folders.archives import from_bytes, from_folder, innocent, quiet, written, zipped

ARCHIVE = zipped(innocent())
DAY = 24 * 3600


def at(store: FolderStore) -> list[str]:
    return sorted(path.name for path in store.root.iterdir())


def failing(error: BaseException, times: int, real: Callable[..., object]) -> Callable[..., object]:
    """``real``, but the call after so many raises."""
    calls = iter(range(times))

    def fail(*given: object) -> object:
        if next(calls, None) is None:
            raise error
        return real(*given)

    return fail


@pytest.mark.parametrize("place", ["square", "_with_test", "_sort_squares", "write_atomically"])
@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt(), MemoryError()])
def test_a_crash_anywhere_leaves_nothing(
    place: str, error: BaseException, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {"square": 7, "write_atomically": 1}.get(place, 0)
    monkeypatch.setattr(importing, place, failing(error, times, getattr(importing, place)))
    with pytest.raises(type(error)):
        from_bytes(store, ARCHIVE)
    assert at(store) == []
    assert store.list() == []


def test_who_watches_may_stop_it(store: FolderStore) -> None:
    """As Streamlit does when its page is left."""

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise RuntimeError("stopped")

    archive = store.root.parent / "pets.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(ARCHIVE)
    with pytest.raises(RuntimeError, match="stopped"):
        import_zip(store.root, archive, "Pets", stop)
    assert at(store) == []
    assert import_zip(store.root, archive, "Pets", quiet).total == 12


@pytest.mark.parametrize("place", ["_sort_squares", "write_atomically"])
def test_a_full_disk_is_said_and_leaves_nothing(
    place: str, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(importing, place, failing(full, 0, getattr(importing, place)))
    with pytest.raises(DataError, match=r"cannot be kept: No space left on device. 12 .* 3 MB"):
        from_bytes(store, ARCHIVE)
    assert at(store) == []


def test_what_was_imported_before_stays_as_it_is(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = from_bytes(store, ARCHIVE)
    files = {path.name: path.read_bytes() for path in (store.root / folder.id).iterdir()}
    assert set(files) == {"about.json", "names.json", "labels.npz", "pictures.npy"}
    monkeypatch.setattr(importing, "square", failing(RuntimeError(), 3, importing.square))
    with pytest.raises(RuntimeError):
        from_bytes(store, ARCHIVE)
    assert at(store) == [folder.id]
    assert files == {path.name: path.read_bytes() for path in (store.root / folder.id).iterdir()}


def test_only_staging_folders_that_are_a_day_old_are_swept_away(store: FolderStore) -> None:
    now = time.time()
    for name, age in (("old", DAY + 60), ("older", 9 * DAY), ("young", DAY - 60), ("new", 0)):
        (store.root / f"{STAGING}{name}" / "deep").mkdir(parents=True)
        (store.root / f"{STAGING}{name}" / "deep" / "squares").write_bytes(b"x")
        os.utime(store.root / f"{STAGING}{name}", (now - age, now - age))
    other = store.root / "old-but-no-staging"
    other.mkdir()
    os.utime(other, (now - 9 * DAY, now - 9 * DAY))
    folder = from_bytes(store, ARCHIVE)
    kept = [f"{STAGING}new", f"{STAGING}young", folder.id, "old-but-no-staging"]
    assert at(store) == sorted(kept)


def test_what_is_being_imported_is_not_listed(store: FolderStore) -> None:
    folder = from_bytes(store, ARCHIVE)
    about = (store.root / folder.id / "about.json").read_bytes()
    (store.root / f"{STAGING}abcd1234").mkdir()
    (store.root / f"{STAGING}abcd1234" / "about.json").write_bytes(about)
    assert store.list() == [folder]
    with pytest.raises(DataError, match="There is no folder"):
        store.get(f"{STAGING}abcd1234")


def test_the_staging_folder_is_the_only_place_that_is_written_to(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no file in it has a name of the archive's."""
    seen: set[str] = set()
    square = importing.square

    def watch(image: Image.Image) -> object:
        seen.update(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
        return square(image)

    monkeypatch.setattr(importing, "square", watch)
    folder = from_bytes(store, ARCHIVE)
    staging = {name.split("/")[2] for name in seen if name.count("/") > 1}
    (name,) = staging
    assert name.startswith(STAGING)
    assert seen == {
        "runs",
        "runs/my-folders",
        f"runs/my-folders/{name}",
        f"runs/my-folders/{name}/squares",
    }
    assert at(store) == [folder.id]


def test_two_at_once_do_not_disturb_each_other(store: FolderStore, tmp_path: Path) -> None:
    """The second begins and ends while the first is in the middle."""
    source = written(tmp_path / "other", {"birds": 6, "eels": 6}, first=500)
    found = []

    def interrupt(done: int, total: int) -> None:
        if done == 6:
            found.append(from_folder(store, source, "Inner"))

    archive = tmp_path / "pets.zip"
    archive.write_bytes(ARCHIVE)
    outer = import_zip(store.root, archive, "Outer", interrupt)
    (inner,) = found
    assert at(store) == sorted([outer.id, inner.id])
    assert [folder.name for folder in store.list()] == ["Outer", "Inner"]
    assert outer.class_names == ("cats", "dogs")
    assert (outer.total, inner.total) == (12, 12)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  my \t pets\r\n", "my pets"),
        ("\x00\x1b[31m\u202e", "[31m"),
        ("\ud800", "My pictures"),
        ("   ", "My pictures"),
        ("Ünïcode 字 👟", "Ünïcode 字 👟"),
        ("x" * 61, "x" * 60),
    ],
)
def test_names_are_cleaned(name: str, kept: str, store: FolderStore) -> None:
    folder = from_bytes(store, ARCHIVE, name)
    assert folder.name == kept
    assert store.get(folder.id) == folder
