"""ImageNet's recipe: how a photograph becomes a network's input, and scores become names.

The recipe of testing with one crop (Krizhevsky, Sutskever, Hinton 2012, and everyone since):
resize the short side to 256 pixels, cut out the middle 224 x 224, subtract each colour's mean and
divide by its standard deviation.
"""

from pathlib import Path

import numpy as np

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
"""Of red, green and blue over ImageNet's training photographs, in [0, 1]."""

CLASSES = tuple(
    (Path(__file__).parents[1] / "datasets/imagenet_classes.txt").read_text("utf-8").splitlines()
)
"""The names of the 1000 classes, in the order of the scores."""


def prepare(photo, resize=256, crop=224):
    """Make a network's input of a photograph.

    Parameters
    ----------
    photo : array (H, W, 3) of bytes, or of floats in [0, 1]
    resize : int
        Pixels of the short side after resizing.
    crop : int
        Pixels of the square that is cut out of the middle.

    Returns
    -------
    array (3, crop, crop), float32

    Raises
    ------
    ValueError
        For another shape, or a crop larger than the resized photograph.
    """
    from skimage.transform import resize as resized
    from skimage.util import img_as_float32

    photo = np.asarray(photo)
    if photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(
            f"prepare: a photograph must be (H, W, 3), got {photo.shape}; of a grey one, repeat "
            "the channel three times; of one with transparency, drop the fourth"
        )
    if crop > resize:
        raise ValueError(f"prepare: crop={crop} is larger than the short side, resize={resize}")
    scale = resize / min(photo.shape[:2])
    size = [max(resize, round(scale * side)) for side in photo.shape[:2]]
    small = resized(img_as_float32(photo), size, anti_aliasing=True)
    top, left = ((side - crop) // 2 for side in size)
    square = small[top : top + crop, left : left + crop].astype(np.float32)
    return ((square - MEAN) / STD).transpose(2, 0, 1)


def restore(x):
    """Make a picture that can be shown of a network's input, (3, H, W): the opposite of scaling.

    Returns
    -------
    array (3, H, W) in [0, 1], float32
    """
    return np.clip(x * STD[:, None, None] + MEAN[:, None, None], 0, 1)


def top(scores, k=5, names=CLASSES):
    """The k classes with the largest probabilities.

    Parameters
    ----------
    scores : array (1000,)
        Before softmax.
    k : int
    names : sequence of str
        As many as scores.

    Returns
    -------
    list of (str, float)
        Name and probability, the largest first.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != (len(names),):
        raise ValueError(
            f"top: {len(names)} names need scores of shape ({len(names)},), got {scores.shape}"
        )
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    return [(names[n], float(shares[n])) for n in np.argsort(-shares, kind="stable")[:k]]
