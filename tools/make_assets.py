"""Train what comes with the app: the bundled model and the recorded runs.

    .venv/bin/python tools/make_assets.py [name ...]

Each is trained by the app's own worker, exactly as a visitor's run, and copied into assets/ with
its recipe. Unfinished ones are trained again; what is there stays unless it is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fmnist_core.architecture import Architecture, Dropout, Flatten, MaxPooling2D
from fmnist_core.blocks import block
from fmnist_core.experiment import Experiment, Training
from fmnist_core.models import BUNDLED
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.runs import RECORDED, RunStore
from fmnist_core.settings import with_settings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Asset:
    name: str
    folder: Path
    experiment: Experiment


QUICK = Experiment(
    title="Quick",
    architecture=Architecture(
        layers=(
            *block(24),
            MaxPooling2D(),
            *block(48),
            MaxPooling2D(),
            *block(48),
            MaxPooling2D(),
            Flatten(),
            Dropout(rate=0.3),
        )
    ),
    training=Training(
        optimizer="adamw",
        weight_decay=0.01,
        learning_rate=0.003,
        schedule="cosine",
        batch_size=64,
        epochs=10,
    ),
)


def _recorded(name: str, *settings: str) -> Experiment:
    return with_settings(preset(name).experiment, list(settings))


ASSETS = {
    asset.name: asset
    for asset in (
        Asset("quick", BUNDLED, QUICK),
        Asset(
            "recorded-mlp", RECORDED, _recorded("mlp-128", "training.batch_size=64", "title=An MLP")
        ),
        Asset(
            "recorded-cnn",
            RECORDED,
            _recorded("cnn-32-64-64", "training.batch_size=64", "title=A CNN"),
        ),
        Asset(
            "recorded-overfit",
            RECORDED,
            _recorded(
                "mlp-128",
                "data.train_size=1000",
                "training.epochs=60",
                'architecture.layers=[{"kind":"Flatten"},{"kind":"Dense","units":64}]',
                "title=An MLP that learns 1,000 pictures by heart",
            ),
        ),
    )
}


def main() -> None:
    asked = sys.argv[1:]
    if unknown := set(asked) - ASSETS.keys():
        sys.exit(f"No asset {', '.join(unknown)}. There are: {', '.join(ASSETS)}.")
    for asset in ASSETS.values():
        there = (asset.folder / asset.name / "report.json").is_file()
        if asset.name in asked or not (asked or there):
            make(asset)


def make(asset: Asset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        run = store.create(asset.experiment)
        print(f"{asset.name}: training", flush=True)
        environment = {**os.environ, "FMNIST_RUNS_DIR": folder}
        worker = [sys.executable, "-m", "fmnist_core.jobs.worker", str(run.directory)]
        subprocess.run(worker, cwd=ROOT, env=environment, check=True)
        state = store.state(run.id)
        if state.status != "finished":
            sys.exit(f"{asset.name}: {state.ending.reason if state.ending else 'did not end'}")
        _keep(run, asset)
    test = state.evaluated["test"]
    print(f"{asset.name}: {test.accuracy:.2%} of {test.n:,} test pictures", flush=True)


def _keep(run: Run, asset: Asset) -> None:
    target = asset.folder / asset.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    names = ["about.json", "experiment.json", "weights.npz", "report.json"]
    names += ["test_probabilities.npy", "calibration.json"]
    if asset.folder == RECORDED:
        names.append("model.keras")
        _keep_history(run.directory, target)
    for name in names:
        shutil.copy(run.directory / name, target / name)


def _keep_history(source: Path, target: Path) -> None:
    """The events and every checkpoint, those on the way at half the precision, so half the size:
    three to four digits of each weight. The last one is the run itself and stays as it is."""
    shutil.copy(source / "events.jsonl", target / "events.jsonl")
    (target / "checkpoints").mkdir()
    *on_the_way, last = sorted(source.glob("checkpoints/step-*.npz"))
    for path in on_the_way:
        np.savez(target / "checkpoints" / path.name, **halved(path))  # type: ignore[arg-type]
    shutil.copy(last, target / "checkpoints")


def halved(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint, float32 as float16; the scale of the input stays float64."""
    with np.load(path) as file:
        return {
            name: array.astype(np.float16) if array.dtype == np.float32 else array
            for name, array in file.items()
        }


if __name__ == "__main__":
    main()
