"""The checks of `max_pool2d_forward` and `max_pool2d_backward`: cases and answers."""

import numpy as np

from cs_cnn import layers
from cs_cnn.checks.calls import cache_of, call_forward
from cs_cnn.checks.cases import Case, copy_with_layout
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.pool_mistakes import BACKWARD_MISTAKES, FORWARD_MISTAKES

TILE, MOVE, BORDER, TIES = "windows that tile", "other strides", "padding and dilation", "ties"


def forward_cases(draw, hidden):
    """Windows that tile, then strides, then padding and dilation; negative numbers throughout."""
    many = range(3 if hidden else 1)
    if not hidden:
        yield Case(TILE, {"x": draw.small_ints(1, 1, 2, 4)}, {"kernel_size": 2})
    for _ in many:
        kernel = draw.two(2, 3)
        yield Case(TILE, _image(draw, kernel, 2), {"kernel_size": kernel})
        yield Case(TILE, _image(draw, (3, 3), 1), {"kernel_size": 3})
    for _ in many:
        yield _moving(draw, MOVE, (3, 2), draw.between(1, 2))  # windows overlap
        yield _moving(draw, MOVE, draw.two(2, 3), draw.two(1, 3))
        yield _moving(draw, MOVE, 2, 3)  # pixels between the windows
    for _ in many:
        yield _moving(draw, BORDER, (3, 2), 2, padding=1)
        yield _moving(draw, BORDER, (4, 3), draw.two(1, 2), padding=(2, 1))
        yield _moving(draw, BORDER, (3, 5), draw.two(1, 2), padding=(0, 2))
        yield _moving(draw, BORDER, (3, 2), draw.two(1, 2), dilation=(2, 1))
        yield _moving(draw, BORDER, (2, 3), draw.two(1, 2), dilation=(1, 3))
    yield Case(CARE, _image(draw, (2, 2), 2, dtype=np.float32), {"kernel_size": 2, "stride": 1})
    strided = copy_with_layout(_image(draw, (3, 2), 1)["x"][..., ::2])
    yield Case(CARE, {"x": strided}, {"kernel_size": (3, 1), "stride": 2})


def backward_cases(draw, hidden):
    """The forward's cases with a gradient from above, and images full of ties."""
    cases = list(forward_cases(draw, hidden))
    cases[-2:-2] = [
        Case(TIES, {"x": draw.small_ints(2, 2, 4, 6)}, {"kernel_size": (2, 3)}),
        Case(TIES, {"x": np.zeros((1, 2, 5, 4))}, {"kernel_size": 3, "stride": (2, 1)}),
        Case(TIES, {"x": -np.ones((1, 1, 4, 5))}, {"kernel_size": 2, "stride": 1, "padding": 1}),
    ]
    for case in cases:
        out = _torch_pool(case)[0]
        dout = draw.normal(*out.shape, dtype=case.dtype)
        yield Case(case.part, {"dout": dout, **case.inputs}, case.options)


def _image(draw, kernel, N, dilation=(1, 1), dtype=np.float64):
    H, W = draw.image_size(kernel, dilation, room=(3, 6))
    return {"x": draw.distinct(N, draw.between(2, 3), H, W, dtype=dtype)}


def _moving(draw, part, kernel, stride, padding=0, dilation=1):
    both = (kernel, kernel) if isinstance(kernel, int) else kernel
    steps = (dilation, dilation) if isinstance(dilation, int) else dilation
    options = {"kernel_size": kernel, "stride": stride}
    options |= {"padding": padding} if padding else {}
    options |= {"dilation": dilation} if dilation != 1 else {}
    return Case(part, _image(draw, both, draw.between(1, 2), steps), options)


def call_backward(function, arrays, options, forward):
    """Call a backward on the cache of the student's forward, or else of the reference."""
    dout, x = arrays.values()
    return {"dx": function(dout, cache_of(forward, layers.max_pool2d_forward, x, **options))}


def oracle_forward(case):
    """PyTorch's output in float64."""
    return {"out": _torch_pool(case)[0].detach().numpy()}


def oracle_backward(case):
    """PyTorch's gradient in float64; where pixels tie, the first in reading order takes it."""
    import torch

    out, x = _torch_pool(case)
    dout = torch.tensor(case.inputs["dout"], dtype=torch.float64)
    return {"dx": torch.autograd.grad(out, x, dout)[0].numpy()}


def _torch_pool(case):
    import torch

    x = torch.tensor(case.inputs["x"], dtype=torch.float64, requires_grad=True)
    return torch.nn.functional.max_pool2d(x, **case.options), x


MAX_POOL2D_FORWARD = Exercise(
    layers.max_pool2d_forward,
    {TILE: 2, MOVE: 1, BORDER: 1, CARE: 1},
    forward_cases,
    oracle_forward,
    call_forward,
    FORWARD_MISTAKES,
)
MAX_POOL2D_BACKWARD = Exercise(
    layers.max_pool2d_backward,
    {TILE: 2, MOVE: 1, TIES: 1, BORDER: 1, CARE: 1},
    backward_cases,
    oracle_backward,
    call_backward,
    BACKWARD_MISTAKES,
)
