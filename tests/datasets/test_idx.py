from __future__ import annotations

import contextlib
import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fmnist_core.datasets import idx
from fmnist_core.errors import DataError
from tests.datasets.idx_files import encode, header

PICTURES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@given(
    pictures=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=12)),
    packed=st.booleans(),
)
def test_every_picture_comes_back(
    tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("idx") / "pictures"
    path.write_bytes(gzip.compress(encode(pictures)) if packed else encode(pictures))
    read = idx.read_images(path)
    assert read.dtype == np.uint8
    assert np.array_equal(read, pictures)
    assert not read.flags.writeable


@pytest.mark.parametrize("packed", [True, False])
def test_the_shape_is_known_without_the_pictures(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "pictures"
    whole = encode(np.zeros((50, 28, 28), np.uint8))
    path.write_bytes((gzip.compress(whole) if packed else whole)[:40])
    assert idx.read_images_shape(path) == (50, 28, 28)


def test_labels_come_back(tmp_path: Path) -> None:
    labels = np.array([3, 0, 9], dtype=np.uint8)
    (tmp_path / "labels").write_bytes(encode(labels))
    assert idx.read_labels(tmp_path / "labels").tolist() == [3, 0, 9]


@given(
    data=st.binary(max_size=400), start=st.sampled_from([b"", b"\x1f\x8b\x08\0", header(2, 2, 2)])
)
def test_no_bytes_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("idx") / "anything"
    path.write_bytes(start + data)
    for read in (idx.read_images, idx.read_images_shape, idx.read_labels):
        with contextlib.suppress(DataError):
            read(path)


GOOD = encode(PICTURES)
PACKED = gzip.compress(GOOD)
WRONG_CHECKSUM = PACKED[:-8] + bytes([PACKED[-8] ^ 0xFF]) + PACKED[-7:]
BAD = {
    "empty": (b"", "truncated"),
    "cut in its header": (GOOD[:10], "truncated"),
    "cut": (GOOD[:-1], "truncated"),
    "cut, packed": (gzip.compress(GOOD[:-1]), "truncated"),
    "packed, then cut": (PACKED[:-12], "truncated"),
    "packed, without its checksum": (PACKED[:-8], "truncated"),
    "trailing bytes": (GOOD + b"x", "more than"),
    "trailing bytes, packed": (gzip.compress(GOOD + b"x"), "more than"),
    "trailing bytes after gzip": (PACKED + b"x", "more than"),
    "wrong checksum": (WRONG_CHECKSUM, "corrupt"),
    "labels": (encode(PICTURES[0, 0]), "not an IDX images file"),
    "text": (b"These are no pictures at all.", "not an IDX images file"),
    "two billion pictures": (header(2_000_000_000, 28, 28), "claims 2,000,000,000 x 28 x 28"),
    "wide pictures": (header(1, 1, 2_000_000_000), "claims"),
    "too many bytes": (header(1_000_000, 1_024, 1_024), "claims"),
    "no pictures": (header(0, 28, 28), "claims 0 x 28 x 28"),
    "pictures without pixels": (header(5, 0, 28), "claims"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_refused(tmp_path: Path, name: str) -> None:
    data, reason = BAD[name]
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match=reason) as caught:
        idx.read_images(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere cannot be read: No such file"):
        idx.read_images(tmp_path / "nowhere")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        idx.read_images(tmp_path)


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(header(1, 28, 28) + bytes(50 * 2**20), 1))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="more than the 784 bytes"):
            idx.read_images(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_lying_header_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lie.gz"
    path.write_bytes(gzip.compress(header(300_000, 28, 28) + b"few"))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="promises 235,200,000 bytes of images, 3 are there"):
            idx.read_images(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
