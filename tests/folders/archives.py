"""Small pictures and archives of them, honest or patched byte by byte, for the tests of imports."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from fmnist_core.folders import Folder, FolderStore, import_folder, import_zip

Entries: TypeAlias = Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]]

# Where a number stands in a record of the table of contents, and in the header before a file.
_TABLE = {
    "flags": (8, "<H"),
    "method": (10, "<H"),
    "crc": (16, "<L"),
    "packed": (20, "<L"),
    "size": (24, "<L"),
    "attributes": (38, "<L"),
}
_HEADER = {
    "flags": (6, "<H"),
    "method": (8, "<H"),
    "crc": (14, "<L"),
    "packed": (18, "<L"),
    "size": (22, "<L"),
}


def picture(number: int, size: tuple[int, int] = (8, 6)) -> Image.Image:
    """One colour all over, another one for each number below 50,000; never grey."""
    return Image.new("RGB", size, (number % 256, number // 256, 200))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def written(root: Path, counts: Mapping[str, int], first: int = 0) -> Path:
    """So many pictures in each folder below ``root``, all of them different, numbered on from
    ``first``. Returns ``root``."""
    number = first
    for folder, n in counts.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            (root / folder / f"{i:03d}.png").write_bytes(encoded(picture(number)))
            number += 1
    return root


def innocent(n: int = 6) -> dict[str, bytes]:
    """What an archive of two classes holds."""
    return {
        f"{name}/{i}.png": encoded(picture(100 * k + i))
        for k, name in enumerate(("cats", "dogs"))
        for i in range(n)
    }


def zipped(entries: Entries, method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with exactly these names, those that zipfile itself would mend too."""
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in pairs:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo()
            info.filename = info.filename if isinstance(name, zipfile.ZipInfo) else name
            archive.writestr(info, data, method)
    return buffer.getvalue()


def patched(archive: bytes, name: str, own_header: bool = False, **numbers: int) -> bytes:
    """The archive with other numbers in its table of contents (``own_header``: in the header
    before the file too), such as ``size=5``, for the entry of this name."""
    changed = bytearray(archive)
    records = [(b"PK\1\2", _TABLE, 28, 46)]
    if own_header:
        records.append((b"PK\3\4", _HEADER, 26, 30))
    for signature, places, length_at, name_at in records:
        found, at = 0, -1
        while (at := archive.find(signature, at + 1)) >= 0:
            (length,) = struct.unpack_from("<H", archive, at + length_at)
            if archive[at + name_at : at + name_at + length] != name.encode():
                continue
            found += 1
            for field, value in numbers.items():
                place, kind = places[field]
                struct.pack_into(kind, changed, at + place, value)
        assert found == 1, f"{name} is in the archive {found} times"
    return bytes(changed)


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""


def from_bytes(store: FolderStore, archive: bytes, name: str = "Pets") -> Folder:
    return import_zip(store.root, io.BytesIO(archive), name, quiet)


def from_folder(store: FolderStore, source: Path, name: str = "Pets") -> Folder:
    return import_folder(store.root, source, name, quiet)
