"""What bfloat16 feature maps bring, and what they cost in accuracy: see ``engine/precision.py``."""

from __future__ import annotations

from typing import Any

from tests.benchmarks import pairs, training
from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

NETWORKS = ("cnn-32-64-64", "cnn-64-64")


def precisions(name: str, settings: Settings) -> dict[str, Any]:
    """Seconds and validation accuracy of the same batches in both precisions, in turn."""
    size, epochs = (training.QUICK, 1) if settings.quick else (training.whole_set(), 2)

    def side(precision: str) -> Any:
        def train(seed: int) -> dict[str, float]:
            experiment = training.plain(name, train_size=size, epochs=epochs, seed=seed)
            question = {"experiment": experiment.to_json(), "precision": precision}
            module = "tests.benchmarks.engine.precision_training"
            # As in the app's own workers: float32 may be bfloat16 inside oneDNN.
            return dict(ask(module, question, ONEDNN_DEFAULT_FPMATH_MODE="BF16"))

        return train

    found = pairs.in_turn(side("mixed_bfloat16"), side("float32"), settings.pairs)
    return {
        f"{kind}_{key}": [pair[at][key] for pair in found]
        for at, kind in enumerate(("mixed", "float32"))
        for key in ("seconds", "accuracy")
    }
