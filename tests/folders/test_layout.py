"""Names of files to classes and splits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.errors import DataError
from fmnist_core.folders.layout import layout
from fmnist_core.folders.sources import Entry


def entries(*names: str) -> list[Entry]:
    return [Entry(tuple(name.split("/")), 1) for name in names]


def said(*names: str) -> list[tuple[str, int, str]]:
    return [(entry.parts[-1], label, part) for entry, label, part in layout(entries(*names)).files]


def test_a_folders_name_is_the_class() -> None:
    assert said("dogs/2.png", "cats/1.png") == [("1.png", 0, "train"), ("2.png", 1, "train")]


def test_folders_of_splits_in_any_case_and_by_any_of_their_names() -> None:
    names = ("Training/a/1", "training/b/2", "VAL/a/3", "valid/b/4", "Test/b/5")
    assert said(*names) == [
        ("1", 0, "train"),
        ("2", 1, "train"),
        ("3", 0, "validation"),
        ("4", 1, "validation"),
        ("5", 1, "test"),
    ]


@pytest.mark.parametrize("top", ["", "pets/", "downloads/pets/"])
def test_folders_around_the_whole_do_not_matter(top: str) -> None:
    names = [f"{top}{name}" for name in ("train/a/1", "train/b/2", "validation/a/3")]
    assert [part for _, _, part in said(*names)] == ["train", "train", "validation"]


def test_a_loose_file_beside_the_folders_is_left_out_with_a_word() -> None:
    for loose in ("readme.txt", "pets/readme.txt"):
        found = layout(entries(loose, "pets/a/1", "pets/b/2"))
        assert found.class_names == ("a", "b")
        assert found.problems == ((loose, "It lies in no class's folder."),)


def test_a_picture_too_deep_is_left_out_with_a_word() -> None:
    found = layout(entries("a/1", "a/more/2", "b/3"))
    assert [entry.name for entry, _, _ in found.files] == ["a/1", "b/3"]
    assert found.problems == (("a/more/2", "It lies in a folder inside a class's."),)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "no picture in a sub-folder"),
        (["1.png", "2.png"], "no picture in a sub-folder"),
        (["cats/1.png", "cats/2.png"], "Expected 2 to 100 classes"),
        ([f"class-{i}/1.png" for i in range(101)], "found 101"),
        (["train/a/1", "train/b/2", "cats/3"], "found both"),
        (["train/a/1", "train/b/2", "validation/c/3"], r"validation/ has a class .*: c"),
        (["train/a/1", "train/b/2", "test/c/3"], r"test/ has a class .*: c"),
        ([f"{'x' * 61}/1", "a/2"], "more than 60 characters"),
    ],
)
def test_what_is_no_data_set_is_said(names: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        layout(entries(*names))


NAMES = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "train", "test", "1.png"]), min_size=1, max_size=4),
    max_size=12,
    unique_by=tuple,
)


@given(NAMES)
def test_every_file_is_a_picture_of_a_class_or_a_problem(names: list[list[str]]) -> None:
    given_entries = [Entry(tuple(parts), 1) for parts in names]
    try:
        found = layout(given_entries)
    except DataError:
        return
    files = [entry.name for entry, _, _ in found.files]
    problems = [name for name, _ in found.problems]
    assert sorted(files + problems) == sorted(entry.name for entry in given_entries)
    assert list(found.class_names) == sorted(set(found.class_names))
    assert found.files == layout(list(reversed(given_entries))).files
