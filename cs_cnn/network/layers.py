"""Layer objects: each holds its parameters by name and calls one pair of functions.

A layer's `forward(x, training)` returns `(out, cache)`. It remembers nothing, so one network can
serve several callers at once; only batch norm's running averages move, in training.
"""

import inspect

import numpy as np

from cs_cnn import fast_layers
from cs_cnn.network import functions
from cs_cnn.shapes import pair


class Layer:
    """What all layers share: a name, options, and parameters (if any).

    Attributes
    ----------
    kind : str
        The pair of functions, as in "conv2d" for conv2d_forward and conv2d_backward.
    options : dict
        What the layer was made with, in the order of its arguments.
    params : dict of str to array
        What is learned; empty for most layers.
    buffers : dict of str to array
        What is remembered but not learned.
    """

    kind = None

    def __init__(self, **options):
        self.options, self.params, self.buffers = options, {}, {}

    def forward(self, x, training=False):
        """The output and a cache for the backward pass."""
        return getattr(fast_layers, f"{self.kind}_forward")(x, *self.params.values())

    def initialise(self, rng, relu=True):
        """Draw first weights in float32; `relu` says whether a ReLU follows."""
        for name, value in self.params.items():
            if value.ndim > 1:
                noise = rng.standard_normal(value.shape, dtype=np.float32)
                self.params[name] = functions.kaiming_normal(noise, relu)

    def __repr__(self):
        default = {n: p.default for n, p in inspect.signature(type(self)).parameters.items()}
        said = {n: value for n, value in self.options.items() if value != default[n]}
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in said.items())})"


class Conv2d(Layer):
    """2-D convolution; arguments as `torch.nn.Conv2d`."""

    kind = "conv2d"

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1
    ):
        super().__init__(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
        self.place = (stride, padding, dilation, groups)
        shape = (out_channels, in_channels // groups, *pair(kernel_size, "kernel_size"))
        self.params = {"w": _zeros(*shape), "b": _zeros(out_channels)}

    def forward(self, x, training=False):
        return fast_layers.conv2d_forward(x, *self.params.values(), *self.place)


class Linear(Layer):
    """Fully connected; arguments as `torch.nn.Linear`."""

    kind = "linear"

    def __init__(self, in_features, out_features):
        super().__init__(in_features=in_features, out_features=out_features)
        self.params = {"w": _zeros(out_features, in_features), "b": _zeros(out_features)}


class ReLU(Layer):
    """max(x, 0)."""

    kind = "relu"


class MaxPool2d(Layer):
    """The largest number of every window; arguments as `torch.nn.MaxPool2d`."""

    kind = "max_pool2d"

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding)

    def forward(self, x, training=False):
        return getattr(fast_layers, f"{self.kind}_forward")(x, **self.options)


class AvgPool2d(MaxPool2d):
    """The mean of every window; arguments as `torch.nn.AvgPool2d`."""

    kind = "avg_pool2d"


class BatchNorm(Layer):
    """Batch normalization of rows or images; as `torch.nn.BatchNorm1d` and `BatchNorm2d`."""

    kind = "batch_norm"

    def __init__(self, num_features, momentum=0.1, eps=1e-5):
        super().__init__(num_features=num_features, momentum=momentum, eps=eps)
        self.params = {"gamma": _zeros(num_features) + 1, "beta": _zeros(num_features)}
        self.buffers = {
            "running_mean": _zeros(num_features),
            "running_var": _zeros(num_features) + 1,
        }

    def forward(self, x, training=False):
        arrays = (*self.params.values(), *self.buffers.values())
        how = (training, self.options["momentum"], self.options["eps"])
        out, cache, *running = fast_layers.batch_norm_forward(x, *arrays, *how)
        if training:
            self.buffers = dict(zip(self.buffers, running, strict=True))
        return out, cache


class Dropout(Layer):
    """Numbers are switched off at random in training; as `torch.nn.Dropout`, with a seed."""

    kind = "dropout"

    def __init__(self, p=0.5, seed=0):
        super().__init__(p=p, seed=seed)
        self.rng = np.random.default_rng(seed)

    def forward(self, x, training=False):
        noise = self.rng.random(x.shape, dtype=np.float32) if training else x
        return functions.dropout_forward(x, noise, self.options["p"], training)


class Flatten(Layer):
    """Each image as one row of numbers."""

    kind = "flatten"

    def forward(self, x, training=False):
        return functions.flatten_forward(x)


LAYERS = {
    layer.__name__: layer
    for layer in (Conv2d, Linear, ReLU, MaxPool2d, AvgPool2d, BatchNorm, Dropout, Flatten)
}


def _zeros(*shape):
    return np.zeros(shape, dtype=np.float32)
