"""Fukushima's neocognitron: cells that look for a pattern (S), cells that forgive a shift (C)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def s_layer(x, patterns, threshold):
    """S-cells: one plane per pattern, and in it one cell per place, all with the same weights.

    A cell answers by how similar its window is to its pattern: the cosine between the two, from
    `threshold` (0) to a perfect match (1). Fukushima's cells, with their shunting inhibition, do
    this once their weights have grown large; his r is threshold / (1 - threshold).

    Parameters
    ----------
    x : array (N, C, H, W)
    patterns : array (K, C, KH, KW)
        What each plane looks for; their length doesn't matter.
    threshold : float
        From 0 to below 1: the higher, the choosier.

    Returns
    -------
    array (N, K, H - KH + 1, W - KW + 1)
        From 0 to 1.
    """
    return np.maximum(_similarity(x, patterns) - threshold, 0) / (1 - threshold)


def c_layer(s, size, stride=1):
    """C-cells: each answers if any S-cell of its plane does, anywhere in a window.

    Fukushima's cells took a saturating weighted mean; the maximum does the same job.

    Parameters
    ----------
    s : array (N, K, H, W)
    size : int
        Side of the window.
    stride : int
        From one window to the next.

    Returns
    -------
    array (N, K, (H - size) // stride + 1, (W - size) // stride + 1)
    """
    windows = sliding_window_view(s, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5))


def learn_patterns(x, size, threshold, most, rounds=1):
    """Learn what the planes of an S-layer look for, without a teacher.

    Images come one by one. In each plane, the cell that answers most adds what it sees to its
    pattern, and all cells of the plane follow, as they share their weights. Among the places where
    all cells are silent, the window with the most in it becomes the pattern of a new plane, as long
    as there are fewer than `most`.

    Parameters
    ----------
    x : array (N, C, H, W)
    size : int
        Side of the window.
    threshold : float
        As in `s_layer`; it should be higher here than when the planes are used.
    most : int
        Planes at most.
    rounds : int
        How often to show every image.

    Returns
    -------
    array (K, C, size, size)
        Unit length each.

    References
    ----------
    K. Fukushima, Neocognitron, Biological Cybernetics 36, 1980 (the strongest cell learns, its
    plane follows); K. Fukushima, Artificial vision by multi-layered neural networks: Neocognitron
    and its advances, Neural Networks 37, 2013 (a new plane where all cells are silent).
    """
    patterns = np.zeros((0, x.shape[1], size, size))
    for image in np.tile(x, (rounds, 1, 1, 1)):
        windows = sliding_window_view(image, (size, size), axis=(1, 2)).transpose(1, 2, 0, 3, 4)
        windows = windows.reshape(-1, *patterns.shape[1:])
        answers = _similarity(windows, patterns)[:, :, 0, 0]
        for k in np.flatnonzero(answers.max(axis=0, initial=0) > threshold):
            patterns[k] += windows[answers[:, k].argmax()]
        content = np.square(windows).sum(axis=(1, 2, 3))
        silent = content * (answers.max(axis=1, initial=0) <= threshold)
        if len(patterns) < most and silent.max() > 0:
            patterns = np.concatenate([patterns, windows[[silent.argmax()]]])
    return patterns / np.sqrt(np.square(patterns).sum(axis=(1, 2, 3), keepdims=True))


def _similarity(x, patterns):
    """The cosine between each window and each pattern: (N, K, H_out, W_out); 0 if one is empty."""
    windows = sliding_window_view(x, patterns.shape[2:], axis=(2, 3))
    dots = np.einsum("nchwpq,kcpq->nkhw", windows, patterns, optimize=True)
    lengths = np.sqrt(np.einsum("nchwpq,nchwpq->nhw", windows, windows, optimize=True))[:, None]
    sizes = np.sqrt(np.square(patterns).sum(axis=(1, 2, 3)))[:, None, None]
    return dots / np.maximum(lengths * sizes, 1e-12)
