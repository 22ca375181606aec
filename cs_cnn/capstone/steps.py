"""How the weights move: the schedule, Nesterov's momentum, and Muon for filters.

The steps are optimisers as in `cs_cnn.optim`, `(w, dw, state=None, lr=..., ...) -> (w, state)`.
"""

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.optim import checked_gradient, remembered


def triangle(step, steps, start=0.2, peak=0.2, end=0.0):
    """What to multiply the learning rate by: a straight line up to 1, then a straight line down.

    Parameters
    ----------
    step : int or float
        0 <= step <= steps.
    steps : int
    start, end : float
        The factor at step 0 and at step `steps`.
    peak : float
        The share of all steps after which the factor is 1; 0 < peak < 1.

    Returns
    -------
    float

    References
    ----------
    L. N. Smith, Cyclical learning rates for training neural networks, WACV 2017.
    """
    if not 0 < peak < 1:
        raise ValueError(f"triangle: peak must lie between 0 and 1, got {peak!r}")
    ### BEGIN SOLUTION
    factor = np.interp(step, [0, peak * steps, steps], [start, 1, end])
    ### END SOLUTION
    return float(factor)


def nesterov(w, dw, state=None, lr=0.05, momentum=0.85, weight_decay=0.0):
    """Momentum that looks ahead, and weights that shrink by themselves.

    velocity <- momentum velocity + dw
    w        <- w - lr (dw + momentum velocity) - lr weight_decay w

    The step is the one that the velocity would take next. The decay is "decoupled": it never enters
    the velocity, and so is not `weight_decay` of `cs_cnn.optim.momentum`, which is a part of dw.

    Parameters
    ----------
    w, dw : arrays of the same shape
    state : {"velocity": array}, optional
        Zeros before the first step.
    lr, momentum, weight_decay : float

    Returns
    -------
    w : array, shape and dtype of w
    state : {"velocity": array}

    References
    ----------
    Y. Nesterov, A method for solving the convex programming problem with convergence rate
    O(1/k²), 1983; I. Loshchilov and F. Hutter, Decoupled weight decay regularization, ICLR 2019.
    """
    dw, lr = checked_gradient("nesterov", w, dw, lr, 0)
    (velocity,) = remembered("nesterov", w, state, "velocity")
    ### BEGIN SOLUTION
    velocity = momentum * velocity + dw
    w = w - lr * (dw + momentum * velocity) - lr * weight_decay * w
    ### END SOLUTION
    return w, {"velocity": velocity}


def orthogonalise(g, steps=3):
    """A matrix with the singular vectors of g, and all singular values near 1: no SVD needed.

    Newton and Schulz's iteration. X = g / |g|, with |g| the root of the sum of all squares, so that
    no singular value is above 1. Then `steps` times:

    A <- X Xᵀ
    X <- a X + (b A + c A A) X        with a, b, c = 3.4445, -4.7750, 2.0315

    which makes a s + b s³ + c s⁵ of each singular value s and leaves the vectors alone. Where g has
    more rows than columns, it is done to gᵀ and transposed back: A is smaller then.

    Parameters
    ----------
    g : array (R, C)
    steps : int

    Returns
    -------
    array (R, C), dtype of g

    References
    ----------
    K. Jordan and others, Muon: an optimizer for hidden layers in neural networks, 2024.
    """
    if g.ndim != 2:
        raise ValueError(f"orthogonalise: g must be a matrix (R, C), got g.shape={g.shape}")
    a, b, c = 3.4445, -4.7750, 2.0315
    ### BEGIN SOLUTION
    X = g / (np.sqrt(np.sum(g**2)) + 1e-7)
    tall = len(g) > g.shape[1]
    X = X.T if tall else X
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    X = X.T if tall else X
    ### END SOLUTION
    return X.astype(g.dtype)


def muon(w, dw, state=None, lr=0.1, momentum=0.8):
    """Turn filters: Nesterov's step, made orthogonal, from weights of a fixed length.

    All directions of the gradient count alike, the frequent and the rare ones. Batch norm follows
    the filters, so their length means nothing; it is set to the root of F before each step, and lr
    is about the angle that they turn.

    Parameters
    ----------
    w, dw : arrays (F, C, KH, KW)
    state : {"velocity": array}, optional
    lr, momentum : float

    Returns
    -------
    w : array, shape and dtype of w
    state : {"velocity": array}

    References
    ----------
    K. Jordan and others, Muon: an optimizer for hidden layers in neural networks, 2024.
    """
    dw, lr = checked_gradient("muon", w, dw, lr, 0)
    (velocity,) = remembered("muon", w, state, "velocity")
    velocity = momentum * velocity + dw
    turn = orthogonalise((dw + momentum * velocity).reshape(len(w), -1)).reshape(w.shape)
    length = array_module(w).sqrt((w**2).sum())
    return w * (len(w) ** 0.5 / length) - lr * turn, {"velocity": velocity}
