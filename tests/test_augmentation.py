"""Warnings: where a class would no longer be what it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from fmnist_core.augmentation import warnings
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Augmentation, Data, Experiment
from fmnist_core.presets import preset
from fmnist_core.settings import from_link, to_link, with_settings
from tests import strategies


def test_what_careful_people_use_is_not_warned_of() -> None:
    usual = Augmentation(
        flip=True, rotation=20, width_shift=0.2, height_shift=0.2, zoom=0.2, erase=8, mixup=0.2
    )
    assert warnings(usual) == []


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"upside_down": True}, "sole up"),
        ({"rotation": 90.0}, "90 degrees"),
        ({"height_shift": 0.5}, "leaves the picture"),
        ({"zoom": 0.8}, "a dress becomes"),
        ({"brightness": 0.9}, "all but black"),
        ({"erase": 20}, "hides"),
    ],
)
def test_what_spoils_a_class_is_said(settings: dict[str, Any], word: str) -> None:
    (warning,) = warnings(Augmentation(**settings))
    assert word in warning


@given(strategies.augmentations())
def test_it_travels_in_a_link(augmentation: Augmentation) -> None:
    experiment: Experiment = preset("cnn-16").experiment
    varied = experiment.changed(data=Data(augmentation=augmentation))
    assert from_link(to_link(varied)) == varied


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.augmentation.rotation=200", "data.augmentation.rotation: expected at most 180"),
        ("data.augmentation.erase=4.5", "data.augmentation.erase"),
        ("data.augmentation.mixup=0.001", "expected 0 (none) or at least 0.01, received 0.001"),
        ("data.augmentation.turn=3", "data.augmentation.turn is not a setting"),
    ],
)
def test_nonsense_is_refused_by_name(setting: str, message: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        with_settings(preset("cnn-16").experiment, [setting])
    assert message in str(refused.value)
