"""bench.json and bench.md: results are kept one by one, so that one can be measured anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fmnist_core.files import write_atomically
from tests.benchmarks import goals, machine
from tests.benchmarks.averages import KINDS as AVERAGES
from tests.benchmarks.pairs import differences, ratios, spread, standard_error

INTRODUCTION = (
    "Written by `make bench`. Medians, and in brackets the smallest and the largest value; "
    "a number belongs to the machine and the moment it was measured on."
)
KINDS = ("mixed", "float32")
Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


@dataclass(frozen=True)
class Result:
    """What one measurement found, where, when, and how busy the machine was before."""

    measured_at: str
    seconds: float
    load_before: list[float]
    machine: dict[str, Any]
    data: dict[str, Any]


class Results:
    """The file of results; every change is on the disk at once."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError: the file is not one of ours."""
        self.folder = folder
        self._path = folder / "bench.json"
        self.by_name: dict[str, Result] = {}
        if self._path.exists():
            tree = json.loads(self._path.read_text())
            self.by_name = {name: Result(**entry) for name, entry in tree["results"].items()}

    def put(self, name: str, result: Result) -> None:
        """Replace this measurement's result. Those of another machine leave with it: numbers that
        stand in one table belong together."""
        here = machine.same(result.machine)
        self.by_name = {n: r for n, r in self.by_name.items() if machine.same(r.machine) == here}
        self.by_name[name] = result
        self.folder.mkdir(parents=True, exist_ok=True)
        entries = {name: asdict(entry) for name, entry in sorted(self.by_name.items())}
        write_atomically(self._path, f"{json.dumps({'results': entries}, indent=1)}\n".encode())
        write_atomically(self.folder / "bench.md", markdown(self.by_name).encode())


def markdown(results: Mapping[str, Result]) -> str:
    """Every goal beside what was reached, then each measurement in full."""
    data = {name: result.data for name, result in results.items()}
    sections = [
        "# What was measured",
        INTRODUCTION,
        *_machines(results),
        "## Goals",
        _table(_goal_rows(data)),
        *(f"## {title}\n\n{_table(rows)}" for title, rows in _details(data) if rows[1]),
        "## When",
        _table(_moments(results)),
    ]
    return "\n\n".join(sections) + "\n"


def goal_lines(data: goals.Data) -> list[str]:
    """For the terminal."""
    _, rows = _goal_rows(data)
    return [f"{what:<46} goal {goal:<20} {text}  [{met}]" for _, what, goal, text, _, met in rows]


def _goal_rows(data: goals.Data) -> Table:
    rows = []
    for goal in goals.GOALS:
        reached = goal.judge(data) or goals.Reached("not measured", None, "-")
        met = {True: "yes", False: "no", None: "-"}[reached.met]
        rows.append((str(goal.number), goal.what, goal.goal, reached.text, reached.n, met))
    return ("", "measured", "goal", "reached", "n", "met"), rows


def _details(data: goals.Data) -> Iterable[tuple[str, Table]]:
    yield "Training throughput (pictures a second, batch 128)", _throughput(data)
    yield "Equal learning (test accuracy, n = 10,000 pictures)", _learning(data)
    yield "The same with batch normalisation's exact averages (test accuracy, %)", _averages(data)
    yield "Threads of a small network's step (milliseconds)", _threads(data)
    yield "oneDNN (milliseconds a step, batch 128)", _onednn(data)
    yield "bfloat16 feature maps (two epochs, batch 128)", _precision(data)
    yield "Matrix-multiply peak (GFLOP/s)", _peaks(data)
    yield "Live events (steps a second)", _streaming(data)
    yield "What varying the pictures costs (of a step, batch 128)", _augmentation(data)
    yield "Click to first batch (seconds since the click)", _clicks(data)
    yield "Pages (milliseconds; the start in seconds)", _pages(data)
    yield "Memory (PSS, MB)", _memory(data)


def _throughput(data: goals.Data) -> Table:
    peak = goals.peak_flops(data)
    rows = []
    for name, found in goals.group(data, "training").items():
        app, notebook = (spread(found[f"{x}_images_per_second"]) for x in ("app", "notebook"))
        ratio = spread(goals.speed_ratios(data)[name])
        share = f"{100 * goals.share_of_peak(found, peak):.1f} %" if peak else "-"
        speeds = (side.text("{:,.0f}") for side in (app, notebook))
        gflops = f"{found['training_flop'] * app.median / 1e9:,.0f}"
        rows.append((name, *speeds, ratio.text(), gflops, share, str(ratio.n)))
    head = ("preset", "app", "notebook", "ratio of a pair", "GFLOP/s", "of the peak", "pairs")
    return head, rows


def _learning(data: goals.Data) -> Table:
    rows = []
    for name, found in goals.group(data, "training").items():
        points = goals.accuracy_differences(found)
        sides = (
            spread([100 * x for x in found[f"{side}_accuracy"]]).text()
            for side in ("app", "notebook")
        )
        rows.append((name, *sides, _mean(points), str(len(points))))
    head = ("preset", "app, %", "notebook, %", "mean difference ± its standard error", "seeds")
    return head, rows


def _mean(points: list[float]) -> str:
    return f"{sum(points) / len(points):+.2f} ± {standard_error(points):.2f}"


def _averages(data: goals.Data) -> Table:
    rows = []
    for name, found in goals.group(data, "averages").items():
        for kind in AVERAGES:
            app, notebook = (found[f"{side}_{kind}"] for side in ("app", "notebook"))
            sides = (spread([100 * x for x in side]).text() for side in (app, notebook))
            points = [100 * x for x in differences(app, notebook)]
            rows.append((name, kind, *sides, _mean(points), str(len(points))))
    head = (
        "preset",
        "averages",
        "app",
        "notebook",
        "mean difference ± its standard error",
        "seeds",
    )
    return head, rows


def _threads(data: goals.Data) -> Table:
    rows = []
    for name, found in goals.group(data, "threads").items():
        one, two = (spread([1e3 * x for x in found[side]]).text() for side in ("one", "two"))
        ratio = spread(ratios(found["two"], found["one"]))
        rows.append((name, one, two, ratio.text(), str(ratio.n)))
    return ("network", "one thread", "two", "one is times as fast", "pairs"), rows


def _onednn(data: goals.Data) -> Table:
    rows = []
    for name, found in goals.group(data, "onednn").items():
        sides = (spread([1e3 * x for x in found[side]]).text() for side in ("with", "without"))
        ratio = spread(ratios(found["without"], found["with"]))
        rows.append((name, *sides, ratio.text(), str(ratio.n)))
    return ("preset", "with", "without", "times as fast", "pairs"), rows


def _precision(data: goals.Data) -> Table:
    rows = []
    for name, found in goals.group(data, "precision").items():
        seconds = (spread(found[f"{kind}_seconds"]).text("{:.1f}") for kind in KINDS)
        ratio = spread(ratios(found["float32_seconds"], found["mixed_seconds"]))
        pairs = differences(found["mixed_accuracy"], found["float32_accuracy"])
        points = [100 * difference for difference in pairs]
        rows.append((name, *seconds, ratio.text(), _mean(points), str(ratio.n)))
    head = ("preset", "bfloat16, s", "float32, s", "times as fast", "points of accuracy", "seeds")
    return head, rows


def _peaks(data: goals.Data) -> Table:
    flops = data.get("peak", {}).get("flops", {})
    rows = [
        (way, spread([x / 1e9 for x in found]).text("{:.0f}"), str(len(found)))
        for way, found in flops.items()
    ]
    return ("matrices", "best size", "processes"), rows


def _streaming(data: goals.Data) -> Table:
    if "streaming" not in data:
        return (), []
    lost = goals.overheads(data["streaming"])
    rows = []
    for name, speeds in data["streaming"]["steps_per_second"].items():
        sides = (spread(speeds[side]).text("{:,.0f}") for side in ("on", "off"))
        rows.append((name, *sides, f"{spread(lost[name]).text('{:.1f}')} %", str(len(lost[name]))))
    return ("preset", "with events", "without", "cost", "pairs"), rows


def _augmentation(data: goals.Data) -> Table:
    rows = []
    costs = goals.augmentation_costs(data)
    for name, found in goals.group(data, "augmentation").items():
        for kind, seconds in found["seconds"].items():
            milliseconds = (
                spread([1_000 * x for x in seconds[side]]).text("{:.1f}")
                for side in ("with", "without")
            )
            cost = spread(costs[name][kind])
            rows.append((name, kind, *milliseconds, f"{cost.text('{:.0f}')} %", str(cost.n)))
    return ("preset", "varied by", "with, ms", "without, ms", "cost", "pairs"), rows


def _clicks(data: goals.Data) -> Table:
    rows = []
    for kind, found in goals.group(data, "click").items():
        clicks = found["clicks"]
        rows += [
            (kind, part.replace("_", " "), spread([click[part] for click in clicks]).text())
            for part in sorted(clicks[0], key=lambda part: spread([c[part] for c in clicks]).median)
        ]
    return ("app", "done", "after"), rows


def _pages(data: goals.Data) -> Table:
    if "pages" not in data:
        return (), []
    found = data["pages"]
    starts = {
        "start": found["starts"],
        "start of an empty app": found.get("empty_starts", []),
        "start, importing by itself": found.get("imports", []),
    }
    rows = [
        (
            f"{name}: {part.replace('_', ' ')}",
            spread([s[part] for s in every]).text(),
            str(len(every)),
        )
        for name, every in starts.items()
        for part in (every[0] if every else ())
    ]
    timed = [(f"to {name}", values) for name, values in found["switches"].items()]
    timed += list(found["widgets"].items())
    timed.append(("stroke to new bars", found["strokes"]["milliseconds"]))
    rows += [(name, spread(v).text("{:.0f}"), str(len(v))) for name, v in timed if v]
    return ("", "median (range)", "n"), rows


def _memory(data: goals.Data) -> Table:
    if "memory" not in data:
        return (), []
    idle, busy = (data["memory"][f"megabytes_{when}"] for when in ("idle", "training"))
    rows = [
        (
            kind,
            *(" + ".join(f"{x:,.0f}" for x in side.get(kind, [])) or "-" for side in (idle, busy)),
        )
        for kind in busy
    ]
    return ("process", "idle", "while a run trains"), rows


def _machines(results: Mapping[str, Result]) -> list[str]:
    described: dict[str, list[str]] = {}
    for result in results.values():
        described.setdefault(machine.sentence(result.machine), []).append(result.measured_at)
    return [
        f"{text}. Measured {min(times)[:10]}"
        + (f" to {max(times)[:10]}." if max(times)[:10] != min(times)[:10] else ".")
        for text, times in described.items()
    ]


def _moments(results: Mapping[str, Result]) -> Table:
    rows = [
        (name, result.measured_at, f"{result.seconds:.0f}", f"{result.load_before[0]:.2f}")
        for name, result in sorted(results.items())
    ]
    return ("measurement", "at (UTC)", "took, s", "load of the minute before"), rows


def _table(table: Table) -> str:
    head, rows = table
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
