"""Any picture -> the square of numbers that a network takes, and the files that hold many of them.

Every picture is decoded once, when it is imported, and kept as 300 x 300 pixels of red, green and
blue. Smaller or grey squares are made of those when a run first asks for them. Both are plain
arrays in files that are mapped, not read: whoever takes a batch loads that batch and no more.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core.errors import DataError
from fmnist_core.folders.folder import SIDE, SMALLEST_SIDE

Levels = npt.NDArray[np.uint8]
PICTURES = "pictures.npy"
DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile)
"""What NumPy raises for a file that is missing, cut off or another one."""
_AT_ONCE = 64


def square(image: Image.Image) -> Levels:
    """An upright picture of any size and mode as (300, 300, 3), uint8.

    Squeezed to a square, as Keras' own loader does it; what is transparent becomes white.
    """
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    resized = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.uint8)


def smaller(levels: Levels, side: int, colour: bool) -> Levels:
    """(300, 300, 3) -> (side, side, 3), or (side, side) without colour; uint8."""
    image = Image.fromarray(levels)
    if not colour:
        image = image.convert("L")
    if side != SIDE:
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8)


def picture_for(image: Image.Image, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """What a network of this input shape is shown: as its training pictures were, (side, side,
    channels) float32 in [0, 1]. Raises DataError: not to be had in this shape."""
    check_shape(shape)
    levels = smaller(square(image), shape[0], colour=shape[2] == 3)
    return levels.reshape(shape).astype(np.float32) / np.float32(255)


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raises DataError: own pictures are not to be had in this shape."""
    height, width, channels = shape
    if height != width or not SMALLEST_SIDE <= height <= SIDE or channels not in (1, 3):
        raise DataError(
            f"Expected squares of {SMALLEST_SIDE} to {SIDE} pixels with 1 channel (grey) or 3 "
            f"(colour), received {height} x {width} x {channels}. Change the picture size."
        )


def squares(directory: Path, shape: tuple[int, int, int]) -> Levels:
    """All pictures of an imported folder, uint8 (n, side, side, 3), or (n, side, side) without
    colour: an np.memmap of a file that is made now if nobody asked for this shape before."""
    check_shape(shape)
    side, colour = shape[0], shape[2] == 3
    try:
        kept: Levels = np.load(directory / PICTURES, mmap_mode="r")
    except DAMAGED as error:
        raise DataError(f"The folder {directory.name} is damaged. Import it again.") from error
    if side == SIDE and colour:
        return kept
    path = directory / f"{side}-{'colour' if colour else 'grey'}.npy"
    try:
        made: Levels = np.load(path, mmap_mode="r")
    except DAMAGED:  # missing, too
        _shrink(kept, path, side, colour)
        try:
            made = np.load(path, mmap_mode="r")
        except DAMAGED as error:  # deleted in the same moment
            raise DataError(f"The folder {directory.name} is gone. Import it again.") from error
    return made


def write_squares(path: Path, shape: tuple[int, ...], levels: Iterable[Levels]) -> None:
    """Write arrays one after the other as one NPY file of ``shape``.

    Not through a mapping: where a disk is full, that ends the process instead of raising OSError.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for each in levels:
            file.write(np.ascontiguousarray(each).tobytes())


def _shrink(kept: Levels, path: Path, side: int, colour: bool) -> None:
    """Two processes may do this at once: each writes a file of its own, the last one stays."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".squares.", suffix=".npy")
    except OSError as error:  # the folder was deleted just now, or the disk is full
        raise _cannot_shrink(side, error) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        shape = (len(kept), side, side, 3) if colour else (len(kept), side, side)
        with ThreadPoolExecutor() as pool:  # Pillow resizes without the interpreter's lock

            def made() -> Iterator[Levels]:
                for begin in range(0, len(kept), _AT_ONCE):
                    part = kept[begin : begin + _AT_ONCE]
                    yield from pool.map(lambda levels: smaller(levels, side, colour), part)

            write_squares(temporary, shape, made())
        temporary.replace(path)
    except OSError as error:
        raise _cannot_shrink(side, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _cannot_shrink(side: int, error: OSError) -> DataError:
    return DataError(
        f"The pictures cannot be made {side} x {side}: {error.strerror}. Free some space, or "
        f"import them again."
    )
