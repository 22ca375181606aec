"""What transfer learning does to plain arrays: features, learning rates, a step, an error bar.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.

Letters: `N` examples, `D` features of each.
"""

import numpy as np
from scipy import stats

from cs_cnn.shapes import need_dims


def standardise(train, test):
    """Bring every feature to mean 0 and standard deviation 1, as the training set has it.

    The test set is moved and scaled by the numbers of the training set: its own are not known
    when a classifier is used. A feature that is the same in all of the training set is not scaled,
    only moved.

    Parameters
    ----------
    train : array (N, D)
    test : array (M, D)

    Returns
    -------
    train, test : arrays (N, D) and (M, D)
        The standard deviation is that of all N numbers, np.std as it comes.

    Raises
    ------
    ValueError
        If the two have different features.
    """
    need_dims("standardise", 2, train=train, test=test)
    if train.shape[1] != test.shape[1]:
        raise ValueError(
            f"standardise: train has {train.shape[1]} features but test has {test.shape[1]} "
            f"(train.shape={train.shape}, test.shape={test.shape}): take both from one layer"
        )
    ### BEGIN SOLUTION
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std == 0, 1, std).astype(train.dtype)
    return (train - mean) / std, (test - mean) / std
    ### END SOLUTION


def nearest_mean(x, y, queries):
    """Name each query after the class whose mean is nearest: a classifier for very few examples.

    Parameters
    ----------
    x : array (N, D)
        Examples.
    y : int array (N,)
        Their classes; any whole numbers.
    queries : array (M, D)

    Returns
    -------
    int array (M,)
        Of two classes whose means are equally near, the smaller number.

    References
    ----------
    J. Snell, K. Swersky and R. Zemel, Prototypical networks for few-shot learning, NeurIPS 2017.
    """
    need_dims("nearest_mean", 2, x=x, queries=queries)
    classes = np.unique(y)  # sorted
    ### BEGIN SOLUTION
    means = np.stack([x[y == k].mean(axis=0) for k in classes])
    distances = np.sum((queries[:, None] - means) ** 2, axis=2)
    return classes[distances.argmin(axis=1)]
    ### END SOLUTION


def learning_rates(names, base, factor=1.0, trained=None):
    """Give every parameter its learning rate: the earlier its stage, the lower.

    A parameter's stage is its name up to the first dot; the stages come in the order in which they
    are first named. The last stage, the head, has the rate `base`, the one before it
    `factor * base`, the one before that `factor**2 * base`, and so on. Only the last `trained`
    stages learn: all others are frozen and have the rate 0.

    Parameters
    ----------
    names : list of str
        Of a `state_dict`, in order. Batch norm's averages and counters, which end in
        ".running_mean", ".running_var" or ".num_batches_tracked", have no gradient and get no rate.
    base : float
    factor : float
        At most 1.
    trained : int, optional
        How many stages learn; all by default.

    Returns
    -------
    dict of str to float
        By the names of the parameters, in their order.

    References
    ----------
    J. Howard and S. Ruder, Universal language model fine-tuning for text classification, ACL 2018.
    """
    counted = ("running_mean", "running_var", "num_batches_tracked")
    rates = {}
    ### BEGIN SOLUTION
    names = [name for name in names if not name.endswith(counted)]
    stages = list(dict.fromkeys(name.partition(".")[0] for name in names))
    for name in names:
        above = len(stages) - 1 - stages.index(name.partition(".")[0])
        frozen = trained is not None and above >= trained
        rates[name] = 0.0 if frozen else base * factor**above
    ### END SOLUTION
    return rates


def finetune_step(params, gradients, velocity, rates, momentum=0.9, decay=0.0):
    """Take one step of gradient descent with momentum, with a learning rate for each parameter.

    For every parameter p whose rate is not 0, with its gradient g and its velocity v:

        g = g + decay * p
        v = momentum * v + g
        p = p - rate * v

    What is frozen (rate 0) or has no rate at all, as batch norm's averages, stays as it is, and so
    does its velocity. A frozen parameter may have no gradient.

    Parameters
    ----------
    params, gradients, velocity : dict of str to array
        By name.
    rates : dict of str to float
    momentum, decay : float

    Returns
    -------
    params, velocity : dict of str to array
        New dictionaries with the names of `params` and of `velocity`.
    """
    params, velocity = dict(params), dict(velocity)  # the arrays in them are not copied
    ### BEGIN SOLUTION
    for name, rate in rates.items():
        if rate == 0:
            continue
        gradient = gradients[name] + decay * params[name]
        velocity[name] = momentum * velocity[name] + gradient
        params[name] = params[name] - rate * velocity[name]
    ### END SOLUTION
    return params, velocity


def mean_and_interval(runs, confidence=0.95):
    """The mean of several runs, and how far the true mean may lie from it, by Student's t.

    The half width of the interval is t s / sqrt(n): s is the standard deviation of the n runs with
    n - 1 in the denominator, and t the number that a t-distributed variable with n - 1 degrees of
    freedom exceeds with the probability (1 - confidence) / 2.

    Parameters
    ----------
    runs : array (n, K)
        K results of each of n runs with different seeds.
    confidence : float
        The share of such intervals that hold the true mean.

    Returns
    -------
    mean, half : arrays (K,)

    Raises
    ------
    ValueError
        For a single run, which tells nothing about its spread.

    References
    ----------
    Student (W. S. Gosset), The probable error of a mean, Biometrika 6, 1908.
    """
    need_dims("mean_and_interval", 2, runs=runs)
    n = len(runs)
    if n < 2:
        raise ValueError(f"mean_and_interval: {n} run has no spread; give at least 2 (runs, K)")
    t = stats.t(df=n - 1)  # t.ppf(q) is the number below which the share q lies
    ### BEGIN SOLUTION
    error = runs.std(axis=0, ddof=1) / np.sqrt(n)
    return runs.mean(axis=0), t.ppf((1 + confidence) / 2) * error
    ### END SOLUTION
