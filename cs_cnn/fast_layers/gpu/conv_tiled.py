"""Step 2 of the convolution: conv_tiled.cu, a matrix product in tiles; any number of groups."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, device, launch, number

FILE, SIDE = "conv_tiled.cu", 16
arranged = contiguous  # images as this step reads them


def forward(x, w, b, g, relu=False):
    """out (N, C_out, H_out, W_out); arguments as in `conv_naive.forward`."""
    out = array_module(x).empty((g.N, g.C_out, g.H_out, g.W_out), dtype=x.dtype)
    b = None if b is None else contiguous(b)
    args = (contiguous(x), contiguous(w), b, out, g.struct, relu)
    _start("forward", g.C_out // g.groups, g.pixels, g.groups, args)
    return out


def backward_data(x, dout, w, g):
    """dx, shaped as x."""
    dx = array_module(x).empty(x.shape, dtype=x.dtype)
    args = (contiguous(dout), contiguous(w), dx, g.struct, g.groups)
    cells, phases = g.N * g.cells[0] * g.cells[1], g.SH * g.SW
    _start("backward_data", g.C_in // g.groups, cells, g.groups * phases, args)
    return dx


def backward_weights(x, dout, g):
    """dw (C_out, C_in / groups, KH, KW)."""
    rows = g.C_out // g.groups
    tile = (4 if rows > 32 else 2, 4)  # few results: the depth makes the blocks, not they
    tiles = tile_blocks(rows, g.depth, tile)
    parts = split_depth(tiles[0] * tiles[1] * g.groups, g.pixels)
    wide = "float64" if x.dtype == "float64" else "float32"
    shape = (parts, g.C_out, g.C_in // g.groups, g.KH, g.KW)
    dw = array_module(x).empty(shape, dtype=wide)
    args = (contiguous(x), contiguous(dout), dw, g.struct, parts)
    _start("backward_weights", rows, g.depth, g.groups * parts, args, tile)
    return dw.sum(axis=0).astype(x.dtype, copy=False)


def split_depth(tiles, depth, least=512, each=2):
    """In how many parts to sum so long a depth, so that every processor gets `each` blocks.

    A part is at least `least` long, and there are at most 64, since the parts are added at the end.
    """
    wanted = -(-each * device().processors // max(1, tiles))
    return max(1, min(wanted, depth // least, 64))


def choose_tile(rows, columns, count, dtype):
    """How many results, (down, across), a thread sums of `count` products (rows, columns).

    Many, as long as the tiles are filled and every processor gets a block.
    """
    down = 2 if rows <= 2 * SIDE else 4 if rows <= 4 * SIDE else 8
    down_tiles, across_tiles = tile_blocks(rows, columns, (down, 8))
    if dtype == "float64" or down_tiles * across_tiles * count < device().processors:
        return min(down, 4), 4
    return down, 8


def tile_blocks(rows, columns, tile):
    """How many blocks down and across cover a result."""
    return blocks((rows, SIDE * tile[0]), (columns, SIDE * tile[1]))


def _start(kernel, rows, columns, count, args, tile=None):
    first = args[0]
    tile = tile or choose_tile(rows, columns, count, first.dtype)
    down, across = tile_blocks(rows, columns, tile)
    name = f"{kernel}<{number('conv2d', first.dtype)}, {tile[0]}, {tile[1]}>"
    launch(FILE, name, (across, down, count), (SIDE, SIDE), *args)
