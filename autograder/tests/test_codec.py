"""Values survive the journey through bytes, and no bytes whatever do harm."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import codec
from autograder.sandbox.codec import LENGTHS, CodecError, Handle, arrays_in, decode, encode

DTYPES = ["?", "<i8", "<u1", ">i4", "<f4", ">f8", "<c16", "<U3", "|S5", "<M8[ns]", "<f2"]
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
arrays = st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, shapes))
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    arrays,
    st.builds(Handle, st.integers(), st.text(max_size=20)),
    st.sampled_from([np.float32(0.1), np.int64(-3), np.bool_(True), np.str_("ab")]),
    st.builds(slice, st.integers(), st.none(), st.integers()),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    ),
    max_leaves=8,
)


def alike(a, b):
    """Compare two values with their types, bit by bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(alike, a.values(), b.values()))
    return repr(a) == repr(b)


@given(values)
def test_round_trip(value):
    assert alike(decode(encode(value)), value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
        np.arange(10)[::-2],
        np.broadcast_to(np.float32(2), (3, 2)),
        np.array(5.0),
        np.zeros((0, 3)),
    ],
    ids=["transposed", "fortran", "reversed", "broadcast", "0-d", "empty"],
)
def test_any_layout_arrives_as_its_values(array):
    arrived = decode(encode(array))
    assert arrived.dtype == array.dtype
    np.testing.assert_array_equal(arrived, array, strict=True)
    assert arrived.flags.writeable
    assert arrived.flags.c_contiguous


def test_subclass_arrives_as_plain_data():
    arrived = decode(encode(np.ma.masked_array([1.0, 2.0], mask=[True, False])))
    assert type(arrived) is np.ndarray
    assert arrived.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "value", [object(), len, {1, 2}, {(1,): 2}, np.array([None]), np.zeros(2, "i4,f8")]
)
def test_what_cannot_travel_is_kept_or_refused(value):
    with pytest.raises(CodecError, match="cannot be sent"):
        encode(value)
    kept = []
    keep = lambda obj: kept.append(obj) or Handle(len(kept), "thing")  # noqa: E731
    assert decode(encode([value, 1], keep)) == [Handle(1, "thing"), 1]
    assert kept[0] is value


def test_cycle_becomes_a_handle_and_a_flood_an_error():
    cycle = []
    cycle.append(cycle)
    arrived = decode(encode(cycle, lambda obj: Handle(7, "list")))
    for _ in range(codec.MAX_DEPTH):
        (arrived,) = arrived
    assert arrived == Handle(7, "list")
    flood = []
    for _ in range(30):
        flood = [flood, flood]
    with pytest.raises(CodecError, match="too large"):
        encode(flood)


def test_too_large_an_array_is_refused():
    huge = np.broadcast_to(np.uint8(0), (codec.MAX_BUFFERS + 1,))
    with pytest.raises(CodecError, match="the limit is 256 MiB"):
        encode(huge)


def test_arrays_in_gives_one_order_on_both_sides():
    value = [np.zeros(1), ({"a": np.zeros(2), 3: [np.zeros(3)]}, "x")]
    assert [a.size for a in arrays_in(value)] == [1, 2, 3]
    assert [a.size for a in arrays_in(decode(encode(value)))] == [1, 2, 3]


def frame(header, buffers=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return LENGTHS.pack(len(header), len(buffers)) + header + buffers


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\0\0",
        encode(1)[:-1],
        encode(1) + b"x",
        LENGTHS.pack(2**32 - 1, 0),
        LENGTHS.pack(0, 2**63),
        frame(b"\xff\xfe"),
        frame(b"[" * 100_000),
        frame(b"1" * 5000),
        frame(b'{"a": 1}'),
        frame([]),
        frame(["pickle", "x"]),
        frame(["__init__", 0]),
        frame(1, b"x"),
        frame(["bytes", -1]),
        frame(["bytes", 2], b"x"),
        frame(["bytes", True], b"x"),
        frame(["array", "|O", [1], 8], b"x" * 8),
        frame(["array", "<f8", [-1], 8], b"x" * 8),
        frame(["array", "<f8", [2**62, 2**62], 0]),
        frame(["array", "<f8", [0, 2**62], 0]),
        frame(["array", "<f8", [1] * 100, 8], b"x" * 8),
        frame(["array", "<f8", [2], 8], b"x" * 8),
        frame(["array", "<f8", "11", 8], b"x" * 8),
        frame(["array", "<f8", None, 8], b"x" * 8),
        frame(["array", "<M8[dragon]", [1], 8], b"x" * 8),
        frame(["array", "<U999999", [1], 4], b"x" * 4),
        frame(["array", "|b1", [1], 1], b"\x02"),
        frame(["array", "<U1", [1], 4], b"\xff" * 4),
        frame(["array", 8, [1], 8], b"x" * 8),
        frame(["scalar", "<f8", [1], 8], b"x" * 8),
        frame(["array"]),
        frame(["int", "z"]),
        frame(["int", 5]),
        frame(["complex", None, 1]),
        frame(["handle", "1", "x"]),
        frame(["handle", 1, None]),
        frame(["slice", 1]),
        frame(["dict", 1]),
        frame(["dict", ["list"], 1]),
        frame(["dict", True, 1]),
        frame(["list", {"a": 1}]),
    ],
    ids=lambda bad: repr(bad[:60]),
)
def test_malformed_frames_raise_codec_error(bad):
    with pytest.raises(CodecError):
        decode(bad)


@given(st.binary(max_size=200))
def test_random_bytes_raise_codec_error(noise):
    with pytest.raises(CodecError):
        decode(noise)


@settings(max_examples=300)
@given(values, st.data())
def test_mutated_frames_give_a_value_or_codec_error(value, data):
    good = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        arrived = decode(bytes(good))
    except CodecError:
        return
    assert alike(decode(encode(arrived)), arrived)


@pytest.mark.parametrize("left", [0, 3, -1])
def test_a_frame_that_is_cut_off_is_the_end_of_the_stream(left):
    frame = encode({"a": np.arange(3)})
    assert codec.read_frame(io.BytesIO(frame)) == frame
    assert codec.read_frame(io.BytesIO(frame[:left])) is None
