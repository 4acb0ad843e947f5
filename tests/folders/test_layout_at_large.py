"""Layouts that hypothesis makes up: sound ones with strays in them, and any at all."""

from __future__ import annotations

import io
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.errors import DataError
from fmnist_core.folders.layout import PARTS, Part, layout
from fmnist_core.folders.sources import Entry, zip_source
from tests.folders.archives import zipped

SPELLINGS: dict[Part, list[str]] = {
    "train": ["train", "Train", "TRAINING", "training"],
    "validation": ["validation", "Validation", "val", "VAL", "valid"],
    "test": ["test", "Test", "TESTING"],
}
CLASSES = ["apple", "Bus", "cat", "dog 2", "école", "Train station", "testing ground"]


class Made(NamedTuple):
    """A sound layout, and what it says."""

    expected: dict[tuple[str, ...], tuple[str, Part]]
    """Path -> class and split."""
    strays: set[tuple[str, ...]]
    """Paths that are in no class's folder, or too deep."""

    @property
    def entries(self) -> list[Entry]:
        return [Entry(parts, len(parts)) for parts in (*self.expected, *sorted(self.strays))]


@st.composite
def layouts(draw: st.DrawFn) -> Made:
    classes = draw(st.lists(st.sampled_from(CLASSES), min_size=2, max_size=5, unique=True))
    top = tuple(draw(st.lists(st.sampled_from(["pets", "my pictures", "x"]), max_size=3)))
    others: list[Part] = draw(st.lists(st.sampled_from(PARTS[1:]), unique=True))
    folders: list[tuple[tuple[str, ...], Part]] = [((), "train")]
    if others or draw(st.booleans()):
        folders = [
            ((spelling,), part)
            for part in ("train", *others)
            for spelling in draw(
                st.lists(st.sampled_from(SPELLINGS[part]), min_size=1, max_size=2, unique=True)
            )
        ]
    expected = {}
    for number, (folder, part) in enumerate(folders):
        for name in classes:
            fewest = 1 if number == 0 else 0  # of validation and test a class may have none
            for i in range(draw(st.integers(fewest, 3))):
                expected[*top, *folder, name, f"{i}.png"] = (name, part)
    strays = set()
    for folder, _ in folders:
        for deep in ((), (classes[0], "more"), (classes[-1], "more", "and more")):
            if draw(st.booleans()):
                strays.add((*top, *folder, *deep, "stray.png"))
    return Made(expected, strays)


@given(made=layouts(), random=st.randoms(use_true_random=False))
def test_every_picture_of_a_sound_layout_has_its_class_and_split(made: Made, random) -> None:
    entries = made.entries
    random.shuffle(entries)
    found = layout(entries)
    assert found.class_names == tuple(sorted({name for name, _ in made.expected.values()}))
    said = {entry.parts: (found.class_names[label], part) for entry, label, part in found.files}
    assert said == made.expected
    assert len(said) == len(found.files)
    assert {name for name, _ in found.problems} == {"/".join(parts) for parts in made.strays}
    assert len(found.problems) == len(made.strays)


@given(made=layouts(), random=st.randoms(use_true_random=False))
def test_the_order_is_by_split_class_and_name_whatever_it_was(made: Made, random) -> None:
    entries = made.entries
    found = layout(entries)
    keys = [(PARTS.index(part), label, entry.parts) for entry, label, part in found.files]
    assert keys == sorted(keys)
    random.shuffle(entries)
    again = layout(entries)
    assert (again.files, again.class_names) == (found.files, found.class_names)
    assert sorted(again.problems) == sorted(found.problems)


@given(made=layouts(), top=st.lists(st.sampled_from(["a", "train", "test"]), max_size=3))
def test_folders_around_it_change_nothing(made: Made, top: list[str]) -> None:
    found = layout(made.entries)
    wrapped = layout([Entry((*top, *entry.parts), entry.size) for entry in made.entries])
    assert wrapped.class_names == found.class_names
    assert [(entry.parts[len(top) :], label, part) for entry, label, part in wrapped.files] == [
        (entry.parts, label, part) for entry, label, part in found.files
    ]


@given(
    st.lists(
        st.lists(
            st.sampled_from(["a", "b", "c", "Train", "train", "VAL", "test", "", "1.png"]),
            max_size=5,
        ).map(tuple),
        max_size=15,
        unique=True,
    )
)
def test_of_any_paths_each_is_a_picture_or_a_problem_or_all_are_refused(
    paths: list[tuple[str, ...]],
) -> None:
    entries = [Entry(parts, 1) for parts in paths]
    try:
        found = layout(entries)
    except DataError:
        return
    files = [entry for entry, _, _ in found.files]
    assert len(files) + len(found.problems) == len(entries)
    assert set(files) <= set(entries)
    left_out = {entry.name for entry in entries if entry not in set(files)}
    assert left_out <= {name for name, _ in found.problems}
    assert all(0 <= label < len(found.class_names) for _, label, _ in found.files)
    assert {label for _, label, part in found.files if part == "train"} == set(
        range(len(found.class_names))
    )


@pytest.mark.parametrize(("classes", "welcome"), [(1, False), (2, True), (100, True), (101, False)])
def test_two_to_a_hundred_classes(classes: int, welcome: bool) -> None:
    entries = [Entry((f"{i:03d}", "1.png"), 1) for i in range(classes)]
    if welcome:
        assert len(layout(entries).class_names) == classes
        return
    with pytest.raises(DataError, match=f"Expected 2 to 100 classes, .* found {classes} "):
        layout(entries)


@pytest.mark.parametrize("length", [60, 61])
def test_a_class_name_has_at_most_60_characters(length: int) -> None:
    entries = [Entry(("x" * length, "1.png"), 1), Entry(("y", "1.png"), 1)]
    if length == 60:
        assert layout(entries).class_names == ("x" * 60, "y")
        return
    with pytest.raises(DataError, match="has more than 60 characters"):
        layout(entries)


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["train/a/1", "train/b/1", "Val/a/1", "cats/1", "birds/1"], "Val, train beside birds"),
        (["train/a/1", "train/b/1", "docs/readme.txt"], "beside docs"),
        (["test/1", "cats/1"], "test beside cats"),
        (["train/a/1", "val/b/1"], "validation/ has a class that train/ does not have: b"),
        (["val/a/1", "val/b/1", "test/a/1"], "validation/ has a class .* have: a, b"),
        (["train/1.png", "val/1.png"], "There is no picture in a sub-folder"),
        (["train/a/1", "test/a/1"], r"Expected 2 to 100 .*; found 1 \(a\)"),
        (["pets/cats/1"], r"found 1 \(cats\)"),
    ],
)
def test_what_is_no_data_set_is_refused_with_what_was_found(paths: list[str], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        layout([Entry(tuple(path.split("/")), 1) for path in paths])


def test_an_archive_with_folders_of_its_own_says_the_same() -> None:
    entries = {"pets/": b"", "pets/cats/": b"", "pets/cats/./1.png": b"x", "pets//dogs/2.png": b"x"}
    with zip_source(io.BytesIO(zipped(entries))) as source:
        found = layout(source.entries)
    assert found.class_names == ("cats", "dogs")
    assert [entry.name for entry, _, _ in found.files] == ["pets/cats/1.png", "pets/dogs/2.png"]
