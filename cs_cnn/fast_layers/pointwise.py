"""1x1 filters: a convolution that is a plain matrix product, with nothing to copy.

Every pixel's C channels are multiplied with the same (F, C) matrix. Channels first, that is w @ x
for each image (F, C) @ (C, H W); channels last, x @ wᵀ for all pixels at once, (N H W, C) @ (C, F).
"""

import numpy as np

from cs_cnn.fast_layers.blocks import add_up, blocks, is_channels_last, padded, turned
from cs_cnn.fast_layers.products import matmul, sum_of_products
from cs_cnn.fast_layers.threads import each

BLOCK_BYTES = 2e6


def _parts(x, out, places):
    """The blocks, and a function that gives a block of x as (N, rows, W_out, C) in its layout."""
    N, H_out, W_out, F = out.shape
    fit = int(BLOCK_BYTES / ((x.shape[3] + F) * x.itemsize))

    def pixels(block):
        n, rows = block
        top, height = places.top + rows.start * places.SH, rows.stop - rows.start
        H, W = (height - 1) * places.SH + 1, (W_out - 1) * places.SW + 1
        end, right = top + H, places.left + W
        if min(top, places.left) >= 0 and end <= x.shape[1] and right <= x.shape[2]:
            return x[n, top : end : places.SH, places.left : right : places.SW]
        image = padded("pointwise image", x[n], top, places.left, H, W, is_channels_last(x))
        return image[:, :: places.SH, :: places.SW]

    return blocks(N, H_out, W_out, fit), pixels


def _matrices(image):
    """(N, H, W, C) as matrices (N, H W, C): a view where the memory allows it."""
    N, H, W, C = image.shape
    if is_channels_last(image):
        return image.reshape(N, H * W, C)
    return image.transpose(0, 3, 1, 2).reshape(N, C, H * W).swapaxes(1, 2)


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, 1, 1) into out."""
    parts, pixels = _parts(x, out, places)
    matrix = np.ascontiguousarray(w[:, :, 0, 0].T)
    multiply = matmul if is_channels_last(out) else np.matmul

    def one(block):
        n, rows = block
        place = out[n, rows]
        multiply(_matrices(pixels(block)), matrix, out=_matrices(place))
        if b is not None:
            place += b

    each(one, parts, 0.1 * out.size * w.shape[1])


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images, for stride 1, into dx (N, H, W, C)."""
    filters, places = turned(w, places)
    forward(dout, filters, None, dx, places)


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F): doutᵀ @ x, summed."""
    parts, pixels = _parts(x, dout, places)

    def one(block, dw):
        n, rows = block
        gradient = _matrices(dout[n, rows]).swapaxes(1, 2)
        sum_of_products(gradient, _matrices(pixels(block)).swapaxes(1, 2), dw[:, :-1])
        np.sum(gradient.sum(axis=2), axis=0, out=dw[:, -1])

    (F, C), operations = w.shape[:2], 0.1 * dout.size * w.shape[1]
    dw = add_up(one, parts, (F, C + 1), x.dtype, operations)
    return dw[:, :-1, None, None], dw[:, -1]
