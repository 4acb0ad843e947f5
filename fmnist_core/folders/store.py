"""The imported folders, each a directory of its own beside the runs.

::

    <root>/my-folders/<id>/  about.json  names.json  labels.npz  pictures.npy   by the import
                             150-colour.npy  28-grey.npy  ...                   when first asked for
"""

from __future__ import annotations

import builtins
import functools
import json
import re
import secrets
import shutil
from pathlib import Path

import numpy as np

from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.errors import DataError, ExperimentError
from fmnist_core.folders.folder import Folder
from fmnist_core.folders.importing import ABOUT, LABELS, NAMES, STAGING
from fmnist_core.folders.layout import PARTS
from fmnist_core.folders.squares import DAMAGED, PICTURES, check_shape, squares

FOLDER = "my-folders"
_ID = re.compile(r"[a-z0-9]{8}")
Shape = tuple[int, int, int]


class FolderStore:
    """``root`` is that of the runs."""

    def __init__(self, root: Path) -> None:
        self.root = root / FOLDER

    def get(self, folder_id: str) -> Folder:
        """Raises DataError: there is none of this name, or it is damaged."""
        directory = self._directory(folder_id)
        try:
            return Folder.from_json((directory / ABOUT).read_bytes())
        except (OSError, ExperimentError) as error:
            raise DataError(
                f"What is known about the folder {folder_id} cannot be read. Import it again."
            ) from error

    def list(self) -> list[Folder]:
        """Newest first; damaged ones are left out."""
        found = []
        for path in self.root.glob(f"*/{ABOUT}"):
            try:
                found.append(self.get(path.parent.name))
            except DataError:
                continue
        return sorted(found, key=lambda folder: -folder.created)

    def delete(self, folder_id: str) -> None:
        """Raises DataError: there is none, or it may not be touched. Runs that learned from it
        keep their weights."""
        directory = self._directory(folder_id)
        # First out of sight, in one step: whatever happens then, the next import sweeps it away.
        aside = self.root / f"{STAGING}{secrets.token_hex(4)}"
        try:
            directory.rename(aside)
        except OSError as error:
            raise DataError(f"It cannot be deleted: {error.strerror}. Try again.") from error
        shutil.rmtree(aside, ignore_errors=True)

    def dataset(self, folder_id: str, shape: Shape) -> Dataset:
        """The pictures in the shape that a network takes; arrays are mapped, not read.

        Raises DataError: no such folder, not to be had in this shape, or it is damaged.
        """
        directory = self._directory(folder_id)
        check_shape(shape)
        return _dataset(directory, shape)

    def names(self, folder_id: str) -> builtins.list[str]:
        """Of the files, in the order of the data set: training and validation, then test."""
        try:
            content = (self._directory(folder_id) / NAMES).read_bytes()
            found: builtins.list[str] = json.loads(content)
        except (OSError, ValueError) as error:
            raise _damaged(folder_id) from error
        return found

    def _directory(self, folder_id: str) -> Path:
        path = self.root / folder_id
        if not _ID.fullmatch(folder_id) or not (path / ABOUT).is_file():
            raise DataError(
                f"There is no folder {folder_id[:20]!r} here. Import it again under Data, "
                f"My folders."
            )
        return path


@functools.lru_cache(maxsize=16)
def _dataset(directory: Path, shape: Shape) -> Dataset:
    try:
        folder = Folder.from_json((directory / ABOUT).read_bytes())
        with np.load(directory / LABELS) as file:
            labels, parts = file["labels"], file["parts"]
        kept = np.load(directory / PICTURES, mmap_mode="r")
    except (*DAMAGED, KeyError, TypeError, ExperimentError) as error:
        raise _damaged(directory.name) from error
    if not len(labels) == len(parts) == len(kept):
        raise _damaged(directory.name)
    train_n = int((parts != PARTS.index("test")).sum())
    held_out = np.flatnonzero(parts == PARTS.index("validation")).astype(np.int64)
    for array in (labels, held_out):  # shared by all who ask
        array.flags.writeable = False
    return Dataset(
        train_labels=labels[:train_n],
        test_labels=labels[train_n:],
        class_names=folder.class_names,
        name=folder.name,
        read_train_images=lambda: squares(directory, shape)[:train_n],
        read_test_images=lambda: squares(directory, shape)[train_n:],
        held_out=held_out if folder.own_validation else None,
    )


def _damaged(folder_id: str) -> DataError:
    return DataError(f"The folder {folder_id} is damaged. Import it again.")
