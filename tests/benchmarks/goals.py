"""What was promised, beside what was reached. Arithmetic only: from results, never measuring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.accuracy import NOT_SHIPPED, TARGETS
from tests.benchmarks.latency import PRESET as CLICKED
from tests.benchmarks.pairs import (
    differences,
    geometric_mean,
    percentile,
    ratios,
    spread,
    standard_error,
)

Data = Mapping[str, Any]
"""Name of a measurement -> what it found."""


@dataclass(frozen=True)
class Reached:
    """``met`` is None where there was no goal."""

    text: str
    met: bool | None
    n: str


@dataclass(frozen=True)
class Goal:
    number: int
    what: str
    goal: str
    judge: Callable[[Data], Reached | None]
    """None: not measured (yet)."""


def speed_ratios(data: Data, wanted: str = "") -> dict[str, list[float]]:
    """Preset -> app over notebook, pair by pair."""
    return {
        name: ratios(found["app_images_per_second"], found["notebook_images_per_second"])
        for name, found in group(data, "training").items()
        if name.startswith(wanted)
    }


def group(data: Data, prefix: str) -> dict[str, Any]:
    """The measurements ``prefix/name`` by name."""
    return {
        key.removeprefix(f"{prefix}/"): found
        for key, found in data.items()
        if key.startswith(f"{prefix}/")
    }


def peak_flops(data: Data) -> float | None:
    """The best of the ways to multiply, each at its median."""
    if "peak" not in data:
        return None
    return max(spread(values).median for values in data["peak"]["flops"].values())


def share_of_peak(found: Mapping[str, Any], peak: float) -> float:
    """FLOP/s of the model's mathematics over the machine's."""
    speed = spread(found["app_images_per_second"]).median
    return float(found["training_flop"]) * speed / peak


def accuracy_differences(found: Mapping[str, Any]) -> list[float]:
    """App minus notebook in percentage points, seed by seed."""
    pairs = differences(found["app_accuracy"], found["notebook_accuracy"])
    return [100 * difference for difference in pairs]


def overheads(found: Mapping[str, Any]) -> dict[str, list[float]]:
    """Network -> percent of its steps a second that live events cost, pair by pair."""
    return {
        name: [100 * (1 - ratio) for ratio in ratios(speeds["on"], speeds["off"])]
        for name, speeds in found["steps_per_second"].items()
    }


def _throughput(wanted: str, least: float) -> Callable[[Data], Reached | None]:
    def judge(data: Data) -> Reached | None:
        found = speed_ratios(data, wanted)
        if not found:
            return None
        medians = [spread(values).median for values in found.values()]
        mean = geometric_mean(medians)
        low, high = min(map(min, found.values())), max(map(max, found.values()))
        return Reached(f"{mean:.2f} (pairs {low:.2f} to {high:.2f})", mean >= least, _of(found))

    return judge


def _slowest(data: Data) -> Reached | None:
    found = speed_ratios(data)
    if not found:
        return None
    name = min(found, key=lambda name: spread(found[name]).median)
    worst = spread(found[name])
    return Reached(f"{worst.text()}, {name}", worst.median >= 1, _of(found))


def _learning(data: Data) -> Reached | None:
    found = {name: accuracy_differences(x) for name, x in group(data, "training").items()}
    if not found:
        return None
    means = {name: sum(values) / len(values) for name, values in found.items()}
    name = max(means, key=lambda name: abs(means[name]))
    error = standard_error(found[name])
    text = f"largest {means[name]:+.2f} points (standard error {error:.2f}), {name}"
    return Reached(text, abs(means[name]) <= 0.5, _of(found))


def _share(data: Data) -> Reached | None:
    found, peak = group(data, "training"), peak_flops(data)
    if not found or peak is None:
        return None
    shares = [100 * share_of_peak(each, peak) for each in found.values()]
    text = f"{min(shares):.1f} to {max(shares):.1f} % of {peak / 1e9:.0f} GFLOP/s"
    return Reached(text, None, _of(speed_ratios(data)))


def _streaming(data: Data) -> Reached | None:
    if "streaming" not in data:
        return None
    found = overheads(data["streaming"])
    name = max(found, key=lambda name: spread(found[name]).median)
    worst = spread(found[name])
    return Reached(f"{worst.text('{:.1f}')} %, {name}", worst.median <= 2, _of(found))


def augmentation_costs(data: Data) -> dict[str, dict[str, list[float]]]:
    """By network and kind: what varying adds to a step, in percent of it, pair by pair."""
    return {
        name: {
            kind: [100 * (each - 1) for each in ratios(seconds["with"], seconds["without"])]
            for kind, seconds in found["seconds"].items()
        }
        for name, found in group(data, "augmentation").items()
    }


def _augmentation(data: Data) -> Reached | None:
    costs = augmentation_costs(data)
    if not costs:
        return None
    worst = {
        name: max(kinds.values(), key=lambda c: spread(c).median) for name, kinds in costs.items()
    }
    name = max(worst, key=lambda name: spread(worst[name]).median)
    cost = spread(worst[name])
    return Reached(f"{cost.text('{:.0f}')} %, {name}", cost.median < 25, _of(worst))


def _click(kind: str, most: float | None) -> Callable[[Data], Reached | None]:
    def judge(data: Data) -> Reached | None:
        if f"click/{kind}" not in data:
            return None
        clicks = data[f"click/{kind}"]["clicks"]
        seconds = spread([click["first_batch"] for click in clicks])
        met = None if most is None else seconds.median <= most
        return Reached(f"{seconds.text()} s", met, f"{seconds.n} clicks")

    return judge


def _sprint(name: str, where: str = "accuracy") -> Callable[[Data], Reached | None]:
    wanted, most = TARGETS[name]

    def judge(data: Data) -> Reached | None:
        found = data.get(f"{where}/{name}")
        if not found:
            return None
        if found["status"] == NOT_SHIPPED:
            return Reached(NOT_SHIPPED, False, "-")
        accuracy = spread([100 * run["accuracy"] for run in found["runs"]])
        seconds = spread([run["seconds"] for run in found["runs"]])
        met = accuracy.median >= 100 * wanted and seconds.median <= most
        text = f"{accuracy.text()} % after {seconds.text('{:.1f}')} s"
        return Reached(text, met, f"{accuracy.n} seeds")

    return judge


def _first_page(data: Data) -> Reached | None:
    if "pages" not in data:
        return None
    seconds = spread([start["page_drawn"] for start in data["pages"]["starts"]])
    return Reached(f"{seconds.text()} s", seconds.median <= 2, f"{seconds.n} starts")


def _frames(key: str, most: float) -> Callable[[Data], Reached | None]:
    def judge(data: Data) -> Reached | None:
        if "pages" not in data:
            return None
        medians = {name: spread(values) for name, values in data["pages"][key].items()}
        slowest = max(medians, key=lambda name: medians[name].median)
        worst = medians[slowest]
        text = f"{worst.text('{:.0f}')} ms, {slowest}"
        return Reached(text, worst.median <= most, f"{len(medians)} x {worst.n}")

    return judge


def _strokes(data: Data) -> Reached | None:
    values = data["pages"]["strokes"]["milliseconds"] if "pages" in data else []
    if not values:
        return None
    p50, p95 = percentile(values, 50), percentile(values, 95)
    return Reached(f"p50 {p50:.0f}, p95 {p95:.0f} ms", p95 <= 150, f"{len(values)} strokes")


def _answer(key: str, most: float | None) -> Callable[[Data], Reached | None]:
    def judge(data: Data) -> Reached | None:
        if "answers" not in data:
            return None
        values = [1000 * value for value in data["answers"]["seconds"][key]]
        p50, p95 = percentile(values, 50), percentile(values, 95)
        met = None if most is None else p50 <= most
        return Reached(f"p50 {p50:.1f}, p95 {p95:.1f} ms", met, str(len(values)))

    return judge


def _many(data: Data) -> Reached | None:
    if "answers" not in data:
        return None
    found = data["answers"]
    speeds = spread([found["pictures"] / seconds for seconds in found["seconds"]["many"]])
    return Reached(f"{speeds.text('{:,.0f}')} a second", speeds.median >= 10_000, str(speeds.n))


def _inside(key: str, most: float) -> Callable[[Data], Reached | None]:
    def judge(data: Data) -> Reached | None:
        if "inside" not in data:
            return None
        values = data["inside"][key]
        p50, p95 = percentile(values, 50), percentile(values, 95)
        return Reached(f"p50 {p50:.0f}, p95 {p95:.0f} ms", p95 <= most, str(len(values)))

    return judge


def _memory(data: Data) -> Reached | None:
    if "memory" not in data:
        return None
    kinds = data["memory"]["megabytes_training"]
    text = ", ".join(f"{kind} {sum(values):,.0f}" for kind, values in kinds.items())
    total = sum(map(sum, kinds.values()))
    return Reached(f"{text}; together {total:,.0f} MB", None, "1")


def _of(found: Mapping[str, list[float]]) -> str:
    """``9 x 5``: so many networks, so many pairs each."""
    counts = {len(values) for values in found.values()}
    each = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return f"{len(found)} x {each}"


GOALS = (
    Goal(1, "Training throughput over a notebook's", "2.0 geometric mean", _throughput("", 2.0)),
    Goal(1, "the same, MLPs", "2.5", _throughput("mlp-", 2.5)),
    Goal(1, "the same, slowest preset", "1.0", _slowest),
    Goal(2, "Test accuracy, app minus notebook, 2 epochs", "within 0.5 points", _learning),
    Goal(3, "Share of the matrix-multiply peak", "none", _share),
    Goal(4, "Steps a second that live events cost", "2 % or less", _streaming),
    Goal(5, f"Click to first batch, warm, {CLICKED}", "1.5 s", _click("warm", 1.5)),
    Goal(5, f"Click to first batch, cold, {CLICKED}", "none", _click("cold", None)),
    *(
        Goal(6, f"{since}: {name}", f"{100 * share:.0f} % in {limit:.0f} s", _sprint(name, where))
        for where, since in (("accuracy", "From the click"), ("watched", "The same, watched"))
        for name, (share, limit) in TARGETS.items()
    ),
    Goal(7, "Server start to first page, drawn", "2 s", _first_page),
    Goal(7, "Page switch, slowest page", "300 ms", _frames("switches", 300)),
    Goal(7, "Widget to redraw, slower of two", "150 ms", _frames("widgets", 150)),
    Goal(7, "Stroke to new bars", "p95 150 ms", _strokes),
    Goal(8, "One picture through the model server", "p50 5 ms", _answer("one", 5)),
    Goal(8, "the same while a run trains", "none", _answer("one_while_training", None)),
    Goal(8, "1,000 pictures, CNN 32-64-64", "10,000 a second", _many),
    Goal(8, "Feature maps of all layers", "50 ms", _answer("maps", 50)),
    Goal(9, "Memory (PSS, MB) while a run trains", "none", _memory),
    Goal(10, "Varying the pictures, costliest kind", "below 25 % of a step", _augmentation),
    Goal(11, "Replay, at a place not seen yet", "p95 1 s", _inside("replay_new", 1000)),
    Goal(11, "Replay, at a place seen before", "p95 300 ms", _inside("replay_seen", 300)),
    Goal(11, "Another picture: maps of all layers", "p95 300 ms", _inside("maps", 300)),
    Goal(11, "Nine most exciting of 10,000 pictures", "p95 3 s", _inside("exciting", 3000)),
    Goal(11, "Filter surgery, before and after", "p95 2 s", _inside("surgery", 2000)),
)
