"""Imported folders as data sets, in the shapes that networks take; and the networks for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_core.architecture import Conv2D, MaxPooling2D
from fmnist_core.datasets import load
from fmnist_core.datasets.splits import split_of
from fmnist_core.errors import DataError, ExperimentError
from fmnist_core.experiment import Data, check
from fmnist_core.folders import (
    FOLDER_PRESETS,
    Folder,
    FolderPreset,
    FolderStore,
    check_data,
    dataset_of,
    experiment_for,
    import_folder,
    picture_for,
    squares,
)
from fmnist_core.presets import preset
from fmnist_core.runs import RunStore
from fmnist_core.settings import from_link, to_link
from tests.folders.drawn import shapes

FIVE = ("bar", "circle", "hill", "square", "triangle")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "runs")


@pytest.fixture
def folder(store: FolderStore, tmp_path: Path) -> Folder:
    source = shapes(tmp_path / "s", parts={"train": 8, "validation": 6})
    return import_folder(store.root, source, "Shapes", lambda done, total: None)


@pytest.mark.parametrize("shape", [(28, 28, 1), (40, 40, 3), (300, 300, 1), (300, 300, 3)])
def test_every_shape_is_made_once_and_mapped(
    shape: tuple[int, int, int],
    store: FolderStore,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory = store.root / folder.id
    found = squares.squares(directory, shape)
    assert isinstance(found, np.memmap)
    assert found.dtype == np.uint8
    assert found.shape == (folder.total, *shape[: 2 if shape[2] == 1 else 3])
    monkeypatch.setattr(squares, "_shrink", None)  # not made again
    np.testing.assert_array_equal(squares.squares(directory, shape), found)
    full = squares.squares(directory, (300, 300, 3))
    image = Image.fromarray(full[3])
    image = image if shape[2] == 3 else image.convert("L")
    expected = image.resize(shape[:2], Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found[3], np.asarray(expected))
    assert [path.name for path in directory.glob(".squares*")] == []


@pytest.mark.parametrize("shape", [(27, 27, 3), (301, 301, 3), (30, 40, 3), (30, 30, 2)])
def test_other_shapes_are_not_to_be_had(
    shape: tuple[int, int, int], store: FolderStore, folder: Folder
) -> None:
    with pytest.raises(DataError, match="28 to 300"):
        store.dataset(folder.id, shape)


def test_a_picture_is_prepared_as_those_of_the_folder(store: FolderStore, folder: Folder) -> None:
    data = store.dataset(folder.id, (40, 40, 3))
    kept = Image.fromarray(store.dataset(folder.id, (300, 300, 3)).train_images[0])
    picture = picture_for(kept, (40, 40, 3))
    np.testing.assert_allclose(picture, data.train_images[0] / 255, atol=1e-6)
    assert picture_for(kept, (28, 28, 1)).shape == (28, 28, 1)


def test_folders_are_listed_newest_first_and_deleted(
    store: FolderStore, folder: Folder, tmp_path: Path
) -> None:
    other = import_folder(store.root, tmp_path / "s", "Other", lambda done, total: None)
    assert [each.id for each in store.list()] == [other.id, folder.id]
    store.delete(other.id)
    assert [each.id for each in store.list()] == [folder.id]
    with pytest.raises(DataError, match="Import it again"):
        store.dataset(other.id, (28, 28, 1))


@pytest.mark.parametrize("name", ["", "../runs", "ABCDEFGH", "abcd123", "00000000", "a/b/c/d/"])
def test_no_other_name_leads_anywhere(name: str, store: FolderStore, folder: Folder) -> None:
    for ask in (store.get, store.delete, store.names):
        with pytest.raises(DataError, match="no folder"):
            ask(name)
    assert store.get(folder.id) == folder


def test_a_damaged_folder_is_said_and_left_out_of_the_list(
    store: FolderStore, folder: Folder
) -> None:
    about = store.root / folder.id / "about.json"
    about.write_text(json.dumps({"id": folder.id}))
    assert store.list() == []
    with pytest.raises(DataError, match="Import it again"):
        store.get(folder.id)
    with pytest.raises(DataError, match="damaged"):
        store.dataset(folder.id, (28, 28, 1))


@pytest.mark.parametrize("classes", [FIVE[:2], FIVE])
@pytest.mark.parametrize("chosen", FOLDER_PRESETS.values(), ids=FOLDER_PRESETS)
@pytest.mark.parametrize("colour", [True, False])
def test_every_network_fits_every_folder(
    chosen: FolderPreset, classes: tuple[str, ...], colour: bool, folder: Folder
) -> None:
    counts = {part: (9,) * len(classes) for part in folder.counts}
    given = folder.changed(class_names=classes, colour=colour, counts=counts)
    experiment = experiment_for(chosen, given)
    check(experiment)
    architecture = experiment.architecture
    assert architecture.input_shape == (chosen.side, chosen.side, 3 if colour else 1)
    assert architecture.output.binary is (len(classes) == 2)
    assert architecture.output_units == (1 if len(classes) == 2 else 5)
    for kind in (Conv2D, MaxPooling2D):
        assert sum(isinstance(layer, kind) for layer in architecture.layers) == len(chosen.filters)
    assert experiment.training.optimizer == "rmsprop"
    assert from_link(to_link(experiment)) == experiment


def test_networks_have_three_and_five_blocks_at_150_and_300() -> None:
    assert (FOLDER_PRESETS["three-blocks"].side, len(FOLDER_PRESETS["three-blocks"].filters)) == (
        150,
        3,
    )
    five = FOLDER_PRESETS["five-blocks"]
    assert (five.side, len(five.filters)) == (300, 5)


def test_an_experiment_is_about_its_folder_or_about_fashion_mnist(
    store: FolderStore, folder: Folder
) -> None:
    root = store.root.parent
    assert dataset_of(preset("cnn-16").experiment, root) is load()
    experiment = experiment_for(FOLDER_PRESETS["three-blocks"], folder, 32)
    assert dataset_of(experiment, root).class_names == ("circle", "square", "triangle")
    check_data(experiment, root)
    wrong = experiment.changed(architecture=experiment.architecture.changed(classes=4))
    with pytest.raises(ExperimentError, match=r"3 classes, .* tells 4 apart"):
        check_data(wrong, root)
    with pytest.raises(ExperimentError):
        RunStore(root).create(wrong)
    gone = experiment.changed(data=Data(folder="abcd0123"))
    with pytest.raises(DataError, match="no folder"):
        RunStore(root).create(gone)


def test_a_folders_own_validation_pictures_are_used_as_they_are(
    store: FolderStore, folder: Folder
) -> None:
    data = store.dataset(folder.id, (28, 28, 1))
    found = split_of(Data(folder=folder.id), data, seed=0)
    np.testing.assert_array_equal(found.validation, data.held_out)
    assert len(found.train) == 24
    assert not set(found.train) & set(found.validation)
    fewer = split_of(Data(folder=folder.id, train_size=20), data, seed=0)
    assert len(fewer.train) == 20
    assert set(fewer.train) < set(found.train)
    none = split_of(Data(folder=folder.id, validation_fraction=0), data, seed=0)
    assert len(none.validation) == 0
    np.testing.assert_array_equal(none.train, found.train)
    with pytest.raises(ExperimentError):
        split_of(Data(folder=folder.id, train_size=25), data, seed=0)
