"""Handbags, backpacks and pouches."""

from __future__ import annotations

import numpy as np

from fmnist_core.engine.sketches.parts import Random, Sketch, both_sides, ellipse, points, rounded


def bag(random: Random) -> Sketch:
    return [_handbag, _handbag, _backpack, _pouch][random.integers(4)](random)


def _handbag(random: Random) -> Sketch:
    u = random.uniform
    top, bottom, high = u(0.4, 0.8), u(0.5, 0.9), u(0.5, 1.0)
    body = both_sides(points((top, 0), (bottom, high)), random)
    handle = ellipse((0, 0.02), top * u(0.3, 0.9), u(0.25, 0.9), 0.5, 1)
    lines = [handle] if random.random() < 0.5 else []
    outlines = [body] if lines else [body, handle]  # drawn by one line, its inside is filled
    kind = random.random()
    if kind < 0.3:  # a flap
        lines.append(points((-top, 0.05), (0, high * u(0.3, 0.6)), (top, 0.05)))
    elif kind < 0.6:
        lines.append(points((-top, u(0.1, 0.3)), (top, u(0.1, 0.3))))
    if random.random() < 0.3:  # a clasp
        lines.append(ellipse((0, high * 0.4), 0.06, 0.06, 0, 1))
    return Sketch(outlines, lines)


def _backpack(random: Random) -> Sketch:
    u = random.uniform
    wide, high = u(0.4, 0.6), u(0.9, 1.3)
    half = points(
        (0.15, 0), (wide * 0.9, 0.12), (wide, 0.5), (wide, high * 0.9), (wide * 0.8, high)
    )
    body = rounded(both_sides(half, random), 1)
    pocket = points((wide * 0.7, high * 0.55), (wide * 0.7, high * 0.9))
    lines = [np.concatenate([pocket, (pocket * (-1, 1))[::-1], pocket[:1]])]
    lines.append(ellipse((0, 0.02), u(0.1, 0.2), u(0.1, 0.25), 0.5, 1))
    strap = ellipse((wide, high * 0.5), u(0.1, 0.3), high * u(0.3, 0.45), -0.25, 0.25)
    lines += [strap * (side, 1) for side in (-1, 1) if random.random() < 0.5]
    if random.random() < 0.4:
        lines.append(points((-wide * 0.9, high * 0.4), (wide * 0.9, high * 0.4)))
    return Sketch([body], lines)


def _pouch(random: Random) -> Sketch:
    u = random.uniform
    body = ellipse((0, 0), u(0.5, 0.8), u(0.35, 0.6), 0, 1)
    lines = [ellipse((0, -0.1), u(0.4, 0.7), u(0.4, 1.0), 0.5, 1)]
    lines.append(ellipse((0, -0.3), u(0.3, 0.6), u(0.1, 0.4), 0, 0.5))
    return Sketch([body], lines)
