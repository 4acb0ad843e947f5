"""A data set whose files were damaged, and names and splits that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fmnist_core.errors import DataError
from fmnist_core.folders import FolderStore, import_folder, squares
from fmnist_core.folders import store as store_module
from tests.folders.drawn import shapes


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"text"])
@pytest.mark.parametrize("file", ["labels.npz", "pictures.npy", "names.json", "about.json"])
def test_a_damaged_file_is_said_whichever_it_is(
    file: str, content: bytes, store: FolderStore, tmp_path: Path
) -> None:
    folder = import_folder(store.root, shapes(tmp_path / "damaged", n=6), "S", lambda *_: None)
    path = store.root / folder.id / file
    path.unlink()
    path.write_bytes(content)
    ask = store.names if file == "names.json" else lambda name: store.dataset(name, (32, 32, 3))
    with pytest.raises(DataError, match="Import it again"):
        ask(folder.id)


def test_a_damaged_derived_file_is_made_again(store: FolderStore, tmp_path: Path) -> None:
    folder = import_folder(store.root, shapes(tmp_path / "derived", n=6), "S", lambda *_: None)
    whole = np.array(store.dataset(folder.id, (32, 32, 3)).train_images)
    (store.root / folder.id / "32-colour.npy").write_bytes(b"")
    found = squares.squares(store.root / folder.id, (32, 32, 3))
    np.testing.assert_array_equal(found[: len(whole)], whole)


def test_a_folder_is_deleted_whatever_is_written_into_it_meanwhile(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of sight at once; what cannot be removed yet is swept away by a later import."""
    folder = import_folder(store.root, shapes(tmp_path / "gone", n=6), "S", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(store_module.shutil, "rmtree", lambda path, ignore_errors: None)
        store.delete(folder.id)
    assert store.list() == []
    (aside,) = store.root.glob(".staging-*")
    os.utime(aside, (0, 0))
    import_folder(store.root, tmp_path / "gone", "S", lambda *_: None)
    assert not aside.exists()


def test_labels_are_read_only(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "shared", parts={"train": 6, "validation": 6})
    folder = import_folder(store.root, source, "S", lambda *_: None)
    data = store.dataset(folder.id, (28, 28, 1))
    assert data.held_out is not None
    for array in (data.train_labels, data.test_labels, data.held_out, data.train_images):
        assert not array.flags.writeable


def test_names_that_are_no_utf_8_are_written_out(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "bytes", n=8)
    (source / "circle" / os.fsdecode(b"\xfe.png")).write_bytes(b"no picture")
    folder = import_folder(store.root, source, "S", lambda *_: None)
    assert [problem.name for problem in folder.problems] == ["circle/\\udcfe.png"]
    assert store.get(folder.id) == folder


def test_when_test_pictures_cannot_be_read_no_others_take_their_place(
    store: FolderStore, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "s", parts={"train": 8, "test": 6})
    for path in (source / "test").rglob("*.png"):
        path.write_text("text")
    with pytest.raises(DataError, match="No picture of test/ can be read"):
        import_folder(store.root, source, "S", lambda *_: None)
