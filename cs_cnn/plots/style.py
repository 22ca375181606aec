"""The one style of all pictures: white ground, so that dark themes are no trouble, and colours that
the colour-blind can tell apart. Where numbers have a sign, red is positive, white is zero, blue is
negative.
"""

import io

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

BLACK, ORANGE, BLUE, GREEN = LINES = ("#222222", "#D55E00", "#0072B2", "#009E73")
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


def panels(name, n, columns, titles, shape, size=1.6):
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


def rule(ax, shape):
    """Draw the lines between the cells of a small grid, and around any."""
    H, W = shape
    few = max(H, W) <= FEW
    ys, xs = (np.arange(n + 1) - 0.5 if few else np.array([-0.5, n - 0.5]) for n in (H, W))
    ax.hlines(ys, -0.5, W - 0.5, color="#AAAAAA", linewidth=0.6, clip_on=False)
    ax.vlines(xs, -0.5, H - 0.5, color="#AAAAAA", linewidth=0.6, clip_on=False)


def outline(ax, row, column, height, width, colour=ORANGE):
    style = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "clip_on": False, "zorder": 3}
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), width, height, **style))
