"""Strides: S x S pixels become one pixel with S² times the channels, and the stride becomes 1.

Windows S apart see pixel 0 of each S x S square at the same taps of the filter, pixel 1 at others,
and so on: the pixels of a square act as channels of their own ("space to depth"). An 11x11 filter
with stride 4 on 3 channels is a 3x3 filter with stride 1 on 48. The squares at the filter's edge
are filled up with zeros, some work for nothing; but stride 1 is what Winograd's tiles need.
"""

import numpy as np

from cs_cnn.fast_layers import winograd
from cs_cnn.fast_layers.blocks import Places, put
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import each

CHUNK_BYTES = 2e6


def folded_kernel(w, S):
    """Filters (F, C, KH, KW) as (F, C SH SW, ceil(KH / SH), ceil(KW / SW))."""
    F, C, KH, KW = w.shape
    SH, SW = S
    KH_s, KW_s = -(-KH // SH), -(-KW // SW)
    squares = np.zeros((F, C, KH_s * SH, KW_s * SW), w.dtype)
    squares[:, :, :KH, :KW] = w
    squares = squares.reshape(F, C, KH_s, SH, KW_s, SW).transpose(0, 1, 3, 5, 2, 4)
    return squares.reshape(F, C * SH * SW, KH_s, KW_s)


def unfolded_kernel(w_s, shape, S):
    """The reverse of `folded_kernel`."""
    (F, C, KH, KW), (KH_s, KW_s), (SH, SW) = shape, w_s.shape[2:], S
    squares = w_s.reshape(F, C, SH, SW, KH_s, KW_s).transpose(0, 1, 4, 2, 5, 3)
    return squares.reshape(F, C, KH_s * SH, KW_s * SW)[:, :, :KH, :KW]


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    winograd.forward(x, folded_kernel(w, (places.SH, places.SW)), b, out, places)


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F)."""
    S = places.SH, places.SW
    dw_s, db = winograd.kernel_gradient(x, dout, folded_kernel(w, S), places)
    return unfolded_kernel(dw_s, w.shape, S), db


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C)."""
    (SH, SW), (N, _, _, C) = (places.SH, places.SW), dx.shape
    w_s = folded_kernel(w, (SH, SW))
    KH, KW = w_s.shape[2:]
    H, W = dout.shape[1] + KH - 1, dout.shape[2] + KW - 1
    step = max(1, int(CHUNK_BYTES / (H * W * SH * SW * C * dx.itemsize)))
    buffer = scratch("strided", (min(step, N), H, W, SH * SW * C), dx.dtype)
    for chunk in (slice(n, min(n + step, N)) for n in range(0, N, step)):
        squares = buffer[: chunk.stop - chunk.start]
        winograd.image_gradient(dout[chunk], w_s, squares, Places())

        def unfold(n, squares=squares, first=chunk.start):
            square = squares[n].reshape(H, W, C, SH, SW).transpose(2, 0, 3, 1, 4)
            image = scratch("strided image", (C, H * SH, W * SW), dx.dtype)
            np.copyto(image.reshape(C, H, SH, W, SW), square)
            put(image.transpose(1, 2, 0)[None], dx[first + n][None], places)

        each(unfold, range(len(squares)), 8 * buffer.size)
