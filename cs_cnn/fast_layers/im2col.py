"""im2col: copy every window into a column, and a convolution is one matrix product an image.

The first fast layer and the baseline of all others: simple, a hundred times faster than loops, and
hungry for memory: the columns hold every pixel as often as there are windows around it.

Letters: `N` images, `C` channels, `H`, `W` image, `KH`, `KW` kernel, `H_out`, `W_out` output,
`S` stride, `D` dilation.
"""

import numpy as np

from cs_cnn.shapes import conv2d_shape, need_dims, need_shape, pad_pairs, pair, window_shape


def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    """Copy every window of the images into a column.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size, stride, dilation : int or pair of ints
    padding : int, pair of ints, "same" or "valid"

    Returns
    -------
    cols : array (N, C * KH * KW, H_out * W_out), dtype of x
        cols[n, (c, p, q), (i, j)] = x_pad[n, c, i * SH + p * DH, j * SW + q * DW], as PyTorch's
        `unfold` has it: a column is a window, a row is what one weight meets.
    """
    need_dims("im2col", 4, x=x)
    (N, C), (KH, KW) = x.shape[:2], pair(kernel_size)
    H_out, W_out = window_shape("im2col", x.shape[2:], kernel_size, stride, padding, dilation)
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    (top, bottom), (left, right) = pad_pairs(padding, kernel_size, dilation, stride)
    cols = np.zeros((N, C, KH, KW, H_out, W_out), dtype=x.dtype)
    ### BEGIN SOLUTION
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    for p in range(KH):
        for q in range(KW):
            rows = slice(p * DH, p * DH + SH * (H_out - 1) + 1, SH)
            columns = slice(q * DW, q * DW + SW * (W_out - 1) + 1, SW)
            cols[:, :, p, q] = x_pad[:, :, rows, columns]
    ### END SOLUTION
    return cols.reshape(N, C * KH * KW, H_out * W_out)


def col2im(cols, shape, kernel_size, stride=1, padding=0, dilation=1):
    """Add every column back to the pixels that it was copied from: the backward pass of `im2col`.

    Parameters
    ----------
    cols : array (N, C * KH * KW, H_out * W_out)
    shape : (N, C, H, W)
        Of the images.
    kernel_size, stride, padding, dilation
        As given to `im2col`.

    Returns
    -------
    x : array (N, C, H, W), dtype of cols
        A pixel that lies in several windows is the sum of all its copies.
    """
    (N, C, H, W), (KH, KW) = shape, pair(kernel_size)
    H_out, W_out = window_shape("col2im", (H, W), kernel_size, stride, padding, dilation)
    need_shape("col2im", "cols", cols, (N, C * KH * KW, H_out * W_out))
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    (top, bottom), (left, right) = pad_pairs(padding, kernel_size, dilation, stride)
    cols = cols.reshape(N, C, KH, KW, H_out, W_out)
    x_pad = np.zeros((N, C, top + H + bottom, left + W + right), dtype=cols.dtype)
    ### BEGIN SOLUTION
    for p in range(KH):
        for q in range(KW):
            rows = slice(p * DH, p * DH + SH * (H_out - 1) + 1, SH)
            columns = slice(q * DW, q * DW + SW * (W_out - 1) + 1, SW)
            x_pad[:, :, rows, columns] += cols[:, :, p, q]
    return x_pad[:, :, top : top + H, left : left + W]
    ### END SOLUTION


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution as a matrix product: filters as rows, windows as columns.

    Same arguments and results as `cs_cnn.layers.conv2d_forward`.
    """
    out_shape = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    cols = im2col(x, w.shape[2:], stride, padding, dilation)
    out = _rows(w, groups) @ _grouped(cols, groups)  # (N, groups, C_out / groups, H_out * W_out)
    out = out.reshape(out_shape)
    if b is not None:
        out += b[:, None, None]
    return out, (cols, x.shape, w, b, stride, padding, dilation, groups)


def conv2d_backward(dout, cache):
    """Gradients of `conv2d_forward`: two more matrix products, and `col2im`.

    Same results as `cs_cnn.layers.conv2d_backward`.
    """
    cols, shape, w, b, stride, padding, dilation, groups = cache
    window = (w.shape[2:], stride, padding, dilation)
    size = window_shape("conv2d_backward", shape[2:], *window)
    need_shape("conv2d_backward", "dout", dout, (shape[0], w.shape[0], *size))
    douts = _grouped(dout.reshape(*dout.shape[:2], -1), groups)
    dw = (douts @ _grouped(cols, groups).swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    dcols = (_rows(w, groups).swapaxes(1, 2) @ douts).reshape(cols.shape)
    dx = col2im(dcols, shape, *window)
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


def _rows(w, groups):
    """Filters as the rows of one matrix a group: (groups, C_out / groups, C_group * KH * KW)."""
    return w.reshape(groups, w.shape[0] // groups, -1)


def _grouped(columns, groups):
    """(N, channels, places) as (N, groups, channels / groups, places)."""
    N, channels, places = columns.shape
    return columns.reshape(N, groups, channels // groups, places)
