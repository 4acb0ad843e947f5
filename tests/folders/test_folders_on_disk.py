"""Folders of the server: links, litter, files that cannot be read or lie in the wrong place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fmnist_core.errors import DataError
from fmnist_core.folders import FolderStore
from fmnist_core.folders.sources import Entry, FolderSource
from fmnist_core.images.opening import MAX_FILE_BYTES
from tests.folders.archives import encoded, from_folder, picture, written

PICTURE = encoded(picture(9_000))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "pets", {"cats": 6, "dogs": 6})


def put(path: Path, data: bytes = PICTURE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def names(source: Path) -> list[str]:
    return [entry.name for entry in FolderSource(source).entries]


def test_entries_are_sorted_with_their_sizes(source: Path) -> None:
    found = FolderSource(source).entries
    assert found == sorted(found)
    assert found[0] == Entry(("cats", "000.png"), (source / "cats" / "000.png").stat().st_size)
    assert len(found) == 12


def test_links_that_lead_out_are_left_alone_and_those_inside_are_files(
    source: Path, tmp_path: Path, store: FolderStore
) -> None:
    before = names(source)
    put(tmp_path / "secrets" / "birds" / "secret.png")
    put(tmp_path / "pets-too" / "near.png")  # its path begins as the folder's does
    secret = tmp_path / "secrets" / "birds" / "secret.png"
    (source / "cats" / "absolute.png").symlink_to(secret)
    (source / "cats" / "relative.png").symlink_to("../../secrets/birds/secret.png")
    (source / "cats" / "near.png").symlink_to("../../pets-too/near.png")
    (source / "cats" / "twice.png").symlink_to("absolute.png")
    (source / "birds").symlink_to(tmp_path / "secrets" / "birds")
    (source / "up").symlink_to("..")
    assert names(source) == before
    folder = from_folder(store, source)
    assert folder.class_names == ("cats", "dogs")
    assert (folder.total, folder.problem_count) == (12, 0)


def test_links_that_lead_nowhere_or_in_a_circle_are_left_alone(source: Path) -> None:
    before = names(source)
    (source / "cats" / "nowhere.png").symlink_to("gone.png")
    (source / "cats" / "round.png").symlink_to("round.png")
    (source / "cats" / "again").symlink_to(source / "cats")
    (source / "here").symlink_to(".")
    assert names(source) == before


def test_a_folder_that_is_itself_a_link_is_read(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    assert names(tmp_path / "link") == names(source)


def test_pipes_are_not_waited_for(source: Path) -> None:
    before = names(source)
    os.mkfifo(source / "cats" / "pipe.png")
    assert names(source) == before


@pytest.mark.parametrize(
    "litter",
    [
        ".DS_Store",
        "cats/.DS_Store",
        "cats/._000.png",
        "cats/Thumbs.db",
        "dogs/desktop.ini",
        "dogs/Desktop.INI",
        "__MACOSX/cats/1.png",
        "__macosx/1.png",
        ".git/objects/1.png",
        "cats/.thumbnails/1.png",
        ".cache/a/b/c/1.png",
    ],
)
def test_litter_is_ignored_without_a_word(litter: str, source: Path, store: FolderStore) -> None:
    put(source / litter)
    folder = from_folder(store, source)
    assert (folder.total, folder.problem_count) == (12, 0)
    assert folder.class_names == ("cats", "dogs")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("readme.png", PICTURE, "It lies in no class's folder."),
        ("cats/old/1.png", PICTURE, "It lies in a folder inside a class's."),
        ("cats/old/older/1.png", PICTURE, "It lies in a folder inside a class's."),
        ("cats/notes.txt", b"Milk, eggs, shoes", "cats/notes.txt is text, not a picture"),
        ("cats/film.png", bytes(range(256)), "not a picture that can be read"),
        ("cats/empty.png", b"", "cats/empty.png is empty"),
        ("dogs/cut.png", PICTURE[:40], "dogs/cut.png is damaged or cut off"),
        ("dogs/page.svg", b"<svg></svg>", "dogs/page.svg is an SVG drawing"),
        ("cats/more.zip", b"PK\x03\x04" + bytes(50), "cats/more.zip is a ZIP archive"),
    ],
)
def test_what_is_no_picture_of_a_class_is_a_problem_with_its_reason(
    name: str, data: bytes, reason: str, source: Path, store: FolderStore
) -> None:
    put(source / name, data)
    folder = from_folder(store, source)
    (problem,) = folder.problems
    assert problem.name == name
    assert reason in problem.reason
    assert (folder.total, folder.problem_count) == (12, 1)


def test_a_file_that_may_not_be_read_is_a_problem(
    source: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:  # the tests may run as root, who may read everything
        if path.name == "003.png":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    folder = from_folder(store, source)
    assert {problem.name: problem.reason for problem in folder.problems} == {
        f"{name}/003.png": f"{name}/003.png cannot be read: Permission denied."
        for name in ("cats", "dogs")
    }
    assert folder.total == 10


def test_a_file_that_went_meanwhile_cannot_be_read(source: Path) -> None:
    found = FolderSource(source)
    (source / "cats" / "000.png").unlink()
    with pytest.raises(DataError, match=r"cats/000\.png cannot be read: No such file"):
        found.read(found.entries[0])


def test_a_folder_above_that_became_a_link_is_not_followed(source: Path, tmp_path: Path) -> None:
    found = FolderSource(source)
    put(tmp_path / "secrets" / "000.png")
    (source / "cats").rename(tmp_path / "away")
    (source / "cats").symlink_to(tmp_path / "secrets")
    with pytest.raises(DataError, match="leads out of the folder"):
        found.read(found.entries[0])


def test_a_huge_file_is_a_problem_and_not_read(source: Path, store: FolderStore) -> None:
    with (source / "cats" / "huge.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 2**20)  # takes no room on the disk
    folder = from_folder(store, source)
    (problem,) = folder.problems
    assert problem.reason == "cats/huge.png has 65 MB; at most 64 can be read."


def test_a_file_is_no_folder(source: Path) -> None:
    with pytest.raises(DataError, match=r"is no folder. Name one that has a sub-folder per class"):
        FolderSource(source / "cats" / "000.png")


def test_the_folder_is_not_changed_and_may_go(source: Path, store: FolderStore) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in source.rglob("*")}
    folder = from_folder(store, source)
    assert before == {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in source.rglob("*")
    }
    source.rename(source.parent / "away")
    assert store.dataset(folder.id, (28, 28, 3)).train_images.shape == (10, 28, 28, 3)
