"""Strides: S x S pixels become one pixel with S² times the channels, and the stride becomes 1.

Windows S apart see pixel 0 of each S x S square at the same taps of the filter, pixel 1 at others,
and so on: the pixels of a square act as channels of their own ("space to depth"). An 11x11 filter
with stride 4 on 3 channels is a 3x3 filter with stride 1 on 48. The squares at the filter's edge
are filled up with zeros, some work for nothing; but stride 1 is what Winograd's tiles need.
"""

from functools import partial

import numpy as np

from cs_cnn.fast_layers import winograd
from cs_cnn.fast_layers.blocks import Places, padded, put
from cs_cnn.fast_layers.scratch import each, scratch

CHUNK_BYTES = 2e6
ONCE = Places()


def folded_kernel(w, S):
    """Filters (F, C, KH, KW) as (F, SH SW C, ceil(KH / SH), ceil(KW / SW))."""
    F, C, KH, KW = w.shape
    SH, SW = S
    KH_s, KW_s = -(-KH // SH), -(-KW // SW)
    squares = np.zeros((F, C, KH_s * SH, KW_s * SW), w.dtype)
    squares[:, :, :KH, :KW] = w
    squares = squares.reshape(F, C, KH_s, SH, KW_s, SW).transpose(0, 3, 5, 1, 2, 4)
    return squares.reshape(F, SH * SW * C, KH_s, KW_s)


def unfolded_kernel(w_s, shape, S):
    """The reverse of `folded_kernel`."""
    (F, C, KH, KW), (KH_s, KW_s), (SH, SW) = shape, w_s.shape[2:], S
    squares = w_s.reshape(F, SH, SW, C, KH_s, KW_s).transpose(0, 3, 4, 1, 5, 2)
    return squares.reshape(F, C, KH_s * SH, KW_s * SW)[:, :, :KH, :KW]


def _chunks(N, H, W, C, dtype):
    """Slices of so many images that their copy takes CHUNK_BYTES; a buffer for the copy of one."""
    step = max(1, int(CHUNK_BYTES / (H * W * C * dtype.itemsize)))
    chunks = [slice(n, min(n + step, N)) for n in range(0, N, step)]
    return chunks, scratch("strided", (min(step, N), H, W, C), dtype)


def _squares(x, out, w_s, places):
    """For chunks of x (N, H, W, C): which images, and their squares as channels."""
    (SH, SW), C = (places.SH, places.SW), x.shape[3]
    H, W = (out.shape[1] + w_s.shape[2] - 1), (out.shape[2] + w_s.shape[3] - 1)
    chunks, buffer = _chunks(len(x), H, W, SH * SW * C, x.dtype)

    def fold(n, n0):
        image = padded("strided image", x[n : n + 1], places.top, places.left, H * SH, W * SW)
        squares = image.reshape(H, SH, W, SW, C).transpose(0, 2, 1, 3, 4)
        np.copyto(buffer[n - n0].reshape(H, W, SH, SW, C), squares)

    for chunk in chunks:
        each(partial(fold, n0=chunk.start), range(chunk.start, chunk.stop), 8 * buffer.size)
        yield chunk, buffer[: chunk.stop - chunk.start]


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    w_s = folded_kernel(w, (places.SH, places.SW))
    for n, squares in _squares(x, out, w_s, places):
        winograd.forward(squares, w_s, b, out[n], ONCE)


def kernel_gradient(x, dout, w, places):
    """The gradient by w, from dout (N, H_out, W_out, F)."""
    w_s = folded_kernel(w, (places.SH, places.SW))
    dw_s = np.zeros_like(w_s)
    for n, squares in _squares(x, dout, w_s, places):
        dw_s += winograd.kernel_gradient(squares, dout[n], w_s, ONCE)
    return unfolded_kernel(dw_s, w.shape, (places.SH, places.SW))


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C)."""
    (SH, SW), (N, _, _, C) = (places.SH, places.SW), dx.shape
    w_s = folded_kernel(w, (SH, SW))
    KH, KW = w_s.shape[2:]
    H, W = dout.shape[1] + KH - 1, dout.shape[2] + KW - 1
    flipped = w_s.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    chunks, buffer = _chunks(N, H, W, SH * SW * C, dx.dtype)
    for chunk in chunks:
        squares = buffer[: chunk.stop - chunk.start]
        winograd.forward(dout[chunk], flipped, None, squares, Places(1 - KH, 1 - KW))

        def unfold(n, squares=squares, first=chunk.start):
            square = squares[n].reshape(H, W, SH, SW, C).transpose(0, 2, 1, 3, 4)
            image = scratch("strided image", (H * SH, W * SW, C), dx.dtype)
            np.copyto(image.reshape(H, SH, W, SW, C), square)
            put(image[None], dx[first + n][None], places)

        each(unfold, range(len(squares)), 8 * buffer.size)
