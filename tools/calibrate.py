"""Calibrate what comes with the app: a temperature for each bundled model, by its validation part.

    .venv/bin/python tools/calibrate.py [name ...]

A run's worker does the same at its end; this is for models that were trained in another way, or
before. It writes calibration.json beside the weights and opens the test set for nothing but the
calibration error that is left.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fmnist_core import models, temperature
from fmnist_core.cli.engine import model_server
from fmnist_core.datasets import load, splits
from fmnist_core.files import write_atomically
from fmnist_core.model_server import ModelServer
from fmnist_core.runs import RunStore


def main() -> None:
    asked = sys.argv[1:] or models.bundled()
    if unknown := set(asked) - set(models.bundled()):
        sys.exit(f"No model {', '.join(unknown)}. There are: {', '.join(models.bundled())}.")
    with tempfile.TemporaryDirectory() as folder, model_server(Path(folder)) as server:
        for name in asked:
            calibrate(models.resolve(name, RunStore(Path(folder))), server)


def calibrate(files: models.ModelFiles, server: ModelServer) -> None:
    data, chosen = load(), files.experiment
    split = splits.split(data.train_labels, chosen.data.validation_fraction, chosen.seed)

    def judged(levels: np.ndarray) -> np.ndarray:
        pictures = levels[..., np.newaxis].astype(np.float32) / np.float32(255)
        return server.predict(files.ref, pictures, calibrated=False)

    found = temperature.calibrate(
        (data.train_labels[split.validation], judged(data.train_images[split.validation])),
        (data.test_labels, judged(data.test_images)),
    )
    write_atomically(files.directory / temperature.FILE, found.to_json().encode())
    print(
        f"{files.ref}: temperature {found.temperature:.3f} from {found.n:,} validation pictures; "
        f"expected calibration error {found.before:.2%} before and {found.error:.2%} after, "
        f"{found.error_n:,} test pictures"
    )


if __name__ == "__main__":
    main()
