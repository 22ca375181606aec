"""Layers that keep the numbers of a network at a good scale: batch norm and its relatives.

All of them subtract a mean and divide by a standard deviation, sqrt(variance + eps), and then
multiply by `gamma` and add `beta`, which are learned. They differ in the numbers that share a mean.

Letters: `N` images (or rows), `C` channels (or features), `H`, `W` height and width. The dtype of x
is kept, and no input is ever changed. The lines between `### BEGIN SOLUTION` and
`### END SOLUTION` are the ones that students write.
"""

import numpy as np

from cs_cnn.shapes import need_dims, need_shape


def batch_norm_forward(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5
):
    """Batch normalization (Ioffe and Szegedy, 2015): one mean and one variance per channel.

    out = gamma (x - mean) / sqrt(var + eps) + beta

    In training, mean and var are those of the batch, over all axes but the channels', and var is
    biased (the sum is divided by the number of terms). In evaluation they are the running averages.

    Parameters
    ----------
    x : array (N, C) or (N, C, H, W)
    gamma, beta : array (C,)
        Scale and shift, learned.
    running_mean, running_var : array (C,)
        What earlier batches left behind.
    training : bool
        Which mean and variance to use.
    momentum : float
        How far the running averages move towards the batch, as in PyTorch:
        new = (1 - momentum) * old + momentum * batch.
    eps : float
        Is added to the variance, under the root.

    Returns
    -------
    out : array shaped as x
    cache : (centred, std, gamma, training)
        x - mean, shaped as x, and sqrt(var + eps), shaped (1, C) or (1, C, 1, 1).
    running_mean, running_var : array (C,)
        New arrays in training; the variance that goes in is unbiased (divided by one less than the
        number of terms), as in PyTorch. Unchanged in evaluation.
    """
    axes, shape = batch_norm_axes(x, gamma, beta, running_mean, running_var, training)
    ### BEGIN SOLUTION
    if training:
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=axes, ddof=1)
    else:
        mean, var = running_mean, running_var
    centred = x - mean.reshape(shape)
    std = np.sqrt(var.reshape(shape) + eps)
    out = gamma.reshape(shape) * (centred / std) + beta.reshape(shape)
    ### END SOLUTION
    cache = (centred, std, gamma, training)
    return out, cache, running_mean, running_var


def batch_norm_backward_graph(dout, cache):
    """Gradients of `batch_norm_forward`, one step of the graph after the other, backwards.

    The steps forward, with M numbers per channel, are

        mean = sum(x) / M,  centred = x - mean,  var = sum(centred²) / M,
        std = sqrt(var + eps),  x_hat = centred / std,  out = gamma x_hat + beta.

    Two paths meet in centred, and two in x: there gradients add up. In evaluation mean and std do
    not depend on x.

    Parameters
    ----------
    dout : array (N, C) or (N, C, H, W)
        Gradient of the loss by the output.
    cache : (centred, std, gamma, training)
        From `batch_norm_forward`.

    Returns
    -------
    dx : array shaped as x
    dgamma, dbeta : array (C,)
    """
    centred, std, gamma, training = cache
    need_shape("batch_norm_backward_graph", "dout", dout, centred.shape)
    axes, shape = channel_axes(centred)
    ### BEGIN SOLUTION
    M = centred.size // gamma.size
    x_hat = centred / std
    dbeta = dout.sum(axis=axes)
    dgamma = (dout * x_hat).sum(axis=axes)
    dx_hat = dout * gamma.reshape(shape)
    dx = dcentred = dx_hat / std
    if training:
        dstd = -(dx_hat * centred).sum(axis=axes, keepdims=True) / std**2
        dvar = dstd / (2 * std)
        dcentred = dcentred + 2 * centred * dvar / M
        dmean = -dcentred.sum(axis=axes, keepdims=True)
        dx = dcentred + dmean / M
    ### END SOLUTION
    return dx, dgamma, dbeta


def batch_norm_backward(dout, cache):
    """Gradients of `batch_norm_forward` in one formula.

    In training, with M numbers per channel,

        dx = gamma / (M std) (M dout - dbeta - x_hat dgamma),

    and in evaluation dx = gamma / std dout. Arguments and results are those of
    `batch_norm_backward_graph`.
    """
    centred, std, gamma, training = cache
    need_shape("batch_norm_backward", "dout", dout, centred.shape)
    axes, shape = channel_axes(centred)
    ### BEGIN SOLUTION
    x_hat = centred / std
    dbeta, dgamma = dout.sum(axis=axes), (dout * x_hat).sum(axis=axes)
    dx = dout
    if training:
        M = centred.size // gamma.size
        dx = dout - (dbeta.reshape(shape) + x_hat * dgamma.reshape(shape)) / M
    dx = gamma.reshape(shape) / std * dx
    ### END SOLUTION
    return dx, dgamma, dbeta


def fuse_batch_norm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    """Fold batch norm in evaluation into the convolution before it: two layers become one.

    Parameters
    ----------
    w : array (C_out, C_in / groups, KH, KW)
        The convolution's filters.
    b : array (C_out,) or None
        Its biases.
    gamma, beta, running_mean, running_var : array (C_out,)
    eps : float
        As in `batch_norm_forward`.

    Returns
    -------
    fused_w, fused_b : arrays shaped as w and gamma
        The convolution with these gives what convolution and batch norm gave together.
    """
    need_dims("fuse_batch_norm", 4, w=w)
    vectors = {"b": b, "gamma": gamma, "beta": beta, "running_mean": running_mean}
    need_per_channel("fuse_batch_norm", len(w), **vectors, running_var=running_var)
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(running_var + eps)
    fused_w = w * scale[:, None, None, None]
    fused_b = beta + scale * ((0 if b is None else b) - running_mean)
    ### END SOLUTION
    return fused_w, fused_b


def group_norm_forward(x, num_groups, gamma, beta, eps=1e-5):
    """Group normalization (Wu and He, 2018): one mean and variance per image and group of channels.

    No number of one image reaches another one, and training and evaluation are the same.

    Parameters
    ----------
    x : array (N, C) or (N, C, H, W)
    num_groups : int
        The channels are cut into so many equal groups, in order.
    gamma, beta : array (C,)
        Scale and shift, one per channel.
    eps : float

    Returns
    -------
    out : array shaped as x
    cache : (x_hat, std, gamma, num_groups)
        x_hat is the output before gamma and beta, shaped as x; std is sqrt(var + eps), shaped
        (N, num_groups, 1).
    """
    _, shape = group_norm_axes(x, num_groups, gamma, beta)
    ### BEGIN SOLUTION
    grouped = x.reshape(len(x), num_groups, -1)
    std = np.sqrt(grouped.var(axis=2, keepdims=True) + eps)
    x_hat = ((grouped - grouped.mean(axis=2, keepdims=True)) / std).reshape(x.shape)
    out = gamma.reshape(shape) * x_hat + beta.reshape(shape)
    ### END SOLUTION
    cache = (x_hat, std, gamma, num_groups)
    return out, cache


def group_norm_backward(dout, cache):
    """Gradients of `group_norm_forward`: batch norm's formula, with means over groups.

    Parameters
    ----------
    dout : array (N, C) or (N, C, H, W)
    cache : (x_hat, std, gamma, num_groups)
        From `group_norm_forward`.

    Returns
    -------
    dx : array shaped as x
    dgamma, dbeta : array (C,)
    """
    x_hat, std, gamma, num_groups = cache
    need_shape("group_norm_backward", "dout", dout, x_hat.shape)
    axes, shape = channel_axes(x_hat)
    ### BEGIN SOLUTION
    dgamma, dbeta = (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
    dx_hat = (dout * gamma.reshape(shape)).reshape(len(dout), num_groups, -1)
    rows = x_hat.reshape(dx_hat.shape)
    along = (dx_hat * rows).mean(axis=2, keepdims=True)
    dx = (dx_hat - dx_hat.mean(axis=2, keepdims=True) - rows * along) / std
    dx = dx.reshape(dout.shape)
    ### END SOLUTION
    return dx, dgamma, dbeta


def instance_norm_forward(x, gamma, beta, eps=1e-5):
    """Instance normalization (Ulyanov and others, 2016): group norm with a group per channel.

    Parameters
    ----------
    x : array (N, C, H, W)
    gamma, beta : array (C,)
    eps : float

    Returns
    -------
    out : array shaped as x
    cache : for `instance_norm_backward`
    """
    need_dims("instance_norm", 4, x=x)
    return group_norm_forward(x, x.shape[1], gamma, beta, eps)


def instance_norm_backward(dout, cache):
    """Gradients of `instance_norm_forward`: dx, dgamma, dbeta."""
    return group_norm_backward(dout, cache)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    """Layer normalization (Ba, Kiros and Hinton, 2016): one mean and variance per example.

    It is group norm with a single group, but gamma and beta have one number per feature, wherever
    it lies.

    Parameters
    ----------
    x : array (..., *gamma.shape)
        Each block of gamma's shape at the end is normalized by itself: (N, D) with gamma (D,), or
        (N, C, H, W) with gamma (C, H, W).
    gamma, beta : arrays of one shape
    eps : float

    Returns
    -------
    out : array shaped as x
    cache : for `layer_norm_backward`
    """
    if beta.shape != gamma.shape or not gamma.ndim or x.shape[-gamma.ndim :] != gamma.shape:
        raise ValueError(
            "layer_norm: gamma and beta must have one shape, and x must end in it "
            f"(x.shape={x.shape}, gamma.shape={gamma.shape}, beta.shape={beta.shape})"
        )
    rows = x.reshape(-1, gamma.size)
    out, cache = group_norm_forward(rows, 1, gamma.ravel(), beta.ravel(), eps)
    return out.reshape(x.shape), (*cache, x.shape, gamma.shape)


def layer_norm_backward(dout, cache):
    """Gradients of `layer_norm_forward`: dx, dgamma, dbeta."""
    *rows_cache, x_shape, shape = cache
    need_shape("layer_norm_backward", "dout", dout, x_shape)
    dx, dgamma, dbeta = group_norm_backward(dout.reshape(rows_cache[0].shape), rows_cache)
    return dx.reshape(x_shape), dgamma.reshape(shape), dbeta.reshape(shape)


def channel_axes(x):
    """How one number per channel meets x.

    Returns
    -------
    axes : tuple of int
        All axes but the channels': (0,) for (N, C), (0, 2, 3) for (N, C, H, W). A sum over them
        leaves one number per channel.
    shape : tuple of int
        (1, C) or (1, C, 1, 1): numbers (C,) in this shape spread over x.
    """
    return (0, *range(2, x.ndim)), (1, x.shape[1], *[1] * (x.ndim - 2))


def batch_norm_axes(x, gamma, beta, running_mean, running_var, training):
    """Check what batch norm is given, and return `channel_axes(x)`.

    Raises
    ------
    ValueError
        For shapes that don't fit, or a training batch with a single number per channel.
    """
    _need_rows_or_images("batch_norm", x)
    vectors = {"gamma": gamma, "beta": beta, "running_mean": running_mean}
    need_per_channel("batch_norm", x.shape[1], **vectors, running_var=running_var)
    if training and x.size <= x.shape[1]:
        raise ValueError(
            f"batch_norm: training needs more than one number per channel (x.shape={x.shape}): "
            "give a larger batch, or training=False"
        )
    return channel_axes(x)


def group_norm_axes(x, num_groups, gamma, beta):
    """Check what group norm is given, and return `channel_axes(x)`; a ValueError if it is wrong."""
    _need_rows_or_images("group_norm", x)
    need_per_channel("group_norm", x.shape[1], gamma=gamma, beta=beta)
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(
            f"group_norm: num_groups={num_groups} must divide the {x.shape[1]} channels of x "
            f"(x.shape={x.shape})"
        )
    return channel_axes(x)


def need_per_channel(name, C, **vectors):
    """Raise a ValueError unless each named array is None or has the shape (C,)."""
    for label, vector in vectors.items():
        if vector is not None and vector.shape != (C,):
            raise ValueError(
                f"{name}: {label} must hold one number per channel, {(C,)}, got {vector.shape}"
            )


def _need_rows_or_images(name, x):
    if x.ndim not in (2, 4):
        raise ValueError(f"{name}: x must be (N, C) or (N, C, H, W), got {x.shape}")
