"""Who is timed: the same computation by every library, as functions without arguments.

All of them are given the same numbers, and compared with PyTorch before anything is timed.
"""

import numpy as np
import torch
import torch.nn.functional as F

from cs_cnn import fast_layers, layers, normalization
from cs_cnn.fast_layers import im2col
from cs_cnn.timing import measure

FAST, PLAIN, TORCH, TORCH_LAST = "fast", "im2col", "PyTorch", "PyTorch channels last"
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}  # relative to the largest number of a result


def contenders(case, dtype, backward=False, layout="nchw"):
    """Functions that compute `case`, each returning its results as a list of arrays.

    Parameters
    ----------
    case : benchmarks.shapes.Case
    dtype : "float32" or "float64"
    backward : bool
        The gradients too, from a gradient of the output that is drawn once.
    layout : "nchw" or "channels-last"
        The memory of what NumPy's functions are given. PyTorch has a function for each.

    Returns
    -------
    dict of str to callable
    """
    x, *weights = inputs(case, dtype)
    dout = draw(1, by_torch(case, x, weights)()[0].shape, dtype) if backward else None
    functions = {
        TORCH: by_torch(case, x, weights, dout),
        TORCH_LAST: by_torch(case, x, weights, dout, torch.channels_last),
    }
    if layout == "channels-last":
        x = fast_layers.channels_last(x)
        dout = None if dout is None else fast_layers.channels_last(dout)
    functions = {FAST: by_numpy(fast_layers, case, x, weights, dout)} | functions
    if case.layer == "conv2d":
        functions = {PLAIN: by_numpy(im2col, case, x, weights, dout)} | functions
    return functions


def inputs(case, dtype):
    """x, and the filters and biases of a convolution, or gamma and beta of batch norm."""
    shapes = [case.x]
    if case.layer == "conv2d":
        shapes += [case.w, case.w[:1]]
    if case.layer == "batch_norm":
        shapes += 2 * [case.x[1:2]]
    return [draw(seed, shape, dtype) for seed, shape in enumerate(shapes)]


def draw(seed, shape, dtype):
    """Normally distributed numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def by_numpy(module, case, x, weights, dout=None):
    """The layer as `module` has it, forward, or forward and backward."""
    forward, backward = (getattr(module, f"{case.layer}_{way}") for way in ("forward", "backward"))
    running = []
    if case.layer == "batch_norm":
        running = [np.zeros_like(weights[0]), np.ones_like(weights[0])]

    def run():
        out, cache, *_ = forward(x, *weights, *running, **case.options)
        if dout is None:
            return [out]
        gradients = backward(dout, cache)
        return [out, *(gradients if isinstance(gradients, tuple) else [gradients])]

    return run


def by_torch(case, x, weights, dout=None, memory=torch.contiguous_format):
    """The layer by PyTorch, on tensors in one of its memory formats."""
    tensors = [torch.from_numpy(a) for a in (x, *weights)]
    tensors[0] = tensors[0].contiguous(memory_format=memory)
    if case.layer == "conv2d":
        tensors[1] = tensors[1].contiguous(memory_format=memory)
    gradient = None if dout is None else torch.from_numpy(dout).contiguous(memory_format=memory)
    if case.layer == "batch_norm":
        running = [torch.zeros_like(tensors[1]), torch.ones_like(tensors[1])]

        def layer(x, *weights):
            return F.batch_norm(x, *running, *weights, training=True)
    else:

        def layer(*tensors):
            return getattr(F, case.layer)(*tensors, **case.options)

    def run():
        if gradient is None:
            with torch.no_grad():
                return [layer(*tensors).numpy()]
        leaves = [tensor.detach().requires_grad_() for tensor in tensors]
        out = layer(*leaves)
        return [
            out.detach().numpy(),
            *(g.numpy() for g in torch.autograd.grad(out, leaves, gradient)),
        ]

    return run


def compare(case, functions, dtype):
    """Raise an AssertionError unless all functions return what PyTorch returns."""
    wanted = functions[TORCH]()
    for name, function in functions.items():
        for got, want in zip(function(), wanted, strict=True):
            error = np.abs(got - want).max() / np.abs(want).max()
            if not error < TOLERANCE[dtype]:
                raise AssertionError(f"{name} is wrong: {case}, relative error {error:.1e}")


def naive_seconds(case, dtype):
    """How long the definition takes, forward: one row of output of one image, times their number.

    Batch norm's definition has no rows; it is timed whole.
    """
    x, *weights = inputs(case, dtype)
    if case.layer == "batch_norm":
        run, times = by_numpy(normalization, case, x, weights), 1
    else:
        kernel = case.w[2] if case.w else case.options["kernel_size"]
        row = case._replace(options=case.options | {"padding": (0, case.options.get("padding", 0))})
        H_out = by_torch(case, x[:1], weights)()[0].shape[2]
        run, times = by_numpy(layers, row, x[:1, :, :kernel], weights), case.x[0] * H_out
    return times * measure({"naive": run}, repeat=2)["naive"].median
