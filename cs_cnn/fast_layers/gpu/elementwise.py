"""ReLU and the fully connected layer on the GPU: elementwise.cu, and CuPy's matrix product."""

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, launch, number
from cs_cnn.shapes import linear_shape, need_shape

THREADS = 256


def relu_forward(x):
    """max(x, 0); see `cs_cnn.layers.relu_forward`."""
    x = contiguous(x)
    out = array_module(x).empty_like(x)
    _start("relu_forward", x, out)
    return out, out  # out > 0 just where x > 0: x itself need not be kept


def relu_backward(dout, cache):
    """dout where x > 0, else 0."""
    out = cache
    need_shape("relu_backward", "dout", dout, out.shape)
    dout = contiguous(dout.astype(out.dtype, copy=False))
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
    """x wᵀ + b by CuPy's matrix product (cuBLAS); see `cs_cnn.layers.linear_forward`."""
    linear_shape(x, w, b)
    out = x @ w.T
    if b is not None:
        out += b
    return out, (x, w, b)


def linear_backward(dout, cache):
    """dx, dw, db (db is None without b)."""
    x, w, b = cache
    need_shape("linear_backward", "dout", dout, (*x.shape[:-1], w.shape[0]))
    rows, features = dout.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
    return dout @ w, rows.T @ features, None if b is None else rows.sum(axis=0)
