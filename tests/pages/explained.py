"""What a model worker answers to the longer questions, in numbers that a test can foresee."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fmnist_core.datasets import load

Answer = tuple[dict[str, Any], dict[str, np.ndarray]]
SIDE = 28
VALIDATION = np.arange(100)


def attention(params: dict[str, Any], arrays: dict[str, np.ndarray]) -> Answer:
    """Score 4 for a bag and 0 for the rest, all of it at row 5, column 7."""
    wanted = 8 if params["wanted"] is None else params["wanted"]
    scores = np.zeros(10, np.float32)
    scores[8] = 4
    occlusion = np.zeros((SIDE, SIDE), np.float32)
    covered = np.tile(scores, (SIDE, SIDE, 1))
    shares = np.zeros((SIDE, SIDE), np.float32)
    cam = np.full((2, 2), 0.5, np.float32)
    if wanted == 8:
        occlusion[5, 7], covered[5, 7, 8], shares[5, 7] = 4, 0, 4
        cam[0, 0] = 2
    said = {"wanted": wanted, "layer": "conv2d_1", "first": 7, "step": 14, "size": 2, "share": 0.7}
    said["temperature"] = 1.0
    found = {"scores": scores, "black_scores": 0 * scores, "covered": covered}
    found |= {"occlusion": occlusion, "integrated_gradients": shares, "grad_cam": cam}
    return said, found


def exciting(params: dict[str, Any], arrays: dict[str, np.ndarray]) -> Answer:
    """Training pictures 0 to 8, the first two of them held out; the second filter is dead."""
    awake = 0 if params["filter"] else 60
    said = {"validation": 70, "train": 30, "awake": awake, "dead": not awake, "answer": "conv2d_1"}
    peaks = np.linspace(3, 1, 9, dtype=np.float32) * (awake > 0)
    maps = np.ones((9, SIDE, SIDE), np.float32) * peaks[:, None, None]
    found = {"indices": np.arange(9), "held_out": np.arange(9) < 2, "peaks": peaks, "maps": maps}
    return said, found


def surgery(params: dict[str, Any], arrays: dict[str, np.ndarray]) -> Answer:
    """Of 100 pictures every tenth is wrong. Without the filter the first twenty become bags."""
    labels = load().train_labels[VALIDATION]
    before = labels.copy()
    before[::10] = (before[::10] + 1) % 10
    after = before.copy()
    if not arrays["kernel"].any():
        after[:20] = 8
    return {}, {"indices": VALIDATION, "labels": labels, "before": before, "after": after}


def best_input(params: dict[str, Any], arrays: dict[str, np.ndarray]) -> Answer:
    """From grey to white."""
    grey = np.full((SIDE, SIDE, 1), 0.5, np.float32)
    found = {"start": grey, "end": 2 * grey, "start_map": grey[..., 0], "end_map": 3 * grey[..., 0]}
    return {"steps": 48}, found


EXPLAINED: dict[str, Callable[[dict[str, Any], dict[str, np.ndarray]], Answer]] = {
    "attention": attention,
    "exciting": exciting,
    "surgery": surgery,
    "best_input": best_input,
}
