"""The checks of `conv2d_forward` and `conv2d_backward`: their cases and PyTorch's answers."""

import warnings

import numpy as np

from cs_cnn import layers
from cs_cnn.checks.calls import by_name, cache_of, call_forward
from cs_cnn.checks.cases import Case
from cs_cnn.checks.conv_mistakes import BACKWARD_MISTAKES, FORWARD_MISTAKES
from cs_cnn.checks.exercise import CARE, Exercise

MERGED = dict.fromkeys(("padding", "stride"), "padding and stride")
MERGED |= dict.fromkeys(("dilation", "groups"), "dilation and groups")


def forward_cases(draw, hidden):
    """One case after the other, each part adding one argument to the ones before."""
    many = range(3 if hidden else 1)
    if not hidden:
        # Small whole numbers: a student can follow this one by hand.
        x, w = draw.small_ints(1, 1, 3, 4), draw.small_ints(1, 1, 2, 2)
        yield Case("slide", {"x": x, "w": w, "b": np.array([1.0])})
    for _ in many:
        kernel = draw.two(2, 3)
        yield Case("slide", _arrays(draw, kernel, N=draw.between(2, 3)))
        yield Case("slide", _arrays(draw, draw.two(1, 3), N=1))
    for _ in many:
        yield _with(draw, "padding", padding=draw.between(1, 2))
        yield _with(draw, "padding", padding=draw.two(0, 2))
        yield _with(draw, "padding", kernel=(4, 2), padding="same")
    for _ in many:
        yield _with(draw, "stride", stride=draw.between(2, 3))
        yield _with(draw, "stride", stride=draw.two(1, 3), padding=draw.two(0, 2))
    for _ in many:
        yield _with(draw, "dilation", dilation=2, padding=1)
        yield _with(draw, "dilation", dilation=draw.two(1, 3), stride=draw.two(1, 2))
        yield _with(draw, "dilation", dilation=draw.two(2, 4), padding="same")
    for _ in many:
        yield _with(draw, "groups", groups=2, padding=1)
        yield _with(draw, "groups", groups=3, stride=draw.two(1, 2), dilation=draw.two(1, 2))
        yield _with(draw, "groups", groups=draw.between(2, 3), each=1)  # depthwise
    yield from _care_cases(draw)


def _care_cases(draw):
    yield Case(CARE, _arrays(draw, (3, 2), dtype=np.float32), {"padding": 1, "stride": 2})
    arrays = _arrays(draw, (2, 3))
    yield Case(CARE, arrays | {"x": draw.strided(*arrays["x"].shape)}, {"padding": (0, 1)})
    yield Case(CARE, _arrays(draw, draw.two(1, 3)) | {"b": None})


def _with(draw, part, kernel=None, groups=1, each=2, **options):
    """A case for `part` with non-square everything, big enough for its options."""
    kernel = kernel or draw.two(2, 3)
    dilation = options.get("dilation", 1)
    both = (dilation, dilation) if isinstance(dilation, int) else dilation
    arrays = _arrays(draw, kernel, both, draw.between(1, 2), groups, each)
    return Case(part, arrays, options | ({"groups": groups} if groups > 1 else {}))


def _arrays(draw, kernel, dilation=(1, 1), N=2, groups=1, each=2, dtype=np.float64):
    """x, w and b: `each` channels a group, and one filter more than that."""
    H, W = draw.image_size(kernel, dilation)
    return {
        "x": draw.normal(N, each * groups, H, W, dtype=dtype),
        "w": draw.normal((each + 1) * groups, each, *kernel, dtype=dtype),
        "b": draw.normal((each + 1) * groups, dtype=dtype),
    }


def backward_cases(draw, hidden):
    """The forward's cases with a gradient from above; see `MERGED` for the parts they count for.

    Where nothing is special (slide) each output counts for itself; db does so wherever it can.
    """
    for case in forward_cases(draw, hidden):
        dout = draw.normal(*_torch_conv(case)[0].shape, dtype=case.dtype)
        parts = {"slide": {"dx": "dx", "dw": "dw", "db": "db"}, CARE: {}}
        yield Case(
            MERGED.get(case.part, case.part),
            {"dout": dout, **case.inputs},
            case.options,
            parts.get(case.part, {"db": "db"}),
        )


def call_backward(function, arrays, options, forward):
    """Call a backward on the cache of the student's forward, or else of the reference."""
    dout, x, w, b = arrays.values()
    cache = cache_of(forward, layers.conv2d_forward, x, w, b, **options)
    return by_name(function, function(dout, cache), ("dx", "dw", "db"))


def oracle_forward(case):
    """PyTorch's output in float64."""
    return {"out": _torch_conv(case)[0].detach().numpy()}


def oracle_backward(case):
    """PyTorch's gradients in float64, without any forward of the student's (no db without b)."""
    import torch

    out, inputs = _torch_conv(case)
    dout = torch.tensor(case.inputs["dout"], dtype=torch.float64)
    gradients = torch.autograd.grad(out, inputs, dout)
    return {f"d{name}": g.numpy() for name, g in zip("xwb", gradients, strict=False)}


def _torch_conv(case):
    import torch

    arrays = [case.inputs[name] for name in "xwb" if case.inputs[name] is not None]
    inputs = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that "same" with even kernels is slow
        return torch.nn.functional.conv2d(*inputs, **case.options), inputs


CONV2D_FORWARD = Exercise(
    layers.conv2d_forward,
    {"slide": 3, "padding": 2, "stride": 2, "dilation": 1, "groups": 1, CARE: 1},
    forward_cases,
    oracle_forward,
    call_forward,
    FORWARD_MISTAKES,
)
CONV2D_BACKWARD = Exercise(
    layers.conv2d_backward,
    {"db": 1, "dw": 2, "dx": 3, "padding and stride": 2, "dilation and groups": 1, CARE: 1},
    backward_cases,
    oracle_backward,
    call_backward,
    BACKWARD_MISTAKES,
)
