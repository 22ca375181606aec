"""Pooling on the GPU: pool.cu; arguments, results and errors are those of `cs_cnn.layers`."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.geometry import MOST, Conv
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, launch, number
from cs_cnn.shapes import need_shape, pair, pool2d_shape

THREADS = 256
INDEX = {"uint8": "unsigned char", "int32": "int"}
CELLS = {(2, 2), (3, 2)}  # side and stride of the windows of common networks


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number of every window; see `cs_cnn.layers.max_pool2d_forward`."""
    g = _geometry("max_pool2d", x, kernel_size, stride, padding, dilation)
    xp, index = array_module(x), "uint8" if g.KH * g.KW <= 256 else "int32"
    out = xp.empty((g.N, g.C_out, g.H_out, g.W_out), dtype=x.dtype)
    winner = xp.empty(out.shape, dtype=index)  # which tap: one byte, so that backward needs no x
    side = g.KH if g.KH == g.KW and g.KH in (2, 3) else 0
    _start("max_forward", out.size, x, (contiguous(x), out, winner, g.struct), INDEX[index], side)
    return out, (g, winner)


def max_pool2d_backward(dout, cache):
    """dx (N, C, H, W): each output's gradient goes to the first pixel that won."""
    g, winner = cache
    need_shape("max_pool2d_backward", "dout", dout, winner.shape)
    dx = array_module(dout).empty((g.N, g.C_in, g.H, g.W), dtype=dout.dtype)
    args, index = (contiguous(dout), winner, dx, g.struct), INDEX[winner.dtype.name]
    side, stride = g.KH, g.SH
    if (side, stride, 1, 1) != (g.KW, g.SW, g.DH, g.DW) or (side, stride) not in CELLS:
        _start("max_backward", dx.size, dout, args, index)
        return dx
    cells = g.N * g.C_in * g.cells[0] * g.cells[1]
    _start("max_backward_by_cells", cells, dout, args, index, side, stride)
    return dx


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """The mean of every window; see `cs_cnn.layers.avg_pool2d_forward`."""
    g = _geometry("avg_pool2d", x, kernel_size, stride, padding, 1)
    out = array_module(x).empty((g.N, g.C_out, g.H_out, g.W_out), dtype=x.dtype)
    _start("average_forward", out.size, x, (contiguous(x), out, g.struct))
    return out, g


def avg_pool2d_backward(dout, cache):
    """dx (N, C, H, W): the pixels of a window share its gradient equally."""
    g = cache
    need_shape("avg_pool2d_backward", "dout", dout, (g.N, g.C_out, g.H_out, g.W_out))
    dx = array_module(dout).empty((g.N, g.C_in, g.H, g.W), dtype=dout.dtype)
    _start("average_backward", dx.size, dout, (contiguous(dout), dx, g.struct))
    return dx


def _geometry(name, x, kernel_size, stride, padding, dilation):
    stride = kernel_size if stride is None else stride
    N, C, H_out, W_out = pool2d_shape(name, x, kernel_size, stride, padding, dilation)
    (H, W), (KH, KW) = x.shape[2:], pair(kernel_size)
    if N * C * max(H * W, H_out * W_out) > MOST:
        raise ValueError(
            f"{name}: the GPU's kernels count numbers up to {MOST} (x.shape={x.shape}): "
            "give a smaller batch"
        )
    steps = (*pair(stride), *pair(padding, least=0), *pair(dilation))
    return Conv(N, C, H, W, C, KH, KW, H_out, W_out, *steps, groups=C)


def _start(kernel, threads, array, args, *template):
    types = ", ".join(map(str, (number("pool", array.dtype), *template)))
    launch("pool.cu", f"{kernel}<{types}>", blocks((threads, THREADS)), (THREADS,), *args)
