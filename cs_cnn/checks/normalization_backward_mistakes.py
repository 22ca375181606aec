"""The known mistakes of batch norm's two backwards, one edit of the reference each."""

from cs_cnn import normalization
from cs_cnn.checks.mistakes import mistakes_of

GRAPH_MISTAKES = mistakes_of(
    normalization.batch_norm_backward_graph,
    (
        "mean and std are taken for constants",
        "In training every x moves the mean and the std as well: go through dstd, dvar and dmean.",
        "if training:",
        "if False:",
    ),
    (
        "evaluation goes through the batch's mean and variance",
        "With training=False mean and std don't depend on x: dx is dx_hat / std.",
        "if training:",
        "if True:",
    ),
    (
        "the path through the variance is missing",
        "x reaches the output through std, too: var = sum(centred²) / M gives 2 centred dvar / M.",
        "dcentred + 2 * centred * dvar / M",
        "dcentred",
    ),
    (
        "the path through the mean is missing",
        "Each x moves the mean by 1/M, and the mean moves every centred: add dmean / M.",
        "dcentred + dmean / M",
        "dcentred",
    ),
    (
        "the direct path is overwritten by the one through the variance",
        "Two paths meet in centred: add 2 centred dvar / M to what is there.",
        "dcentred + 2 * centred * dvar / M",
        "2 * centred * dvar / M",
    ),
    (
        "dmean has the wrong sign",
        "centred = x - mean: dmean is minus the sum of dcentred.",
        "dmean = -dcentred",
        "dmean = dcentred",
    ),
    (
        "dstd has the wrong sign",
        "The slope of 1/std is -1/std²: dstd is minus the sum.",
        "dstd = -(dx_hat",
        "dstd = (dx_hat",
    ),
    (
        "dstd is divided by std once",
        "x_hat = centred / std: the slope by std is -centred / std².",
        "/ std**2",
        "/ std",
    ),
    (
        "the slope of the root is missing",
        "std = sqrt(var + eps): dvar = dstd / (2 std).",
        "dstd / (2 * std)",
        "dstd",
    ),
    (
        "the 2 of the square is missing",
        "The slope of centred² is 2 centred.",
        "2 * centred * dvar / M",
        "centred * dvar / M",
    ),
    (
        "the mean of squares is taken for a sum",
        "var is a mean: each number has the share 1/M.",
        "centred * dvar / M",
        "centred * dvar",
    ),
    (
        "the mean is taken for a sum",
        "mean is a mean: each number has the share 1/M.",
        "dmean / M",
        "dmean",
    ),
    (
        "M is the number of images",
        "M is how many numbers share a mean: N for rows, N * H * W for images.",
        "centred.size // gamma.size",
        "len(centred)",
    ),
    (
        "M - 1 instead of M",
        "The variance that normalizes is biased: its sum is divided by M.",
        "2 * centred * dvar / M",
        "2 * centred * dvar / (M - 1)",
    ),
    (
        "gamma is forgotten on the way to x",
        "out = gamma x_hat + beta: dx_hat is dout * gamma.",
        "dx_hat = dout * gamma.reshape(shape)",
        "dx_hat = dout",
    ),
    (
        "dgamma is taken with centred instead of x_hat",
        "gamma multiplies x_hat, which is centred / std.",
        "dgamma = (dout * x_hat)",
        "dgamma = (dout * centred)",
    ),
    (
        "dgamma and dbeta are swapped",
        "beta is added, so dbeta is the sum of dout; gamma multiplies x_hat.",
        "return dx, dgamma, dbeta",
        "return dx, dbeta, dgamma",
    ),
    (
        "dgamma and dbeta are means",
        "The loss already contains its mean: gradients are sums.",
        "return dx, dgamma, dbeta",
        "return dx, dgamma / M, dbeta / M",
    ),
    (
        "dout is changed in place",
        "dout belongs to the caller: write dout * gamma, not dout *= gamma.",
        "    dx_hat = dout * gamma.reshape(shape)",
        "    dout *= gamma.reshape(shape)\n    dx_hat = dout",
    ),
    (
        "the gradients are always float64",
        "Keep the input's dtype.",
        "return dx,",
        "return dx.astype(np.float64),",
    ),
)

BACKWARD_MISTAKES = mistakes_of(
    normalization.batch_norm_backward,
    (
        "mean and std are taken for constants",
        "In training two more terms: dbeta and x_hat dgamma are subtracted.",
        "if training:",
        "if False:",
    ),
    (
        "evaluation goes through the batch's mean and variance",
        "With training=False mean and std don't depend on x: dx is gamma / std * dout.",
        "if training:",
        "if True:",
    ),
    (
        "the term with dgamma is missing",
        "x reaches the output through std, too: subtract x_hat * dgamma / M.",
        "(dbeta.reshape(shape) + x_hat * dgamma.reshape(shape)) / M",
        "dbeta.reshape(shape) / M",
    ),
    (
        "the term with dbeta is missing",
        "x reaches the output through the mean, too: subtract dbeta / M.",
        "(dbeta.reshape(shape) + x_hat * dgamma.reshape(shape)) / M",
        "x_hat * dgamma.reshape(shape) / M",
    ),
    (
        "the terms are added, not subtracted",
        "Both terms take something away: M dout - dbeta - x_hat dgamma.",
        "dout - (dbeta",
        "dout + (dbeta",
    ),
    (
        "dgamma and dbeta have each other's place",
        "x_hat goes with dgamma; dbeta stands alone.",
        "dbeta.reshape(shape) + x_hat * dgamma.reshape(shape)",
        "dgamma.reshape(shape) + x_hat * dbeta.reshape(shape)",
    ),
    (
        "centred instead of x_hat in the last term",
        "The last term is x_hat * dgamma, with x_hat = centred / std.",
        "x_hat * dgamma.reshape(shape)",
        "centred * dgamma.reshape(shape)",
    ),
    (
        "the sums are not divided by M",
        "The formula has M dout, or dbeta / M and dgamma / M: one of the two.",
        "dgamma.reshape(shape)) / M",
        "dgamma.reshape(shape))",
    ),
    (
        "the 1/M in front is missing",
        "The bracket with M dout is divided by M std.",
        "dout - (dbeta.reshape(shape) + x_hat * dgamma.reshape(shape)) / M",
        "M * dout - dbeta.reshape(shape) - x_hat * dgamma.reshape(shape)",
    ),
    (
        "M is the number of images",
        "M is how many numbers share a mean: N for rows, N * H * W for images.",
        "centred.size // gamma.size",
        "len(centred)",
    ),
    (
        "M - 1 instead of M",
        "The variance that normalizes is biased: its sum is divided by M.",
        "/ M\n",
        "/ (M - 1)\n",
    ),
    (
        "gamma is forgotten on the way to x",
        "dx has the factor gamma / std.",
        "dx = gamma.reshape(shape) / std * dx",
        "dx = dx / std",
    ),
    (
        "the division by std is forgotten",
        "dx has the factor gamma / std.",
        "dx = gamma.reshape(shape) / std * dx",
        "dx = gamma.reshape(shape) * dx",
    ),
    (
        "dgamma is taken with centred instead of x_hat",
        "gamma multiplies x_hat, which is centred / std.",
        "(dout * x_hat).sum",
        "(dout * centred).sum",
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
