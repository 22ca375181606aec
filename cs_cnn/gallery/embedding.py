"""Embeddings: vectors that lie close together for the same person, and far apart for two.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.
"""

import numpy as np


def triplet_loss(anchor, positive, negative, margin=0.2):
    """Give the triplet loss and its gradients (Schroff, Kalenichenko, Philbin 2015).

    Each row is a triplet: two images of one person and one of another. The squared distance to the
    other person should be larger by at least the margin. What is missing is the triplet's loss, and
    nothing if nothing is missing; the loss is the mean over all triplets.

    Parameters
    ----------
    anchor, positive, negative : arrays (N, D)
        Embeddings: of an image, another image of the same person, an image of someone else.
    margin : float

    Returns
    -------
    loss : float
    gradients : tuple of three arrays (N, D)
        By anchor, positive and negative.
    """
    ### BEGIN SOLUTION
    same, other = anchor - positive, anchor - negative
    missing = np.sum(same**2, axis=1) - np.sum(other**2, axis=1) + margin
    loss = float(np.mean(np.maximum(missing, 0)))
    each = 2 / len(anchor) * (missing > 0)[:, None].astype(anchor.dtype)
    return loss, (each * (same - other), -each * same, each * other)
    ### END SOLUTION


def best_threshold(distances, same):
    """Give the distance that divides pairs of the same person from others with fewest errors.

    Parameters
    ----------
    distances : array (N,)
    same : array (N,) of bool

    Returns
    -------
    float
    """
    order = np.argsort(distances)
    right = np.cumsum(np.where(same[order], 1, -1))  # more right than with a threshold of zero
    best = right.argmax()
    return float(distances[order[best : best + 2]].mean())
