"""Inceptionism (Mordvintsev, Olah, Tyka 2015): show a network more of what it sees already.

The picture climbs: each step follows the gradient of how strongly a layer answers. It starts small
and grows, so that large forms come first and details after.
"""

import numpy as np
import torch
from skimage.transform import resize

from cs_cnn.gallery import Result
from cs_cnn.gallery.eye import Eye, photograph
from cs_cnn.gallery.pictures import ascent_step


def answer(eye, picture, layer, unit=None):
    """How strongly a layer answers, and the gradient of that: a float and an array (3, H, W).

    Parameters
    ----------
    eye : Eye
    picture : array (3, H, W)
    layer : str
    unit : int, optional
        One channel: its mean. By default all: the mean of their squares.
    """
    x = torch.tensor(picture, requires_grad=True)
    out = eye.look(x, [layer])[layer]
    value = out.square().mean() if unit is None else out[unit].mean()
    value.backward()
    return float(value.detach()), x.grad.numpy()


def dream(
    picture,
    eye,
    layer,
    unit=None,
    steps=12,
    rate=0.012,
    octaves=3,
    seed=0,
    ascent_step=ascent_step,
):
    """Let a layer, or one unit of it, change a picture to its liking.

    Parameters
    ----------
    picture : array (3, H, W)
        Colours from 0 to 1.
    eye : Eye
    layer : str
    unit : int, optional
    steps : int
        For each octave.
    rate : float
        Mean change of a pixel in a step.
    octaves : int
        Sizes; each is 1.4 times the one before, and the last is the picture's.
    seed : int
        Before each step the picture is shifted a little, so that no grid shows.
    ascent_step : callable
        Yours, or the one of `cs_cnn.gallery.pictures`.

    Returns
    -------
    array (3, H, W)
    """
    rng, change = np.random.default_rng(seed), np.zeros((3, 1, 1), np.float32)
    for octave in reversed(range(octaves)):
        size = [round(n / 1.4**octave) for n in picture.shape[1:]]
        small, change = scaled(picture, size), scaled(change, size)
        now = np.clip(small + change, 0, 1)
        for _ in range(steps):
            shift = rng.integers(-8, 9, 2)
            rolled = np.roll(now, shift, (1, 2))
            rolled = ascent_step(rolled, answer(eye, rolled, layer, unit)[1], rate)
            now = np.roll(rolled, -shift, (1, 2))
        change = now - small
    return now


def scaled(picture, size):
    """A picture (3, H, W) in another size."""
    return resize(picture, (3, *size), anti_aliasing=True).astype(np.float32)


def run(seed=0, steps=12, side=128):
    """Dream of a photograph, and compare how much stronger the layer answers afterwards.

    The baseline changes every pixel by as much, to the one side or the other, at random.

    Parameters
    ----------
    seed : int
        Chooses the part of the photograph, the shifts, and the random change.
    steps, side : int

    Returns
    -------
    Result
        Times stronger than for the photograph; arrays: `photograph`, `dream`, `random`.
    """
    eye, rng = Eye(), np.random.default_rng(seed)
    photo = photograph("flower", side, rng)
    layer = eye.deep[1]
    dreamt = dream(photo, eye, layer, steps=steps, seed=seed)
    signs = rng.choice((-1, 1), photo.shape).astype(np.float32)
    random = np.clip(photo + signs * np.abs(dreamt - photo), 0, 1)
    before, after, beside = (answer(eye, p, layer)[0] for p in (photo, dreamt, random))
    arrays = {"photograph": photo, "dream": dreamt, "random": random}
    return Result("times stronger", after / before, beside / before, "random change", arrays)
