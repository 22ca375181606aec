"""What layer objects call: the pairs of `fast_layers`, and a few small functions of their own.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.
"""

import numpy as np

from cs_cnn import fast_layers
from cs_cnn.shapes import need_shape


def kaiming_normal(noise, relu=True):
    """First weights at the right scale: the numbers neither grow nor shrink from layer to layer.

    A neuron adds up fan_in products, so its variance is fan_in times that of a weight. A standard
    deviation of sqrt(1 / fan_in) keeps it; ReLU then throws away half of it, which a factor of 2
    under the root makes up for.

    Parameters
    ----------
    noise : array (D_out, D_in) or (C_out, C_in / groups, KH, KW)
        Standard normal numbers, shaped as the weights. fan_in is how many of them meet in one
        output: D_in, or C_in / groups * KH * KW.
    relu : bool
        Whether a ReLU follows.

    Returns
    -------
    w : array
        Shape and dtype of noise.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015.
    """
    if noise.ndim < 2:
        raise ValueError(f"kaiming_normal: weights have 2 or 4 axes, got shape {noise.shape}")
    ### BEGIN SOLUTION
    fan_in = noise[0].size
    std = np.sqrt((2 if relu else 1) / fan_in)
    return noise * noise.dtype.type(std)
    ### END SOLUTION


def dropout_forward(x, noise, p=0.5, training=True):
    """Switch off each number with probability p, in training only (Srivastava et al., 2014).

    What stays on is divided by 1 - p, so that the mean is the same with and without dropout, and
    evaluation has nothing to do ("inverted dropout", as in PyTorch).

    Parameters
    ----------
    x : array
    noise : array shaped as x
        Uniform numbers in [0, 1); a number of x is switched off where its noise is below p.
    p : float
        0 <= p < 1.
    training : bool
        In evaluation x comes out as it is.

    Returns
    -------
    out : array, shape and dtype of x
    cache : array shaped as x, or None in evaluation
        What each number of x was multiplied by.
    """
    if not 0 <= p < 1:
        raise ValueError(f"dropout: p must be at least 0 and below 1, got {p!r}")
    need_shape("dropout", "noise", noise, x.shape)
    ### BEGIN SOLUTION
    out, mask = x, None
    if training:
        mask = (noise >= p).astype(x.dtype) / x.dtype.type(1 - p)
        out = x * mask
    ### END SOLUTION
    cache = mask
    return out, cache


def dropout_backward(dout, cache):
    """Gradient of `dropout_forward`: multiplied by what x was multiplied by."""
    return dout if cache is None else dout * cache


def flatten_forward(x):
    """Each image's numbers as one row: (N, C, H, W) -> (N, C * H * W)."""
    return x.reshape(len(x), -1), x.shape


def flatten_backward(dout, cache):
    """Back to the shape that it was."""
    return dout.reshape(cache)


BACKWARD = {
    "conv2d": (fast_layers.conv2d_backward, ("w", "b")),
    "linear": (fast_layers.linear_backward, ("w", "b")),
    "batch_norm": (fast_layers.batch_norm_backward, ("gamma", "beta")),
    "relu": (fast_layers.relu_backward, ()),
    "max_pool2d": (fast_layers.max_pool2d_backward, ()),
    "avg_pool2d": (fast_layers.avg_pool2d_backward, ()),
    "dropout": (dropout_backward, ()),
    "flatten": (flatten_backward, ()),
}


def layer_backward(kind, dout, cache):
    """One layer back.

    Parameters
    ----------
    kind : str
        A key of `BACKWARD`: "conv2d", "relu", ...
    dout : array
        Gradient of the loss by the layer's output.
    cache : from the layer's forward

    Returns
    -------
    dx : array
        Gradient by the layer's input.
    grads : dict of str to array
        Gradient by each of its parameters, by name; empty for a layer that learns nothing.
    """
    backward, names = BACKWARD[kind]
    if not names:
        return backward(dout, cache), {}
    dx, *grads = backward(dout, cache)
    return dx, {name: g for name, g in zip(names, grads, strict=True) if g is not None}


def chain_backward(dscores, caches):
    """The chain rule through a whole network: every layer's backward, from the last to the first.

    Parameters
    ----------
    dscores : array
        Gradient of the loss by what the last layer put out.
    caches : list of (kind, cache)
        One per layer, in the order of the forward pass, for `layer_backward`.

    Returns
    -------
    douts : list of array
        One per layer, in the same order: the gradient by what that layer put **out**. So the last
        one is dscores.
    grads : list of dict of str to array
        One per layer, in the same order: the gradient by each of its parameters.
    """
    ### BEGIN SOLUTION
    douts, grads, dout = [], [], dscores
    for kind, cache in reversed(caches):
        douts.insert(0, dout)
        dout, of_layer = layer_backward(kind, dout, cache)
        grads.insert(0, of_layer)
    ### END SOLUTION
    return douts, grads
