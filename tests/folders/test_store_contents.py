"""What the store gives back: arrays that line up, and words where a directory is damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fmnist_core.datasets import load
from fmnist_core.errors import DataError, ExperimentError
from fmnist_core.experiment import Data
from fmnist_core.folders import (
    FOLDER_PRESETS,
    Folder,
    FolderStore,
    check_data,
    dataset_of,
    experiment_for,
    importing,
)
from fmnist_core.folders.squares import square
from fmnist_core.images import open_picture
from fmnist_core.presets import PRESETS
from tests.folders.archives import from_bytes, from_folder, innocent, zipped
from tests.folders.drawn import shapes

PARTS = {"train": 7, "validation": 6, "test": 3}
SHAPE = (28, 28, 3)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return shapes(tmp_path / "shapes", side=40, parts=PARTS)


@pytest.fixture
def folder(store: FolderStore, source: Path) -> Folder:
    return from_folder(store, source)


@pytest.mark.parametrize("parts", [None, {"train": 7, "val": 6}, {"train": 7, "Test": 3}, PARTS])
def test_pictures_labels_and_names_line_up(
    parts: dict[str, int] | None, store: FolderStore, tmp_path: Path
) -> None:
    source = shapes(tmp_path / "other", n=9, side=40, parts=parts)
    folder = from_folder(store, source, "Other")
    data, names = store.dataset(folder.id, (300, 300, 3)), store.names(folder.id)
    assert (data.name, data.class_names) == ("Other", ("circle", "square", "triangle"))
    assert len(data.train_images) == len(data.train_labels) == folder.total - folder.n("test")
    assert len(data.test_images) == len(data.test_labels) == folder.n("test") > 0
    assert data.train_labels.dtype == data.test_labels.dtype == np.uint8
    pictures = (*data.train_images, *data.test_images)
    labels = (*data.train_labels, *data.test_labels)
    assert sorted(names) == sorted(
        path.relative_to(source).as_posix() for path in source.rglob("*.png")
    )
    for name, label, picture in zip(names, labels, pictures, strict=True):
        assert name.split("/")[-2] == data.class_names[label]
        levels = square(open_picture((source / name).read_bytes(), name))
        assert np.array_equal(picture, levels)


@pytest.mark.parametrize(
    ("parts", "held_out"),
    [
        (None, None),
        ({"train": 7, "test": 3}, None),
        ({"train": 7, "validation": 6}, range(21, 30)),
        (PARTS, range(21, 39)),
    ],
)
def test_held_out_are_those_of_validation(
    parts: dict[str, int] | None, held_out: range | None, store: FolderStore, tmp_path: Path
) -> None:
    folder = from_folder(store, shapes(tmp_path / "other", n=9, side=40, parts=parts))
    data, names = store.dataset(folder.id, SHAPE), store.names(folder.id)
    if held_out is None:
        assert data.held_out is None
        return
    assert data.held_out is not None
    assert data.held_out.dtype == np.int64
    assert data.held_out.tolist() == list(held_out)
    inside = {i for i in range(len(data.train_labels)) if names[i].startswith("validation/")}
    assert inside == set(held_out)


@pytest.mark.parametrize("channels", [1, 3])
def test_all_shapes_are_of_the_same_pictures(
    channels: int, store: FolderStore, folder: Folder
) -> None:
    small, large = (store.dataset(folder.id, (side, side, channels)) for side in (30, 300))
    ends = (3,) if channels == 3 else ()
    assert small.train_images.shape == (39, 30, 30, *ends)
    assert large.test_images.shape == (9, 300, 300, *ends)
    assert np.array_equal(small.train_labels, large.train_labels)
    means = [data.train_images.reshape(39, -1).mean(axis=1) for data in (small, large)]
    assert np.abs(means[0] - means[1]).max() < 2


def test_arrays_are_mapped_and_opened_at_first_use(store: FolderStore, folder: Folder) -> None:
    data = store.dataset(folder.id, SHAPE)
    assert not (store.root / folder.id / "28-colour.npy").exists()
    assert isinstance(data.test_images, np.memmap)
    assert (store.root / folder.id / "28-colour.npy").exists()
    assert store.dataset(folder.id, SHAPE) is data
    assert store.dataset(folder.id, (28, 28, 1)) is not data


def test_what_is_deleted_is_gone_though_it_was_open(store: FolderStore, folder: Folder) -> None:
    other = from_bytes(store, zipped(innocent()))
    before = store.dataset(folder.id, SHAPE).train_images.copy()
    mapped = store.dataset(folder.id, SHAPE).train_images
    store.delete(folder.id)
    assert not (store.root / folder.id).exists()
    for ask in (store.get, store.names, store.delete, lambda name: store.dataset(name, SHAPE)):
        with pytest.raises(DataError, match="There is no folder"):
            ask(folder.id)
    assert store.list() == [other]
    assert np.array_equal(mapped, before)  # a run that learns from it goes on


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "ABC", "ABCD1234", "abcd12345", "abcd123\n", "a" * 300, "\0"]
)
def test_a_bad_name_is_refused_in_few_words(name: str, store: FolderStore, folder: Folder) -> None:
    for ask in (store.get, store.names, store.delete, lambda name: store.dataset(name, SHAPE)):
        with pytest.raises(DataError, match="There is no folder") as caught:
            ask(name)
        assert len(str(caught.value)) < 150
    assert store.list() == [folder]


def test_newest_first_and_nothing_that_is_no_folder(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.list() == []  # nor is there a directory yet
    folders = []
    for created in (50.0, 70.0, 60.0):
        monkeypatch.setattr(importing, "time", SimpleNamespace(time=lambda now=created: now))
        folders.append(from_bytes(store, zipped(innocent()), f"At {created}"))
    (store.root / "notes.txt").write_text("no folder")
    (store.root / "abcdef12").mkdir()
    (store.root / "Not An Id").mkdir()
    shutil.copy(store.root / folders[0].id / "about.json", store.root / "Not An Id")
    assert [folder.created for folder in store.list()] == [70.0, 60.0, 50.0]
    assert {folder.id for folder in store.list()} == {folder.id for folder in folders}


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("damage", [half, lambda data: b"", lambda data: b"{}", lambda _: b"\xff"])
def test_a_damaged_description_is_said_and_not_listed(
    damage: Callable[[bytes], bytes], store: FolderStore, folder: Folder
) -> None:
    other = from_bytes(store, zipped(innocent()))
    path = store.root / folder.id / "about.json"
    path.write_bytes(damage(path.read_bytes()))
    assert store.list() == [other]
    with pytest.raises(DataError, match=f"the folder {folder.id} cannot be read. Import it again"):
        store.get(folder.id)
    with pytest.raises(DataError, match=f"The folder {folder.id} is damaged. Import it again"):
        store.dataset(folder.id, SHAPE)
    store.delete(folder.id)  # it can be done away with
    assert not (store.root / folder.id).exists()


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("labels.npz", None),
        ("labels.npz", lambda _: b"Milk, eggs, shoes"),
        ("pictures.npy", None),
        ("pictures.npy", half),
        ("pictures.npy", lambda data: data[:-1]),
        ("pictures.npy", lambda _: b"Milk, eggs, shoes"),
    ],
)
def test_damaged_numbers_are_said(
    file: str, damage: Callable[[bytes], bytes] | None, store: FolderStore, folder: Folder
) -> None:
    path = store.root / folder.id / file
    data = path.read_bytes()
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(data))
    with pytest.raises(DataError, match=r"is damaged\. Import it again"):
        store.dataset(folder.id, SHAPE)
    path.write_bytes(data)  # and it is not remembered as damaged
    assert len(store.dataset(folder.id, SHAPE).train_images) == 39


def test_other_numbers_of_pictures_and_labels_are_damage(
    store: FolderStore, folder: Folder
) -> None:
    path = store.root / folder.id / "labels.npz"
    with np.load(path) as file:
        np.savez(path, labels=file["labels"][:-1], parts=file["parts"])
    with pytest.raises(DataError, match=r"is damaged\. Import it again"):
        store.dataset(folder.id, SHAPE)


@pytest.mark.parametrize("name", ["mlp-128", "cnn-16"])
def test_without_a_folder_the_pictures_are_fashion_mnists(name: str, tmp_path: Path) -> None:
    experiment = PRESETS[name].experiment
    assert dataset_of(experiment, tmp_path / "nowhere") is load()
    check_data(experiment, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("classes", [2, 4, 10])
def test_a_network_for_another_number_of_classes_is_refused(
    classes: int, store: FolderStore, folder: Folder
) -> None:
    experiment = experiment_for(FOLDER_PRESETS["small-pictures"], folder)
    check_data(experiment, store.root.parent)
    wrong = experiment.changed(architecture=experiment.architecture.changed(classes=classes))
    with pytest.raises(ExperimentError, match=f"Pets has 3 classes, .* tells {classes} apart"):
        check_data(wrong, store.root.parent)


def test_a_folder_that_is_not_here_or_not_in_this_shape_is_refused(
    store: FolderStore, folder: Folder
) -> None:
    experiment = experiment_for(FOLDER_PRESETS["small-pictures"], folder)
    gone = experiment.changed(data=Data(folder="00000000"))
    shape = experiment.architecture.changed(input_shape=(64, 64, 4))
    for wrong, said in (
        (gone, "There is no folder '00000000' here"),
        (experiment.changed(architecture=shape), "received 64 x 64 x 4"),
    ):
        for ask in (dataset_of, check_data):
            with pytest.raises(DataError, match=said):
                ask(wrong, store.root.parent)
