"""Every picture of the course: images, filters, feature maps, windows, differences, curves.

Each function returns a `Picture`, a figure that belongs to nobody but its caller: as the last line
of a cell it shows itself once, in any notebook; in a script, call its `savefig`. One style for all:
white ground, so that dark themes are no trouble, and colours that the colour-blind can tell apart.
Where numbers have a sign, red is positive, white is zero, blue is negative.
"""

import io

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from cs_cnn.checks.compare import worst_place
from cs_cnn.shapes import need_dims, pad_pairs, pair, window_shape

BLACK, ORANGE, BLUE, GREEN = LINES = ("#222222", "#D55E00", "#0072B2", "#009E73")
CELLS = ListedColormap(["white", "#FBD9B5", "#DDDDDD"])  # plain, chosen, padding
SIGNED = colormaps["RdBu_r"].with_extremes(bad="#999999")
DPI = 96
FEW = 12  # a grid of up to so many rows and columns shows its numbers
STYLE = {
    "figure.facecolor": "white",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Picture(Figure):
    """A matplotlib figure outside pyplot; Jupyter shows it, sharp on every screen."""

    def _repr_png_(self):
        png = io.BytesIO()
        self.savefig(png, format="png", dpi=2 * DPI)
        width, height = (int(DPI * inches) for inches in self.get_size_inches())
        return png.getvalue(), {"width": width, "height": height}


def images(x, labels=None, columns=8):
    """Show images side by side.

    Parameters
    ----------
    x : array (N, C, H, W) or (N, H, W)
        C is 1 or 3. Bytes, or any real numbers: if some lie outside [0, 1], all are stretched from
        the smallest (black) to the largest (white).
    labels : sequence of N, optional
        Titles.
    columns : int

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
    figure, panels = _panels("images", len(x), columns, labels, x.shape[2:])
    for ax, image in zip(panels, x, strict=False):
        ax.imshow(image.transpose(1, 2, 0), cmap="gray", vmin=0, vmax=1)
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
    colour, scale = w.shape[1] == 3, _largest(w)
    figure, panels = _panels("filters", len(w), columns, names, w.shape[2:])
    for ax, one in zip(panels, w.transpose(0, 2, 3, 1), strict=False):
        picture = np.clip(0.5 + one / (2 * scale), 0, 1) if colour else one
        ax.imshow(picture, cmap=SIGNED, vmin=-scale, vmax=scale)
        _rule(ax, one.shape[:2])
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
    figure, panels = _panels("feature_maps", len(maps), columns, names, maps.shape[1:])
    for ax, one in zip(panels, maps, strict=False):
        top = np.percentile(np.abs(one[np.isfinite(one)]), 99) if np.isfinite(one).any() else 1
        if np.nanmin(one, initial=0) < 0:
            ax.imshow(one, cmap=SIGNED, vmin=-(top or 1), vmax=top or 1)
        else:
            ax.imshow(one, cmap="gray", vmin=0, vmax=top or 1)
    return figure


def difference(got, want):
    """Show two arrays and their difference, with the worst place marked.

    Of arrays with more than two dimensions, the last two are shown where the difference is largest.
    NaN and infinity are grey and count as the largest difference.

    Parameters
    ----------
    got, want : arrays of one shape
        At least one dimension.

    Raises
    ------
    ValueError
        If the shapes differ, or there is nothing to show.
    """
    got, want = (np.asarray(a).real.astype(np.float64) for a in (got, want))
    if got.shape != want.shape or not got.size or not got.ndim:
        raise ValueError(
            "difference: got and want must have one shape, with at least one dimension and one "
            f"number (got.shape={got.shape}, want.shape={want.shape})"
        )
    worst = worst_place(got, want)
    *lead, row, column = worst if got.ndim > 1 else (0, *worst)
    mine, right = (np.atleast_2d(a)[tuple(lead)] for a in (got, want))
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.where(mine == right, 0, mine - right)
    shown = {"yours": mine, "expected": right, "yours - expected": off}
    figure, panels = _panels("difference", 3, 3, list(shown), right.shape, size=2.6)
    for ax, values in zip(panels, shown.values(), strict=True):
        scale = _largest(off if values is off else right)
        ax.imshow(values, cmap=SIGNED, vmin=-scale, vmax=scale, aspect="auto")
        _rule(ax, values.shape)
        _outline(ax, row, column, 1, 1, GREEN)
    index = ", ".join(map(str, worst))
    figure.suptitle(f"[{index}]: {got[worst]:.4g}, expected {want[worst]:.4g}", fontsize=9)
    return figure


def window(x, kernel_size, stride=1, padding=0, i=0, j=0, dilation=1, w=None):
    """Show the window behind one output pixel: the padded image and, beside it, the output.

    Parameters
    ----------
    x : array (H, W)
    kernel_size, stride, padding, dilation
        As in PyTorch. Pixels of the padding are grey, pixels that the filter meets are orange.
    i, j : int
        The output pixel.
    w : array (KH, KW), optional
        A filter: is shown between the two and gives the output pixel its number.

    Raises
    ------
    ValueError
        If the kernel doesn't fit, w has another shape or there is no output pixel (i, j).
    """
    x = np.asarray(x)
    need_dims("window", 2, x=x)
    out = np.full(window_shape("window", x.shape, kernel_size, stride, padding, dilation), np.nan)
    kernel, steps, gaps = pair(kernel_size), pair(stride), pair(dilation)
    if not (0 <= i < out.shape[0] and 0 <= j < out.shape[1]):
        raise ValueError(f"window: no output pixel ({i}, {j}) in an output of {out.shape}")
    if w is not None and np.shape(w) != kernel:
        raise ValueError(f"window: w must have shape {kernel}, got {np.shape(w)}")
    pads = pad_pairs(padding, kernel, gaps, steps)
    x_pad, cells = np.pad(x, pads), np.pad(np.zeros(x.shape, int), pads, constant_values=2)
    start, span = (i * steps[0], j * steps[1]), [gaps[a] * (kernel[a] - 1) + 1 for a in (0, 1)]
    taps = tuple(slice(start[a], start[a] + span[a], gaps[a]) for a in (0, 1))
    cells[taps] = 1
    out_cells = np.zeros(out.shape, int)
    out_cells[i, j] = 1
    grids = [("image" if x.shape == x_pad.shape else "image, padded", x_pad, cells)]
    if w is not None:
        out[i, j] = np.sum(x_pad[taps] * w)
        grids += [("filter", np.asarray(w), np.ones(kernel, int))]
    grids += [("output", out, out_cells)]
    figure, panels = _grids(grids)
    _outline(panels[0], *start, *span)
    _outline(panels[-1], i, j, 1, 1)
    return figure


def curves(ylabel, xlabel="step", **lines):
    """Show numbers over steps, one line per name: `curves("loss", training=losses)`.

    Parameters
    ----------
    ylabel, xlabel : str
    **lines : sequences of numbers
        Several have a legend with their names.
    """
    with rc_context(STYLE):
        figure = Picture(figsize=(5, 2.4), layout="constrained")
        ax = figure.subplots()
        for (name, values), colour in zip(lines.items(), LINES, strict=False):
            ax.plot(values, color=colour, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(color="#E6E6E6")
        if len(lines) > 1:
            ax.legend(frameon=False)
    return figure


def _unit_range(x):
    """Numbers of any real type as floats in [0, 1]; NaN is black."""
    if x.dtype == np.uint8:
        return x / 255
    x = x.astype(np.float64)
    low, high = (f(x[np.isfinite(x)], initial=v) for f, v in ((np.min, 0), (np.max, 1)))
    return (np.nan_to_num(x, nan=low, posinf=high, neginf=low) - low) / (high - low)


def _largest(values):
    """The largest size of the finite numbers, or 1 if that is 0."""
    return np.abs(values[np.isfinite(values)]).max(initial=0) or 1.0


def _panels(name, n, columns, titles, shape, size=1.6):
    """A picture with n empty panels for arrays of `shape` (H, W), with titles or without."""
    if titles is not None and len(titles) != n:
        raise ValueError(f"{name}: {n} pictures need {n} titles, got {len(titles)}")
    columns = min(n, columns)
    rows = -(-n // columns)
    height = size * min(max(shape[0] / shape[1], 0.4), 2.5) + 0.25 * (titles is not None)
    with rc_context(STYLE):
        figure = Picture(figsize=(columns * size, rows * height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, title in zip(axes, titles if titles is not None else [""] * n, strict=False):
            ax.set_title(title)
        for ax in axes:
            ax.set_axis_off()
    return figure, axes


def _grids(grids):
    """A picture of grids side by side, given as (title, numbers, cells); NaN is an empty cell."""
    largest = max(max(values.shape) for _, values, _ in grids)
    few = largest <= FEW
    cell = 0.34 if few else 3.5 / largest  # inches
    boxes = [(cell * values.shape[1], cell * values.shape[0]) for _, values, _ in grids]
    width, height = sum(w + 0.8 for w, _ in boxes), max(h for _, h in boxes) + 0.4
    with rc_context(STYLE):
        figure, left = Picture(figsize=(width, height)), 0.4
        for (title, values, cells), (w, h) in zip(grids, boxes, strict=True):
            place = left / width, (height - 0.3 - h) / height, w / width, h / height
            ax = figure.add_axes(place, title=f"{title}: {values.shape[0]} x {values.shape[1]}")
            ax.set_axis_off()
            if few or np.isnan(values).any():
                ax.imshow(cells, cmap=CELLS, vmin=0, vmax=2)
            else:
                ax.imshow(values, cmap="gray")
            _rule(ax, values.shape)
            for y, x in np.argwhere(~np.isnan(values)) if few else ():
                ax.text(x, y, f"{values[y, x]:.3g}", ha="center", va="center")
            left += w + 0.8
    return figure, figure.axes


def _rule(ax, shape):
    """Draw the lines between the cells of a small grid, and around any."""
    H, W = shape
    few = max(H, W) <= FEW
    ys, xs = (np.arange(n + 1) - 0.5 if few else np.array([-0.5, n - 0.5]) for n in (H, W))
    ax.hlines(ys, -0.5, W - 0.5, color="#AAAAAA", linewidth=0.6, clip_on=False)
    ax.vlines(xs, -0.5, H - 0.5, color="#AAAAAA", linewidth=0.6, clip_on=False)


def _outline(ax, row, column, height, width, colour=ORANGE):
    style = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "clip_on": False, "zorder": 3}
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), width, height, **style))
