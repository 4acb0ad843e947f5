"""Import a ZIP or a folder: every picture decoded once, checked, counted, and kept as a square.

Memory: one decoded picture at a time, at most 50 megapixels, and one digest per picture. Nothing
is written outside a staging folder until all of it has been read; a staging folder that was left
behind by a crash is no data set and is swept away by the next import.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets.splits import split
from fmnist_core.errors import DataError, PictureError
from fmnist_core.files import write_atomically
from fmnist_core.folders.folder import MOST_PICTURES, SHOWN, SIDE, Folder, Problem, Twin
from fmnist_core.folders.layout import PARTS, Layout, Part, layout
from fmnist_core.folders.sources import FolderSource, Source, zip_source
from fmnist_core.folders.squares import PICTURES, square, write_squares
from fmnist_core.images.opening import open_picture

STAGING = ".staging-"
ABOUT, LABELS, NAMES = "about.json", "labels.npz", "names.json"
TEST_SHARE = 0.2
"""Of all pictures, where no folder names a split."""
TEST_OF_VALIDATION = 0.5
"""Of validation/, where there is no test/."""
FEWEST_OF_A_CLASS = 4
"""Training pictures."""
_SEED = 0
_OLD_SECONDS = 24 * 3600
Progress = Callable[[int, int], None]
"""(files done, of how many)"""


def import_zip(root: Path, file: Path | BinaryIO, name: str, progress: Progress) -> Folder:
    """Import an archive into a data set of its own under ``root``.

    Raises:
        DataError: it is refused or holds no data set; nothing of it stays.
    """
    with zip_source(file) as source:
        return _import(root, source, name, progress)


def import_folder(root: Path, path: Path, name: str, progress: Progress) -> Folder:
    """Import a folder of this computer; it is copied, so that it may change or go. Raises the
    same."""
    return _import(root, FolderSource(path), name, progress)


def _import(root: Path, source: Source, name: str, progress: Progress) -> Folder:
    found = layout(source.entries)
    total = len(found.files)
    if len(found.files) > MOST_PICTURES:
        raise DataError(
            f"There are {len(found.files):,} pictures; at most {MOST_PICTURES:,} are imported. "
            f"Leave some out."
        )
    staging = root / f"{STAGING}{secrets.token_hex(4)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        _insist_on_space(root, total)
        staging.mkdir()
        read = _read_all(source, found, staging, progress)
        folder = _write(staging, found, read, name)
        staging.rename(root / folder.id)
    except OSError as error:
        raise DataError(
            f"The pictures cannot be kept: {error.strerror}. {total:,} pictures take "
            f"{total * SIDE * SIDE * 3 / 2**20:,.0f} MB. Free some space."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


class _Read:
    """What was read: the files that are pictures, by their number in the layout."""

    def __init__(self, problems: list[Problem]) -> None:
        self.kept: list[int] = []
        self.digests: list[bytes] = []
        self.problems = problems
        self.colour = False


def _read_all(source: Source, found: Layout, staging: Path, progress: Progress) -> _Read:
    """Decode every file and append its square to one file of numbers."""
    listed = [*found.problems, *source.problems]
    read = _Read([Problem(name=name, reason=reason) for name, reason in listed])
    total = len(found.files)
    with (staging / "squares").open("wb") as file:
        for number, (entry, _, _) in enumerate(found.files):
            progress(number, total)
            try:
                levels = square(open_picture(source.read(entry), entry.name))
            except (DataError, PictureError) as error:
                read.problems.append(Problem(name=entry.name, reason=str(error)))
                continue
            file.write(levels.tobytes())
            read.kept.append(number)
            read.digests.append(hashlib.sha256(levels.tobytes()).digest())
            read.colour = read.colour or bool((levels != levels[..., :1]).any())
    progress(total, total)
    return read


def _write(staging: Path, found: Layout, read: _Read, name: str) -> Folder:
    """Sort the squares by split and write all that a data set has."""
    files = [found.files[number] for number in read.kept]
    labels = np.array([label for _, label, _ in files], np.uint8)
    parts: list[Part] = [part for _, _, part in files]
    for part in dict.fromkeys(part for _, _, part in found.files if part != "train"):
        if part not in parts:
            reason = f" {read.problems[0].reason}" if read.problems else ""
            raise DataError(f"No picture of {part}/ can be read.{reason}")
    parts, test_from = _with_test(labels, parts)
    counts = {
        part: tuple(
            sum(1 for each, label in zip(parts, labels, strict=True) if (each, label) == (part, i))
            for i in range(len(found.class_names))
        )
        for part in PARTS
    }
    _insist_on_enough(found, counts, read)
    order = np.argsort([PARTS.index(part) for part in parts], kind="stable")
    names = [files[i][0].name for i in order]
    _sort_squares(staging, order)
    np.savez(
        staging / LABELS,
        labels=labels[order],
        parts=np.array([PARTS.index(parts[i]) for i in order], np.uint8),
    )
    twins = _twins([read.digests[i] for i in order], [parts[i] for i in order], names)
    folder = Folder(
        id=secrets.token_hex(4),
        name=_cleaned(name),
        created=time.time(),
        class_names=found.class_names,
        counts=counts,
        own_validation=bool(counts["validation"]) and any(counts["validation"]),
        test_from=test_from,
        colour=read.colour,
        problem_count=len(read.problems),
        problems=tuple(read.problems[:SHOWN]),
        twin_count=len(twins),
        twins=tuple(twins[:SHOWN]),
    )
    write_atomically(staging / NAMES, json.dumps(names).encode())
    write_atomically(staging / ABOUT, folder.to_json().encode())
    return folder


def _insist_on_enough(found: Layout, counts: dict[Part, tuple[int, ...]], read: _Read) -> None:
    """Raises DataError: too few pictures to learn from, or none to judge by."""
    problems = read.problems
    reason = f" The first of {len(problems):,} problems: {problems[0].reason}" if problems else ""
    for name, n in zip(found.class_names, counts["train"], strict=True):
        if n < FEWEST_OF_A_CLASS:
            raise DataError(
                f"{name} has {n} pictures to learn from; at least {FEWEST_OF_A_CLASS} are "
                f"needed.{reason}"
            )
    if not any(counts["test"]):
        raise DataError(f"No picture is left to judge by. Give more pictures.{reason}")


def _with_test(labels: npt.NDArray[np.uint8], parts: list[Part]) -> tuple[list[Part], str]:
    """Set test pictures aside where no folder names them, evenly over the classes, and say so.

    They come from validation/ where there is one: it is what the pictures' owner holds to be new
    to the network.
    """
    if "test" in parts:
        return parts, "from test/"
    source: Part = "validation" if "validation" in parts else "train"
    share = TEST_OF_VALIDATION if source == "validation" else TEST_SHARE
    among = np.flatnonzero([part == source for part in parts])
    chosen = split(labels[among], share, _SEED).validation if len(among) > 1 else among[:0]
    taken = set(among[chosen].tolist())
    changed: list[Part] = ["test" if i in taken else part for i, part in enumerate(parts)]
    if source == "validation":
        return changed, "half of validation/, drawn here evenly over the classes"
    return changed, "a fifth of all pictures, drawn here evenly over the classes"


def _sort_squares(staging: Path, order: npt.NDArray[np.intp]) -> None:
    raw = staging / "squares"
    shape = (len(order), SIDE, SIDE, 3)
    before = np.memmap(raw, np.uint8, "r", shape=shape)
    write_squares(staging / PICTURES, shape, (before[number] for number in order))
    del before
    raw.unlink()


def _insist_on_space(root: Path, pictures: int) -> None:
    """Raises DataError: the disk has no room for them, twice for a moment while they are sorted."""
    needed = 2 * pictures * SIDE * SIDE * 3
    free = shutil.disk_usage(root).free
    if needed > free:
        raise DataError(
            f"{pictures:,} pictures take {needed / 2**20:,.0f} MB while they are imported; "
            f"{free / 2**20:,.0f} MB are free. Free some space."
        )


def _twins(digests: list[bytes], parts: list[Part], names: list[str]) -> list[Twin]:
    """Pictures with the same pixels in two splits, each with the first one of another split."""
    by_digest: dict[bytes, list[int]] = defaultdict(list)
    for i, digest in enumerate(digests):
        by_digest[digest].append(i)
    twins = []
    for same in by_digest.values():
        first = same[0]
        twins += [
            Twin(first=names[first], second=names[other])
            for other in same[1:]
            if parts[other] != parts[first]
        ]
    return twins


def _cleaned(name: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in name)
    return re.sub(r"\s+", " ", printable).strip()[:60] or "My pictures"


def _sweep(root: Path) -> None:
    """Remove what an interrupted import left behind, unless it may still be going on."""
    for path in root.glob(f"{STAGING}*"):
        with suppress(FileNotFoundError):  # another import has just ended
            if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
