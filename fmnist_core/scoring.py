"""A folder of one's own pictures -> how often a model names them right. No engine in here.

The folder has one folder per class, named as the class (``t-shirt-top`` or ``T-shirt top``);
whatever cannot be read is kept with the sentence that says why.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core import images, unlike
from fmnist_core.errors import DataError, PictureError
from fmnist_core.evaluation import Interval, confusion, wilson
from fmnist_core.images import SIDE, Prepared, Separator, prepare_bytes
from fmnist_core.images.opening import MAX_FILE_BYTES
from fmnist_core.temperature import expected_error

Floats = npt.NDArray[np.float32]
MADE = 1_000
"""Pictures that are no clothing, when they are made here."""
Preparing = Callable[[bytes, str], Prepared]
"""``images.prepare_bytes``, or the same with what it needs to separate a garment."""


@dataclass(frozen=True)
class Unreadable:
    """A file that is no picture, named from the folder on, and the sentence that says so."""

    file: str
    problem: str


@dataclass(frozen=True, eq=False)
class Pictures:
    """Prepared pictures float32 (n, 28, 28, 1) in [0, 1], their classes (n,) and what was lost."""

    pictures: Floats
    labels: npt.NDArray[np.int64]
    unreadable: tuple[Unreadable, ...] = ()
    left_out: tuple[str, ...] = ()
    """Folders that are named like no class."""


@dataclass(frozen=True)
class Share:
    """How many of ``n`` had the right class first, and among the first three."""

    n: int
    first: int
    among_three: int

    def to_json(self) -> dict[str, Any]:
        """Shares in [0, 1], None for no pictures, with Wilson's intervals at 95 %."""
        values: dict[str, Any] = {"n": self.n}
        for name, correct in (("top1", self.first), ("top3", self.among_three)):
            values[name] = correct / self.n if self.n else None
            values[f"{name}_interval"] = list(wilson(correct, self.n))
        return values

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """Of the right class first, and among the first three."""
        return wilson(self.first, self.n), wilson(self.among_three, self.n)


@dataclass(frozen=True)
class Score:
    """``confusion[actual][predicted]`` counts pictures; ``per_class`` is in class order."""

    overall: Share
    per_class: tuple[Share, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float | None
    """The expected one, in [0, 1]; None for no pictures."""


def read_folder(
    folder: Path, class_names: tuple[str, ...], prepare: Preparing = prepare_bytes
) -> Pictures:
    """Prepare every picture in the class-named folders of ``folder``, one at a time.

    Raises DataError if it is no folder or has none that is named like a class.
    """
    known, left_out = _class_folders(_existing(folder), class_names)
    if not known:
        found = f"only {', '.join(left_out)}" if left_out else "none"
        raise DataError(
            f"{folder} has no folder named like a class ({found}). Put the pictures into "
            f"folders named {', '.join(_slug(name) for name in class_names)}."
        )
    files = [(file, label) for path, label in known for file in _files(path)]
    return _read(folder, files, prepare, tuple(left_out))


def read_unlabelled(folder: Path, prepare: Preparing = prepare_bytes) -> Pictures:
    """Prepare every picture in ``folder`` and below, of whatever; every label is -1.

    Raises DataError if it is no folder or nothing in it can be read.
    """
    read = _read(folder, [(file, -1) for file in _files(_existing(folder))], prepare)
    if not len(read.pictures):
        raise DataError(f"{folder} has no picture that can be read. Put some into it.")
    return read


def from_levels(levels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> Pictures:
    """Pictures of the data themselves, uint8 (n, 28, 28), which need no preparing."""
    pictures = levels[..., np.newaxis].astype(np.float32) / np.float32(255)
    return Pictures(pictures, labels.astype(np.int64))


def made_here(kind: str, separate: Separator | None = None, n: int = MADE) -> Pictures:
    """The first ``n`` "digits" or "noise" of ``unlike``, prepared as files are; labels are -1."""
    made = unlike.KINDS[kind](n, 0)
    pictures = [images.prepare(levels, separate=separate).picture for levels in made]
    return Pictures(np.stack(pictures), np.full(n, -1))


def score(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> Score:
    """Compare labels (n,) with probabilities (n, classes)."""
    actual = np.asarray(labels, dtype=np.int64)
    chances = np.asarray(probabilities)
    # Stable, so that of equal probabilities the first class wins, as argmax has it.
    order = np.argsort(-chances, axis=1, kind="stable")
    hits = order[:, :3] == actual[:, np.newaxis]
    classes = chances.shape[1]
    return Score(
        overall=_share(hits),
        per_class=tuple(_share(hits[actual == label]) for label in range(classes)),
        confusion=tuple(tuple(row) for row in confusion(actual, order[:, 0], classes).tolist()),
        calibration_error=expected_error(actual, chances) if len(actual) else None,
    )


def _share(hits: npt.NDArray[np.bool_]) -> Share:
    return Share(len(hits), int(hits[:, 0].sum()), int(hits.any(axis=1).sum()))


def _existing(folder: Path) -> Path:
    try:
        os.scandir(folder).close()
    except OSError as error:
        what = {
            FileNotFoundError: "does not exist",
            NotADirectoryError: "is a file, not a folder",
        }.get(type(error), f"cannot be read: {error.strerror}")
        raise DataError(
            f"{folder} {what}. Name a folder of pictures, or test for the test set."
        ) from error
    return folder


def _class_folders(
    folder: Path, class_names: tuple[str, ...]
) -> tuple[list[tuple[Path, int]], list[str]]:
    """Find (folder, class) pairs, and the names of folders that mean no class."""
    labels = {_slug(name): label for label, name in enumerate(class_names)}
    known: list[tuple[Path, int]] = []
    left_out: list[str] = []
    for path in _folders(folder):
        if _slug(path.name) in labels:
            known.append((path, labels[_slug(path.name)]))
            continue
        # "T-shirt/top" as a path is a folder in a folder.
        inner = {sub: _slug(f"{path.name} {sub.name}") for sub in _folders(path)}
        found = [(sub, labels[slug]) for sub, slug in inner.items() if slug in labels]
        known += found
        if not found:
            left_out.append(path.name)
    return known, left_out


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _folders(folder: Path) -> list[Path]:
    """Those in it that are not hidden; none if it may not be looked into."""
    try:
        return sorted(p for p in folder.iterdir() if p.name[0] != "." and p.is_dir())
    except OSError:
        return []


def _files(folder: Path) -> list[Path]:
    """Everything in it and below that is not hidden; folders, too, that were not looked into."""
    found: list[Path] = []

    def closed(error: OSError) -> None:
        found.append(Path(error.filename))

    for where, folders, files in os.walk(folder, onerror=closed):
        folders[:] = [name for name in folders if name[0] != "."]
        here = [Path(where, name) for name in files if name[0] != "."]
        links = [path for name in folders if os.path.islink(path := Path(where, name))]  # noqa: PTH114 - Path's raises
        found += here + links
    return sorted(found)


def _read(
    folder: Path,
    files: Iterable[tuple[Path, int]],
    prepare: Preparing,
    left_out: tuple[str, ...] = (),
) -> Pictures:
    pictures, labels, unreadable = [], [], []
    for path, label in files:
        name = path.relative_to(folder).as_posix()
        try:
            pictures.append(prepare(_bytes(path), path.name).picture)
            labels.append(label)
        except PictureError as error:
            unreadable.append(Unreadable(name, str(error)))
    stacked = np.stack(pictures) if pictures else np.zeros((0, SIDE, SIDE, 1), np.float32)
    return Pictures(stacked, np.array(labels, np.int64), tuple(unreadable), left_out)


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise PictureError(f"{path.name} is not a file. Links to folders are not followed.")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)  # opening refuses it if that is not all
    except OSError as error:
        raise PictureError(f"{path.name} cannot be read: {error.strerror}.") from error
