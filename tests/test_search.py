"""Searches: what may vary, what is refused, which settings matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core import search as core
from fmnist_core.codegen_search import search_script
from fmnist_core.errors import ExperimentError
from fmnist_core.presets import preset
from fmnist_core.search import FIRST_SEARCH, SEARCHES, Choice, Search, search_preset

UNITS, RATE = "architecture.layers.1.units", "training.learning_rate"


def test_the_classic_first_exercise() -> None:
    search = search_preset("first-search")
    assert [layer.kind for layer in search.base.architecture.layers] == ["Flatten", "Dense"]
    assert search.space == (
        Choice(setting=UNITS, values=(32, 64, 96, 128, 160, 192, 224, 256)),
        Choice(setting=RATE, values=(0.01, 0.001, 0.0001)),
    )
    assert (search.tuner, search.trials, search.executions) == ("random", 5, 3)
    assert search.combinations == 24
    with pytest.raises(ExperimentError, match=r"no search 'x'\..*first-search"):
        search_preset("x")


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_survives_json_and_may_be_run(name: str) -> None:
    search = SEARCHES[name]
    assert Search.from_json(search.to_json()) == search
    core.check_search(search)
    assert set(core.tunable(search.base)) >= {choice.setting for choice in search.space}


def test_a_trial_is_the_base_with_its_settings() -> None:
    found = core.experiment_of(FIRST_SEARCH, {UNITS: 96, RATE: 0.0001})
    assert found.architecture.layers[1].units == 96
    assert found.training.learning_rate == 0.0001
    assert found.training.epochs == FIRST_SEARCH.base.training.epochs


@pytest.mark.parametrize(
    ("setting", "values", "why"),
    [
        ("data.scaling", ("raw",), "expected training.learning_rate"),
        ("seed", (1, 2), "expected training.learning_rate"),
        (RATE, (), "at least 1 item"),
        (RATE, (0.1, 0.1), "different values"),
        (RATE, (0.1, "adam"), "received both"),
    ],
)
def test_what_cannot_vary_is_refused(setting: str, values: tuple[object, ...], why: str) -> None:
    with pytest.raises(ExperimentError, match=why):
        core.make(base=FIRST_SEARCH.base, space=({"setting": setting, "values": values},))


def test_every_value_is_checked_before_anything_begins() -> None:
    def search(**choice: object) -> Search:
        return core.make(base=FIRST_SEARCH.base, space=(choice,))

    with pytest.raises(ExperimentError, match="at most 16,384"):
        core.check_search(search(setting=UNITS, values=(32, 10**7)))
    with pytest.raises(ExperimentError, match="learning_rate"):
        core.check_search(search(setting=RATE, values=(0.1, -1.0)))
    with pytest.raises(ExperimentError, match="not a setting"):
        core.check_search(search(setting="architecture.layers.0.units", values=(1, 2)))
    with pytest.raises(ExperimentError, match="nothing to set"):
        core.check_search(search(setting="architecture.layers.9.units", values=(1, 2)))
    twice = Choice(setting=RATE, values=(0.1,))
    with pytest.raises(ExperimentError, match="vary once"):
        core.make(base=FIRST_SEARCH.base, space=(twice, twice))
    blind = preset("mlp-128").experiment
    blind = blind.changed(data=blind.data.changed(validation_fraction=0.0))
    with pytest.raises(ExperimentError, match="needs validation pictures"):
        core.make(base=blind, space=(twice,))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("32-256 step 32", tuple(range(32, 257, 32))),
        ("1 to 3 step 1", (1, 2, 3)),
        (" 0.01, 1e-3 ,2", (0.01, 0.001, 2)),
        ("relu, tanh", ("relu", "tanh")),
    ],
)
def test_values_are_typed_as_people_write_them(text: str, values: tuple[object, ...]) -> None:
    assert core.values_of(text) == values


@pytest.mark.parametrize("text", ["", " , ", "1-1000 step 1", "1-2 step 0"])
def test_no_values_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(ExperimentError):
        core.values_of(text)


@given(st.lists(st.integers(0, 9_999), min_size=1, max_size=8, unique=True))
def test_what_is_shown_is_read_as_the_same_values(values: list[int]) -> None:
    assert core.values_of(core.text_of(values)) == tuple(values)


def test_names_for_people() -> None:
    assert core.label(RATE, FIRST_SEARCH.base) == "Learning rate"
    assert core.label(UNITS, FIRST_SEARCH.base) == "Dense (2) units"


def test_importance_by_hand() -> None:
    # Scores 0.1 0.3 (rate 0.01) and 0.5 0.9 (rate 0.001): mean 0.45, total 0.35; between the
    # rates 2 * 0.25**2 + 2 * 0.25**2 = 0.25; between units 32 (0.1, 0.5) and 64 (0.3, 0.9) 0.09.
    tried = [
        ({UNITS: 32, RATE: 0.01}, 0.1),
        ({UNITS: 64, RATE: 0.01}, 0.3),
        ({UNITS: 32, RATE: 0.001}, 0.5),
        ({UNITS: 64, RATE: 0.001}, 0.9),
    ]
    rate, units = core.importance(FIRST_SEARCH, tried)
    assert (rate.setting, rate.best, units.setting, units.best) == (RATE, 0.001, UNITS, 64)
    assert rate.share == pytest.approx(0.25 / 0.35)
    assert units.share == pytest.approx(0.09 / 0.35)
    assert core.importance(FIRST_SEARCH, tried[:2]) == []
    assert core.importance(FIRST_SEARCH, [(tried[0][0], 0.5)] * 4) == []


def test_keras_tuner_is_given_values_of_one_type() -> None:
    """``text_of`` shows 0.0 as 0, and that is read as a whole number."""
    assert [type(value) for value in core.of_one_type((0, 0.25, 0.5))] == [float] * 3
    assert [type(value) for value in core.of_one_type((16, 32))] == [int] * 2
    assert core.of_one_type(("adam", "sgd")) == ["adam", "sgd"]
    rates = Choice(setting="training.learning_rate", values=(1, 0.1))
    assert "[1.0, 0.1]" in search_script(FIRST_SEARCH.changed(space=(rates,)))
