"""Plain values to bytes and back: all that the grader and a student's process say to each other.

A frame is two big-endian lengths, a JSON header and the raw bytes of the arrays. In the header a
scalar stands for itself and every other value is a list that opens with its tag. Nothing is
pickled: whatever bytes arrive, `decode` gives a plain value or raises `CodecError`.
"""

import json
import math
import re
import struct
from dataclasses import dataclass

import numpy as np

LENGTHS = struct.Struct(">IQ")  # bytes of the header, bytes of all buffers
MAX_HEADER = 16 * 2**20
MAX_BUFFERS = 256 * 2**20
MAX_DEPTH = 32
MAX_VALUES = 500_000
LEAVES = ("int", "complex", "bytes", "array", "scalar", "handle")  # methods of _Decoder
DTYPE = re.compile(r"[<>|]([iu][1248]|b1|f2|f4|f8|f16|c8|c16|c32|[US][1-9]\d{0,5}|[mM]8(\[\w+\])?)")


class CodecError(ValueError):
    """The bytes are not a frame, or the value does not fit into one."""


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays in the process that made it."""

    id: int
    type_name: str


def encode(value, keep=None):
    """Turn a value into a frame.

    Parameters
    ----------
    value : object
        None, bool, int, float, complex, str, bytes, slice, NumPy array or scalar (no objects), and
        list, tuple or dict (str or int keys) of these. An ndarray subclass travels as its data.
    keep : callable, optional
        ``keep(obj) -> Handle`` for everything else, and for what is nested too deep.

    Returns
    -------
    bytes

    Raises
    ------
    CodecError
        If a value cannot travel and there is no `keep`, or if it is too large.
    """
    encoder = _Encoder(keep)
    header = json.dumps(encoder.node(value, 0), separators=(",", ":")).encode("ascii")
    size = sum(len(buffer) for buffer in encoder.buffers)
    if len(header) > MAX_HEADER or size > MAX_BUFFERS:
        raise CodecError(
            f"the value is too large to send: {(len(header) + size) / 2**20:.0f} MiB, "
            f"the limit is {MAX_BUFFERS // 2**20} MiB"
        )
    return b"".join([LENGTHS.pack(len(header), size), header, *encoder.buffers])


def decode(frame, made=Handle):
    """Turn a frame into the value it carries.

    Parameters
    ----------
    frame : bytes
    made : callable, optional
        ``made(number, type name)`` gives what stands for an object that did not travel.

    Returns
    -------
    object
        Arrays are new, writable and C-contiguous.

    Raises
    ------
    CodecError
        For every frame that `encode` could not have made.
    """
    header_size, size = frame_lengths(frame[: LENGTHS.size])
    start = LENGTHS.size + header_size
    if len(frame) != start + size:
        raise CodecError(f"the frame has {len(frame)} bytes, its lengths say {start + size}")
    try:
        tree = json.loads(frame[LENGTHS.size : start].decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise CodecError(f"the header is not JSON: {error}") from None
    decoder = _Decoder(memoryview(frame)[start:], made)
    value = decoder.value(tree, 0)
    if decoder.position != size:
        raise CodecError(f"{size - decoder.position} bytes follow the last array")
    return value


def arrays_in(value):
    """List the arrays inside lists, tuples and dicts, in an order that both sides share."""
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
    return [array for part in parts for array in arrays_in(part)]


def frame_lengths(prefix):
    """Read a frame's two lengths (header, buffers) from its first bytes, or raise CodecError."""
    if len(prefix) != LENGTHS.size:
        raise CodecError(f"the frame ends after {len(prefix)} bytes")
    header_size, size = LENGTHS.unpack(prefix)
    if header_size > MAX_HEADER or size > MAX_BUFFERS:
        raise CodecError(f"the frame is too large: {header_size} + {size} bytes")
    return header_size, size


def read_frame(stream):
    """Read one frame from a binary stream; None if that ends before, CodecError if too large."""
    prefix = stream.read(LENGTHS.size)
    if len(prefix) < LENGTHS.size:
        return None
    length = sum(frame_lengths(prefix))
    body = stream.read(length)
    return prefix + body if len(body) == length else None


class _Encoder:
    def __init__(self, keep):
        self.keep = keep
        self.buffers = []
        self.count = 0

    def node(self, value, depth):
        self.count += 1
        if self.count > MAX_VALUES:
            raise CodecError(f"the value is too large to send: more than {MAX_VALUES} parts")
        kind = type(value)
        if value is None or kind in (bool, float, str):
            return value
        if kind is int:
            return value if abs(value) < 2**53 else ["int", hex(value)]
        if kind is complex:
            return ["complex", value.real, value.imag]
        if kind is bytes:
            return ["bytes", self.buffer(value)]
        if isinstance(value, np.ndarray | np.generic) and DTYPE.fullmatch(value.dtype.str):
            return self.array(value)
        if depth < MAX_DEPTH:
            if kind in (list, tuple):
                return [kind.__name__, *(self.node(item, depth + 1) for item in value)]
            if kind is dict and all(type(key) in (str, int) for key in value):
                items = [part for pair in value.items() for part in pair]
                return ["dict", *(self.node(item, depth + 1) for item in items)]
            if kind is slice:
                parts = (value.start, value.stop, value.step)
                return ["slice", *(self.node(part, depth + 1) for part in parts)]
        return self.handle(value)

    def buffer(self, data):
        self.buffers.append(data)
        return len(data)

    def array(self, value):
        tag = "array" if isinstance(value, np.ndarray) else "scalar"
        data = np.asarray(value)
        return [tag, data.dtype.str, list(data.shape), self.buffer(data.tobytes())]

    def handle(self, value):
        if isinstance(value, Handle):
            handle = value
        elif self.keep:
            handle = self.keep(value)
        else:
            raise CodecError(f"a {type(value).__name__} cannot be sent, only plain values can")
        return ["handle", handle.id, handle.type_name]


class _Decoder:
    def __init__(self, buffers, made):
        self.buffers = buffers
        self.made = made
        self.position = 0
        self.count = 0

    def value(self, node, depth):
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise CodecError("the value is nested too deep or has too many parts")
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is not list or not node or type(node[0]) is not str:
            raise CodecError("a part of the header has no tag")
        tag, *parts = node
        if tag in ("list", "tuple", "dict", "slice"):
            return self.container(tag, [self.value(part, depth + 1) for part in parts])
        if tag not in LEAVES:
            raise CodecError(f"unknown tag {tag[:20]!r}")
        try:
            return getattr(self, tag)(*parts)
        except CodecError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CodecError(f"a {tag[:20]!r} part is malformed: {error}") from None

    def container(self, tag, items):
        if tag == "list":
            return items
        if tag == "tuple":
            return tuple(items)
        if tag == "slice":
            if len(items) != 3:
                raise CodecError("a slice has three parts")
            return slice(*items)
        if len(items) % 2 or any(type(key) not in (str, int) for key in items[::2]):
            raise CodecError("a dict needs pairs, and str or int keys")
        return dict(zip(items[::2], items[1::2], strict=True))

    def int(self, text):
        return int(text, 16)

    def complex(self, real, imag):
        return complex(float(real), float(imag))

    def bytes(self, size):
        return self.take(size).tobytes()

    def array(self, name, shape, size):
        if not DTYPE.fullmatch(name):
            raise CodecError(f"dtype {name[:20]!r} cannot travel")
        dtype = np.dtype(name)
        if len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise CodecError(f"{shape!r:.60} is not a shape")
        if math.prod(shape) * dtype.itemsize != size:
            raise CodecError(f"shape {tuple(shape)} of {name} does not have {size} bytes")
        data = self.take(size)
        if dtype.kind == "b" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
            raise CodecError("a bool is neither 0 nor 1")
        if dtype.kind == "U" and np.frombuffer(data, dtype.str[0] + "u4").max(initial=0) > 0x10FFFF:
            raise CodecError("a character is not Unicode")
        return np.frombuffer(data, dtype).reshape(shape).copy()

    def scalar(self, name, shape, size):
        if shape != []:
            raise CodecError("a scalar has no shape")
        return self.array(name, shape, size)[()]

    def handle(self, number, type_name):
        if type(number) is not int or type(type_name) is not str:
            raise CodecError("a handle is a number and a name")
        return self.made(number, type_name[:100])

    def take(self, size):
        if type(size) is not int or not 0 <= size <= len(self.buffers) - self.position:
            raise CodecError(f"{size!r:.20} bytes are not there")
        self.position += size
        return self.buffers[self.position - size : self.position]
