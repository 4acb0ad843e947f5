"""The arithmetic of the benchmarks: pairs, goals, and the report. Nothing is timed here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from fmnist_core.events import BatchEnded, EpochEnded, Evaluated, Event, RunStarted
from fmnist_core.run_state import RunState
from tests.benchmarks import accuracy, goals, machine, pairs, training
from tests.benchmarks.child import ask, plain_environment
from tests.benchmarks.report import Result, Results, markdown
from tests.benchmarks.settings import Settings
from tests.imports import imports_of
from tests.projectfiles import ROOT

MACHINE = machine.describe()


def result(**data: Any) -> Result:
    return Result("2026-01-02 03:04", 5.0, [0.1, 0.2, 0.3], MACHINE, data)


def trained(app: list[float], notebook: list[float], flop: int = 1) -> dict[str, Any]:
    speeds = {"app_images_per_second": app, "notebook_images_per_second": notebook}
    right = {"app_accuracy": [0.9] * len(app), "notebook_accuracy": [0.9] * len(app)}
    return {**speeds, **right, "training_flop": flop}


def reached(number: int, data: dict[str, Any], what: str = "") -> goals.Reached | None:
    (goal,) = [g for g in goals.GOALS if g.number == number and what in g.what]
    return goal.judge(data)


def test_sides_take_turns_and_know_their_pair() -> None:
    calls: list[str] = []

    def side(name: str, number: int) -> str:
        calls.append(f"{name}{number}")
        return name

    found = pairs.in_turn(lambda n: side("a", n), lambda n: side("b", n), 3)
    assert calls == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert found == [("a", "b")] * 3


def test_statistics_of_pairs() -> None:
    assert pairs.ratios([4, 9], [2, 3]) == [2, 3]
    assert pairs.differences([4, 9], [2, 3]) == [2, 6]
    assert pairs.geometric_mean([0.5, 2.0]) == pytest.approx(1)
    assert pairs.spread([3, 1, 2]) == pairs.Spread(2, 1, 3, 3)
    assert pairs.spread([3, 1, 2]).text("{:.0f}") == "2 (1 to 3)"
    assert pairs.spread([3]).text() == "3.00"
    assert pairs.standard_error([1, 3]) == pytest.approx(1)
    assert pairs.standard_error([1]) == math.inf
    with pytest.raises(ValueError, match="nothing was measured"):
        pairs.spread([])


def test_inside_is_judged_by_its_slowest_answers() -> None:
    found = {"inside": {"replay_new": [200.0] * 18 + [900.0, 1200.0], "surgery": [2001.0]}}
    new = reached(11, found, "not seen yet")
    assert new == goals.Reached("p50 200, p95 900 ms", True, "20")
    surgery = reached(11, found, "surgery")
    assert surgery is not None
    assert not surgery.met
    assert reached(11, {}, "surgery") is None


def test_a_pair_more_or_less_on_one_side_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pairs.ratios([1, 2], [1])


@pytest.mark.parametrize(("percent", "value"), [(50, 10), (95, 19), (100, 20), (1, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, value: float) -> None:
    assert pairs.percentile(list(range(20, 0, -1)), percent) == value


def test_speed_counts_training_time_alone() -> None:
    """Two epochs of 10 pictures in batches of 4: compiled after step 1, validation left out."""
    started = RunStarted(0, 1, 1, 2, 3, 6, 10, 2, 4, 0.1, True)
    events: list[Event] = [started]
    for step, time in ((1, 10.0), (2, 11.0), (3, 12.0)):
        events.append(BatchEnded(time, step, 1, 1.0, 0.5, 0.0))
    events.append(EpochEnded(15.0, 3, 1, 1.0, 0.5, 10, None, None, 0))
    for step, time in ((4, 16.0), (5, 17.0), (6, 19.0)):
        events.append(BatchEnded(time, step, 2, 1.0, 0.5, 0.0))
    events.append(EpochEnded(30.0, 6, 2, 1.0, 0.5, 10, None, None, 0))
    state = RunState()
    for event in events:
        state = state.apply(event)
    windows = training.windows(state, (10.5, 1))
    assert windows == [(1.5, 6), (4.0, 10)]
    assert training.images_per_second(windows) == pytest.approx(16 / 5.5)


def test_both_sides_train_the_same_that_a_notebook_can() -> None:
    assert len(training.names()) == 10
    for name in training.names():
        experiment = training.plain(name, train_size=1280, epochs=1, seed=3)
        assert (experiment.training.batch_size, experiment.seed) == (128, 3)
        assert experiment.training.steps is experiment.training.early_stopping is None
        assert (experiment.training.loss, experiment.data.scaling) == ("sparse", "divide-255")


def test_the_notebook_gets_no_speed_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONEDNN_DEFAULT_FPMATH_MODE", "TF_NUM_INTRAOP_THREADS", "FMNIST_PRECISION"):
        monkeypatch.setenv(name, "1")
    environment = plain_environment(ONEDNN_DEFAULT_FPMATH_MODE="STRICT")
    assert environment["ONEDNN_DEFAULT_FPMATH_MODE"] == "STRICT"
    assert "TF_NUM_INTRAOP_THREADS" not in environment
    assert "FMNIST_PRECISION" not in environment


def test_throughput_is_judged_by_the_ratios_of_pairs() -> None:
    data = {
        "training/mlp-128": trained([30, 60], [10, 20]),
        "training/cnn-16": trained([10, 20], [10, 20]),
    }
    mean = reached(1, data, "a notebook's")
    assert mean is not None
    assert mean.text.startswith("1.73")
    assert (mean.met, mean.n) == (False, "2 x 2")
    mlps = reached(1, data, "MLPs")
    assert mlps is not None
    assert mlps.met
    slowest = reached(1, data, "slowest")
    assert slowest == goals.Reached("1.00 (1.00 to 1.00), cnn-16", True, "2 x 2")


def test_the_share_of_the_peak() -> None:
    data = {
        "training/a": trained([100, 300, 200], [1, 1, 1], flop=10**9),
        "peak": {"flops": {"float32": [1e11, 3e11], "bfloat16": [4e11, 4e11]}},
    }
    assert goals.peak_flops(data) == 4e11
    assert goals.share_of_peak(data["training/a"], 4e11) == pytest.approx(0.5)


def test_accuracy_is_compared_seed_by_seed() -> None:
    found = {"app_accuracy": [0.90, 0.80], "notebook_accuracy": [0.89, 0.79]}
    assert goals.accuracy_differences(found) == pytest.approx([1, 1])
    judged = reached(2, {"training/a": found})
    assert judged is not None
    assert not judged.met


def test_overhead_is_what_is_missing_with_events() -> None:
    found = {"steps_per_second": {"a": {"on": [99, 98], "off": [100, 100]}}}
    assert goals.overheads(found)["a"] == pytest.approx([1, 2])
    judged = reached(4, {"streaming": found})
    assert judged is not None
    assert judged.met


def test_what_varying_costs_is_a_share_of_the_step_of_the_same_pair() -> None:
    seconds = {
        "flip": {"with": [1.1, 2.2], "without": [1, 2]},
        "all": {"with": [3], "without": [2]},
    }
    data = {"augmentation/a": {"seconds": seconds}}
    assert goals.augmentation_costs(data)["a"]["flip"] == pytest.approx([10, 10])
    judged = reached(10, data)
    assert judged is not None
    assert judged.text == "50 %, a"
    assert not judged.met


@pytest.mark.parametrize(("where", "what"), [("accuracy", "click"), ("watched", "watched")])
def test_accuracy_and_time_must_both_be_reached(where: str, what: str) -> None:
    what += ": sprint-90"

    def sprint(accuracy: float, seconds: float) -> goals.Reached | None:
        run = {"accuracy": accuracy, "seconds": seconds}
        return reached(6, {f"{where}/sprint-90": {"status": "measured", "runs": [run]}}, what)

    assert [sprint(*run).met for run in ((0.9, 15), (0.89, 5), (0.93, 16))] == [True, False, False]  # type: ignore[union-attr]
    missing = reached(6, {f"{where}/sprint-90": {"status": "not shipped yet"}}, what)
    assert missing == goals.Reached("not shipped yet", False, "-")


def test_a_sprint_ends_when_its_test_accuracy_is_known() -> None:
    state = RunState()
    for event in (
        RunStarted(101.0, 1, 1, 1, 1, 1, 10, 2, 10, 0.1, True),
        EpochEnded(105.0, 1, 1, 1.0, 0.5, 10, None, None, 0),
        Evaluated(106.0, "validation", 1.0, 0.7, 10),
        Evaluated(107.5, "test", 1.0, 0.9, 10),
    ):
        state = state.apply(event)
    found = accuracy.in_numbers(state, begin=100.0)
    assert found == {"accuracy": 0.9, "seconds": 7.5, "trained_seconds": 5.0}


def test_what_was_not_measured_is_said_not_hidden(tmp_path: Path) -> None:
    text = markdown({})
    assert text.count("not measured") == len(goals.GOALS)


def test_a_new_result_replaces_its_own_kind_only(tmp_path: Path) -> None:
    first = Results(tmp_path)
    first.put("training/cnn-16", result(**trained([10], [5])))
    first.put("click/warm", result(preset="cnn-16", clicks=[{"first_batch": 1.0}]))
    Results(tmp_path).put("click/warm", result(preset="cnn-16", clicks=[{"first_batch": 9.0}]))

    found = Results(tmp_path).by_name
    assert found["training/cnn-16"] == first.by_name["training/cnn-16"]
    assert found["click/warm"].data["clicks"] == [{"first_batch": 9.0}]
    report = (tmp_path / "bench.md").read_text()
    assert "| cnn-16 | 10 | 5 | 2.00 |" in report
    assert "9.00 s" in report
    assert machine.sentence(MACHINE) in report


def test_machines_are_not_mixed_in_one_table(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.put("click/warm", result(preset="cnn-16", clicks=[{"first_batch": 1.0}]))
    elsewhere = Result(
        "2026-01-02 03:04",
        1.0,
        [0.0],
        {**MACHINE, "cores": 999},
        {"clicks": [{"first_batch": 2.0}]},
    )
    results.put("click/cold", elsewhere)
    assert list(results.by_name) == ["click/cold"]


def test_precisions_are_compared_seed_by_seed(tmp_path: Path) -> None:
    found = {
        "mixed_seconds": [10.0, 20.0],
        "float32_seconds": [15.0, 40.0],
        "mixed_accuracy": [0.90, 0.80],
        "float32_accuracy": [0.89, 0.80],
    }
    results = Results(tmp_path)
    results.put("precision/cnn-64-64", result(**found))
    sides = "15.0 (10.0 to 20.0) | 27.5 (15.0 to 40.0) | 1.75 (1.50 to 2.00)"
    assert f"| cnn-64-64 | {sides} | +0.50 ± 0.50 | 2 |" in (tmp_path / "bench.md").read_text()


def test_a_quick_run_repeats_little() -> None:
    assert Settings(quick=True).times(300) == 3
    assert Settings().times(300) == 300


def test_what_a_first_page_imports_is_told_part_by_part() -> None:
    found = ask("tests.benchmarks.imports", {})
    assert list(found) == ["NumPy", "pydantic", "modules of the Lab"]
    assert min(found.values()) > 0  # each was imported here first, not by Streamlit
    starts = [{"server_answers": 0.5, "page_drawn": 1.5}]
    timed = {"switches": {"Data": [9]}, "widgets": {"x": [9]}, "strokes": {"milliseconds": [9]}}
    report = markdown({"pages": result(starts=starts, imports=[found], **timed)})
    assert "| start: page drawn | 1.50 | 1 |" in report
    assert "| start, importing by itself: modules of the Lab |" in report


def test_either_averages_are_compared_seed_by_seed() -> None:
    found = {
        "app_moving": [0.90, 0.80],
        "notebook_moving": [0.80, 0.90],
        "app_exact": [0.91, 0.90],
        "notebook_exact": [0.90, 0.90],
    }
    report = markdown({"averages/cnn-16-32-bn": result(**found)})
    assert "| moving | 85.00 (80.00 to 90.00) | 85.00 (80.00 to 90.00) | +0.00 ± 10.00 |" in report
    assert "| exact | 90.50 (90.00 to 91.00) | 90.00 (90.00 to 90.00) | +0.50 ± 0.50 |" in report


def test_steps_with_onednn_are_compared_pair_by_pair() -> None:
    found = {"with": [0.010, 0.020], "without": [0.015, 0.040]}
    report = markdown({"onednn/cnn-64-64": result(**found)})
    sides = "15.00 (10.00 to 20.00) | 27.50 (15.00 to 40.00) | 1.75 (1.50 to 2.00)"
    assert f"| cnn-64-64 | {sides} | 2 |" in report


@pytest.mark.parametrize("name", ["notebook_fit", "batch_averages"])
def test_a_notebook_computes_as_tensorflow_decides(name: str) -> None:
    """The engine says how TensorFlow computes if it is imported first."""
    path = ROOT / "tests" / "benchmarks" / "engine" / f"{name}.py"
    names = [each.name for each in imports_of(path) if each.package in ("keras", "fmnist_core")]
    assert names[0] == "keras"
    assert any(each.startswith("fmnist_core.engine") for each in names)
