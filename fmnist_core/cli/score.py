"""``score``: how often a model is right on a folder of pictures, or on the test set."""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from fmnist_core import familiarity, models, scoring, unlike
from fmnist_core.cli.engine import model_server
from fmnist_core.datasets import Dataset, load
from fmnist_core.errors import ExperimentError
from fmnist_core.evaluation import Interval, auroc, auroc_interval, wilson
from fmnist_core.familiarity import ACCEPTED, Describe, Familiar
from fmnist_core.images import prepare_bytes
from fmnist_core.model_server import ModelServer
from fmnist_core.runs import RunStore
from fmnist_core.scoring import Pictures, Preparing, Score

TEST_SET = "test"
SCORE = "Mahalanobis distance of the penultimate features, at length 1, to the nearest class"


def score(options: argparse.Namespace) -> int:
    """Score, and print what came of it. Files that cannot be read are listed, never an error."""
    store, data = RunStore(), load()
    ref = options.model or models.default_for_pictures()
    files = models.resolve(ref, store)
    if files.step is not None:  # all is asked of this checkpoint, whatever is saved meanwhile
        ref = f"{ref.partition('@')[0]}@{files.step}"
    if files.experiment.data.folder:
        raise ExperimentError(
            f"{files.title} has learned from pictures of your own, but score asks about clothing. "
            f"Its accuracy on its own test pictures is in its report."
        )
    with model_server(store.root) as server:
        prepare = functools.partial(prepare_bytes, separate=server.separate)
        given = _read(options.pictures, data, prepare)
        probabilities = server.predict(ref, given.pictures)
        result = scoring.score(given.labels, probabilities)
        outside = None
        if options.out_of_distribution:
            strangers = _strangers(options.out_of_distribution, prepare, server)
            describe = functools.partial(server.features, ref)
            familiar = familiarity.learn(describe, files.experiment, data)
            outside = _compare(familiar, describe, given, strangers)
    if options.json:
        print(json.dumps(_to_json(ref, data, given, result, outside)))
    else:
        print(f"{files.title} on {options.pictures}")
        _print(data.class_names, given, result, outside)
    return 0


def _read(pictures: str, data: Dataset, prepare: Preparing) -> Pictures:
    if pictures == TEST_SET:
        return scoring.from_levels(data.test_images, data.test_labels)
    return scoring.read_folder(Path(pictures), data.class_names, prepare)


def _strangers(pictures: str, prepare: Preparing, server: ModelServer) -> Pictures:
    if pictures in unlike.KINDS:
        return scoring.made_here(pictures, server.separate)
    return scoring.read_unlabelled(Path(pictures), prepare)


def _compare(
    familiar: Familiar, describe: Describe, inside: Pictures, outside: Pictures
) -> dict[str, Any]:
    """How well "not clothing" can be told from what the model was asked to name."""
    known, strange = (
        familiar.strangeness(describe(part.pictures)) if len(part.pictures) else np.zeros(0)
        for part in (inside, outside)
    )
    limit, area = familiar.limit, auroc(known, strange)
    return {
        "auroc": area if len(known) else None,
        "auroc_interval": list(auroc_interval(area, len(known), len(strange))),
        "n_inside": len(known),
        "n_outside": len(strange),
        "score": SCORE,
        "limit": limit,
        "flagged_inside": None if limit is None else int((known > limit).sum()),
        "flagged_outside": None if limit is None else int((strange > limit).sum()),
        "unreadable": _listed(outside),
    }


def _to_json(
    ref: str, data: Dataset, given: Pictures, result: Score, outside: dict[str, Any] | None
) -> dict[str, Any]:
    per_class = zip(data.class_names, result.per_class, strict=True)
    answer: dict[str, Any] = {
        "model": ref,
        **result.overall.to_json(),
        "per_class": {name: share.to_json() for name, share in per_class},
        "classes": data.class_names,
        "confusion": result.confusion,
        "calibration_error": result.calibration_error,
        "unreadable": _listed(given),
        "left_out": given.left_out,
    }
    return answer | ({"out_of_distribution": outside} if outside else {})


def _listed(read: Pictures) -> list[dict[str, str]]:
    return [{"file": lost.file, "problem": lost.problem} for lost in read.unreadable]


def _print(
    names: tuple[str, ...], given: Pictures, result: Score, outside: dict[str, Any] | None
) -> None:
    print(f"\n{'':<12} {'n':>6}  top-1 (95 % interval)    top-3 (95 % interval)")
    for name, share in zip(("All", *names), (result.overall, *result.per_class), strict=True):
        first, three = share.intervals
        print(
            f"{name:<12} {share.n:>6,}  {_share(share.first, share.n, first)}"
            f"   {_share(share.among_three, share.n, three)}".rstrip()
        )
    print("\nConfusion: rows are what it is, columns what the model says, in the same order.")
    for name, row in zip(names, result.confusion, strict=True):
        print(f"{name:<12} " + " ".join(f"{count:>5,}" for count in row))
    if result.calibration_error is not None:
        print(
            f"\nExpected calibration error: {100 * result.calibration_error:.2f} %, "
            f"n = {result.overall.n:,}."
        )
    if given.left_out:
        print("\nLeft out, because no class is called that: " + ", ".join(given.left_out))
    if outside:
        low, high = outside["auroc_interval"]
        area = "none"
        if outside["auroc"] is not None:
            area = f"{outside['auroc']:.4f} ({low:.3f} to {high:.3f})"
        print(
            f"\nNot clothing: AUROC {area}, {outside['n_outside']:,} pictures that are no clothing "
            f"against {outside['n_inside']:,}.\nScore: {SCORE}."
        )
        _print_flagged(outside)
    lost = _listed(given) + (outside["unreadable"] if outside else [])
    if lost:
        print(f"\nNot read, {len(lost)}:")
        for one in lost:
            print(f"  {one['file']}: {one['problem']}")


def _print_flagged(outside: dict[str, Any]) -> None:
    if outside["limit"] is None:
        return
    print(f"Above the limit that {100 * ACCEPTED:.0f} % of the validation pictures stay below:")
    for what, part in (("no clothing", "outside"), ("of those named", "inside")):
        n, flagged = outside[f"n_{part}"], outside[f"flagged_{part}"]
        print(f"  {what:<15} {n:>6,}  {_share(flagged, n, wilson(flagged, n))}".rstrip())


def _share(correct: int, n: int, interval: Interval) -> str:
    if not n:
        return f"{'-':>7}{'':<15}"
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * correct / n:>5.1f} % ({low:>4.1f} to {high:>5.1f})"
