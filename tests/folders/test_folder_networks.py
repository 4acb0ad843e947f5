"""The networks for folders, and the splits that folders bring with them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.architecture import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.datasets.splits import split, split_of
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Data, check
from fmnist_core.folders import FOLDER_PRESETS, Folder, FolderPreset, experiment_for
from fmnist_core.limits import MAX_TITLE_LENGTH
from fmnist_core.settings import from_link, to_link

CLASSES = tuple(f"class {i}" for i in range(100))
EVERY = pytest.mark.parametrize("chosen", FOLDER_PRESETS.values(), ids=FOLDER_PRESETS)


def folder_of(classes: int, colour: bool = True, name: str = "Pets") -> Folder:
    counts = (9,) * classes
    return Folder(
        id="abcd1234",
        name=name,
        created=0.0,
        class_names=CLASSES[:classes],
        counts={"train": counts, "validation": counts, "test": counts},
        own_validation=True,
        test_from="from test/",
        colour=colour,
        problem_count=0,
        problems=(),
        twin_count=0,
        twins=(),
    )


@EVERY
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("classes", [2, 3, 5, 100])
def test_a_network_is_made_for_the_folder(classes: int, colour: bool, chosen: FolderPreset) -> None:
    experiment = experiment_for(chosen, folder_of(classes, colour))
    architecture, training = experiment.architecture, experiment.training
    summary = check(experiment)
    assert architecture.input_shape == (chosen.side, chosen.side, 3 if colour else 1)
    assert (architecture.classes, architecture.output.binary) == (classes, classes == 2)
    assert summary.rows[-1].output_shape == (1 if classes == 2 else classes,)
    assert (training.optimizer, training.learning_rate) == ("rmsprop", 0.001)
    assert experiment.data.folder == "abcd1234"
    assert experiment.data.validation_fraction > 0
    assert experiment.title == f"{chosen.title}, Pets"
    assert from_link(to_link(experiment)) == experiment


@EVERY
def test_blocks_are_a_convolution_and_a_pooling_each(chosen: FolderPreset) -> None:
    layers = experiment_for(chosen, folder_of(2)).architecture.layers
    blocks = {"three-blocks": 3, "five-blocks": 5, "five-blocks-150": 5, "small-pictures": 2}
    kinds = [layer.kind for layer in layers]
    n = blocks[chosen.name]
    assert kinds == [*(["Conv2D", "MaxPooling2D"] * n), "Flatten", "Dense"]
    convolutions = [layer for layer in layers if isinstance(layer, Conv2D)]
    assert tuple(layer.filters for layer in convolutions) == chosen.filters
    assert all(one.filters <= other.filters for one, other in pairwise(convolutions))
    assert {layer.kernel_size for layer in convolutions} == {3}
    assert {layer.pool_size for layer in layers if isinstance(layer, MaxPooling2D)} == {2}
    assert isinstance(layers[-1], Dense)


def test_a_preset_with_dropout_has_it_behind_flatten() -> None:
    chosen = FolderPreset("x", "X", "", 64, (8,), dropout=0.4)
    layers = experiment_for(chosen, folder_of(2)).architecture.layers
    assert [type(layer) for layer in layers[2:]] == [Flatten, Dropout, Dense]
    assert layers[3] == Dropout(rate=0.4)


@EVERY
@pytest.mark.parametrize("side", [32, 75, 150, 300, 400, None])
def test_another_side_may_be_asked_for_up_to_what_is_kept(
    side: int | None, chosen: FolderPreset
) -> None:
    experiment = experiment_for(chosen, folder_of(5), side)
    expected = min(300, side or chosen.side)
    assert experiment.architecture.input_shape == (expected, expected, 3)
    if expected <= 150:  # two blocks leave too much of 300 x 300
        check(experiment)


@given(
    name=st.text(min_size=1, max_size=60).filter(str.isprintable)
    | st.sampled_from(['a;b="c"\\;', "=", "training.epochs=3", "x" * 60, "字👟", '"']),
    chosen=st.sampled_from(list(FOLDER_PRESETS.values())),
    classes=st.integers(2, 100),
    colour=st.booleans(),
    side=st.integers(32, 300),
)
def test_whatever_the_folders_name_a_link_says_it_all(
    name: str, chosen: FolderPreset, classes: int, colour: bool, side: int
) -> None:
    experiment = experiment_for(chosen, folder_of(classes, colour, name), side)
    assert len(experiment.title) <= MAX_TITLE_LENGTH
    assert from_link(to_link(experiment)) == experiment


@EVERY
def test_a_long_name_is_cut_in_the_title(chosen: FolderPreset) -> None:
    title = experiment_for(chosen, folder_of(2, name="x" * 60)).title
    assert title == f"{chosen.title}, {'x' * 60}"[:MAX_TITLE_LENGTH]


def dataset_of(labels: list[int], held_out: list[int] | None) -> Dataset:
    """Without pictures, which a split does not need."""
    numbers = np.array(labels, np.uint8)

    def none() -> np.ndarray:
        raise AssertionError("a split reads no pictures")

    return Dataset(
        train_labels=numbers,
        test_labels=numbers[:0],
        class_names=CLASSES[:3],
        name="Made up",
        read_train_images=none,
        read_test_images=none,
        held_out=None if held_out is None else np.array(held_out, np.int64),
    )


@st.composite
def own_splits(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    labels = draw(st.lists(st.integers(0, 2), min_size=30, max_size=120))
    places = st.integers(0, len(labels) - 1)
    return labels, sorted(draw(st.sets(places, min_size=1, max_size=len(labels) - 25)))


@given(made=own_splits(), fraction=st.sampled_from([0.001, 0.2, 0.5]), seed=st.integers(0, 99))
def test_validation_pictures_of_ones_own_are_used_as_they_are(
    made: tuple[list[int], list[int]], fraction: float, seed: int
) -> None:
    labels, held_out = made
    found = split_of(Data(validation_fraction=fraction), dataset_of(labels, held_out), seed)
    assert found.validation.tolist() == held_out
    assert found.train.tolist() == sorted(set(range(len(labels))) - set(held_out))
    assert found.train.dtype == found.validation.dtype == np.int64


@given(made=own_splits(), size=st.integers(20, 25), seed=st.integers(0, 99))
def test_a_smaller_training_set_is_drawn_evenly_from_the_rest(
    made: tuple[list[int], list[int]], size: int, seed: int
) -> None:
    labels, held_out = made
    data = dataset_of(labels, held_out)
    whole, part = (split_of(Data(train_size=n), data, seed) for n in (None, size))
    assert len(part.train) == size
    assert set(part.train) <= set(whole.train)
    assert (np.diff(part.train) > 0).all()
    assert part.validation.tolist() == held_out
    counts = np.bincount(data.train_labels[whole.train], minlength=3)
    drawn = np.bincount(data.train_labels[part.train], minlength=3)
    assert np.abs(drawn - size / len(whole.train) * counts).max() < 2


@given(made=own_splits(), seed=st.integers(0, 99))
def test_without_validation_those_pictures_are_not_learned_from_either(
    made: tuple[list[int], list[int]], seed: int
) -> None:
    labels, held_out = made
    found = split_of(Data(validation_fraction=0), dataset_of(labels, held_out), seed)
    assert len(found.validation) == 0
    assert found.validation.dtype == np.int64
    assert not set(found.train.tolist()) & set(held_out)
    assert len(found.train) == len(labels) - len(held_out)


def test_the_seed_decides_which_are_in_a_smaller_training_set() -> None:
    data = dataset_of([0, 1, 2] * 40, list(range(100, 120)))
    first, again, other = (split_of(Data(train_size=30), data, seed).train for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_training_pictures_than_there_are_is_refused() -> None:
    data = dataset_of([0, 1, 2] * 40, list(range(90, 120)))
    assert len(split_of(Data(train_size=90), data, 0).train) == 90
    with pytest.raises(ExperimentError, match=r"cannot have 91 pictures.*Give 1 to 90"):
        split_of(Data(train_size=91), data, 0)


@pytest.mark.parametrize("size", [None, 33])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
def test_where_the_data_say_nothing_each_run_draws_its_own(
    fraction: float, size: int | None
) -> None:
    data = dataset_of([0, 1, 2] * 40, None)
    found = split_of(Data(validation_fraction=fraction, train_size=size), data, 7)
    expected = split(data.train_labels, fraction, 7, size)
    assert np.array_equal(found.train, expected.train)
    assert np.array_equal(found.validation, expected.validation)
