"""The linear classifier, whose scores are x wᵀ + b, and its full loss with regularisation.

Letters: `N` images, `D` numbers in each (its pixels in a row, or features), `C` classes. Row c of
`w` (C, D) is the template of class c. The full loss is the mean loss of the images plus
reg * sum(w²); the biases are free.
"""

import numpy as np

from cs_cnn.layers import linear_backward, linear_forward
from cs_cnn.losses import softmax_cross_entropy


def svm_loss(w, b, x, y, reg=0.0, margin=1.0):
    """The full SVM loss of a linear classifier and its gradient, without a loop.

    Image n pays max(0, s_j - s_y + margin) for every wrong class j, where s are its scores
    w x[n] + b and y = y[n] is its right class. The loss is the mean over the images of what they
    pay, plus reg times the sum of all squared weights.

    Parameters
    ----------
    w : array (C, D)
    b : array (C,)
    x : array (N, D)
    y : int array (N,)
        0 <= y < C.
    reg : float
        Strength of the regularisation; it is for w alone.
    margin : float
        How much higher than every other the right score should be.

    Returns
    -------
    loss : float
    dw, db : arrays shaped as w, b

    References
    ----------
    J. Weston and C. Watkins, Support vector machines for multi-class pattern recognition, ESANN
    1999.
    """
    need_linear("svm_loss", w, b, x, y)
    N = len(x)
    ### BEGIN SOLUTION
    scores = x @ w.T + b
    right = scores[np.arange(N), y][:, None]
    margins = np.maximum(scores - right + margin, 0)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(w**2)
    dscores = (margins > 0).astype(x.dtype)
    dscores[np.arange(N), y] = -dscores.sum(axis=1)
    dw = dscores.T @ x / N + 2 * reg * w
    db = dscores.sum(axis=0) / N
    ### END SOLUTION
    return float(loss), dw, db


def softmax_loss(w, b, x, y, reg=0.0):
    """The same with the softmax loss: the mean of -log(probability of the right class).

    Parameters
    ----------
    w, b, x, y, reg
        As in `svm_loss`.

    Returns
    -------
    loss : float
    dw, db : arrays shaped as w, b
    """
    need_linear("softmax_loss", w, b, x, y)
    scores, cache = linear_forward(x, w, b)
    loss, dscores = softmax_cross_entropy(scores, y)
    _, dw, db = linear_backward(dscores, cache)
    return loss + float(reg * np.sum(w**2)), dw + 2 * reg * w, db


def need_linear(name, w, b, x, y):
    """Raise a ValueError unless w (C, D), b (C,), x (N, D) and y (N,) fit together."""
    shapes = f"w.shape={w.shape}, b.shape={b.shape}, x.shape={x.shape}, y.shape={y.shape}"
    if w.ndim != 2 or x.ndim != 2 or x.shape[1] != w.shape[1]:
        raise ValueError(
            f"{name}: w must be (C, D) and x (N, D); stretch images to rows first: "
            f"x.reshape(len(x), -1) ({shapes})"
        )
    if b.shape != w.shape[:1] or y.shape != x.shape[:1] or not len(y):
        raise ValueError(f"{name}: b must be (C,) and y (N,) with N at least 1 ({shapes})")
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= len(w):
        raise ValueError(
            f"{name}: y must hold ints from 0 to C - 1 = {len(w) - 1}, got {y.min()}..{y.max()} "
            f"({y.dtype})"
        )
