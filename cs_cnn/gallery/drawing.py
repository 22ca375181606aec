"""Brushes for generated pictures: shapes as distances, painted with soft edges on many at once.

A shape is given by the distance of every pixel from its edge, negative inside. All brushes draw on
`n` pictures together: a number per picture has the shape (n,), a point (n, 2) as (x, y), in pixels.
"""

import numpy as np


def grid(size):
    """The x and the y of every pixel of a square picture, each (size, size)."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    return x, y


def paint(pictures, distance, colours):
    """Paint a shape on every picture (n, 3, H, W), in place; colours (n, 3) from 0 to 1."""
    cover = np.clip(0.5 - distance, 0, 1).astype(np.float32)[:, None]
    pictures += cover * (np.asarray(colours, np.float32)[..., None, None] - pictures)


def local(size, centre, angle=0.0):
    """Every pixel's place as seen from a centre (n, 2), turned by an angle (n,): x, y (n, H, W)."""
    x, y = grid(size)
    x, y = x - wide(centre[:, 0]), y - wide(centre[:, 1])
    cos, sin = wide(np.cos(angle)), wide(np.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def disc(x, y, radius):
    return np.hypot(x, y) - wide(radius)


def box(x, y, width, height):
    """A rectangle, by half its width and half its height."""
    return np.maximum(np.abs(x) - wide(width), np.abs(y) - wide(height))


def ellipse(x, y, width, height):
    """An ellipse, by half its width and half its height."""
    return (np.hypot(x / wide(width), y / wide(height)) - 1) * wide(np.minimum(width, height))


def triangle(x, y, radius):
    """An upright triangle with equal sides in a circle."""
    half = wide(radius) / 2
    return np.maximum(0.866 * np.abs(x) - 0.5 * y - half, y - half)


def cross(x, y, radius):
    return np.minimum(box(x, y, radius, radius / 3), box(x, y, radius / 3, radius))


def line(size, start, end, width):
    """A line from a point to another, by half its width; its ends are round."""
    x, y = grid(size)
    along = end - start
    x, y = x - wide(start[:, 0]), y - wide(start[:, 1])
    dx, dy = wide(along[:, 0]), wide(along[:, 1])
    t = np.clip((x * dx + y * dy) / np.maximum(dx * dx + dy * dy, 1e-6), 0, 1)
    return np.hypot(x - t * dx, y - t * dy) - wide(width)


def ground(rng, n, size, cells=6, contrast=0.35):
    """Backgrounds (n, 3, size, size): clouds of colour, as many as `cells` along a side."""
    coarse = rng.random((n, 3, cells + 1, cells + 1), dtype=np.float32)
    at = np.linspace(0, cells, size, dtype=np.float32)[:, None]
    between = np.clip(1 - np.abs(at - np.arange(cells + 1, dtype=np.float32)), 0, 1)
    clouds = between @ coarse @ between.T
    base = rng.uniform(0.25, 0.75, (n, 3, 1, 1)).astype(np.float32)
    return base + contrast * (clouds - 0.5)


def photograph(rng, pictures, noise=0.05):
    """Give pictures grain and keep them in [0, 1]."""
    grain = rng.standard_normal(pictures.shape, dtype=np.float32)
    return np.clip(pictures + noise * grain, 0, 1)


def wide(values):
    """Numbers (n,) as (n, 1, 1): one for each picture, for all its pixels."""
    return np.asarray(values, np.float32)[..., None, None]
