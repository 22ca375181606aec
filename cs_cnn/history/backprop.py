"""Back-propagation as it became famous: two layers of logistic units and the delta rule."""

from scipy.special import expit as sigmoid


def two_layer_forward(x, w1, b1, w2, b2):
    """Two layers, each a weighted sum and the logistic function 1 / (1 + exp(-s)).

    Parameters
    ----------
    x : array (N, D)
    w1 : array (H, D)
        w1[j, i] leads from input i to hidden unit j.
    b1 : array (H,)
    w2 : array (C, H)
    b2 : array (C,)

    Returns
    -------
    hidden : array (N, H)
    out : array (N, C)
    """
    if x.shape[1:] != w1.shape[1:] or w1.shape[:1] != w2.shape[1:]:
        raise ValueError(
            f"two_layer_forward: x (N, D), w1 (H, D) and w2 (C, H) must fit together, got "
            f"x.shape={x.shape}, w1.shape={w1.shape}, w2.shape={w2.shape}"
        )
    hidden = sigmoid(x @ w1.T + b1)
    return hidden, sigmoid(hidden @ w2.T + b2)


def delta_rule(x, t, w1, b1, w2, b2):
    """The gradient of E = ½ Σ (t - o)² by every weight of a two-layer net, last layer first.

    By the chain rule, dE_p/dw_ji = dE_p/do_pj · do_pj/dw_ji for every pattern p; E is the sum over
    all patterns, not the mean.

    Parameters
    ----------
    x : array (N, D)
        One pattern per row.
    t : array (N, C)
        What the output units should say.
    w1, b1, w2, b2 : arrays (H, D), (H,), (C, H), (C,)
        See `two_layer_forward`.

    Returns
    -------
    dw1, db1, dw2, db2 : arrays shaped as w1, b1, w2, b2

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning representations by back-propagating
    errors, Nature 323, 1986.
    """
    hidden, out = two_layer_forward(x, w1, b1, w2, b2)
    if t.shape != out.shape:
        raise ValueError(f"delta_rule: t must have the output's shape {out.shape}, got {t.shape}")
    ### BEGIN SOLUTION
    delta2 = (out - t) * out * (1 - out)
    dw2 = delta2.T @ hidden
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ w2) * hidden * (1 - hidden)
    dw1 = delta1.T @ x
    db1 = delta1.sum(axis=0)
    ### END SOLUTION
    return dw1, db1, dw2, db2
