"""Step 1 of the convolution: conv_naive.cu, one thread for each number of the result."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, launch, number

FILE, THREADS = "conv_naive.cu", 256
arranged = contiguous  # images as this step reads them


def forward(x, w, b, g, relu=False):
    """out (N, C_out, H_out, W_out) of a checked convolution; see `conv.conv2d_forward`.

    Parameters
    ----------
    x, w, b : arrays of one dtype; b may be None
    g : Conv
    relu : bool
        Whether to set negative results to 0.
    """
    out = array_module(x).empty((g.N, g.C_out, g.H_out, g.W_out), dtype=x.dtype)
    b = None if b is None else contiguous(b)
    _start("forward", out, contiguous(x), contiguous(w), b, out, g.struct, relu)
    return out


def backward_data(x, dout, w, g):
    """dx, shaped as x."""
    dx = array_module(x).empty(x.shape, dtype=x.dtype)
    _start("backward_data", dx, contiguous(dout), contiguous(w), dx, g.struct)
    return dx


def backward_weights(x, dout, g):
    """dw (C_out, C_in / groups, KH, KW)."""
    shape = (g.C_out, g.C_in // g.groups, g.KH, g.KW)
    dw = array_module(x).empty(shape, dtype=x.dtype)
    _start("backward_weights", dw, contiguous(x), contiguous(dout), dw, g.struct)
    return dw


def _start(kernel, result, *args):
    name = f"{kernel}<{number('conv2d', result.dtype)}>"
    launch(FILE, name, blocks((result.size, THREADS)), (THREADS,), *args)
