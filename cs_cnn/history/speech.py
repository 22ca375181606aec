"""Spectrograms of vowels and glides, generated: many voices, none of them real."""

import numpy as np

FORMANTS = {
    "ee": (270, 2290, 3010),
    "ae": (660, 1720, 2410),
    "ah": (730, 1090, 2440),
    "oo": (300, 870, 2240),
    "er": (490, 1350, 1690),
}
"""The three resonances of each vowel in Hz, means of men: Peterson and Barney, J. Acoust. Soc. Am.
24, 1952."""
GLIDES = {"ai": ("ah", "ee"), "ia": ("ee", "ah"), "ou": ("er", "oo"), "uo": ("oo", "er")}
SOUNDS = (*FORMANTS, *GLIDES)
BANDS, FRAMES = 32, 11


def spoken(sound, voice, rng, noise=0.25):
    """One sound as a spectrogram: how strong each band of frequencies is, frame by frame.

    Parameters
    ----------
    sound : str
        One of `SOUNDS`.
    voice : float
        What the formants are multiplied by: about 0.85 for a large man, 1.4 for a child.
    rng : numpy Generator
        For loudness, pace and noise.
    noise : float
        Standard deviation; a formant has about 1.

    Returns
    -------
    array (32, 11)
        Bands from low to high, frames from early to late.
    """
    start, end = (np.array(FORMANTS[v]) for v in GLIDES.get(sound, (sound, sound)))
    pace = 1 / (1 + np.exp(-(np.arange(FRAMES) - FRAMES / 2 - rng.uniform(-2, 2))))
    formants = voice * start * (end / start) ** pace[:, None]
    bands = np.geomspace(150, 5000, BANDS)
    far = np.log(bands[:, None, None] / formants) / 0.12
    strength = np.array([1.0, 0.8, 0.5]) * rng.uniform(0.6, 1.2, 3)
    clean = (strength * np.exp(-(far**2) / 2)).sum(axis=2)
    return rng.uniform(0.7, 1.3) * clean + noise * rng.normal(size=clean.shape)


def speech(n, rng, voices=(0.8, 1.45)):
    """n spectrograms of random sounds by random voices.

    Returns
    -------
    x : array (n, 32, 11)
    y : int array (n,)
        Index into `SOUNDS`.
    """
    y = rng.integers(0, len(SOUNDS), n)
    return np.array([spoken(SOUNDS[k], rng.uniform(*voices), rng) for k in y]), y
