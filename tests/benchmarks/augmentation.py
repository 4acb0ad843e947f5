"""What varying the training pictures costs, in seconds a step."""

from __future__ import annotations

import os
from typing import Any

from fmnist_core.experiment import Augmentation
from tests.benchmarks import training
from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

NETWORKS = ("mlp-128", "cnn-16", "cnn-32-64-64")
KINDS = {
    "flip": Augmentation(flip=True),
    "shifts": Augmentation(width_shift=0.2, height_shift=0.2),
    "rotation": Augmentation(rotation=20),
    "zoom": Augmentation(zoom=0.2),
    "brightness": Augmentation(brightness=0.2),
    "erasing": Augmentation(erase=8),
    "mixup": Augmentation(mixup=0.2),
    "flip, shifts, erasing": Augmentation(flip=True, width_shift=0.1, height_shift=0.1, erase=8),
    "all": Augmentation(
        flip=True,
        width_shift=0.2,
        height_shift=0.2,
        rotation=20,
        zoom=0.2,
        brightness=0.2,
        erase=8,
        mixup=0.2,
    ),
}


def costs(name: str, settings: Settings) -> dict[str, Any]:
    """Seconds a step of every pair, with each kind and without, in turn in one process."""
    plain = training.plain(name, train_size=50_000, epochs=1, seed=0)
    varied = {
        kind: plain.changed(data=plain.data.changed(augmentation=augmentation)).to_json()
        for kind, augmentation in KINDS.items()
    }
    question = {
        "plain": plain.to_json(),
        "varied": varied,
        "pairs": settings.pairs,
        "seconds": 0.2 if settings.quick else 1.0,
        "threads": os.cpu_count(),
    }
    return {"seconds": ask("tests.benchmarks.engine.augmented_steps", question)}
