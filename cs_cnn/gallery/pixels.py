"""A class for every pixel: how to enlarge feature maps, and how to measure the result.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.

Letters: `N` images, `C_in, C_out` channels, `H, W` input, `KH, KW` kernel, `H_out, W_out` output.
"""

import numpy as np


def conv_transpose2d_forward(x, w, b=None, stride=1, padding=0):
    """Give the output of a transposed convolution, which enlarges (Long et al. 2015, section 3.3).

    Every number of x is a brush: it paints the kernel, multiplied by itself, on the output. Brushes
    are `stride` pixels apart, and where they overlap the paint adds up. At the end `padding` rows
    and columns are cut off at each edge. It is what the backward of a convolution does to its dout.

    Parameters
    ----------
    x : array (N, C_in, H, W)
    w : array (C_in, C_out, KH, KW)
    b : array (C_out,), optional
    stride, padding : int

    Returns
    -------
    array (N, C_out, H_out, W_out)
        With H_out = (H - 1) stride + KH - 2 padding.

    Raises
    ------
    ValueError
        If the kernels expect another number of channels than x has.
    """
    N, C_in, H, W = x.shape
    C, C_out, KH, KW = w.shape
    if C_in != C:
        raise ValueError(
            f"conv_transpose2d: x has {C_in} channels but w expects {C} "
            f"(x.shape={x.shape}, w.shape={w.shape})"
        )
    full = np.zeros((N, C_out, (H - 1) * stride + KH, (W - 1) * stride + KW), dtype=x.dtype)
    ### BEGIN SOLUTION
    for i in range(H):
        for j in range(W):
            brush = np.tensordot(x[:, :, i, j], w, axes=1)
            top, left = i * stride, j * stride
            full[:, :, top : top + KH, left : left + KW] += brush
    out = full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]
    return out if b is None else out + b[:, None, None]
    ### END SOLUTION


def mean_iou(found, truth, classes):
    """Give the mean over the classes of intersection over union, counted in pixels.

    Parameters
    ----------
    found, truth : arrays of int, of one shape
        A class for every pixel of all images.
    classes : int

    Returns
    -------
    float
        Classes that are neither found nor there don't count.
    """
    table = np.bincount(classes * truth.ravel() + found.ravel(), minlength=classes**2)
    table = table.reshape(classes, classes)
    shared = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - shared
    return float(np.mean(shared[union > 0] / union[union > 0]))
