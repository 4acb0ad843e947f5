"""The mean of the answers to several views of a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from fmnist_core.engine.views import MOST_MOVED, averaged, views_of


def test_views_are_the_picture_and_its_mirror_image_moved_all_ways() -> None:
    picture = np.arange(1, 7, dtype=np.uint8).reshape(1, 2, 3)
    plain, mirrored = views_of(picture, 0)
    assert plain.tolist() == picture.tolist()
    assert mirrored.tolist() == [[[3, 2, 1], [6, 5, 4]]]
    views = views_of(picture, 1)
    assert len(views) == len({view.tobytes() for view in views}) == 18
    assert views[0].tolist() == picture.tolist()
    assert views[2].tolist() == [[[0, 0, 0], [0, 1, 2]]]  # moved down and to the right
    assert views[17].tolist() == [[[5, 4, 0], [0, 0, 0]]]  # mirrored, up and to the left
    assert len({view.tobytes() for view in views_of(np.tile(picture, (1, 4, 3)), 2)}) == 50


def test_no_view_is_asked_twice() -> None:
    asked: list[int] = []

    def probabilities(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        asked.append(len(pictures))
        return np.tile(np.array([0.1, 0.9], np.float32), (len(pictures), 1))

    averaged(probabilities, (lit(1), np.array([1], np.uint8)), (lit(1, 2), np.array([1, 1])))
    assert asked == [1] * 98 + [2] * 2
    asymmetric = np.arange(1, 101, dtype=np.uint8).reshape(1, 10, 10)
    assert len({view.tobytes() for view in views_of(asymmetric, 3)}) == 98


def lit(*columns: int) -> npt.NDArray[np.uint8]:
    """Pictures of nine columns with one pixel each, in these columns of the middle row."""
    pictures = np.zeros((len(columns), 9, 9), np.uint8)
    pictures[np.arange(len(columns)), 4, columns] = 255
    return pictures


def seen_at(column: int) -> Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]:
    """Of two classes the second, where a pixel is in this column of the middle row."""

    def probabilities(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        second = (pictures[:, 4, column] > 0) * np.float32(0.9)
        return np.stack([np.full(len(pictures), 0.005, np.float32), second], axis=1)

    return probabilities


@pytest.mark.parametrize(("column", "pixels"), [(1, 0), (2, 1), (3, 2)])
def test_how_far_pictures_are_moved_is_chosen_by_the_validation_pictures(
    column: int, pixels: int
) -> None:
    held_out = lit(column), np.array([1], np.uint8)
    found = averaged(seen_at(1), held_out, held_out)
    # One view in many that sees it is enough; more moves than those do no better.
    assert found.validation == tuple(float(i >= pixels) for i in range(MOST_MOVED + 1))
    assert found.pixels == pixels


def test_the_test_pictures_are_moved_as_far_as_that() -> None:
    validation = lit(3), np.array([1], np.uint8)
    test = lit(3, 4), np.array([1, 0], np.uint8)  # the second would be seen moved by three
    found = averaged(seen_at(1), validation, test)
    assert (found.pixels, found.mirrored_test, found.test) == (2, 0.5, 1.0)
