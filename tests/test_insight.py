"""What is asked of the engine, with which pictures, and how its answers are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core import insight
from fmnist_core.datasets import load, splits
from fmnist_core.experiment import Data
from fmnist_core.presets import preset

Arrays = dict[str, npt.NDArray[Any]]
MLP = preset("mlp-128").experiment
IMAGES = np.zeros((3, 28, 28), np.uint8)


class Engine:
    """Notes what it is asked, and answers what it was given."""

    def __init__(self, result: dict[str, Any], **arrays: npt.NDArray[Any]) -> None:
        self.answer = result, arrays
        self.asked: list[tuple[str, dict[str, Any], list[str]]] = []

    def call(
        self, operation: str, params: dict[str, Any], arrays: Arrays, timeout: float = 1.0
    ) -> tuple[dict[str, Any], Arrays]:
        self.asked.append((operation, params, list(arrays)))
        return self.answer


def test_the_sample_is_validation_and_even_over_the_classes() -> None:
    labels = load().train_labels
    sample = insight.validation_sample(MLP)
    split = splits.split(labels, 0.1, MLP.seed)
    assert len(set(sample.tolist())) == insight.SAMPLE
    assert set(sample) <= set(split.validation)
    assert not set(sample) & set(split.train)
    counts = np.bincount(labels[sample])
    assert counts.min() >= 95
    assert counts.max() <= 105
    assert not sample.flags.writeable


def test_without_validation_there_is_no_sample() -> None:
    assert len(insight.validation_sample(MLP.changed(data=Data(validation_fraction=0.0)))) == 0


def test_features_come_with_their_components() -> None:
    engine = Engine(
        {"features": 64, "shares": [0.5, 0.25]},
        probabilities=np.ones((3, 10), np.float32),
        points=np.ones((3, 2), np.float32),
    )
    chances, found, width = insight.features(engine, "quick", IMAGES)
    assert (chances.shape, found.points.shape, found.shares, width) == (
        (3, 10),
        (3, 2),
        (0.5, 0.25),
        64,
    )
    params = {"model": "quick", "components": insight.COMPONENTS}
    assert engine.asked == [("survey", params, ["images"])]
    assert insight.probabilities(engine, "quick", IMAGES).shape == (3, 10)
    assert engine.asked[1][1]["components"] == 0


def test_a_map_that_is_being_made_is_none() -> None:
    points = np.zeros((3, 5), np.float32)
    assert insight.tsne(Engine({}), points) is None
    found = insight.tsne(Engine({}, map=np.ones((3, 2), np.float32)), points)
    assert found is not None
    assert found.shape == (3, 2)


def test_layers_come_with_their_dead_units() -> None:
    layers = [
        {
            "name": "dense_1",
            "kind": "Dense",
            "activation": 0.5,
            "units": 3,
            "dead": [1, 2],
            "gradient": 0.1,
        },
        {
            "name": "flatten_1",
            "kind": "Flatten",
            "activation": 0.2,
            "units": 9,
            "dead": None,
            "gradient": None,
        },
    ]
    dense, flatten = insight.layer_sizes(
        Engine({"loss": 1.0, "layers": layers}), "quick", IMAGES, np.zeros(3)
    )
    assert (dense.dead, dense.units) == ((1, 2), 3)
    assert (flatten.dead, flatten.gradient) == (None, None)


def test_a_step_is_read_with_its_batch() -> None:
    result = {
        "step": 1,
        "epoch": 1,
        "loss": 2.0,
        "after": 1.5,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "variables": [{"path": "output/bias", "shape": [10], "largest": [3]}],
        "variable": "output/bias",
        "index": [3],
        "weight": 0.0,
        "gradient": -0.1,
        "new": 0.001,
    }
    engine = Engine(result, indices=np.arange(4), labels=np.arange(4), pictures=np.zeros(4))
    step = insight.one_step(engine, "quick", variable="output/bias", index=(3,))
    assert (step.index, step.variables[0].largest, len(step.indices)) == ((3,), (3,), 4)
    assert engine.asked[0][1]["index"] == [3]
    insight.one_step(engine, "quick")
    assert engine.asked[1][1] == {
        "model": "quick",
        "optimizer": None,
        "learning_rate": None,
        "variable": None,
        "index": None,
    }
