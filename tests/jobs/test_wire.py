"""Frames: what was written is read again, and nothing but what was written."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fmnist_core.jobs import wire

ARRAYS = st.dictionaries(
    st.text(max_size=5),
    hnp.arrays(
        st.sampled_from([np.float32, np.uint8, np.int64]),
        hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
    ),
    max_size=3,
)


@given(header=st.dictionaries(st.sampled_from(["id", "kind", "ü"]), st.integers()), arrays=ARRAYS)
def test_a_message_is_read_as_it_was_written(header: wire.Header, arrays: wire.Arrays) -> None:
    body = wire.encode(header, arrays)

    read_header, read_arrays = wire.decode(body)

    assert read_header == header
    assert list(read_arrays) == list(arrays)
    for name, array in arrays.items():
        assert read_arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(read_arrays[name], array)
    assert wire.header_of(body) == header | {"arrays": list(arrays)}


def test_frames_follow_each_other_and_a_cut_one_is_the_end() -> None:
    stream = io.BytesIO()
    wire.write_frame(stream, b"one")
    wire.write_frame(stream, b"")
    wire.write_frame(stream, b"cut off")
    cut = io.BytesIO(stream.getvalue()[:-1])

    assert [wire.read_frame(cut) for _ in range(3)] == [b"one", b"", None]


def test_objects_are_neither_written_nor_read() -> None:
    objects = np.array([{"code": 1}], dtype=object)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        wire.encode({}, {"a": objects})

    body = io.BytesIO(wire.encode({"arrays": []}, {}))
    pickled = io.BytesIO()
    np.save(pickled, objects, allow_pickle=True)
    text = b'{"arrays":["a"]}'
    body = io.BytesIO(len(text).to_bytes(4, "little") + text + pickled.getvalue())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        wire.decode(body.getvalue())


def test_an_absurd_length_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(ValueError, match="a frame of"):
        wire.read_frame(io.BytesIO((2**60).to_bytes(8, "little") + b"x"))
