"""Pictures of the plane: how classifiers cut it up, and how optimisers walk through it."""

import numpy as np
from matplotlib.colors import ListedColormap

from cs_cnn.plots.style import BLACK, BLUE, GREEN, ORANGE, STYLE, Picture, rc_context

CLASSES = (ORANGE, BLUE, GREEN)
PALE = ListedColormap(["#FBDCC6", "#CFE3F1", "#CBEBDF"])


def regions(examples, columns=4, **classifiers):
    """Show which class wins where in the plane, and the examples on top.

    Parameters
    ----------
    examples : (x, y), or a list with one such pair for each panel
        x (N, 2) and y (N,), up to three classes 0, 1, 2.
    columns : int
    **classifiers : callables
        Each takes points (M, 2) and gives scores (M, C) or classes (M,). One panel each, by name.

    Returns
    -------
    Picture
    """
    several = isinstance(examples, list)
    pairs = examples if several else [examples] * len(classifiers)
    figure, axes = _panels(len(classifiers), columns)
    for ax, (x, y), (name, classifier) in zip(axes, pairs, classifiers.items(), strict=False):
        low, high = x.min(axis=0) - 0.4, x.max(axis=0) + 0.4
        across, up = (np.linspace(low[k], high[k], 200) for k in (0, 1))
        says = np.asarray(classifier(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)))
        says = says.argmax(axis=1) if says.ndim == 2 else says
        extent = low[0], high[0], low[1], high[1]
        grid = says.reshape(200, 200)
        style = {"origin": "lower", "extent": extent, "aspect": "auto", "interpolation": "nearest"}
        ax.imshow(grid, cmap=PALE, vmin=0, vmax=2, **style)
        colours = [CLASSES[k] for k in y]
        ax.scatter(*x.T, c=colours, edgecolor="white", linewidth=0.5, s=18, zorder=3)
        ax.set(title=name.replace("_", " "), xticks=[], yticks=[])
    return figure


def hyperplanes(x, y, w, b):
    """Show a linear classifier of the plane: regions, each class's line of score 0, and templates.

    Parameters
    ----------
    x, y : arrays (N, 2) and (N,)
    w, b : arrays (C, 2) and (C,), C up to 3
        The arrow of class c is w[c], across the line w[c]·x + b[c] = 0 to the side where the score
        grows.

    Returns
    -------
    Picture
    """
    figure = regions((x, y), columns=1, hyperplanes=lambda points: points @ w.T + b)
    (ax,) = figure.axes
    figure.set_size_inches(4.6, 3.8)
    ax.set_title("lines: score 0; arrows: where it grows")
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    for row, bias, colour in zip(w, b, CLASSES, strict=False):
        foot = -bias * row / (row @ row)  # the point of the line that is nearest to the origin
        along = np.array([-row[1], row[0]]) / np.linalg.norm(row)
        ends = foot + np.outer([-20, 20], along)
        ax.plot(*ends.T, color=colour, linewidth=1.5)
        tip = foot + 0.8 * row / np.linalg.norm(row)
        ax.annotate("", tip, foot, arrowprops={"arrowstyle": "->", "color": colour, "lw": 2})
    ax.set(xlim=(left, right), ylim=(low, high))
    return figure


def paths(loss, xlim, ylim, columns=3, **walks):
    """Show walks downhill on the map of a loss with two weights.

    Parameters
    ----------
    loss : callable
        Takes two arrays and gives the loss.
    xlim, ylim : pairs of numbers
    columns : int
    **walks : array (steps, 2)
        The weights from step to step; one panel each, by name.

    Returns
    -------
    Picture
        Dark is low. The start is a ring, the end a full dot.
    """
    across, up = np.meshgrid(np.linspace(*xlim, 120), np.linspace(*ylim, 120))
    height = loss(across, up)
    levels = np.geomspace(max(height.min(), 1e-3 * height.max()), height.max(), 14)
    figure, axes = _panels(len(walks), columns, width=2.9, height=2.0)
    for ax, (name, walk) in zip(axes, walks.items(), strict=False):
        walk = np.asarray(walk)
        ax.contourf(across, up, height, [0, *levels], cmap="Greys_r", alpha=0.55)
        ax.plot(*walk.T, ".-", color=ORANGE, linewidth=1, markersize=3)
        ax.plot(*walk[0], "o", markerfacecolor="white", markeredgecolor=BLACK)
        ax.plot(*walk[-1], "o", color=BLACK)
        ax.set(title=name.replace("_", " "), xlim=xlim, ylim=ylim, xticks=[], yticks=[])
    return figure


def _panels(n, columns, width=2.1, height=2.0):
    columns = min(n, columns)
    rows = -(-n // columns)
    with rc_context(STYLE):
        figure = Picture(figsize=(columns * width, rows * (height + 0.2)), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[n:]:
        ax.set_axis_off()
    return figure, axes[:n]
