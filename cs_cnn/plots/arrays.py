"""Pictures of arrays: images, filters, feature maps."""

import numpy as np

from cs_cnn.plots.difference import largest
from cs_cnn.plots.style import ORANGE, SIGNED, outline, panels, rule


def images(x, labels=None, columns=8, size=1.6):
    """Show images side by side.

    Parameters
    ----------
    x : array (N, C, H, W) or (N, H, W)
        C is 1 or 3. Bytes, or any real numbers: if some lie outside [0, 1], all are stretched from
        the smallest (black) to the largest (white).
    labels : sequence of N, optional
        Titles.
    columns : int
    size : float
        Of each image, in inches.

    Raises
    ------
    ValueError
        For another shape, or another number of labels.
    """
    x = np.asarray(x)
    if not x.size or not (x.ndim == 3 or (x.ndim == 4 and x.shape[1] in (1, 3))):
        raise ValueError(
            f"images: x must be (N, C, H, W) with C = 1 or 3, or (N, H, W), got {x.shape}; "
            "of one image, show x[None]"
        )
    x = _unit_range(x if x.ndim == 4 else x[:, None])
    figure, axes = panels("images", len(x), columns, labels, x.shape[2:], size)
    for ax, image in zip(axes, x, strict=False):
        ax.imshow(image.transpose(1, 2, 0), cmap="gray", vmin=0, vmax=1)
    return figure


def marked(x, boxes=None, lines=None, titles=None, columns=6, size=1.6):
    """Show images with boxes around things, or with lines on them.

    Parameters
    ----------
    x : array (N, 3, H, W)
        Numbers from 0 to 1.
    boxes : for each image a list of (text, box), optional
        A box is (left, top, right, bottom) in pixels.
    lines : array (N, L, 2, 2), optional
        For each image L lines, each from one point (x, y) to another.
    titles : sequence of N, optional
    columns : int
    size : float
        Of each image, in inches.
    """
    figure, axes = panels("marked", len(x), columns, titles, x.shape[2:], size)
    for n, (ax, image) in enumerate(zip(axes, x, strict=False)):
        ax.imshow(image.transpose(1, 2, 0).clip(0, 1))
        for text, (left, top, right, bottom) in boxes[n] if boxes is not None else []:
            outline(ax, top, left, bottom - top, right - left, "white")
            style = {"color": "white", "backgroundcolor": "#000000A0", "fontsize": 7}
            ax.text(left, top, text, va="top", **style)
        for start, end in lines[n] if lines is not None else []:
            ax.plot(*zip(start, end, strict=True), color="white", linewidth=2.5)
            ax.plot(*zip(start, end, strict=True), color=ORANGE, linewidth=1.2, marker=".")
        ax.set(xlim=(-0.5, x.shape[3] - 0.5), ylim=(x.shape[2] - 0.5, -0.5))
    return figure


def filters(w, names=None, columns=8):
    """Show each filter as a picture, all on one scale.

    Parameters
    ----------
    w : array (C_out, 1 or 3, KH, KW) or (C_out, KH, KW)
        Filters over 3 channels are shown in colour with zero in middle grey, others in red
        (positive), white (zero) and blue (negative).
    names : sequence of C_out, optional
        Titles.
    columns : int

    Raises
    ------
    ValueError
        For another shape, or another number of names.
    """
    w = np.asarray(w, dtype=np.float64)
    if not w.size or not (w.ndim == 3 or (w.ndim == 4 and w.shape[1] in (1, 3))):
        raise ValueError(
            f"filters: w must be (C_out, C, KH, KW) with C = 1 or 3, or (C_out, KH, KW), got "
            f"{w.shape}; of many channels, show one: w[:, c]"
        )
    w = w if w.ndim == 4 else w[:, None]
    colour, scale = w.shape[1] == 3, largest(w)
    figure, axes = panels("filters", len(w), columns, names, w.shape[2:])
    for ax, one in zip(axes, w.transpose(0, 2, 3, 1), strict=False):
        picture = np.clip(0.5 + one / (2 * scale), 0, 1) if colour else one
        ax.imshow(picture, cmap=SIGNED, vmin=-scale, vmax=scale)
        rule(ax, one.shape[:2])
    return figure


def feature_maps(out, names=None, columns=6):
    """Show the maps of one image, or a row of maps for each of several.

    Every map has its own scale, up to the 99th percentile of its numbers' sizes. Red is positive,
    blue is negative; a map without a negative number is grey, and black is zero.

    Parameters
    ----------
    out : array (C, H, W) or (N, C, H, W)
    names : sequence of C, optional
        Titles.
    columns : int
        For one image; several have one column per map.

    Raises
    ------
    ValueError
        For another shape, or another number of names.
    """
    out = np.asarray(out, dtype=np.float64)
    if not out.size or out.ndim not in (3, 4):
        raise ValueError(f"feature_maps: out must be (C, H, W) or (N, C, H, W), got {out.shape}")
    if out.ndim == 4:
        columns = out.shape[1]
        names = None if names is None else [*names, *[""] * columns * (len(out) - 1)]
    maps = out.reshape(-1, *out.shape[-2:])
    figure, axes = panels("feature_maps", len(maps), columns, names, maps.shape[1:])
    for ax, one in zip(axes, maps, strict=False):
        top = np.percentile(np.abs(one[np.isfinite(one)]), 99) if np.isfinite(one).any() else 1
        if np.nanmin(one, initial=0) < 0:
            ax.imshow(one, cmap=SIGNED, vmin=-(top or 1), vmax=top or 1)
        else:
            ax.imshow(one, cmap="gray", vmin=0, vmax=top or 1)
    return figure


def _unit_range(x):
    """Numbers of any real type as floats in [0, 1]; NaN is black."""
    if x.dtype == np.uint8:
        return x / 255
    x = x.astype(np.float64)
    low, high = (f(x[np.isfinite(x)], initial=v) for f, v in ((np.min, 0), (np.max, 1)))
    return (np.nan_to_num(x, nan=low, posinf=high, neginf=low) - low) / (high - low)
