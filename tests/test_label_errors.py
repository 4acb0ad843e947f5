"""Probable label errors: planted ones are found, mere mistakes of the network are not."""

import numpy as np
import pytest

from fmnist_core.label_errors import AGREEING, NEIGHBOURS, suspicion

NAMES = ("bar", "dot")
N = 40


def pictures() -> np.ndarray:
    """20 upright bars, then 20 dots, each a little different in brightness and place."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 20, (N, 8, 8)).astype(np.uint8)
    images[:20, :, 2:4] += 200
    images[20:, 4:8, 4:8] += 200
    return images


def network(said: np.ndarray, sure: float = 0.9) -> np.ndarray:
    probabilities = np.full((N, 2), 1 - sure)
    probabilities[np.arange(N), said] = sure
    return probabilities


TRUTH = np.repeat([0, 1], 20)


def test_a_wrong_label_is_found_and_explained():
    labels = TRUTH.copy()
    labels[3] = 1
    found = suspicion(labels, network(TRUTH), pictures())
    assert (found.n, found.doubted) == (N, 1)
    (one,) = found.suspects
    assert (one.index, one.label, one.probable) == (3, 1, 0)
    assert (one.agree, one.disagree) == (NEIGHBOURS, 0)
    assert all(index < 20 and index != 3 for index in one.neighbours)
    assert one.usual == pytest.approx(0.9)
    assert one.reason(NAMES) == (
        "The network gives bar 90.0 % (pictures labelled so get 90.0 % on average) and dot "
        "10.0 %. Of the 10 test pictures most like it, 10 are labelled bar and none dot."
    )


def test_a_mistake_of_the_network_alone_is_no_label_error():
    said = TRUTH.copy()
    said[3] = 1
    found = suspicion(TRUTH, network(said), pictures())
    assert found.doubted == 1
    assert found.suspects == ()


def test_who_is_unsure_doubts_nothing():
    labels = TRUTH.copy()
    labels[3] = 1
    probabilities = network(TRUTH)
    probabilities[3] = [0.6, 0.4]  # says bar, but less than it usually gives to bars
    assert suspicion(labels, probabilities, pictures()).doubted == 0


def test_the_surest_contradiction_comes_first():
    labels = TRUTH.copy()
    labels[[3, 25]] = [1, 0]
    probabilities = network(TRUTH)
    probabilities[25] = [0.01, 0.99]
    found = suspicion(labels, probabilities, pictures())
    assert [each.index for each in found.suspects] == [25, 3]
    assert all(each.agree >= AGREEING for each in found.suspects)


def test_brightness_does_not_make_pictures_unlike():
    images = pictures()
    images[3] //= 4
    labels = TRUTH.copy()
    labels[3] = 1
    assert len(suspicion(labels, network(TRUTH), images).suspects) == 1


def test_classes_without_pictures_and_no_doubts_at_all():
    probabilities = np.full((N, 3), 0.05)
    probabilities[np.arange(N), TRUTH] = 0.9
    assert suspicion(TRUTH, probabilities, pictures()).suspects == ()
