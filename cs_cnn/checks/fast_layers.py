"""The checks of notebook 05's NumPy functions: their cases and PyTorch's answers."""

import numpy as np

from cs_cnn.checks.cases import Case, copy_with_layout
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.fast_layers_mistakes import (
    COL2IM_MISTAKES,
    IM2COL_MISTAKES,
    POOL_MISTAKES,
    WINOGRAD_MISTAKES,
)
from cs_cnn.fast_layers import im2col, one_tile

TILE, REST = "windows that fill the image", "rows and columns left over"
ONE, CHANNELS, PRODUCTS = "one channel, one filter", "channels and filters", "the 16 products"


def im2col_cases(draw, hidden):
    """Windows one after the other, then padding, stride and dilation; nothing is square."""
    many = range(3 if hidden else 1)
    if not hidden:
        # Whole numbers that tell where they come from: easy to follow by hand.
        x = np.arange(12, dtype=np.float64).reshape(1, 1, 3, 4)
        yield Case("slide", {"x": x, "kernel_size": (2, 3)})
    for _ in many:
        yield Case("slide", _images(draw, draw.two(1, 3), N=draw.between(2, 3)))
        yield Case("slide", _images(draw, draw.two(2, 4), N=1))
    for _ in many:
        yield _case(draw, "padding", padding=draw.between(1, 2))
        yield _case(draw, "padding", padding=draw.two(0, 2))
        yield _case(draw, "padding", kernel=(4, 2), padding="same")
    for _ in many:
        yield _case(draw, "stride", stride=draw.between(2, 3))
        yield _case(draw, "stride", stride=draw.two(1, 3), padding=draw.two(0, 2))
    for _ in many:
        yield _case(draw, "dilation", dilation=2, padding=1)
        yield _case(draw, "dilation", dilation=draw.two(1, 3), stride=draw.two(1, 2))
    yield Case(CARE, _images(draw, (3, 2), dtype=np.float32), {"padding": 1, "stride": 2})
    images = _images(draw, (2, 3))
    yield Case(CARE, images | {"x": draw.strided(*images["x"].shape)}, {"padding": (0, 1)})


def _case(draw, part, kernel=None, **options):
    kernel, dilation = kernel or draw.two(2, 3), options.get("dilation", 1)
    both = (dilation, dilation) if isinstance(dilation, int) else dilation
    return Case(part, _images(draw, kernel, both, N=draw.between(1, 2)), options)


def _images(draw, kernel, dilation=(1, 1), N=2, dtype=np.float64):
    H, W = draw.image_size(kernel, dilation)
    return {"x": draw.normal(N, draw.between(2, 3), H, W, dtype=dtype), "kernel_size": kernel}


def col2im_cases(draw, hidden):
    """The cases of `im2col`, backwards: columns and the shape of the images."""
    for case in im2col_cases(draw, hidden):
        x, kernel = case.inputs.values()
        shape = _unfold(case, case.inputs["x"]).shape
        cols = draw.normal(*shape, dtype=x.dtype)
        if not x.flags.c_contiguous:
            cols = copy_with_layout(np.repeat(cols, 2, axis=-1)[..., ::2])
        if not hidden and x.size == 12:
            cols = np.ones(shape)
        yield Case(case.part, {"cols": cols, "shape": x.shape, "kernel_size": kernel}, case.options)


def _unfold(case, x):
    """PyTorch's columns; it knows symmetric padding only, so x is padded before."""
    import torch

    from cs_cnn.shapes import pad_pairs

    kernel, options = case.inputs["kernel_size"], dict(case.options)
    pads = pad_pairs(options.pop("padding", 0), kernel, options.get("dilation", 1))
    x_pad = np.pad(np.asarray(x, dtype=np.float64), ((0, 0), (0, 0), *pads))
    return torch.nn.functional.unfold(torch.tensor(x_pad), kernel, **options).numpy()


def oracle_im2col(case):
    """PyTorch's `unfold` in float64."""
    return {"cols": _unfold(case, case.inputs["x"])}


def oracle_col2im(case):
    """The adjoint of PyTorch's `unfold`, by sending every pixel's number through it."""
    shape = case.inputs["shape"]
    pixels = np.arange(1, np.prod(shape) + 1, dtype=np.float64).reshape(shape)
    came_from = _unfold(case, pixels).astype(int)  # 0 is padding
    size = pixels.size + 1
    x = np.bincount(came_from.ravel(), case.inputs["cols"].ravel().astype(float), size)
    return {"x": x[1:].reshape(shape)}


def pool_cases(draw, hidden):
    """Windows that fill the image, then some that leave rows and columns over; all are negative."""
    if not hidden:
        x = draw.small_ints(1, 1, 4, 6)
        yield Case(TILE, {"x": x, "kernel_size": 2})
    for _ in range(3 if hidden else 1):
        yield Case(TILE, _tiled(draw, draw.two(1, 3), (0, 0)))
        yield Case(TILE, _tiled(draw, draw.two(2, 4), (0, 0), N=1))
        yield Case(REST, _tiled(draw, (3, 2), (draw.between(1, 2), 1)))
        yield Case(REST, _tiled(draw, (2, 4), (0, draw.between(1, 3))))
    yield Case(CARE, _tiled(draw, (2, 3), (0, 1), dtype=np.float32))
    case = _tiled(draw, (3, 2), (1, 0))
    yield Case(CARE, case | {"x": draw.strided(*case["x"].shape)})


def _tiled(draw, kernel, rest, N=2, dtype=np.float64):
    windows = draw.two(2, 5)
    H, W = (n * k + r for n, k, r in zip(windows, kernel, rest, strict=True))
    x = draw.distinct(N, draw.between(2, 3), H, W, dtype=dtype)
    return {"x": x - np.abs(x).max() - 1, "kernel_size": kernel}


def oracle_pool(case):
    """PyTorch's max pooling in float64."""
    import torch

    x = torch.tensor(case.inputs["x"], dtype=torch.float64)
    return {"out": torch.nn.functional.max_pool2d(x, case.inputs["kernel_size"]).numpy()}


def winograd_cases(draw, hidden):
    """One channel and one filter, then several of both, in different numbers."""
    products = {"products": PRODUCTS}
    if not hidden:
        tile, w = draw.small_ints(1, 4, 4), draw.small_ints(1, 1, 3, 3)
        yield Case(ONE, {"tile": tile, "w": w}, {}, products)
    for _ in range(3 if hidden else 1):
        yield Case(ONE, {"tile": draw.normal(1, 4, 4), "w": draw.normal(1, 1, 3, 3)}, {}, products)
        C, C_out = draw.two(2, 5 if hidden else 3)
        inputs = {"tile": draw.normal(C, 4, 4), "w": draw.normal(C_out, C, 3, 3)}
        yield Case(CHANNELS, inputs, {}, products)


def call_winograd(function, inputs, options, forward):
    """Call it: an output and its products."""
    from cs_cnn.checks.calls import by_name

    return by_name(function, function(*inputs.values()), ("out", "products"))


def oracle_winograd(case):
    """PyTorch's convolution; the products from the matrices, summed up index by index."""
    import torch

    tile, w = case.inputs.values()
    out = torch.nn.functional.conv2d(torch.tensor(tile)[None], torch.tensor(w))[0].numpy()
    U = np.einsum("ap,fcpq,bq->fcab", one_tile.FILTER_2, w, one_tile.FILTER_2)
    V = np.einsum("ai,cij,bj->cab", one_tile.IN_2, tile, one_tile.IN_2)
    return {"out": out, "products": np.einsum("fcab,cab->fcab", U, V)}


def call_for(name):
    """How a function with one output is called."""
    return lambda function, inputs, options, forward: {name: function(*inputs.values(), **options)}


IM2COL = Exercise(
    im2col.im2col,
    {"slide": 3, "padding": 1, "stride": 2, "dilation": 1, CARE: 1},
    im2col_cases,
    oracle_im2col,
    call_for("cols"),
    IM2COL_MISTAKES,
)
COL2IM = Exercise(
    im2col.col2im,
    {"slide": 3, "padding": 1, "stride": 2, "dilation": 1, CARE: 1},
    col2im_cases,
    oracle_col2im,
    call_for("x"),
    COL2IM_MISTAKES,
)
MAX_POOL2D_TILES = Exercise(
    one_tile.max_pool2d_tiles,
    {TILE: 2, REST: 1, CARE: 1},
    pool_cases,
    oracle_pool,
    call_for("out"),
    POOL_MISTAKES,
)
WINOGRAD_TILE = Exercise(
    one_tile.winograd_tile,
    {ONE: 2, CHANNELS: 2, PRODUCTS: 1},
    winograd_cases,
    oracle_winograd,
    call_winograd,
    WINOGRAD_MISTAKES,
)
