"""Convolution as GPU kernels: one thread per output number, then tiles in shared memory.

A block has threads in x (columns) and y (rows). The grid covers the output maps with blocks, and
has one layer in z for each image and filter.

Letters as in `cs_cnn.layers`; `BH`, `BW` threads of a block in y and x, `TH`, `TW` its tile of the
image: all the pixels that the windows of its threads touch.
"""

import numpy as np

from cs_cnn.shapes import conv2d_shape, pair
from cs_cnn.simt.emulator import gpu, launch


def conv2d_threads(x, w, b, stride=1, block=(8, 4)):
    """Convolution with one thread per output number.

    Parameters
    ----------
    x : array (N, C, H, W), float32
    w : array (C_out, C, KH, KW), float32
    b : array (C_out,), float32
    stride : int or pair of ints
    block : (BW, BH)
        Threads of a block in x and y.

    Returns
    -------
    out : array (N, C_out, H_out, W_out)
    report : dict
        What the threads did; empty on a GPU.
    """
    N, C_out, H_out, W_out = conv2d_shape(x, w, b, stride)
    (C, KH, KW), (SH, SW), (BW, BH) = w.shape[1:], pair(stride), block
    out = np.full_like(x, np.nan, shape=(N, C_out, H_out, W_out))
    grid = (-(-W_out // BW), -(-H_out // BH), N * C_out)  # rounded up

    def kernel(x, w, b, out):
        n, f = gpu.blockIdx.z // C_out, gpu.blockIdx.z % C_out
        ### BEGIN SOLUTION
        i = gpu.blockIdx.y * gpu.blockDim.y + gpu.threadIdx.y
        j = gpu.blockIdx.x * gpu.blockDim.x + gpu.threadIdx.x
        if i < H_out and j < W_out:
            total = b[f]
            for c in range(C):
                for p in range(KH):
                    for q in range(KW):
                        total += x[n, c, i * SH + p, j * SW + q] * w[f, c, p, q]
            out[n, f, i, j] = total
        ### END SOLUTION

    return out, launch(kernel, grid, block, x, w, b, out)


def conv2d_tiled(x, w, b, block=(8, 4)):
    """Convolution with one thread per output number, and a block's pixels in shared memory.

    For each channel the threads of a block copy their tile of the image together, every pixel once,
    and then read it from there as often as they need to.

    Parameters
    ----------
    x : array (N, C, H, W), float32
    w : array (C_out, C, KH, KW), float32
    b : array (C_out,), float32
    block : (BW, BH)
        Threads of a block in x and y.

    Returns
    -------
    out : array (N, C_out, H_out, W_out)
    report : dict
        What the threads did; empty on a GPU.
    """
    N, C_out, H_out, W_out = conv2d_shape(x, w, b)
    (C, KH, KW), (H, W), (BW, BH) = w.shape[1:], x.shape[2:], block
    TH, TW = BH + KH - 1, BW + KW - 1
    out = np.full_like(x, np.nan, shape=(N, C_out, H_out, W_out))
    grid = (-(-W_out // BW), -(-H_out // BH), N * C_out)

    def kernel(x, w, b, out):
        tile = gpu.shared_memory(np.float32, TH * TW)  # row r, column s is tile[r * TW + s]
        n, f = gpu.blockIdx.z // C_out, gpu.blockIdx.z % C_out
        top, left = gpu.blockIdx.y * BH, gpu.blockIdx.x * BW  # where the tile begins in the image
        ty, tx = gpu.threadIdx.y, gpu.threadIdx.x
        ### BEGIN SOLUTION
        total = b[f]
        for c in range(C):
            for k in range(ty * BW + tx, TH * TW, BH * BW):
                if top + k // TW < H and left + k % TW < W:
                    tile[k] = x[n, c, top + k // TW, left + k % TW]
            gpu.syncthreads()
            for p in range(KH):
                for q in range(KW):
                    total += tile[(ty + p) * TW + tx + q] * w[f, c, p, q]
            gpu.syncthreads()
        if top + ty < H_out and left + tx < W_out:
            out[n, f, top + ty, left + tx] = total
        ### END SOLUTION

    return out, launch(kernel, grid, block, x, w, b, out)
