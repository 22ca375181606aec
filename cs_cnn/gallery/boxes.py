"""Boxes around objects: how much two overlap, which of many to keep, and how good a detector is.

A box is (left, top, right, bottom) in pixels; its width is right - left. The lines between
`### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.
"""

import numpy as np


def iou(a, b):
    """Give the intersection over union of each box of one list with each of another.

    The area that two boxes share, divided by the area that they cover together: 1 for the same box,
    0 for boxes that don't touch.

    Parameters
    ----------
    a : array (N, 4)
        Left, top, right, bottom.
    b : array (M, 4)

    Returns
    -------
    array (N, M)
        For two boxes without any area 0.

    Raises
    ------
    ValueError
        If the boxes have not four numbers each.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != 4 or b.shape[1] != 4:
        raise ValueError(f"iou: boxes must be (N, 4) and (M, 4), got {a.shape} and {b.shape}")
    ### BEGIN SOLUTION
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b - shared
    return shared / np.where(union > 0, union, 1)
    ### END SOLUTION


def nms(overlaps, scores, threshold=0.5):
    """Choose among boxes that show the same thing: non-maximum suppression.

    Take the box with the best score, drop every other one that overlaps it by more than the
    threshold, and go on with those that are left, until none is.

    Parameters
    ----------
    overlaps : array (N, N)
        Intersection over union of each box with each other one: `iou(boxes, boxes)`.
    scores : array (N,)
    threshold : float
        A box that overlaps by exactly this much is kept.

    Returns
    -------
    list of int
        The boxes to keep, best first; of equal scores the earlier box comes first.
    """
    kept = []
    left = np.argsort(-scores, kind="stable")
    ### BEGIN SOLUTION
    while len(left):
        best, others = left[0], left[1:]
        kept.append(int(best))
        left = others[overlaps[best, others] <= threshold]
    ### END SOLUTION
    return kept


def average_precision(found, truth, threshold=0.5):
    """Give the average precision of one class: the area under precision over recall.

    Parameters
    ----------
    found : list of (image, score, box)
        What the detector found, in any order.
    truth : dict of image to array (N, 4)
        The boxes that are there.
    threshold : float
        A box is right if its intersection over union with one that is there, and that no better
        box has claimed, is at least this.

    Returns
    -------
    float
        From 0 to 1; precision is the best that is reached at this recall or a higher one
        (Everingham et al. 2010).
    """
    open_, right = {image: list(range(len(boxes))) for image, boxes in truth.items()}, []
    for image, _, box in sorted(found, key=lambda one: -one[1]):
        overlap = iou(np.asarray(box)[None], truth[image])[0] if image in truth else np.zeros(0)
        best = max(open_.get(image, ()), key=lambda k: overlap[k], default=None)
        right.append(best is not None and overlap[best] >= threshold)
        if right[-1]:
            open_[image].remove(best)
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(hits) + 1)
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_after[np.array(right, dtype=bool)].sum() / sum(map(len, truth.values())))
