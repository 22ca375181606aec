"""The network: a frozen whitening layer, three blocks of two convolutions, one linear layer.

    whiten 2x2 - ReLU - [conv - pool - norm - ReLU - conv - norm - ReLU] x 3 - maximum - linear

A block halves the image. Batch norm has no scale, only a shift. Every convolution is 3 x 3 with
padding 1, without bias. All of it is `cs_cnn.fast_layers`, and the backward pass walks back along
what the forward pass has written down; arrays of CuPy make it run on a GPU.
"""

import numpy as np

from cs_cnn import fast_layers
from cs_cnn.arithmetic import Conv, Linear, Pool, summarise
from cs_cnn.backend import array_module
from cs_cnn.capstone.first_weights import dirac_init
from cs_cnn.network.functions import kaiming_normal, layer_backward

HEAD = 64  # scores are divided by it, and the head's weights are large: so one lr fits all


class Network:
    """Scores for images, and gradients for its parameters.

    Parameters
    ----------
    first : array (F, C, K, K)
        The filters of the first layer, which never change (see `whitening_filters`).
    widths : tuple of ints
        How many filters the two convolutions of each block have.
    classes : int
    seed : int

    Attributes
    ----------
    params : dict of str to array
        "0a.w", "0a.beta", "0b.w", ...: filters and shifts of block 0's two convolutions, and so
        on; "head.w".
    averages : dict of str to array
        Batch norm's running means and variances, "0a.mean", "0a.var", ...
    """

    def __init__(self, first, widths=(32, 128, 128), classes=10, seed=0):
        self.first, self.widths, self.tape = first, tuple(widths), []
        rng, xp = np.random.default_rng(seed), array_module(first)
        self.params, self.averages = {}, {}
        channels = len(first)
        for name, filters in self._convolutions():
            noise = rng.standard_normal((filters, channels, 3, 3), dtype=np.float32)
            self.params[f"{name}.w"] = xp.asarray(dirac_init(kaiming_normal(noise)))
            self.params[f"{name}.beta"] = xp.zeros(filters, np.float32)
            self.averages[f"{name}.mean"] = xp.zeros(filters, np.float32)
            self.averages[f"{name}.var"] = xp.ones(filters, np.float32)
            channels = filters
        head = rng.standard_normal((classes, channels), dtype=np.float32) * (4 / channels**0.5)
        self.params["head.w"] = xp.asarray(head.astype(np.float32))

    def forward(self, x, training=False):
        """Scores (N, classes) of images (N, C, H, W); fast with the channels last in memory."""
        self.tape, layers = [], fast_layers

        def note(name, kind, result):
            """Write down what the backward pass needs; the output."""
            out, cache = result
            if training:
                self.tape.append((name, kind, cache))
            return out

        x, _ = layers.conv2d_forward(x, self.first.astype(x.dtype, copy=False))
        x, _ = layers.relu_forward(x)
        for name, _ in self._convolutions():
            w = self.params[f"{name}.w"]
            x = note(name, "conv2d", layers.conv2d_forward(x, w, padding=1))
            if name.endswith("a"):
                x = note(name, "max_pool2d", layers.max_pool2d_forward(x, 2))
            x = note(name, "batch_norm", self._norm(x, name, training))
            x = note(name, "relu", layers.relu_forward(x))
        x = note("head", "max_pool2d", layers.max_pool2d_forward(x, x.shape[2:]))
        x = note("head", "flatten", (x.reshape(len(x), -1), x.shape))
        return note("head", "linear", layers.linear_forward(x, self.params["head.w"] / HEAD))

    def backward(self, dscores):
        """The gradient by every parameter, by name, from that by the scores (N, classes).

        Comes after a forward in training, whose notes it uses up.
        """
        grads, dout = {}, dscores
        while self.tape:
            name, kind, cache = self.tape.pop()
            if not self.tape:  # below the first convolution that learns, nothing does
                grads[f"{name}.w"], _ = fast_layers.conv2d_backward_filters(dout, cache)
                break
            dout, own = layer_backward(kind, dout, cache)
            grads |= {f"{name}.{key}": gradient for key, gradient in own.items()}
        grads["head.w"] = grads["head.w"] / HEAD
        return {name: grads[name] for name in self.params}

    def predict(self, x, batch_size=500):
        """Scores in evaluation mode, batch by batch."""
        parts = (x[k : k + batch_size] for k in range(0, len(x), batch_size))
        return np.concatenate([self.forward(fast_layers.channels_last(part)) for part in parts])

    def operations(self, shape):
        """Multiply-accumulates of a forward pass for one image of this shape (C, H, W)."""
        plan = [Conv(len(self.first), self.first.shape[2])]
        for width in self.widths:
            conv = Conv(width, 3, padding=1)
            plan += [conv, Pool(2, 2), conv]
        return summarise([*plan, Linear(len(self.params["head.w"]))], shape).macs

    def _convolutions(self):
        return [(f"{k}{half}", width) for k, width in enumerate(self.widths) for half in "ab"]

    def _norm(self, x, name, training):
        """Batch norm without a scale; in training it moves the averages."""
        beta, (mean, var) = self.params[f"{name}.beta"], (f"{name}.mean", f"{name}.var")
        arrays = (array_module(x).ones_like(beta), beta, self.averages[mean], self.averages[var])
        out, cache, *new = fast_layers.batch_norm_forward(x, *arrays, training, momentum=0.3)
        if training:
            self.averages[mean], self.averages[var] = new
        return out, cache
