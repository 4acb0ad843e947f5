"""Archives that are damaged or say other sizes than they have: never a picture of other content."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fmnist_core.errors import DataError, PictureError
from fmnist_core.folders import Folder, FolderStore
from fmnist_core.folders.sources import zip_source
from fmnist_core.folders.squares import square
from fmnist_core.images import open_picture
from tests.folders.archives import encoded, from_bytes, innocent, patched, zipped

ENTRIES = innocent()
LIAR = "dogs/3.png"
TRUE = len(ENTRIES[LIAR])
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]


def pictures(store: FolderStore, folder: Folder) -> dict[str, np.ndarray]:
    data = store.dataset(folder.id, (300, 300, 3))
    found = np.concatenate([data.train_images, data.test_images])
    return dict(zip(store.names(folder.id), found, strict=True))


def only_problem(store: FolderStore, archive: bytes) -> str:
    """Import it: all but one file are the pictures that they are, and that one has a reason."""
    folder = from_bytes(store, archive)
    (problem,) = folder.problems
    assert (problem.name, folder.problem_count) == (LIAR, 1)
    found = pictures(store, folder)
    assert set(found) == set(ENTRIES) - {LIAR}
    for name, levels in found.items():
        assert np.array_equal(levels, square(open_picture(ENTRIES[name], name)))
    return problem.reason


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("own_header", [False, True])
@pytest.mark.parametrize("size", [0, 1, TRUE - 1, TRUE + 1, 10 * TRUE, 2**20])
def test_a_wrong_size_is_a_problem_of_that_file(
    size: int, own_header: bool, method: int, store: FolderStore
) -> None:
    archive = patched(zipped(ENTRIES, method), LIAR, own_header, size=size)
    assert LIAR in only_problem(store, archive)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "JPEG"])
def test_cut_off_anywhere_with_the_checksum_to_match_it_is_no_other_picture(kind: str) -> None:
    """Only a smaller size and its checksum are a consistent lie: what is left is the whole picture
    without what stands behind it, or none."""
    random = np.random.default_rng(0)
    data = encoded(Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)), kind)
    whole = np.asarray(open_picture(data, "whole"))
    archive = zipped({"cats/1.png": data})
    cut_off = 0
    for size in range(len(data)):
        crc = zlib.crc32(data[:size])
        lying = patched(archive, "cats/1.png", True, size=size, crc=crc)
        with zip_source(io.BytesIO(lying)) as source:
            (entry,) = source.entries
            try:
                assert np.array_equal(open_picture(source.read(entry), entry.name), whole)
            except PictureError:
                cut_off += 1
    assert cut_off >= len(data) - 20


def test_a_larger_size_is_said_with_both_numbers(store: FolderStore) -> None:
    archive = patched(zipped(ENTRIES, zipfile.ZIP_DEFLATED), LIAR, size=2_345)
    assert f"has {TRUE:,} bytes where the archive says 2,345" in only_problem(store, archive)


def test_a_file_that_claims_to_be_huge_is_not_read(store: FolderStore) -> None:
    archive = patched(zipped(ENTRIES), LIAR, size=2**27, packed=2**27)
    assert "has 128 MB; at most 64 can be read" in only_problem(store, archive)


@pytest.mark.parametrize("size", [2**20 + 1, 2**32 - 2])
def test_a_size_that_no_picture_would_grow_to_is_refused(size: int, store: FolderStore) -> None:
    with pytest.raises(DataError, match=r"dogs/3\.png would grow"):
        from_bytes(store, patched(zipped(ENTRIES), LIAR, size=size))


@pytest.mark.parametrize("says", [{"size": 1_000}, {"size": 2**22, "packed": 2**21}])
def test_no_more_is_unpacked_than_the_table_of_contents_says(says: dict[str, int]) -> None:
    """Of a bomb that says it is small, or packed badly."""
    bomb = patched(zipped({"cats/1.png": bytes(2**26)}, zipfile.ZIP_DEFLATED), "cats/1.png", **says)
    with zip_source(io.BytesIO(bomb)) as source:
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match=r"cats/1\.png is damaged inside the archive"):
                source.read(source.entries[0])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3 * says["size"] + 2**18


@pytest.mark.parametrize("method", [1, 6, 9, 99])
def test_a_way_of_packing_that_is_not_known_is_a_problem_of_that_file(
    method: int, store: FolderStore
) -> None:
    archive = patched(zipped(ENTRIES), LIAR, True, method=method)
    assert LIAR in only_problem(store, archive)


def test_damage_inside_a_file_is_a_problem_of_that_file(store: FolderStore) -> None:
    archive = bytearray(zipped(ENTRIES))
    archive[archive.index(ENTRIES[LIAR]) + TRUE // 2] ^= 0xFF
    assert "is damaged inside the archive" in only_problem(store, bytes(archive))


def test_another_name_before_the_file_is_a_problem_of_that_file(store: FolderStore) -> None:
    archive = zipped(ENTRIES).replace(LIAR.encode(), b"dogs/9.png", 1)
    assert "is damaged inside the archive" in only_problem(store, archive)


SEEDS = [zipped(ENTRIES, method) for method in METHODS]


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=4),
    cut=st.integers(0, 40) | st.just(0),
)
def test_whatever_is_changed_each_file_is_what_it_was_or_is_refused(
    seed: bytes, changes: list[tuple[float, bytes]], cut: int
) -> None:
    archive = bytearray(seed[: len(seed) - cut])
    for place, data in changes:
        at = round(place * (len(archive) - len(data)))
        archive[at : at + len(data)] = data
    originals = set(ENTRIES.values())
    try:
        with zip_source(io.BytesIO(bytes(archive))) as source:
            for entry in source.entries:
                try:
                    assert source.read(entry) in originals
                except DataError:
                    continue
    except DataError:
        return


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_no_bytes_raise_anything_else(before: bytes, after: bytes) -> None:
    for data in (before, before + SEEDS[0] + after):
        try:
            with zip_source(io.BytesIO(data)) as source:
                assert all(entry.name in ENTRIES for entry in source.entries)
        except DataError:
            continue


def test_an_archive_behind_other_bytes_is_read_as_before(store: FolderStore) -> None:
    """As self-extracting archives are."""
    folder = from_bytes(store, b"#!/bin/sh\n" + SEEDS[1])
    assert set(pictures(store, folder)) == set(ENTRIES)


def test_what_is_called_a_picture_may_be_an_archive(store: FolderStore) -> None:
    folder = from_bytes(store, zipped({**ENTRIES, "cats/inner.png": SEEDS[0]}))
    (problem,) = folder.problems
    assert "is a ZIP archive, not a picture" in problem.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_without_a_bound_is_never_unpacked(method: int) -> None:
    """A few hundred bytes of bz2 would become gigabytes, whatever size is declared."""
    data = patched(zipped({"a/1.png": bytes(2**25)}, method), "a/1.png", size=1000)
    with zip_source(io.BytesIO(data)) as source:
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match="not read"):
                source.read(source.entries[0])
            assert tracemalloc.get_traced_memory()[1] < 2**20
        finally:
            tracemalloc.stop()
