"""The known mistakes of batch norm's forward and of its fusion, one edit of the reference each."""

from cs_cnn import normalization
from cs_cnn.checks.mistakes import mistakes_of

FORWARD_MISTAKES = mistakes_of(
    normalization.batch_norm_forward,
    (
        "eps stands outside the root",
        "std is sqrt(var + eps): add eps to the variance first, then take the root.",
        "np.sqrt(var.reshape(shape) + eps)",
        "np.sqrt(var.reshape(shape)) + eps",
    ),
    (
        "eps is 1e-5, whatever it is given as",
        "eps is an argument: use it, not a number of your own.",
        "np.sqrt(var.reshape(shape) + eps)",
        "np.sqrt(var.reshape(shape) + 1e-5)",
    ),
    (
        "momentum is 0.1, whatever it is given as",
        "momentum is an argument: use it, not a number of your own.",
        "(1 - momentum)",
        "0.9",
        "+ momentum *",
        "+ 0.1 *",
    ),
    (
        "divided by the variance instead of its root",
        "The standard deviation is the root of the variance: np.sqrt(var + eps).",
        "np.sqrt(var.reshape(shape) + eps)",
        "(var.reshape(shape) + eps)",
    ),
    (
        "not divided by the standard deviation",
        "Subtract the mean, then divide by std.",
        "(centred / std)",
        "centred",
    ),
    (
        "normalized with the unbiased variance",
        "To normalize, divide the sum of squares by M. M - 1 is for the running average only.",
        "x.var(axis=axes)",
        "x.var(axis=axes, ddof=1)",
    ),
    (
        "the running average takes the biased variance",
        "The running average takes the unbiased variance: x.var with ddof=1 divides by M - 1.",
        "x.var(axis=axes, ddof=1)",
        "var",
    ),
    (
        "the running average takes the standard deviation",
        "running_var is an average of variances: no root.",
        "x.var(axis=axes, ddof=1)",
        "x.std(axis=axes, ddof=1)",
    ),
    (
        "momentum works the other way round",
        "As in PyTorch, momentum is the share of the new batch: (1 - momentum) * old + momentum * "
        "batch. (Other libraries, and CS231n, have it the other way round.)",
        "(1 - momentum) *",
        "momentum *",
        "+ momentum *",
        "+ (1 - momentum) *",
    ),
    (
        "the running averages are never updated",
        "In training the running averages move towards the batch's mean and variance.",
        "running_mean = (1 - momentum) * running_mean + momentum * mean",
        "pass",
        "running_var = (1 - momentum) * running_var + momentum * x.var(axis=axes, ddof=1)",
        "pass",
    ),
    (
        "the running averages are the last batch's",
        "Keep 1 - momentum of the old average.",
        "(1 - momentum) * running_mean + momentum * mean",
        "mean",
        "(1 - momentum) * running_var + momentum * x.var(axis=axes, ddof=1)",
        "x.var(axis=axes, ddof=1)",
    ),
    (
        "training uses the running averages",
        "In training, normalize with the batch's own mean and variance.",
        "    else:\n        mean, var = running_mean, running_var",
        "    mean, var = running_mean, running_var",
    ),
    (
        "evaluation uses the batch's mean and variance",
        "With training=False the mean and the variance are the running ones, and they stay as they "
        "are. The batch has no say.",
        "mean, var = running_mean, running_var",
        "mean, var = x.mean(axis=axes), x.var(axis=axes)",
    ),
    (
        "there is no evaluation: every call trains",
        "With training=False the mean and the variance are the running ones, and they stay as they "
        "are. This is a very common source of bugs.",
        "if training:",
        "if True:",
    ),
    (
        "evaluation updates the running averages",
        "With training=False the running averages stay as they are.",
        "        mean, var = running_mean, running_var",
        "        mean, var = running_mean, running_var\n"
        "        running_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=axes)\n"
        "        running_var = (1 - momentum) * running_var + momentum * x.var(axis=axes, ddof=1)",
    ),
    (
        "gamma and beta are left out",
        "At the end multiply by gamma and add beta.",
        "gamma.reshape(shape) * (centred / std) + beta.reshape(shape)",
        "centred / std",
    ),
    (
        "gamma and beta are swapped",
        "gamma multiplies, beta is added.",
        "gamma.reshape(shape) * (centred / std) + beta.reshape(shape)",
        "beta.reshape(shape) * (centred / std) + gamma.reshape(shape)",
    ),
    (
        "beta is multiplied by gamma",
        "gamma * x_hat + beta: beta is added last.",
        "(centred / std) + beta.reshape(shape)",
        "(centred / std + beta.reshape(shape))",
    ),
    (
        "one mean and variance for all channels",
        "Each channel has a mean and a variance of its own: sum over axes, not over everything.",
        "mean, var = x.mean(axis=axes), x.var(axis=axes)",
        "mean, var = np.full_like(beta, x.mean()), np.full_like(beta, x.var())",
        "x.var(axis=axes, ddof=1)",
        "np.full_like(beta, x.var(ddof=1))",
    ),
    (
        "every example is normalized by itself",
        "That is layer norm. Batch norm takes the mean over the batch, channel by channel.",
        "    out = ",
        "    if training:\n"
        "        own = tuple(range(1, x.ndim))\n"
        "        centred = x - x.mean(axis=own, keepdims=True)\n"
        "        std = np.sqrt(x.var(axis=own, keepdims=True) + eps)\n"
        "    out = ",
    ),
    (
        "every image has a mean and a variance of its own",
        "That is instance norm. Batch norm takes the mean over N, H and W together.",
        "    out = ",
        "    if training and x.ndim == 4:\n"
        "        centred = x - x.mean(axis=(2, 3), keepdims=True)\n"
        "        std = np.sqrt(x.var(axis=(2, 3), keepdims=True) + eps)\n"
        "    out = ",
    ),
    (
        "the variance is mean(x²) - mean(x)²",
        "Where x is far away from 0 this subtracts two large numbers that are nearly equal, and "
        "little is left but rounding. Subtract the mean first, then square.",
        "x.var(axis=axes)",
        "(x**2).mean(axis=axes) - x.mean(axis=axes) ** 2",
    ),
    (
        "an argument is changed in place",
        "Arguments belong to the caller: write x - mean, not x -= mean, and return new running "
        "averages. (PyTorch does change its running averages in place.)",
        "running_mean = (1",
        "running_mean[:] = (1",
        "running_var = (1",
        "running_var[:] = (1",
    ),
    (
        "the output is always float64",
        "Keep the input's dtype.",
        "beta.reshape(shape)\n",
        "beta.reshape(shape).astype(np.float64)\n",
    ),
)

FUSE_MISTAKES = mistakes_of(
    normalization.fuse_batch_norm,
    (
        "eps stands outside the root",
        "The scale is gamma / sqrt(running_var + eps).",
        "np.sqrt(running_var + eps)",
        "(np.sqrt(running_var) + eps)",
    ),
    (
        "eps is forgotten",
        "The scale is gamma / sqrt(running_var + eps).",
        "running_var + eps",
        "running_var",
    ),
    (
        "divided by the variance instead of its root",
        "The scale is gamma / sqrt(running_var + eps).",
        "np.sqrt(running_var + eps)",
        "(running_var + eps)",
    ),
    (
        "the convolution's bias is lost",
        "The bias goes through batch norm as well: scale * (b - running_mean) + beta.",
        "(0 if b is None else b) - running_mean",
        "-running_mean",
    ),
    (
        "the convolution's bias is not scaled",
        "Batch norm scales the bias like all that the convolution gives: scale * b.",
        "scale * ((0 if b is None else b) - running_mean)",
        "(0 if b is None else b) - scale * running_mean",
    ),
    (
        "the running mean is not scaled",
        "The mean is subtracted before the scaling: scale * (b - running_mean).",
        "scale * ((0 if b is None else b) - running_mean)",
        "scale * (0 if b is None else b) - running_mean",
    ),
    (
        "the running mean is forgotten",
        "Batch norm subtracts running_mean before it scales.",
        "(0 if b is None else b) - running_mean",
        "(0 if b is None else b)",
    ),
    (
        "beta is forgotten",
        "Batch norm adds beta at the end.",
        "beta + scale",
        "scale",
    ),
    (
        "beta is scaled",
        "beta is added after the scaling.",
        "beta + scale * ((",
        "scale * (beta + (",
    ),
    (
        "an argument is changed in place",
        "Arguments belong to the caller: write w * scale, not w *= scale.",
        "    fused_w = w * scale[:, None, None, None]",
        "    w *= scale[:, None, None, None]\n    fused_w = w",
    ),
)
