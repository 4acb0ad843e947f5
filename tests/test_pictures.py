from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fmnist_core.datasets import Dataset
from fmnist_core.errors import PictureError
from fmnist_core.pictures import PictureStore

RANDOM = np.random.default_rng(0)
DATA = Dataset(
    read_train_images=lambda: RANDOM.integers(0, 256, (30, 28, 28), dtype=np.uint8),
    train_labels=np.full(30, 3, dtype=np.uint8),
    read_test_images=lambda: RANDOM.integers(0, 256, (20, 28, 28), dtype=np.uint8),
    test_labels=np.full(20, 1, dtype=np.uint8),
    class_names=("T-shirt/top", "Trouser", "Pullover", "Dress"),
    name="small",
)


@pytest.fixture
def store(tmp_path: Path) -> PictureStore:
    return PictureStore(tmp_path / "pictures", dataset=lambda: DATA)


@pytest.mark.parametrize(
    ("ref", "levels", "title"),
    [
        ("test:17", DATA.test_images[17], "Test picture 17, Trouser"),
        ("train:29", DATA.train_images[29], "Training picture 29, Dress"),
        ("validation:29", DATA.train_images[29], "Validation picture 29, Dress"),
    ],
)
def test_pictures_of_the_data(
    store: PictureStore, ref: str, levels: np.ndarray, title: str
) -> None:
    picture = store.load(ref)
    assert picture.shape == (28, 28, 1)
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture[:, :, 0], levels / 255, rtol=1e-6)
    assert store.describe(ref) == title


def test_a_stored_picture_comes_back(store: PictureStore) -> None:
    picture = RANDOM.random((28, 28, 1)).astype(np.float32)
    ref = store.save(picture)
    assert np.abs(store.load(ref) - picture).max() <= 0.5 / 255 + 1e-6
    assert store.describe(ref) == f"Drawing or upload {ref.removeprefix('stored:')[:4]}"
    assert store.save(store.load(ref)) == ref


def test_the_same_picture_is_kept_once_and_nothing_else_is_left(
    store: PictureStore, tmp_path: Path
) -> None:
    picture = np.full((28, 28, 1), 0.2, dtype=np.float32)
    first, again = store.save(picture), store.save(picture)
    other = store.save(picture * 2)
    assert first == again != other
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {f"{ref.removeprefix('stored:')}.png" for ref in (first, other)}


def test_another_store_of_the_same_folder_finds_it(store: PictureStore, tmp_path: Path) -> None:
    ref = store.save(np.ones((28, 28, 1), dtype=np.float32))
    assert PictureStore(tmp_path / "pictures").load(ref).min() == 1


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28, 1), (28, 28, 4), (28, 30, 1), (0,)])
def test_only_pictures_are_kept(store: PictureStore, shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError, match="cannot be kept"):
        store.save(np.zeros(shape, dtype=np.float32))


def test_nan_is_not_kept(store: PictureStore) -> None:
    with pytest.raises(PictureError, match="cannot be kept"):
        store.save(np.full((28, 28, 1), np.nan, dtype=np.float32))


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("test:20", "There is no test picture 20; give a number from 0 to 19"),
        ("validation:30", "There is no validation picture 30"),
        ("test:99999999999999999999", "names no picture"),
        ("test:-1", "names no picture"),
        ("test:\N{FULLWIDTH DIGIT ONE}", "names no picture"),
        ("test:1\n", "names no picture"),
        ("stored:../../etc/passwd", "names no picture"),
        ("stored:ABCDEF012345", "names no picture"),
        ("stored:0123456789ab", "is not kept here"),
        ("", "names no picture"),
    ],
)
def test_hostile_and_unknown_references(store: PictureStore, ref: str, reason: str) -> None:
    for call in (store.load, store.describe):
        with pytest.raises(PictureError, match=reason):
            call(ref)


@example(ref="stored:../secret")
@given(ref=st.text() | st.from_regex(r"(test|train|validation|stored):[0-9a-z./]*"))
def test_no_reference_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, ref: str
) -> None:
    store = PictureStore(tmp_path_factory.getbasetemp(), dataset=lambda: DATA)
    try:
        assert store.load(ref).shape == (28, 28, 1)
    except PictureError:
        return
    assert store.describe(ref)


@pytest.mark.parametrize("damage", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_file_is_said_to_be_damaged(
    store: PictureStore, tmp_path: Path, damage: bytes
) -> None:
    ref = store.save(np.ones((28, 28, 1), dtype=np.float32))
    (path,) = (tmp_path / "pictures").iterdir()
    path.write_bytes(damage)
    with pytest.raises(PictureError, match="is damaged"):
        store.load(ref)


def test_a_picture_in_colour_of_another_size_is_kept_as_it_is(store: PictureStore) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (40, 40, 3))
    picture = (levels / 255).astype(np.float32)
    np.testing.assert_allclose(store.load(store.save(picture)), picture, atol=1e-6)


def test_numbers_mean_the_pictures_of_the_data_that_are_looked_at(store: PictureStore) -> None:
    colour = Dataset(
        train_labels=np.zeros(2, np.uint8),
        test_labels=np.ones(1, np.uint8),
        class_names=("cat", "dog"),
        name="Pets",
        read_train_images=lambda: np.zeros((2, 30, 30, 3), np.uint8),
        read_test_images=lambda: np.full((1, 30, 30, 3), 255, np.uint8),
    )
    other = store.of(lambda: colour)
    assert other.load("test:0").shape == (30, 30, 3)
    assert other.describe("test:0") == "Test picture 0, dog"
    with pytest.raises(PictureError, match="0 to 0"):
        other.load("test:1")
    kept = store.save(np.ones((28, 28, 1), np.float32))
    assert other.load(kept).shape == (28, 28, 1)
