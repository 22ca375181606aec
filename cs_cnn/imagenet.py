"""ImageNet's recipe: how a photograph becomes a network's input, and scores become names.

The recipe of testing with one crop (Krizhevsky, Sutskever, Hinton 2012, and everyone since):
resize the short side to 256 pixels, cut out the middle 224 x 224, subtract each colour's mean and
divide by its standard deviation. The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are
the ones that students write.
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
    scale = resize / min(photo.shape[:2])
    size = [max(resize, round(scale * side)) for side in photo.shape[:2]]
    small = resized(img_as_float32(photo), size, anti_aliasing=True)
    return crop_and_scale(small, crop).astype(np.float32)


def crop_and_scale(image, size=224, mean=MEAN, std=STD):
    """Cut out the middle of an image, scale its colours, and put the channels first.

    Parameters
    ----------
    image : array (H, W, C)
    size : int
        Pixels of the square that is cut out. Where the rest of a side is odd, the larger part of
        it is left out at the end.
    mean, std : array (C,)
        Per channel; the mean is subtracted, then the standard deviation divided by.

    Returns
    -------
    array (C, size, size)

    Raises
    ------
    ValueError
        If the square is larger than the image.
    """
    H, W = image.shape[:2]
    if size > min(H, W):
        raise ValueError(f"crop_and_scale: size={size} is larger than an image of {H} x {W}")
    ### BEGIN SOLUTION
    top, left = (H - size) // 2, (W - size) // 2
    square = image[top : top + size, left : left + size]
    return ((square - mean) / std).transpose(2, 0, 1)
    ### END SOLUTION


def restore(x):
    """Make a picture that can be shown of a network's input, (3, H, W): the opposite of scaling.

    Returns
    -------
    array (3, H, W) in [0, 1], float32
    """
    return np.clip(x * STD[:, None, None] + MEAN[:, None, None], 0, 1)


def top_classes(scores, k=5, names=CLASSES):
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
        Name and probability, the largest first; of two that tie, the one with the smaller index.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != (len(names),):
        raise ValueError(
            f"top_classes: {len(names)} names need as many scores, got an array {scores.shape}"
        )
    ### BEGIN SOLUTION
    shares = np.exp(scores - scores.max())
    shares = shares / shares.sum()
    best = np.argsort(-shares, kind="stable")[:k]
    return [(names[n], float(shares[n])) for n in best]
    ### END SOLUTION
