"""The test accuracies of several runs as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fmnist_core import figures
from pages.shared import looks
from pages.shared.plots import plot
from pages.views.results_facts import Facts, names_of


def accuracies(all_facts: Sequence[Facts], key: str) -> None:
    """Nothing where no run has been judged yet."""
    names = names_of([each.run for each in all_facts])
    measured = [
        replace(each.test, name=name)
        for each, name in zip(all_facts, names, strict=True)
        if each.test
    ]
    if not measured:
        return
    n = " and ".join(sorted({f"{each.n:,}" for each in measured}))
    figure = figures.accuracies(
        measured, looks.palette(), f"Test accuracy with 95 % interval (n = {n})"
    )
    best = max(measured, key=lambda each: each.accuracy)
    plot(figure, key, f"Test accuracies of {len(measured)} runs; the highest is {best.name}")
