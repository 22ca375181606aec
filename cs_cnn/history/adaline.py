"""Widrow and Hoff's Adaline, which learns from its sum before the step, and two of them together.

Answers are -1 or +1. The first number of every example is 1, so that w[0] is the bias.
"""

import numpy as np

from cs_cnn.history.shapes import need_examples


def lms_epoch(w, x, d, rate=0.1):
    """Show each example once, in order, and after each move the sum towards the desired answer.

    The error is that of the sum itself, d_j - w·x_j, before any step makes -1 or +1 of it. After
    every example, right or wrong, each weight moves: w_i = w_i + rate · error_j · x_ji. This is a
    step downhill on half the squared error, hence "least mean squares".

    Parameters
    ----------
    w : array (D,)
        The weights at the start; they are not changed.
    x : array (N, D)
        One example per row. Its first number is always 1, so that w[0] is the bias.
    d : array (N,)
        The desired answers, -1 or +1.
    rate : float
        How far to move.

    Returns
    -------
    w : array (D,)
        The weights after the last example.
    errors : array (N,)
        The error of each example, with the weights as they were when it was shown.

    References
    ----------
    B. Widrow and M. E. Hoff, Adaptive switching circuits, IRE WESCON Convention Record 4, 1960.
    """
    need_examples("lms_epoch", w, x, d)
    errors = np.zeros(len(x))
    ### BEGIN SOLUTION
    w = w.copy()
    for n in range(len(x)):
        errors[n] = d[n] - x[n] @ w
        w += rate * errors[n] * x[n]
    ### END SOLUTION
    return w, errors


def madaline(w, x):
    """The answer of several Adalines with an OR behind them: +1 if any of them says +1.

    Parameters
    ----------
    w : array (K, D)
        One Adaline per row.
    x : array (N, D)

    Returns
    -------
    int array (N,)
        -1 or +1.
    """
    return np.where((x @ w.T > 0).any(axis=1), 1, -1)


def madaline_epoch(w, x, d, rate=0.1):
    """Show each example once; where the OR is wrong, correct the Adalines that are to blame.

    Madaline rule I, the principle of least disturbance. If the OR should have said +1, all said -1:
    the one whose sum is nearest to 0 has to change the least, and learns to say +1. If it should
    have said -1, every one that said +1 learns to say -1.

    Parameters
    ----------
    w : array (K, D)
    x : array (N, D)
    d : array (N,)
        -1 or +1.
    rate : float

    Returns
    -------
    w : array (K, D)
    errors : int

    References
    ----------
    B. Widrow and M. A. Lehr, 30 years of adaptive neural networks, Proc. IEEE 78, 1990.
    """
    w, errors = w.copy(), 0
    for row, wanted in zip(x, d, strict=True):
        sums = w @ row
        if (sums > 0).any() == (wanted > 0):
            continue
        errors += 1
        blamed = [np.argmax(sums)] if wanted > 0 else np.flatnonzero(sums > 0)
        for k in blamed:
            w[k] += rate * (wanted - sums[k]) * row
    return w, errors
