"""Numbers and experiments in words."""

import numpy as np
import pytest

from fmnist_core.presets import preset
from fmnist_core.settings import with_settings
from fmnist_core.wording import count, describe, duration, how_sure, loss_text, percent


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [(0.9124, 1, "91.2 %"), (1.0, 0, "100 %"), (0.82, 2, "82.00 %")],
)
def test_percent(share: float, decimals: int, text: str) -> None:
    assert percent(share, decimals) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.374, "37 %"),
        (0.9949, "99 %"),
        (np.float32(0.995), "over 99 %"),  # a little more than that
        (0.996, "over 99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_nobody_is_sure_by_100_percent(probability: float, text: str) -> None:
    assert how_sure(probability) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.374, "37.4 %"), (0.9994, "99.9 %"), (0.9995, "over 99.9 %"), (1.0, "over 99.9 %")],
)
def test_nor_by_100_0(probability: float, text: str) -> None:
    assert how_sure(probability, 1) == text


def test_a_loss_that_has_run_away_is_written_short() -> None:
    assert [loss_text(value) for value in (0.3046, 9_999.0, 1.234e6)] == [
        "0.305",
        "9999.000",
        "1.23e+06",
    ]


def test_one_is_not_many() -> None:
    assert count(1, "run") == "1 run"
    assert count(1200, "step") == "1,200 steps"


def test_an_experiment_in_one_line() -> None:
    experiment = preset("cnn-16").experiment
    assert describe(experiment) == "CNN 16, Adam 0.01, batch 128, 10 epochs"
    short = with_settings(experiment, ["training.steps=1", "title=", "training.optimizer=sgd"])
    assert describe(short) == "Own network, SGD 0.01, batch 128, 1 step"
