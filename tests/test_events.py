from __future__ import annotations

import json
import math
from typing import Any

import pytest

from fmnist_core import events as e
from fmnist_core.errors import RunError

EXAMPLES = [
    e.RunQueued(1.0),
    e.RunStarted(
        time=2.0,
        pid=3,
        threads=1,
        epochs=2,
        steps_per_epoch=4,
        total_steps=8,
        train_n=100,
        validation_n=10,
        batch_size=25,
        learning_rate=0.01,
        forked=True,
    ),
    e.BatchEnded(time=3.0, step=1, epoch=1, loss=2.3, accuracy=0.1, seconds=0.5),
    e.EpochEnded(
        time=4.0,
        step=4,
        epoch=1,
        train_loss=1.0,
        train_accuracy=0.6,
        train_n=100,
        validation_loss=None,
        validation_accuracy=None,
        validation_n=0,
    ),
    e.PanelPredicted(5.0, 4, pictures=(7, 9), labels=(0, 1), predicted=(0, 2), confidence=(1, 0.4)),
    e.CheckpointSaved(6.0, 4, 1, "checkpoints/step-000004.npz"),
    e.Paused(7.0, 5),
    e.Resumed(8.0, 5),
    e.LearningRateChanged(9.0, 5, 0.001, "visitor"),
    e.TrialStarted(9.2, 0, ("training.learning_rate",), (0.01,), 2),
    e.TrialEpochEnded(9.3, 0, 1, 1, 1.0, 0.6, 1.1, 0.55, 600),
    e.TrialEnded(9.4, 0, (0.55, 0.57), 600, 2.5),
    e.Pretrained(9.5, 0.87, 3_000, 4.0),
    e.TransferMeasured(9.6, "frozen", 5, 0, 0.61, 3_000, 0.4),
    e.WeightsLoaded(9.7, "weights.h5", "ab12", True, True, 2_257_984),
    e.FeaturesComputed(9.8, "train", 1_000, 2_000, 3.5, False),
    e.StageEpochEnded(9.9, "head", 2, 0.5, 0.8, 2_000, 0.78, 2_000, 1.5),
    e.StageJudged(9.95, "head", 0.8, 10_000, 1_290),
    e.Evaluated(10.0, "test", 0.5, 0.8, 10_000),
    e.RunFinished(11.0, 8, "All 2 epochs done.", 4.0, 50.0, 1.5),
    e.RunStopped(11.0, 8, "Stopped."),
    e.RunFailed(11.0, 8, "The worker was killed."),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_round_trip_through_a_line_of_json(event: e.Event) -> None:
    record = json.loads(json.dumps({"seq": 5} | e.to_record(event)))
    assert record["event"] == type(event).__name__
    assert e.from_record(record) == event


def test_every_event_has_an_example_here() -> None:
    assert {type(event).__name__ for event in EXAMPLES} == set(e._TYPES)


def test_a_diverged_loss_survives() -> None:
    event = e.BatchEnded(time=3.0, step=1, epoch=1, loss=math.nan, accuracy=0.1, seconds=0.5)
    again = e.from_record(json.loads(json.dumps(e.to_record(event))))
    assert isinstance(again, e.BatchEnded)
    assert math.isnan(again.loss)


def test_fields_of_a_newer_version_are_left_out() -> None:
    assert e.from_record({"event": "Paused", "time": 1.0, "step": 2, "mood": "calm"}) == e.Paused(
        1.0, 2
    )


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"event": "Exploded", "time": 1.0},
        {"event": "Paused", "time": 1.0},
        {"event": "Event", "time": 1.0},
        {"event": ["Paused"], "time": 1.0, "step": 1},
        {"event": None},
    ],
)
def test_what_is_no_event_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="Not an event of this version"):
        e.from_record(record)
