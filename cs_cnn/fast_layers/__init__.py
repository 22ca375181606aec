"""The layers of `cs_cnn.layers`, fast: the same names, arguments, defaults, errors and results.

One idea a file. For convolution read them in this order: im2col (one large product), columns (the
same by tiles that stay in the cache), windows (views instead of copies), pointwise (1x1), winograd
(fewer multiplications), strided, fft, and conv, which chooses. For the other layers: pool, norm,
elementwise. They share blocks, products, threads, and memory that is used again: scratch, results.
`gpu` has the same layers as CUDA kernels; arrays that live on a GPU go there.

An array is always (N, C, H, W), but its memory may have the channels last (see `channels_last`),
as PyTorch's memory formats have it. Such an input gives such an output, so one conversion at the
beginning of a network is enough, and most layers are faster.
"""

from functools import wraps

from cs_cnn.backend import array_module
from cs_cnn.fast_layers import conv, elementwise, norm, pool
from cs_cnn.fast_layers.scratch import drop_scratch

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "channels_last",
    "conv2d_backward",
    "conv2d_backward_filters",
    "conv2d_forward",
    "drop_scratch",
    "linear_backward",
    "linear_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "relu_backward",
    "relu_forward",
]


def channels_last(x):
    """The same images (N, C, H, W) with the channels of a pixel side by side in memory.

    Returns x itself if it is like that already, else a copy.
    """
    return array_module(x).ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def _where_it_lives(function):
    """`function` for NumPy arrays; for CuPy arrays, the one of this name in `fast_layers.gpu`."""

    @wraps(function)
    def layer(*args, **kwargs):
        first = args[0] if args else next(iter(kwargs.values()), None)
        if type(first).__module__.partition(".")[0] == "cupy":
            from cs_cnn.fast_layers import gpu

            return getattr(gpu, function.__name__)(*args, **kwargs)
        return function(*args, **kwargs)

    return layer


conv2d_forward = _where_it_lives(conv.conv2d_forward)
conv2d_backward = _where_it_lives(conv.conv2d_backward)
conv2d_backward_filters = _where_it_lives(conv.conv2d_backward_filters)
linear_forward = _where_it_lives(elementwise.linear_forward)
linear_backward = _where_it_lives(elementwise.linear_backward)
relu_forward = _where_it_lives(elementwise.relu_forward)
relu_backward = _where_it_lives(elementwise.relu_backward)
max_pool2d_forward = _where_it_lives(pool.max_pool2d_forward)
max_pool2d_backward = _where_it_lives(pool.max_pool2d_backward)
avg_pool2d_forward = _where_it_lives(pool.avg_pool2d_forward)
avg_pool2d_backward = _where_it_lives(pool.avg_pool2d_backward)
batch_norm_forward = _where_it_lives(norm.batch_norm_forward)
batch_norm_backward = _where_it_lives(norm.batch_norm_backward)
