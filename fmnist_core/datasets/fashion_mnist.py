"""Fashion-MNIST, embedded in ``assets/fashion_mnist``, or another IDX set of the same layout.

``FMNIST_DATA_DIR`` names the folder of another set: digits, Kuzushiji, your own. A ``classes.txt``
in it (ten lines) names the classes. Without one the names are Fashion-MNIST's only if the test
labels are byte for byte Fashion-MNIST's, wherever they lie and however they are packed; otherwise
they are "Class 0" to "Class 9", because a wrong name is worse than none.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets import idx
from fmnist_core.errors import DataError

CLASS_NAMES: tuple[str, ...] = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

FASHION_MNIST = "Fashion-MNIST"
DATA_DIR_VARIABLE = "FMNIST_DATA_DIR"
EMBEDDED_DIR = Path(__file__).resolve().parents[2] / "assets" / "fashion_mnist"

Bytes = npt.NDArray[np.uint8]

_SIDE = 28
_TEST_LABELS_SHA256 = "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test pictures with their labels; every array is read-only.

    Images are uint8 (n, 28, 28), 0 to 255, white garment on black; of one's own pictures (n, side,
    side), or (n, side, side, 3) in colour, mapped from a file. Labels are uint8 (n,), indices into
    ``class_names``. Two datasets are equal only if they are the same object.

    The pictures are unpacked when they are first used, which takes most of a second: the first
    page needs one of them. A file whose beginning is right but whose rest is damaged is refused
    then, with the DataError that names it.
    """

    train_labels: Bytes
    test_labels: Bytes
    class_names: tuple[str, ...]
    name: str
    read_train_images: Callable[[], Bytes]
    read_test_images: Callable[[], Bytes]
    held_out: npt.NDArray[np.int64] | None = None
    """Which training pictures are for validation, where the data say so themselves; None: each
    run draws its own."""

    @functools.cached_property
    def train_images(self) -> Bytes:
        return self.read_train_images()

    @functools.cached_property
    def test_images(self) -> Bytes:
        return self.read_test_images()


def data_dir() -> Path:
    """Return the folder of the data: FMNIST_DATA_DIR if it is set, else the embedded one."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or EMBEDDED_DIR)


def load() -> Dataset:
    """Return the dataset in ``data_dir()``, read once per process and folder.

    Raises DataError, naming the file, when one is missing, of another layout, or begins wrong.
    """
    return load_from(data_dir())


@functools.cache
def load_from(folder: Path) -> Dataset:
    """Return the dataset of four IDX files in ``folder``; see ``load``."""
    train_images, train_labels = _read_pair(folder, "train")
    test_images, test_labels = _read_pair(folder, "t10k")
    is_fashion = hashlib.sha256(test_labels.tobytes()).hexdigest() == _TEST_LABELS_SHA256
    return Dataset(
        train_labels=train_labels,
        test_labels=test_labels,
        class_names=_class_names(folder, is_fashion),
        name=FASHION_MNIST if is_fashion else folder.name,
        read_train_images=train_images,
        read_test_images=test_images,
    )


def _read_pair(folder: Path, part: str) -> tuple[Callable[[], Bytes], Bytes]:
    """What reads the images, after their header was checked, and the labels."""
    images_path = _find(folder, f"{part}-images-idx3-ubyte")
    labels_path = _find(folder, f"{part}-labels-idx1-ubyte")
    (count, *sides), labels = idx.read_images_shape(images_path), idx.read_labels(labels_path)
    if sides != [_SIDE, _SIDE]:
        raise DataError(
            f"{images_path} holds pictures of {sides[0]} x {sides[1]} pixels; "
            f"they must be {_SIDE} x {_SIDE}. Resize them before you write the file."
        )
    if count != len(labels):
        raise DataError(
            f"{images_path} has {count:,} pictures but {labels_path} has {len(labels):,} "
            "labels. Take both files from the same set."
        )
    if labels.max() >= len(CLASS_NAMES):
        raise DataError(
            f"{labels_path} holds the label {labels.max()}; labels must be 0 to "
            f"{len(CLASS_NAMES) - 1}. Use a set of {len(CLASS_NAMES)} classes."
        )
    return functools.partial(idx.read_images, images_path), labels


def _find(folder: Path, name: str) -> Path:
    """Return the packed file if it is there, else the plain one, whose reading may then fail."""
    packed, plain = folder / f"{name}.gz", folder / name
    return plain if plain.exists() and not packed.exists() else packed


def _class_names(folder: Path, is_fashion: bool) -> tuple[str, ...]:
    path = folder / "classes.txt"
    if not path.exists():
        return CLASS_NAMES if is_fashion else tuple(f"Class {i}" for i in range(len(CLASS_NAMES)))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}. Save it as UTF-8 text.") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) != len(CLASS_NAMES) or len(set(names)) != len(names):
        raise DataError(
            f"{path} has {len(set(names))} different names; write {len(CLASS_NAMES)}, one a line."
        )
    return names
