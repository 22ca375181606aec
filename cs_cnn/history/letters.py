"""Letters as the Mark I saw them: 20 x 20 photocells, each lit or dark."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 20
FACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "STIXGeneralBol",
    "cmb10",
)
"""Typefaces that come with matplotlib."""


@cache
def letter(character, face=0, height=14):
    """One letter in the middle of the photocells.

    Parameters
    ----------
    character : str
    face : int
        Index into `FACES`.
    height : int
        Size of the type in pixels.

    Returns
    -------
    bool array (20, 20)
        True where the letter is.
    """
    fonts = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    font = ImageFont.truetype(str(fonts / f"{FACES[face]}.ttf"), height + 3)
    image = Image.new("L", (SIDE, SIDE))
    left, top, right, bottom = font.getbbox(character)
    corner = (SIDE - right - left) // 2, (SIDE - bottom - top) // 2
    ImageDraw.Draw(image).text(corner, character, fill=255, font=font)
    return np.asarray(image) > 127


def letters(characters, copies, rng, faces=FACES, shift=0, noise=0.0):
    """Many letters in random order, each in a typeface of its own, moved a little and with noise.

    Parameters
    ----------
    characters : str
    copies : int
        How many of each.
    rng : numpy Generator
    faces : sequence of str
        Typefaces to take turns, from `FACES`.
    shift : int
        Each letter moves by up to so many photocells, down and to the right (or up and left).
    noise : float
        The share of photocells that report the opposite.

    Returns
    -------
    x : array (N, 20, 20)
        1.0 where a photocell is lit, else 0.0.
    y : int array (N,)
        Index into `characters`.

    Raises
    ------
    ValueError
        If a shift moves letters out of sight (more than 3), or noise is not between 0 and 1.
    """
    if not 0 <= shift <= 3 or not 0 <= noise <= 1:
        raise ValueError(
            f"letters: shift={shift} must lie in 0..3, or letters leave the 20 x 20 photocells, "
            f"and noise={noise} in 0..1"
        )
    y = np.tile(np.arange(len(characters)), copies)
    face = np.repeat(np.arange(copies) % len(faces), len(characters))
    order = rng.permutation(len(y))
    x = [letter(characters[y[k]], FACES.index(faces[face[k]])) for k in order]
    x = [moved(one, *rng.integers(-shift, shift + 1, 2)) for one in x]
    flip = rng.random((len(y), SIDE, SIDE)) < noise
    return (np.array(x) ^ flip).astype(np.float64), y[order]


def moved(x, down, right):
    """Images moved by whole pixels; what leaves at one side is gone, what comes in is 0.

    Parameters
    ----------
    x : array (..., H, W)
    down, right : int
        Negative for up and left.
    """
    H, W = x.shape[-2:]
    out = np.zeros_like(x)
    rows, cols = slice(max(down, 0), H + min(down, 0)), slice(max(right, 0), W + min(right, 0))
    from_rows = slice(max(-down, 0), H - max(down, 0))
    from_cols = slice(max(-right, 0), W - max(right, 0))
    out[..., rows, cols] = x[..., from_rows, from_cols]
    return out
