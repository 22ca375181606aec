"""The checks of batch norm, its fusion and group norm: their cases and PyTorch's answers."""

from functools import partial

import numpy as np

from cs_cnn import normalization
from cs_cnn.checks import group_norm_mistakes
from cs_cnn.checks.calls import by_name, cache_of, call_forward
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.normalization_backward_mistakes import BACKWARD_MISTAKES, GRAPH_MISTAKES
from cs_cnn.checks.normalization_mistakes import FORWARD_MISTAKES, FUSE_MISTAKES

TRAIN, RUNNING, EVAL = "training", "running averages", "evaluation"
IMAGES, GROUPS = "images (N, C, H, W)", "groups"
ONE, EACH = "one group: layer norm", "a group per channel: instance norm"
VECTORS = ("gamma", "beta", "running_mean", "running_var")
GRADIENTS = ("dx", "dgamma", "dbeta")


def forward_cases(draw, hidden):
    """Rows in training, then in evaluation, then images; options are never the defaults' twins."""
    many = range(3 if hidden else 1)
    running = {"running_mean": RUNNING, "running_var": RUNNING}
    if not hidden:
        # Whole numbers and plain gamma, beta and running averages: easy to follow by hand.
        zero, one = np.zeros(2), np.ones(2)
        x = np.array([[1.0, 2.0], [1.0, 6.0], [5.0, 2.0], [1.0, 6.0]])
        arrays = {"x": x, "gamma": one, "beta": zero, "running_mean": zero, "running_var": one}
        yield Case(TRAIN, arrays, {}, running)
    for _ in many:
        for arrays in _training_rows(draw, hidden):
            yield Case(TRAIN, arrays, _options(draw), running)
    for _ in many:
        yield Case(EVAL, _rows(draw, draw.between(3, 6)), {"training": False})
        yield Case(EVAL, _rows(draw, 2), {"training": False} | _options(draw))
    for _ in many:
        yield Case(IMAGES, _images(draw, draw.between(2, 4)), {}, running)
        yield Case(IMAGES, _images(draw, 1), _options(draw), running)
        yield Case(IMAGES, _images(draw, 1), {"training": False} | _options(draw))
    yield Case(CARE, _as_float32(_rows(draw, 4)), _options(draw), running)
    arrays = _images(draw, 2)
    yield Case(CARE, arrays | {"x": draw.strided(*arrays["x"].shape)}, {"momentum": 0.2}, running)


def _training_rows(draw, hidden):
    """Rows that are plain, two only, of very different scale, and far away from zero."""
    yield _rows(draw, draw.between(3, 12 if hidden else 6))
    yield _rows(draw, 2)
    scales = _rows(draw, 5, C=4)
    yield scales | {"x": scales["x"] * [1e-3, 0, 1, 1e3] + [0, 3, 1, -2e3]}
    far = _rows(draw, draw.between(4, 7))
    yield far | {"x": 3 * far["x"] + 1e7}


def _options(draw):
    """A momentum and an eps that differ from the defaults, and from each other's mirror image."""
    return {"momentum": draw.between(20, 40) / 100, "eps": draw.between(10, 60) / 100}


def _rows(draw, N, C=None):
    C = C or draw.between(3, 5)
    return {"x": 2 * draw.normal(N, C) + draw.normal(C), **_vectors(draw, C)}


def _images(draw, N):
    C, (H, W) = draw.between(2, 5), draw.two(2, 6)
    x = 2 * draw.normal(N, C, H, W) + draw.normal(C, 1, 1)
    return {"x": x, **_vectors(draw, C)}


def _vectors(draw, C):
    vectors = {name: draw.normal(C) for name in VECTORS}
    return vectors | {"running_var": vectors["running_var"] ** 2 + 0.5}


def _as_float32(arrays):
    return {name: a.astype(np.float32) for name, a in arrays.items()}


def backward_cases(draw, hidden, split):
    """The forward's cases with a gradient from above; `split` gives each gradient its own part."""
    own = {"dgamma": "dgamma", "dbeta": "dbeta"} if split else {}
    for case in forward_cases(draw, hidden):
        # An offset keeps the sums over dout away from zero.
        dout = draw.normal(*case.inputs["x"].shape, dtype=case.dtype) + case.dtype.type(0.5)
        parts = own | ({"dx": "dx"} if split and case.part == TRAIN else {})
        yield Case(case.part, {"dout": dout, **case.inputs}, case.options, parts)


def call_batch_norm(function, arrays, options, forward):
    """Call the forward: an output, a cache and two running averages."""
    names = ("out", "cache", "running_mean", "running_var")
    outputs = by_name(function, function(*arrays.values(), **options), names)
    del outputs["cache"]
    return outputs


def call_batch_norm_backward(function, arrays, options, forward):
    """Call a backward on the cache of the student's forward, or else of the reference."""
    dout, *inputs = arrays.values()
    mine = None if forward is None else lambda *args, **named: forward(*args, **named)[:2]
    cache = cache_of(mine, normalization.batch_norm_forward, *inputs, **options)
    return by_name(function, function(dout, cache), GRADIENTS)


def oracle_batch_norm(case):
    """PyTorch's output and running averages in float64."""
    out, tensors = _torch_batch_norm(case)
    averages = {name: tensors[name].numpy() for name in ("running_mean", "running_var")}
    return {"out": out.detach().numpy()} | averages


def oracle_batch_norm_backward(case):
    """PyTorch's gradients in float64, without any forward of the student's."""
    return _gradients(case, *_torch_batch_norm(case))


def _torch_batch_norm(case):
    import torch

    tensors = _tensors(case)
    out = torch.nn.functional.batch_norm(
        tensors["x"],
        tensors["running_mean"],
        tensors["running_var"],
        tensors["gamma"],
        tensors["beta"],
        **({"training": True} | case.options),
    )
    return out, tensors


def fuse_cases(draw, hidden):
    """Convolutions with biases and without, of several shapes."""
    for _ in range(3 if hidden else 1):
        yield Case("with a bias", _convolution(draw))
        yield Case("with a bias", _convolution(draw), {"eps": draw.between(20, 60) / 100})
        yield Case("without a bias", _convolution(draw) | {"b": None})
        options = {"eps": draw.between(20, 60) / 100}
        yield Case("without a bias", _convolution(draw) | {"b": None}, options)
    yield Case(CARE, _as_float32(_convolution(draw)), {"eps": 0.1})
    arrays = _convolution(draw)
    yield Case(CARE, arrays | {"w": draw.strided(*arrays["w"].shape)}, {"eps": 0.2})


def _convolution(draw):
    C_out, (KH, KW) = draw.between(3, 6), draw.two(1, 4)
    w = draw.normal(C_out, draw.between(1, 3), KH, KW)
    return {"w": w, "b": draw.normal(C_out), **_vectors(draw, C_out)}


def call_fuse(function, arrays, options, forward):
    """Call the fusion: new filters and new biases."""
    return by_name(function, function(*arrays.values(), **options), ("fused_w", "fused_b"))


def oracle_fuse(case):
    """What the two layers do, in PyTorch: answers to unit images are weights, to zero the bias."""
    import torch

    w, b, *vectors = _tensors(case).values()
    gamma, beta, running_mean, running_var = vectors
    taps = w[0].numel()
    # Each image holds a single 1 under another weight; the last one holds none.
    units = torch.cat([torch.eye(taps), torch.zeros(1, taps)]).double().reshape(-1, *w.shape[1:])
    maps = torch.nn.functional.conv2d(units, w, b)
    options = {"training": False} | case.options
    out = torch.nn.functional.batch_norm(maps, running_mean, running_var, gamma, beta, **options)
    out = out.detach().numpy()[:, :, 0, 0]  # (taps + 1, C_out)
    return {"fused_w": (out[:-1] - out[-1]).T.reshape(w.shape), "fused_b": out[-1]}


def group_cases(draw, hidden):
    """Groups of images and rows, then the two ends: one group, and a group per channel."""
    many = range(3 if hidden else 1)
    if not hidden:
        x = np.array([[1.0, 3.0, 10.0, 20.0], [2.0, 6.0, 7.0, 3.0]])
        arrays = {"x": x, "num_groups": 2, "gamma": np.ones(4), "beta": np.zeros(4)}
        yield Case(GROUPS, arrays)
    for _ in many:
        yield Case(GROUPS, _grouped(draw, draw.between(2, 3), 2 if hidden else 3))
        yield Case(GROUPS, _grouped(draw, 2, draw.between(2, 4)), _eps(draw))
        yield Case(GROUPS, _grouped(draw, 3, 2, N=1), _eps(draw))
        rows = _grouped(draw, 2, draw.between(3, 4))
        yield Case(GROUPS, rows | {"x": rows["x"][:, :, 0, 0]}, _eps(draw))
        far = _grouped(draw, 2, 2)
        yield Case(GROUPS, far | {"x": 3 * far["x"] + 1e7})
    for _ in many:
        yield Case(ONE, _grouped(draw, 1, draw.between(2, 5)), _eps(draw))
        yield Case(EACH, _grouped(draw, draw.between(2, 5), 1), _eps(draw))
    yield Case(CARE, _grouped(draw, 2, 2, dtype=np.float32), _eps(draw))
    arrays = _grouped(draw, 2, 3)
    yield Case(CARE, arrays | {"x": draw.strided(*arrays["x"].shape)}, _eps(draw))


def _eps(draw):
    return {"eps": draw.between(10, 60) / 100}


def _grouped(draw, groups, each, N=None, dtype=np.float64):
    """x, num_groups, gamma and beta; channels differ in their means and scales."""
    C, (H, W) = groups * each, draw.two(2, 5)
    scale = 1 + 2 * draw.normal(C, 1, 1) ** 2
    x = scale * draw.normal(N or draw.between(2, 4), C, H, W) + 2 * draw.normal(C, 1, 1)
    gamma, beta = draw.normal(C, dtype=dtype), draw.normal(C, dtype=dtype)
    return {"x": x.astype(dtype), "num_groups": groups, "gamma": gamma, "beta": beta}


def group_backward_cases(draw, hidden):
    """The forward's cases with a gradient from above."""
    parts = dict.fromkeys(("dgamma", "dbeta"), "dgamma and dbeta")
    for case in group_cases(draw, hidden):
        dout = draw.normal(*case.inputs["x"].shape, dtype=case.dtype) + case.dtype.type(0.5)
        yield Case(case.part, {"dout": dout, **case.inputs}, case.options, parts)


def call_group_backward(function, arrays, options, forward):
    """Call the backward on the cache of the student's forward, or else of the reference."""
    dout, *inputs = arrays.values()
    cache = cache_of(forward, normalization.group_norm_forward, *inputs, **options)
    return by_name(function, function(dout, cache), GRADIENTS)


def oracle_group(case):
    """PyTorch's output in float64: at the two ends, of its layer norm and its instance norm."""
    return {"out": _torch_group_norm(case)[0].detach().numpy()}


def oracle_group_backward(case):
    """PyTorch's gradients in float64."""
    return _gradients(case, *_torch_group_norm(case))


def _torch_group_norm(case):
    from torch.nn import functional

    tensors = _tensors(case)
    x, gamma, beta = (tensors[name] for name in ("x", "gamma", "beta"))
    if case.part == ONE:
        plain = functional.layer_norm(x, x.shape[1:], **case.options)
        return plain * gamma[:, None, None] + beta[:, None, None], tensors
    if case.part == EACH:
        return functional.instance_norm(x, weight=gamma, bias=beta, **case.options), tensors
    return functional.group_norm(x, case.inputs["num_groups"], gamma, beta, **case.options), tensors


def _tensors(case):
    """The arrays of a case as float64 tensors by name; gradients flow to all but the averages."""
    import torch

    return {
        name: torch.tensor(a, dtype=torch.float64, requires_grad=not name.startswith("running"))
        if isinstance(a, np.ndarray)
        else a
        for name, a in case.inputs.items()
    }


def _gradients(case, out, tensors):
    """dx, dgamma and dbeta by PyTorch's autograd."""
    import torch

    dout, wanted = tensors["dout"].detach(), [tensors[name] for name in ("x", "gamma", "beta")]
    found = torch.autograd.grad(out, wanted, dout)
    return {name: g.numpy() for name, g in zip(GRADIENTS, found, strict=True)}


BATCH_NORM_FORWARD = Exercise(
    normalization.batch_norm_forward,
    {TRAIN: 3, RUNNING: 2, EVAL: 2, IMAGES: 2, CARE: 1},
    forward_cases,
    oracle_batch_norm,
    call_batch_norm,
    FORWARD_MISTAKES,
)
BATCH_NORM_BACKWARD_GRAPH = Exercise(
    normalization.batch_norm_backward_graph,
    {"dbeta": 1, "dgamma": 1, "dx": 3, EVAL: 1, IMAGES: 1, CARE: 1},
    partial(backward_cases, split=True),
    oracle_batch_norm_backward,
    call_batch_norm_backward,
    GRAPH_MISTAKES,
)
BATCH_NORM_BACKWARD = Exercise(
    normalization.batch_norm_backward,
    {TRAIN: 2, EVAL: 1, IMAGES: 1, CARE: 1},
    partial(backward_cases, split=False),
    oracle_batch_norm_backward,
    call_batch_norm_backward,
    BACKWARD_MISTAKES,
)
FUSE_BATCH_NORM = Exercise(
    normalization.fuse_batch_norm,
    {"with a bias": 2, "without a bias": 1, CARE: 1},
    fuse_cases,
    oracle_fuse,
    call_fuse,
    FUSE_MISTAKES,
)
GROUP_NORM_FORWARD = Exercise(
    normalization.group_norm_forward,
    {GROUPS: 2, ONE: 1, EACH: 1, CARE: 1},
    group_cases,
    oracle_group,
    call_forward,
    group_norm_mistakes.FORWARD_MISTAKES,
)
GROUP_NORM_BACKWARD = Exercise(
    normalization.group_norm_backward,
    {"dgamma and dbeta": 1, GROUPS: 2, ONE: 1, EACH: 1, CARE: 1},
    group_backward_cases,
    oracle_group_backward,
    call_group_backward,
    group_norm_mistakes.BACKWARD_MISTAKES,
)
