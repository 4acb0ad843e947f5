"""Where pictures come from: a ZIP archive that nobody vouches for, or a folder of the server.

An archive is judged by its table of contents before a single byte of it is unpacked, and it is
never unpacked into files of its own names: ``importing`` reads one picture at a time into memory.
"""

from __future__ import annotations

import io
import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from fmnist_core.errors import DataError
from fmnist_core.images.opening import MAX_FILE_BYTES

MOST_ENTRIES = 20_000
"""In an archive or a folder, whatever they are."""
MOST_BYTES = 4 * 2**30
"""Of all entries together, unpacked."""
MOST_DIRECTORY_BYTES = MOST_ENTRIES * 1024
_END, _END64, _LONGEST_END = 22, 56 + 20, 22 + 65_535
"""Bytes of ZIP's last record, of ZIP64's record and locator, and of the first with a comment."""
MOST_RATIO = 100
"""Unpacked to packed, of an entry above ``SMALL``: pictures are packed already."""
SMALL = 2**20
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar")
_TURNS_TEXT = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LITTER = ("__macosx", "thumbs.db", "desktop.ini")


class Entry(NamedTuple):
    """A file: the names of its folders and its own, and how many bytes it says it has."""

    parts: tuple[str, ...]
    size: int

    @property
    def name(self) -> str:
        return "/".join(self.parts)


class Source(Protocol):
    """Files by name, read one at a time."""

    entries: list[Entry]
    problems: list[tuple[str, str]]
    """What could not even be listed, and why."""

    def read(self, entry: Entry) -> bytes:
        """Raises DataError: it cannot be read, or is larger than a picture may be."""
        ...


class ZipSource:
    """A ZIP archive, after its table of contents was found harmless."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos: dict[Entry, zipfile.ZipInfo] = {}
        self.problems: list[tuple[str, str]] = []
        seen: set[tuple[str, ...]] = set()
        infos = archive.infolist()
        if len(infos) > MOST_ENTRIES:
            raise DataError(_too_many("The archive", len(infos)))
        for info in infos:
            _refuse_hostile(info)
            parts = tuple(part for part in info.filename.split("/") if part not in ("", "."))
            if info.is_dir() or _is_litter(parts):
                continue
            if parts in seen:
                raise _refused("/".join(parts), "is in it twice")
            seen.add(parts)
            self._infos[Entry(parts, info.file_size)] = info
        total = sum(entry.size for entry in self._infos)
        if total > MOST_BYTES:
            raise DataError(
                f"The archive would unpack to {total / 2**30:.1f} GB; at most "
                f"{MOST_BYTES // 2**30} GB are read. Leave pictures out, or make them smaller."
            )
        self.entries = list(self._infos)

    def read(self, entry: Entry) -> bytes:
        _refuse_huge(entry)
        info = self._infos[entry]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Of the others zipfile unpacks whole blocks, whatever size was declared.
            raise DataError(f"{entry.name} is packed in a way that is not read. Pack it as usual.")
        try:
            with self._archive.open(info) as file:
                data = file.read(entry.size + 1)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise DataError(f"{entry.name} is damaged inside the archive ({error}).") from error
        except Exception as error:  # zlib, lzma and bz2 have errors of their own
            raise DataError(f"{entry.name} cannot be unpacked ({error}).") from error
        if len(data) != entry.size:
            raise DataError(
                f"{entry.name} has {len(data):,} bytes where the archive says {entry.size:,}."
            )
        return data


class FolderSource:
    """A folder of the server. Links that lead out of it are left alone."""

    def __init__(self, root: Path) -> None:
        try:
            self._root = root.resolve()
            there = self._root.is_dir()
        except OSError:  # below a folder that may not be looked into
            there = False
        if not there:
            raise DataError(f"{root} is no folder. Name one that has a sub-folder per class.")
        self.problems: list[tuple[str, str]] = []
        self._paths: dict[Entry, Path] = {}
        for folder, _, names in os.walk(self._root, onerror=self._closed):
            for name in names:
                self._list(Path(folder, name))
            if len(self._paths) > MOST_ENTRIES:  # before the rest of a whole disk is listed
                raise DataError(_too_many(str(root), len(self._paths)))
        self.entries = sorted(self._paths)

    def _list(self, path: Path) -> None:
        """One more file, unless it is litter, no file, or a link that leads out."""
        parts = self._parts(path)
        if _is_litter(parts):
            return
        try:
            if path.is_file() and self._inside(path):
                self._paths[Entry(parts, path.stat().st_size)] = path
        except OSError as error:
            self.problems.append(("/".join(parts), f"It cannot be read: {error.strerror}."))

    def _closed(self, error: OSError) -> None:
        """A folder that may not be looked into."""
        name = "/".join(self._parts(Path(error.filename)))
        self.problems.append((name or ".", f"The folder cannot be read: {error.strerror}."))

    def _parts(self, path: Path) -> tuple[str, ...]:
        """Names of folders and file; bytes that are no UTF-8 are written out."""
        parts = path.relative_to(self._root).parts
        return tuple(part.encode("utf-8", "backslashreplace").decode() for part in parts)

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root)

    def read(self, entry: Entry) -> bytes:
        _refuse_huge(entry)
        path = self._paths[entry]
        if not self._inside(path):  # replaced by a link since it was listed
            raise DataError(f"{entry.name} leads out of the folder.")
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"{entry.name} cannot be read: {error.strerror}.") from error


@contextmanager
def zip_source(file: Path | BinaryIO) -> Iterator[ZipSource]:
    """Open an archive.

    Raises:
        DataError: it is none, or something in it is not what an archive of pictures has. Nothing
            of it was unpacked.
    """
    try:
        if (size := _directory_bytes(file)) > MOST_DIRECTORY_BYTES:
            raise DataError(
                f"The archive was refused: its table of contents alone has {size / 2**20:.0f} MB. "
                f"At most {MOST_ENTRIES:,} files are read. Leave some out."
            )
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise DataError(
            f"This is no ZIP archive that can be read ({error}). Pack the folder again as .zip."
        ) from error
    with archive:
        yield ZipSource(archive)


def _directory_bytes(file: Path | BinaryIO) -> int:
    """How large the table of contents says it is: zipfile reads all of it, before anyone can count
    the entries. The larger where a file has two ends that could be meant."""
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
        length = opened.seek(0, io.SEEK_END)
        opened.seek(max(0, length - _LONGEST_END - _END64))
        tail = opened.read()
        opened.seek(0)
    sizes = [0]
    for at in (len(tail) - _END, tail.rfind(b"PK\x05\x06")):
        if at < 0 or tail[at : at + 4] != b"PK\x05\x06" or at + _END > len(tail):
            continue
        sizes.append(int.from_bytes(tail[at + 12 : at + 16], "little"))
        larger = at - _END64  # the record and the locator of ZIP64 come just before it
        if tail[at - 20 : at - 16] == b"PK\x06\x07" and larger >= 0:
            sizes[-1] = int.from_bytes(tail[larger + 40 : larger + 48], "little")
    return max(sizes)


def _refuse_hostile(info: zipfile.ZipInfo) -> None:
    """Raises DataError: this entry is not what an archive of pictures has."""
    # Of newer Pythons the first may come from an extra field of the archive.
    for name in (info.filename, info.orig_filename):
        if wrong := _wrong_name(name):
            raise _refused(name, wrong)
    if wrong := _wrong_kind(info):
        raise _refused(info.filename, wrong)


def _wrong_name(name: str) -> str:
    for wrong, what in (
        (not name or any(map(_is_control, name)), "has a name that cannot be printed"),
        (name.startswith(("/", "\\")) or name[1:2] == ":", "has an absolute path"),
        (".." in name.replace("\\", "/").split("/"), "leads out of the archive with '..'"),
        ("\\" in name, "has a backslash in its name"),
        ("<" in name or ">" in name, "has HTML in its name"),
        (name.lower().endswith(_ARCHIVES), "is an archive inside the archive"),
    ):
        if wrong:
            return what
    return ""


def _is_control(character: str) -> bool:
    """Control characters, line ends, what turns text around, and what is no character; not the
    spaces of other scripts."""
    turns = character in _TURNS_TEXT
    return turns or unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp")


def _wrong_kind(info: zipfile.ZipInfo) -> str:
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted"
    ratio = info.file_size // max(1, info.compress_size)
    if info.file_size > SMALL and ratio > MOST_RATIO:
        return f"would grow {ratio:,} times when unpacked"
    return ""


def _refused(name: str, wrong: str) -> DataError:
    # A name of unknown origin: short, and nothing that a page could take for more than letters.
    shown = "".join("?" if _is_control(each) else each for each in name[:80]) or "An entry"
    return DataError(
        f"The archive was refused, and nothing of it was unpacked: {shown} {wrong}. Pack only "
        f"folders with pictures."
    )


def _refuse_huge(entry: Entry) -> None:
    if entry.size > MAX_FILE_BYTES:
        raise DataError(
            f"{entry.name} has {entry.size / 2**20:.0f} MB; at most {MAX_FILE_BYTES // 2**20} "
            f"can be read."
        )


def _too_many(what: str, n: int) -> str:
    return f"{what} has {n:,} files or more; at most {MOST_ENTRIES:,} are read. Leave some out."


def _is_litter(parts: tuple[str, ...]) -> bool:
    """What file managers leave behind: not worth a word."""
    return any(part.startswith(".") or part.lower() in _LITTER for part in parts)
