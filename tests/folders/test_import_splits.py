"""Which imported picture is for what, how many are enough, and which are in two splits."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fmnist_core.errors import DataError
from fmnist_core.folders import Folder, FolderStore, importing
from fmnist_core.folders.folder import SHOWN
from fmnist_core.folders.layout import Part
from tests.folders.archives import encoded, from_bytes, from_folder, innocent, written, zipped
from tests.folders.drawn import packed, shapes


@pytest.mark.parametrize(
    ("counts", "train", "validation", "test"),
    [
        ({"cats": 20, "dogs": 10}, (16, 8), (0, 0), (4, 2)),
        ({"cats": 100, "dogs": 50, "eels": 25}, (80, 40, 20), (0, 0, 0), (20, 10, 5)),
        ({"train/cats": 20, "train/dogs": 5}, (16, 4), (0, 0), (4, 1)),
        (
            {"train/cats": 8, "train/dogs": 7, "val/cats": 12, "val/dogs": 4},
            (8, 7),
            (6, 2),
            (6, 2),
        ),
        (
            {"train/cats": 4, "train/dogs": 4, "test/cats": 3, "test/dogs": 1},
            (4, 4),
            (0, 0),
            (3, 1),
        ),
        ({"train/cats": 4, "train/dogs": 4, "val/dogs": 5, "test/cats": 1}, (4, 4), (0, 5), (1, 0)),
    ],
)
def test_counts_by_class_and_split(
    counts: Mapping[str, int],
    train: tuple[int, ...],
    validation: tuple[int, ...],
    test: tuple[int, ...],
    store: FolderStore,
    tmp_path: Path,
) -> None:
    folder = from_folder(store, written(tmp_path / "pets", counts))
    assert folder.counts == {"train": train, "validation": validation, "test": test}
    assert folder.own_validation == (sum(validation) > 0)
    assert folder.total == sum(counts.values())
    data = store.dataset(folder.id, (28, 28, 3))
    classes = len(train)
    learned = np.add(train, validation)
    assert np.bincount(data.train_labels, minlength=classes).tolist() == learned.tolist()
    assert np.bincount(data.test_labels, minlength=classes).tolist() == list(test)


LABELS = st.lists(st.integers(0, 5), min_size=5, max_size=200)


@given(labels=LABELS, source=st.sampled_from(["train", "validation"]))
def test_test_pictures_are_drawn_evenly_over_the_classes(labels: list[int], source: Part) -> None:
    share = 0.2 if source == "train" else 0.5
    before: list[Part] = [source] * len(labels)
    after, _ = importing._with_test(np.array(labels, np.uint8), before)
    test = np.array([part == "test" for part in after])
    assert test.sum() == round(share * len(labels))
    assert {part for part in after if part != "test"} == {source}
    counts = np.bincount(labels, minlength=6)
    drawn = np.bincount(np.array(labels)[test], minlength=6)
    assert np.abs(drawn - share * counts).max() < 2


@given(labels=LABELS, data=st.data())
def test_only_validation_gives_test_pictures_where_there_is_one(
    labels: list[int], data: st.DataObject
) -> None:
    parts = data.draw(
        st.lists(
            st.sampled_from(["train", "validation"]), min_size=len(labels), max_size=len(labels)
        ).filter(lambda parts: "validation" in parts)
    )
    after, said = importing._with_test(np.array(labels, np.uint8), list(parts))
    changed = [i for i, (one, other) in enumerate(zip(parts, after, strict=True)) if one != other]
    assert all((parts[i], after[i]) == ("validation", "test") for i in changed)
    assert abs(len(changed) - parts.count("validation") / 2) <= 0.5
    assert "half of validation/" in said


def test_the_draw_is_the_same_each_time(store: FolderStore, tmp_path: Path) -> None:
    source = shapes(tmp_path / "shapes", n=12, side=16)
    first, again = (store.names(from_folder(store, source).id) for _ in range(2))
    archive = packed(source, tmp_path / "shapes.zip", "top").read_bytes()
    of_zip = store.names(from_bytes(store, archive).id)
    assert first == again == [name.removeprefix("top/") for name in of_zip]
    assert len(set(first)) == 36


def test_names_are_sorted_within_each_split(store: FolderStore, tmp_path: Path) -> None:
    counts = {"train/cats": 5, "train/dogs": 5, "val/cats": 6, "val/dogs": 6}
    folder = from_folder(store, written(tmp_path / "pets", counts))
    names = store.names(folder.id)
    parts = [names[:10], names[10:16], names[16:]]
    assert all(part == sorted(part) for part in parts)
    assert {name.split("/")[0] for name in parts[0]} == {"train"}
    assert {name.split("/")[0] for name in parts[1] + parts[2]} == {"val"}


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"train/cats": 4, "train/dogs": 3, "test/cats": 2}, "dogs has 3 pictures to learn from"),
        ({"cats": 20, "dogs": 4}, "dogs has 3 pictures to learn from; at least 4 are needed"),
        ({"train/cats": 4, "train/dogs": 4, "val/cats": 1}, "No picture is left to judge by"),
    ],
)
def test_too_few_pictures_are_refused_and_nothing_stays(
    counts: Mapping[str, int], reason: str, store: FolderStore, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=reason):
        from_folder(store, written(tmp_path / "pets", counts))
    assert list(store.root.iterdir()) == []


def test_a_class_that_broken_files_leave_too_small_is_told_the_first_of_them(
    store: FolderStore, tmp_path: Path
) -> None:
    source = written(tmp_path / "pets", {"train/cats": 4, "train/dogs": 4, "test/cats": 2})
    (source / "train" / "dogs" / "002.png").write_text("bark")
    with pytest.raises(DataError, match=r"dogs has 3 .* first of 1 problems: .*002.png is text"):
        from_folder(store, source)


def test_as_many_pictures_as_are_imported_and_not_one_more(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_PICTURES", 12)
    assert from_bytes(store, zipped({**innocent(), "readme.txt": b"loose"})).total == 12
    with pytest.raises(DataError, match="There are 13 pictures; at most 12 are imported"):
        from_bytes(store, zipped({**innocent(), "cats/one-more.png": b""}))
    assert len(store.list()) == 1


def test_many_problems_are_counted_and_the_first_are_named(store: FolderStore) -> None:
    broken = {f"cats/broken-{i:02d}.png": b"no" for i in range(SHOWN + 10)}
    folder = from_bytes(store, zipped({**innocent(), **broken}))
    assert folder.problem_count == SHOWN + 10
    assert [problem.name for problem in folder.problems] == list(broken)[:SHOWN]
    assert folder.total == 12


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"compress_level": 0}),
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
    ],
)
def test_the_same_pixels_in_another_lossless_format_are_found(
    kind: str, options: Mapping[str, object], store: FolderStore, tmp_path: Path
) -> None:
    source = written(
        tmp_path / "pets", {"train/cats": 5, "train/dogs": 5, "test/cats": 2, "test/dogs": 2}
    )
    with Image.open(source / "train" / "dogs" / "003.png") as image:
        data = encoded(image, kind, **options)
    assert data != (source / "train" / "dogs" / "003.png").read_bytes()
    (source / "test" / "cats" / "known").write_bytes(data)
    folder = from_folder(store, source)
    (twin,) = folder.twins
    assert (twin.first, twin.second) == ("train/dogs/003.png", "test/cats/known")
    (warning,) = folder.warnings
    assert warning.startswith("1 picture is in two splits, such as train/dogs/003.png and test/")


@pytest.mark.parametrize("place", [(0, 0), (7, 8), (200, 131), (299, 299)])
def test_one_pixel_of_one_level_makes_it_another_picture(
    place: tuple[int, int], store: FolderStore, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "s", ("a", "b"), side=300, parts={"train": 4, "test": 1})
    with Image.open(source / "train" / "a" / "000.png") as image:
        red, green, blue = image.getpixel(place)
        image.putpixel(place, (red, green, (blue + 1) % 256))
        image.save(source / "test" / "a" / "new.png")
    assert from_folder(store, source).twin_count == 0


def test_twins_within_each_split_are_no_matter(store: FolderStore, tmp_path: Path) -> None:
    parts = {"train": 5, "validation": 4, "test": 3}
    source = shapes(tmp_path / "s", ("a", "b"), side=30, parts=parts)
    for part in parts:
        shutil.copy(source / part / "a" / "000.png", source / part / "b" / "again.png")
    folder = from_folder(store, source)
    assert (folder.twin_count, folder.twins, folder.warnings) == (0, (), [])


def test_a_picture_in_all_three_splits_is_two_pairs(store: FolderStore, tmp_path: Path) -> None:
    parts = {"train": 5, "validation": 4, "test": 3}
    source = shapes(tmp_path / "s", ("a", "b"), side=30, parts=parts)
    for part in ("validation", "test"):
        shutil.copy(source / "train" / "a" / "002.png", source / part / "a" / "again.png")
    folder = from_folder(store, source)
    assert [(twin.first, twin.second) for twin in folder.twins] == [
        ("train/a/002.png", "validation/a/again.png"),
        ("train/a/002.png", "test/a/again.png"),
    ]
    assert "2 pictures are in two splits" in folder.warnings[0]


def test_many_twins_are_counted_and_the_first_are_named(store: FolderStore, tmp_path: Path) -> None:
    source = written(tmp_path / "pets", {"train/cats": 40, "train/dogs": 40})
    shutil.copytree(source / "train", source / "test")
    folder = from_folder(store, source)
    assert (folder.twin_count, len(folder.twins)) == (80, SHOWN)


def about(train: tuple[int, ...], twins: int = 0) -> Folder:
    return Folder(
        id="abcd1234",
        name="Pets",
        created=0.0,
        class_names=("cats", "dogs", "eels")[: len(train)],
        counts={"train": train, "validation": (), "test": ()},
        own_validation=False,
        test_from="",
        colour=True,
        problem_count=0,
        problems=(),
        twin_count=twins,
        twins=(),
    )


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ((10, 10), None),
        ((19, 10), None),
        ((20, 10), "20 training pictures of cats, 10 of dogs"),
        ((4, 5_000), "5,000 training pictures of dogs, 4 of cats"),
        ((10, 9, 30), "30 training pictures of eels, 9 of dogs"),
    ],
)
def test_from_twice_as_many_on_classes_are_unbalanced(
    train: tuple[int, ...], words: str | None
) -> None:
    said = about(train).warnings
    assert len(said) == (words is not None)
    assert words is None or words in said[0]
