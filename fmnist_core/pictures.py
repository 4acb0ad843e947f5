"""One name for any picture of the program, short enough for the address bar.

========================  ==========================================================
``test:17``               number 17 of the test set
``train:17``              number 17 of the training set
``validation:17``         the same picture, said to be held out by the run in question
``stored:0123456789ab``   a drawing or an upload, named by what is in it
========================  ==========================================================
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core import images
from fmnist_core.datasets import Dataset, load
from fmnist_core.errors import PictureError
from fmnist_core.files import write_atomically
from fmnist_core.limits import MAX_SIDE

_REF = re.compile(r"(test|train|validation):([0-9]{1,7})|stored:([0-9a-f]{12})", re.ASCII)
_TITLES = {"test": "Test", "train": "Training", "validation": "Validation"}


class PictureStore:
    """Pictures by reference: those of the dataset, and those that visitors made, kept in ``root``.

    A stored picture is a PNG file named by the hash of its pixels, so that the same drawing is
    kept once and a file never changes. ``dataset`` is called when it is first needed.
    """

    def __init__(self, root: Path, dataset: Callable[[], Dataset] = load) -> None:
        self._root = root
        self._dataset = dataset

    def of(self, dataset: Callable[[], Dataset]) -> PictureStore:
        """The same store, its numbers those of another dataset."""
        return PictureStore(self._root, dataset)

    def save(self, picture: npt.NDArray[np.float32]) -> str:
        """Keep a picture, float (h, w, 1 or 3) in [0, 1] in 255 steps, such as (28, 28, 1), and
        return its reference."""
        pixels = np.asarray(picture)
        if not _is_picture(pixels.shape[:2], pixels.shape[2:]) or not np.isfinite(pixels).all():
            raise PictureError(
                f"A picture of shape {pixels.shape} cannot be kept; prepare it first, so that it "
                f"is {images.SIDE} x {images.SIDE} x 1 numbers from 0 to 1, or what your own "
                f"network takes."
            )
        levels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
        digest = hashlib.sha256(levels.tobytes()).hexdigest()[:12]
        path = self._path(digest)
        if not path.exists():
            self._root.mkdir(parents=True, exist_ok=True)
            write_atomically(path, images.to_png(levels))
        return f"stored:{digest}"

    def load(self, ref: str) -> npt.NDArray[np.float32]:
        """Return the picture named ``ref``: float32 (28, 28, 1) in [0, 1]; of one's own data, or
        prepared for them, (side, side, 1 or 3).

        Raises PictureError if ``ref`` is malformed or names nothing that is there.
        """
        part, index, digest = _parse(ref)
        levels = self._stored(digest) if digest else self._from_dataset(part, index)[0]
        shaped = levels if levels.ndim == 3 else levels[:, :, np.newaxis]
        return shaped.astype(np.float32) / np.float32(255)

    def describe(self, ref: str) -> str:
        """Say what ``ref`` is, such as "Test picture 17, Trouser". Raises PictureError."""
        part, index, digest = _parse(ref)
        if digest:
            self._stored(digest)
            return f"Drawing or upload {digest[:4]}"
        label = self._from_dataset(part, index)[1]
        return f"{_TITLES[part]} picture {index}, {label}"

    def _from_dataset(self, part: str, index: int) -> tuple[npt.NDArray[np.uint8], str]:
        data = self._dataset()
        pictures, labels = (
            (data.test_images, data.test_labels)
            if part == "test"
            else (data.train_images, data.train_labels)
        )
        if index >= len(pictures):
            raise PictureError(
                f"There is no {_TITLES[part].lower()} picture {index}; "
                f"give a number from 0 to {len(pictures) - 1}."
            )
        return np.asarray(pictures[index]), data.class_names[int(labels[index])]

    def _stored(self, digest: str) -> npt.NDArray[np.uint8]:
        path = self._path(digest)
        try:
            with Image.open(io.BytesIO(path.read_bytes()), formats=["PNG"]) as image:
                levels = np.array(image)
        except FileNotFoundError as error:
            raise PictureError(
                f"The picture stored:{digest} is not kept here. Draw or upload it again."
            ) from error
        except (OSError, SyntaxError, ValueError) as error:
            raise PictureError(
                f"The picture stored:{digest} is damaged. Draw or upload it again."
            ) from error
        if not _is_picture(levels.shape[:2], levels.shape[2:] or (1,)) or levels.dtype != np.uint8:
            raise PictureError(f"The picture stored:{digest} is damaged. Draw or upload it again.")
        return levels

    def _path(self, digest: str) -> Path:
        return self._root / f"{digest}.png"


def _is_picture(sides: tuple[int, ...], channels: tuple[int, ...]) -> bool:
    return len(sides) == 2 and sides[0] == sides[1] <= MAX_SIDE and channels in ((1,), (3,))


def _parse(ref: str) -> tuple[str, int, str]:
    """Split a reference into (part, index, "") or ("", 0, digest)."""
    match = _REF.fullmatch(ref)
    if match is None:
        raise PictureError(
            f'"{ref[:60]}" names no picture. Give test:17, train:17, validation:17 or the '
            "stored: name of a drawing or an upload."
        )
    part, index, digest = match.groups()
    return (part, int(index), "") if part else ("", 0, digest)
