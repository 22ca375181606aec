"""Every layer as its definition reads: forward and backward, NumPy, loops where the formula sums.

This is the reference, written to be read; it may be slow. `fast_layers` computes the same, fast.

Letters: `N` images, `C_in`, `C_out` channels, `H`, `W` input, `KH`, `KW` kernel, `H_out`, `W_out`
output. Arrays are NCHW. A forward returns `(out, cache)`; its backward takes `(dout, cache)`, where
`dout` is the gradient of the loss by `out`, and returns the gradients by the inputs. The dtype of
the input is kept, and no input is ever changed.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.
"""

import numpy as np

from cs_cnn.shapes import (
    conv2d_shape,
    linear_shape,
    lowest,
    need_shape,
    pad_pairs,
    pair,
    pool2d_shape,
)


def linear_forward(x, w, b=None):
    """Fully connected layer: out = x wᵀ + b.

    Parameters
    ----------
    x : array (..., D_in)
    w : array (D_out, D_in)
    b : array (D_out,), optional

    Returns
    -------
    out : array (..., D_out)
    cache : for `linear_backward`
    """
    linear_shape(x, w, b)
    out = x @ w.T if b is None else x @ w.T + b
    return out, (x, w, b)


def linear_backward(dout, cache):
    """Gradients of `linear_forward`: dx = dout w, dw = doutᵀ x, db = sum of dout.

    Parameters
    ----------
    dout : array (..., D_out)
    cache : from `linear_forward`

    Returns
    -------
    dx, dw, db : arrays shaped as x, w, b (db is None without b)
    """
    x, w, b = cache
    need_shape("linear_backward", "dout", dout, (*x.shape[:-1], w.shape[0]))
    rows, features = dout.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
    return dout @ w, rows.T @ features, None if b is None else rows.sum(axis=0)


def relu_forward(x):
    """Rectified linear unit: out = max(x, 0), element by element.

    Returns
    -------
    out : array shaped as x
    cache : for `relu_backward`
    """
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    """Gradient of `relu_forward`: dout where x > 0, else 0 (at 0 itself too, as in PyTorch)."""
    x = cache
    need_shape("relu_backward", "dout", dout, x.shape)
    return np.where(x > 0, dout, 0)


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide every filter over every image; each place gives one dot product plus a bias.

    out[n, f, i, j] = b[f] + sum over c, p, q of
                      x_pad[n, c, i * SH + p * DH, j * SW + q * DW] * w[f, c, p, q]

    where c runs over the channels of the filter's own group. (Strictly this is cross-correlation:
    the kernel is not flipped. Every deep learning library calls it convolution.)

    Parameters
    ----------
    x : array (N, C_in, H, W)
        The images.
    w : array (C_out, C_in / groups, KH, KW)
        The filters.
    b : array (C_out,), optional
        One bias per filter.
    stride : int or pair of ints
        Pixels from one window to the next, (SH, SW).
    padding : int, pair of ints, "same" or "valid"
        Zeros added around the image.
    dilation : int or pair of ints
        Pixels from one tap of the kernel to the next, (DH, DW).
    groups : int
        The channels and the filters are cut into so many equal groups, in order; the filters of a
        group see the channels of that group only.

    Returns
    -------
    out : array (N, C_out, H_out, W_out), dtype of x
        H_out = (H + 2 PH - DH (KH - 1) - 1) // SH + 1, and W_out likewise.
    cache : for `conv2d_backward`
    """
    N, C_out, H_out, W_out = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    C_group, KH, KW = w.shape[1:]
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    (top, bottom), (left, right) = pad_pairs(padding, (KH, KW), dilation, stride)
    cache = (x, w, b, stride, padding, dilation, groups)
    b = np.zeros(C_out, dtype=x.dtype) if b is None else b
    out = np.zeros((N, C_out, H_out, W_out), dtype=np.result_type(x, w))
    ### BEGIN SOLUTION
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    for n in range(N):
        for f in range(C_out):
            first = f // (C_out // groups) * C_group  # the first channel of the filter's group
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
                    cols = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
                    window = x_pad[n, first : first + C_group, rows, cols]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    ### END SOLUTION
    return out, cache


def conv2d_backward(dout, cache):
    """Gradients of `conv2d_forward` by its images, filters and biases.

    Every window that met a filter sends its share back: the output pixel's gradient times the
    filter to the pixels of the window, and times the window to the filter. Windows overlap, so the
    shares add up.

    Parameters
    ----------
    dout : array (N, C_out, H_out, W_out)
        Gradient of the loss by the output.
    cache : (x, w, b, stride, padding, dilation, groups)
        From `conv2d_forward`.

    Returns
    -------
    dx, dw, db : arrays with the shapes and dtypes of x, w, b (db is None without b)
    """
    x, w, b, stride, padding, dilation, groups = cache
    N, C_out, H_out, W_out = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    need_shape("conv2d_backward", "dout", dout, (N, C_out, H_out, W_out))
    H, W = x.shape[2:]
    C_group, KH, KW = w.shape[1:]
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    (top, bottom), (left, right) = pad_pairs(padding, (KH, KW), dilation, stride)
    ### BEGIN SOLUTION
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for n in range(N):
        for f in range(C_out):
            first = f // (C_out // groups) * C_group
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
                    cols = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
                    window = (n, slice(first, first + C_group), rows, cols)
                    dw[f] += dout[n, f, i, j] * x_pad[window]
                    dx_pad[window] += dout[n, f, i, j] * w[f]
    dx = dx_pad[:, :, top : top + H, left : left + W]
    db = dout.sum(axis=(0, 2, 3))
    ### END SOLUTION
    return dx, dw, None if b is None else db


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    """Keep the largest number of every window, channel by channel.

    out[n, c, i, j] = max over p, q of x_pad[n, c, i * SH + p * DH, j * SW + q * DW]

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size : int or pair of ints
        The window, (KH, KW).
    stride : int or pair of ints, optional
        Pixels from one window to the next; the kernel size if not given, so that windows tile.
    padding : int or pair of ints
        Border added around the image, at most half the kernel; it never wins (it is -infinity).
    dilation : int or pair of ints
        Pixels from one element of the window to the next.

    Returns
    -------
    out : array (N, C, H_out, W_out), dtype of x
    cache : for `max_pool2d_backward`
    """
    stride = kernel_size if stride is None else stride
    N, C, H_out, W_out = pool2d_shape("max_pool2d", x, kernel_size, stride, padding, dilation)
    (KH, KW), (SH, SW), (DH, DW) = pair(kernel_size), pair(stride), pair(dilation)
    PH, PW = pair(padding, least=0)
    out = np.zeros((N, C, H_out, W_out), dtype=x.dtype)
    ### BEGIN SOLUTION
    x_pad = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)), constant_values=lowest(x.dtype))
    for i in range(H_out):
        for j in range(W_out):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            cols = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            out[:, :, i, j] = x_pad[:, :, rows, cols].max(axis=(2, 3))
    ### END SOLUTION
    cache = (x, kernel_size, stride, padding, dilation)
    return out, cache


def max_pool2d_backward(dout, cache):
    """Gradient of `max_pool2d_forward`: each output's gradient goes to the pixel that won.

    Where several pixels of a window tie, the first one in reading order (row by row) takes it all,
    as in PyTorch. A pixel that wins several overlapping windows collects from each.

    Parameters
    ----------
    dout : array (N, C, H_out, W_out)
    cache : (x, kernel_size, stride, padding, dilation)
        From `max_pool2d_forward`.

    Returns
    -------
    dx : array (N, C, H, W), dtype of x
    """
    x, kernel_size, stride, padding, dilation = cache
    shape = pool2d_shape("max_pool2d", x, kernel_size, stride, padding, dilation)
    need_shape("max_pool2d_backward", "dout", dout, shape)
    (N, C, H_out, W_out), (H, W) = shape, x.shape[2:]
    (KH, KW), (SH, SW), (DH, DW) = pair(kernel_size), pair(stride), pair(dilation)
    PH, PW = pair(padding, least=0)
    ### BEGIN SOLUTION
    x_pad = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)), constant_values=lowest(x.dtype))
    dx_pad = np.zeros_like(x_pad)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
                    cols = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
                    p, q = np.unravel_index(np.argmax(x_pad[n, c, rows, cols]), (KH, KW))
                    dx_pad[n, c, i * SH + p * DH, j * SW + q * DW] += dout[n, c, i, j]
    dx = dx_pad[:, :, PH : PH + H, PW : PW + W]
    ### END SOLUTION
    return dx


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """The mean of every window, channel by channel; zeros of the padding count, as in PyTorch.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size : int or pair of ints
    stride : int or pair of ints, optional
        The kernel size if not given.
    padding : int or pair of ints
        Zeros added around the image, at most half the kernel.

    Returns
    -------
    out : array (N, C, H_out, W_out)
    cache : for `avg_pool2d_backward`
    """
    stride = kernel_size if stride is None else stride
    N, C, H_out, W_out = pool2d_shape("avg_pool2d", x, kernel_size, stride, padding)
    (KH, KW), (SH, SW), (PH, PW) = pair(kernel_size), pair(stride), pair(padding, least=0)
    x_pad = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    out = np.zeros((N, C, H_out, W_out), dtype=x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            window = x_pad[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out, (x, kernel_size, stride, padding)


def avg_pool2d_backward(dout, cache):
    """Gradient of `avg_pool2d_forward`: the pixels of a window share its gradient equally.

    Returns
    -------
    dx : array (N, C, H, W)
    """
    x, kernel_size, stride, padding = cache
    shape = pool2d_shape("avg_pool2d", x, kernel_size, stride, padding)
    need_shape("avg_pool2d_backward", "dout", dout, shape)
    (_, _, H_out, W_out), (H, W) = shape, x.shape[2:]
    (KH, KW), (SH, SW), (PH, PW) = pair(kernel_size), pair(stride), pair(padding, least=0)
    dx_pad = np.zeros((*x.shape[:2], H + 2 * PH, W + 2 * PW), dtype=dout.dtype)
    for i in range(H_out):
        for j in range(W_out):
            share = dout[:, :, i : i + 1, j : j + 1] / (KH * KW)
            dx_pad[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW] += share
    return dx_pad[:, :, PH : PH + H, PW : PW + W]
