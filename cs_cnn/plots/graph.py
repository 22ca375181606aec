"""The picture of a computational graph: values above each node, gradients below."""

import numpy as np

from cs_cnn.graph import ancestors
from cs_cnn.plots.style import BLUE, GREEN, ORANGE, STYLE, Picture, rc_context


def graph(node):
    """Show what a node was made from: each value in green, each gradient in orange.

    Arrays are shown by their shapes. A leaf without a name is a constant: it is written into the
    operation that uses it. A node that is used twice is drawn once.

    Parameters
    ----------
    node : cs_cnn.graph.Node

    Returns
    -------
    Picture
    """
    places = _places([one for one in ancestors(node) if not _constant(one)])
    columns = 1 + max(x for x, _ in places.values())
    rows = 1 + max(y for _, y in places.values())
    with rc_context(STYLE):
        figure = Picture(figsize=(0.9 * columns + 0.3, 0.78 * rows), layout="constrained")
        ax = figure.subplots()
    for one, (x, y) in places.items():
        for source in filter(places.get, one.sources):
            style = {"arrowstyle": "->", "color": "#888888", "shrinkA": 13, "shrinkB": 13}
            ax.annotate("", (x, y), places[source], arrowprops=style)
        edge = {"boxstyle": "round", "edgecolor": BLUE if one.sources else "#AAAAAA"}
        box = {"facecolor": "white", **edge}
        ax.text(x, y, _label(one), ha="center", va="center", bbox=box, zorder=3)
        beside = {"ha": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5}}
        ax.text(x, y + 0.25, _number(one.value), color=GREEN, **beside)
        ax.text(x, y - 0.25, _number(one.grad), va="top", color=ORANGE, **beside)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(-0.55, rows - 0.45))
    ax.set_axis_off()
    return figure


def _constant(node):
    return not node.sources and not node.name


def _label(node):
    """A leaf's name, or an operation with the constants that it uses."""
    constants = [_number(source.value) for source in node.sources if _constant(source)]
    return " ".join([node.name.replace("*", "×"), *constants])


def _places(order):
    """Column and row of every node: operations right of all their sources, none on another."""
    column, places = {}, {}
    for one in order:
        column[one] = 1 + max((column[s] for s in one.sources if s in column), default=-1)
    for one in order:
        users = [column[user] for user in order if one in user.sources]
        if users and not one.sources:  # a leaf stands next to where it is used first
            column[one] = min(users) - 1
    leaves = [one for one in order if not one.sources]
    wanted = {one: float(len(leaves) - 1 - leaves.index(one)) for one in leaves}
    taken = set()
    for one in order:
        if one not in wanted:
            wanted[one] = np.mean([places[s][1] for s in one.sources if s in places])
        row = wanted[one]
        while any(column[one] == c and abs(row - r) < 0.95 for c, r in taken):
            row += 0.5
        taken.add((column[one], row))
        places[one] = column[one], row
    return places


def _number(value):
    """A single number in three digits, an array by its shape."""
    return " x ".join(map(str, value.shape)) if value.ndim else f"{value:.3g}"
