"""The layer editor's callbacks: one click acts once, though Streamlit may deliver it twice."""

from __future__ import annotations

import pytest

from fmnist_core.architecture import AnyLayer
from fmnist_core.experiment import Experiment
from fmnist_core.limits import MAX_TITLE_LENGTH
from fmnist_core.presets import preset
from pages.shared import once, session
from pages.views import train_layer_fields, train_layers

Stack = list[AnyLayer]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The layers of the experiment, as the callbacks change them."""
    layers: Stack = list(preset("cnn-16").experiment.architecture.layers)

    def experiment() -> Experiment:
        base = preset("cnn-16").experiment
        return base.changed(architecture=base.architecture.changed(layers=tuple(layers)))

    def change(new: tuple[AnyLayer, ...]) -> None:
        layers[:] = new

    monkeypatch.setattr(train_layers.session, "experiment", experiment)
    monkeypatch.setattr(train_layers, "change_layers", change)
    state: dict[str, object] = {"lab.layer.kind": "Dropout"}
    monkeypatch.setattr(train_layers.st, "session_state", state)
    monkeypatch.setattr(once.st, "session_state", state)
    return layers


def test_add_acts_once(stack: Stack) -> None:
    before = list(stack)
    for _ in range(2):
        train_layers._append(len(before))
    assert [layer.kind for layer in stack] == [*(layer.kind for layer in before), "Dropout"]


def test_remove_acts_once(stack: Stack) -> None:
    before = list(stack)
    for _ in range(2):
        train_layers._remove(len(before), 1)
    assert stack == [before[0], *before[2:]]


def test_move_acts_once(stack: Stack) -> None:
    before = list(stack)
    for _ in range(2):
        train_layers._move(0, 1)
    assert stack == [before[1], before[0], *before[2:]]


def test_a_changed_stack_keeps_as_much_of_its_title_as_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = [preset("cnn-16").experiment.changed(title="T" * MAX_TITLE_LENGTH)]
    monkeypatch.setattr(session, "experiment", lambda: chosen[-1])
    monkeypatch.setattr(session, "set_experiment", chosen.append)
    for _ in range(2):
        train_layer_fields.change_layers(chosen[-1].architecture.layers[1:])
    assert [len(each.title) for each in chosen] == [MAX_TITLE_LENGTH] * 3
    assert chosen[1].title == chosen[2].title == "T" * (MAX_TITLE_LENGTH - 8) + ", edited"
