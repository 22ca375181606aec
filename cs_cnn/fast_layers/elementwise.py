"""ReLU and the fully connected layer: little to compute, so what counts is touching memory once.

ReLU goes through memory once, in parts on all cores, whatever the layout. What it keeps for the
backward pass is its own output, which the next layer keeps anyway: no second copy.
"""

import numpy as np

from cs_cnn.fast_layers.results import empty
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each
from cs_cnn.shapes import linear_shape, need_shape

PART = 2**19  # numbers at a time


def relu_forward(x):
    """Same as `cs_cnn.layers.relu_forward`; the cache is `out`, so don't change that in place."""
    out = _empty_like(x, x.dtype)
    _by_parts(lambda target, part: np.maximum(part, 0, out=target), out, x)
    return out, out


def relu_backward(dout, cache):
    """Same as `cs_cnn.layers.relu_backward`: x > 0 just where out > 0."""
    out = cache
    need_shape("relu_backward", "dout", dout, out.shape)
    dx = _empty_like(out, dout.dtype)
    _by_parts(_keep_positive, dx, dout, out)
    return dx


def _empty_like(x, dtype):
    """`np.empty_like`: x's memory order, whatever that is."""
    order = _order(x)
    return empty([x.shape[axis] for axis in order], dtype).transpose(np.argsort(order))


def _order(x):
    """x's axes, from the one with the largest steps in memory to that with the smallest."""
    return np.argsort([-stride for stride in x.strides], kind="stable")


def _keep_positive(dx, dout, out):
    """dx = dout where out > 0, else 0, by masks of bits: all ones keep a number, zeros clear it.

    Unlike a product with 0 and 1 it also clears an infinity, and unlike `np.where` it is quick.
    """
    bits = f"i{dx.itemsize}"
    mask = scratch("mask", dx.shape, bits)
    np.negative((out > 0).view(np.int8), out=mask, dtype=bits)
    np.bitwise_and(dout.view(bits), mask, out=dx.view(bits))


def _by_parts(function, *arrays):
    """Call `function` on matching flat parts of arrays of one shape, laid out as the first one is.

    The first array is written to.
    """
    axes = _order(arrays[0])
    flat = [np.ascontiguousarray(a.transpose(axes)).reshape(-1) for a in arrays]
    parts = [slice(i, i + PART) for i in range(0, flat[0].size, PART)]
    each(lambda part: function(*(a[part] for a in flat)), parts, flat[0].size)


def linear_forward(x, w, b=None):
    """Same as `cs_cnn.layers.linear_forward`, with the bias added in place."""
    shape = linear_shape(x, w, b)
    given = [a for a in (x, w, b) if a is not None]
    out = empty(shape, np.result_type(*given))
    _multiply(x.reshape(-1, x.shape[-1]), w.T, out.reshape(-1, len(w)))
    if b is not None:
        out += b
    return out, (x, w, b)


def linear_backward(dout, cache):
    """Same as `cs_cnn.layers.linear_backward`."""
    x, w, b = cache
    need_shape("linear_backward", "dout", dout, (*x.shape[:-1], w.shape[0]))
    rows, features = dout.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
    dx = empty(x.shape, np.result_type(dout, w))
    dw = np.empty(w.shape, np.result_type(dout, x))
    _multiply(rows, w, dx.reshape(features.shape))
    _multiply(rows.T, features, dw)
    return dx, dw, None if b is None else rows.sum(axis=0)


def _multiply(a, b, out):
    """out = a @ b, some rows on each core, as all layers do it.

    BLAS's own threads would go on spinning for a while, on the cores that the next layer needs.
    """
    step = max(1, -(-len(a) // cores()))
    parts = [slice(row, row + step) for row in range(0, len(a), step)]
    each(lambda part: np.matmul(a[part], b, out=out[part]), parts, 0.1 * a.size * b.shape[1])
