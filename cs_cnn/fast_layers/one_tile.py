"""One tile at a time, as notebook 05 derives it: pooling by a reshape, Winograd, Fourier.

These are the ideas on small arrays, to be read; the layers that use them stand in files of their
own. Letters: `N` images, `C`, `C_out` channels, `H`, `W` image, `KH`, `KW` window or kernel.
"""

import numpy as np

from cs_cnn.shapes import pair, pool2d_shape

# Winograd's F(2, 3): two outputs of a filter of three from four inputs, with four multiplications.
# outputs = OUT_2 @ ((FILTER_2 @ filter) * (IN_2 @ inputs)), Lavin and Gray 2016, section 4.1.
IN_2 = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], dtype=float)
FILTER_2 = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
OUT_2 = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], dtype=float)


def max_pool2d_tiles(x, kernel_size):
    """Max pooling where windows tile: a reshape gives the window axes of its own, without a loop.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size : int or pair of ints
        The window, and the stride. Rows and columns at the end that fill no window are left out.

    Returns
    -------
    out : array (N, C, H // KH, W // KW), dtype of x
    """
    N, C, H_out, W_out = pool2d_shape("max_pool2d_tiles", x, kernel_size)
    KH, KW = pair(kernel_size)
    ### BEGIN SOLUTION
    whole = x[:, :, : H_out * KH, : W_out * KW]
    return whole.reshape(N, C, H_out, KH, W_out, KW).max(axis=(3, 5))
    ### END SOLUTION


def winograd_tile(tile, w):
    """F(2x2, 3x3): four output pixels of every filter with 16 multiplications a channel, not 36.

    Parameters
    ----------
    tile : array (C, 4, 4)
        A piece of an image.
    w : array (C_out, C, 3, 3)

    Returns
    -------
    out : array (C_out, 2, 2)
        The convolution of the tile, stride 1, no padding.
    products : array (C_out, C, 4, 4)
        The numbers that the 16 multiplications gave.
    """
    U = FILTER_2 @ w @ FILTER_2.T  # (C_out, C, 4, 4)
    ### BEGIN SOLUTION
    V = IN_2 @ tile @ IN_2.T
    products = U * V
    out = OUT_2 @ products.sum(axis=1) @ OUT_2.T
    ### END SOLUTION
    return out, products


def fourier_tile(tile, w):
    """The same by the convolution theorem: slide in space, multiply in frequency.

    Parameters
    ----------
    tile : array (C, T, T)
    w : array (C_out, C, K, K)

    Returns
    -------
    out : array (C_out, T - K + 1, T - K + 1)
    """
    size, K = tile.shape[1:], w.shape[-1]
    # conj turns a convolution into a cross-correlation; places where the filter wraps are cut off.
    spectrum = (np.fft.rfft2(tile) * np.fft.rfft2(w, size).conj()).sum(axis=1)
    return np.fft.irfft2(spectrum, size)[:, : size[0] - K + 1, : size[1] - K + 1]
