"""Pictures of what a machine can do and does: the roofline, and how often memory is read."""

import numpy as np

from cs_cnn.plots.style import LINES, STYLE, Picture, panels, rc_context, rule


def roofline(peak, bandwidth, points):
    """Show the limits of a machine, and where some functions are below them.

    Parameters
    ----------
    peak : float
        Operations per second at most.
    bandwidth : float
        Bytes per second at most, to and from memory.
    points : dict of str to (float, float)
        By name: operations per byte, operations per second.

    Raises
    ------
    ValueError
        If a number is not positive.
    """
    numbers = np.array([(peak, bandwidth), *points.values()], dtype=np.float64)
    if not (numbers > 0).all():
        raise ValueError(f"roofline: all numbers must be positive, got {numbers.tolist()}")
    ridge, (x, y) = peak / bandwidth, numbers[1:].T
    low, high = min(ridge, *x) / 4, max(ridge, *x) * 4
    with rc_context(STYLE):
        figure = Picture(figsize=(6.2, 3.4), layout="constrained")
        ax = figure.subplots()
        ax.loglog([low, ridge, high], [low * bandwidth, peak, peak], color=LINES[0])
        for k, (name, (intensity, speed)) in enumerate(points.items()):
            colour = LINES[1 + k % (len(LINES) - 1)]
            ax.loglog(intensity, speed, "o", color=colour)
            ax.annotate(name, (intensity, speed), (6, -3), textcoords="offset points", color=colour)
        ax.axvline(ridge, color="#AAAAAA", linewidth=0.8, linestyle=":")
        ax.set(xlabel="operations per byte", ylabel="operations per second")
        ax.set(xlim=(low, high), ylim=(min(y.min(), low * bandwidth) / 3, 3 * peak))
        ax.set_title(
            f"the roof: {peak / 1e9:.0f} billion operations, {bandwidth / 1e9:.0f} billion bytes "
            "per second"
        )
        ax.grid(color="#E6E6E6")
    return figure


def traffic(**counts):
    """Show how often every number of some arrays was read, all on one scale.

    Parameters
    ----------
    **counts : arrays (H, W) of ints, by name
        Grids up to 12 x 12 show their numbers.

    Raises
    ------
    ValueError
        If an array does not have two dimensions.
    """
    arrays = {name: np.asarray(a) for name, a in counts.items()}
    for name, a in arrays.items():
        if a.ndim != 2 or not a.size:
            raise ValueError(f"traffic: {name} must be (H, W), got {a.shape}: choose one map of it")
    top = max(1, max(a.max() for a in arrays.values()))
    titles = [f"{name.replace('_', ' ')}: {a.sum():,} in all" for name, a in arrays.items()]
    shape = next(iter(arrays.values())).shape
    figure, axes = panels("traffic", len(arrays), 3, titles, shape, size=3)
    for ax, a in zip(axes, arrays.values(), strict=False):
        ax.imshow(a, cmap="Oranges", vmin=0, vmax=top)
        rule(ax, a.shape)
        for y, x in np.ndindex(a.shape) if max(a.shape) <= 12 else ():
            colour = "white" if a[y, x] > 0.6 * top else "black"
            ax.text(x, y, a[y, x], ha="center", va="center", color=colour, fontsize=7)
    return figure
