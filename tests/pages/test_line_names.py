"""What stands at the ends of compared curves."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from pages.shared.curves import line_names


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["A CNN of many layers"], ["A CNN of many lay…"]),
        (["MLP 128", "CNN 16"], ["MLP 128", "CNN 16"]),
        (["Own, plain pictures", "Own"], ["plain pictures", "Own"]),
        (
            ["Three blocks, shapes", "A CNN", "Three blocks, shapes, 32 pixels"],
            ["shapes", "A CNN", "32 pixels"],
        ),
        (["Mine, a", "Mine, b", "Other"], ["a", "b", "Other"]),
    ],
)
def test_they_are_short_and_say_what_tells_the_runs_apart(
    tmp_path: Path, titles: list[str], names: list[str]
) -> None:
    assert line_names([run(tmp_path, title) for title in titles]) == names


def test_runs_of_one_title_are_told_apart_by_when_they_began(tmp_path: Path) -> None:
    first, second = line_names([run(tmp_path, "CNN 16"), run(tmp_path, "CNN 16")])
    assert first.endswith(" CNN 16")
    assert second.endswith(" CNN 16")


def run(root: Path, title: str) -> Run:
    return RunStore(root).create(preset("mlp-128").experiment.changed(title=title))
