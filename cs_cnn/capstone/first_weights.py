"""Weights that nobody has to learn: a first layer from statistics, and filters that only copy.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.

Letters: `N` images, `C` channels, `F` filters, `H`, `W` height and width, `K` kernel size.
"""

import numpy as np

from cs_cnn.shapes import need_dims


def whitening_filters(x, K=2, eps=5e-4):
    """Filters whose answers to the patches of x are uncorrelated and of one size; and their mirror.

    Neighbouring pixels are nearly equal, so K x K patches vary much in a few directions and hardly
    in the others. The directions are the eigenvectors of the patches' second moments, the mean of
    p pᵀ over all patches p, each with C K K numbers; the eigenvalues say how much they vary. An
    eigenvector divided by the root of its eigenvalue is a filter that answers with size 1.

    Parameters
    ----------
    x : array (N, C, H, W)
        Standardised images: their mean is 0 or nearly so, and isn't subtracted here.
    K : int
        Every K x K patch of every image counts, with stride 1 and no padding.
    eps : float
        Added to each eigenvalue before its root is taken, so that no noise is blown up.

    Returns
    -------
    array (2 C K K, C, K, K), dtype of x
        The filters from the largest eigenvalue to the smallest, then all of them times -1, so that
        the ReLU that follows loses nothing. Each sign is your choice: the other one comes anyway.

    References
    ----------
    tysam-code, hlb-CIFAR10, 2022; K. Jordan, arXiv:2404.00498, 2024.
    """
    need_dims("whitening_filters", 4, x=x)
    if min(x.shape[2:]) < K:
        raise ValueError(
            f"whitening_filters: patches of {K} x {K} don't fit into images of "
            f"{x.shape[2]} x {x.shape[3]} (x.shape={x.shape}): take a smaller K"
        )
    ### BEGIN SOLUTION
    patches = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    patches = patches.transpose(0, 2, 3, 1, 4, 5).reshape(-1, x.shape[1] * K * K)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / np.sqrt(values + eps)).T[::-1]
    filters = np.concatenate([filters, -filters]).reshape(-1, x.shape[1], K, K)
    ### END SOLUTION
    return filters.astype(x.dtype)


def dirac_init(w):
    """Filters of which the first ones hand their channel on, so that a deep network begins shallow.

    Filter i has a single 1, in the middle of its channel i, as long as there is a channel i and a
    filter i; all other filters stay as they were.

    Parameters
    ----------
    w : array (F, C, K, K)
        K is odd.

    Returns
    -------
    array, shape and dtype of w

    References
    ----------
    S. Zagoruyko and N. Komodakis, DiracNets, arXiv:1706.00388, 2017.
    """
    need_dims("dirac_init", 4, w=w)
    w = w.copy()
    ### BEGIN SOLUTION
    same = np.arange(min(w.shape[:2]))
    middle = w.shape[2] // 2
    w[same] = 0
    w[same, same, middle, middle] = 1
    ### END SOLUTION
    return w
