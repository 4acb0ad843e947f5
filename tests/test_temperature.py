from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core import models, temperature
from fmnist_core.datasets import load
from fmnist_core.errors import RunError
from fmnist_core.runs import RunStore


def drawn(factor: float, n: int = 20_000, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from probabilities, and what a network says that is off by a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (n, classes))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (honest.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return labels, temperature.apply(honest, 1 / factor)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7, 4.0])
def test_the_temperature_that_was_put_in_is_found(factor: float) -> None:
    labels, said = drawn(factor)
    found = temperature.fit(labels, said)
    assert found == pytest.approx(factor, rel=0.03)
    assert temperature.expected_error(labels, temperature.apply(said, found)) < 0.01


def test_overconfidence_is_measured_and_mended() -> None:
    labels, said = drawn(3.0)
    half = len(labels) // 2
    found = temperature.calibrate((labels[:half], said[:half]), (labels[half:], said[half:]))
    assert found.before > 0.1
    assert found.error < 0.02
    assert (found.n, found.error_n) == (half, half)


@pytest.mark.parametrize("n", [1, 5, 20])
def test_a_few_pictures_that_are_all_right_prove_no_certainty(n: int) -> None:
    sure = np.linspace(0.85, 0.999, n)
    said = np.stack([sure, 1 - sure], axis=1)
    found = temperature.fit(np.zeros(n, int), said)
    assert 0.5 < found <= 1
    (doubt,) = temperature.apply([[0.55, 0.45]], found)
    assert doubt[0] < 0.65


def test_few_pictures_do_an_honest_network_little_harm() -> None:
    labels, said = drawn(1.0, n=12_000, classes=2)
    test = labels[10_000:], said[10_000:]
    errors = [
        temperature.calibrate((labels[i : i + 10], said[i : i + 10]), test).error
        for i in range(0, 1_000, 10)
    ]
    assert np.mean(errors) < 0.03


def test_without_validation_pictures_nothing_is_chosen() -> None:
    labels, said = drawn(3.0, n=100)
    found = temperature.calibrate(([], np.zeros((0, 10))), (labels, said))
    assert (found.temperature, found.n) == (1.0, 0)
    assert found.error == found.before > 0


def test_the_error_by_hand() -> None:
    """Two at 0.9, one of them right: off by 0.4. Two at 0.6, both right: off by 0.4, too."""
    chances = [[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]]
    assert temperature.expected_error([0, 1, 0, 0], chances) == pytest.approx(0.4)
    assert temperature.expected_error([0], [[1.0, 0.0]]) == 0
    assert temperature.expected_error([], np.zeros((0, 10))) == 0


@given(
    st.lists(st.floats(0, 1, width=32), min_size=10, max_size=10).filter(lambda row: sum(row) > 0),
    st.floats(0.05, 20),
)
def test_a_temperature_changes_no_answer(row: list[float], factor: float) -> None:
    given = np.array([row], np.float32) / sum(row)
    told = temperature.apply(given, factor)
    assert told.dtype == np.float32
    assert told.sum() == pytest.approx(1, abs=1e-5)
    assert told[0, given.argmax()] == told.max()


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert temperature.read(tmp_path) is None
    known = temperature.Temperature(1.3, 6_000, 0.007, 0.02, 10_000)
    (tmp_path / temperature.FILE).write_text(known.to_json())
    assert temperature.read(tmp_path) == known


@pytest.mark.parametrize("text", ["", "[]", '{"temperature": 1}', "null"])
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / temperature.FILE).write_text(text)
    with pytest.raises(RunError, match=r"Delete its calibration\.json"):
        temperature.read(tmp_path)


def test_a_temperature_of_nothing_is_refused(tmp_path: Path) -> None:
    known = temperature.Temperature(0.0, 6_000, 0.007, 0.02, 10_000)
    (tmp_path / temperature.FILE).write_text(known.to_json())
    with pytest.raises(RunError, match="temperature 0"):
        temperature.read(tmp_path)


@pytest.mark.parametrize("name", models.bundled())
def test_bundled_models_are_calibrated_to_one_percent(name: str, tmp_path: Path) -> None:
    files = models.resolve(name, RunStore(tmp_path))
    known = files.calibration
    assert known is not None
    said = np.load(files.directory / "test_probabilities.npy")
    left = temperature.expected_error(
        load().test_labels, temperature.apply(said, known.temperature)
    )
    assert left == pytest.approx(known.error, abs=1e-4)
    assert left <= 0.01
