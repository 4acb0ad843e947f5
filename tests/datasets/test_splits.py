from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.datasets import splits
from fmnist_core.errors import ExperimentError

BALANCED = np.repeat(np.arange(10, dtype=np.uint8), 600)
label_lists = st.lists(st.integers(0, 9), min_size=2, max_size=300)


@given(labels=label_lists, fraction=st.floats(0, 0.49), seed=st.integers(0, 2**32))
def test_sizes_are_exact_and_nothing_overlaps(
    labels: list[int], fraction: float, seed: int
) -> None:
    both = splits.split(labels, fraction, seed)
    assert len(both.validation) == round(fraction * len(labels))
    assert sorted([*both.train, *both.validation]) == list(range(len(labels)))
    assert both.train.dtype == both.validation.dtype == np.int64
    assert (np.diff(both.train) > 0).all()


@given(labels=label_lists, fraction=st.floats(0, 0.49), seed=st.integers(0, 100))
def test_each_class_gets_its_share(labels: list[int], fraction: float, seed: int) -> None:
    both = splits.split(labels, fraction, seed)
    share = len(both.validation) / len(labels)
    counts = np.bincount(labels, minlength=10)
    held_out = np.bincount(np.array(labels)[both.validation], minlength=10)
    assert np.abs(held_out - share * counts).max() < 2


def test_equal_classes_are_split_equally() -> None:
    both = splits.split(BALANCED, 0.05, seed=3, train_size=1_000)
    assert np.bincount(BALANCED[both.validation]).tolist() == [30] * 10
    assert np.bincount(BALANCED[both.train]).tolist() == [100] * 10


def test_a_rare_class_stays_rare() -> None:
    labels = np.repeat(np.arange(3, dtype=np.uint8), (900, 90, 10))
    both = splits.split(labels, 0.1, seed=0, train_size=200)
    assert np.bincount(labels[both.validation]).tolist() == [90, 9, 1]
    assert np.bincount(labels[both.train]).tolist() == [200 - 18 - 2, 18, 2]


def test_a_smaller_training_set_is_part_of_a_larger_one() -> None:
    small = splits.split(BALANCED, 0.1, seed=1, train_size=123)
    large = splits.split(BALANCED, 0.1, seed=1, train_size=1_234)
    assert len(small.train) == 123
    assert set(small.train) < set(large.train)
    assert np.array_equal(small.validation, large.validation)


def test_the_seed_decides() -> None:
    first, again, other = (splits.split(BALANCED, 0.1, seed).validation for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("fraction", "size"), [(1.0, None), (-0.1, None), (float("nan"), None), (0.1, 5_401), (0, 0)]
)
def test_impossible_splits_are_refused(fraction: float, size: int | None) -> None:
    with pytest.raises(ExperimentError):
        splits.split(BALANCED, fraction, 0, size)


def test_the_refusal_says_what_is_possible() -> None:
    with pytest.raises(ExperimentError, match=r"cannot have 5,401 pictures.*Give 1 to 5,400"):
        splits.split(BALANCED, 0.1, 0, 5_401)


@given(fraction=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_exactly_so_many_labels_become_wrong(fraction: float, seed: int) -> None:
    noisy = splits.flip_labels(BALANCED, fraction, seed)
    assert (noisy != BALANCED).sum() == round(fraction * len(BALANCED))
    assert noisy.max() <= 9
    assert noisy.dtype == np.uint8


def test_wrong_labels_are_spread_evenly_over_the_others() -> None:
    noisy = splits.flip_labels(np.full(90_000, 4, dtype=np.uint8), 1.0, seed=0)
    counts = np.bincount(noisy, minlength=10)
    assert counts[4] == 0
    assert np.abs(np.delete(counts, 4) - 10_000).max() < 500  # five standard deviations


def test_noise_leaves_its_input_alone() -> None:
    labels = BALANCED.copy()
    splits.flip_labels(labels, 0.5, 0)
    assert np.array_equal(labels, BALANCED)


@pytest.mark.parametrize("fraction", [-0.01, 1.01, float("nan")])
def test_a_share_of_noise_is_a_share(fraction: float) -> None:
    with pytest.raises(ExperimentError, match="The share of wrong labels is"):
        splits.flip_labels(BALANCED, fraction, 0)


def test_the_panel_is_a_fixed_fair_choice_of_validation_pictures() -> None:
    validation = splits.split(BALANCED, 0.1, 0).validation
    chosen = splits.panel(BALANCED, validation, seed=5)
    assert len(set(chosen)) == 24
    assert set(chosen) <= set(validation)
    assert set(np.bincount(BALANCED[chosen])) == {2, 3}
    assert (np.diff(BALANCED[chosen].astype(int)) >= 0).all()
    assert np.array_equal(chosen, splits.panel(BALANCED, validation, seed=5))


def test_a_panel_of_few_or_no_pictures() -> None:
    assert splits.panel(BALANCED, [7, 650], 0).tolist() == [7, 650]
    assert splits.panel(BALANCED, [], 0).tolist() == []
