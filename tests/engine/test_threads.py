"""Small dense networks compute with one thread, all others with what there is."""

from __future__ import annotations

import pytest

from fmnist_core.engine.threads import useful_threads
from fmnist_core.presets import preset
from fmnist_core.settings import with_settings


@pytest.mark.parametrize(
    ("name", "batch", "threads"),
    [
        ("mlp-128", 1, 1),
        ("mlp-128", 128, 1),
        ("mlp-128", 256, 4),
        ("mlp-350", 64, 1),
        ("mlp-350", 128, 4),
        ("cnn-16", 1, 4),
        ("cnn-32-64-64", 128, 4),
    ],
)
def test_a_step_too_short_to_share_is_not_shared(name: str, batch: int, threads: int) -> None:
    experiment = with_settings(preset(name).experiment, [f"training.batch_size={batch}"])
    assert useful_threads(experiment, 4) == threads
    assert useful_threads(experiment, 1) == 1
