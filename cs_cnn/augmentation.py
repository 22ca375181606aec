"""More training images for nothing: the same pictures, flipped and shifted a little."""

import numpy as np

from cs_cnn.shapes import need_dims


def shift_and_flip(x, shifts, flips):
    """Move each image by a few pixels, and mirror some of them left to right.

    Parameters
    ----------
    x : array (N, C, H, W)
    shifts : int array (N, 2)
        How many pixels each image moves (down, right); negative numbers move it up or left.
    flips : bool array (N,)
        Which images are mirrored, after the shift.

    Returns
    -------
    out : array, shape and dtype of x
        New pixels at the edge are 0.
    """
    need_dims("shift_and_flip", 4, x=x)
    if shifts.shape != (len(x), 2) or flips.shape != (len(x),):
        raise ValueError(
            f"shift_and_flip: {len(x)} images need shifts ({len(x)}, 2) and flips ({len(x)},), "
            f"got {shifts.shape} and {flips.shape}"
        )
    out = np.zeros_like(x)
    ### BEGIN SOLUTION
    H, W = x.shape[2:]
    for n, (down, right) in enumerate(shifts):
        part = x[n, :, max(-down, 0) : max(H - down, 0), max(-right, 0) : max(W - right, 0)]
        top, left = max(down, 0), max(right, 0)
        out[n, :, top : top + part.shape[1], left : left + part.shape[2]] = part
        if flips[n]:
            out[n] = out[n, :, :, ::-1].copy()
    ### END SOLUTION
    return out


def augment(x, rng, shift=0, flip=False):
    """Draw a shift of up to `shift` pixels each way for every image, and a coin toss if `flip`.

    Parameters
    ----------
    x : array (N, C, H, W)
    rng : numpy Generator
    shift : int
    flip : bool

    Returns
    -------
    array, shape and dtype of x
    """
    if not (shift or flip):
        return x
    shifts = rng.integers(-shift, shift + 1, (len(x), 2))
    return shift_and_flip(x, shifts, rng.random(len(x)) < (0.5 if flip else 0))
