"""The known mistakes of the historic learning rules, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.history import adaline, backprop, boltzmann, perceptron

IN_PLACE = (
    "an argument is changed",
    "Whoever called you still needs what they gave you: work on a copy, w.copy().",
)

PERCEPTRON_MISTAKES = mistakes_of(
    perceptron.perceptron_epoch,
    (
        "the weights move the wrong way",
        "If the answer was 0 and should be 1, the sum must grow: desired minus given, d - y.",
        "(d[n] - y)",
        "(y - d[n])",
    ),
    (
        "all examples are judged with the weights at the start",
        "The weights move at once: the next example must meet the new ones.",
        "w, errors = w.copy(), 0",
        "w, before, errors = w.copy(), w, 0",
        "x[n] @ w",
        "x[n] @ before",
    ),
    ("the rate is ignored", "Multiply the step by rate.", "rate * ", ""),
    (
        "the answers are -1 and 1",
        "Here the answers are 0 and 1: y is 0 where the sum is not above 0.",
        "else 0",
        "else -1",
    ),
    (
        "a sum of exactly 0 gives 1",
        "The answer is 1 only if the sum is greater than 0.",
        "@ w > 0",
        "@ w >= 0",
    ),
    (
        "the sum is not turned into an answer",
        "Compare d with the answer, 0 or 1, not with the sum: learning from the sum is Adaline.",
        "y = 1 if x[n] @ w > 0 else 0",
        "y = x[n] @ w",
    ),
    (
        "right answers move the weights as well",
        "Where the answer is right, d - y is 0 and nothing moves: multiply by d - y, not by d.",
        "(d[n] - y)",
        "d[n]",
    ),
    (
        "the weights move by the error alone",
        "Each weight moves by the error times its own input, x[n].",
        " * x[n]\n",
        "\n",
    ),
    (
        "the bias does not move",
        "x[n, 0] is 1, so w[0] moves by the same rule as all others.",
        "w += rate * (d[n] - y) * x[n]",
        "w[1:] += rate * (d[n] - y) * x[n][1:]",
    ),
    (
        "errors are counted after the correction",
        "An error is an answer that was wrong when it was given, before the weights moved.",
        "int(y != d[n])",
        "int((x[n] @ w > 0) != d[n])",
    ),
    (
        "errors of both signs cancel",
        "Count how often y and d differ: one each, whichever is larger.",
        "int(y != d[n])",
        "int(d[n] - y)",
    ),
    (
        "the last example is left out",
        "range(n) ends at n - 1: all N examples are range(len(x)).",
        "range(len(x))",
        "range(len(x) - 1)",
    ),
    (*IN_PLACE, "w.copy()", "w"),
)

LMS_MISTAKES = mistakes_of(
    adaline.lms_epoch,
    (
        "the error is taken after the step",
        "That is the perceptron. Adaline compares d with the sum itself, before the step.",
        "d[n] - x[n] @ w",
        "d[n] - (1 if x[n] @ w > 0 else -1)",
    ),
    (
        "the weights move the wrong way",
        "Where the sum is too small, it must grow: add rate times error times input.",
        "w += ",
        "w -= ",
    ),
    (
        "right answers do not move the weights",
        "Adaline learns from every example: a sum of 0.1 has the right sign, but should be 1.",
        "* x[n]\n",
        "* x[n] * (d[n] * (x[n] @ w) <= 0)\n",
    ),
    (
        "the step is twice as long",
        "The slope of half the squared error has no factor 2; keep to the formula above.",
        "w += rate",
        "w += 2 * rate",
    ),
    (
        "all examples are judged with the weights at the start",
        "The weights move at once: the next example must meet the new ones.",
        "w = w.copy()",
        "before, w = w, w.copy()",
        "x[n] @ w",
        "x[n] @ before",
    ),
    ("the rate is ignored", "Multiply the step by rate.", "w += rate * ", "w += "),
    (
        "the weights move by the error alone",
        "Each weight moves by the error times its own input, x[n].",
        "errors[n] * x[n]",
        "errors[n]",
    ),
    (
        "the bias does not move",
        "x[n, 0] is 1, so w[0] moves by the same rule as all others.",
        "w += rate * errors[n] * x[n]",
        "w[1:] += rate * errors[n] * x[n][1:]",
    ),
    (
        "the errors are those after the correction",
        "errors[n] is what the example met when it was shown, before the weights moved.",
        "* x[n]\n",
        "* x[n]\n        errors[n] = d[n] - x[n] @ w\n",
    ),
    (
        "the errors are squared",
        "Return the errors themselves, with their signs.",
        "### END SOLUTION",
        "errors = errors**2\n    ### END SOLUTION",
    ),
    (
        "the errors have the opposite sign",
        "An error is desired minus sum, d - w·x.",
        "d[n] - x[n] @ w",
        "x[n] @ w - d[n]",
        "w += ",
        "w -= ",
    ),
    (
        "the last example is left out",
        "range(n) ends at n - 1: all N examples are range(len(x)).",
        "range(len(x))",
        "range(len(x) - 1)",
    ),
    (*IN_PLACE, "w = w.copy()", "w = w"),
)

DELTA_MISTAKES = mistakes_of(
    backprop.delta_rule,
    (
        "the slope of the output units is forgotten",
        "do/ds of a logistic unit is o (1 - o): multiply the error by it.",
        "(out - t) * out * (1 - out)",
        "out - t",
    ),
    (
        "the slope of the hidden units is forgotten",
        "Hidden units are logistic as well: multiply by hidden (1 - hidden).",
        "(delta2 @ w2) * hidden * (1 - hidden)",
        "delta2 @ w2",
    ),
    (
        "uphill instead of downhill",
        "The slope of ½ (t - o)² by o is o - t; you have the opposite sign.",
        "(out - t)",
        "(t - out)",
    ),
    (
        "a factor of 2",
        "E has a ½ in front: it cancels the 2 of the square.",
        "(out - t)",
        "2 * (out - t)",
    ),
    (
        "the slope of tanh",
        "1 - o² is the slope of tanh; that of the logistic function is o (1 - o).",
        "* out * (1 - out)",
        "* (1 - out**2)",
        "* hidden * (1 - hidden)",
        "* (1 - hidden**2)",
    ),
    (
        "the mean over the patterns",
        "E is the sum over the patterns: add up, don't divide by N.",
        "(out - t)",
        "(out - t) / len(x)",
    ),
    (
        "the hidden units get the raw error",
        "What goes back through w2 is delta2, the error times the slope of the output units.",
        "(delta2 @ w2)",
        "((out - t) @ w2)",
    ),
    (
        "the way back ignores the weights",
        "Each hidden unit gets delta2 times the weights that led from it: delta2 @ w2.",
        "(delta2 @ w2)",
        "delta2.sum(axis=1, keepdims=True)",
    ),
    (
        "the biases' gradients are means",
        "A bias adds to every pattern, so its gradient is the sum over the patterns.",
        ".sum(axis=0)",
        ".mean(axis=0)",
    ),
    (
        "the weights' gradients are transposed",
        "dw[j, i] belongs to the weight from i to j: rows are the units above, like w.",
        "delta2.T @ hidden",
        "hidden.T @ delta2",
        "delta1.T @ x",
        "x.T @ delta1",
    ),
    (
        "w2 is used the wrong way round",
        "delta2 is (N, C) and w2 is (C, H): delta2 @ w2, without a transpose.",
        "delta2 @ w2",
        "delta2 @ w2.T",
    ),
    (
        "the gradients are always float64",
        "Keep the dtype of the inputs.",
        "delta2 = (out - t)",
        "delta2 = (out - t).astype(np.float64)",
        "### BEGIN SOLUTION",
        "import numpy as np",
    ),
)

CD1_MISTAKES = mistakes_of(
    boltzmann.cd1_step,
    (
        "nothing is drawn",
        "The way down starts from units that are 0 or 1: 1 where uniform < h0.",
        "(uniform < h0).astype(v0.dtype)",
        "h0",
    ),
    (
        "the draw is the wrong way round",
        "A unit with probability 0.9 must be 1 in nine of ten draws: uniform < h0.",
        "uniform < h0",
        "uniform > h0",
    ),
    (
        "the draw is a threshold at one half",
        "Compare each probability with its own random number, not with 0.5.",
        "uniform < h0",
        "h0 > 0.5",
    ),
    (
        "away from the data",
        "Plus for the data, minus for the reconstruction: h0 v0 - h1 v1.",
        "+ rate",
        "- rate",
    ),
    (
        "the drawn units are compared, not the probabilities",
        "The draw is for the way down only; the comparison uses h0, the probabilities.",
        "h0.T @ v0",
        "drawn.T @ v0",
        "(h0 - h1)",
        "(drawn - h1)",
    ),
    (
        "the weights use the drawn units",
        "The draw is for the way down only; the comparison uses h0, the probabilities.",
        "h0.T @ v0",
        "drawn.T @ v0",
    ),
    (
        "the sum over the patterns",
        "Take the mean: divide by the number of patterns.",
        " / len(v0)",
        "",
        ".mean(axis=0)",
        ".sum(axis=0)",
    ),
    (
        "the weights move by the sum over the patterns",
        "Take the mean for the weights as well: divide by the number of patterns.",
        " / len(v0)",
        "",
    ),
    (
        "no visible bias on the way down",
        "v1 = sigmoid(b + wᵀ drawn): the visible units have a bias.",
        "drawn @ w + b",
        "drawn @ w",
    ),
    (
        "no hidden bias on the way up",
        "h = sigmoid(c + w v): the hidden units have a bias, both times.",
        "@ w.T + c",
        "@ w.T",
    ),
    (
        "the second way up starts from the data",
        "h1 belongs to the reconstruction: it goes up from v1.",
        "v1 @ w.T",
        "v0 @ w.T",
    ),
    (
        "the reconstruction's half uses the data",
        "The second product pairs h1 with v1, not with v0.",
        "h1.T @ v1",
        "h1.T @ v0",
    ),
    (
        "the reconstruction is rounded to 0 and 1",
        "v1 stays a probability; only the hidden units of the way down are drawn.",
        "v1 = sigmoid(drawn @ w + b)",
        "v1 = (sigmoid(drawn @ w + b) > 0.5).astype(v0.dtype)",
    ),
    (
        "the hidden units are drawn twice",
        "h1 stays a probability; only the hidden units of the way down are drawn.",
        "h1 = sigmoid(v1 @ w.T + c)",
        "h1 = (uniform < sigmoid(v1 @ w.T + c)).astype(v0.dtype)",
    ),
    ("the rate is ignored", "Multiply every step by rate.", "rate * ", ""),
    (
        "the biases stay as they were",
        "b and c learn as well, by the means of v0 - v1 and h0 - h1.",
        "b + rate * (v0 - v1).mean(axis=0)",
        "b",
        "c + rate * (h0 - h1).mean(axis=0)",
        "c",
    ),
    (
        "the results are always float64",
        "Keep the dtype of the patterns: the drawn units too.",
        ".astype(v0.dtype)",
        ".astype(np.float64)",
    ),
    (IN_PLACE[0], "Return new arrays: w = w + step, not w += step.", "w = w + ", "w += "),
)
