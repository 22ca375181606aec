"""Pictures of what networks cost: how far a neuron sees, where the cost lies, what it buys.

Not imported with `cs_cnn.arithmetic`, which stays light.
"""

from math import pi, prod

from cs_cnn.plots import style

FAMILIES = {"AlexNet": style.BLACK, "VGG": style.ORANGE, "Goog": style.GREEN, "ResN": style.BLUE}
ABOVE = ("GoogLeNet", "ResNet-101")  # names that have no room to the right
AREA = 9.0  # square points of a circle for each million parameters


def sight(layers):
    """Show which pixels one output sees, through every layer in between, along one side.

    Parameters
    ----------
    layers : sequence of (kernel_size, stride, dilation)
        The first layer first.

    Returns
    -------
    Picture
        The image at the bottom, the output on top; neurons that the output doesn't use are grey.
    """
    steps = [prod(stride for _, stride, _ in layers[:k]) for k in range(len(layers) + 1)]
    levels = [[0]]
    for layer in reversed(layers):
        levels.insert(0, sorted({p for place in levels[0] for p in _taps(place, *layer)}))
    starts = [-step * (ps[0] + ps[-1]) / 2 for ps, step in zip(levels, steps, strict=True)]
    figure, ax = _axes((7, 0.75 * len(levels) + 0.3))
    for k, (ps, step, start) in enumerate(zip(levels, steps, starts, strict=True)):
        every = range(ps[0], ps[-1] + 1)
        ax.scatter([start + step * p for p in every], [k] * len(every), s=14, color="#CCCCCC")
        ax.scatter([start + step * p for p in ps], [k] * len(ps), s=34, color=style.ORANGE)
        for p in ps if k else ():
            for tap in _taps(p, *layers[k - 1]):
                xs = starts[k - 1] + steps[k - 1] * tap, start + step * p
                ax.plot(xs, (k - 1, k), color=style.ORANGE, linewidth=0.5, zorder=0)
    names = ["image", *(f"layer {k}" for k in range(1, len(levels)))]
    ax.set_yticks(range(len(levels)), names)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return figure


def _taps(place, kernel_size, stride, dilation):
    """The places of the layer below that one place looks at."""
    return range(place * stride, place * stride + dilation * kernel_size, dilation)


def shares(summary):
    """Show each layer's share of a network's memory, operations and parameters.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    Picture
    """
    rows = summary.rows[::-1]
    figure, panels = _axes((9, 0.2 * len(rows) + 0.6), 3)
    counts = {"numbers": "memory, numbers", "macs": "work, MACs", "parameters": "parameters"}
    for ax, (count, title), colour in zip(panels, counts.items(), style.LINES[1:], strict=True):
        total = getattr(summary, count)
        values = [100 * getattr(row, count) / total for row in rows]
        ax.barh(range(len(rows)), values, color=colour)
        ax.set_title(f"{title}: % of {_short(total)}", fontsize=9)
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.set_yticks(range(len(rows)), [row.name for row in rows] if ax is panels[0] else [])
        ax.tick_params(left=False)
    return figure


def trade_off(networks, names=True):
    """Show accuracy against operations, with circles as large as the number of parameters.

    Parameters
    ----------
    networks : dict of str to Network
        Those without a `top1` are left out.
    names : bool
        Whether the circles have their names.

    Returns
    -------
    Picture
        As figure 2 of Canziani et al., "An analysis of deep neural network models for practical
        applications", 2016.
    """
    figure, ax = _axes((7.5, 4.4))
    for name, network in networks.items():
        if network.top1 is None:
            continue
        at, millions = (network.summary.macs / 1e9, network.top1), network.summary.parameters / 1e6
        colour = next(FAMILIES[family] for family in FAMILIES if name.startswith(family))
        _circle(ax, at, millions, colour, name.removesuffix(" (torchvision)") if names else "")
        ax.scatter(*at, s=6, color=colour)
    for x, millions in ((13, 5), (15, 50), (18, 150)):
        _circle(ax, (x, 60), millions, "#777777", f"{millions} M")
    ax.text(15.5, 57, "parameters", ha="center")
    ax.set(xlim=(-1, 22.5), ylim=(56, 81), ylabel="top-1 accuracy on ImageNet, %")
    ax.set_xlabel("operations for one image, billions of multiply-accumulates")
    ax.grid(color="#E6E6E6")
    ax.set_axisbelow(True)
    return figure


def _circle(ax, at, millions, colour, name):
    """A circle for so many million parameters, with its name to the right or above."""
    area = AREA * millions
    ax.scatter(*at, s=area, color=colour, alpha=0.35, linewidth=0)
    beside = (area / pi) ** 0.5 + 3
    place = {"ha": "center", "xytext": (0, beside)} if name in ABOVE else {}
    place = {"xytext": (beside, -3)} | place
    ax.annotate(name, at, textcoords="offset points", **place)


def _axes(size, columns=1):
    with style.rc_context(style.STYLE):
        figure = style.Picture(figsize=size, layout="constrained")
        return figure, figure.subplots(1, columns)


def _short(count):
    """A large count in three digits: 138 M, 15.5 G."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return str(count)
