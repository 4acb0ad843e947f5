"""Read IDX files (plain or gzip): the format in which MNIST and its relatives are published.

An IDX file is a header of big-endian 32-bit numbers, a magic number and one length per axis,
followed by the bytes. The header is not believed: it is checked against limits before anything
is allocated, and the file must then hold exactly what it claims.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fmnist_core.errors import DataError

Bytes = npt.NDArray[np.uint8]

MAX_ITEMS = 1_000_000
MAX_SIDE = 1_024
MAX_BYTES = 256 * 2**20  # of pixels, unpacked: five times what Fashion-MNIST needs

_IMAGES_MAGIC = 0x00000803  # unsigned bytes, three axes
_LABELS_MAGIC = 0x00000801  # unsigned bytes, one axis
_GZIP_MAGIC = b"\x1f\x8b"
_HEAD_BYTES = 4_096  # of a file, packed or not, in which its header certainly is
_AS_GZIP = 31  # zlib's wbits for "gzip header and checksum, 32 kB window"
_AGAIN = "Replace it with a fresh copy of the file."


def read_images(path: Path) -> Bytes:
    """Read an images file: read-only uint8 of shape (n, height, width), 0 to 255.

    Raises DataError, naming the file, for anything but a complete and honest IDX images file.
    """
    return _read(path, _IMAGES_MAGIC, "images")


def read_images_shape(path: Path) -> tuple[int, ...]:
    """Read what an images file claims to hold, (n, height, width), without unpacking it.

    Raises DataError, naming the file, when it is missing or does not start as an images file.
    """
    return _read_header(_Source(path, _HEAD_BYTES), _IMAGES_MAGIC, "images")


def read_labels(path: Path) -> Bytes:
    """Read a labels file: read-only uint8 of shape (n,).

    Raises DataError, naming the file, for anything but a complete and honest IDX labels file.
    """
    return _read(path, _LABELS_MAGIC, "labels")


def _read(path: Path, magic: int, kind: str) -> Bytes:
    source = _Source(path)
    shape = _read_header(source, magic, kind)
    size = int(np.prod(shape, dtype=np.int64))
    body = source.take(size + 1)  # one more than claimed, so that trailing bytes are noticed
    if len(body) > size or source.left_over():
        raise DataError(f"{path} holds more than the {size:,} bytes its header promises. {_AGAIN}")
    if len(body) < size or not source.complete():
        raise DataError(
            f"{path} is truncated: its header promises {size:,} bytes of {kind}, "
            f"{len(body):,} are there. {_AGAIN}"
        )
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)  # bytes, so it cannot be written to


def _read_header(source: _Source, magic: int, kind: str) -> tuple[int, ...]:
    axes = magic & 0xFF
    head = source.take(4 + 4 * axes)
    if head[:4] != struct.pack(">I", magic)[: len(head)]:
        raise DataError(
            f"{source.path} is not an IDX {kind} file: it starts with 0x{head[:4].hex()} instead "
            f"of 0x{magic:08x}. Give the {kind} file of the set."
        )
    if len(head) < 4 + 4 * axes:
        raise DataError(
            f"{source.path} is truncated: an IDX {kind} file starts with {4 + 4 * axes} bytes of "
            f"header, {len(head)} are there. {_AGAIN}"
        )
    shape = struct.unpack(f">{axes}I", head[4:])
    items, *sides = shape
    too_many = items > MAX_ITEMS or any(side > MAX_SIDE for side in sides)
    if min(shape) < 1 or too_many or np.prod(shape, dtype=object) > MAX_BYTES:
        raise DataError(
            f"{source.path} claims {' x '.join(f'{n:,}' for n in shape)} {kind}; 1 to "
            f"{MAX_ITEMS:,} and at most {MAX_BYTES // 2**20} MB can be read. {_AGAIN}"
        )
    return shape


class _Source:
    """The bytes of a file in order, unpacked on the way and never more than asked for."""

    def __init__(self, path: Path, most: int = -1) -> None:
        self.path = path
        try:
            if path.stat().st_size > MAX_BYTES:
                raise DataError(f"{path} is larger than {MAX_BYTES // 2**20} MB. {_AGAIN}")
            with path.open("rb") as file:
                self._packed = file.read(most)
        except OSError as error:
            raise DataError(
                f"{path} cannot be read: {error.strerror or error}. "
                "Put the four IDX files of the set there."
            ) from error
        is_gzip = self._packed.startswith(_GZIP_MAGIC)
        self._gzip = zlib.decompressobj(wbits=_AS_GZIP) if is_gzip else None

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer only where the file ends."""
        if self._gzip is None:
            taken, self._packed = self._packed[:size], self._packed[size:]
            return taken
        try:
            taken = self._gzip.decompress(self._packed, size)
        except zlib.error as error:
            raise DataError(f"{self.path} is corrupt: gzip says {error}. {_AGAIN}") from error
        self._packed = self._gzip.unconsumed_tail
        return taken

    def left_over(self) -> bytes:
        """Return what follows the end, after everything was taken."""
        return self._packed if self._gzip is None else self._gzip.unused_data

    def complete(self) -> bool:
        """Say whether the end was reached; that of gzip is a checksum, which was right then."""
        return self._gzip is None or self._gzip.eof
