"""A data set of one's own, drawn: filled shapes in colour, in folders named after them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle")


def shapes(
    root: Path,
    classes: Sequence[str] = SHAPES,
    n: int = 20,
    side: int = 64,
    seed: int = 0,
    parts: Mapping[str, int] | None = None,
) -> Path:
    """Write ``root/[part/]class/000.png`` ..., the same for the same seed. Returns ``root``.

    Args:
        n: pictures of each class, where ``parts`` does not say how many of each split.
    """
    random = np.random.default_rng(seed)
    for part, count in (parts or {"": n}).items():
        for shape in classes:
            folder = root / part / shape
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(count):
                drawn(shape, side, random).save(folder / f"{i:03d}.png")
    return root


def drawn(shape: str, side: int, random: np.random.Generator) -> Image.Image:
    """One shape, brighter than what is behind it, anywhere; an unknown name is drawn as a bar."""
    behind, before = (
        tuple(int(level) for level in random.integers(low, high, 3))
        for low, high in ((0, 120), (140, 256))
    )
    image = Image.new("RGB", (side, side), behind)
    pen = ImageDraw.Draw(image)
    reach = int(random.integers(side // 5, side // 3))
    x, y = (int(place) for place in random.integers(reach, side - reach, 2))
    box = (x - reach, y - reach, x + reach, y + reach)
    match shape:
        case "circle":
            pen.ellipse(box, fill=before)
        case "square":
            pen.rectangle(box, fill=before)
        case "triangle":
            pen.polygon([(x, y - reach), (x - reach, y + reach), (x + reach, y + reach)], before)
        case _:
            pen.rectangle((0, y - reach // 3, side, y + reach // 3), fill=before)
    return image


def packed(root: Path, archive: Path, top: str = "") -> Path:
    """A ZIP of a folder's files, under the folder ``top`` if one is named."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(each for each in root.rglob("*") if each.is_file()):
            file.write(path, (Path(top) / path.relative_to(root)).as_posix())
    return archive
