"""Rounds of Beat the model: hard, seeded, and nothing is answered twice."""

import numpy as np
import pytest

from fmnist_core.contest import CROWD, PICTURES, POOL, Round, draw, least_sure, score
from fmnist_core.evaluation import wilson


def probabilities(n: int = 2_000) -> np.ndarray:
    chances = np.random.default_rng(0).random((n, 10)).astype(np.float32)
    return chances / chances.sum(axis=1, keepdims=True)


def test_a_round_is_drawn_from_what_the_network_is_least_sure_of():
    given = probabilities()
    game = draw(given, seed=0)
    assert len(set(game.pictures)) == PICTURES
    sure = given.max(axis=1)
    assert sure[list(game.pictures)].max() <= np.sort(sure)[POOL - 1]
    assert set(game.pictures) <= set(least_sure(given).tolist())


def test_hard_is_not_what_the_network_gets_wrong():
    given = np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]])
    assert least_sure(given, 2).tolist() == [1, 2]


def test_the_seed_decides():
    given = probabilities()
    assert draw(given, 3) == draw(given, 3)
    assert draw(given, 3).pictures != draw(given, 4).pictures


def test_a_picture_whose_label_is_on_the_screen_is_left_out():
    given = probabilities()
    first = draw(given, 0).pictures[0]
    without = draw(given, 0, without=[first])
    assert first not in without.pictures
    assert len(without.pictures) == PICTURES


def test_answers_are_given_in_order_and_once():
    game = Round(0, (5, 6, 7))
    game = game.answer(0, 9)
    assert game.answers == (9,)
    assert game.answer(0, 1) == game
    assert game.answer(2, 1) == game
    assert game.back().answers == ()
    assert game.back().back().answers == ()
    game = game.answer(1, 2).answer(2, 3)
    assert game.over
    assert game.answer(3, 4) == game
    assert game.back() == game


def test_scores_have_n_and_interval():
    found = score(np.array([1, 2, 3, 4]), (1, 2, 3, 9))
    assert (found.right, found.n, found.accuracy) == (3, 4, 0.75)
    assert found.interval == wilson(3, 4)
    assert CROWD.accuracy == 0.835
    assert CROWD.interval == pytest.approx((0.811, 0.857), abs=1e-3)
