"""Results, One run, Hardest pictures: those that cost most, with what was said of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fmnist_core.mistakes import hardest, losses
from fmnist_core.run import Run
from fmnist_core.wording import percent
from pages.shared import looks, services
from pages.views.results_judged import judged_gallery
from pages.views.results_sheets import sheets

HARDEST = 240


def show(run: Run, probabilities: np.ndarray) -> None:
    data = services.dataset(run.experiment)
    cost = losses(data.test_labels, probabilities)
    found = hardest(cost, HARDEST)
    looks.section(f"Hardest pictures (test, {len(found)} of n = {len(cost):,})")
    whole = float(cost.sum()) or 1.0  # nothing was doubted anywhere
    looks.caption(
        f"The highest loss first. These {percent(len(found) / len(cost))} of the pictures carry "
        f"{percent(float(cost[found].sum()) / whole)} of the whole loss. The loss of a picture is "
        "-log of what its label was given: 0.7 for 50 %, 4.6 for 1 %, 16.1 at most. Is it a hard "
        "picture, a mistake of the network, or a wrong label?"
    )

    def draw(shown: np.ndarray, on_choose: Callable[[int], None], selected: int | None) -> None:
        judged_gallery(
            shown,
            probabilities,
            data,
            key="lab.hardest.pictures",
            title="Hardest pictures",
            on_choose=on_choose,
            selected=selected,
            notes=[f"loss {cost[i]:.1f}" for i in shown],
        )

    sheets(found, draw, key=f"lab.hardest.{run.id}", networks={"Look inside": run.id})
