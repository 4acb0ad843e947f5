"""Maps that are made in the background, and given up when nobody wants them."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from fmnist_core.engine.tsne import FORGOTTEN_SECONDS, Maps, project
from fmnist_core.errors import EngineError
from fmnist_core.jobs import wire

PATIENCE = 180.0


def two_heaps(seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(40, 5)).astype(np.float32)
    points[20:] += 100
    return points


def until_done(maps: Maps, points: np.ndarray) -> np.ndarray:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (found := maps.ask(points)) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("no map")


def test_neighbours_stay_neighbours() -> None:
    found = project(two_heaps())
    assert found.shape == (40, 2)
    middles = found[:20].mean(axis=0), found[20:].mean(axis=0)
    apart = np.linalg.norm(middles[0] - middles[1])
    for heap, middle in zip((found[:20], found[20:]), middles, strict=True):
        assert np.linalg.norm(heap - middle, axis=1).max() < apart / 2


def test_of_one_number_alone_there_is_a_map_too() -> None:
    assert project(two_heaps()[:, :1]).shape == (40, 2)


def test_a_map_is_made_in_a_process_of_its_own_and_kept() -> None:
    maps, points = Maps(), two_heaps()
    assert maps.ask(points) is None
    found = until_done(maps, points)
    np.testing.assert_allclose(found, project(points), rtol=0.2, atol=1)
    assert maps.ask(points) is found


def test_one_at_a_time_and_what_is_forgotten_is_given_up() -> None:
    now = 0.0
    maps = Maps(clock=lambda: now)
    maps.ask(two_heaps(0))
    maps.ask(two_heaps(1))
    (job,) = maps._jobs.values()
    now = FORGOTTEN_SECONDS + 1
    maps.ask(two_heaps(1))  # this kills the first
    assert job.process.wait(30) != 0
    maps.ask(two_heaps(1))
    (second,) = maps._jobs.values()
    assert second is not job
    second.process.kill()
    second.feeder.join(30)
    with pytest.raises(EngineError, match="Ask for it again"):
        maps.ask(two_heaps(1))


def test_the_process_leaves_with_whoever_started_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fmnist_core.engine.tsne"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    many = np.random.default_rng(0).normal(size=(4000, 50)).astype(np.float32)
    wire.write_frame(process.stdin, wire.encode({}, {"points": many}))
    process.stdin.close()
    assert process.wait(60) == 1
