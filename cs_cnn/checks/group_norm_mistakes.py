"""The known mistakes of `group_norm_forward` and `_backward`, one edit of the reference each."""

from cs_cnn import normalization
from cs_cnn.checks.mistakes import mistakes_of

FORWARD_MISTAKES = mistakes_of(
    normalization.group_norm_forward,
    (
        "num_groups is taken for the size of a group",
        "num_groups is how many groups there are; each has C / num_groups channels.",
        "len(x), num_groups, -1",
        "len(x), x.shape[1] // num_groups, -1",
    ),
    (
        "the channels are dealt to the groups in turn",
        "Groups are blocks of neighbouring channels: the first C / num_groups are group 0.",
        "    grouped = x.reshape(len(x), num_groups, -1)\n",
        "    dealt = np.arange(x.shape[1]).reshape(-1, num_groups).T.ravel()\n"
        "    grouped = x[:, dealt].reshape(len(x), num_groups, -1)\n",
        ".reshape(x.shape)\n",
        ".reshape(x.shape)[:, np.argsort(dealt)]\n",
    ),
    (
        "the batch shares its mean and variance",
        "No number of one image may reach another: every image and group has its own mean.",
        "axis=2",
        "axis=(0, 2)",
    ),
    (
        "all groups of an image share a mean and variance",
        "Every group has its own: reshape to (N, num_groups, -1) and take the mean over axis 2.",
        "axis=2",
        "axis=(1, 2)",
    ),
    (
        "every channel has a mean and variance of its own",
        "That is instance norm. Here the channels of a group share them.",
        "len(x), num_groups, -1",
        "len(x), x.shape[1], -1",
    ),
    (
        "eps stands outside the root",
        "std is sqrt(var + eps).",
        "np.sqrt(grouped.var(axis=2, keepdims=True) + eps)",
        "np.sqrt(grouped.var(axis=2, keepdims=True)) + eps",
    ),
    (
        "the variance is unbiased",
        "Divide the sum of squares by the number of terms: no ddof.",
        "grouped.var(axis=2, keepdims=True)",
        "grouped.var(axis=2, keepdims=True, ddof=1)",
    ),
    (
        "the variance is mean(x²) - mean(x)²",
        "Where x is far away from 0 little is left of that but rounding: subtract the mean first.",
        "grouped.var(axis=2, keepdims=True)",
        "(grouped**2).mean(axis=2, keepdims=True) - grouped.mean(axis=2, keepdims=True) ** 2",
    ),
    (
        "gamma and beta are left out",
        "At the end multiply by gamma and add beta, one number per channel.",
        "gamma.reshape(shape) * x_hat + beta.reshape(shape)",
        "x_hat",
    ),
    (
        "one gamma and beta per group",
        "gamma and beta have a number for every channel, not one for every group.",
        "gamma.reshape(shape) * x_hat + beta.reshape(shape)",
        "np.repeat(gamma[:num_groups], len(gamma) // num_groups).reshape(shape) * x_hat + "
        "np.repeat(beta[:num_groups], len(beta) // num_groups).reshape(shape)",
    ),
    (
        "the output is always float64",
        "Keep the input's dtype.",
        "beta.reshape(shape)\n",
        "beta.reshape(shape).astype(np.float64)\n",
    ),
)

BACKWARD_MISTAKES = mistakes_of(
    normalization.group_norm_backward,
    (
        "mean and std are taken for constants",
        "Every x moves the mean and the std of its group: two terms are subtracted.",
        "dx_hat - dx_hat.mean(axis=2, keepdims=True) - rows * along",
        "dx_hat",
    ),
    (
        "the term of the mean is missing",
        "Subtract the mean of dx_hat over the group.",
        "dx_hat - dx_hat.mean(axis=2, keepdims=True) - rows * along",
        "dx_hat - rows * along",
    ),
    (
        "the term of the variance is missing",
        "Subtract x_hat times the mean of dx_hat * x_hat over the group.",
        " - rows * along",
        "",
    ),
    (
        "gamma is multiplied after the means",
        "The channels of a group differ in gamma: multiply by gamma first, then take the means.",
        "dx_hat = (dout * gamma.reshape(shape))",
        "dx_hat = dout",
        "dx = dx.reshape(dout.shape)",
        "dx = dx.reshape(dout.shape) * gamma.reshape(shape)",
    ),
    (
        "gamma is forgotten on the way to x",
        "out = gamma x_hat + beta: dx_hat is dout * gamma.",
        "dx_hat = (dout * gamma.reshape(shape))",
        "dx_hat = dout",
    ),
    (
        "sums instead of means over the group",
        "The mean and the variance of a group are means: each number has the share 1/M.",
        ".mean(",
        ".sum(",
    ),
    (
        "the means run over the batch",
        "Every image and group has a mean and a std of its own: means over axis 2 alone.",
        "axis=2",
        "axis=(0, 2)",
    ),
    (
        "the division by std is forgotten",
        "x_hat = centred / std: dx has the factor 1 / std.",
        "rows * along) / std",
        "rows * along)",
    ),
    (
        "dgamma and dbeta are swapped",
        "beta is added, so dbeta is the sum of dout; gamma multiplies x_hat.",
        "return dx, dgamma, dbeta",
        "return dx, dbeta, dgamma",
    ),
    (
        "the gradients are always float64",
        "Keep the input's dtype.",
        "return dx,",
        "return dx.astype(np.float64),",
    ),
)
