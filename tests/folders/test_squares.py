"""The files of numbers: made once, in order, as Pillow makes them, and whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_core.errors import DataError
from fmnist_core.folders import FolderStore, squares
from tests.folders.archives import from_folder
from tests.folders.drawn import shapes

Shape = tuple[int, int, int]
SHAPES: list[Shape] = [(side, side, c) for side in (28, 150, 300) for c in (1, 3)]
N = 15


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an imported folder of 15 pictures, which tests leave as it is."""
    root = tmp_path_factory.mktemp("squares")
    store = FolderStore(root / "runs")
    folder = from_folder(store, shapes(root / "shapes", n=5, side=90))
    return store.root / folder.id


@pytest.fixture
def directory(imported: Path, tmp_path: Path) -> Path:
    """Such a directory where nobody asked for a shape yet."""
    (tmp_path / squares.PICTURES).symlink_to(imported / squares.PICTURES)
    return tmp_path


def made(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()} - {squares.PICTURES}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_picture_is_what_pillow_makes_of_it(shape: Shape, directory: Path) -> None:
    side, _, channels = shape
    found = squares.squares(directory, shape)
    assert isinstance(found, np.memmap)
    assert (found.shape, found.dtype) == (
        (N, side, side, 3) if channels == 3 else (N, side, side),
        np.uint8,
    )
    for levels, full in zip(found, np.load(directory / squares.PICTURES), strict=True):
        image = Image.fromarray(full)
        if channels == 1:
            image = image.convert("L")
        if side < 300:
            image = image.resize((side, side), Image.Resampling.BILINEAR)
        assert np.array_equal(levels, np.asarray(image))


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_can_write_into_them(shape: Shape, directory: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        squares.squares(directory, shape)[0, 0, 0] = 0


def test_a_file_is_made_once_and_reused(directory: Path) -> None:
    squares.squares(directory, (28, 28, 3))
    before = (directory / "28-colour.npy").stat()
    squares.squares(directory, (28, 28, 1))
    squares.squares(directory, (28, 28, 3))
    after = (directory / "28-colour.npy").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert made(directory) == {"28-colour.npy", "28-grey.npy"}


def test_the_kept_pictures_are_not_copied(directory: Path) -> None:
    assert squares.squares(directory, (300, 300, 3)).shape == (N, 300, 300, 3)
    assert made(directory) == set()


@pytest.mark.parametrize("at_once", [1, 4, 5, 14, 15, 16])
def test_batches_keep_the_order(
    at_once: int, imported: Path, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = squares.squares(imported, (32, 32, 3))
    monkeypatch.setattr(squares, "_AT_ONCE", at_once)
    assert np.array_equal(squares.squares(directory, (32, 32, 3)), whole)
    assert len({levels.tobytes() for levels in whole}) == N


def test_when_making_them_fails_nothing_is_left_and_it_can_be_tried_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller = squares.smaller

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(squares, "smaller", fail)
    with pytest.raises(RuntimeError):
        squares.squares(directory, (40, 40, 1))
    assert made(directory) == set()
    monkeypatch.setattr(squares, "smaller", smaller)
    assert len(squares.squares(directory, (40, 40, 1))) == N


def test_a_full_disk_is_said_and_nothing_is_left(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(squares, "smaller", full)
    with pytest.raises(DataError, match="cannot be made 40 x 40: No space left on device"):
        squares.squares(directory, (40, 40, 1))
    assert made(directory) == set()


def test_who_makes_the_same_at_the_same_time_does_no_harm(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's file appears in the middle; what was mapped of it before stays readable."""
    smaller, mapped = squares.smaller, []

    def meanwhile(levels: squares.Levels, side: int, colour: bool) -> squares.Levels:
        if not mapped:
            monkeypatch.setattr(squares, "smaller", smaller)
            mapped.append(squares.squares(directory, (28, 28, 3)))
        return smaller(levels, side, colour)

    monkeypatch.setattr(squares, "_AT_ONCE", 1)
    monkeypatch.setattr(squares, "smaller", meanwhile)
    found = squares.squares(directory, (28, 28, 3))
    assert np.array_equal(found, mapped[0])
    assert made(directory) == {"28-colour.npy"}


@pytest.mark.parametrize(
    "shape",
    [
        (27, 27, 3),
        (301, 301, 3),
        (28, 29, 1),
        (300, 28, 3),
        (64, 64, 2),
        (64, 64, 4),
        (64, 64, 0),
        (0, 0, 3),
        (-64, -64, 3),
    ],
)
def test_shapes_that_are_not_to_be_had(shape: Shape, directory: Path) -> None:
    height, width, channels = shape
    said = f"28 to 300 pixels .* received {height} x {width} x {channels}. Change the picture size"
    with pytest.raises(DataError, match=said):
        squares.check_shape(shape)
    with pytest.raises(DataError, match=said):
        squares.squares(directory, shape)
    with pytest.raises(DataError, match=said):
        squares.picture_for(Image.new("L", (9, 9)), shape)
    assert made(directory) == set()


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28, 3), (300, 300, 1), (300, 300, 3)])
def test_shapes_at_the_limits_are_to_be_had(shape: Shape) -> None:
    squares.check_shape(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_network_is_shown_a_picture_as_its_training_pictures_were(
    shape: Shape, mode: str, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    noise = Image.fromarray(random.integers(0, 256, (40, 70, 4), np.uint8)).convert(mode)
    levels = squares.square(noise)
    np.lib.format.open_memmap(tmp_path / squares.PICTURES, "w+", np.uint8, (1, 300, 300, 3))[0] = (
        levels
    )
    (kept,) = squares.squares(tmp_path, shape)
    shown = squares.picture_for(noise, shape)
    assert (shown.shape, shown.dtype) == (shape, np.float32)
    assert np.array_equal(shown, kept.reshape(shape).astype(np.float32) / np.float32(255))
    assert 0 <= shown.min() < shown.max() <= 1
