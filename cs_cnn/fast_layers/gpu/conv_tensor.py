"""Step 3 of the convolution: conv_tensor.cu, tensor cores; channels last inside, one group."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.conv_tiled import split_depth
from cs_cnn.fast_layers.gpu.geometry import empty_as, strides
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, device, launch, number

FILE = "conv_tensor.cu"
TILES = ((2, 4), (2, 2), (1, 2))  # warps down and across; a warp has 64 rows and 32 columns
KINDS = {"float16": "Half", "bfloat16": "Bfloat"}  # float32 takes "Tf32" or "Tf32x3"


def forward(x, w, b, g, relu=False, kind=None):
    """out (N, C_out, H_out, W_out) in x's memory format.

    Parameters
    ----------
    x, w, b, g, relu
        As in `conv_naive.forward`; the dtype is float32, float16 or bfloat16.
    kind : str, optional
        "Tf32" or "Tf32x3" for float32; the dtype says it otherwise.
    """
    out = empty_as(x, (g.N, g.C_out, g.H_out, g.W_out))
    x, w = channels_last(x), channels_last(w)
    padded = g._replace(C_in=x.shape[1]).struct
    b = None if b is None else contiguous(b)
    args = (x, w, b, out, padded, g.C_out, strides(out), relu)
    tile = choose_tile(g.pixels, g.C_out, kind)
    _start("forward", kind, tile, tile_blocks(g.pixels, g.C_out, tile), args)
    return out


def backward_data(x, dout, w, g, kind=None):
    """dx, shaped as x and in its memory format."""
    dx = empty_as(x, x.shape)
    dout, w = channels_last(dout), channels_last(w.swapaxes(0, 1))
    padded = g._replace(C_out=dout.shape[1]).struct
    rows, phases = g.N * g.cells[0] * g.cells[1], g.SH * g.SW
    tile = choose_tile(rows * phases, g.C_in, kind)
    args = (dout, w, dx, padded, g.C_in, strides(dx))
    _start("backward_data", kind, tile, (*tile_blocks(rows, g.C_in, tile), phases), args)
    return dx


def backward_weights(x, dout, g, kind=None):
    """dw (C_out, C_in, KH, KW)."""
    dtype, x, dout = x.dtype, channels_last(x), channels_last(dout)
    padded = g._replace(C_in=x.shape[1], C_out=dout.shape[1])
    large = TILES[1] if kind == "Tf32x3" else TILES[0]
    tile = TILES[-1] if min(g.C_out, padded.depth) <= 64 else large
    rows, columns = tile_blocks(g.C_out, padded.depth, tile)
    parts = split_depth(rows * columns, g.pixels)
    step = 4 * chunk(x)  # a part begins where a tile does
    each = -(-g.pixels // (parts * step)) * step
    shape = (parts, g.C_out, g.KH, g.KW, padded.C_in)
    dw = array_module(x).empty(shape, dtype="float32")
    args = (x, dout, dw, padded.struct, g.C_out, each)
    _start("backward_weights", kind, tile, (rows, columns, parts), args)
    dw = dw.sum(axis=0)[..., : g.C_in].transpose(0, 3, 1, 2)
    return contiguous(dw.astype(dtype, copy=False))


def channels_last(x):
    """x as (N, C_padded, H, W) in channels-last memory: zeros fill the last 16 bytes of a pixel.

    An x that is like that already is returned as it is.
    """
    (N, C, H, W), step = x.shape, chunk(x)
    C_padded = -(-C // step) * step
    last = x.transpose(0, 2, 3, 1)
    if C_padded != C or not last.flags.c_contiguous:
        last = array_module(x).empty((N, H, W, C_padded), dtype=x.dtype)
        grid = (*blocks((H * W, 32), (C_padded, 32)), min(N, 65535))
        name = f"channels_last<{number('conv2d', x.dtype)}>"
        launch("layout.cu", name, grid, (32, 8), contiguous(x), last, N, C, H * W, C_padded)
    return contiguous(last).transpose(0, 3, 1, 2)


arranged = channels_last  # images as this step reads them


def chunk(x):
    """How many numbers 16 bytes hold."""
    return 16 // x.dtype.itemsize


def choose_tile(rows, columns, kind):
    """The largest tile (warps down, warps across) that still keeps every processor busy.

    A processor has registers for 16 warps, or for 12 that write each number as a sum of two: one
    large block or three middle ones.
    """
    for tile in TILES:
        down, across = tile_blocks(rows, columns, tile)
        wasteful = tile == TILES[0] and (columns <= 64 or kind == "Tf32x3")
        if down * across >= device().processors and not wasteful:
            return tile
    return TILES[-1]


def tile_blocks(rows, columns, tile):
    """How many blocks down and across cover a result."""
    return blocks((rows, 64 * tile[0]), (columns, 32 * tile[1]))


def _start(kernel, kind, tile, grid, args):
    kind = kind or KINDS[args[0].dtype.name]
    down, across = tile
    launch(FILE, f"{kernel}<{kind}, {down}, {across}>", grid, (32 * down * across,), *args)
