"""Shifted windows: each pixel copied KW times, not KH KW times (Cho and Brand's MEC, 2017).

Windows one row apart share all their rows but one. So only the KW neighbours across are laid out,
once for every row of the image; then the window of an output row is KH rows of that, one after the
other in memory. Views that overlap go straight into the matrix product:

    lowered[h] = the windows of image row h              (C KW, W_out), channels first
    out[i]     = w (F, KH C KW) @ lowered[i SH : i SH + KH]      viewed as (KH C KW, W_out)

and likewise with the channels last, where lowered is (W_out, H, KW C) and a window KH KW C numbers
in a row. The gradients use the same copy: that by the filters is one product for each kernel row;
that by the images slides the filters over the rows of dout and adds up KW neighbours, not KH KW.
A bias is the weight of one more tap, which is always 1: the product adds it, not another pass.

For dilation 1 from row to row (DH); any stride and DW. Images are (N, H, W, C) here.
"""

import numpy as np

from cs_cnn.fast_layers.blocks import add_up, blocks, is_channels_last, padded, put, strided_view
from cs_cnn.fast_layers.products import matmul, sum_of_products
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import each

BLOCK_BYTES = 2.4e6


def _blocks(w, out, places):
    """Blocks of so many pixels that their images, neighbours and results take BLOCK_BYTES."""
    (F, C, KH, KW), (N, H_out, W_out, _) = w.shape, out.shape
    lines = ((H_out - 1) * places.SH + KH) / H_out  # of an image, for each row of the result
    each = (C * (KW + places.SW) * lines + F) * w.itemsize
    return blocks(N, H_out, W_out, int(BLOCK_BYTES / each))


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    (F, C, KH, KW), W_out = w.shape, out.shape[2]
    last = is_channels_last(out)
    product = _channels_last if last else _channels_first
    taps = w.transpose(0, 2, 3, 1) if last else w.transpose(0, 2, 1, 3)
    taps = np.ascontiguousarray(taps).reshape(F, KH, -1)
    if b is not None:  # a one behind the taps of each image row; that of the first row counts
        taps = np.concatenate([taps, np.zeros((F, KH, 1), w.dtype)], axis=2)
        taps[:, 0, -1] = b
    filters = taps.reshape(F, -1)
    filters = np.ascontiguousarray(filters.T) if last else filters
    W = _width(W_out, KW, places)

    def one(block):
        n, rows = block
        top = places.top + rows.start * places.SH
        H = (rows.stop - rows.start - 1) * places.SH + KH
        image = padded("windows image", x[n], top, places.left, H, W, last)
        product(image, filters, out[block], KH, KW, places, b is not None)

    each(one, _blocks(w, out, places), 0.1 * out.size * C * KH * KW)


def _channels_first(image, filters, out, KH, KW, places, ones):
    (N, H, _, C), (_, rows, W_out, _), T = image.shape, out.shape, image.shape[3] * KW
    lowered = scratch("windows lowered", (N, H, T + ones, W_out), image.dtype)
    place = lowered[:, :, :T].reshape(N, H, C, KW, W_out)
    np.copyto(place, _taps(image, KW, W_out, places))
    lowered[:, :, T:] = 1
    n, h, tap, pixel = lowered.strides
    windows = (N, rows, filters.shape[1], W_out), (n, places.SH * h, tap, pixel)
    matmul(filters, strided_view(lowered, *windows), out.transpose(0, 1, 3, 2))


def _channels_last(image, filters, out, KH, KW, places, ones):
    (N, H, _, C), (_, rows, W_out, _), T = image.shape, out.shape, image.shape[3] * KW
    lowered = scratch("windows lowered", (N, W_out, H, T + ones), image.dtype)
    place = lowered[..., :T].reshape(N, W_out, H, KW, C)
    np.copyto(place, _taps(image, KW, W_out, places).transpose(0, 4, 1, 3, 2))
    lowered[..., T:] = 1
    n, column, h, channel = lowered.strides
    windows = (N, rows, W_out, len(filters)), (n, places.SH * h, column, channel)
    matmul(strided_view(lowered, *windows), filters, out)


def _width(W_out, KW, places):
    """How many columns the windows cover."""
    return (W_out - 1) * places.SW + (KW - 1) * places.DW + 1


def _taps(image, KW, W_out, places):
    """Each pixel's KW neighbours across, as a view (N, H, C, KW, W_out) of (N, H, W, C)."""
    (N, H, _, C), (n, h, w, c) = image.shape, image.strides
    return strided_view(image, (N, H, C, KW, W_out), (n, h, c, places.DW * w, places.SW * w))


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F).

    A product for each row p of the kernel; also here one more tap is always 1.
    """
    (F, C, KH, KW), W_out = w.shape, dout.shape[2]

    def one(block, dw):
        n, rows = block
        R, top = rows.stop - rows.start, places.top + rows.start * places.SH
        H, W = (R - 1) * places.SH + KH, _width(W_out, KW, places)
        image = padded("windows image", x[n], top, places.left, H, W, channels_last=False)
        lowered = scratch("windows lowered", (len(image), C * KW + 1, H, W_out), x.dtype)
        taps = _taps(image, KW, W_out, places).transpose(0, 2, 3, 1, 4)
        np.copyto(lowered[:, :-1].reshape(taps.shape), taps)
        lowered[:, -1] = 1
        gradient = dout[block].transpose(0, 3, 1, 2).reshape(len(image), F, R * W_out)
        for p in range(KH):
            part = lowered[:, :, p : p + (R - 1) * places.SH + 1 : places.SH]
            part = part.reshape(len(image), -1, R * W_out)
            sum_of_products(gradient, part, dw[p])

    parts = _blocks(w, dout, places)
    dw = add_up(one, parts, (KH, F, C * KW + 1), x.dtype, 0.1 * dout.size * w[0].size)
    return dw[..., :-1].reshape(KH, F, C, KW).transpose(1, 2, 0, 3), dw[0, :, -1]


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C).

    lowered[h] = sum over p of w[p]ᵀ (C KW, F) @ dout[h - p], which is again one product with KH
    rows of dout; with a stride, rows of zeros between those of dout keep the distances right.
    """
    (F, C, KH, KW), (N, H_out, W_out, _) = w.shape, dout.shape
    H, W = (H_out - 1) * places.SH + KH, _width(W_out, KW, places)
    filters = np.ascontiguousarray(w.transpose(1, 3, 2, 0)[:, :, ::-1]).reshape(C * KW, KH * F)

    def one(block):
        n = block[0]
        count = n.stop - n.start
        rows = scratch("windows rows", (count, H + KH - 1, F, W_out), dx.dtype)
        rows[:] = 0
        rows[:, KH - 1 : H : places.SH] = dout[n].transpose(0, 1, 3, 2)
        step, row, _, pixel = rows.strides
        shifted = strided_view(rows, (count, H, KH * F, W_out), (step, row, row // F, pixel))
        lowered = scratch("windows lowered", (count, H, C, KW, W_out), dx.dtype)
        np.matmul(filters, shifted, out=lowered.reshape(count, H, C * KW, W_out))
        frame = scratch("windows image", (count, H, C, W), dx.dtype).transpose(0, 1, 3, 2)
        frame[:] = 0
        taps = _taps(frame, KW, W_out, places)
        for q in range(KW):
            taps[:, :, :, q] += lowered[:, :, :, q]
        put(frame, dx[n], places)

    images = int(BLOCK_BYTES / (H * W_out * (C * KW + F) * dx.itemsize))
    each(one, blocks(N, 1, 1, max(1, images)), 0.1 * dout.size * w[0].size)
