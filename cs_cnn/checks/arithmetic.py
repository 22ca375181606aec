"""The checks of convolution arithmetic: sizes, parameters, operations and receptive fields."""

from numbers import Integral

from cs_cnn import shapes
from cs_cnn.arithmetic import counting
from cs_cnn.checks.arithmetic_mistakes import (
    FIELD_MISTAKES,
    MACS_MISTAKES,
    PARAMETERS_MISTAKES,
    SIZE_MISTAKES,
)
from cs_cnn.checks.calls import WrongForm
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import Exercise

REFUSED = "a ValueError"
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1}


def size_cases(draw, hidden):
    """The lecture's 7 x 7 first; then sides that leave a rest, with room made for every option."""
    for stride in (1, 2, 3):
        yield Case("slide", {"size": 7, "kernel_size": 3}, {"stride": stride})
    yield Case("slide", {"size": draw.between(4, 9), "kernel_size": 1}, {"stride": 4})
    for _ in range(4 if hidden else 1):
        stride, before = draw.between(3, 9 if hidden else 5), draw.between(1, 3)
        for rest in (0, 1, stride - 1):
            yield _fitting(draw, "slide", rest, stride=stride)
            yield _fitting(draw, "padding", rest, stride=stride, padding=before)
            ends = (before, before + draw.between(1, 2))
            yield _fitting(draw, "padding", rest, stride=stride, padding=ends)
            dilation = draw.between(2, 5 if hidden else 3)
            yield _fitting(draw, "dilation", rest, stride=stride, padding=before, dilation=dilation)
        yield from _tight(draw, before, dilation)


def _fitting(draw, part, rest, stride, padding=0, dilation=1):
    """A side where the last window is `rest` pixels short of the end."""
    kernel, places = draw.between(2, 5), draw.between(2, 6)
    padded = dilation * (kernel - 1) + 1 + (places - 1) * stride + rest
    inputs = {"size": max(padded - sum(_ends(padding)), 1), "kernel_size": kernel}
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return Case(part, inputs, {k: v for k, v in options.items() if v != DEFAULTS[k]})


def _tight(draw, padding, dilation):
    """A kernel exactly as large as the padded side, and one larger by a single pixel."""
    ends = (padding, 0), (0, padding)
    for options in ({}, *({"padding": p} for p in (padding, *ends)), {"dilation": dilation}):
        before, after = _ends(options.get("padding", 0))
        kernel = before + after + draw.between(2, 4)
        span = options.get("dilation", 1) * (kernel - 1) + 1
        for size in (span - before - after, span - before - after - 1):
            inputs = {"size": size, "kernel_size": kernel}
            yield Case("doesn't fit", inputs, options | {"stride": draw.between(1, 3)})


def _ends(padding):
    return padding if isinstance(padding, tuple) else (padding, padding)


def count_places(case):
    """Lay the kernel down at every stride and count where it lies on the padded side."""
    size, kernel = case.inputs.values()
    o = DEFAULTS | case.options
    before, after = _ends(o["padding"])
    last = o["dilation"] * (kernel - 1)  # from the first tap to the last
    starts = range(-before, size + after, o["stride"])
    places = sum(start + last < size + after for start in starts)
    return {"size": places or REFUSED}


def call_size(function, inputs, options, forward):
    """The size, or that it was refused where nothing fits."""
    if count_places(Case("", inputs, options))["size"] != REFUSED:
        return {"size": whole(function, function(*inputs.values(), **options))}
    try:
        return {"size": whole(function, function(*inputs.values(), **options))}
    except ValueError:
        return {"size": REFUSED}


def whole(function, result):
    """The result, if it is a whole number of Python's or NumPy's."""
    if not isinstance(result, Integral) or isinstance(result, bool):
        name = getattr(function, "__name__", "the function")
        raise WrongForm(f"{name} must return a whole number (an int), got {result!r}")
    return result


def call_number(function, inputs, options, forward):
    """Any other of these functions: one whole number."""
    return {"number": whole(function, function(*inputs.values(), **options))}


def parameters_cases(draw, hidden):
    """The lecture's ten 5 x 5 filters first; then kernels that are not square."""
    yield Case("weights and biases", {"C_in": 3, "C_out": 10, "kernel_size": 5})
    most = 64 if hidden else 9
    for _ in range(3 if hidden else 1):
        yield Case("weights and biases", _channels(draw, most) | {"kernel_size": draw.two(1, 7)})
        inputs = _channels(draw, most) | {"kernel_size": draw.two(2, 5)}
        yield Case("without biases", inputs, {"bias": False})
        groups = draw.between(2, 5)
        inputs = _channels(draw, most, groups) | {"kernel_size": draw.two(1, 5)}
        yield Case("groups", inputs, {"groups": groups})
        yield Case("groups", inputs, {"groups": groups, "bias": False})


def _channels(draw, most, groups=1):
    C_in, C_out = draw.two(2, most)
    return {"C_in": C_in * groups, "C_out": C_out * groups}


def count_parameters(case):
    """Let PyTorch make the layer, and count what it learns."""
    import torch

    layer = torch.nn.Conv2d(*case.inputs.values(), **case.options, device="meta")
    return {"number": sum(p.numel() for p in layer.parameters())}


def macs_cases(draw, hidden):
    """The lecture's layer first; then images and kernels that are not square."""
    lecture = {"shape": (3, 32, 32), "C_out": 10, "kernel_size": 5}
    yield Case("every place", lecture)
    room = (6, 40) if hidden else (4, 9)
    for _ in range(3 if hidden else 1):
        yield _layer(draw, "every place", room)
        yield _layer(draw, "stride, padding, dilation", room, stride=draw.two(1, 3))
        padding, dilation = draw.two(0, 2), draw.two(1, 3)
        yield _layer(draw, "stride, padding, dilation", room, padding=padding, dilation=dilation)
        yield _layer(draw, "groups", room, groups=draw.between(2, 4))


def _layer(draw, part, room, groups=1, **options):
    kernel = draw.two(2, 5)
    channels = _channels(draw, 9, groups)
    size = draw.image_size(kernel, options.get("dilation", (1, 1)), room)
    inputs = {"shape": (channels["C_in"], *size), "C_out": channels["C_out"], "kernel_size": kernel}
    return Case(part, inputs, options | ({"groups": groups} if groups > 1 else {}))


def count_macs(case):
    """Let PyTorch count the operations of the layer, two for each multiply-accumulate."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    (C_in, *size), C_out, kernel = case.inputs.values()
    layer = torch.nn.Conv2d(C_in, C_out, kernel, **case.options, bias=False, device="meta")
    with FlopCounterMode(display=False) as counter:
        layer(torch.empty(1, C_in, *size, device="meta"))
    return {"number": counter.get_total_flops() // 2}


def field_cases(draw, hidden):
    """Stacks of (kernel, stride, dilation): first all strides 1, then strides, then dilation."""
    yield Case("stride 1", {"layers": ()})
    yield Case("stride 1", {"layers": ((3, 1, 1),) * 3})
    depth = (3, 6) if hidden else (2, 3)
    for _ in range(3 if hidden else 1):
        yield _stack(draw, "stride 1", draw.between(*depth))
        yield _stack(draw, "strides", 2, strides=2)
        yield _stack(draw, "strides", draw.between(*depth) + 1, strides=3)
        yield _stack(draw, "dilation", draw.between(*depth), dilations=3)
        yield _stack(draw, "dilation", draw.between(*depth), strides=3, dilations=4)


def _stack(draw, part, depth, strides=1, dilations=1):
    kernels = [draw.between(2, 5) for _ in range(depth)]
    rest = [
        [draw.between(2, most) if most > 1 else 1 for _ in range(depth)]
        for most in (strides, dilations)
    ]
    return Case(part, {"layers": tuple(zip(kernels, *rest, strict=True))})


def trace_back(case):
    """Walk from one output back to the input, layer by layer, and keep every pixel it meets."""
    seen = {0}
    for kernel, stride, dilation in reversed(case.inputs["layers"]):
        seen = {place * stride + tap * dilation for place in seen for tap in range(kernel)}
    return {"number": max(seen) - min(seen) + 1}


OUTPUT_SIZE = Exercise(
    shapes.output_size,
    {"slide": 2, "padding": 1, "dilation": 1, "doesn't fit": 1},
    size_cases,
    count_places,
    call_size,
    SIZE_MISTAKES,
)
CONV_PARAMETERS = Exercise(
    counting.conv_parameters,
    {"weights and biases": 2, "without biases": 1, "groups": 1},
    parameters_cases,
    count_parameters,
    call_number,
    PARAMETERS_MISTAKES,
)
CONV_MACS = Exercise(
    counting.conv_macs,
    {"every place": 2, "stride, padding, dilation": 1, "groups": 1},
    macs_cases,
    count_macs,
    call_number,
    MACS_MISTAKES,
)
RECEPTIVE_FIELD = Exercise(
    counting.receptive_field,
    {"stride 1": 2, "strides": 2, "dilation": 1},
    field_cases,
    trace_back,
    call_number,
    FIELD_MISTAKES,
)
