"""The paired comparison, against SciPy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fmnist_core.paired import mcnemar, p_text, paired, verdict

LABELS = np.array([0, 0, 0, 1, 1, 1])
FIRST = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4], [0.7, 0.3]])
SECOND = np.array([[0.8, 0.2], [0.7, 0.3], [0.9, 0.1], [0.6, 0.4], [0.9, 0.1], [0.8, 0.2]])


@given(mended=st.integers(0, 2_000), broken=st.integers(0, 2_000))
def test_mcnemar_is_scipys_binomial_test(mended: int, broken: int) -> None:
    tosses = mended + broken
    expected = stats.binomtest(mended, tosses).pvalue if tosses else 1
    assert mcnemar(mended, broken) == pytest.approx(expected, rel=1e-6, abs=1e-300)
    assert mcnemar(mended, broken) == mcnemar(broken, mended)


def test_mcnemar_of_known_examples() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1
    assert mcnemar(0, 5) == 2 / 32
    assert mcnemar(1, 5) == 2 * (1 + 6) / 64
    assert mcnemar(112, 97) == pytest.approx(0.333, abs=5e-4)
    assert mcnemar(0, 10_000) == 0  # too small for a float, and no overflow on the way


def test_pictures_are_mended_or_broken() -> None:
    found = paired(LABELS, FIRST, SECOND)
    assert found.mended.tolist() == [2, 1]  # the surer answer of B first
    assert found.broken.tolist() == [3]
    assert found.both_wrong.tolist() == [4, 5]
    assert (found.n, found.p, found.distinguishable) == (6, 1, False)


def test_the_other_way_round_mended_is_broken() -> None:
    one, other = paired(LABELS, FIRST, SECOND), paired(LABELS, SECOND, FIRST)
    assert sorted(one.mended) == sorted(other.broken)
    assert one.p == other.p


def answers(right: int, wrong_before: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """B mends ``right`` pictures and breaks ``wrong_before``; labels are all 0."""
    first, second = np.tile([0.9, 0.1], (n, 1)), np.tile([0.9, 0.1], (n, 1))
    first[:right] = [0.1, 0.9]
    second[right : right + wrong_before] = [0.1, 0.9]
    return first, second


def test_the_verdict_says_who_is_better_or_that_nobody_is() -> None:
    labels = np.zeros(40, int)
    same = verdict(paired(labels, *answers(6, 4)))
    assert same == (
        "B mends 6 of A's 6 mistakes and makes 4 new ones: not distinguishable (p = 0.75, n = 40)."
    )
    assert "B is better (p = 0.00049" in verdict(paired(labels, *answers(12, 0)))
    assert "A is better (p = 0.00049" in verdict(paired(labels, *answers(0, 12)))


def test_p_values_in_words() -> None:
    assert [p_text(p) for p in (1.0, 0.999, 0.331, 0.0021, 0.00004)] == [
        "p = 1",
        "p = 1",
        "p = 0.33",
        "p = 0.0021",
        "p < 0.0001",
    ]
