"""Small trainings that show what a layer does to a network.

A deep fully connected network with ReLU, in plain NumPy, takes any normalization that is called
like batch norm; `train` follows the gradient.
"""

import numpy as np

from cs_cnn.layers import linear_backward, linear_forward, relu_backward, relu_forward
from cs_cnn.losses import softmax_cross_entropy


class Network:
    """Linear, normalization (if any) and ReLU, again and again; at the end linear alone.

    Parameters
    ----------
    sizes : sequence of int
        Features at the input, after each layer, and scores at the end.
    norm : pair of functions, optional
        The forward and the backward of a normalization, called like
        `cs_cnn.normalization.batch_norm_forward` and `batch_norm_backward`.
    scale : float
        The weights are normal with the standard deviation scale * sqrt(2 / features), where 1 is
        the choice of He and others (2015) for ReLU.
    seed : int
    """

    def __init__(self, sizes, norm=None, scale=1.0, seed=0):
        rng = np.random.default_rng(seed)
        self.norm, self.caches, self.running = norm, [], {}
        self.depth = len(sizes) - 1
        self.params = {}
        for k, (D_in, D_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            std = scale * np.sqrt(2 / D_in)
            self.params |= {f"w{k}": rng.normal(scale=std, size=(D_out, D_in))}
            self.params |= {f"b{k}": np.zeros(D_out)}
            if norm and k < self.depth - 1:
                self.params |= {f"gamma{k}": np.ones(D_out), f"beta{k}": np.zeros(D_out)}
                self.running[k] = np.zeros(D_out), np.ones(D_out)

    def forward(self, x, training=False):
        """Scores (N, C) of rows (N, D); in training, running averages move.

        `activations` keeps the rows after each ReLU.
        """
        self.caches, self.activations = [], []
        for k in range(self.depth):
            x, linear = linear_forward(x, self.params[f"w{k}"], self.params[f"b{k}"])
            norm = relu = None
            if k in self.running:
                scale, shift = self.params[f"gamma{k}"], self.params[f"beta{k}"]
                x, norm, *running = self.norm[0](x, scale, shift, *self.running[k], training)
                self.running[k] = tuple(running)
            if k < self.depth - 1:
                x, relu = relu_forward(x)
                self.activations.append(x)
            self.caches.append((linear, norm, relu))
        return x

    def backward(self, dout):
        """The gradient by every parameter, by name, after a forward."""
        gradients = {}
        for k, (linear, norm, relu) in reversed(list(enumerate(self.caches))):
            if relu is not None:
                dout = relu_backward(dout, relu)
            if norm is not None:
                dout, gradients[f"gamma{k}"], gradients[f"beta{k}"] = self.norm[1](dout, norm)
            dout, gradients[f"w{k}"], gradients[f"b{k}"] = linear_backward(dout, linear)
        return gradients


def train(network, x, y, steps, lr, batch_size=64, seed=0):
    """Plain stochastic gradient descent on the cross-entropy.

    Parameters
    ----------
    network : Network
    x, y : arrays (N, D) and (N,)
    steps : int
    lr : float
        Learning rate.
    batch_size : int
        Examples per step, drawn without repetition.
    seed : int
        For the drawing.

    Returns
    -------
    losses : array (steps,)
        Of each batch before its step; infinite from where it stops being a number.
    """
    rng, losses = np.random.default_rng(seed), np.full(steps, np.inf)
    with np.errstate(all="ignore"):  # a training that explodes is a result
        for step in range(steps):
            batch = rng.choice(len(x), batch_size, replace=False)
            scores = network.forward(x[batch], training=True)
            losses[step], dscores = softmax_cross_entropy(scores, y[batch])
            if not np.isfinite(losses[step]):
                losses[step] = np.inf
                break
            for name, gradient in network.backward(dscores).items():
                network.params[name] -= lr * gradient
    return losses


def accuracy(network, x, y):
    """The share of rows whose largest score is at the right class, in evaluation mode."""
    with np.errstate(all="ignore"):
        return float(np.mean(network.forward(x).argmax(axis=1) == y))
