"""The known mistakes of `momentum` and `adam`, one edit of the reference each."""

from cs_cnn import optim
from cs_cnn.checks.mistakes import mistakes_of

MOMENTUM_MISTAKES = mistakes_of(
    optim.momentum,
    (
        "the velocity is forgotten",
        "Keep a part of the old velocity: momentum times velocity, plus the gradient.",
        "velocity = momentum * velocity + dw",
        "velocity = dw",
    ),
    (
        "there is no friction",
        "Multiply the old velocity by momentum, else the ball never comes to rest.",
        "momentum * velocity + dw",
        "velocity + dw",
    ),
    (
        "the velocity is an average",
        "Here the gradient counts in full: momentum times velocity plus dw, without 1 - momentum.",
        "momentum * velocity + dw",
        "momentum * velocity + (1 - momentum) * dw",
    ),
    (
        "the learning rate is inside the velocity",
        "The velocity sums plain gradients; lr belongs to the step of w, so that you can change it "
        "on the way.",
        "momentum * velocity + dw",
        "momentum * velocity + lr * dw",
        "w - lr * velocity",
        "w - velocity",
    ),
    (
        "the weights move by the gradient, not by the velocity",
        "Subtract lr times the new velocity.",
        "w - lr * velocity",
        "w - lr * dw",
    ),
    (
        "the weights move by the old velocity",
        "Update the velocity first, then move by the new one.",
        "    velocity = momentum * velocity + dw\n    w = w - lr * velocity\n",
        "    w = w - lr * velocity\n    velocity = momentum * velocity + dw\n",
    ),
    (
        "uphill",
        "The gradient points uphill: subtract.",
        "w - lr * velocity",
        "w + lr * velocity",
    ),
    (
        "Nesterov's look ahead",
        "That is Nesterov's variant, which adds the gradient a second time. Plain momentum moves "
        "by the velocity alone.",
        "w - lr * velocity",
        "w - lr * (dw + momentum * velocity)",
    ),
    (
        "an argument is changed in place",
        "w and the old velocity belong to the caller: make new arrays, velocity = ..., and no "
        "velocity *= ...",
        "velocity = momentum * velocity + dw",
        "velocity *= momentum\n    velocity += dw",
    ),
)

ADAM_MISTAKES = mistakes_of(
    optim.adam,
    (
        "no correction for the zeros at the start",
        "Divide m by 1 - beta1 ** t and v by 1 - beta2 ** t before you use them.",
        "m / (1 - beta1**t), v / (1 - beta2**t)",
        "m, v",
    ),
    (
        "the corrected averages are remembered",
        "Correct for this step only: what is remembered is m and v as they are.",
        "    w = w - lr * m_hat",
        "    m, v = m_hat, v_hat\n    w = w - lr * m_hat",
    ),
    (
        "the correction doesn't fade",
        "Raise beta to the power of t: beta ** t. After many steps nothing is left to correct.",
        "beta1**t",
        "beta1",
        "beta2**t",
        "beta2",
    ),
    (
        "the count of steps lags by one",
        "t is already the number of this step, 1 for the first; use it as it is.",
        "beta1**t",
        "beta1 ** max(t - 1, 1)",
        "beta2**t",
        "beta2 ** max(t - 1, 1)",
    ),
    (
        "the count of steps is one ahead",
        "t is already the number of this step, 1 for the first; use it as it is.",
        "beta1**t",
        "beta1 ** (t + 1)",
        "beta2**t",
        "beta2 ** (t + 1)",
    ),
    (
        "the betas are swapped",
        "beta1 belongs to m, the mean of the gradient; beta2 to v, the mean of its square.",
        "beta1, beta2 = betas",
        "beta2, beta1 = betas",
    ),
    (
        "one beta for both averages",
        "v forgets with beta2.",
        "beta2 * v + (1 - beta2) * dw**2",
        "beta1 * v + (1 - beta1) * dw**2",
    ),
    (
        "the gradient is not weighted by 1 - beta",
        "Averages: what stays and what comes add up to 1, beta and 1 - beta.",
        "beta1 * m + (1 - beta1) * dw",
        "beta1 * m + dw",
        "beta2 * v + (1 - beta2) * dw**2",
        "beta2 * v + dw**2",
    ),
    (
        "the square is missing in v",
        "v is the running average of dw squared.",
        "(1 - beta2) * dw**2",
        "(1 - beta2) * abs(dw)",
    ),
    (
        "eps is inside the root",
        "Take the root of v_hat first, then add eps.",
        "np.sqrt(v_hat) + eps",
        "np.sqrt(v_hat + eps)",
    ),
    (
        "eps is left out",
        "Add eps to the root: where a gradient is always 0 you would divide by 0.",
        "np.sqrt(v_hat) + eps",
        "np.sqrt(v_hat)",
    ),
    (
        "eps is added before the correction",
        "Correct v first: the denominator is sqrt(v_hat) + eps.",
        "(np.sqrt(v_hat) + eps)",
        "((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))",
    ),
    (
        "the root is missing",
        "Divide by the square root of v_hat: then the step has a size that doesn't depend on the "
        "scale of the loss.",
        "np.sqrt(v_hat)",
        "v_hat",
    ),
    (
        "the gradient in place of its mean",
        "That is RMSProp with a correction: Adam moves by m_hat.",
        "lr * m_hat",
        "lr * dw",
    ),
    (
        "uphill",
        "The gradient points uphill: subtract.",
        "w - lr",
        "w + lr",
    ),
    (
        "an argument is changed in place",
        "w and the old state belong to the caller: make new arrays, m = ..., not m *= ...",
        "m = beta1 * m + (1 - beta1) * dw",
        "m *= beta1\n    m += (1 - beta1) * dw",
    ),
)
