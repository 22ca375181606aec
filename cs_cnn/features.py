"""Features that people designed before networks learned their own: colours, edges, visual words.

Letters: `N` images of `H` x `W` pixels, values in [0, 1]; `K` buckets, bins or words; `P` patches
of an image, `D` numbers in each.
"""

import numpy as np

from cs_cnn.shapes import need_dims


def colour_histogram(x, bins=4):
    """Count the colours of an image: which share of its pixels falls into which bucket.

    Red, green and blue are each cut into `bins` equal parts of [0, 1], which cuts the cube of all
    colours into bins³ buckets. Bucket (r bins + g) bins + b holds the colours with red in part r,
    green in part g and blue in part b, counted from 0. A value between two parts belongs to the
    upper one; 1 belongs to the last.

    Parameters
    ----------
    x : float array (N, 3, H, W)
    bins : int

    Returns
    -------
    array (N, bins³), dtype of x
        Every row sums to 1.

    References
    ----------
    M. J. Swain and D. H. Ballard, Color indexing, International Journal of Computer Vision 7, 1991.
    """
    need_colours("colour_histogram", x)
    N = len(x)
    out = np.zeros((N, bins**3), dtype=x.dtype)
    ### BEGIN SOLUTION
    parts = np.minimum((x * bins).astype(int), bins - 1)
    buckets = (parts[:, 0] * bins + parts[:, 1]) * bins + parts[:, 2]
    for n in range(N):
        out[n] = np.bincount(buckets[n].ravel(), minlength=bins**3) / buckets[n].size
    ### END SOLUTION
    return out


def image_gradients(x):
    """How steep every pixel is, and in which direction, of the channel that is steepest there.

    Differences of the two neighbours, [-1, 0, 1], to the right and down; 0 at the border. Direction
    has no sign: bright to dark and dark to bright are one.

    Parameters
    ----------
    x : float array (N, C, H, W)

    Returns
    -------
    magnitude : array (N, H, W)
    angle : array (N, H, W)
        In degrees, 0 <= angle < 180; 0 is a change from left to right, 90 from top to bottom.
    """
    need_dims("image_gradients", 4, x=x)
    down, right = np.zeros_like(x), np.zeros_like(x)
    down[:, :, 1:-1] = x[:, :, 2:] - x[:, :, :-2]
    right[:, :, :, 1:-1] = x[:, :, :, 2:] - x[:, :, :, :-2]
    steepest = np.hypot(down, right).argmax(axis=1)[:, None]
    down, right = (np.take_along_axis(a, steepest, axis=1)[:, 0] for a in (down, right))
    angle = np.rad2deg(np.arctan2(down, right)) % 180
    return np.hypot(down, right), np.where(angle >= 180, 0, angle)  # % may round up to 180


def cell_histograms(magnitude, angle, cell=8, bins=9):
    """One histogram of directions for each cell of an image.

    The image is cut into cells of cell x cell pixels; rows and columns that are left over at the
    bottom and the right don't count. Bin k is for the angles from 180 k / bins up to, but without,
    180 (k + 1) / bins. Each pixel votes for its bin with its magnitude.

    Parameters
    ----------
    magnitude : float array (N, H, W)
    angle : float array (N, H, W)
        0 <= angle < 180.
    cell, bins : int

    Returns
    -------
    array (N, H // cell, W // cell, bins), dtype of magnitude
        Sums of magnitudes.
    """
    need_dims("cell_histograms", 3, magnitude=magnitude, angle=angle)
    N, H, W = magnitude.shape
    rows, columns = H // cell, W // cell
    out = np.zeros((N, rows, columns, bins), dtype=magnitude.dtype)
    ### BEGIN SOLUTION
    which = (angle / (180 / bins)).astype(int)
    for k in range(bins):
        votes = np.where(which == k, magnitude, 0)[:, : rows * cell, : columns * cell]
        out[:, :, :, k] = votes.reshape(N, rows, cell, columns, cell).sum(axis=(2, 4))
    ### END SOLUTION
    return out


def hog(x, cell=8, bins=9, eps=1e-5):
    """Histogram of oriented gradients: the cells' histograms, each brought to length 1.

    Parameters
    ----------
    x : float array (N, C, H, W)
    cell, bins : int
    eps : float
        Keeps plain cells near 0: v / sqrt(|v|² + eps²).

    Returns
    -------
    array (N, H // cell, W // cell, bins)
        (scikit-image's `hog` gives the same for H and W that `cell` divides, with
        cells_per_block=(1, 1) and block_norm="L2".)

    References
    ----------
    N. Dalal and B. Triggs, Histograms of oriented gradients for human detection, CVPR 2005. (They
    normalise blocks of 2 x 2 cells, which overlap.)
    """
    magnitude, angle = image_gradients(x)
    cells = cell_histograms(magnitude, angle, cell, bins) / cell**2
    return cells / np.sqrt(np.sum(cells**2, axis=-1, keepdims=True) + eps**2)


def patches_of(x, size=6, stride=3):
    """Cut patches out of images on a grid, each with its contrast evened out.

    Parameters
    ----------
    x : float array (N, C, H, W)
    size, stride : int

    Returns
    -------
    array (N, P, C * size²), dtype of x
        Every patch has mean 0, and standard deviation 1 unless it is nearly plain.
    """
    need_dims("patches_of", 4, x=x)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    patches = windows.reshape(len(x), -1, x.shape[1] * size**2)
    patches = patches - patches.mean(axis=-1, keepdims=True)
    return patches / np.sqrt(patches.var(axis=-1, keepdims=True) + x.dtype.type(1e-2))


def learn_codebook(patches, words=100, n_patches=10_000, seed=0):
    """Cluster random patches by k-means: the centres are the visual words.

    Parameters
    ----------
    patches : array (N, P, D)
    words : int
    n_patches : int
        How many of the patches to use, at most.
    seed : int

    Returns
    -------
    array (words, D), dtype of patches
    """
    from sklearn.cluster import MiniBatchKMeans

    flat = patches.reshape(-1, patches.shape[-1])
    chosen = np.random.default_rng(seed).permutation(len(flat))[:n_patches]
    means = MiniBatchKMeans(words, random_state=seed, n_init=1, batch_size=1024)
    return means.fit(flat[chosen]).cluster_centers_.astype(patches.dtype)


def encode_words(patches, codebook):
    """Bag of visual words: which share of an image's patches is nearest to which word.

    A patch is replaced by the word at the smallest Euclidean distance; where two are equally near,
    by the first. Where in the image it was is forgotten.

    Parameters
    ----------
    patches : float array (N, P, D)
    codebook : float array (K, D)
        One word per row.

    Returns
    -------
    array (N, K), dtype of patches
        Every row sums to 1.

    References
    ----------
    L. Fei-Fei and P. Perona, A Bayesian hierarchical model for learning natural scene categories,
    CVPR 2005.
    """
    need_dims("encode_words", 3, patches=patches)
    N, P, K = *patches.shape[:2], len(codebook)
    out = np.zeros((N, K), dtype=patches.dtype)
    ### BEGIN SOLUTION
    for n in range(N):
        products = patches[n] @ codebook.T
        distances = np.sum(codebook**2, axis=1) - 2 * products
        nearest = distances.argmin(axis=1)
        out[n] = np.bincount(nearest, minlength=K) / P
    ### END SOLUTION
    return out


def need_colours(name, x):
    """Raise a ValueError unless x is (N, 3, H, W), floats in [0, 1]."""
    if x.ndim != 4 or x.shape[1] != 3 or not x.size or not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"{name}: x must be (N, 3, H, W), floats, got {x.shape} {x.dtype}")
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"{name}: x must lie in [0, 1], got {x.min():g}..{x.max():g}")
