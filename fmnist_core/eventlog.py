"""A file of JSON lines that survives kills and full disks: append whole lines, tail whole lines.

One record is one ``os.write`` on a descriptor opened with ``O_APPEND``, so records of several
processes never mix, and a killed process leaves at most one cut line: the last. A reader leaves
an unfinished last line alone until it is finished; whoever appends after a cut line begins with
a newline, which turns the cut line into one bad line that readers skip.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fmnist_core.errors import RunError

# Windows would write two characters for a newline, and fewer bytes than it was given.
_encode = json.JSONEncoder(separators=(",", ":")).encode
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class Appender:
    """Appends JSON objects to a file, each with the next sequence number under ``seq``.

    It counts on from what it found when it opened the file; of several processes that append at
    the same time, each counts its own.
    """

    def __init__(self, path: Path) -> None:
        """Raises RunError: the file cannot be opened, for example because its run was deleted."""
        self.path = path
        try:
            self._next = _last_sequence(path) + 1
            self._fd = os.open(path, _FLAGS, 0o644)
            self._cut = _is_cut(path)
        except OSError as error:
            raise RunError(f"Could not open {path.name}: {error.strerror}.") from error

    def append(self, *records: dict[str, Any]) -> None:
        """Write the records, all of them or an error.

        Raises:
            RunError: when the disk is full; what was written before is still readable.
        """
        numbered = enumerate(records, start=self._next)
        lines = [_encode({"seq": n} | record) for n, record in numbered]
        data = (("\n" if self._cut else "") + "\n".join(lines) + "\n").encode()
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise RunError(f"Could not write {self.path.name}: {error.strerror}.") from error
        self._next += len(records)
        self._cut = written < len(data)
        if self._cut:
            raise RunError(f"Could not finish writing {self.path.name}: is the disk full?")

    def close(self) -> None:
        os.close(self._fd)


class Tail:
    """Reads a file's new whole lines at each call."""

    def __init__(self, path: Path, leave_out: bytes | None = None) -> None:
        """Lines that contain ``leave_out`` are not even parsed."""
        self.path = path
        self._leave_out = leave_out
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """The objects that were finished since the last call; lines that are not JSON are left
        out."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.splitlines()
        if self._leave_out:
            lines = [line for line in lines if self._leave_out not in line]
        return list(_objects(lines))


def _objects(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _last_sequence(path: Path) -> int:
    numbers = (record.get("seq") for record in Tail(path).read())
    return max((number for number in numbers if isinstance(number, int)), default=0)


def _is_cut(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
