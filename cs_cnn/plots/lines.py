"""Pictures of numbers: over steps, how they are spread, and three of them at once."""

from itertools import cycle

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from cs_cnn.plots.style import LINES, STYLE, Picture, rc_context


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


def bands(ylabel, xlabel, x=None, **runs):
    """Show several runs of each kind: their mean as a line, from least to most as a band.

    Parameters
    ----------
    ylabel, xlabel : str
    x : sequence of positive numbers, optional
        Where the points lie, on a logarithmic axis; by default they are counted.
    **runs : array (runs, points)
        Up to four kinds, by name. What is not finite leaves a gap.
    """
    figure, (ax,) = _axes(1, 5.2, 2.6)
    for (name, values), colour in zip(runs.items(), LINES, strict=False):
        values = np.array(values, dtype=np.float64)
        values[:, ~np.isfinite(values).all(axis=0)] = np.nan
        at = np.arange(values.shape[1]) if x is None else x
        style = {"marker": "o", "markersize": 4} if x is not None else {"linewidth": 1.2}
        ax.plot(at, values.mean(axis=0), color=colour, label=name.replace("_", " "), **style)
        ax.fill_between(at, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if x is not None:
        ax.set_xscale("log")
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
    ax.set_ylim(0, 1.08 * ax.get_ylim()[1])
    ax.grid(color="#E6E6E6")
    if len(runs) > 1:
        ax.legend(frameon=False)
    return figure


def bars(ylabel, groups, chance=None, **heights):
    """Show measured numbers side by side, each with its error bar.

    Parameters
    ----------
    ylabel : str
    groups : sequence of str
        What stands below each group of bars.
    chance : sequence of numbers, optional
        What guessing gives in each group, as a dotted line.
    **heights : (values, errors)
        Up to four kinds of bar by name: a number for each group, and how far it may be off.
    """
    figure, (ax,) = _axes(1, 1.2 + 1.5 * len(groups), 2.8)
    at, width = np.arange(len(groups)), 0.8 / len(heights)
    for k, ((name, (values, errors)), colour) in enumerate(
        zip(heights.items(), LINES, strict=False)
    ):
        label, place = name.replace("_", " "), at + (k - (len(heights) - 1) / 2) * width
        style = {"ecolor": "#888888", "capsize": 3}
        ax.bar(place, values, 0.9 * width, yerr=errors, color=colour, error_kw=style, label=label)
    if chance is not None:
        ax.hlines(chance, at - 0.45, at + 0.45, color="#888888", linestyle=":", label="guessing")
    ax.set_xticks(at, groups)
    ax.set(ylabel=ylabel)
    ax.legend(frameon=False, ncols=len(heights) + 1, loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure


def histograms(rows, limit=3.0):
    """Show how the numbers of some arrays are spread, side by side on one axis.

    Parameters
    ----------
    rows : dict of str to list of arrays
        Each row's name and its arrays, as many in each row: one panel per array.
    limit : float
        From -limit to limit; what lies outside counts in the outermost bars.
    """
    n = len(next(iter(rows.values())))
    figure, panels = _axes(len(rows) * n, 1.25, 1.1, columns=n)
    edges = np.linspace(-limit, limit, 42)
    for k, (ax, values) in enumerate(zip(panels, sum(rows.values(), []), strict=True)):
        values = np.asarray(values, dtype=np.float64).ravel()
        share = np.histogram(np.clip(values, -limit, limit), edges)[0] / values.size
        ax.bar(edges[:-1], share, width=np.diff(edges), align="edge", color=LINES[2])
        ax.set(ylim=(0, 0.25), yticks=[], xticks=[-limit, 0, limit])
        ax.spines["left"].set_visible(False)
        ax.set_title(f"std {values.std():.2g}")
        ax.set_ylabel("" if k % n else list(rows)[k // n])
    return figure


def circles(xlabel, ylabel, **points):
    """Show things by two numbers as a place and by a third as the area of a circle.

    Parameters
    ----------
    xlabel, ylabel : str
        The x axis is logarithmic.
    **points : (x, y, area)
        By name; the areas in any unit, the largest circle has 3000 square points.
    """
    with rc_context(STYLE):
        figure = Picture(figsize=(6.5, 3.6), layout="constrained")
        ax = figure.subplots()
        largest = max(area for _, _, area in points.values())
        for (name, (x, y, area)), colour in zip(points.items(), cycle(LINES), strict=False):
            size = 3000 * area / largest
            ax.scatter(x, y, s=size, color=colour, alpha=0.35, linewidth=0)
            ax.scatter(x, y, s=8, color=colour)
            beside = (size / np.pi) ** 0.5 + 3
            ax.annotate(name, (x, y), xytext=(0, beside), textcoords="offset points", ha="center")
        ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.margins(0.2, 0.3)
        ax.grid(color="#E6E6E6")
    return figure


def _axes(n, width, height, columns=1):
    """A picture with n panels, each of this size in inches."""
    rows = n // columns
    with rc_context(STYLE):
        figure = Picture(figsize=(columns * width, rows * height + 0.2), layout="constrained")
        return figure, figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
