"""Shoes from the side and from above, alone and in pairs."""

from __future__ import annotations

import numpy as np

from fmnist_core.engine.sketches.parts import (
    Points,
    Random,
    Sketch,
    both_sides,
    centred,
    ellipse,
    points,
    rounded,
)


def sandal(random: Random) -> Sketch:
    return [_flip_flop, _slide, _heeled_sandal][random.integers(3)](random)


def sneaker(random: Random) -> Sketch:
    return _low_shoe(random) if random.random() < 0.6 else _shoe_from_above(random, laces=True)


def ankle_boot(random: Random) -> Sketch:
    """From the side, toes to the left; now and then from above."""
    u = random.uniform
    if random.random() < 0.25:
        return _shoe_from_above(random, laces=random.random() < 0.3)
    if random.random() < 0.25:
        return _simple_shoe(random, ankle=u(1.2, 1.9))
    shaft, toe, heel, narrow = u(1.0, 1.8), u(0.25, 0.45), u(0.0, 0.5), u(0.0, 0.35)
    half = points(
        (-1, 0),
        (-1.02, -toe * 0.7),
        (-0.7, -toe),
        (-0.25, -toe - 0.15),
        (narrow - 0.05, -shaft * 0.6 - heel * 0.5),
        (narrow - u(0.0, 0.15), -shaft),
        (1.0, -shaft + u(-0.1, 0.1)),
        (0.92, -shaft * 0.5),
        (1.02, -heel - 0.15),
        (0.95, 0),
        (0.55, 0),
        (0.5, -heel * 0.8),
        (0.0, -heel * 0.3),
        (-0.3, 0),
    )
    lines = [points((-1, -0.1), (-0.2, -0.1), (0.5, -heel - 0.05))]
    if random.random() < 0.4:
        lines.append(points((narrow, -shaft + 0.15), (1.0, -shaft + 0.15)))
    for i in range(int(random.integers(0, 4))):
        y = -shaft * 0.5 - 0.12 * i
        lines.append(points((narrow - 0.1, y), (narrow + 0.12, y + 0.05)))
    return Sketch(
        [rounded(half + random.normal(0, 0.015, half.shape), int(random.integers(0, 3)))], lines
    )


def pair(one: Sketch, random: Random) -> Sketch:
    """Two beside each other, as shoes stand on a floor; the other one mirrored, or behind."""
    angle = random.normal(0, 0.25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([random.choice([-1.0, 1.0]), 1.0])
    points = np.concatenate(one.outlines)
    wide, high = np.ptp(points, 0)
    beside = high > wide  # from above: side by side; from the side: one behind the other
    offset = np.array([wide * random.uniform(0.75, 1.15), random.normal(0, 0.1)])
    if not beside:
        offset = np.array([random.normal(0, 0.3), high * random.uniform(-0.9, -0.3)])
    other = one.moved(mirror @ turn, offset)
    return Sketch([*other.outlines, *one.outlines], [*other.lines, *one.lines])


def _flip_flop(random: Random) -> Sketch:
    u = random.uniform
    outline, wide = _sole(random)
    toe, back = u(0.25, 0.5), u(0.8, 1.1)
    strap = [points((0, toe), (wide * 0.55, (toe + back) * 0.45), (wide * 0.9, back))]
    return Sketch([outline], centred(strap[0]))


def _slide(random: Random) -> Sketch:
    outline, wide = _sole(random)
    levels = random.uniform(0.3, 1.7, int(random.integers(1, 5)))
    lines = []
    for y in levels:
        tilt = random.normal(0, 0.1)
        lines.append(points((-wide, y - tilt), (0, y - 0.08), (wide, y + tilt)))
    lines.append(points((-wide, levels[0] + 0.35), (0, levels[0] + 0.27), (wide, levels[0] + 0.35)))
    return Sketch([outline], lines)


def _heeled_sandal(random: Random) -> Sketch:
    """From the side, toes to the left: a sole, thin or thick, on a heel; straps."""
    u = random.uniform
    heel, thick, arch = u(0.05, 0.9), u(0.06, 0.2), u(0.4, 0.65)
    sole = points(
        (-1, -thick),
        (-0.3, -thick),
        (arch, -heel),
        (1, -heel - thick),
        (1, 0),
        (0.75, 0),
        (0.7, -heel + thick * 0.5),
        (arch, -heel + thick),
        (-0.2, 0),
        (-0.95, 0),
    )
    lines = [ellipse((u(-0.7, -0.4), -thick), u(0.15, 0.3), u(0.2, 0.35), 0.5, 1)]
    lines += [ellipse((0.8, -heel - thick), u(0.2, 0.3), u(0.3, 0.7), 0.5, 1)]
    if random.random() < 0.5:
        lines.append(points((-0.45, -thick - 0.2), (0.7, -heel - u(0.3, 0.6))))
    return Sketch([rounded(sole, int(random.integers(0, 2)))], lines)


def _simple_shoe(random: Random, ankle: float) -> Sketch:
    """Two boxes, rounded or not: all that a shoe needs from the side."""
    u = random.uniform
    toe, mouth, back = u(0.2, 0.5), u(-0.2, 0.45), u(0.85, 1.05)
    corners = points(
        (-1, u(-0.1, 0)),
        (-1, -toe),
        (mouth - u(0, 0.4), -toe * u(0.9, 1.3)),
        (mouth, -ankle),
        (back, -ankle * u(0.85, 1.15)),
        (1, 0),
    )
    lines = [points((-1, -0.1), (1, -0.1))] if random.random() < 0.4 else []
    corners += random.normal(0, 0.04, corners.shape)
    return Sketch([rounded(corners, int(random.integers(0, 3)))], lines)


def _low_shoe(random: Random) -> Sketch:
    """From the side, toes to the left."""
    u = random.uniform
    if random.random() < 0.5:  # drawn with a higher opening than it has
        return _simple_shoe(random, ankle=u(0.45, 1.15))
    ankle, toe, mouth, sole = u(0.45, 0.95), u(0.2, 0.5), u(0.0, 0.35), u(0.06, 0.16)
    half = points(
        (-1, 0),
        (-1.02, -toe * 0.7),
        (-0.75, -toe),
        (-0.4, -toe * u(1.0, 1.2)),
        (mouth - 0.1, -ankle),
        (0.5, -ankle * u(0.75, 0.95)),
        (0.95, -ankle * u(0.95, 1.1)),
        (1.0, -0.2),
        (1, 0),
    )
    lines = [points((-1, -sole), (1, -sole))]
    for i in range(int(random.integers(0, 5))):  # laces
        x, y = mouth - 0.2 - 0.12 * i, -ankle + 0.08 + 0.07 * i
        lines.append(points((x, y), (x + 0.16, y + 0.12)))
    if random.random() < 0.4:
        lines.append(points((0.1, -sole), (0.35, -ankle * 0.6)))
    return Sketch(
        [rounded(half + random.normal(0, 0.015, half.shape), int(random.integers(0, 3)))], lines
    )


def _shoe_from_above(random: Random, laces: bool) -> Sketch:
    u = random.uniform
    outline, wide = _sole(random)
    opening = ellipse((0, u(1.3, 1.5)), wide * u(0.5, 0.7), u(0.3, 0.42), 0, 1)
    lines = [opening]
    if laces:
        across = points((-wide * 0.45, 0), (wide * 0.45, random.normal(0, 0.05)))
        lines += [across + np.array((0, y)) for y in np.arange(u(0.4, 0.6), 1.0, u(0.1, 0.2))]
    if random.random() < 0.6:
        lines.append(ellipse((0, 0.35), wide * 0.8, 0.2, 0.5, 1))
    return Sketch([outline], lines)


def _sole(random: Random) -> tuple[Points, float]:
    """A shoe from above, toes up, and its half width."""
    u = random.uniform
    wide = u(0.28, 0.42)
    half = points(
        (0.08, 0), (wide, 0.3), (wide * u(0.65, 0.95), 1.2), (wide * u(0.6, 0.9), 1.7), (0.1, 1.95)
    )
    return rounded(both_sides(half, random), 2), wide
