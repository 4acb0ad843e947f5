"""Messages between processes: a JSON object and named arrays in one frame. Never pickle.

::

    frame = length of what follows (8 bytes) | body
    body  = length of the JSON (4 bytes) | JSON | npy | npy ...

The names of the arrays stand in the JSON under ``arrays``, in their order.
"""

from __future__ import annotations

import io
import json
import struct
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
Header = dict[str, Any]

_FRAME = struct.Struct("<Q")
_JSON = struct.Struct("<I")
MAX_FRAME = 2 * 1024**3


def encode(header: Header, arrays: Arrays | None = None) -> bytes:
    """One body. Arrays of objects are refused with ValueError."""
    arrays = arrays or {}
    text = json.dumps(header | {"arrays": list(arrays)}, separators=(",", ":")).encode()
    body = io.BytesIO()
    body.write(_JSON.pack(len(text)))
    body.write(text)
    for array in arrays.values():
        np.lib.format.write_array(body, np.asarray(array), allow_pickle=False)
    return body.getvalue()


def header_of(body: bytes) -> Header:
    """The JSON object alone: whoever only passes a message on need not read its arrays."""
    (length,) = _JSON.unpack_from(body)
    header: Header = json.loads(body[_JSON.size : _JSON.size + length])
    return header


def decode(body: bytes) -> tuple[Header, Arrays]:
    """Reverse ``encode``. ValueError for anything that it did not write."""
    stream = io.BytesIO(body)
    (length,) = _JSON.unpack(stream.read(_JSON.size))
    header: Header = json.loads(stream.read(length))
    names = header.pop("arrays")
    return header, {name: np.lib.format.read_array(stream, allow_pickle=False) for name in names}


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame and flush. Not safe between threads: hold a lock."""
    stream.write(_FRAME.pack(len(body)))
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next body, or None at the end of the stream, be it in the middle of a frame."""
    head = stream.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    (length,) = _FRAME.unpack(head)
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length:,} bytes")
    body = stream.read(length)
    return body if len(body) == length else None
