"""Ants and bees: photographs in folders, which you unpack yourself."""

from pathlib import Path

import numpy as np

from .catalogue import entry
from .fetching import unpacked
from .integrity import DataError

KINDS = (".jpg", ".jpeg", ".png")  # the official archive also has a GIF that says "not found"


def load_hymenoptera(size=224, directory=None):
    """Photographs of ants and bees, of the size that ImageNet's networks expect.

    The short side is resized to size * 256 / 224, and the middle square is cut out.

    Parameters
    ----------
    size : int
        Pixels of the square.
    directory : path, optional
        As in `fetch`; the photographs are in its folder "hymenoptera", in train/ants, train/bees,
        val/ants and val/bees.

    Returns
    -------
    Dataset
        About 240 images (N, 3, size, size) to train on and 153 to test on: the set's "val".

    Raises
    ------
    DataError
        If they are not there; says how to get them.
    """
    from skimage.io import imread

    from cs_cnn.imagenet import prepare, restore

    from . import Dataset

    place, classes = unpacked("hymenoptera", directory), entry("hymenoptera")["classes"]
    arrays = []
    for split in ("train", "val"):
        files = [sorted(_pictures(place / split / name)) for name in classes]
        if not all(files):
            raise DataError(f"hymenoptera: {place / split} lacks photographs of {classes}")
        resized = round(size * 256 / 224)
        photos = [restore(prepare(imread(file), resized, size)) for file in sum(files, [])]
        arrays += [np.stack(photos), np.repeat(np.arange(len(files)), [len(f) for f in files])]
    return Dataset(*arrays, class_names=tuple(classes), name="hymenoptera")


def _pictures(place):
    return [path for path in Path(place).glob("*") if path.suffix.lower() in KINDS]
