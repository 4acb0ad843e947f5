"""What the names of files say: which class a picture is of, and which split it belongs to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from fmnist_core.errors import DataError
from fmnist_core.folders.sources import Entry

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
FEWEST_CLASSES, MOST_CLASSES = 2, 100
NAME_LENGTH = 60
_SPLIT_NAMES: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Layout:
    """Every file with its class and split, sorted by split, class and name."""

    class_names: tuple[str, ...]
    files: tuple[tuple[Entry, int, Part], ...]
    """Entry, class, split. All are "train" where no folder names a split."""
    problems: tuple[tuple[str, str], ...]
    """Names of the files that are left out, and why."""


def layout(entries: list[Entry]) -> Layout:
    """Read classes and splits off the names of folders.

    ``class/picture``, or ``train/class/picture`` with ``validation/`` and ``test/`` beside it, all
    of it in any number of folders that hold no others.

    Raises:
        DataError: no sub-folders, fewer than two classes or more than a hundred, classes in
            validation or test that training does not have, or folders of both kinds.
    """
    above = _common_folders(entries)
    inner = {entry: entry.parts[above:] for entry in entries}
    deep = [parts for parts in inner.values() if len(parts) > 1]
    heads = {parts[0] for parts in deep}
    split_heads = {head for head in heads if head.casefold() in _SPLIT_NAMES}
    if split_heads and split_heads != heads:
        others = ", ".join(sorted(heads - split_heads)[:3])
        raise DataError(
            f"Expected either folders of classes, or only train, validation and test; found both "
            f"({', '.join(sorted(split_heads))} beside {others}). Sort them one way."
        )
    depth = 3 if split_heads else 2
    files: list[tuple[Entry, str, Part]] = []
    problems = []
    for entry, parts in inner.items():
        if len(parts) != depth:
            where = "in no class's folder" if len(parts) < depth else "in a folder inside a class's"
            problems.append((entry.name, f"It lies {where}."))
            continue
        part = _SPLIT_NAMES[parts[0].casefold()] if split_heads else "train"
        files.append((entry, parts[-2], part))
    names = _class_names(files)
    number = {name: i for i, name in enumerate(names)}
    return Layout(
        class_names=names,
        files=tuple(
            sorted(
                ((entry, number[name], part) for entry, name, part in files),
                key=lambda file: (PARTS.index(file[2]), file[1], file[0].parts),
            )
        ),
        problems=tuple(problems),
    )


def _common_folders(entries: list[Entry]) -> int:
    """How many folders on top hold all others: ``my-pictures/train/...``. Loose files beside them,
    a read-me perhaps, are left out later, with a word."""
    above = 0
    while True:
        deep = [entry.parts for entry in entries if len(entry.parts) > above + 1]
        # One folder alone that holds only pictures is a class, not a wrapping.
        if len({parts[above] for parts in deep}) != 1 or max(map(len, deep)) < above + 3:
            return above
        above += 1


def _class_names(files: list[tuple[Entry, str, Part]]) -> tuple[str, ...]:
    by_part: dict[Part, Counter[str]] = {part: Counter() for part in PARTS}
    for _, name, part in files:
        by_part[part][name] += 1
    names = tuple(sorted(by_part["train"]))
    if not files:
        raise DataError(
            "There is no picture in a sub-folder. Make one sub-folder per class, such as "
            "cats/1.jpg and dogs/1.jpg, and pack or name the folder that holds them."
        )
    for part in ("validation", "test"):
        if unknown := sorted(set(by_part[part]) - set(names)):
            raise DataError(
                f"{part}/ has a class that train/ does not have: {', '.join(unknown[:5])}. "
                f"Give every class pictures to learn from."
            )
    if not FEWEST_CLASSES <= len(names) <= MOST_CLASSES:
        found = ", ".join(names[:5])
        raise DataError(
            f"Expected {FEWEST_CLASSES} to {MOST_CLASSES} classes, each in a sub-folder of its "
            f"own; found {len(names)} ({found}{', ...' if len(names) > 5 else ''})."
        )
    if long := [name for name in names if len(name) > NAME_LENGTH]:
        raise DataError(f"The class name {long[0][:70]!r} has more than {NAME_LENGTH} characters.")
    return names
