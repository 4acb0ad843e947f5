"""Garments as people sketch them: a few proportions drawn at random, one shape for each class.

The data show sleeves that hang down and shoes from the side. People lay a pullover out with its
sleeves spread, draw flip-flops from above and photograph shoes in pairs. The shapes here have that
and nothing else: they follow from what the garments are, not from any picture.
"""

from __future__ import annotations

from collections.abc import Callable

from fmnist_core.engine.sketches.bags import bag
from fmnist_core.engine.sketches.clothes import coat, dress, pullover, shirt, t_shirt, trouser
from fmnist_core.engine.sketches.footwear import ankle_boot, pair, sandal, sneaker
from fmnist_core.engine.sketches.parts import Random, Sketch

FOOTWEAR = (5, 7, 9)
"""The labels of what comes in pairs: Sandal, Sneaker, Ankle boot."""
_CLASSES: list[Callable[[Random], Sketch]] = [
    t_shirt,
    trouser,
    pullover,
    dress,
    coat,
    sandal,
    shirt,
    sneaker,
    bag,
    ankle_boot,
]


def sketch(label: int, random: Random) -> Sketch:
    """One garment of the class ``label`` (0 to 9), alone or, of footwear, often a pair."""
    found = _CLASSES[label](random)
    if label in FOOTWEAR and random.random() < 0.35:
        found = pair(found, random)
    return found
