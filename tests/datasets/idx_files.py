"""Writes IDX files for tests: honest sets, and files that are not."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt


def encode(array: npt.NDArray[np.uint8]) -> bytes:
    """The IDX encoding of unsigned bytes."""
    return header(*array.shape) + array.tobytes()


def header(*shape: int) -> bytes:
    return struct.pack(f">{1 + len(shape)}I", 0x0800 | len(shape), *shape)


def write_set(
    folder: Path, train: int = 40, test: int = 20, packed: bool = True, side: int = 28
) -> None:
    """Four files of the usual names, labels 0 to 9 in turn."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for part, n in (("train", train), ("t10k", test)):
        pictures = random.integers(0, 256, (n, side, side), dtype=np.uint8)
        labels = (np.arange(n) % 10).astype(np.uint8)
        for name, array in (("images-idx3", pictures), ("labels-idx1", labels)):
            data = encode(array)
            path = folder / f"{part}-{name}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(data, 1) if packed else data)
