"""Batch norm on the GPU: norm.cu; arguments, results, errors as in `cs_cnn.normalization`.

The cache differs: x itself and two numbers per channel, so that nothing of x's size is kept twice.
"""

import math

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.conv_tiled import split_depth
from cs_cnn.fast_layers.gpu.geometry import MOST, divisor_struct
from cs_cnn.fast_layers.gpu.launch import blocks, contiguous, launch, number
from cs_cnn.normalization import batch_norm_axes
from cs_cnn.shapes import need_shape

THREADS = 256


def batch_norm_forward(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5
):
    """Batch normalization; see `cs_cnn.normalization.batch_norm_forward`.

    Returns
    -------
    out : array shaped as x
    cache : for `batch_norm_backward`
    running_mean, running_var : array (C,)
    """
    batch_norm_axes(x, gamma, beta, running_mean, running_var, training)
    x, xp, wide = contiguous(x), array_module(x), _wide(x)
    vectors = (gamma, beta, running_mean, running_var)
    scale, shift, mean, var = (contiguous(a.astype(wide, copy=False)) for a in vectors)
    if training:
        mean, std, *new = _statistics(x, mean, var, float(momentum), float(eps))
        running_mean = new[0].astype(running_mean.dtype, copy=False)
        running_var = new[1].astype(running_var.dtype, copy=False)
    else:
        std = xp.sqrt(var + eps).astype(wide, copy=False)
    out = xp.empty_like(x)
    _each("normalize", x, (x, mean, std, scale, shift, out))
    return out, (x, mean, std, gamma, bool(training)), running_mean, running_var


def batch_norm_backward(dout, cache):
    """dx, dgamma, dbeta; see `cs_cnn.normalization.batch_norm_backward`."""
    x, mean, std, gamma, training = cache
    need_shape("batch_norm_backward", "dout", dout, x.shape)
    dout, xp, wide = contiguous(dout.astype(x.dtype, copy=False)), array_module(x), _wide(x)
    N, C, P = _sizes(x)
    sums = xp.empty((2, _parts(x), C), dtype=wide)
    _channels("gradient_sums", x, sums.shape[1], dout, x, mean, std, sums)
    dbeta, dgamma = sums.sum(axis=1)
    dx, share = xp.empty_like(x), 1 / (N * P) if training else 0.0
    scale = contiguous(gamma.astype(wide, copy=False))
    _each("backward", x, (dout, x, mean, std, scale, dgamma, dbeta, dx), share)
    return dx, dgamma.astype(gamma.dtype, copy=False), dbeta.astype(gamma.dtype, copy=False)


def _statistics(x, old_mean, old_var, momentum, eps):
    """mean, std and the new running averages, each (C,)."""
    C = x.shape[1]
    xp, parts = array_module(x), _parts(x)
    partial = xp.empty((parts, C, 3), dtype=_wide(x))
    results = [xp.empty(C, dtype=_wide(x)) for _ in range(4)]
    _channels("moments", x, parts, x, partial)
    args = (partial, old_mean, old_var, *results, C, parts, momentum, eps)
    kernel = f"finish<{number('batch_norm', _wide(x))}>"
    launch("norm.cu", kernel, blocks((C, THREADS)), (THREADS,), *args)
    return results


def _sizes(x):
    """N, C and P, the pixels of an image."""
    return len(x), x.shape[1], math.prod(x.shape[2:])


def _wide(x):
    return "float64" if x.dtype == "float64" else "float32"


def _parts(x):
    """In how many parts to cut the batch: whole images each."""
    return min(split_depth(x.shape[1], x.size // x.shape[1], least=4096, each=8), len(x))


def _channels(kernel, x, parts, *args):
    """Start a kernel that sums over each channel's numbers."""
    (N, C, P), width = _sizes(x), _width(x)
    name = f"{kernel}<{number('batch_norm', x.dtype)}, {width}>"
    launch("norm.cu", name, (C, parts), (THREADS,), *args, N, C, P // width)


def _each(kernel, x, args, *more):
    """Start a kernel that treats each number."""
    (_, C, P), width = _sizes(x), _width(x)
    count = x.size // width
    if count > MOST:
        raise ValueError(
            f"batch_norm: the GPU's kernels count up to {MOST} (x.shape={x.shape}): "
            "give a smaller batch"
        )
    name = f"{kernel}<{number('batch_norm', x.dtype)}, {width}>"
    sizes = count, divisor_struct(C), divisor_struct(P // width)
    launch("norm.cu", name, blocks((count, THREADS)), (THREADS,), *args, *sizes, *more)


def _width(x):
    """How many numbers a thread reads at once: 16 bytes, if all are of one channel."""
    full = 16 // x.itemsize
    return full if math.prod(x.shape[2:]) % full == 0 else 1
