"""Where two arrays differ: three panels as SVG, which takes a few milliseconds.

Checks show it with every wrong array, for a whole class; matplotlib would take longer to draw it
than to grade the answer.
"""

import base64
import io

import numpy as np
from PIL import Image

from cs_cnn.checks.compare import worst_place
from cs_cnn.plots.style import FEW, GREEN, SIGNED

SIDE, GAP, HEAD = 180, 14, 38  # pixels: a panel's width, the space between, the titles' height
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
font-family="sans-serif" font-size="12" text-anchor="middle">
<rect width="100%" height="100%" fill="white"/><text x="50%" y="14">{title}</text>
{panels}</svg>"""
PANEL = """<g transform="translate({left} {HEAD})"><text x="{middle}" y="-6">{name}</text>
<image width="{SIDE}" height="{height}" preserveAspectRatio="none" \
style="image-rendering: pixelated" href="data:image/png;base64,{png}"/>
<path d="{lines}" stroke="#AAAAAA" stroke-width="0.6" fill="none"/>
<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" stroke="{GREEN}" stroke-width="2.5" \
fill="none"/></g>
"""


class Svg(str):
    """A picture as SVG text; Jupyter shows it."""

    def _repr_svg_(self):
        return str(self)


def difference(got, want):
    """Show two arrays and their difference, with the worst place marked.

    Of arrays with more than two dimensions, the last two are shown where the difference is largest.
    NaN and infinity are grey and count as the largest difference.

    Parameters
    ----------
    got, want : arrays of one shape
        At least one dimension.

    Returns
    -------
    Svg

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
    height = SIDE * float(np.clip(right.shape[0] / right.shape[1], 0.4, 2.5))
    panels = [
        _panel(
            number, name, values, largest(off if values is off else right), (row, column), height
        )
        for number, (name, values) in enumerate(shown.items())
    ]
    index = ", ".join(map(str, worst))
    return Svg(
        PICTURE.format(
            width=3 * SIDE + 4 * GAP,
            height=HEAD + height + GAP,
            title=f"[{index}]: {got[worst]:.4g}, expected {want[worst]:.4g}",
            panels="".join(panels),
        )
    )


def largest(values):
    """The largest size of the finite numbers, or 1 if that is 0."""
    return np.abs(values[np.isfinite(values)]).max(initial=0) or 1.0


def _panel(number, name, values, scale, worst, height):
    """One panel: the numbers as colours, lines between them if they are few, the worst outlined."""
    (H, W), (row, column) = values.shape, worst
    h, w = height / H, SIDE / W
    few = max(H, W) <= FEW
    across = [f"M0 {k * h:g}H{SIDE}" for k in (range(H + 1) if few else (0, H))]
    down = [f"M{k * w:g} 0V{height:g}" for k in (range(W + 1) if few else (0, W))]
    return PANEL.format(
        left=GAP + number * (SIDE + GAP),
        middle=SIDE / 2,
        name=name,
        height=height,
        png=_colours(values, scale),
        lines="".join(across + down),
        **{"x": column * w, "y": row * h, "w": w, "h": h},
        **{"SIDE": SIDE, "HEAD": HEAD, "GREEN": GREEN},
    )


def _colours(values, scale):
    """A PNG with one pixel for each number, red above zero and blue below, as base64 text."""
    unit = 0.5 + np.ma.masked_invalid(values / scale) / 2
    png = io.BytesIO()
    Image.fromarray(SIGNED(unit, bytes=True)).save(png, format="PNG")
    return base64.b64encode(png.getvalue()).decode()
