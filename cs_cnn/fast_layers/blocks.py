"""How a convolution is cut into blocks that fit in the cache, and how their results come together.

Images are views of shape (N, H, W, C) here, whatever their memory is like: "channels last" if the
channels of a pixel lie side by side, "channels first" (NCHW) if the pixels of a row do.
"""

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each

SAME_PLACE = 512  # bytes: lines that lie a multiple of this apart compete in the cache


class Places(NamedTuple):
    """Where the windows lie: the first window's corner, and the steps between windows and taps."""

    top: int = 0  # row of the image where the first window starts, negative in the padding
    left: int = 0
    SH: int = 1
    SW: int = 1
    DH: int = 1
    DW: int = 1


def turned(w, places):
    """The filters and places of a convolution of dout that gives the gradient by the images.

    With stride 1, every pixel gathers what the windows around it send: dout meets the filters
    turned by 180 degrees, and channels and filters change places.
    """
    top = -places.DH * (w.shape[2] - 1) - places.top
    left = -places.DW * (w.shape[3] - 1) - places.left
    return w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1], places._replace(top=top, left=left)


def is_channels_last(x):
    """Whether the channels of a pixel of x (N, H, W, C) are neighbours in memory."""
    return x.shape[3] == 1 or (x.strides[3] == x.itemsize and x.strides[2] != x.itemsize)


def stays_channels_last(x):
    """Whether x (N, C, H, W) has its channels last in memory, so that results shall have them too.

    With a single channel both layouts are the same: first.
    """
    return x.ndim == 4 and x.shape[1] > 1 and is_channels_last(x.transpose(0, 2, 3, 1))


def blocks(N, rows, across, pixels, over=0.4):
    """Cut N images of `rows` rows, `across` pixels each, into pairs of slices (images, rows).

    A block holds about `pixels` pixels: some rows of one image, or all rows of some images. All
    have nearly the same size, and there are enough for all cores. A block of whole images may be
    larger by this part `over` where each core then has one block less to start.
    """
    pixels = max(1, min(pixels, -(-N * rows * across // cores())))
    if pixels < rows * across:
        spans = parts(rows, -(-rows * across // pixels))
        return [(slice(n, n + 1), span) for n in range(N) for span in spans]
    count = -(-N // int((1 + over) * pixels / (rows * across)))
    return [(n, slice(0, rows)) for n in parts(N, -(-count // cores()) * cores())]


def parts(length, count):
    """`count` slices of nearly equal lengths, or as many as there are items."""
    count = min(count, length)
    return [slice(i * length // count, (i + 1) * length // count) for i in range(count)]


def strided_view(x, shape, strides):
    """`as_strided` in a fifth of the time, for x whose numbers are contiguous in some order."""
    return np.ndarray(shape, x.dtype, x.ravel("K"), 0, strides)


def padded(name, x, top, left, H, W, channels_last=True):
    """x[:, top : top + H, left : left + W], with zeros where that lies outside of the images.

    Returns (N, H, W, C), contiguous with the channels last or first: x itself where nothing has to
    be copied, else scratch memory.
    """
    N, H_x, W_x, C = x.shape
    rows = slice(min(max(top, 0), H_x), max(min(top + H, H_x), 0))
    cols = slice(min(max(left, 0), W_x), max(min(left + W, W_x), 0))
    inside = x[:, rows, cols]
    h, w = inside.shape[1:3]
    memory = inside if channels_last else inside.transpose(0, 3, 1, 2)
    if (h, w) == (H, W) and memory.flags.c_contiguous:
        return inside
    if channels_last:
        image = scratch(name, (N, H, W, C), x.dtype)
    else:
        image = scratch(name, (N, C, H, W), x.dtype).transpose(0, 2, 3, 1)
    r, c = max(-top, 0), max(-left, 0)
    if (h, w) != (H, W):
        image[...] = 0
    if channels_last and x.strides[3] % SAME_PLACE == 0 and C > 8:
        inside = apart("apart", inside)
    np.copyto(image[:, r : r + h, c : c + w], inside)
    return image


def apart(name, x):
    """A copy of x (N, H, W, C), channels first, whose channels lie at other places in the cache.

    A cache line can only be kept at a few places, given by the last bits of its address. Where the
    channels of a pixel lie 4096 bytes apart, as in images of 32 x 32, they all want the same
    places and push each other out, and gathering them takes nine times as long.
    """
    copy = _planes(name, x)
    np.copyto(copy.transpose(0, 3, 1, 2), x.transpose(0, 3, 1, 2))
    return copy


@contextmanager
def apart_from(name, x):
    """Where to write x (N, H, W, C): x itself or, if its channels compete, scratch to be copied."""
    if x.strides[3] % SAME_PLACE or x.shape[3] <= 8:
        yield x
    else:
        yield (target := _planes(name, x))
        np.copyto(x.transpose(0, 3, 1, 2), target.transpose(0, 3, 1, 2))


def _planes(name, x):
    N, H, W, C = x.shape
    line = 64 // x.itemsize
    planes = scratch(name, (N, C, H * W + line), x.dtype)[:, :, : H * W]
    return planes.reshape(N, C, H, W).transpose(0, 2, 3, 1)


def put(frame, dx, places):
    """Write into dx (N, H, W, C) what lies inside of it of `frame`, the padded images' gradient.

    The rows and columns at the end of dx that no window covers become zero.
    """
    inside = frame[:, -places.top :, -places.left :][:, : dx.shape[1], : dx.shape[2]]
    h, w = inside.shape[1:3]
    dx[:, :h, :w] = inside
    dx[:, h:] = dx[:, :h, w:] = 0


def add_up(task, parts, shape, dtype, operations):
    """The sum of `task(part, out)` over all parts, always in the same order.

    Each core takes a fixed share of the parts and adds them up by itself; then the sums are added.
    `task` writes an array of this shape and dtype into `out`.
    """
    parts = list(parts)
    if not parts:
        return np.zeros(shape, dtype)
    count = min(cores(), len(parts))
    shares = [parts[i * len(parts) // count : (i + 1) * len(parts) // count] for i in range(count)]
    sums = [np.empty(shape, dtype) for _ in shares]

    def one(i):
        task(shares[i][0], sums[i])
        for part in shares[i][1:]:
            term = scratch("term", shape, dtype)
            task(part, term)
            sums[i] += term

    each(one, range(count), operations)
    for other in sums[1:]:
        sums[0] += other
    return sums[0]
