"""Why test accuracies of batch normalisation jump: its moving averages, or what was learned?"""

from __future__ import annotations

from typing import Any

from fmnist_core.experiment import Experiment
from tests.benchmarks import pairs, training
from tests.benchmarks.child import ask
from tests.benchmarks.lab import Lab
from tests.benchmarks.settings import Settings

NETWORKS = ("cnn-16-32-bn",)
KINDS = ("moving", "exact")


def averages(name: str, settings: Settings, lab: Lab) -> dict[str, Any]:
    """Test accuracies of both sides, trained as for equal learning, with either averages."""
    size, epochs = (training.QUICK, 1) if settings.quick else (training.whole_set(), 2)

    def experiment(seed: int) -> Experiment:
        return training.plain(name, train_size=size, epochs=epochs, seed=seed)

    def judged(seed: int, model: str | None) -> dict[str, float]:
        question = {"experiment": experiment(seed).to_json(), "model": model}
        return dict(ask("tests.benchmarks.engine.batch_averages", question))

    def app(seed: int) -> dict[str, float]:
        run, _ = lab.train(experiment(seed))
        return judged(seed, str(run.directory / "model.keras"))

    lab.warm()
    found = pairs.in_turn(app, lambda seed: judged(seed, None), settings.pairs)
    return {
        f"{side}_{kind}": [pair[at][kind] for pair in found]
        for at, side in enumerate(("app", "notebook"))
        for kind in KINDS
    }
