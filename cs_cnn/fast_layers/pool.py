"""Pooling without a loop over windows: cut the image into phases, then compare whole arrays.

With stride S, every S-th pixel across and down forms a phase of its own: S x S small images. Each
tap of the window (its pixel p, q) then reads one phase from end to end, shifted by a few pixels, so
a maximum over windows is a handful of `np.maximum` over long contiguous arrays.

    stride 2     a b a b        tap (0, 0) is phase a, tap (0, 1) phase b,
                 c d c d        tap (1, 0) is phase c, tap (0, 2) phase a shifted by one

Where a shifted row ends, the next row begins: the last columns hold numbers that belong to no
window, and are left out of the result.

Letters: `B` planes, `H`, `W` image, `K` numbers per pixel, `KH`, `KW` kernel, `SH`, `SW` stride,
`H_out`, `W_out` output. A plane is a channel of an image (K = 1), or with the channels last in
memory a whole image (K = C).
"""

from contextlib import contextmanager
from math import prod
from typing import NamedTuple

import numpy as np

from cs_cnn.fast_layers.blocks import stays_channels_last
from cs_cnn.fast_layers.results import empty_images
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each
from cs_cnn.shapes import lowest, need_shape, pair, pool2d_shape

PART_BYTES = 2 * 2**20  # of x at a time: few calls from Python, and the phases stay near the core


class Window(NamedTuple):
    """How windows lie on an image: pairs (vertical, horizontal)."""

    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple

    @property
    def taps(self):
        """Every tap's distance (down, across) from the first, in reading order."""
        (KH, KW), (DH, DW) = self.kernel, self.dilation
        return [(p * DH, q * DW) for p in range(KH) for q in range(KW)]

    @property
    def overlap(self):
        """Whether a pixel may lie in two windows."""
        steps = zip(self.kernel, self.stride, self.dilation, strict=True)
        return any(d * (k - 1) + 1 > s for k, s, d in steps)

    def padded(self, x):
        """(H, W) of x (B, H, W, K) with its padding."""
        return tuple(n + 2 * p for n, p in zip(x.shape[1:3], self.padding, strict=True))


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    """Same as `cs_cnn.layers.max_pool2d_forward`; which pixel won is left to the backward pass."""
    window, shape = _window("max_pool2d", x, kernel_size, stride, padding, dilation)
    planes = as_planes(x)
    out, out_planes = _empty(shape, planes.shape[3] > 1, x.dtype)

    def one(part):
        _maximum(_whole(planes[part], window, lowest(x.dtype)), window, out_planes[part])

    each(one, _parts(planes), x.size * sum(window.kernel))
    return out, (x, shape, window)


def _maximum(x, window, out):
    """Write the largest number of every window of x, whole strides in size, into `out`.

    The maximum of a window is that of its columns' maxima: first down, then across, and KH + KW
    comparisons instead of KH KW.
    """
    (B, _, W, K), (H_out, W_out), (SH, SW) = x.shape, out.shape[1:3], window.stride
    down, across = sorted({i for i, _ in window.taps}), sorted({j for _, j in window.taps})
    tall = scratch("tall", (B, H_out, W, K), x.dtype)
    _largest([x[:, i : i + SH * (H_out - 1) + 1 : SH] for i in down], tall)
    pixels = tall.reshape(-1, SW, K)
    count = len(pixels) - across[-1] // SW  # where a row ends the next begins, as in `_taps`
    wide = out if W_out == W // SW else scratch("best", (B, H_out, W // SW, K), x.dtype)
    taps = [pixels[j // SW : j // SW + count, j % SW] for j in across]
    _largest(taps, wide.reshape(-1, K)[:count])
    if wide is not out:
        np.copyto(out, wide[:, :, :W_out])


def _largest(taps, out):
    """Write the largest of the taps, arrays of one shape, into `out`."""
    np.maximum(taps[0], taps[min(1, len(taps) - 1)], out=out)
    for tap in taps[2:]:
        np.maximum(out, tap, out=out)


def _winners(x, window, kind):
    """How far from its window's first pixel the first maximum is: (B, rows, columns, K).

    The steps grow in reading order, so the largest step at which a tap was better than all before
    it is that of the first maximum.
    """
    across, K = window.padded(x)[1], x.shape[3]
    phases = _phases(x, window, lowest(x.dtype))
    size = phases.shape[2:]
    best, where, better, here = (
        scratch(name, size, dtype)
        for name, dtype in [("best", x.dtype), ("won", kind), ("better", bool), ("here", kind)]
    )
    taps = _taps(phases, window)
    first = next(taps)
    flat = [a.reshape(-1)[: first.size] for a in (best, where, better, here)]
    best, won, better, here = flat
    np.copyto(best, first)
    won[...] = 0
    for tap, (i, j) in zip(taps, window.taps[1:], strict=True):
        np.greater(tap, best, out=better)
        np.multiply(better, kind((i * across + j) * K), out=here)
        np.maximum(won, here, out=won)
        np.maximum(best, tap, out=best)
    return where


def max_pool2d_backward(dout, cache):
    """Same as `cs_cnn.layers.max_pool2d_backward`: every gradient goes to the pixel that won."""
    x, shape, window = cache
    need_shape("max_pool2d_backward", "dout", dout, shape)
    planes = as_planes(x)
    K, (H_out, W_out), (SH, SW) = planes.shape[3], shape[2:], window.stride
    douts = as_planes(dout, K > 1)
    dx, dx_planes = _empty(x.shape, K > 1, x.dtype)
    H, W = window.padded(dx_planes)
    i, j = window.taps[-1]
    kind = np.uint16 if (i * W + j) * K < 2**16 else np.intp
    parts = _parts(dx_planes)
    b, i, j, k = np.ix_(*map(np.arange, (parts[0].stop, H_out, W_out, K)))
    corners = ((b * H + i * SH) * W + j * SW) * K + k  # the first pixel of every window of a part

    def one(part):
        won = _winners(planes[part], window, kind)[:, :H_out, :W_out]
        with _zeros(dx_planes[part], window) as dx_part:
            pixels = scratch("pixels", won.shape, np.intp)
            np.add(won, corners[: len(pixels)], out=pixels)
            if window.overlap:
                np.add.at(dx_part.reshape(-1), pixels.reshape(-1), douts[part].reshape(-1))
            else:
                dx_part.reshape(-1)[pixels.reshape(-1)] = douts[part].reshape(-1)

    each(one, parts, dx.size * len(window.taps))
    return dx


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """Same as `cs_cnn.layers.avg_pool2d_forward`."""
    window, shape = _window("avg_pool2d", x, kernel_size, stride, padding)
    planes = as_planes(x)
    out, out_planes = _empty(shape, planes.shape[3] > 1, x.dtype)

    def one(part):
        phases = _phases(planes[part], window, 0)
        total = scratch("best", phases.shape[2:], x.dtype)
        taps = _taps(phases, window)
        first = next(taps)
        flat = total.reshape(-1)[: first.size]
        np.copyto(flat, first)
        for tap in taps:
            flat += tap
        np.divide(total[:, : shape[2], : shape[3]], prod(window.kernel), out=out_planes[part])

    each(one, _parts(planes), x.size * prod(window.kernel))
    return out, (x.shape, shape, window, planes.shape[3])


def avg_pool2d_backward(dout, cache):
    """Same as `cs_cnn.layers.avg_pool2d_backward`."""
    x_shape, shape, window, K = cache
    need_shape("avg_pool2d_backward", "dout", dout, shape)
    (H_out, W_out), (SH, SW) = shape[2:], window.stride
    douts = as_planes(dout, K > 1)
    dx, dx_planes = _empty(x_shape, K > 1, dout.dtype)

    def one(part):
        share = np.divide(douts[part], prod(window.kernel))
        with _zeros(dx_planes[part], window) as dx_part:
            for i, j in window.taps:
                rows, columns = slice(i, i + SH * H_out, SH), slice(j, j + SW * W_out, SW)
                dx_part[:, rows, columns] += share

    each(one, _parts(dx_planes), dx.size)
    return dx


def as_planes(x, last=None):
    """x (N, C, H, W) as (B, H, W, K) in the order of its memory: B = N C, K = 1, or B = N, K = C.

    `last` tells whether the channels shall lie last; without it, they stay where they are.
    """
    last = stays_channels_last(x) if last is None else last
    if last:
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    return np.ascontiguousarray(x).reshape(-1, *x.shape[2:], 1)


def _empty(shape, last, dtype):
    """A new array (N, C, H, W), with the channels last or not, and its own view as planes."""
    out = empty_images(shape, dtype, last)
    return out, as_planes(out, last)


def _window(name, x, kernel_size, stride, padding, dilation=1):
    """Check the arguments; return them as a Window, and the shape of the output."""
    stride = kernel_size if stride is None else stride
    shape = pool2d_shape(name, x, kernel_size, stride, padding, dilation)
    pads = pair(padding, least=0)
    return Window(pair(kernel_size), pair(stride), pads, pair(dilation)), shape


def _parts(planes):
    """Slices of planes that fit into the cache, at least one for each core."""
    plane = planes.dtype.itemsize * prod(planes.shape[1:])
    step = max(1, min(PART_BYTES // plane, -(-len(planes) // cores())))
    return [slice(i, i + step) for i in range(0, len(planes) or 1, step)]


def _whole(x, window, fill):
    """x (B, H, W, K), padded with `fill` until it is whole strides in size."""
    (B, H, W, K), (PH, PW) = x.shape, window.padding
    size = [-(-n // s) * s for n, s in zip(window.padded(x), window.stride, strict=True)]
    if size == [H, W]:
        return x
    whole = scratch("padded", (B, *size, K), x.dtype)
    whole.fill(fill)
    whole[:, PH : PH + H, PW : PW + W] = x
    return whole


def _phases(x, window, fill):
    """Cut x (B, H, W, K), padded with `fill`, into its phases (SH, SW, B, rows, columns, K)."""
    x, (SH, SW) = _whole(x, window, fill), window.stride
    B, H, W, K = x.shape
    split = x.reshape(B, H // SH, SH, W // SW, SW, K).transpose(2, 4, 0, 1, 3, 5)
    if SH == SW == 1:
        return split
    phases = scratch("phases", split.shape, x.dtype)
    np.copyto(phases, split)
    return phases


def _taps(phases, window):
    """For every tap in reading order, what it meets: flat arrays of one length, views of phases."""
    (SH, SW), (columns, K) = window.stride, phases.shape[4:]
    shifts = [(i // SH * columns + j // SW) * K for i, j in window.taps]
    length = phases[0, 0].size - shifts[-1]
    for (i, j), shift in zip(window.taps, shifts, strict=True):
        yield phases[i % SH, j % SW].reshape(-1)[shift : shift + length]


@contextmanager
def _zeros(dx, window):
    """Zeros the size of dx (B, H, W, K) with its padding; without the padding they end up in dx."""
    if not any(window.padding):
        dx.fill(0)
        yield dx
        return
    (B, H, W, K), (PH, PW) = dx.shape, window.padding
    whole = scratch("padded", (B, *window.padded(dx), K), dx.dtype)
    whole.fill(0)
    yield whole
    np.copyto(dx, whole[:, PH : PH + H, PW : PW + W])
