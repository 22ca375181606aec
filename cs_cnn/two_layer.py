"""The two-layer network: a linear layer, ReLU and a linear layer, and how its gradient flows back.

Letters: `N` images, `D` numbers in each, `H` hidden neurons, `C` classes.
"""

import numpy as np

from cs_cnn.layers import linear_forward
from cs_cnn.shapes import need_shape


def two_layer_start(D, H, C, seed=0):
    """Random weights to begin with: w1 (H, D), b1 (H,), w2 (C, H), b2 (C,) by name.

    The weights are normal with standard deviation sqrt(2 / inputs), the biases 0.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015.
    """
    rng = np.random.default_rng(seed)
    w1, w2 = rng.normal(size=(H, D)) * np.sqrt(2 / D), rng.normal(size=(C, H)) * np.sqrt(2 / H)
    return {"w1": w1, "b1": np.zeros(H), "w2": w2, "b2": np.zeros(C)}


def two_layer_forward(x, w1, b1, w2, b2):
    """Scores = max(0, x w1ᵀ + b1) w2ᵀ + b2.

    Parameters
    ----------
    x : array (N, D)
    w1, b1, w2, b2 : arrays (H, D), (H,), (C, H), (C,)

    Returns
    -------
    scores : array (N, C)
    cache : (x, hidden, w1, w2)
        For `two_layer_backward`; hidden is (N, H), after the ReLU.
    """
    hidden = np.maximum(linear_forward(x, w1, b1)[0], 0)
    return linear_forward(hidden, w2, b2)[0], (x, hidden, w1, w2)


def two_layer_backward(dscores, cache):
    """Gradients of `two_layer_forward`, last layer first.

    Every gradient has the shape of what it belongs to. Where a hidden neuron is 0, ReLU lets
    nothing through.

    Parameters
    ----------
    dscores : array (N, C)
        Gradient of the loss by the scores.
    cache : (x, hidden, w1, w2)
        From `two_layer_forward`: arrays (N, D), (N, H), (H, D), (C, H).

    Returns
    -------
    dx, dw1, db1, dw2, db2 : arrays shaped as x, w1, b1, w2, b2
    """
    x, hidden, w1, w2 = cache
    need_shape("two_layer_backward", "dscores", dscores, (len(x), len(w2)))
    ### BEGIN SOLUTION
    dw2 = dscores.T @ hidden
    db2 = dscores.sum(axis=0)
    dhidden = dscores @ w2
    dsums = np.where(hidden > 0, dhidden, 0)
    dw1 = dsums.T @ x
    db1 = dsums.sum(axis=0)
    dx = dsums @ w1
    ### END SOLUTION
    return dx, dw1, db1, dw2, db2
