"""The picture of a window: which pixels a filter meets, and the output pixel that they make."""

import numpy as np
from matplotlib.colors import ListedColormap

from cs_cnn.plots.style import FEW, STYLE, Picture, outline, rc_context, rule
from cs_cnn.shapes import need_dims, pad_pairs, pair, window_shape

CELLS = ListedColormap(["white", "#FBD9B5", "#DDDDDD"])  # plain, chosen, padding


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
    outline(panels[0], *start, *span)
    outline(panels[-1], i, j, 1, 1)
    return figure


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
            rule(ax, values.shape)
            for y, x in np.argwhere(~np.isnan(values)) if few else ():
                ax.text(x, y, f"{values[y, x]:.3g}", ha="center", va="center")
            left += w + 0.8
    return figure, figure.axes
