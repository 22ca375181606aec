"""im2col by tiles: the windows become the columns of a matrix that never leaves the cache.

For the pixels of a few output rows, all windows are copied side by side, (C KH KW, pixels), and one
product with the filters (F, C KH KW) does the rest. That is im2col, which is simple and takes any
stride and dilation; only, the matrix is made for as many pixels as fit in the cache, used at once
and overwritten, instead of once for all images in fresh memory.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cs_cnn.fast_layers.blocks import add_up, blocks, is_channels_last, padded, put
from cs_cnn.fast_layers.scratch import each, scratch

BLOCK_BYTES = 0.4e6


def _parts(w, out):
    """Blocks of so many pixels that their columns take BLOCK_BYTES."""
    N, H_out, W_out, F = out.shape
    return blocks(N, H_out, W_out, int(BLOCK_BYTES / ((w[0].size + F) * w.itemsize)))


def _view(image, shape, places):
    """Windows of padded images (N, H, W, C), as (N, C, KH, KW, rows, W_out); nothing is copied."""
    n, h, w, c = image.strides
    steps = (n, c, places.DH * h, places.DW * w, places.SH * h, places.SW * w)
    return as_strided(image, shape, steps)


def _frame(block, W_out, w, places):
    """(top, left, H, W) of the part of the padded images that a block's windows cover."""
    rows, (KH, KW) = block[1], w.shape[2:]
    H = (rows.stop - rows.start - 1) * places.SH + (KH - 1) * places.DH + 1
    W = (W_out - 1) * places.SW + (KW - 1) * places.DW + 1
    return places.top + rows.start * places.SH, places.left, H, W


def columns(x, block, W_out, w, places):
    """The windows of a block as columns: (N, C KH KW, pixels)."""
    frame = _frame(block, W_out, w, places)
    image = padded("columns image", x[block[0]], *frame, channels_last=False)
    N, rows = len(image), block[1].stop - block[1].start
    cols = scratch("columns", (N, *w.shape[1:], rows, W_out), x.dtype)
    np.copyto(cols, _view(image, cols.shape, places))
    return cols.reshape(N, -1, rows * W_out)


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    F, W_out = w.shape[0], out.shape[2]
    filters = w.reshape(F, -1)
    last = is_channels_last(out)

    def one(block):
        cols = columns(x, block, W_out, w, places)
        place = out[block]
        N, rows = place.shape[:2]
        if last:
            np.matmul(cols.swapaxes(1, 2), filters.T, out=place.reshape(N, rows * W_out, F))
        else:
            pixels = place.transpose(0, 3, 1, 2).reshape(N, F, rows * W_out)
            np.matmul(filters, cols, out=pixels)
        if b is not None:
            place += b

    each(one, _parts(w, out), 2 * out.size * w[0].size)


def kernel_gradient(x, dout, w, places):
    """The gradient by w, from dout (N, H_out, W_out, F): dout @ columnsᵀ."""
    F, W_out = w.shape[0], dout.shape[2]

    def one(block, dw):
        cols = columns(x, block, W_out, w, places)
        pixels = dout[block].transpose(0, 3, 1, 2).reshape(len(cols), F, -1)
        np.sum(pixels @ cols.swapaxes(1, 2), axis=0, out=dw)

    parts, shape = _parts(w, dout), (F, w[0].size)
    return add_up(one, parts, shape, x.dtype, 2 * dout.size * w[0].size).reshape(w.shape)


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
        np.matmul(filters, pixels, out=dcols.reshape(len(pixels), -1, H_out * W_out))
        frame = scratch("columns image", (len(pixels), C, H, W), dx.dtype).transpose(0, 2, 3, 1)
        frame[:] = 0
        windows = _view(frame, dcols.shape, places)
        for p in range(KH):
            for q in range(KW):
                windows[:, :, p, q] += dcols[:, :, p, q]
        put(frame, dx[n], places)

    images = int(BLOCK_BYTES / (H_out * W_out * (w[0].size + F) * dx.itemsize))
    each(one, blocks(N, 1, 1, max(1, images)), 2 * dout.size * w[0].size)
