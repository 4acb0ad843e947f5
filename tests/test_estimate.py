"""A duration is stated only if this machine has measured a comparable run."""

import pytest

from fmnist_core import events as e
from fmnist_core.estimate import train_pictures, training_seconds
from fmnist_core.presets import preset
from fmnist_core.run_state import RunState

CNN = preset("cnn-16").experiment


def finished(images_per_second: float) -> RunState:
    return RunState().apply(e.RunFinished(0.0, 10, "Done.", 5.0, images_per_second, 1.0))


def test_pictures_of_an_epoch():
    assert train_pictures(CNN, 60_000) == 54_000
    few = CNN.changed(data=CNN.data.changed(train_size=1_000))
    assert train_pictures(few, 60_000) == 1_000


def test_the_same_network_tells_how_long_it_takes():
    one_epoch = CNN.changed(training=CNN.training.changed(epochs=1))
    seconds = training_seconds(one_epoch, 60_000, [(CNN, finished(5_400.0))])
    assert seconds == pytest.approx(422 * 128 / 5_400)


def test_another_network_or_batch_size_tells_nothing():
    smaller = CNN.changed(training=CNN.training.changed(batch_size=32))
    others = [(preset("mlp-128").experiment, finished(9e9)), (smaller, finished(9e9))]
    assert training_seconds(CNN, 60_000, others) is None


def test_a_run_that_was_stopped_before_it_had_a_speed_tells_nothing():
    stopped = RunState().apply(e.RunStopped(0.0, 0, "Stopped while waiting."))
    assert training_seconds(CNN, 60_000, [(CNN, stopped)]) is None
