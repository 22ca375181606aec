"""Step 2 of the convolution: conv_tiled.cu, a matrix product in tiles; any number of groups."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, device, launch, number

FILE, TILE, BLOCK = "conv_tiled.cu", 64, (16, 16)
arranged = contiguous  # images as this step reads them


def forward(x, w, b, g, relu=False):
    """out (N, C_out, H_out, W_out); arguments as in `conv_naive.forward`."""
    out = array_module(x).empty((g.N, g.C_out, g.H_out, g.W_out), dtype=x.dtype)
    b = None if b is None else contiguous(b)
    grid = (*blocks((g.pixels, TILE), (g.C_out // g.groups, TILE)), g.groups)
    _start("forward", grid, contiguous(x), contiguous(w), b, out, g.struct, relu)
    return out


def backward_data(x, dout, w, g):
    """dx, shaped as x."""
    dx = array_module(x).empty(x.shape, dtype=x.dtype)
    grid = (*blocks((g.N * g.H * g.W, TILE), (g.C_in // g.groups, TILE)), g.groups)
    _start("backward_data", grid, contiguous(dout), contiguous(w), dx, g.struct)
    return dx


def backward_weights(x, dout, g):
    """dw (C_out, C_in / groups, KH, KW)."""
    columns, rows = blocks((g.depth, TILE), (g.C_out // g.groups, TILE))
    parts = split_depth(columns * rows * g.groups, g.pixels)
    wide = "float64" if x.dtype == "float64" else "float32"
    shape = (parts, g.C_out, g.C_in // g.groups, g.KH, g.KW)
    dw = array_module(x).empty(shape, dtype=wide)
    grid = (columns, rows, g.groups * parts)
    _start("backward_weights", grid, contiguous(x), contiguous(dout), dw, g.struct, parts)
    return dw.sum(axis=0).astype(x.dtype, copy=False)


def split_depth(tiles, depth, least=512):
    """In how many parts to sum so long a depth, so that every processor gets two blocks of work.

    A part is at least `least` long, and there are at most 64, since the parts are added at the end.
    """
    wanted = -(-2 * device().processors // tiles)
    return max(1, min(wanted, depth // least, 64))


def _start(kernel, grid, first, *args):
    launch(FILE, f"{kernel}<{number('conv2d', first.dtype)}>", grid, BLOCK, first, *args)
