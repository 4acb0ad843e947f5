"""Pictures of a confusion cell, the surest first; pictures of the highest loss."""

import numpy as np
import pytest

from fmnist_core.mistakes import hardest, losses, surest

LABELS = np.array([0, 0, 1, 1, 2, 0])
PROBABILITIES = np.array(
    [
        [0.9, 0.1, 0.0],  # 0, right
        [0.3, 0.7, 0.0],  # 0 called 1
        [0.2, 0.8, 0.0],  # 1, right
        [0.6, 0.3, 0.1],  # 1 called 0
        [0.1, 0.8, 0.1],  # 2 called 1
        [0.05, 0.95, 0.0],  # 0 called 1, surer
    ]
)


def test_a_cell_holds_its_pictures_the_surest_first():
    assert surest(LABELS, PROBABILITIES, actual=0, predicted=1).tolist() == [5, 1]
    assert surest(LABELS, PROBABILITIES, actual=0, predicted=0).tolist() == [0]
    assert surest(LABELS, PROBABILITIES, actual=2, predicted=0).tolist() == []


def test_any_class_means_mistakes_only():
    assert surest(LABELS, PROBABILITIES).tolist() == [5, 4, 1, 3]
    assert surest(LABELS, PROBABILITIES, predicted=1).tolist() == [5, 4, 1]
    assert surest(LABELS, PROBABILITIES, actual=1).tolist() == [3]


def test_equally_sure_pictures_keep_their_order():
    probabilities = np.tile([0.2, 0.8, 0.0], (6, 1))
    assert surest(np.zeros(6, int), probabilities).tolist() == [0, 1, 2, 3, 4, 5]


def test_the_loss_of_a_picture_is_what_the_right_class_lacks():
    found = losses(LABELS, PROBABILITIES)
    assert found == pytest.approx(-np.log([0.9, 0.3, 0.8, 0.3, 0.1, 0.05]))
    assert losses(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(-np.log(1e-7))


def test_the_hardest_pictures_come_first():
    assert hardest(losses(LABELS, PROBABILITIES), 4).tolist() == [5, 4, 1, 3]
