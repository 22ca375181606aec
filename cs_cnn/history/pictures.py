"""Pictures of this chapter alone: what a machine says in the plane, tuning curves, a timeline."""

import numpy as np

from cs_cnn.plots.style import BLUE, LINES, ORANGE, STYLE, Picture, rc_context

EVENTS = (
    (1958, 2, "perceptron"),
    (1959, -2, "cells that see edges"),
    (1960, 1, "Adaline"),
    (1962, -1, "simple and complex cells"),
    (1980, -1, "neocognitron"),
    (1986, 1, "back-propagation"),
    (1998, 0, "LeNet-5"),
    (2006, 2, "deep autoencoder"),
    (2010, 1, "deep nets hear"),
    (2012, 0, "AlexNet"),
)
"""Year, height in the timeline and name: learning above the line, seeing below, both on it."""


def plane(x, d, **machines):
    """Where each machine says yes (orange) and no (blue), and the examples on top.

    Parameters
    ----------
    x : array (N, 2)
        The examples: full dots are those that should get a yes.
    d : sequence of N, or one for each machine
        Above 0 for yes.
    **machines : callables
        Each takes points (M, 2) and gives M numbers, above 0 for yes. One panel each.
    """
    x = np.asarray(x, dtype=float)
    wanted = np.broadcast_to(np.asarray(d) > 0, (len(machines), len(x)))
    low, high = x.min(axis=0) - 0.6, x.max(axis=0) + 0.6
    across, up = (np.linspace(low[k], high[k], 200) for k in (0, 1))
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    with rc_context(STYLE):
        figure = Picture(figsize=(2.1 * len(machines), 2.3), layout="constrained")
        axes = figure.subplots(1, len(machines), squeeze=False)[0]
        for ax, (name, machine), yes in zip(axes, machines.items(), wanted, strict=True):
            says = (np.asarray(machine(points)) > 0).reshape(200, 200).astype(float)
            ax.contourf(across, up, says, [-0.5, 0.5, 1.5], colors=["#CFE3F1", "#FBD9B5"])
            ax.scatter(*x[yes].T, color=ORANGE, edgecolor="black", s=45, zorder=3)
            ax.scatter(*x[~yes].T, color="white", edgecolor=BLUE, linewidth=2, s=45, zorder=3)
            ax.set(title=name, xticks=[], yticks=[], aspect="equal")
    return figure


def tuning(xlabel, values, **cells):
    """How strongly cells answer, as a part of the strongest answer of all.

    Parameters
    ----------
    xlabel : str
    values : sequence of M numbers
        What was changed from one stimulus to the next.
    **cells : sequences of M numbers
        One curve each.
    """
    most = max(max(curve) for curve in cells.values()) or 1
    with rc_context(STYLE):
        figure = Picture(figsize=(5, 2.2), layout="constrained")
        ax = figure.subplots()
        for (name, curve), colour in zip(cells.items(), LINES, strict=False):
            ax.plot(values, np.asarray(curve) / most, "o-", markersize=3, color=colour, label=name)
        ax.set(xlabel=xlabel, ylabel="answer", ylim=(-0.05, 1.05))
        ax.grid(color="#E6E6E6")
        if len(cells) > 1:
            ax.legend(frameon=False)
    return figure


def timeline():
    """The machines of this chapter: learning above, seeing below, both on the line."""
    colours = {1: ORANGE, -1: BLUE, 0: "black"}
    with rc_context(STYLE):
        figure = Picture(figsize=(9.6, 3), layout="constrained")
        ax = figure.subplots()
        ax.axhline(0, color="#AAAAAA", zorder=0)
        for year, height, name in EVENTS:
            colour, below = colours[np.sign(height)], height < 0
            ax.plot([year, year], [0, height], color=colour, linewidth=1)
            ax.plot(year, 0, "o", color=colour)
            place = (year - 0.4, height + (-0.12 if below else 0.12))
            ax.text(*place, f"{year}  {name}", color=colour, va="top" if below else "bottom")
        ax.text(1971, 1.9, "learning from errors", color=ORANGE, fontsize=12, alpha=0.6)
        ax.text(1989, -2.1, "learning from eyes", color=BLUE, fontsize=12, alpha=0.6)
        ax.set(xlim=(1956, 2022), ylim=(-2.8, 2.8), yticks=[])
        ax.spines["left"].set_visible(False)
    return figure
