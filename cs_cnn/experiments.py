"""Small trainings that show what a layer does to a network, and the pictures of what came out.

A deep fully connected network with ReLU, in plain NumPy, takes any normalization that is called
like batch norm; `train` follows the gradient, and `bands` and `histograms` draw.
"""

import numpy as np

from cs_cnn.layers import linear_backward, linear_forward, relu_backward, relu_forward
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.plots import LINES, Picture


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


def bands(ylabel, xlabel, x=None, **runs):
    """Show several runs of each kind: their mean as a line, from least to most as a band.

    Parameters
    ----------
    ylabel, xlabel : str
    x : sequence of positive numbers, optional
        Where the points lie, on a logarithmic axis; by default they are counted.
    **runs : array (runs, points)
        Up to four kinds, by name. What is not finite leaves a gap.
    """
    figure, (ax,) = _panels(1, 5.2, 2.6)
    for (name, values), colour in zip(runs.items(), LINES, strict=False):
        values = np.array(values, dtype=np.float64)
        values[:, ~np.isfinite(values).all(axis=0)] = np.nan
        at = np.arange(values.shape[1]) if x is None else x
        style = {"marker": "o", "markersize": 4} if x is not None else {"linewidth": 1.2}
        ax.plot(at, values.mean(axis=0), color=colour, label=name.replace("_", " "), **style)
        ax.fill_between(at, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if x is not None:
        ax.set_xscale("log")
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
    ax.set_ylim(0, 1.08 * ax.get_ylim()[1])
    ax.grid(color="#E6E6E6")
    if len(runs) > 1:
        ax.legend(frameon=False)
    return figure


def histograms(rows, limit=3.0):
    """Show how the numbers of some arrays are spread, side by side on one axis.

    Parameters
    ----------
    rows : dict of str to list of arrays
        Each row's name and its arrays, as many in each row: one panel per array.
    limit : float
        From -limit to limit; what lies outside counts in the outermost bars.
    """
    n = len(next(iter(rows.values())))
    figure, panels = _panels(len(rows) * n, 1.25, 1.1, columns=n)
    edges = np.linspace(-limit, limit, 42)
    for k, (ax, values) in enumerate(zip(panels, sum(rows.values(), []), strict=True)):
        values = np.asarray(values, dtype=np.float64).ravel()
        share = np.histogram(np.clip(values, -limit, limit), edges)[0] / values.size
        ax.bar(edges[:-1], share, width=np.diff(edges), align="edge", color=LINES[2])
        ax.set(ylim=(0, 0.25), yticks=[], xticks=[-limit, 0, limit])
        ax.spines["left"].set_visible(False)
        ax.set_title(f"std {values.std():.2g}", fontsize=9)
        ax.set_ylabel("" if k % n else list(rows)[k // n], fontsize=9)
    return figure


def _panels(n, width, height, columns=1):
    """A picture with n panels, each of this size in inches."""
    rows = n // columns
    figure = Picture(figsize=(columns * width, rows * height + 0.2), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=9)
    return figure, axes
