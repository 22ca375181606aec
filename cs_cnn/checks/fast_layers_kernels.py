"""The checks of notebook 05's GPU kernels: run in the emulator, judged by numbers and behaviour.

The student's function launches its kernel in its own process and returns plain values: the output,
and the emulator's report of what the threads did.
"""

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cs_cnn.checks.calls import WrongForm, by_name
from cs_cnn.checks.cases import Case, copy_with_layout
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.fast_layers_kernels_mistakes import THREADS_MISTAKES, TILED_MISTAKES
from cs_cnn.shapes import pair
from cs_cnn.simt import conv

ONE, MANY, EDGES, ALL = "one block", "many blocks", "blocks beyond the edge", "images and filters"
TRAFFIC = "every pixel copied once a block, by all threads"


def cases(draw, hidden, stride):
    """One block, then many, then some that reach over the edge; `stride` asks for these too."""
    if not hidden:
        # Whole numbers, one image, one filter, one block: easy to follow by hand.
        arrays = {"x": draw.small_ints(1, 1, 3, 4), "w": draw.small_ints(1, 1, 2, 3)}
        inputs = _float32(arrays | {"b": np.array([1.0])})
        yield Case(ONE, inputs, {"block": (2, 2)}, _traffic(stride))
    block = draw.two(2, 5 if hidden else 4)
    yield _case(draw, ONE, block, block, stride)
    (BW, BH), (across, down) = draw.two(2, 4), draw.two(1, 3)
    yield _case(draw, MANY, (BW, BH), (across * BW, down * BH), stride)
    yield _case(draw, EDGES, (BW, BH), (across * BW + 1, down * BH + BH - 1), stride)
    # The last blocks reach over by two pixels and more, in both directions.
    yield _case(draw, EDGES, (5, 4), (draw.between(6, 8), draw.between(1, 2)), stride)
    yield _case(draw, ALL, (3, 2), draw.two(2, 4), stride, N=draw.between(2, 3), C_out=3)
    if stride:
        yield _case(draw, "stride", (3, 2), draw.two(2, 4), stride, steps=draw.two(1, 3))
        both = draw.between(2, 3)
        yield _case(draw, "stride", (2, 4), draw.two(3, 5), stride, steps=both)
    inputs = _arrays(draw, (5, 4), (1, 1), 1, 2)
    strided = copy_with_layout(np.repeat(inputs["x"], 2, axis=-1)[..., ::2])
    yield Case(CARE, inputs | {"x": strided}, {"block": (3, 2)}, _traffic(stride))


def _traffic(stride):
    return {} if stride else dict.fromkeys(("few_loads", "shared_work"), TRAFFIC)


def _case(draw, part, block, size, stride, N=1, C_out=2, steps=1):
    """A case with `size` (W_out, H_out) outputs a map."""
    both = (steps, steps) if isinstance(steps, int) else steps
    options = {"block": block} | ({"stride": steps} if both != (1, 1) else {})
    return Case(part, _arrays(draw, size, both, N, C_out), options, _traffic(stride))


def _arrays(draw, size, steps, N, C_out):
    """x, w and b of a convolution with this output size, float32; nothing is square."""
    (W_out, H_out), C, (KH, KW) = size, draw.between(2, 3), draw.two(2, 3)
    H, W = (H_out - 1) * steps[0] + KH, (W_out - 1) * steps[1] + KW
    x, w, b = draw.normal(N, C, H, W), draw.normal(C_out, C, KH, KW), draw.normal(C_out)
    return _float32({"x": x, "w": w, "b": b})


def _float32(arrays):
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def call(function, inputs, options, forward, tiled):
    """Run the student's launch; give the output and what the report says of the threads."""
    out, report = by_name(
        function, function(*inputs.values(), **options), ("out", "report")
    ).values()
    try:
        seen = {
            "problems": "; ".join(report["problems"]),
            "out_of_bounds": int(report["out_of_bounds"]),
            "stores": int(report["global_stores"]),
            "most_stores": int(report["most_stores"]),
        }
        if tiled:
            loads, copies = tile_work(inputs, options)
            seen["few_loads"] = bool(np.sum(report["loads"]["x"]) <= loads)
            seen["shared_work"] = bool(report["most_shared_stores"] <= copies)
    except (TypeError, KeyError, ValueError):
        raise WrongForm("return out and what `launch` returned, as the given lines do") from None
    return {"out": out} | seen


def tile_work(inputs, options):
    """Loads of x if a block reads each tile once, and copies that its busiest thread makes."""
    (N, C, H, W), (C_out, _, KH, KW) = inputs["x"].shape, inputs["w"].shape
    BW, BH = options["block"]
    blocks = N * C_out * -(-(H - KH + 1) // BH) * -(-(W - KW + 1) // BW)
    tile = (BH + KH - 1) * (BW + KW - 1)
    return blocks * C * tile, C * -(-tile // (BH * BW))


def oracle(case, tiled):
    """Every window times every filter in float64; no problems; one store for each output number."""
    x, w, b = (array.astype(np.float64) for array in case.inputs.values())
    SH, SW = pair(case.options.get("stride", 1))
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::SH, ::SW]
    out = np.einsum("ncijpq,fcpq->nfij", windows, w) + b[:, None, None]
    want = {"out": out, "problems": "", "out_of_bounds": 0, "stores": out.size, "most_stores": 1}
    return want | ({"few_loads": True, "shared_work": True} if tiled else {})


CONV2D_THREADS = Exercise(
    conv.conv2d_threads,
    {ONE: 2, MANY: 2, EDGES: 2, ALL: 1, "stride": 1, CARE: 1},
    partial(cases, stride=True),
    partial(oracle, tiled=False),
    partial(call, tiled=False),
    THREADS_MISTAKES,
)
CONV2D_TILED = Exercise(
    conv.conv2d_tiled,
    {ONE: 2, MANY: 2, EDGES: 2, ALL: 1, TRAFFIC: 2, CARE: 1},
    partial(cases, stride=False),
    partial(oracle, tiled=True),
    partial(call, tiled=True),
    TILED_MISTAKES,
)
