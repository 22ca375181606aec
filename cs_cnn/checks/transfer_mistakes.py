"""The known mistakes of notebook 09, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.transfer import by_hand

STANDARDISE_MISTAKES = mistakes_of(
    by_hand.standardise,
    (
        "the test set is scaled by its own numbers",
        "Use the training set's mean and standard deviation for both: in use there is no test set.",
        "(test - mean) / std",
        "(test - test.mean(axis=0)) / np.where(test.std(axis=0) == 0, 1, test.std(axis=0))",
    ),
    (
        "the test set leaks into the mean",
        "Mean and standard deviation come from the training set alone.",
        "mean, std = train.mean(axis=0), train.std(axis=0)",
        "both = np.concatenate([train, test])\n    mean, std = both.mean(axis=0), both.std(axis=0)",
    ),
    (
        "the test set stays as it was",
        "A classifier that was trained on scaled features needs scaled features in the test too.",
        "(test - mean) / std",
        "test",
    ),
    (
        "every example is scaled by itself",
        "Each feature has its own mean over all examples: axis 0.",
        "train.mean(axis=0), train.std(axis=0)",
        "train.mean(axis=1).mean(), train.std(axis=1).mean()",
    ),
    (
        "one mean and one scale for all features",
        "Each feature has its own mean and standard deviation: axis 0.",
        "train.mean(axis=0), train.std(axis=0)",
        "train.mean(), train.std()",
    ),
    (
        "divided by the variance",
        "Divide by the standard deviation, the root of the variance.",
        "train.std(axis=0)",
        "train.var(axis=0)",
    ),
    (
        "divided by n - 1",
        "np.std as it comes divides by n, without ddof.",
        "train.std(axis=0)",
        "train.std(axis=0, ddof=1)",
    ),
    (
        "a feature that never changes is divided by 0",
        "Where the standard deviation is 0, divide by 1.",
        "    std = np.where(std == 0, 1, std).astype(train.dtype)\n",
        "",
        "    return (train - mean) / std",
        '    with np.errstate(all="ignore"):\n        return (train - mean) / std',
    ),
    (
        "the mean is not subtracted",
        "Subtract the mean first, then divide.",
        "return (train - mean) / std, (test - mean) / std",
        "return train / std, test / std",
    ),
)

MEAN_MISTAKES = mistakes_of(
    by_hand.nearest_mean,
    (
        "the place of the class instead of its number",
        "argmin gives a place among the means: look up the number there, classes[place].",
        "classes[distances.argmin(axis=1)]",
        "distances.argmin(axis=1)",
    ),
    (
        "the farthest mean",
        "The nearest mean has the smallest distance: argmin.",
        "argmin",
        "argmax",
    ),
    (
        "the nearest example, not the nearest mean",
        "First take the mean of each class's examples; the distances are to the means.",
        "    return classes[distances.argmin(axis=1)]",
        "    return y[np.sum((queries[:, None] - x) ** 2, axis=2).argmin(axis=1)]",
    ),
    (
        "the sum instead of the mean",
        "A class's mean is the sum of its examples divided by their number.",
        ".mean(axis=0)",
        ".sum(axis=0)",
    ),
    (
        "one mean of all examples",
        "Each class has a mean of its own: take the examples where y is this class.",
        "x[y == k].mean(axis=0)",
        "x.mean(axis=0)",
    ),
    (
        "only the first example of each class",
        "Use all examples of a class: their mean.",
        "x[y == k].mean(axis=0)",
        "x[y == k][0]",
    ),
    (
        "the differences are not squared",
        "Without the square, differences of opposite sign cancel each other.",
        ") ** 2, axis=2)",
        "), axis=2)",
    ),
    (
        "of two that tie, the larger number",
        "np.unique sorts the classes and argmin takes the first of equals: keep that order.",
        "    means =",
        "    classes = classes[::-1]\n    means =",
    ),
)

RATES_MISTAKES = mistakes_of(
    by_hand.learning_rates,
    (
        "the head is lowered too",
        "The last stage has the rate base itself: factor to the power 0.",
        "factor**above",
        "factor ** (above + 1)",
    ),
    (
        "the first stage learns fastest",
        "The earlier a stage, the lower its rate: count the stages above it, not below.",
        "factor**above",
        "factor ** (len(stages) - 1 - above)",
    ),
    (
        "one factor for all earlier stages",
        "One factor more for each stage further from the head: a power of the distance.",
        "factor**above",
        "factor ** min(above, 1)",
    ),
    (
        "times the distance, not to its power",
        "Two stages before the head the rate is factor * factor * base.",
        "base * factor**above",
        "base * (factor * above if above else 1)",
    ),
    (
        "nothing is frozen",
        "Only the last `trained` stages learn; the rate of all others is 0.",
        "0.0 if frozen else base",
        "base",
    ),
    (
        "the last stages are frozen instead of the first",
        "The stages near the head learn; the early ones are frozen.",
        "above >= trained",
        "above < trained",
    ),
    (
        "one stage too many learns",
        "The head counts as one of the `trained` stages.",
        "above >= trained",
        "above > trained",
    ),
    (
        "trained=0 freezes nothing",
        "0 is a number of stages too: ask `trained is not None`.",
        "trained is not None",
        "trained",
    ),
    (
        "what is frozen is left out",
        "Frozen parameters are in the dictionary too, with the rate 0.",
        "        rates[name] =",
        "        if frozen:\n            continue\n        rates[name] =",
    ),
    (
        "batch norm's averages have a rate",
        "Averages and counters have no gradient: leave them out.",
        "    names = [name for name in names if not name.endswith(counted)]\n",
        "",
    ),
    (
        "every parameter is a stage of its own",
        "Weight and bias of one stage share a rate: the stage is the name up to the first dot.",
        'name.partition(".")[0]',
        "name",
    ),
    (
        "the stages are in alphabetical order",
        "The stages come in the order of the names: set() and sorted() lose it, dict.fromkeys not.",
        'list(dict.fromkeys(name.partition(".")[0] for name in names))',
        'sorted(dict.fromkeys(name.partition(".")[0] for name in names))',
    ),
)

STEP_MISTAKES = mistakes_of(
    by_hand.finetune_step,
    (
        "what is frozen still gathers velocity",
        "A frozen parameter is left alone altogether: skip it before anything is computed.",
        "        if rate == 0:\n            continue\n        gradient =",
        "        if name not in gradients:\n            continue\n        gradient =",
    ),
    (
        "what is frozen still decays",
        "Frozen is frozen: no decay either. Skip the parameter.",
        "            continue\n",
        "            params[name] = (1 - 0.1 * decay) * params[name]\n            continue\n",
    ),
    (
        "what is frozen learns at another's rate",
        "Each parameter has its own rate, and 0 means none.",
        "rate * velocity[name]",
        "max(rates.values()) * velocity[name]",
        "        if rate == 0:\n            continue\n",
        "        if name not in gradients:\n            continue\n",
    ),
    (
        "one rate for all",
        "Each parameter has its own rate.",
        "rate * velocity[name]",
        "max(rates.values()) * velocity[name]",
    ),
    (
        "a step up",
        "Go against the gradient: subtract.",
        "params[name] - rate",
        "params[name] + rate",
    ),
    (
        "no momentum",
        "The step follows the velocity, in which old gradients live on.",
        "momentum * velocity[name] + gradient",
        "gradient",
    ),
    (
        "the velocity is averaged",
        "In this form the gradient is added in full: v = momentum * v + g.",
        "momentum * velocity[name] + gradient",
        "momentum * velocity[name] + (1 - momentum) * gradient",
    ),
    (
        "the step follows the old velocity",
        "First the new velocity, then the step along it.",
        "        velocity[name] = momentum * velocity[name] + gradient\n"
        "        params[name] = params[name] - rate * velocity[name]\n",
        "        params[name] = params[name] - rate * velocity[name]\n"
        "        velocity[name] = momentum * velocity[name] + gradient\n",
    ),
    (
        "no decay",
        "Add decay * p to the gradient.",
        " + decay * params[name]",
        "",
    ),
    (
        "the rate is in the velocity",
        "Keep the rate out of the velocity: v = momentum * v + g, then p = p - rate * v.",
        "momentum * velocity[name] + gradient",
        "momentum * velocity[name] + rate * gradient",
        "rate * velocity[name]\n",
        "velocity[name]\n",
    ),
    (
        "the arrays that were given are changed",
        "p -= ... changes the caller's array; p = p - ... makes a new one.",
        "        params[name] = params[name] - rate * velocity[name]",
        "        params[name] -= rate * velocity[name]",
    ),
)

INTERVAL_MISTAKES = mistakes_of(
    by_hand.mean_and_interval,
    (
        "divided by n, not n - 1",
        "The mean was estimated from the same runs: divide by n - 1, ddof=1.",
        "ddof=1",
        "ddof=0",
    ),
    (
        "the spread of the runs, not of their mean",
        "The mean of n runs varies less than one run: divide by the root of n.",
        "    error = runs.std(axis=0, ddof=1) / np.sqrt(n)",
        "    error = runs.std(axis=0, ddof=1)",
    ),
    (
        "divided by n instead of its root",
        "The standard error is s / sqrt(n).",
        "/ np.sqrt(n)",
        "/ n",
    ),
    (
        "the normal distribution instead of Student's",
        "With few runs s is uncertain too: hence Student's t, not the 1.96 of a normal.",
        "t.ppf(",
        "stats.norm.ppf(",
    ),
    (
        "all of the rest on one side",
        "5 % lie outside, half on each side: take t at (1 + confidence) / 2.",
        "(1 + confidence) / 2",
        "confidence",
    ),
    (
        "the whole width",
        "Give the half width, from the mean to one end.",
        "t.ppf((1 + confidence) / 2) * error",
        "2 * t.ppf((1 + confidence) / 2) * error",
    ),
    (
        "the standard error without t",
        "One standard error holds the mean too seldom: multiply by t.",
        "t.ppf((1 + confidence) / 2) * error",
        "error",
    ),
    (
        "always 95 %",
        "Use the argument confidence.",
        "(1 + confidence) / 2",
        "0.975",
    ),
    (
        "n degrees of freedom",
        "t is given with n - 1 degrees of freedom: use it as it is.",
        "    error =",
        "    t = stats.t(df=n)\n    error =",
    ),
    (
        "over the results of a run",
        "The runs are the rows: take mean and standard deviation over axis 0.",
        "axis=0",
        "axis=1",
    ),
)
