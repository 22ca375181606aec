"""Many small arrays as one tiny picture, made quickly: for pages that change while you look."""

import io

import numpy as np
from matplotlib.image import imsave

from cs_cnn.plots.style import SIGNED

GROUND = 0.92  # the grey between tiles


def tiles(maps, columns=8):
    """Put small arrays side by side as a PNG, one picture pixel per number.

    All share one scale, up to the largest size. Red is positive, white is zero, blue is negative;
    where no number is negative, black is zero and white the largest.

    Parameters
    ----------
    maps : array (N, H, W), or (N, 3, H, W) in colour, from 0 to 1
    columns : int

    Returns
    -------
    png : bytes
    size : (int, int)
        Width and height in pixels.
    """
    maps = np.asarray(maps, dtype=np.float32)
    colour = maps.ndim == 4 and maps.shape[1] == 3
    if not (maps.ndim == 3 or colour) or not maps.size:
        raise ValueError(
            f"tiles: maps must be (N, H, W) or (N, 3, H, W) and not empty, got {maps.shape}"
        )
    maps = np.nan_to_num(maps, posinf=0, neginf=0)
    top = np.abs(maps).max() or 1.0
    if colour:
        colours = maps.transpose(0, 2, 3, 1).clip(0, 1)
    elif maps.min() < 0:
        colours = SIGNED((maps / top + 1) / 2)
    else:
        colours = np.repeat(maps[..., None] / top, 3, axis=-1)
    (N,), (H, W) = maps.shape[:1], maps.shape[-2:]
    columns = min(columns, N)
    rows = -(-N // columns)
    sheet = np.full((rows * (H + 1) - 1, columns * (W + 1) - 1, 3), GROUND)
    for n, tile in enumerate(colours[..., :3]):
        i, j = n // columns * (H + 1), n % columns * (W + 1)
        sheet[i : i + H, j : j + W] = tile
    png = io.BytesIO()
    imsave(png, sheet, format="png")
    return png.getvalue(), (sheet.shape[1], sheet.shape[0])
