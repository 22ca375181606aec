"""ReLU and the fully connected layer on the GPU: elementwise.cu, and matrix products."""

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu import conv_tiled
from cs_cnn.fast_layers.gpu.geometry import Conv, in_format_of
from cs_cnn.fast_layers.gpu.graphs import recording
from cs_cnn.fast_layers.gpu.launch import blocks, launch, number
from cs_cnn.shapes import linear_shape, need_shape

THREADS = 256


def relu_forward(x):
    """max(x, 0) in x's memory format; see `cs_cnn.layers.relu_forward`."""
    x = in_format_of(x, x)
    out = array_module(x).empty_like(x)
    _start("relu_forward", x, out)
    return out, out  # out > 0 just where x > 0: x itself need not be kept


def relu_backward(dout, cache):
    """dout where x > 0, else 0."""
    out = cache
    need_shape("relu_backward", "dout", dout, out.shape)
    dout = in_format_of(out, dout.astype(out.dtype, copy=False))
    dx = array_module(out).empty_like(out)
    _start("relu_backward", dout, out, dx)
    return dx


def _start(kernel, *arrays):
    x = arrays[0]
    width = 16 // x.itemsize if x.size % (16 // x.itemsize) == 0 else 1
    name = f"{kernel}<{number('relu', x.dtype)}, {width}>"
    grid = blocks((x.size, THREADS * width))
    launch("elementwise.cu", name, grid, (THREADS,), *arrays, np.int64(x.size))


def linear_forward(x, w, b=None):
    """x wᵀ + b; see `cs_cnn.layers.linear_forward`."""
    shape = linear_shape(x, w, b)
    out = product(x.reshape(-1, w.shape[1]), w.T).reshape(shape)
    if b is not None:
        out += b
    return out, (x, w, b)


def linear_backward(dout, cache):
    """dx, dw, db (db is None without b)."""
    x, w, b = cache
    need_shape("linear_backward", "dout", dout, (*x.shape[:-1], w.shape[0]))
    rows, features = dout.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
    dx = product(rows, w).reshape(x.shape)
    return dx, product(rows.T, features), None if b is None else rows.sum(axis=0)


def product(a, b):
    """The matrix product a (M, D) b (D, K).

    By cuBLAS; but CuPy refuses to record cuBLAS for a CUDA graph. Then it is conv_tiled's gradient
    of a 1x1 convolution by its filters, with D for the pixels: that too sums over a long D.
    """
    if not recording.get():
        return a @ b
    (M, D), K = a.shape, b.shape[1]
    g = Conv(1, K, D, 1, M, 1, 1, D, 1, SH=1, SW=1, top=0, left=0, DH=1, DW=1, groups=1)
    x, dout = b.T.astype(a.dtype, copy=False), a
    return conv_tiled.backward_weights(x[None, :, :, None], dout[None, :, :, None], g)[:, :, 0, 0]
