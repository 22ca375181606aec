"""What training minimises: how unhappy we are with the scores, and its gradient.

Both losses take `scores` (N, C), one row of class scores per image, and `y` (N,), the index of the
right class, and return `(loss, dscores)`: the mean over the images and its gradient by the scores.
"""

import numpy as np


def softmax_cross_entropy(scores, y):
    """Mean of -log(probability of the right class), with probabilities from softmax.

    The largest score of each row is subtracted first, which changes nothing but the range, so that
    no exponential overflows.

    Parameters
    ----------
    scores : array (N, C)
    y : int array (N,)
        0 <= y < C.

    Returns
    -------
    loss : float
    dscores : array (N, C), dtype of scores

    Raises
    ------
    ValueError
        For other shapes, labels that are not ints, or a label out of range.
    """
    rows = _check("softmax_cross_entropy", scores, y)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_prob = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_prob)
    dscores[rows, y] -= 1
    return float(-log_prob[rows, y].mean()), dscores / scores.dtype.type(len(y))


def multiclass_svm(scores, y, margin=1.0):
    """Mean over images of the sum over wrong classes of max(0, s_j - s_y + margin).

    The hinge loss of Weston and Watkins (1999). (PyTorch's `multi_margin_loss` is this divided by
    the number of classes.)

    Parameters
    ----------
    scores : array (N, C)
    y : int array (N,)
    margin : float
        How much higher than every other the right score should be.

    Returns
    -------
    loss : float
    dscores : array (N, C), dtype of scores
    """
    rows = _check("multiclass_svm", scores, y)
    margins = scores - scores[rows, y][:, None] + scores.dtype.type(margin)
    margins[rows, y] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[rows, y] = -dscores.sum(axis=1)
    loss = np.maximum(margins, 0).sum(axis=1).mean()
    return float(loss), dscores / scores.dtype.type(len(y))


def _check(name, scores, y):
    """Return the row numbers 0..N-1 if scores and labels fit together, else raise a ValueError."""
    if scores.ndim != 2 or y.shape != scores.shape[:1] or not len(y):
        raise ValueError(
            f"{name}: scores must be (N, C) and y (N,) with N at least 1, got "
            f"scores.shape={scores.shape}, y.shape={y.shape}"
        )
    if not np.issubdtype(scores.dtype, np.floating) or not np.issubdtype(y.dtype, np.integer):
        raise ValueError(
            f"{name}: scores must be floats and y ints, got {scores.dtype} and {y.dtype}"
        )
    if y.min() < 0 or y.max() >= scores.shape[1]:
        raise ValueError(
            f"{name}: labels must lie in 0..{scores.shape[1] - 1} (scores.shape={scores.shape}), "
            f"found {y.min()}..{y.max()}"
        )
    return np.arange(len(y))
