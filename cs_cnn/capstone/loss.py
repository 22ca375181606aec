"""What the capstone minimises: cross-entropy that leaves a little doubt."""

import numpy as np

from cs_cnn.backend import array_module


def label_smoothing_loss(scores, y, smoothing=0.2):
    """Cross-entropy with softer targets: 1 - smoothing for the right class, the rest for all alike.

    Every class of an image gets a target t of smoothing / C, and the right one 1 - smoothing more.
    The loss is the mean over the images of -sum_k t_k log p_k, with p from softmax. No exponential
    overflows. It is least where p = t, so no score gains by growing without end.

    Parameters
    ----------
    scores : array (N, C)
    y : int array (N,)
        The right classes, 0 <= y < C.
    smoothing : float
        From 0, which is `cs_cnn.losses.softmax_cross_entropy`, to 1.

    Returns
    -------
    loss : float
    dscores : array (N, C), dtype of scores

    References
    ----------
    C. Szegedy and others, Rethinking the Inception architecture for computer vision, CVPR 2016.
    """
    if scores.ndim != 2 or y.shape != scores.shape[:1]:
        raise ValueError(
            "label_smoothing_loss: scores must be (N, C) and y (N,), got "
            f"scores.shape={scores.shape}, y.shape={y.shape}: one row and one label per image"
        )
    N, C = scores.shape
    classes = array_module(scores).arange(C)
    ### BEGIN SOLUTION
    targets = smoothing / C + (1 - smoothing) * (y[:, None] == classes)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_prob = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -(targets * log_prob).sum() / N
    dscores = (np.exp(log_prob) - targets) / N
    ### END SOLUTION
    return float(loss), dscores.astype(scores.dtype)
