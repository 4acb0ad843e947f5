"""Comparisons: what is refused, which few pictures are drawn, what is said of the accuracies."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fmnist_core import transfer as core
from fmnist_core.cli.transfer import line, transfer_of
from fmnist_core.errors import ExperimentError
from fmnist_core.events import TransferMeasured, TransferMethod
from fmnist_core.transfer import CLASSIC, T_975, Transfer, few, points, renumbered, verdict

LABELS = np.repeat(np.arange(10, dtype=np.uint8), 20)


def measured(method: TransferMethod, shots: int, *accuracies: float) -> list[TransferMeasured]:
    return [
        TransferMeasured(0, method, shots, draw, accuracy, 3000, 1.5)
        for draw, accuracy in enumerate(accuracies)
    ]


def test_the_classic_comparison() -> None:
    assert (CLASSIC.known, CLASSIC.new) == ((0, 3, 4, 5, 7), (1, 2, 6, 8, 9))
    assert (CLASSIC.shots, CLASSIC.draws, CLASSIC.trainings) == ((1, 5, 10, 50), 5, 60)
    core.check_transfer(CLASSIC)
    assert core.narrowed(CLASSIC, 3).architecture.classes == 3
    assert Transfer.from_json(CLASSIC.to_json()) == CLASSIC


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"known": (1, 1, 2)}, "different classes"),
        ({"known": (1, 10)}, "from 0 to 9"),
        ({"known": (3,)}, "2 to 8 known classes, received 1"),
        ({"known": tuple(range(9))}, "2 to 8 known classes, received 9"),
        ({"shots": (0, 5)}, "1 to 500 pictures"),
        ({"draws": 1}, "at least 2"),
        ({"base": CLASSIC.base.changed(data=CLASSIC.base.data.changed(validation_fraction=0))},
         "needs validation pictures"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_explained(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ExperimentError, match=said):
        core.make(**{**dict(CLASSIC), **changes})


def test_more_shots_than_there_are_pictures_are_refused_before_anything_is_learned() -> None:
    few = CLASSIC.base.data.changed(train_size=300)
    asked = CLASSIC.changed(base=CLASSIC.base.changed(data=few))
    with pytest.raises(ExperimentError, match=r"at most 30 pictures .* the 300 training .*50\."):
        core.check_transfer(asked)
    core.check_transfer(asked.changed(shots=(1, 30)))


def test_labels_are_places_among_the_classes() -> None:
    assert renumbered(np.array([3, 7, 0, 9]), (7, 9)).tolist() == [-1, 0, -1, 1]


@given(st.integers(1, 10), st.integers(0, 2**31), st.integers(0, 19))
def test_few_pictures_are_of_the_new_classes_and_fewer_of_them_are_among_more(
    shots: int, seed: int, draw: int
) -> None:
    candidates = np.arange(0, 200, 2)
    chosen = few(LABELS, candidates, (2, 5), shots, (seed, draw))
    assert sorted(LABELS[chosen].tolist()) == [2] * shots + [5] * shots
    assert len(set(chosen.tolist())) == 2 * shots
    assert set(chosen.tolist()) <= set(candidates.tolist())
    fewer = few(LABELS, candidates, (2, 5), 1, (seed, draw))
    assert set(fewer.tolist()) <= set(chosen.tolist())
    np.testing.assert_array_equal(chosen, few(LABELS, candidates, (2, 5), shots, (seed, draw)))


def test_draws_differ_and_too_few_pictures_are_said() -> None:
    candidates = np.arange(200)
    one, other = (few(LABELS, candidates, (2, 5), 5, (0, draw)) for draw in (0, 1))
    assert set(one.tolist()) != set(other.tolist())
    said = "Expected 21 training pictures of Pullover, found 20"
    with pytest.raises(ExperimentError, match=said):
        few(LABELS, candidates, (2, 5), 21, (0, 0))


def test_intervals_are_student_s() -> None:
    for freedom, quantile in enumerate(T_975, start=1):
        assert quantile == pytest.approx(stats.t.ppf(0.975, freedom), abs=6e-4)
    accuracies = (0.61, 0.66, 0.59, 0.7, 0.64)
    (point,) = points(measured("frozen", 5, *accuracies))
    low, high = stats.t.interval(
        0.95, 4, np.mean(accuracies), np.std(accuracies, ddof=1) / np.sqrt(5)
    )
    assert (point.low, point.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert point.accuracy == pytest.approx(0.64)
    assert (point.draws, point.n, point.seconds) == (5, 3000, 1.5)


def test_points_come_in_order_and_a_single_draw_has_no_interval() -> None:
    found = points([*measured("scratch", 1, 0.3), *measured("frozen", 5, 0.8, 0.8),
                    *measured("frozen", 1, 0.5)])  # fmt: skip
    assert [(each.method, each.shots) for each in found] == [
        ("frozen", 1),
        ("frozen", 5),
        ("scratch", 1),
    ]
    assert found[0].low == found[0].high == 0.5


def test_the_verdict_is_about_the_fewest_pictures_and_compares_draw_by_draw() -> None:
    def said(frozen: tuple[float, ...], scratch: tuple[float, ...]) -> str:
        unfrozen = measured("unfrozen", 1, *(each - 0.02 for each in frozen))
        all_ways = [*measured("frozen", 1, *frozen), *unfrozen, *measured("scratch", 1, *scratch)]
        return verdict([*measured("frozen", 50, 0.9, 0.9), *all_ways])

    # The draws differ by much more than the ways do.
    assert said((0.70, 0.50, 0.61), (0.60, 0.40, 0.50)) == (
        "With 1 picture of each new class, transfer (frozen) gets 10 points more right than a "
        "network from scratch (+9 to +12 points, 3 draws)."
    )
    assert "10 points fewer right" in said((0.60, 0.61), (0.70, 0.71))
    assert "cannot be told apart" in said((0.60, 0.72), (0.69, 0.55))
    assert said((0.6,), (0.5,)) == verdict(measured("frozen", 1, 0.5, 0.6)) == ""


def options(**given_: str | list[str] | None) -> argparse.Namespace:
    nothing = {"preset": None, "known": None, "shots": None, "draws": None, "settings": []}
    return argparse.Namespace(**nothing | given_)


def test_options_make_a_comparison() -> None:
    assert transfer_of(options()) == CLASSIC
    made = transfer_of(
        options(preset="mlp-128", known="1,0", shots="2,4", draws="3", settings=["seed=4"])
    )
    assert (made.base.preset, made.known, made.shots, made.draws) == ("mlp-128", (0, 1), (2, 4), 3)
    assert made.base.seed == 4
    assert made.base.training.epochs == CLASSIC.base.training.epochs  # not the preset's 10
    named = transfer_of(options(preset=CLASSIC.base.preset)).base
    assert named.training == CLASSIC.base.training  # the network of no option at all
    with pytest.raises(ExperimentError, match="shots: expected a whole number, received 'few'"):
        transfer_of(options(shots="1,few"))
    with pytest.raises(ExperimentError, match="draws: expected a whole number, received '3,4'"):
        transfer_of(options(draws="3,4"))
    (event,) = measured("frozen", 5, 0.8212)
    assert line(event) == "frozen, 5 of each, draw 1: 0.8212 (n = 3,000)"
