"""Early stopping and targets, judged epoch by epoch."""

from __future__ import annotations

from typing import Any

import pytest

from fmnist_core.engine.stopping import Stopping
from fmnist_core.events import EpochEnded
from fmnist_core.experiment import EarlyStopping, Target, Training


class Weights:
    """Stands for a model: its weights are the number of the epoch."""

    def __init__(self) -> None:
        self.now: list[Any] = []

    def get_weights(self) -> list[Any]:
        return list(self.now)

    def set_weights(self, weights: list[Any]) -> None:
        self.now = weights


def follow(training: Training, losses: list[float]) -> tuple[int, str, str, list[Any]]:
    """Epoch and reason of the end, what was said about the best weights, and the weights then."""
    model = Weights()
    stopping = Stopping(training, model)
    for epoch, loss in enumerate(losses, start=1):
        model.now = [epoch]
        ended = EpochEnded(0.0, 9 * epoch, epoch, loss + 1, 0.5 / loss, 540, loss, 0.4 / loss, 60)
        if reason := stopping.reason(ended):
            break
    return epoch, reason, stopping.restore_best(), model.now


def test_patience_counts_epochs_without_a_better_loss_and_the_best_is_restored() -> None:
    training = Training(early_stopping=EarlyStopping(patience=2))
    epoch, reason, restored, weights = follow(training, [3, 2, 2, 1.9, 1.9, 2.5, 1])
    assert epoch == 6
    assert reason == "The validation loss has not improved for 2 epochs."
    assert restored == "The weights of epoch 4, the best, were restored."
    assert weights == [4]


def test_accuracy_can_be_watched_and_the_last_weights_kept() -> None:
    stopping = EarlyStopping(monitor="accuracy", patience=1, restore_best=False)
    epoch, reason, restored, weights = follow(Training(early_stopping=stopping), [2, 1, 3])
    assert (epoch, restored, weights) == (3, "", [3])
    assert reason == "The validation accuracy has not improved for one epoch."


@pytest.mark.parametrize(
    ("target", "epoch", "value"),
    [
        (Target(metric="loss", split="validation", value=2.0), 2, "2"),
        (Target(metric="loss", split="training", value=2.0), 3, "2"),
        (Target(metric="accuracy", split="validation", value=0.2), 2, "0.2"),
        (Target(metric="accuracy", split="training", value=0.5), 3, "0.5"),
    ],
)
def test_a_target_ends_the_run_where_its_split_reaches_it(
    target: Target, epoch: int, value: str
) -> None:
    ended, reason, *_ = follow(Training(target=target), [4, 2, 1, 0.5])
    assert ended == epoch
    name = f"{target.split} {target.metric}"
    assert reason == f"The {name} reached {value}; the target was {value}."


def test_nothing_ends_a_run_that_asks_for_nothing() -> None:
    assert follow(Training(), [1, 2, 3])[:3] == (3, "", "")
