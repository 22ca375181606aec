"""How weights move, given their gradient: SGD and the four that remember earlier steps.

Each is a function `(w, dw, state=None, lr=..., ...) -> (w_new, state_new)`. The state is a dict, or
None before the first step; keep one for each array of weights. Nothing given is changed, and w_new
has w's shape and dtype. Definitions and defaults are PyTorch's (`torch.optim`); `weight_decay`
adds weight_decay * w to the gradient, the slope of the penalty weight_decay / 2 * sum(w**2).
"""

import numpy as np


def sgd(w, dw, state=None, lr=1e-3, weight_decay=0.0):
    """Stochastic gradient descent: a step downhill, w - lr dw.

    Parameters
    ----------
    w : float array
        The weights.
    dw : array shaped as w
        The gradient of the loss by w, measured on a batch.
    state : dict, optional
        Nothing to remember; it is taken and returned so that all optimisers look alike.
    lr : float
        The learning rate.
    weight_decay : float

    Returns
    -------
    w : array shaped as w
    state : dict

    Raises
    ------
    ValueError
        If dw is not shaped as w, w is not a float array, lr is negative or the state is another
        optimiser's. All functions of this file check the same.

    References
    ----------
    H. Robbins and S. Monro, A stochastic approximation method, Annals of Math. Statistics, 1951.
    """
    dw, lr = checked_gradient("sgd", w, dw, lr, weight_decay)
    return w - lr * dw, {}


def momentum(w, dw, state=None, lr=1e-3, momentum=0.9, weight_decay=0.0):
    """A ball that rolls downhill: gradients add up to a velocity, friction slows it down.

    velocity <- momentum velocity + dw
    w        <- w - lr velocity

    The velocity starts at zero.

    Parameters
    ----------
    w, dw : arrays of the same shape
    state : {"velocity": array shaped as w}, optional
    lr : float
    momentum : float
        How much of the velocity is left after one step; 0 is `sgd`.
    weight_decay : float

    Returns
    -------
    w : array
    state : {"velocity": array}

    References
    ----------
    B. T. Polyak, Some methods of speeding up the convergence of iteration methods, USSR
    Computational Mathematics and Mathematical Physics, 1964.
    """
    dw, lr = checked_gradient("momentum", w, dw, lr, weight_decay)
    (velocity,) = remembered("momentum", w, state, "velocity")
    ### BEGIN SOLUTION
    velocity = momentum * velocity + dw
    w = w - lr * velocity
    ### END SOLUTION
    return w, {"velocity": velocity}


def rmsprop(w, dw, state=None, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
    """Divide each weight's step by the recent size of its gradient: steep and flat move alike.

    square_avg <- alpha square_avg + (1 - alpha) dw²
    w          <- w - lr dw / (sqrt(square_avg) + eps)

    Parameters
    ----------
    w, dw : arrays of the same shape
    state : {"square_avg": array shaped as w}, optional
    lr : float
    alpha : float
        How slowly the average forgets.
    eps : float
        Keeps the division finite where the gradient is 0.
    weight_decay : float

    Returns
    -------
    w : array
    state : {"square_avg": array}

    References
    ----------
    G. Hinton, Neural Networks for Machine Learning, lecture 6e, Coursera, 2012.
    """
    dw, lr = checked_gradient("rmsprop", w, dw, lr, weight_decay)
    (square_avg,) = remembered("rmsprop", w, state, "square_avg")
    square_avg = alpha * square_avg + (1 - alpha) * dw**2
    return w - lr * dw / (np.sqrt(square_avg) + eps), {"square_avg": square_avg}


def adam(w, dw, state=None, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """Momentum and RMSProp in one: the mean gradient, divided by its typical size.

    Two running averages, each begun at zero: m of the gradient, v of its square. Early on they are
    too small, as they still contain the zeros; dividing by 1 - beta^t, where t is the number of
    this step, counted from 1, makes up for it.

    m <- beta1 m + (1 - beta1) dw        m_hat = m / (1 - beta1^t)
    v <- beta2 v + (1 - beta2) dw²       v_hat = v / (1 - beta2^t)
    w <- w - lr m_hat / (sqrt(v_hat) + eps)

    Parameters
    ----------
    w, dw : arrays of the same shape
    state : {"m": array, "v": array, "t": int}, optional
        t is the number of steps taken so far.
    lr : float
    betas : (float, float)
        How slowly the two averages forget.
    eps : float
        Keeps the division finite where the gradient is 0.
    weight_decay : float

    Returns
    -------
    w : array
    state : {"m": array, "v": array, "t": int}

    References
    ----------
    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR 2015.
    """
    dw, lr = checked_gradient("adam", w, dw, lr, weight_decay)
    m, v = remembered("adam", w, state, "m", "v")
    t = 1 if state is None else state["t"] + 1
    beta1, beta2 = betas
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    ### END SOLUTION
    return w, {"m": m, "v": v, "t": t}


def adadelta(w, dw, state=None, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0):
    """RMSProp that finds its own step size: the recent size of the steps takes the place of lr.

    square_avg <- rho square_avg + (1 - rho) dw²
    step        = dw sqrt(step_avg + eps) / sqrt(square_avg + eps)
    step_avg   <- rho step_avg + (1 - rho) step²
    w          <- w - lr step

    Parameters
    ----------
    w, dw : arrays of the same shape
    state : {"square_avg": array, "step_avg": array}, optional
    lr : float
        1 is the method as it was published.
    rho : float
        How slowly the averages forget.
    eps : float
        Gets the first step going.
    weight_decay : float

    Returns
    -------
    w : array
    state : {"square_avg": array, "step_avg": array}

    References
    ----------
    M. D. Zeiler, ADADELTA: an adaptive learning rate method, arXiv:1212.5701, 2012.
    """
    dw, lr = checked_gradient("adadelta", w, dw, lr, weight_decay)
    square_avg, step_avg = remembered("adadelta", w, state, "square_avg", "step_avg")
    square_avg = rho * square_avg + (1 - rho) * dw**2
    step = dw * np.sqrt(step_avg + eps) / np.sqrt(square_avg + eps)
    step_avg = rho * step_avg + (1 - rho) * step**2
    return w - lr * step, {"square_avg": square_avg, "step_avg": step_avg}


def checked_gradient(name, w, dw, lr, weight_decay):
    """The gradient with weight decay, and lr as a Python float, which keeps float32 weights so."""
    if dw.shape != w.shape or not np.issubdtype(w.dtype, np.floating):
        raise ValueError(
            f"{name}: w must be a float array and dw shaped as w, got "
            f"w.shape={w.shape} ({w.dtype}), dw.shape={dw.shape}"
        )
    if not lr >= 0:
        raise ValueError(f"{name}: lr must be 0 or more, got {lr!r}")
    return (dw + float(weight_decay) * w if weight_decay else dw), float(lr)


def remembered(name, w, state, *names):
    """The arrays of the state by name; zeros before the first step."""
    if state is None:
        return [np.zeros_like(w) for _ in names]
    if missing := set(names) - set(state):
        raise ValueError(
            f"{name}: the state has {sorted(state)} but no {sorted(missing)}: it is another "
            "optimiser's; begin with state=None"
        )
    return [state[n] for n in names]
