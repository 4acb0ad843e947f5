"""What is worn on the body: everything with sleeves or legs, and dresses."""

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
)


def t_shirt(random: Random) -> Sketch:
    outline, neck, *_ = _top(random, (0.16, 0.4), (0.75, 1.15))
    return Sketch([outline], [ellipse((0, 0), neck, random.uniform(0.06, 0.16), 0, 0.5)])


def pullover(random: Random) -> Sketch:
    outline, neck, hem, bottom = _top(random, (0.35, 0.95), (0.7, 1.3))
    lines = [ellipse((0, 0), neck, random.uniform(0.05, 0.12), 0, 0.5)]
    if random.random() < 0.5:
        lines.append(points((-hem, bottom - 0.09), (hem, bottom - 0.09)))
    hooded = random.random() < 0.2
    return Sketch([outline, *([_hood(neck, random)] if hooded else [])], lines)


def coat(random: Random) -> Sketch:
    outline, neck, hem, bottom = _top(random, (0.3, 0.95), (0.85, 1.5))
    lines = _front(bottom, random)
    if random.random() < 0.5:  # lapels
        lines += centred(points((neck, 0.0), (0.22, 0.25), (0.02, 0.45)))
    if random.random() < 0.4:  # pockets
        lines += centred(points((0.12, 0.6 * bottom), (0.28, 0.62 * bottom)))
    if random.random() < 0.25:
        lines.append(points((-hem, 0.55 * bottom), (hem, 0.55 * bottom)))
    hooded = random.random() < 0.3
    return Sketch([outline, *([_hood(neck, random)] if hooded else [])], lines)


def shirt(random: Random) -> Sketch:
    sleeve = (0.16, 0.4) if random.random() < 0.4 else (0.5, 0.9)
    outline, neck, _, bottom = _top(random, sleeve, (0.8, 1.2))
    collar = points((neck, -0.02), (0.18, 0.14), (0.02, 0.1))
    lines = [*_front(bottom, random), *centred(collar)]
    if random.random() < 0.4:
        lines.append(points((0.1, 0.32), (0.24, 0.32), (0.24, 0.46), (0.1, 0.46), (0.1, 0.32)))
    return Sketch([outline], lines)


def dress(random: Random) -> Sketch:
    u = random.uniform
    shoulder, waist, flare = u(0.18, 0.34), u(0.14, 0.28), u(0.25, 0.75)
    level, bottom = u(0.45, 0.75), u(1.4, 2.0)
    top = [(u(0.04, 0.14), u(0.05, 0.2)), (shoulder * 0.7, 0), (shoulder, 0.03)]
    if random.random() < 0.4:  # short sleeves
        top += [(shoulder + u(0.1, 0.25), u(0.15, 0.35)), (shoulder, u(0.3, 0.4))]
    half = points(*top, (waist + 0.05, 0.35), (waist, level), (flare, bottom))
    lines = [points((-waist, level), (waist, level))]
    lines += [
        points((x * waist, level), (x * flare, bottom))
        for x in (-0.4, 0.3)
        if random.random() < 0.4
    ]
    return Sketch([both_sides(half, random)], lines)


def trouser(random: Random) -> Sketch:
    u = random.uniform
    waist, hip, crotch, spread = u(0.22, 0.5), u(0.28, 0.55), u(0.35, 0.6), u(0.0, 0.35)
    bottom = u(0.7, 1.2) if random.random() < 0.35 else u(1.2, 2.1)
    leg = u(0.12, 0.3)
    half = points(
        (waist, 0), (hip, 0.3), (hip * 0.7 + spread + leg / 2, bottom), (spread + 0.05, bottom)
    )
    half = np.concatenate([half, [[0.01, crotch]]])
    lines = [points((-waist, 0.1), (waist, 0.1)), points((0, 0.1), (0, crotch))]
    if random.random() < 0.4:
        lines += centred(points((waist * 0.5, 0.1), (waist * 0.95, 0.28)))
    return Sketch([both_sides(half, random)], lines)


def _top(
    random: Random, sleeve: tuple[float, float], length: tuple[float, float]
) -> tuple[Points, float, float, float]:
    """Outline of what has sleeves; half width of its neck and of its hem, and its length."""
    u = random.uniform
    neck, shoulder, waist, bottom = u(0.1, 0.2), u(0.32, 0.46), u(0.26, 0.42), u(*length)
    long, wide, down = u(*sleeve), u(0.14, 0.24), u(0.1, 1.3)
    along = np.array([np.cos(down), np.sin(down)])
    across = np.array([-np.sin(down), np.cos(down)]) * wide
    begin = np.array([shoulder, u(0.03, 0.12)])
    tip = begin + long * along
    armpit = (min(waist, tip[0] - 0.02), begin[1] + wide * u(1.0, 1.5))
    hem = waist * u(0.9, 1.25)
    half = points(
        (neck * 0.5, u(0.02, 0.14)),
        (neck, 0),
        (begin[0], begin[1]),
        (tip[0], tip[1]),
        tuple(tip + 0.9 * across),
        armpit,
        (hem, bottom),
    )
    return both_sides(half, random), neck, hem, bottom


def _hood(neck: float, random: Random) -> Points:
    return ellipse((0, -0.08), neck * random.uniform(1.2, 1.7), random.uniform(0.2, 0.32), 0, 1)


def _front(bottom: float, random: Random) -> list[Points]:
    """What opens in front: one edge or two, which may gape, and buttons."""
    x = random.uniform(-0.03, 0.03)
    lines = [points((x, 0.08), (x + random.normal(0, 0.02), bottom))]
    if random.random() < 0.3:
        apart = random.uniform(0.06, 0.14)
        lines.append(lines[0] + points((apart, 0), (apart + random.uniform(0, 0.2), 0)))
    if random.random() < 0.6:
        levels = np.arange(0.2, bottom - 0.05, random.uniform(0.12, 0.25))
        lines += [points((x + 0.06, y), (x + 0.08, y)) for y in levels]
    return lines
