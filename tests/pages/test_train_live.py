"""How often Train draws a run anew: less often the longer it trains, at once when it is paused."""

import time
from pathlib import Path
from unittest.mock import Mock

import pytest
import streamlit as st

from fmnist_core import events as e
from fmnist_core.presets import preset
from fmnist_core.run_state import RunState
from pages.shared import watchers
from pages.views import train_live
from tests.pages.lab_pages import healthy, lab, open_page, started

FAST, USUAL, SLOW = (seconds for _, seconds in train_live.PACES)


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def trained(run, seconds: float) -> list[e.Event]:
    return [*started(run), e.BatchEnded(run.created, 4, 1, 0.5, 0.5, seconds)]


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [(0.4, FAST), (9.9, FAST), (10.0, USUAL), (59.9, USUAL), (60.0, SLOW), (9000.0, SLOW)],
)
def test_a_long_run_is_drawn_less_often(backend, monkeypatch, seconds, pace):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *trained(run, seconds))
    assert train_live.pace(backend.store.state(run.id)) == pace
    monkeypatch.setattr(watchers, "_seen", {})  # nobody else watches
    fragment = Mock(wraps=st.fragment)
    monkeypatch.setattr(st, "fragment", fragment)
    healthy(open_page("train", run=run.id))
    assert [c.kwargs for c in fragment.mock_calls if c.args == (train_live._live,)] == [
        {"run_every": pace}
    ]


def test_a_class_that_watches_slows_every_page_down(backend, monkeypatch):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *trained(run, 1.0))
    now = time.monotonic()
    monkeypatch.setattr(watchers, "_seen", {str(n): now for n in range(10 * watchers.AT_FULL_PACE)})
    fragment = Mock(wraps=st.fragment)
    monkeypatch.setattr(st, "fragment", fragment)
    healthy(open_page("train", run=run.id))
    (declared,) = [c.kwargs for c in fragment.mock_calls if c.args == (train_live._live,)]
    assert declared["run_every"] == pytest.approx(10 * FAST, rel=0.05)


def test_what_answers_to_a_click_is_drawn_at_full_pace(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    assert train_live.pace(RunState()) == FAST
    backend.store.append(run.id, *trained(run, 300.0), e.Paused(0.0, 4))
    assert train_live.pace(backend.store.state(run.id)) == FAST
    backend.store.append(run.id, e.Resumed(0.0, 4))
    assert train_live.pace(backend.store.state(run.id)) == SLOW


def test_the_page_is_drawn_anew_when_the_pace_changes_or_a_run_ends(backend, monkeypatch):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *trained(run, 9.0))
    monkeypatch.setattr(st, "rerun", Mock(side_effect=RuntimeError("the whole page")))
    train_live._live(run, {run.id: FAST})
    backend.store.append(run.id, e.BatchEnded(run.created, 5, 1, 0.5, 0.5, 11.0))
    with pytest.raises(RuntimeError, match="the whole page"):
        train_live._live(run, {run.id: FAST})
    train_live._live(run, {run.id: USUAL})
    backend.store.append(run.id, e.RunStopped(0.0, 5, "You stopped it.", 11.0, 9_000.0, 0.5))
    with pytest.raises(RuntimeError, match="the whole page"):
        train_live._live(run, {run.id: USUAL})
    train_live._live(run, {})
