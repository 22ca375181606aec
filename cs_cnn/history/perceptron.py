"""Rosenblatt's perceptron: a weighted sum, a step, and a rule that learns from errors only."""

from cs_cnn.history.shapes import need_examples


def perceptron_epoch(w, x, d, rate=1.0):
    """Show each example once, in order, and correct the weights after every wrong answer.

    The answer is y = 1 if w·x > 0, else 0. Then every weight moves at once, before the next
    example is shown: w_i(t + 1) = w_i(t) + rate (d_j - y_j(t)) x_ji.

    Parameters
    ----------
    w : array (D,)
        The weights at the start; they are not changed.
    x : array (N, D)
        One example per row. Its first number is always 1, so that w[0] is the bias.
    d : int array (N,)
        The desired answers, 0 or 1.
    rate : float
        How far to move.

    Returns
    -------
    w : array (D,)
        The weights after the last example.
    errors : int
        How many of the N answers were wrong when they were given.

    References
    ----------
    F. Rosenblatt, The perceptron: a probabilistic model for information storage and organization
    in the brain, Psychological Review 65, 1958.
    """
    need_examples("perceptron_epoch", w, x, d)
    ### BEGIN SOLUTION
    w, errors = w.copy(), 0
    for n in range(len(x)):
        y = 1 if x[n] @ w > 0 else 0
        w += rate * (d[n] - y) * x[n]
        errors += int(y != d[n])
    ### END SOLUTION
    return w, errors
