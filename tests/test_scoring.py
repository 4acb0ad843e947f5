from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fmnist_core import scoring
from fmnist_core.datasets import CLASS_NAMES, fashion_mnist
from fmnist_core.errors import DataError
from fmnist_core.evaluation import wilson
from fmnist_core.images import to_png

DATA = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)


def put(folder: Path, name: str, index: int, side: int = 28) -> None:
    """A test picture as a photo: dark on white, enlarged."""
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(255 - DATA.test_images[index])
    image.resize((side, side), Image.Resampling.NEAREST).save(folder / name)


def test_folders_named_as_classes_in_several_ways(tmp_path: Path) -> None:
    for folder, label in [
        ("t-shirt-top", 0),
        ("T-shirt/top", 0),
        ("T-Shirt_Top", 0),
        ("Trouser", 1),
        ("ankle-boot", 9),
        ("Ankle boot", 9),
        ("bag/from the web", 8),
    ]:
        put(tmp_path / folder, f"{label}.png", 0)
    read = scoring.read_folder(tmp_path, CLASS_NAMES)
    assert sorted(read.labels.tolist()) == [0, 0, 0, 1, 8, 9, 9]
    assert read.pictures.shape == (7, 28, 28, 1)
    assert (read.unreadable, read.left_out) == ((), ())
    expected = DATA.test_images[0][..., np.newaxis] / np.float32(255)
    for picture in read.pictures:
        np.testing.assert_allclose(picture, expected, atol=1e-6)


def test_what_cannot_be_read_is_listed_and_the_others_are_read(tmp_path: Path) -> None:
    for index in range(3):
        put(tmp_path / "dress", f"{index}.png", index, side=280)
    whole = to_png(DATA.test_images[0], scale=4)
    (tmp_path / "dress" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "dress" / "notes.png").write_text("not a picture")
    (tmp_path / "dress" / "empty.png").touch()
    (tmp_path / "dress" / ".DS_Store").write_bytes(b"hidden")
    (tmp_path / "readme.txt").write_text("beside the folders")
    put(tmp_path / "hats", "hat.png", 0)
    put(tmp_path / ".git", "dress.png", 0)

    read = scoring.read_folder(tmp_path, CLASS_NAMES)

    assert read.labels.tolist() == [3, 3, 3]
    assert read.left_out == ("hats",)
    problems = {lost.file: lost.problem for lost in read.unreadable}
    assert set(problems) == {"dress/cut.png", "dress/notes.png", "dress/empty.png"}
    assert "notes.png is text" in problems["dress/notes.png"]
    assert "damaged or cut off" in problems["dress/cut.png"]
    assert "empty.png is empty" in problems["dress/empty.png"]


def test_a_file_that_may_not_be_read_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "bag", "mine.png", 0)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    (lost,) = scoring.read_folder(tmp_path, CLASS_NAMES).unreadable
    assert lost.problem == "mine.png cannot be read: Permission denied."


def refusing(monkeypatch: pytest.MonkeyPatch, closed: Path) -> None:
    """A folder that may not be looked into; for root, who runs the tests too, there is none."""
    for name in ("scandir", "listdir"):
        look = getattr(os, name)

        def refuse(folder: Path, look: Callable[[Path], Any] = look) -> Any:
            if Path(folder) == closed:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            return look(folder)

        monkeypatch.setattr(os, name, refuse)


def test_a_folder_that_may_not_be_looked_into_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "bag", "mine.png", 0)
    put(tmp_path / "bag" / "hers", "closed.png", 0)
    put(tmp_path / "lost+found", "closed.png", 0)
    for closed, kept, lost, left_out in (
        ("bag", 0, ["bag"], ("lost+found",)),
        ("bag/hers", 1, ["bag/hers"], ("lost+found",)),
        ("lost+found", 2, [], ("lost+found",)),
    ):
        with monkeypatch.context() as patch:
            refusing(patch, tmp_path / closed)
            read = scoring.read_folder(tmp_path, CLASS_NAMES)
        assert (len(read.pictures), read.left_out) == (kept, left_out)
        assert [each.file for each in read.unreadable] == lost
    refusing(monkeypatch, tmp_path)
    with pytest.raises(DataError, match=r"cannot be read: Permission denied\. Name a folder"):
        scoring.read_folder(tmp_path, CLASS_NAMES)


def test_what_is_no_file_is_listed_and_not_waited_for(tmp_path: Path) -> None:
    put(tmp_path / "bag", "mine.png", 0)
    (tmp_path / "bag" / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "bag" / "all").symlink_to(tmp_path)  # and so on without end
    os.mkfifo(tmp_path / "bag" / "pipe.png")
    put(tmp_path / "elsewhere", "linked.png", 0)
    (tmp_path / "dress").symlink_to(tmp_path / "elsewhere")
    read = scoring.read_folder(tmp_path, CLASS_NAMES)
    assert read.labels.tolist() == [8, 3]
    assert {lost.file: lost.problem for lost in read.unreadable} == {
        "bag/all": "all is not a file. Links to folders are not followed.",
        "bag/gone.png": "gone.png cannot be read: No such file or directory.",
        "bag/pipe.png": "pipe.png is not a file. Links to folders are not followed.",
    }


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "hats", "hat.png", 0)
    with pytest.raises(DataError, match=r"no folder named like a class \(only hats\).*ankle-boot"):
        scoring.read_folder(tmp_path, CLASS_NAMES)
    with pytest.raises(DataError, match="does not exist"):
        scoring.read_folder(tmp_path / "nowhere", CLASS_NAMES)
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        scoring.read_folder(tmp_path / ("x" * 300), CLASS_NAMES)
    with pytest.raises(DataError, match="is a file, not a folder"):
        scoring.read_folder(tmp_path / "hats" / "hat.png", CLASS_NAMES)


def test_pictures_of_anything_need_no_class(tmp_path: Path) -> None:
    put(tmp_path, "cat.png", 0)
    put(tmp_path / "more", "sofa.png", 1)
    (tmp_path / "SOURCES.tsv").write_text("where they are from")
    read = scoring.read_unlabelled(tmp_path)
    assert read.labels.tolist() == [-1, -1]
    assert [lost.file for lost in read.unreadable] == ["SOURCES.tsv"]
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="no picture that can be read"):
        scoring.read_unlabelled(tmp_path / "none")


def test_scores_by_hand() -> None:
    """Three pictures of class 0 at ranks 1, 3 and 4, one of class 2 at rank 1."""
    probabilities = [
        [0.7, 0.1, 0.1, 0.1],
        [0.2, 0.4, 0.3, 0.1],
        [0.1, 0.4, 0.3, 0.2],
        [0.0, 0.0, 1.0, 0.0],
    ]
    result = scoring.score([0, 0, 0, 2], probabilities)
    assert (result.overall.n, result.overall.first, result.overall.among_three) == (4, 2, 3)
    assert [share.n for share in result.per_class] == [3, 0, 1, 0]
    assert result.per_class[0].to_json() == {
        "n": 3,
        "top1": 1 / 3,
        "top1_interval": list(wilson(1, 3)),
        "top3": 2 / 3,
        "top3_interval": list(wilson(2, 3)),
    }
    assert result.per_class[1].to_json()["top1"] is None
    assert result.confusion == ((1, 2, 0, 0), (0, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))


def test_equal_probabilities_count_as_argmax_counts_them() -> None:
    even = np.full((10, 10), 0.1)
    result = scoring.score(np.arange(10), even)
    assert (result.overall.first, result.overall.among_three) == (1, 3)


def test_nothing_to_score_is_no_error() -> None:
    result = scoring.score([], np.zeros((0, 10)))
    assert result.overall.to_json()["top1"] is None
    assert np.sum(result.confusion) == 0


def test_the_test_set_is_taken_as_it_is() -> None:
    given = scoring.from_levels(DATA.test_images[:5], DATA.test_labels[:5])
    assert np.array_equal(np.rint(given.pictures[..., 0] * 255), DATA.test_images[:5])
    assert given.labels.tolist() == DATA.test_labels[:5].tolist()


def test_how_sure_and_how_often_right_are_compared() -> None:
    assert scoring.score([0, 1], [[0.9, 0.1], [0.9, 0.1]]).calibration_error == pytest.approx(0.4)
    assert scoring.score([], np.zeros((0, 10))).calibration_error is None


@pytest.mark.parametrize("kind", ["digits", "noise"])
def test_what_is_no_clothing_is_prepared_like_files(kind: str) -> None:
    made = scoring.made_here(kind, n=12)
    assert made.pictures.shape == (12, 28, 28, 1)
    assert made.pictures.max() == 1
    assert set(made.labels.tolist()) == {-1}
