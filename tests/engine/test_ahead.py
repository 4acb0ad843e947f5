"""Batches made ahead are those of their steps, whatever was expected and whatever came."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from fmnist_core.engine import ahead as module
from fmnist_core.engine.ahead import Ahead
from fmnist_core.engine.augment import Levels, training_batch
from fmnist_core.engine.streaming import Images, aligned, as_tensor
from fmnist_core.experiment import Augmentation

SIZE = 4
PICTURES = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
ORDER = np.random.default_rng(1).permutation(30).astype(np.int32)
VARY = training_batch(Augmentation(flip=True, rotation=20, mixup=0.4), seed=0)
assert VARY is not None


@pytest.fixture(autouse=True)
def stretches_of_two_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES", 2 * SIZE * 28 * 28)


def mapped(folder: Path) -> Images:
    np.save(folder / "pictures.npy", PICTURES)
    return np.load(folder / "pictures.npy", mmap_mode="r")


def by_hand(
    order: npt.NDArray[np.int32], first: int, count: int, done: int
) -> tuple[Levels, list[float]]:
    assert VARY is not None
    made = [
        VARY(PICTURES[order[(first + k) * SIZE : (first + k + 1) * SIZE]], done + k)
        for k in range(count)
    ]
    return np.concatenate([pictures for pictures, _ in made]), [share for _, share in made]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_what_is_taken_is_what_its_steps_are_given(tmp_path: Path, kind: str) -> None:
    images = tf.constant(PICTURES) if kind == "memory" else mapped(tmp_path)
    ahead = Ahead(VARY, images, SIZE)
    # As expected; more than was made; back again as after a wrong guess; to the short last batch;
    # another epoch's order under the same numbers; a run that goes on within a stretch; the same
    # place in a later epoch.
    for order, first, count, done in (
        (ORDER, 0, 2, 0),
        (ORDER, 2, 2, 2),
        (ORDER, 4, 3, 4),
        (ORDER, 2, 1, 2),
        (ORDER, 3, 5, 3),
        (ORDER[::-1], 0, 2, 8),
        (ORDER, 2, 2, 10),
        (ORDER, 5, 1, 13),
        (ORDER, 5, 1, 21),
    ):
        pictures, shares = ahead.take(order, first, count, done)
        expected, theirs = by_hand(order, first, count, done)
        np.testing.assert_array_equal(pictures, expected)
        np.testing.assert_allclose(shares, theirs, rtol=1e-6)


def test_tensorflow_reads_several_stretches_where_they_lie() -> None:
    ahead = Ahead(VARY, tf.constant(PICTURES), SIZE)
    pictures, _ = ahead.take(ORDER, 0, 5, 0)
    tensor = as_tensor(pictures)
    pictures[0, 0, 0] ^= 255
    np.testing.assert_array_equal(tensor, pictures)
    expected, _ = by_hand(ORDER, 0, 5, 0)
    assert (pictures != expected).sum() == 1


@pytest.mark.parametrize("begin", [1, 64])
def test_memory_that_tensorflow_cannot_use_is_copied(begin: int) -> None:
    room = aligned((2, 100))
    assert room.ctypes.data % 64 == 0
    room[:] = 7
    some = room[0, begin:] if begin == 1 else room[:, begin:]
    tensor = as_tensor(some)
    room[:] = 8
    assert (np.asarray(tensor) == 7).all()


def test_the_batches_that_follow_are_made_before_anybody_asks() -> None:
    made = threading.Event()
    steps: list[int] = []

    def vary(pictures: Levels, step: int) -> tuple[Levels, float]:
        steps.append(step)
        if step == 3:
            made.set()
        return pictures, 1.0

    ahead = Ahead(vary, tf.constant(PICTURES), SIZE)
    ahead.take(ORDER, 0, 2, 0)
    assert made.wait(30)
    ahead.take(ORDER, 2, 1, 2)  # made already, and so is 3
    ahead.take(ORDER, 3, 5, 3)  # to the end: nothing follows
    assert steps == list(range(8))


def test_the_next_epoch_begins_with_batches_that_are_there() -> None:
    """30 pictures are eight batches, the last of two pictures."""
    made = threading.Event()
    steps: list[int] = []

    def vary(pictures: Levels, step: int) -> tuple[Levels, float]:
        steps.append(step)
        if step == 11:
            made.set()
        return pictures, float(step)

    ahead, backwards = Ahead(vary, tf.constant(PICTURES), SIZE), ORDER[::-1]
    ahead.take(ORDER, 2, 4, 2, backwards)
    ahead.take(ORDER, 6, 2, 6, backwards)  # for few, but as many again as the call before
    assert made.wait(30)
    pictures, shares = ahead.take(backwards, 0, 4, 8)
    np.testing.assert_array_equal(pictures, PICTURES[backwards[: 4 * SIZE]])
    assert shares.tolist() == [8, 9, 10, 11]
    assert steps[:10] == list(range(2, 12))
    assert len(set(steps)) == len(steps)


def test_another_epoch_than_was_expected_is_made_as_it_comes() -> None:
    ahead = Ahead(VARY, tf.constant(PICTURES), SIZE)
    ahead.take(ORDER, 6, 2, 6, ORDER[::-1])
    pictures, shares = ahead.take(ORDER, 0, 3, 8)
    expected, theirs = by_hand(ORDER, 0, 3, 8)
    np.testing.assert_array_equal(pictures, expected)
    np.testing.assert_allclose(shares, theirs, rtol=1e-6)


def test_large_pictures_are_made_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES", 28 * 28)
    steps: list[int] = []

    def vary(pictures: Levels, step: int) -> tuple[Levels, float]:
        steps.append(step)
        return pictures, 1.0

    Ahead(vary, tf.constant(PICTURES), SIZE).take(ORDER, 6, 1, 6)
    assert steps[:1] == [6]  # none before it, as there would be of a stretch of two


def test_the_cores_are_left_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    monkeypatch.setattr("fmnist_core.engine.ahead.cv2.setNumThreads", threads.append)
    Ahead(VARY, tf.constant(PICTURES), SIZE)
    assert threads == [1]


def test_a_picture_that_cannot_be_varied_is_an_error_of_its_step() -> None:
    def vary(pictures: Levels, step: int) -> tuple[Levels, float]:
        raise ValueError(f"step {step}")

    with pytest.raises(ValueError, match="step 7"):
        Ahead(vary, tf.constant(PICTURES), SIZE).take(ORDER, 0, 1, 7)
