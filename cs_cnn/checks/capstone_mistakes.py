"""The known mistakes of notebook 11, one edit each."""

from cs_cnn.capstone import first_weights, loss, views
from cs_cnn.checks.mistakes import mistakes_of

WHITENING_MISTAKES = mistakes_of(
    first_weights.whitening_filters,
    (
        "the eigenvectors are read as rows",
        "np.linalg.eigh gives the eigenvectors as columns: transpose before you reshape.",
        "(vectors / np.sqrt(values + eps)).T[::-1]",
        "(vectors.T / np.sqrt(values + eps)).T[::-1]",
    ),
    (
        "the smallest eigenvalue comes first",
        "np.linalg.eigh sorts upwards; the largest eigenvalue comes first here: [::-1].",
        ".T[::-1]",
        ".T",
    ),
    (
        "divided by the eigenvalue",
        "An eigenvalue is a square: divide by its root.",
        "np.sqrt(values + eps)",
        "(values + eps)",
    ),
    (
        "eps is added to the root",
        "Add eps to the eigenvalue, then take the root.",
        "np.sqrt(values + eps)",
        "(np.sqrt(values) + eps)",
    ),
    (
        "eps is forgotten",
        "Add eps to each eigenvalue before the root is taken.",
        "np.sqrt(values + eps)",
        "np.sqrt(values)",
    ),
    (
        "all filters have length 1",
        "Divide each eigenvector by the root of its eigenvalue plus eps.",
        "(vectors / np.sqrt(values + eps)).T",
        "vectors.T",
    ),
    (
        "multiplied instead of divided",
        "Where the patches vary much, the filter must be small: divide.",
        "vectors / np.sqrt(values + eps)",
        "vectors * np.sqrt(values + eps)",
    ),
    (
        "the sum over the patches, not the mean",
        "Divide by the number of patches.",
        " / len(patches)",
        "",
    ),
    (
        "the mean is subtracted",
        "The images are standardised already: the mean of the patches stays.",
        "    values, vectors",
        "    patches = patches - patches.mean(axis=0)\n    values, vectors",
    ),
    (
        "patches that don't overlap",
        "Every patch counts, with stride 1.",
        "axis=(2, 3))",
        "axis=(2, 3))[:, :, ::K, ::K]",
    ),
    (
        "the second half is the first again",
        "The second half are the same filters times -1.",
        "[filters, -filters]",
        "[filters, filters]",
    ),
    (
        "rows and columns of the patches are swapped",
        "A patch's numbers are in the order channel, row, column, as in a filter (C, K, K).",
        "transpose(0, 2, 3, 1, 4, 5)",
        "transpose(0, 2, 3, 1, 5, 4)",
    ),
    (
        "the channels come last",
        "A patch's numbers are in the order channel, row, column, as in a filter (C, K, K).",
        "transpose(0, 2, 3, 1, 4, 5)",
        "transpose(0, 2, 3, 4, 5, 1)",
    ),
)

DIRAC_MISTAKES = mistakes_of(
    first_weights.dirac_init,
    (
        "the noise is still there",
        "Set the filter to 0 first: a filter that copies has a single 1.",
        "    w[same] = 0\n",
        "",
    ),
    (
        "the 1 is in the corner",
        "The middle of a K x K filter is at K // 2, K // 2.",
        "w.shape[2] // 2",
        "0",
    ),
    (
        "a 1 for every channel",
        "Filter i copies channel i only: index filter and channel with the same array.",
        "w[same, same, middle, middle]",
        "w[same, :, middle, middle]",
    ),
    (
        "the other filters are 0",
        "The filters without a channel of their own stay as they were.",
        "    w[same] = 0\n",
        "    w[:] = 0\n",
    ),
    (
        "the given array is changed",
        "Work on the copy that is given.",
        "w = w.copy()",
        "w = w",
    ),
)

SMOOTHING_MISTAKES = mistakes_of(
    loss.label_smoothing_loss,
    (
        "the right class gets only 1 - smoothing",
        "Every class gets smoothing / C, the right one too: it ends with 1 - smoothing + that.",
        "smoothing / C + (1 - smoothing) * (y[:, None] == classes)",
        "np.where(y[:, None] == classes, 1 - smoothing, smoothing / C)",
    ),
    (
        "shared among the wrong classes only",
        "smoothing is shared by all C classes, not by the C - 1 wrong ones.",
        "smoothing / C + (1 - smoothing) * (y[:, None] == classes)",
        "np.where(y[:, None] == classes, 1 - smoothing, smoothing / (C - 1))",
    ),
    (
        "no smoothing",
        "The targets are softer: 1 - smoothing for the right class, the rest for all alike.",
        "smoothing / C + (1 - smoothing) * (y[:, None] == classes)",
        "1.0 * (y[:, None] == classes)",
    ),
    (
        "every class gets all of smoothing",
        "smoothing is shared: each class gets smoothing / C.",
        "smoothing / C +",
        "smoothing +",
    ),
    (
        "smoothing and the rest are swapped",
        "The right class gets 1 - smoothing more; smoothing is what all share.",
        "smoothing / C + (1 - smoothing) *",
        "(1 - smoothing) / C + smoothing *",
    ),
    (
        "the exponentials overflow",
        "exp(1000) is infinite. Subtract each row's maximum first: p stays the same.",
        "scores - scores.max(axis=1, keepdims=True)",
        "scores",
    ),
    (
        "the log of the probability, taken late",
        "A probability may round to 0, whose logarithm is infinite: subtract the log of the sum.",
        "    log_prob = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
        "    log_prob = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)\n"
        "    log_prob = np.log(log_prob)",
    ),
    (
        "the loss is a sum over the images",
        "The loss is the mean over the images: divide by N.",
        ".sum() / N",
        ".sum()",
    ),
    (
        "the gradient is of a sum",
        "The loss is a mean, so its gradient is divided by N too.",
        "(np.exp(log_prob) - targets) / N",
        "np.exp(log_prob) - targets",
    ),
    (
        "the gradient points the wrong way",
        "The gradient is p - t: a score that is too low has a negative one.",
        "(np.exp(log_prob) - targets)",
        "(targets - np.exp(log_prob))",
    ),
    (
        "the gradient knows nothing of the smoothing",
        "The gradient is p minus the same targets as in the loss.",
        "(np.exp(log_prob) - targets)",
        "(np.exp(log_prob) - (y[:, None] == classes))",
    ),
    (
        "the mean over everything",
        "Sum over the classes, and take the mean over the images only.",
        "-(targets * log_prob).sum() / N",
        "-(targets * log_prob).mean()",
    ),
)

VIEWS_MISTAKES = mistakes_of(
    views.views,
    (
        "filled with zeros",
        'What is missing is filled by reflection: np.pad with mode="reflect".',
        'mode="reflect"',
        'mode="constant"',
    ),
    (
        "the edge is repeated",
        'mode="reflect" doesn\'t repeat the edge; mode="symmetric" does.',
        'mode="reflect"',
        'mode="symmetric"',
    ),
    (
        "down-right comes before up-left",
        "Content moves up-left if you cut further down and right: that view comes first.",
        "(shift, 2 * shift, 0)",
        "(shift, 0, 2 * shift)",
    ),
    (
        "upside down",
        "The mirror turns left and right around: the last axis.",
        "view[..., ::-1]",
        "view[:, :, ::-1]",
    ),
    (
        "each view is followed by its mirror",
        "First the three views, then their three mirrors.",
        "np.stack([*moved, *(view[..., ::-1] for view in moved)])",
        "np.stack([seen for view in moved for seen in (view, view[..., ::-1])])",
    ),
    (
        "always one pixel",
        "The images move by `shift` pixels.",
        "    border =",
        "    shift = 1\n    border =",
    ),
    (
        "mirrored before it is moved",
        "Mirror the three views as they are: their content has moved before.",
        "*(view[..., ::-1] for view in moved)",
        "*(padded[..., ::-1][:, :, k : k + H, k : k + W] for k in (shift, 2 * shift, 0))",
    ),
)
