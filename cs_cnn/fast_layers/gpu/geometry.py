"""The struct `Conv` of conv.cuh, on Python's side, and the memory formats of images."""

from functools import lru_cache
from math import gcd
from typing import NamedTuple

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.launch import contiguous
from cs_cnn.shapes import conv2d_shape, pad_pairs, pair

MOST = 2**31 - 2**10  # of what kernels count by int: the last block looks beyond the end
DIVISOR = [("value", "i4"), ("multiplier", "u4"), ("shift", "i4")]
DIVISORS = {"C_in", "H", "W", "C_out", "KH", "KW", "H_out", "W_out", "SH", "SW"}
DIVISORS |= {"taps", "down", "across"}


class Conv(NamedTuple):
    """What a convolution is made of; the letters are those of conv.cuh."""

    N: int
    C_in: int
    H: int
    W: int
    C_out: int
    KH: int
    KW: int
    H_out: int
    W_out: int
    SH: int
    SW: int
    top: int
    left: int
    DH: int
    DW: int
    groups: int

    @property
    def struct(self):
        """The argument of a kernel: CuPy hands a NumPy array over by value."""
        return _struct(self)

    @property
    def pixels(self):
        """Output pixels of all images."""
        return self.N * self.H_out * self.W_out

    @property
    def cells(self):
        """How many cells of SH x SW pixels cover an image, down and across, from its padding on."""
        return -(-(self.H + self.top) // self.SH), -(-(self.W + self.left) // self.SW)

    @property
    def depth(self):
        """The terms of one output: channels that a filter sees times taps."""
        return self.C_in // self.groups * self.KH * self.KW


@lru_cache(maxsize=4096)
def _struct(g):
    more = {
        "taps": g.KH * g.KW,
        "channels": g.C_in // g.groups,
        "filters": g.C_out // g.groups,
        "down": g.cells[0],
        "across": g.cells[1],
        "next_p": g.SH // gcd(g.SH, g.DH),
        "next_q": g.SW // gcd(g.SW, g.DW),
    }
    fields = {**g._asdict(), **more}
    del fields["groups"]
    types = [(name, DIVISOR if name in DIVISORS else "i4") for name in fields]
    values = (divisor(v) if name in DIVISORS else v for name, v in fields.items())
    return np.array([tuple(values)], dtype=types)


def divisor(value):
    """The struct `Divisor` of divisor.cuh: (value, multiplier, shift) with which a kernel divides.

    By 0, for images of no channels or pixels, no kernel divides.
    """
    shift = max(0, value - 1).bit_length()
    return value, 2 ** (31 + shift) // max(1, value) + 1, shift


@lru_cache(maxsize=4096)
def divisor_struct(value):
    """`divisor` as the argument of a kernel."""
    return np.array([divisor(value)], dtype=DIVISOR)


def conv_geometry(x, w, b, stride, padding, dilation, groups):
    """Check what a convolution is given (`cs_cnn.shapes.conv2d_shape`) and return its `Conv`."""
    N, C_out, H_out, W_out = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    (C_in, H, W), (KH, KW) = x.shape[1:], w.shape[2:]
    (top, _), (left, _) = pad_pairs(padding, (KH, KW), dilation, stride)
    steps, gaps = pair(stride), pair(dilation)
    sizes = (N, C_in, H, W, C_out, KH, KW, H_out, W_out)
    g = Conv(*sizes, *steps, top, left, *gaps, groups)
    if max(N * H * W, g.pixels, N * g.cells[0] * g.cells[1], w.size) > MOST:
        raise ValueError(
            f"conv2d: the GPU's kernels count pixels and weights up to {MOST} (x.shape={x.shape}, "
            f"w.shape={w.shape}): give a smaller batch"
        )
    return g


def is_channels_last(x):
    """Whether (N, C, H, W) images lie in memory as (N, H, W, C), and not both ways at once."""
    return not x.flags.c_contiguous and x.ndim == 4 and x.transpose(0, 2, 3, 1).flags.c_contiguous


def empty_as(x, shape):
    """An array (N, C, H, W) for a result, in x's dtype and memory format."""
    xp, (N, C, H, W) = array_module(x), shape
    if is_channels_last(x):
        return xp.empty((N, H, W, C), dtype=x.dtype).transpose(0, 3, 1, 2)
    return xp.empty(shape, dtype=x.dtype)


def in_format_of(x, array):
    """`array`, or a copy, in x's memory format (C order, or channels last), aligned to 16 bytes."""
    if is_channels_last(x):
        return contiguous(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return contiguous(array)


def strides(images):
    """The struct `Strides` of conv_tensor.cu: from one image, pixel and channel to the next."""
    image, channel, _, pixel = (s // images.itemsize for s in images.strides)
    fields = [(name, "i8") for name in ("image", "pixel", "channel")]
    return np.array([(image, pixel, channel)], dtype=fields)
