"""The known mistakes of the features, one edit of the reference each."""

from cs_cnn import features
from cs_cnn.checks.mistakes import mistakes_of

COLOUR_MISTAKES = mistakes_of(
    features.colour_histogram,
    (
        "pixels are counted, not their share",
        "Divide by the number of pixels, H times W: every row sums to 1.",
        " / buckets[n].size",
        "",
    ),
    (
        "the shares are divided by all numbers of the image",
        "A pixel counts once, though it has three colours: divide by H times W.",
        " / buckets[n].size",
        " / x[n].size",
    ),
    (
        "the value 1 has no bucket",
        "1 times bins is one bucket too many: np.minimum(..., bins - 1).",
        "np.minimum((x * bins).astype(int), bins - 1)",
        "(x * bins).astype(int)",
        "    for n in range(N):\n",
        "    for n in range(N):\n        buckets[n][parts[n].max(axis=0) == bins] = bins**3 - 1\n",
    ),
    (
        "the buckets are cut at bins - 1",
        "[0, 1] is cut into bins equal parts: multiply by bins.",
        "x * bins)",
        "x * (bins - 1))",
    ),
    (
        "the parts are rounded instead of cut off",
        "Part k begins at k / bins: round down, as .astype(int) does.",
        "(x * bins).astype(int)",
        "np.rint(x * bins).astype(int)",
    ),
    (
        "red and blue are swapped",
        "Channel 0 is red, and red counts most in the number of a bucket.",
        "(parts[:, 0] * bins + parts[:, 1]) * bins + parts[:, 2]",
        "(parts[:, 2] * bins + parts[:, 1]) * bins + parts[:, 0]",
    ),
    (
        "the three colours are counted apart",
        "A bucket is a combination of the three: (r bins + g) bins + b.",
        "(parts[:, 0] * bins + parts[:, 1]) * bins + parts[:, 2]",
        "parts + (np.arange(3) * bins)[:, None, None]",
    ),
    (
        "every image is the first one",
        "Row n belongs to image n.",
        "bincount(buckets[n]",
        "bincount(buckets[0]",
    ),
    (
        "the counts are of all images together",
        "Count each image for itself, in its own row.",
        "np.bincount(buckets[n].ravel(), minlength=bins**3) / buckets[n].size",
        "np.bincount(buckets.ravel(), minlength=bins**3) / buckets.size",
    ),
    (
        "the histogram is always float64",
        "Keep the dtype of x: write into out.",
        "### END SOLUTION",
        "out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
    (
        "x is changed in place",
        "x belongs to the caller: x * bins, not x *= bins.",
        "parts = np.minimum((x * bins)",
        "x *= bins\n    parts = np.minimum(x",
    ),
)

CELLS_MISTAKES = mistakes_of(
    features.cell_histograms,
    (
        "every pixel has one vote",
        "A pixel votes with its magnitude: steep pixels count more.",
        "np.where(which == k, magnitude, 0)",
        "np.where(which == k, 1.0, 0).astype(magnitude.dtype)",
    ),
    (
        "the votes are averaged",
        "Add the magnitudes up; bringing them to a scale comes later.",
        ".sum(axis=(2, 4))",
        ".mean(axis=(2, 4))",
    ),
    (
        "the strongest vote counts",
        "All pixels of the cell vote: add up.",
        ".sum(axis=(2, 4))",
        ".max(axis=(2, 4))",
    ),
    (
        "the angles go round to 360",
        "Directions have no sign: the bins share 180 degrees.",
        "180 / bins",
        "360 / bins",
    ),
    (
        "the bins are always 20 degrees wide",
        "Each of the bins is 180 / bins wide.",
        "180 / bins",
        "20",
    ),
    (
        "pixels vote for the nearest edge of a bin",
        "Bin k begins at k 180 / bins: round down.",
        "(angle / (180 / bins)).astype(int)",
        "np.rint(angle / (180 / bins)).astype(int) % bins",
    ),
    (
        "the bins count down",
        "Bin 0 is for the smallest angles.",
        "out[:, :, :, k]",
        "out[:, :, :, bins - 1 - k]",
    ),
    (
        "the last bin stays empty",
        "range(bins) ends at bins - 1, which is the last bin: don't stop before.",
        "range(bins)",
        "range(bins - 1)",
    ),
    (
        "angles and magnitudes are swapped",
        "The angle says which bin, the magnitude how much.",
        "np.where(which == k, magnitude, 0)",
        "np.where(which == k, angle, 0)",
    ),
    (
        "pixels are dealt to the cells in turn",
        "A cell is a block of neighbours: the height splits into (rows, cell), in this order.",
        "reshape(N, rows, cell, columns, cell).sum(axis=(2, 4))",
        "reshape(N, cell, rows, cell, columns).sum(axis=(1, 3))",
    ),
    (
        "the cells are numbered down the columns",
        "Cell (i, j) is the i-th from the top and the j-th from the left.",
        "sum(axis=(2, 4))",
        "sum(axis=(2, 4)).transpose(0, 2, 1).reshape(N, rows, columns)",
    ),
    (
        "left-over pixels at the top and left are dropped",
        "What is left over is at the bottom and on the right: cells begin at the top left pixel.",
        "[:, : rows * cell, : columns * cell]",
        "[:, H - rows * cell :, W - columns * cell :]",
    ),
    (
        "every image is the first one",
        "The cells of image n count its own pixels.",
        "np.where(which == k, magnitude, 0)",
        "np.where(which[:1] == k, magnitude[:1], 0).repeat(N, axis=0)",
    ),
    (
        "each cell is brought to sum 1",
        "Sums of magnitudes: bringing them to a scale comes later.",
        "### END SOLUTION",
        "out = out / np.maximum(out.sum(axis=-1, keepdims=True), 1e-9)\n    ### END SOLUTION",
    ),
    (
        "the histograms are always float64",
        "Keep the dtype of magnitude: write into out.",
        "### END SOLUTION",
        "out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
    (
        "an argument is changed",
        "angle belongs to the caller: make a new array.",
        "which = (angle / (180 / bins)).astype(int)",
        "angle /= 180 / bins\n    which = angle.astype(int)",
    ),
)

WORDS_MISTAKES = mistakes_of(
    features.encode_words,
    (
        "the longest word wins",
        "The largest dot product is not the smallest distance: |p - c|² = |p|² - 2 p·c + |c|².",
        "np.sum(codebook**2, axis=1) - 2 * products",
        "-products",
    ),
    (
        "the factor 2 of the product is missing",
        "|p - c|² = |p|² - 2 p·c + |c|².",
        "- 2 * products",
        "- products",
    ),
    (
        "the words' lengths are not squared",
        "|p - c|² = |p|² - 2 p·c + |c|²: the sum of the squares, without a root.",
        "np.sum(codebook**2, axis=1)",
        "np.linalg.norm(codebook, axis=1)",
    ),
    (
        "the farthest word wins",
        "The nearest word has the smallest distance: argmin.",
        "distances.argmin(axis=1)",
        "distances.argmax(axis=1)",
    ),
    (
        "the distance is along the axes",
        "Euclidean distance: square the differences and add them up.",
        "np.sum(codebook**2, axis=1) - 2 * products",
        "np.abs(patches[n][:, None] - codebook).sum(axis=2)",
    ),
    (
        "each word picks its nearest patch",
        "It is the patches that are counted: each looks for its nearest word.",
        "distances = np.sum(codebook**2, axis=1) - 2 * products",
        "distances = np.sum((patches[n] - codebook[:, None]) ** 2, axis=2)",
        "distances.argmin(axis=1)",
        "distances.argmin(axis=1) % K",
    ),
    (
        "of two equally near words the last wins",
        "The first of the smallest, as argmin gives it.",
        "distances.argmin(axis=1)",
        "K - 1 - distances[:, ::-1].argmin(axis=1)",
    ),
    (
        "patches are counted, not their share",
        "Divide by the number of patches: every row sums to 1.",
        " / P",
        "",
    ),
    (
        "the shares are divided by the number of words",
        "Divide by the number of patches: every row sums to 1.",
        " / P",
        " / K",
    ),
    (
        "a word counts once, however many patches it has",
        "Count the patches of each word: np.bincount.",
        "np.bincount(nearest, minlength=K) / P",
        "(np.bincount(nearest, minlength=K) > 0) / P",
    ),
    (
        "every image is the first one",
        "Row n belongs to image n: patches[n].",
        "patches[n] @",
        "patches[0] @",
    ),
    (
        "the counts are of all images together",
        "Count each image for itself, in its own row.",
        "### END SOLUTION",
        "out[:] = out.mean(axis=0)\n    ### END SOLUTION",
    ),
    (
        "the shares are always float64",
        "Keep the dtype of patches: write into out.",
        "### END SOLUTION",
        "out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
)
