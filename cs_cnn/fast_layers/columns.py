"""im2col by tiles: the windows become the columns of a matrix that never leaves the cache.

For the pixels of a few output rows, all windows are copied side by side, (C KH KW, pixels), and one
product with the filters (F, C KH KW) does the rest. That is im2col, which is simple and takes any
stride and dilation; only, the matrix is made for as many pixels as fit in the cache, used at once
and overwritten, instead of once for all images in fresh memory.
"""

import numpy as np

from cs_cnn.fast_layers.blocks import add_up, blocks, padded, put, strided_view
from cs_cnn.fast_layers.products import matmul, sum_of_products
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import each

BLOCK_BYTES = 2.4e6
LINE = 16  # numbers between the rows: rows 4096 bytes apart would compete in the cache


def _parts(w, out):
    """Blocks of so many pixels that their columns take BLOCK_BYTES."""
    N, H_out, W_out, F = out.shape
    return blocks(N, H_out, W_out, int(BLOCK_BYTES / ((w[0].size + F) * w.itemsize)))


def _frame(block, W_out, w, places):
    """(top, left, H, W) of the part of the padded images that a block's windows cover.

    H is a whole number of strides.
    """
    rows, (KH, KW), S = block[1], w.shape[2:], places.SH
    H = (rows.stop - rows.start - 1) * S + (KH - 1) * places.DH + 1
    W = (W_out - 1) * places.SW + (KW - 1) * places.DW + 1
    return places.top + rows.start * S, places.left, -(-H // S) * S, W


def _taps(image, KW, W_out, places):
    """Each pixel's KW neighbours across, of images (N, H, W, C), as a view: nothing is copied.

    (N, C, KW, SH, H / SH, W_out): rows SH apart follow each other, as the windows need them.
    """
    (N, H, _, C), (n, h, w, c), S = image.shape, image.strides, places.SH
    shape, steps = (N, C, KW, S, H // S, W_out), (n, c, places.DW * w, h, S * h, places.SW * w)
    return strided_view(image, shape, steps)


def _rows(lowered, p, count, places):
    """What tap row p meets of `lowered`, the copy of `_taps`: (N, C, KW, rows, W_out)."""
    first, phase = divmod(p * places.DH, places.SH)
    return lowered[:, :, :, phase, first : first + count]


def columns(x, block, W_out, w, places):
    """The windows of a block as columns, and below them a row of ones: (N, C KH KW + 1, pixels).

    The copy is made in two steps, because short runs are slow: first the neighbours across, pixel
    by pixel; from those the neighbours down, which are whole images of rows that lie in a row.
    """
    image = padded("columns image", x[block[0]], *_frame(block, W_out, w, places), False)
    (C, KH, KW), count = w.shape[1:], block[1].stop - block[1].start
    taps = _taps(image, KW, W_out, places)
    lowered = scratch("columns lowered", taps.shape, x.dtype)
    np.copyto(lowered, taps)
    N, K, P = len(image), C * KH * KW, count * W_out
    cols = scratch("columns", (N, K + 1, P + LINE), x.dtype)[:, :, :P]
    windows = cols[:, :K].reshape(N, C, KH, KW, count, W_out)
    for p in range(KH):
        np.copyto(windows[:, :, p], _rows(lowered, p, count, places))
    cols[:, K] = 1
    return cols


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    F, W_out = w.shape[0], out.shape[2]
    bias = np.zeros(F, w.dtype) if b is None else b  # counts once for each pixel: meets the ones
    filters = np.column_stack([w.reshape(F, -1), bias])

    def one(block):
        cols = columns(x, block, W_out, w, places)
        place = out[block]
        matmul(filters, cols, place.transpose(0, 3, 1, 2).reshape(len(place), F, -1))

    each(one, _parts(w, out), 0.1 * out.size * w[0].size)


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F): dout @ columnsᵀ."""
    F, W_out = w.shape[0], dout.shape[2]

    def one(block, dw):
        cols = columns(x, block, W_out, w, places)
        pixels = dout[block].transpose(0, 3, 1, 2).reshape(len(cols), F, -1)
        sum_of_products(pixels, cols, dw)

    parts, shape = _parts(w, dout), (F, w[0].size + 1)
    dw = add_up(one, parts, shape, x.dtype, 0.1 * dout.size * w[0].size)
    return dw[:, :-1].reshape(w.shape), dw[:, -1]


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C): columns wᵀ dout, added up (col2im)."""
    (N, H_out, W_out, F), (C, KH, KW) = dout.shape, w.shape[1:]
    filters = w.reshape(F, -1).T
    H, W = _frame((None, slice(0, H_out)), W_out, w, places)[2:]

    def one(block):
        n = block[0]
        gradient = padded("columns gradient", dout[n], 0, 0, H_out, W_out, channels_last=False)
        pixels = gradient.transpose(0, 3, 1, 2).reshape(-1, F, H_out * W_out)
        dcols = scratch("columns", (len(pixels), C, KH, KW, H_out, W_out), dx.dtype)
        matmul(filters, pixels, dcols.reshape(len(pixels), -1, H_out * W_out))
        frame = scratch("columns image", (len(pixels), C, H, W), dx.dtype).transpose(0, 2, 3, 1)
        frame[...] = 0
        taps = _taps(frame, KW, W_out, places)
        lowered = scratch("columns lowered", taps.shape, dx.dtype)
        lowered[...] = 0
        for p in range(KH):
            place = _rows(lowered, p, H_out, places)
            place += dcols[:, :, p]
        for q in range(KW):
            taps[:, :, q] += lowered[:, :, q]
        put(frame, dx[n], places)

    images = int(BLOCK_BYTES / (H_out * W_out * (w[0].size + F) * dx.itemsize))
    each(one, blocks(N, 1, 1, max(1, images)), 0.1 * dout.size * w[0].size)
