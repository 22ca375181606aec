"""Generated scenes: up to four shapes in any colour, with boxes and a label for every pixel."""

from dataclasses import dataclass

import numpy as np

from cs_cnn.gallery import drawing

CLASSES = ("disc", "square", "triangle", "cross")
SIZE, MOST = 48, 4


@dataclass(frozen=True)
class Scenes:
    """Scenes with what is in them.

    Attributes
    ----------
    images : array (n, 3, SIZE, SIZE), float32 in [0, 1]
    boxes : array (n, MOST, 4)
        Left, top, right, bottom in pixels of each object; zeros where there is none.
    labels : array (n, MOST)
        An index into CLASSES, or -1 where there is no object.
    pixels : array (n, SIZE, SIZE)
        0 for the background, 1 + label for an object.
    """

    images: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    pixels: np.ndarray


def scenes(n, seed):
    """Draw scenes with one to four objects that hardly cover each other.

    The colours are drawn without a look at the class: only form tells the classes apart.

    Parameters
    ----------
    n : int
    seed : int or sequence of int

    Returns
    -------
    Scenes
    """
    rng = np.random.default_rng(seed)
    images = drawing.ground(rng, n, SIZE)
    boxes, labels = np.zeros((n, MOST, 4), np.float32), np.full((n, MOST), -1)
    pixels = np.zeros((n, SIZE, SIZE), int)
    counts = rng.integers(1, MOST + 1, n)
    for k, (centre, radius) in enumerate(_places(rng, n)):
        chosen = np.where(counts > k, rng.integers(0, len(CLASSES), n), -1)
        x, y = drawing.local(SIZE, centre, rng.uniform(-0.35, 0.35, n))
        distance = np.full(x.shape, 99, np.float32)
        for label, name in enumerate(CLASSES):
            rows = chosen == label
            distance[rows] = _distance(name, x[rows], y[rows], radius[rows])
        drawing.paint(images, distance, _colours(rng, images, centre))
        inside = distance < 0
        pixels = np.where(inside, 1 + chosen[:, None, None], pixels)
        here = counts > k
        labels[here, k], boxes[here, k] = chosen[here], _boxes(inside[here])
    return Scenes(drawing.photograph(rng, images), boxes, labels, pixels)


def _places(rng, n):
    """Centres and radii for MOST objects, each in a quarter of the picture of its own."""
    order = rng.permuted(np.tile(np.arange(MOST), (n, 1)), axis=1)
    corners = np.stack([order % 2, order // 2], axis=-1)
    for k in range(MOST):
        radius = rng.uniform(5, 10.5, n)
        middle = (corners[:, k] + 0.5) * SIZE / 2 + rng.uniform(-5, 5, (n, 2))
        yield np.clip(middle, 0.9 * radius[:, None], SIZE - 1 - 0.9 * radius[:, None]), radius


def _distance(name, x, y, radius):
    if name == "disc":
        return drawing.disc(x, y, 0.9 * radius)
    if name == "square":
        return drawing.box(x, y, 0.8 * radius, 0.8 * radius)
    return getattr(drawing, name)(x, y, radius)


def _colours(rng, images, centre):
    """Any colours that differ enough from what lies below."""
    column, row = centre.astype(int).T
    below = images[np.arange(len(images)), :, row, column]
    side = np.where(below > 0.5, -1, 1) * rng.uniform(0.05, 0.45, below.shape)
    return np.clip(below + side * rng.choice([-0.5, 1, 1], below.shape), 0, 1)


def _boxes(inside):
    """The smallest box around each mask: left, top, right, bottom, where right - left is width."""
    rows, columns = inside.any(axis=2), inside.any(axis=1)
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    right = SIZE - columns[:, ::-1].argmax(axis=1)
    bottom = SIZE - rows[:, ::-1].argmax(axis=1)
    return np.stack([left, top, right, bottom], axis=1)
