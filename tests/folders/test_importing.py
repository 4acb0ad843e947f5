"""From files to a data set: what is kept, counted, said, and left behind."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from fmnist_core.errors import DataError
from fmnist_core.folders import Folder, FolderStore, import_folder, import_zip, importing
from tests.folders.drawn import packed, shapes

TWO = ("circle", "square")
FULL = (300, 300, 3)


def quiet(done: int, total: int) -> None:
    pass


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "runs")


def brought(store: FolderStore, source: Path) -> Folder:
    return import_folder(store.root, source, "Shapes", quiet)


def left(store: FolderStore) -> list[str]:
    """Everything under the root, staging folders too."""
    return sorted(path.name for path in store.root.glob("*")) if store.root.exists() else []


@pytest.mark.parametrize(
    ("parts", "counts", "own", "where"),
    [
        (None, (16, 0, 4), False, "a fifth of all"),
        ({"train": 12, "validation": 8}, (12, 4, 4), True, "half of validation/"),
        ({"train": 12, "validation": 6, "test": 3}, (12, 6, 3), True, "from test/"),
        ({"train": 12, "test": 3}, (12, 0, 3), False, "from test/"),
    ],
)
def test_counts_and_where_the_test_pictures_come_from(
    parts: Mapping[str, int] | None,
    counts: tuple[int, int, int],
    own: bool,
    where: str,
    store: FolderStore,
    tmp_path: Path,
) -> None:
    folder = brought(store, shapes(tmp_path / "s", TWO, n=20, parts=parts))
    expected = {
        part: (n, n) for part, n in zip(("train", "validation", "test"), counts, strict=True)
    }
    assert folder.counts == expected  # evenly over the classes
    assert folder.own_validation is own
    assert where in folder.test_from
    assert folder.total == 2 * sum(counts)
    assert folder == store.get(folder.id)


def test_a_zip_gives_what_its_folder_gives(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, parts={"train": 8, "validation": 6})
    one = brought(store, source)
    other = import_zip(store.root, packed(source, tmp_path / "s.zip", "top/s"), "Packed", quiet)
    assert one.counts == other.counts
    first, second = (store.dataset(each.id, FULL) for each in (one, other))
    np.testing.assert_array_equal(first.train_images, second.train_images)
    np.testing.assert_array_equal(first.test_labels, second.test_labels)


def test_names_labels_and_pictures_belong_together(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, parts={"train": 8, "validation": 6})
    folder = brought(store, source)
    data, names = store.dataset(folder.id, FULL), store.names(folder.id)
    labels = np.concatenate([data.train_labels, data.test_labels])
    pictures = np.concatenate([data.train_images, data.test_images])
    assert len(names) == len(labels) == len(pictures) == folder.total
    for name, label, picture in zip(names, labels, pictures, strict=True):
        assert name.split("/")[1] == folder.class_names[label]
        with Image.open(source / name) as image:
            expected = image.convert("RGB").resize((300, 300), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(picture, np.asarray(expected))
    assert data.held_out is not None
    assert all(names[i].startswith("validation/") for i in data.held_out)
    assert len(data.held_out) == folder.n("validation")


def test_broken_files_are_named_and_disturb_no_other(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, n=10)
    (source / "circle" / "cut.png").write_bytes((source / "circle" / "000.png").read_bytes()[:60])
    (source / "square" / "notes.txt").write_text("no picture")
    (source / "square" / "empty.png").write_bytes(b"")
    (source / "readme.md").write_text("about")
    folder = brought(store, source)
    assert folder.counts["train"] == (8, 8)
    reasons = {problem.name: problem.reason for problem in folder.problems}
    assert folder.problem_count == len(reasons) == 4
    assert "damaged" in reasons["circle/cut.png"]
    assert "text, not a picture" in reasons["square/notes.txt"]
    assert "empty" in reasons["square/empty.png"]
    assert "no class's folder" in reasons["readme.md"]


def test_any_size_and_mode_becomes_a_square(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, n=8)
    folder = source / "circle"
    Image.new("RGB", (1, 1), (1, 2, 3)).save(folder / "a-dot.png")
    Image.new("L", (3000, 20), 77).save(folder / "b-line.png")
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(folder / "c-clear.png")
    turned = Image.new("RGB", (40, 20))
    turned.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[274] = 6  # to be turned a quarter to the right: the left half comes on top
    turned.save(folder / "d-turned.png", exif=exif)
    made = brought(store, source)
    assert made.problem_count == 0
    data, names = store.dataset(made.id, FULL), store.names(made.id)
    pictures = np.concatenate([data.train_images, data.test_images])
    by_name = {Path(name).name: picture for name, picture in zip(names, pictures, strict=True)}
    assert (by_name["a-dot.png"] == (1, 2, 3)).all()
    assert (by_name["b-line.png"] == 77).all()
    assert (by_name["c-clear.png"] == 255).all()
    assert by_name["d-turned.png"][10, 150].tolist() == [255, 0, 0]
    assert by_name["d-turned.png"][290, 150].tolist() == [0, 0, 0]


def test_grey_pictures_are_found_to_be_grey(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, n=8)
    assert brought(store, source).colour
    for path in source.rglob("*.png"):
        Image.open(path).convert("L").convert("RGB").save(path)
    assert not brought(store, source).colour


def test_the_same_picture_in_two_splits_is_said(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, parts={"train": 8, "test": 6})
    assert brought(store, source).warnings == []
    train, test = source / "train" / "circle", source / "test" / "circle"
    shutil.copy(train / "000.png", train / "again.png")  # within a split it is no matter
    assert brought(store, source).twin_count == 0
    Image.open(train / "001.png").save(test / "known.bmp")
    folder = brought(store, source)
    assert folder.twin_count == 1
    assert folder.twins[0].first == "train/circle/001.png"
    assert folder.twins[0].second == "test/circle/known.bmp"
    assert "in two splits" in folder.warnings[0]


def test_unbalanced_classes_are_said(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(shapes(tmp_path / "s", ("circle",), n=20), ("square",), n=10)
    (warning,) = brought(store, source).warnings
    assert "16 training pictures of circle, 8 of square" in warning


def test_too_few_or_too_many_pictures_are_refused(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shapes(shapes(tmp_path / "s", ("circle",), n=20), ("square",), n=2)
    with pytest.raises(DataError, match=r"square has \d pictures to learn from; at least 4"):
        brought(store, source)
    monkeypatch.setattr(importing, "MOST_PICTURES", 10)
    with pytest.raises(DataError, match="22 pictures; at most 10"):
        brought(store, source)
    assert left(store) == []


def test_when_all_files_are_broken_the_first_reason_is_told(
    store: FolderStore, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "s", TWO, n=8)
    for path in source.rglob("*.png"):
        path.write_text("no picture")
    with pytest.raises(DataError, match=r"circle has 0 pictures .* problems: .*text, not"):
        brought(store, source)
    assert left(store) == []


def test_progress_is_told_to_the_last_picture(store: FolderStore, tmp_path: Path) -> None:
    told = []
    source = shapes(tmp_path / "s", TWO, n=6)
    import_folder(store.root, source, "S", lambda done, total: told.append((done, total)))
    assert told == [(i, 12) for i in range(13)]


def test_a_crash_in_the_middle_leaves_nothing(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(importing, "square", crash)
    with pytest.raises(RuntimeError):
        brought(store, shapes(tmp_path / "s", TWO, n=6))
    assert left(store) == []


def test_a_disk_without_room_is_said_before_anything_is_read(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        importing.shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * 12 * 270_000 - 1)
    )
    monkeypatch.setattr(importing, "open_picture", None)
    with pytest.raises(DataError, match="12 pictures take 6 MB"):
        brought(store, shapes(tmp_path / "s", TWO, n=6))
    assert left(store) == []


def test_only_an_old_staging_folder_is_swept_away(store: FolderStore, tmp_path: Path) -> None:
    for name in ("old", "young"):
        (store.root / f".staging-{name}").mkdir(parents=True)
    before = time.time() - 2 * 24 * 3600
    os.utime(store.root / ".staging-old", (before, before))
    folder = brought(store, shapes(tmp_path / "s", TWO, n=6))
    assert left(store) == sorted([".staging-young", folder.id])


def test_a_name_is_made_printable_and_short(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "s", TWO, n=6)
    for given, kept in ((" my\n  pets\x00 ", "my pets"), ("", "My pictures"), ("x" * 99, "x" * 60)):
        assert import_folder(store.root, source, given, quiet).name == kept
