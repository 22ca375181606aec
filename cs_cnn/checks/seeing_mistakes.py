"""The known mistakes of notebook 10's first half, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.gallery import boxes, embedding, pixels

IOU_MISTAKES = mistakes_of(
    boxes.iou,
    (
        "negative sides are multiplied",
        "Boxes that don't touch have a negative width or height in common: cut it off at 0.",
        "np.clip(high - low, 0, None)",
        "(high - low)",
    ),
    (
        "the shared area counts twice in the union",
        "Both areas hold the shared part: the union is the sum minus the shared area.",
        "area_a[:, None] + area_b - shared",
        "area_a[:, None] + area_b",
    ),
    (
        "the smaller box instead of the union",
        "Divide by the area that both cover together, not by that of the smaller one.",
        "area_a[:, None] + area_b - shared",
        "np.minimum(area_a[:, None], area_b)",
    ),
    (
        "one more pixel on each side",
        "A box from 0 to 4 is 4 wide here: right - left, without adding 1.",
        "np.clip(high - low, 0, None)",
        "np.clip(high - low + 1, 0, None)",
        "boxes[:, 2:] - boxes[:, :2]",
        "boxes[:, 2:] - boxes[:, :2] + 1",
    ),
    (
        "the box around both instead of what they share",
        "What two boxes share begins at the larger left and ends at the smaller right.",
        "np.maximum(a[:",
        "np.minimum(a[:",
        "np.minimum(a[:, None, 2:]",
        "np.maximum(a[:, None, 2:]",
    ),
    (
        "a square in common",
        "Multiply the shared width by the shared height; they differ.",
        "np.prod(np.clip(high - low, 0, None), axis=2)",
        "np.clip(high - low, 0, None)[..., 0] ** 2",
    ),
    (
        "no area gives 0 / 0",
        "Two boxes without any area cover nothing: give 0, not NaN.",
        "shared / np.where(union > 0, union, 1)",
        "shared / union if union.all() else shared * np.nan",
    ),
    (
        "rows and columns swapped",
        "Row n is for box n of a, column m for box m of b.",
        "shared / np.where(union > 0, union, 1)",
        "(shared / np.where(union > 0, union, 1)).T",
    ),
)

NMS_MISTAKES = mistakes_of(
    boxes.nms,
    (
        "the worst first",
        "Begin with the best score: sorted is given as `left`, best first.",
        "best, others = left[0], left[1:]",
        "best, others = left[-1], left[:-1]",
    ),
    (
        "dropped boxes still drop others",
        "Only a box that is kept drops others: go on with those that are left.",
        "    while len(left):",
        "    for k, best in enumerate(left):\n"
        "        if not (overlaps[best, left[:k]] > threshold).any():\n"
        "            kept.append(int(best))\n"
        "    while False:",
    ),
    (
        "the overlapping ones are kept",
        "Keep those that overlap little: at most the threshold.",
        "<= threshold",
        "> threshold",
    ),
    (
        "the threshold is fixed",
        "Compare with the argument threshold.",
        "<= threshold",
        "<= 0.5",
    ),
    (
        "a box at the threshold is dropped",
        "Drop what overlaps by more than the threshold; exactly the threshold stays.",
        "<= threshold",
        "< threshold",
    ),
    (
        "only the best box",
        "Go on until no box is left.",
        "    while len(left):",
        "    for _ in range(min(1, len(left))):",
    ),
    (
        "only neighbours in the order are compared",
        "Compare the best box with all others, not with the next one alone.",
        "left = others[overlaps[best, others] <= threshold]",
        "left = others[1:] if (overlaps[best, others[:1]] > threshold).any() else others",
    ),
    (
        "places among the rest instead of box numbers",
        "What is kept are the numbers of the boxes: index with `left`, not with a position.",
        "kept.append(int(best))",
        "kept.append(len(kept))",
    ),
    (
        "in the order of the boxes",
        "The list begins with the best score; don't sort it by number.",
        "    return kept",
        "    return sorted(kept)",
    ),
)

TRANSPOSE_MISTAKES = mistakes_of(
    pixels.conv_transpose2d_forward,
    (
        "brushes overwrite each other",
        "Where two brushes overlap, the paint adds up: +=.",
        "+= brush",
        "= brush",
    ),
    (
        "the stride is forgotten",
        "Brush (i, j) begins at row i * stride, column j * stride.",
        "i * stride, j * stride",
        "i, j",
    ),
    (
        "the kernel is flipped",
        "The kernel is painted as it is: no mirror image.",
        "axes=1)",
        "axes=1)[..., ::-1, ::-1]",
    ),
    (
        "nothing is cut off",
        "At the end, cut `padding` rows and columns off at each edge.",
        "full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]",
        "full",
    ),
    (
        "cut off at one end only",
        "Cut `padding` rows and columns off at the beginning and at the end.",
        "full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]",
        "full[:, :, 2 * padding :, 2 * padding :]",
    ),
    (
        "a padding of 0 cuts everything off",
        "The slice padding:-padding is empty for a padding of 0: count from the length.",
        "padding : full.shape[2] - padding, padding : full.shape[3] - padding",
        "padding:-padding, padding:-padding",
    ),
    (
        "the bias is forgotten",
        "Add the bias to every pixel of its channel.",
        "return out if b is None else out + b[:, None, None]",
        "return out",
    ),
    (
        "every brush has its bias",
        "The bias is added once to each pixel, after all brushes.",
        "return out if b is None else out + b[:, None, None]",
        "return out",
        "            brush = np.tensordot(x[:, :, i, j], w, axes=1)\n",
        "            brush = np.tensordot(x[:, :, i, j], w, axes=1)\n"
        "            brush = brush if b is None else brush + b[:, None, None]\n",
    ),
    (
        "the channels are not added up",
        "Each output channel adds up what all input channels paint.",
        "np.tensordot(x[:, :, i, j], w, axes=1)",
        "np.tensordot(x[:, :1, i, j], w[:1], axes=1)",
    ),
    (
        "rows and columns swapped",
        "i counts rows, j columns: brush (i, j) begins at row i * stride.",
        "x[:, :, i, j]",
        "x[:, :, min(j, H - 1), min(i, W - 1)]",
    ),
)

TRIPLET_MISTAKES = mistakes_of(
    embedding.triplet_loss,
    (
        "nothing is cut off at 0",
        "A triplet that keeps the margin misses nothing: its loss is 0, not negative.",
        "np.maximum(missing, 0)",
        "missing",
    ),
    (
        "the gradient of triplets that miss nothing",
        "A triplet whose loss is 0 has no gradient.",
        "(missing > 0)[:, None].astype(anchor.dtype)",
        "np.ones_like(anchor[:, :1])",
    ),
    (
        "distances without the square",
        "The paper takes squared distances: no square root.",
        "np.sum(same**2, axis=1) - np.sum(other**2, axis=1)",
        "np.sqrt(np.sum(same**2, axis=1)) - np.sqrt(np.sum(other**2, axis=1))",
    ),
    (
        "same and other swapped",
        "The distance to the same person should be the smaller one.",
        "np.sum(same**2, axis=1) - np.sum(other**2, axis=1)",
        "np.sum(other**2, axis=1) - np.sum(same**2, axis=1)",
    ),
    (
        "the margin is subtracted",
        "The other person should be farther away by the margin: add it to what is missing.",
        " + margin",
        " - margin",
    ),
    (
        "a sum instead of the mean",
        "The loss is the mean over the triplets; so its gradient is divided by N too.",
        "np.mean(np.maximum(missing, 0))",
        "np.sum(np.maximum(missing, 0))",
        "2 / len(anchor)",
        "2",
    ),
    (
        "the gradient is not divided by N",
        "The loss is a mean over N triplets: each gradient is divided by N.",
        "2 / len(anchor)",
        "2",
    ),
    (
        "the 2 of the square is missing",
        "The derivative of a square is twice the number.",
        "2 / len(anchor)",
        "1 / len(anchor)",
    ),
    (
        "the anchor feels one distance only",
        "The anchor is in both distances: its gradient is that of the first minus the second.",
        "each * (same - other)",
        "each * same",
    ),
    (
        "the negative is pulled",
        "A step against the gradient should push the negative away: look at its sign.",
        "each * other)",
        "-each * other)",
    ),
)
