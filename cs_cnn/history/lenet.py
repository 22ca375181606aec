"""LeNet-5 with the sizes of the paper, forward and backward, on images of 32 x 32 pixels.

One thing is of today: the paper's output was ten radial basis functions, here it is a linear layer
with softmax. Arrays are (N, C, H, W).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cs_cnn.layers import linear_backward, linear_forward
from cs_cnn.losses import softmax_cross_entropy

WIRING = [
    *((k, (k + 1) % 6, (k + 2) % 6) for k in range(6)),
    *((k, (k + 1) % 6, (k + 2) % 6, (k + 3) % 6) for k in range(6)),
    *((k, k + 1, (k + 3) % 6, (k + 4) % 6) for k in range(3)),
    range(6),
]
"""Table I of the paper: the maps of S2 that each of the 16 maps of C3 looks at."""

SHAPES = {
    "C1": (6, 1, 5, 5),
    "S2": (6,),
    "C3": (16, 6, 5, 5),
    "S4": (16,),
    "C5": (120, 400),
    "F6": (84, 120),
    "output": (10, 84),
}


def connections():
    """Table I as an array (16, 6): 1 where a map of C3 sees a map of S2."""
    table = np.zeros((16, 6))
    for k, maps in enumerate(WIRING):
        table[k, list(maps)] = 1
    return table


def parameter_counts():
    """How many numbers each layer learns, by name: weights and biases."""
    counts = {name: int(np.prod(shape)) + shape[0] for name, shape in SHAPES.items()}
    return counts | {"C3": int(connections().sum()) * 25 + 16}


def new_lenet(rng):
    """Weights and biases by layer: weights as large as 1 / √inputs, subsampling as a mean.

    Returns
    -------
    dict of str to (w, b)
        float32. Filters of C3 are 0 where they are not wired.
    """
    params = {}
    for name, shape in SHAPES.items():
        w = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
        if name == "C3":
            table = connections()[:, :, None, None]
            w = rng.normal(size=shape) * table / np.sqrt(25 * table.sum(axis=1, keepdims=True))
        if name in ("S2", "S4"):
            w = np.full(shape, 0.25)
        params[name] = w.astype(np.float32), np.zeros(shape[0], np.float32)
    return params


def forward(params, x):
    """What every layer says about images (N, 1, 32, 32), by name; "output" holds the scores.

    Raises
    ------
    ValueError
        For another shape.
    """
    if x.shape[1:] != (1, 32, 32):
        raise ValueError(f"lenet: x must be (N, 1, 32, 32), got {x.shape}: resize and pad it")
    outs = {"input": x.astype(np.float32)}
    outs["C1"] = squash(convolve(outs["input"], *params["C1"]))
    outs["S2"] = squash(subsample(outs["C1"], *params["S2"]))
    outs["C3"] = squash(convolve(outs["S2"], *params["C3"]))
    outs["S4"] = squash(subsample(outs["C3"], *params["S4"]))
    outs["C5"] = squash(linear_forward(outs["S4"].reshape(len(x), -1), *params["C5"])[0])
    outs["F6"] = squash(linear_forward(outs["C5"], *params["F6"])[0])
    outs["output"] = linear_forward(outs["F6"], *params["output"])[0]
    return outs


def backward(params, outs, dscores):
    """The gradient by every weight and bias, from what `forward` gave.

    Returns
    -------
    dict of str to (dw, db)
    """
    gradients, below = {}, dict(zip(list(outs)[1:], outs, strict=False))
    dout = dscores
    for name in reversed(SHAPES):
        x, (w, b) = outs[below[name]], params[name]
        if name != "output":
            dout = dout.reshape(outs[name].shape) * slope(outs[name])
        if name in ("C1", "C3"):
            dout, dw, db = convolve_backward(dout, x, w)
        elif name in ("S2", "S4"):
            dout, dw, db = subsample_backward(dout, x, w)
        else:
            dout, dw, db = linear_backward(dout, (x.reshape(len(x), -1), w, b))
        gradients[name] = dw, db
    gradients["C3"][0][connections() == 0] = 0
    return gradients


def train(params, x, y, epochs, rng, rate=0.02, momentum=0.9, batch=16):
    """Change the weights in place, by stochastic gradient descent with momentum.

    Returns
    -------
    list of float
        The loss of every step.
    """
    losses = []
    speed = {name: [0 * array for array in pair] for name, pair in params.items()}
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), -(-len(x) // batch)):
            outs = forward(params, x[rows])
            loss, dscores = softmax_cross_entropy(outs["output"], y[rows])
            losses.append(loss)
            for name, pair in backward(params, outs, dscores).items():
                for array, v, gradient in zip(params[name], speed[name], pair, strict=True):
                    v *= momentum
                    v -= rate * gradient
                    array += v
    return losses


def squash(s):
    """The paper's 1.7159 tanh(2/3 s), which is 1 at 1 and -1 at -1."""
    return np.float32(1.7159) * np.tanh(np.float32(2 / 3) * s)


def slope(out):
    """The slope of `squash` where it gave `out`."""
    return np.float32(2 / 3) * (np.float32(1.7159) - out**2 / np.float32(1.7159))


def convolve(x, w, b):
    """The convolution that the next chapters are about: windows times filters."""
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    out = np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))) + b
    return out.transpose(0, 3, 1, 2)


def convolve_backward(dout, x, w):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    dw = np.tensordot(dout, windows, ((0, 2, 3), (0, 2, 3)))
    border = [(0, 0), (0, 0), *((side - 1,) * 2 for side in w.shape[2:])]
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    return convolve(np.pad(dout, border), turned, 0), dw, dout.sum(axis=(0, 2, 3))


def subsample(x, w, b):
    """The sum of every 2 x 2 window, times one number per map, plus another."""
    return _sums(x) * w[:, None, None] + b[:, None, None]


def subsample_backward(dout, x, w):
    dx = np.repeat(np.repeat(dout * w[:, None, None], 2, axis=2), 2, axis=3)
    return dx, (dout * _sums(x)).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))


def _sums(x):
    N, C, H, W = x.shape
    return x.reshape(N, C, H // 2, 2, W // 2, 2).sum(axis=(3, 5))
