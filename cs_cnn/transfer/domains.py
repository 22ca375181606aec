"""Worlds to learn in: shapes that a network has seen, shapes that it has not, pictures of sounds.

The shapes are those of `cs_cnn.data.load_colours`. The sounds are drawn here: a tenth of a second
each, as a spectrogram, which shows time from left to right and pitch from bottom to top.
"""

import numpy as np
from scipy.signal import spectrogram

from cs_cnn.data import Dataset, load_colours

KNOWN = ("disc", "square", "cross", "star", "horizontal stripes", "checkerboard")
RATE, SAMPLES = 8000, 1088  # per second, and in a sound: 33 windows of 64 that overlap by half
NOISE = 0.5
QUIET, LOUD = -17.0, -5.0  # logarithms of the power that are shown black and white


def shapes(n_train=5000, n_test=2000, seed=0):
    """Six kinds of shape to learn first, and four others to transfer to.

    Parameters
    ----------
    n_train, n_test : int
        Of all ten kinds together.
    seed : int

    Returns
    -------
    known, new : Dataset
        Images (N, 3, 32, 32), values from 0 to 1.
    """
    data = load_colours(n_train, n_test, seed)
    new = [name for name in data.class_names if name not in KNOWN]
    return _only(data, KNOWN, "known shapes"), _only(data, new, "new shapes")


def _only(data, names, title):
    """The classes with these names, numbered in this order."""
    place = np.array([names.index(n) if n in names else -1 for n in data.class_names])
    arrays = []
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        keep = place[y] >= 0
        arrays += [x[keep], place[y[keep]]]
    return Dataset(*arrays, class_names=tuple(names), name=title)


def sounds(n_train=1600, n_test=800, seed=0):
    """Spectrograms of eight kinds of sound, in noise: grey, and without anything like an object.

    Parameters
    ----------
    n_train, n_test : int
    seed : int

    Returns
    -------
    Dataset
        Images (N, 3, 32, 32), values from 0 to 1; every run of eight holds each class once.
    """
    arrays = []
    for split, n in enumerate((n_train, n_test)):
        rng = np.random.default_rng([seed, split])
        y = np.arange(n) % len(SOUNDS)
        makers = list(SOUNDS.values())
        waves = np.stack([rng.uniform(0.5, 1) * makers[k](rng) for k in y])
        waves += NOISE * rng.standard_normal(waves.shape)
        arrays += [_pictures(waves, rng), y]
    return Dataset(*arrays, class_names=tuple(SOUNDS), name="sounds")


def _pictures(waves, rng):
    """Spectrograms (N, 3, 32, 32) of waves (N, SAMPLES), each somewhat darker or brighter."""
    _, _, power = spectrogram(waves, RATE, nperseg=64, noverlap=32)
    levels = np.log(power[:, 32::-1][:, :32, :32] + 1e-9) + rng.standard_normal((len(waves), 1, 1))
    grey = np.clip((levels - QUIET) / (LOUD - QUIET), 0, 1).astype(np.float32)
    return np.repeat(grey[:, None], 3, axis=1)


TIME = np.arange(SAMPLES) / RATE


def _sine(cycles, rng):
    """A sine of so many cycles up to each moment, from a random phase on."""
    return np.sin(2 * np.pi * (cycles + rng.random()))


def _pitch(rng):
    return rng.uniform(600, 2600)  # Hz


def _tone(rng):
    return _sine(_pitch(rng) * TIME, rng)


def _rising(rng):
    return _sine(_pitch(rng) * TIME + rng.uniform(3000, 10_000) * TIME**2 / 2, rng)


def _falling(rng):
    return _rising(rng)[::-1]


def _vibrato(rng):
    rate, depth = rng.uniform(15, 40), rng.uniform(150, 400)
    return _sine(_pitch(rng) * TIME + depth / rate * _sine(rate * TIME, rng) / (2 * np.pi), rng)


def _clicks(rng):
    gap = rng.integers(120, 260)
    return 6.0 * ((np.arange(SAMPLES) + rng.integers(gap)) % gap == 0)


def _buzz(rng):
    pitch = rng.uniform(300, 700)
    overtones = range(1, int(0.48 * RATE / pitch) + 1)
    return 0.7 * sum(_sine(k * pitch * TIME, rng) / np.sqrt(k) for k in overtones)


def _beating(rng):
    return 1.2 * _tone(rng) * _sine(rng.uniform(20, 50) * TIME, rng)


def _hiss(rng):
    filter = np.sin(2 * np.pi * _pitch(rng) * TIME[:24]) * np.hanning(24)
    return 0.7 * np.convolve(rng.standard_normal(SAMPLES), filter, "same")


SOUNDS = {
    "tone": _tone,
    "rising": _rising,
    "falling": _falling,
    "vibrato": _vibrato,
    "clicks": _clicks,
    "buzz": _buzz,
    "beating": _beating,
    "hiss": _hiss,
}


def few(data, per_class, seed):
    """Draw so many training images of each class.

    Parameters
    ----------
    data : Dataset
    per_class : int
    seed : int

    Returns
    -------
    int array (classes * per_class,)
        Where they are in `data.x_train`. With the same seed, fewer are among the more.

    Raises
    ------
    ValueError
        If a class has not so many.
    """
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(data.y_train == k)) for k in np.unique(data.y_train)]
    least = min(map(len, rows))
    if per_class > least:
        raise ValueError(
            f"few: {per_class} images of each class were asked for, but {data.name} has only "
            f"{least} of one: ask for fewer, or make a larger set"
        )
    return np.concatenate([row[:per_class] for row in rows])
