"""The known mistakes in how the weights move, of notebook 11, one edit each."""

from cs_cnn.capstone import steps
from cs_cnn.checks.mistakes import mistakes_of

TRIANGLE_MISTAKES = mistakes_of(
    steps.triangle,
    (
        "the way up begins at 0",
        "At step 0 the factor is `start`.",
        "[start, 1, end]",
        "[0, 1, end]",
    ),
    ("the way down ends at 0", "At the last step the factor is `end`.", "1, end]", "1, 0]"),
    (
        "the peak is half way",
        "The factor is 1 after the share `peak` of all steps.",
        "peak * steps",
        "0.5 * steps",
    ),
    (
        "it never comes down",
        "From the peak on a second straight line leads down to `end`.",
        "[start, 1, end]",
        "[start, 1, 1]",
    ),
    (
        "the steps are counted from 1",
        "Step 0 is the first: take `step` as it is.",
        "np.interp(step,",
        "np.interp(step + 1,",
    ),
)

NESTEROV_MISTAKES = mistakes_of(
    steps.nesterov,
    (
        "the plain momentum",
        "Look ahead: the step is dw + momentum * velocity, with the velocity that is new.",
        "lr * (dw + momentum * velocity)",
        "lr * velocity",
    ),
    (
        "the velocity is not slowed down",
        "The old velocity counts `momentum` times.",
        "velocity = momentum * velocity + dw",
        "velocity = velocity + dw",
    ),
    (
        "the step adds the whole velocity",
        "The step is dw + momentum * velocity.",
        "(dw + momentum * velocity)",
        "(dw + velocity)",
    ),
    (
        "the decay enters the velocity",
        "Decoupled: the decay shrinks w, and the velocity never sees it.",
        "    velocity = momentum",
        "    dw = dw + weight_decay * w\n    velocity = momentum",
        " - lr * weight_decay * w\n",
        "\n",
    ),
    (
        "the decay forgets the learning rate",
        "w shrinks by lr * weight_decay of itself.",
        "- lr * weight_decay * w",
        "- weight_decay * w",
    ),
    ("uphill", "A step goes against the gradient: subtract.", "w - lr * (dw", "w + lr * (dw"),
    (
        "no decay",
        "Subtract lr * weight_decay * w as well.",
        " - lr * weight_decay * w",
        "",
    ),
)

ORTHOGONAL_MISTAKES = mistakes_of(
    steps.orthogonalise,
    (
        "g is not divided by its length",
        "Begin with g / |g|: otherwise large singular values explode.",
        "g / (np.sqrt(np.sum(g**2)) + 1e-7)",
        "g",
    ),
    (
        "divided by the square of the length",
        "|g| is the root of the sum of all squares.",
        "np.sqrt(np.sum(g**2))",
        "np.sum(g**2)",
    ),
    (
        "every row has length 1",
        "One number for the whole matrix: the root of the sum of all squares.",
        "np.sum(g**2)",
        "np.sum(g**2, axis=1, keepdims=True)",
    ),
    (
        "the fifth power is missing",
        "The new X is a X + (b A + c A A) X.",
        "(b * A + c * A @ A)",
        "(b * A)",
    ),
    (
        "A times A number by number",
        "A A is a matrix product: A @ A.",
        "c * A @ A",
        "c * A * A",
    ),
    (
        "b and c are swapped",
        "b belongs to A and c to A A.",
        "(b * A + c * A @ A)",
        "(c * A + b * A @ A)",
    ),
    (
        "the first term is forgotten",
        "a X is a part of the sum.",
        "X = a * X + (b",
        "X = (b",
    ),
    (
        "the first term without a",
        "a X is a part of the sum, not X.",
        "X = a * X + (b",
        "X = X + (b",
    ),
    (
        "one step only",
        "Repeat it `steps` times, with a new A each time.",
        "range(steps)",
        "range(1)",
    ),
    (
        "A is made once",
        "A changes with X: work it out anew in each step.",
        "    for _ in range(steps):\n        A = X @ X.T\n",
        "    A = X @ X.T\n    for _ in range(steps):\n",
    ),
    (
        "not transposed back",
        "A tall g is transposed before and after the steps.",
        "    X = X.T if tall else X\n    ### END",
        "    ### END",
    ),
    (
        "float32 becomes float64",
        "The result has g's dtype: keep the given last line.",
        "X.astype(g.dtype)",
        "X.astype(float)",
    ),
)
