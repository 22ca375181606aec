"""Convolution that chooses: of the ways in this folder, the one that should be fastest here.

Every way gives the same numbers (Winograd's and Fourier's up to their rounding), so the choice is
about time only. `choose` counts two things for each: multiplications, and numbers that are moved
from one place in memory to another; each has its price, measured once. Wherever the two come near
each other the choice is rough, but then it hardly matters.
"""

from math import ceil, log2

import numpy as np

from cs_cnn.fast_layers import columns, fft, pointwise, strided, windows, winograd
from cs_cnn.fast_layers.blocks import Places, stays_channels_last
from cs_cnn.fast_layers.results import empty_images
from cs_cnn.fast_layers.threads import one_blas_thread
from cs_cnn.shapes import conv2d_shape, need_shape, pad_pairs, pair


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide every filter over every image, as `cs_cnn.layers.conv2d_forward`, fast.

    An x whose channels are last in memory (see `channels_last`) gives such an out.
    """
    shape = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    places = places_of(w, stride, padding, dilation)
    dtype = np.result_type(x, w)
    x_last, out = view(x.astype(dtype, copy=False)), empty_like(x, shape, dtype)
    w_same = w.astype(dtype, copy=False)
    with one_blas_thread():
        for c, f in slices(w, groups):
            bias = None if b is None else b[f].astype(dtype, copy=False)
            place = view(out)[..., f]
            way = choose("forward", place.shape, w_same[f].shape, places, dtype)
            way.forward(x_last[..., c], w_same[f], bias, place, places)
    return out, (x, w, b, stride, padding, dilation, groups)


def conv2d_backward(dout, cache):
    """Gradients of `conv2d_forward` by its images, filters and biases; dx has x's memory layout."""
    x, w, b, stride, padding, dilation, groups = cache
    shape = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    need_shape("conv2d_backward", "dout", dout, shape)
    places = places_of(w, stride, padding, dilation)
    dtype = np.result_type(dout, x, w)
    dx = empty_like(x, x.shape, dtype)
    gradients, filters = (a.astype(dtype, copy=False) for a in (dout, w))
    with one_blas_thread():
        for c, f in slices(w, groups):
            g = view(gradients)[..., f]
            way = choose("image_gradient", g.shape, filters[f].shape, places, dtype)
            way.image_gradient(g, filters[f], view(dx)[..., c], places)
    return dx.astype(x.dtype, copy=False), *conv2d_backward_filters(dout, cache)


def conv2d_backward_filters(dout, cache):
    """The gradients by filters and biases alone: for a first layer, whose images don't learn.

    Parameters are those of `conv2d_backward`, results its dw and db.
    """
    x, w, b, stride, padding, dilation, groups = cache
    shape = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    need_shape("conv2d_backward_filters", "dout", dout, shape)
    places = places_of(w, stride, padding, dilation)
    dtype = np.result_type(dout, x, w)
    dw, db = np.empty_like(w, dtype), np.empty(len(w), dtype)
    images, gradients, filters = (a.astype(dtype, copy=False) for a in (x, dout, w))
    with one_blas_thread():
        for c, f in slices(w, groups):
            g = view(gradients)[..., f]
            way = choose("kernel_gradient", g.shape, w[f].shape, places, dtype)
            dw[f], db[f] = way.kernel_gradient(view(images)[..., c], g, filters[f], places)
    db = None if b is None else db.astype(b.dtype, copy=False)
    return dw.astype(w.dtype, copy=False), db


def places_of(w, stride, padding, dilation):
    """The windows' places from the arguments of a convolution."""
    (top, _), (left, _) = pad_pairs(padding, w.shape[2:], dilation, stride)
    return Places(-top, -left, *pair(stride), *pair(dilation))


def slices(w, groups):
    """The (channels, filters) of each group."""
    F, C = len(w) // groups, w.shape[1]
    return [(slice(g * C, g * C + C), slice(g * F, g * F + F)) for g in range(groups)]


def view(x):
    """(N, C, H, W) as (N, H, W, C), without a copy."""
    return x.transpose(0, 2, 3, 1)


def empty_like(x, shape, dtype):
    """An empty array (N, C, H, W) of this shape with the channels last in memory as x has them."""
    return empty_images(shape, dtype, stays_channels_last(x))


MULTIPLY, MOVE = 0.009, 0.1  # nanoseconds on one core: a multiplication and addition, a copy
LEAST_ROWS = 8  # of a product: BLAS takes as long for fewer
SMALL_PRODUCT = 500  # to start one of many takes as long as to move so many numbers


def choose(task, out_shape, w_shape, places, dtype):
    """The module that should do this task fastest.

    Parameters
    ----------
    task : "forward", "kernel_gradient" or "image_gradient"
    out_shape : (N, H_out, W_out, F)
    w_shape : (F, C, KH, KW)
    """
    (_, H_out, W_out, _), (F, C, KH, KW) = out_shape, w_shape
    _, _, SH, SW, DH, DW = places
    plain = (DH, DW) == (1, 1) and dtype.char in "fd"
    counts = {columns: count_columns(F, C, KH, KW)}
    if DH == 1 and (SH == 1 or task != "image_gradient"):
        counts[windows] = count_windows(F, C, KH, KW, SH, W_out, task)
    if (KH, KW) == (1, 1) and (task != "image_gradient" or (SH, SW) == (1, 1)):
        return pointwise
    if plain and (SH, SW) == (1, 1):
        counts[fft] = count_fft(F, C, KH, KW, H_out, W_out)
        if max(KH, KW) <= 5:
            counts[winograd] = count_winograd(F, C, KH, KW, H_out, W_out, dtype)
    elif plain and max(squares := (ceil(KH / SH), ceil(KW / SW))) <= 5:
        counts[strided] = count_winograd(F, C * SH * SW, *squares, H_out, W_out, dtype)

    def nanoseconds(way):
        multiplied, moved = counts[way]
        return MULTIPLY * multiplied + MOVE * moved

    return min(counts, key=nanoseconds)


# What each way counts for an output pixel: (multiplications, numbers moved).


def count_columns(F, C, KH, KW):
    return F * C * KH * KW, C * KH * KW + F


def count_windows(F, C, KH, KW, SH, W_out, task):
    """Forward, a product for each row; backward more passes over dout: KH, or a copy with zeros."""
    rows = C * KW if task == "image_gradient" else LEAST_ROWS
    passes = {"forward": 1, "kernel_gradient": 0.7 + 0.3 * KH, "image_gradient": 1.5}[task]
    start = SMALL_PRODUCT / W_out if task == "forward" else 0
    return F * C * KH * KW * max(1, LEAST_ROWS / rows), C * KW * SH + F * passes + start


def count_winograd(F, C, KH, KW, H_out, W_out, dtype):
    m = winograd.tile_size(H_out, W_out, KH, KW, dtype)
    tiles = ceil(H_out / m) * ceil(W_out / m) / (H_out * W_out)
    points = tiles * (m + KH - 1) * (m + KW - 1)
    return F * C * points, 4 * (C + F) * points  # each step of a transform moves every point


def count_fft(F, C, KH, KW, H_out, W_out):
    pixels = (H_out + KH - 1) * (W_out + KW - 1)
    points = pixels / (H_out * W_out)
    return 2 * F * C * points, 4 * (C + F) * points * log2(pixels)
