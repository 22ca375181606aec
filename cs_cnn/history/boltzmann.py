"""Restricted Boltzmann machines, stacked one by one and unrolled into a deep autoencoder.

`b` holds the biases of the visible units, `c` those of the hidden ones; w[j, i] links visible unit
i and hidden unit j, in both directions.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit as sigmoid


def cd1_step(v0, w, b, c, uniform, rate=0.1):
    """One step of contrastive divergence: there, back and there again, then compare.

    1. up: h0 = sigmoid(c + w v0), probabilities;
    2. draw: a hidden unit is 1 where its uniform number is less than its probability, else 0;
    3. down: v1 = sigmoid(b + wᵀ drawn), probabilities, the reconstruction;
    4. up again: h1 = sigmoid(c + w v1), probabilities.

    Then every weight moves by rate times the mean over the patterns of (h0 v0 - h1 v1), every
    visible bias by that of (v0 - v1), every hidden bias by that of (h0 - h1).

    Parameters
    ----------
    v0 : array (N, D)
        Patterns, from 0 to 1.
    w : array (H, D)
    b : array (D,)
        Biases of the visible units.
    c : array (H,)
        Biases of the hidden units.
    uniform : array (N, H)
        Random numbers between 0 and 1, so that the same call gives the same result.
    rate : float

    Returns
    -------
    w, b, c : arrays
        New ones; the arguments are not changed.

    References
    ----------
    G. E. Hinton, Training products of experts by minimizing contrastive divergence, Neural
    Computation 14, 2002.
    """
    need_machine("cd1_step", v0, w, b, c, uniform)
    ### BEGIN SOLUTION
    h0 = sigmoid(v0 @ w.T + c)
    drawn = (uniform < h0).astype(v0.dtype)
    v1 = sigmoid(drawn @ w + b)
    h1 = sigmoid(v1 @ w.T + c)
    w = w + rate * (h0.T @ v0 - h1.T @ v1) / len(v0)
    b = b + rate * (v0 - v1).mean(axis=0)
    c = c + rate * (h0 - h1).mean(axis=0)
    ### END SOLUTION
    return w, b, c


def need_machine(name, v, w, b, c, uniform):
    """Raise a ValueError unless the shapes are those of one machine."""
    shapes = {"v0": v.shape, "w": w.shape, "b": b.shape, "c": c.shape, "uniform": uniform.shape}
    H, D = w.shape if w.ndim == 2 else (None, None)
    if shapes != {"v0": (len(v), D), "w": (H, D), "b": (D,), "c": (H,), "uniform": (len(v), H)}:
        listed = ", ".join(f"{label}.shape={shape}" for label, shape in shapes.items())
        raise ValueError(
            f"{name}: v0 must be (N, D), w (H, D), b (D,), c (H,) and uniform (N, H), got {listed}"
        )


def train_machine(v, hidden, epochs, rng, step=cd1_step, rate=0.1, batch=20):
    """Train a restricted Boltzmann machine on patterns.

    Parameters
    ----------
    v : array (N, D)
        Patterns, from 0 to 1.
    hidden : int
        How many hidden units.
    epochs : int
    rng : numpy Generator
    step : callable
        As `cd1_step`.
    rate : float
    batch : int
        Patterns per step.

    Returns
    -------
    w, b, c : arrays (hidden, D), (D,), (hidden,)
    """
    w = rng.normal(scale=0.1, size=(hidden, v.shape[1]))
    b, c = np.zeros(v.shape[1]), np.zeros(hidden)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(v)), max(1, len(v) // batch)):
            w, b, c = step(v[rows], w, b, c, rng.random((len(rows), hidden)), rate)
    return w, b, c


def pretrain(v, sizes, epochs, rng, step=cd1_step):
    """Train one machine after the other, each on the hidden probabilities of the one below.

    Returns
    -------
    list of (w, b, c)
    """
    machines = []
    for hidden in sizes:
        w, b, c = train_machine(v, hidden, epochs, rng, step)
        machines.append((w, b, c))
        v = sigmoid(v @ w.T + c)
    return machines


def unroll(machines):
    """The layers of an autoencoder: up through every machine, then down through their mirror image.

    Returns
    -------
    list of (w, b)
        Twice as many layers as machines. The arrays are copies: up and down part ways later.
    """
    up = [(w.copy(), c.copy()) for w, _, c in machines]
    return up + [(w.T.copy(), b.copy()) for w, b, _ in reversed(machines)]


def run(layers, x):
    """What every layer says, the input first: a list of arrays (N, units)."""
    outs = [x]
    for w, b in layers:
        outs.append(sigmoid(outs[-1] @ w.T + b))
    return outs


def reconstruction_error(layers, x):
    """The squared error of the last layer against the input: sum over pixels, mean over images."""
    return float(np.square(run(layers, x)[-1] - x).sum(axis=1).mean())


def error_and_gradients(layers, x):
    """The reconstruction error and its gradient by every weight, by back-propagation.

    Returns
    -------
    error : float
    gradients : list of (dw, db)
    """
    outs = run(layers, x)
    error = float(np.square(outs[-1] - x).sum(axis=1).mean())
    dout, gradients = 2 * (outs[-1] - x) / len(x), []
    for (w, _), below, out in zip(layers[::-1], outs[-2::-1], outs[:0:-1], strict=True):
        delta = dout * out * (1 - out)
        gradients.append((delta.T @ below, delta.sum(axis=0)))
        dout = delta @ w
    return error, gradients[::-1]


def fine_tune(layers, x, iterations):
    """Follow the gradient of the reconstruction error through all layers at once.

    SciPy's L-BFGS does the walking; Hinton and Salakhutdinov used conjugate gradients.

    Parameters
    ----------
    layers : list of (w, b)
    x : array (N, D)
    iterations : int

    Returns
    -------
    layers : list of (w, b)
    errors : list of float
        After each iteration, the first before any.

    References
    ----------
    G. E. Hinton and R. R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313, 2006.
    """
    errors = [reconstruction_error(layers, x)]

    def objective(flat):
        error, gradients = error_and_gradients(_layers(flat, layers), x)
        return error, _flat(gradients)

    found = minimize(
        objective,
        _flat(layers),
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: errors.append(float(intermediate_result.fun)),
        options={"maxiter": iterations},
    )
    return _layers(found.x, layers), errors


def _flat(layers):
    return np.concatenate([array.ravel() for layer in layers for array in layer])


def _layers(flat, like):
    """Cut a flat array into layers shaped as `like`."""
    shapes = [array.shape for layer in like for array in layer]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    arrays = [a.reshape(s) for a, s in zip(np.split(flat, ends), shapes, strict=True)]
    return list(zip(arrays[::2], arrays[1::2], strict=True))
