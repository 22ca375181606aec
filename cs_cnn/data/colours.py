"""The generated colour set: ten kinds of shape and texture, drawn by NumPy, no download.

Every image is one object of a random size, place and tilt, in a random colour on a two-tone
background with four blobs of clutter, uneven light and noise. Light and dark, hue and place
are drawn without a look at the label, so that only form tells the classes apart.

The same seed gives the same bits on every platform. All randomness is `Generator(PCG64).random()`,
and the drawing uses only operations that IEEE 754 rounds exactly (+ - * / sqrt, abs, min, max,
remainder, rounding): no sine, no power, no sum whose order could change.

Letters: `n` images, `H = W = 32` pixels; lengths are in pixels from the image's centre.
"""

import numpy as np

SIZE = 32
CHUNK = 500  # images drawn at once: bounds the memory, changes no pixel
N_NUMBERS = 31  # random numbers that describe one image, noise aside
N_BLOBS = 4


def _disc(x, y, r, shift):
    return np.sqrt(x * x + y * y) - 0.95 * r


def _ring(x, y, r, shift):
    return abs(np.sqrt(x * x + y * y) - 0.75 * r) - 0.22 * r


def _box(x, y, width, height):
    return np.maximum(abs(x) - width, abs(y) - height)


def _square(x, y, r, shift):
    return _box(x, y, 0.8 * r, 0.8 * r)


def _triangle(x, y, r, shift):
    y = y - 0.25 * r
    return np.maximum(0.866 * abs(x) - 0.5 * y, y) - 0.55 * r


def _cross(x, y, r, shift):
    return np.minimum(_box(x, y, 0.95 * r, 0.3 * r), _box(x, y, 0.3 * r, 0.95 * r))


def _star(x, y, r, shift):
    # Five-fold mirror symmetry folds the plane onto half of one arm, whose edge is a line.
    cos, sin = 0.809017, 0.587785  # of 36 degrees
    x, y, r = abs(x), -y, 1.1 * r
    for normal in (cos, -cos):
        over = 2 * np.maximum(normal * x - sin * y, 0)
        x, y = x - over * normal, y + over * sin
    x, y = abs(x), y - r
    edge_x, edge_y = 0.45 * sin, 0.45 * cos - 1
    along = np.clip((x * edge_x + y * edge_y) / (edge_x * edge_x + edge_y * edge_y), 0, r)
    away_x, away_y = x - edge_x * along, y - edge_y * along
    side = np.where(y * edge_x < x * edge_y, -1, 1).astype(x.dtype)
    return np.sqrt(away_x * away_x + away_y * away_y) * side


def _patch(x, y, r):
    return np.maximum(_box(x, y, 0.95 * r, 0.95 * r), np.sqrt(x * x + y * y) - 1.15 * r)


def _bands(t, period):
    return (abs(np.mod(t / period, 1) - 0.5) - 0.25) * period


def _horizontal(x, y, r, shift):
    return np.maximum(_patch(x, y, r), _bands(y + shift, 0.55 * r))


def _vertical(x, y, r, shift):
    return np.maximum(_patch(x, y, r), _bands(x + shift, 0.55 * r))


def _checks(x, y, r, shift):
    a, b = _bands(x + shift, 0.8 * r), _bands(y + shift, 0.8 * r)
    return np.maximum(_patch(x, y, r), np.maximum(np.minimum(a, b), -np.maximum(a, b)))


def _dots(x, y, r, shift):
    period = 0.55 * r
    cell_x = np.mod((x + shift) / period, 1) - 0.5
    cell_y = np.mod((y + shift) / period, 1) - 0.5
    dots = (np.sqrt(cell_x * cell_x + cell_y * cell_y) - 0.33) * period
    inside = _patch(x - cell_x * period, y - cell_y * period, r) < 0  # whole dots only
    return np.where(inside, dots, 1)


# Signed distance to the object's outline, negative inside: (x, y, radius, shift of the pattern).
SHAPES = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
    "horizontal stripes": _horizontal,
    "vertical stripes": _vertical,
    "checkerboard": _checks,
    "dots": _dots,
}


def _between(u, low, high):
    """Numbers of [0, 1) moved to [low, high), shaped to broadcast over an image."""
    return (low + (high - low) * u)[:, None, None]


def _coverage(distance):
    """How much of a pixel the object covers: 1 inside, 0 outside, a ramp of one pixel between."""
    return np.clip(0.5 - distance, 0, 1)


def _rgb(hue, saturation, value):
    """HSV colours, each (n,) in [0, 1], as RGB of shape (n, 3, 1, 1)."""
    k = np.mod(np.array([5, 3, 1], dtype=hue.dtype) + 6 * hue[:, None], 6)
    ramp = np.clip(np.minimum(k, 4 - k), 0, 1)
    return (value[:, None] * (1 - saturation[:, None] * ramp))[:, :, None, None]


def _masks(labels, u, x, y):
    """The object's coverage of every pixel, (n, H, W)."""
    r = _between(u[0], 7.5, 12)
    half = _between(u[1], -0.16, 0.16)  # tangent of half the tilt: at most 18 degrees either way
    cos, sin = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    dx, dy = x - _between(u[2], -1, 1) * (15 - r), y - _between(u[3], -1, 1) * (15 - r)
    dx, dy = cos * dx + sin * dy, cos * dy - sin * dx
    shift = _between(u[4], 0, 10)
    masks = np.empty(dx.shape, dtype=dx.dtype)
    for label, distance in enumerate(SHAPES.values()):
        rows = labels == label
        masks[rows] = _coverage(distance(dx[rows], dy[rows], r[rows], shift[rows]))
    return masks


def _colours(u):
    """Background, its second tone and the object, each (n, 3, 1, 1): light on dark or reverse."""
    dark, light = 0.15 + 0.35 * u[5], 0.7 + 0.3 * u[6]
    swap = u[7] < 0.5
    hue = u[8]
    back_value, front_value = np.where(swap, light, dark), np.where(swap, dark, light)
    back = _rgb(hue, 0.2 + 0.5 * u[9], back_value)
    tone = _rgb(np.mod(hue + 0.12 * u[10], 1), 0.2 + 0.5 * u[9], back_value * (0.8 + 0.12 * u[11]))
    front = _rgb(np.mod(hue + 0.2 + 0.6 * u[12], 1), 0.3 + 0.6 * u[13], front_value)
    return back, tone, front


def _mix(below, above, mask):
    return below + (above - below) * mask[:, None]


def _draw(labels, numbers, noise):
    """Draw images from their random numbers.

    Parameters
    ----------
    labels : (n,) int array
    numbers : (n, N_NUMBERS) float32 array in [0, 1)
    noise : (n, 3, H, W) float32 array in [0, 1)

    Returns
    -------
    (n, 3, H, W) uint8 array
    """
    u = numbers.T
    axis = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x, y = axis[None, None, :], axis[None, :, None]
    back, tone, front = _colours(u)
    a, b = _between(u[14], -1, 1), _between(u[15], -1, 1)
    image = _mix(back, tone, _coverage(a * x + b * y - _between(u[16], -6, 6)))
    clutter = 0.4 * tone + 0.6 * front
    for i in range(N_BLOBS):
        v = u[17 + 3 * i : 20 + 3 * i]
        dx, dy = x - _between(v[0], -15, 15), y - _between(v[1], -15, 15)
        blob = _coverage(np.sqrt(dx * dx + dy * dy) - _between(v[2], 1, 3))
        image = _mix(image, clutter, blob)
    image = _mix(image, front, _masks(labels, u, x, y))
    light = 1 + (_between(u[29], -0.3, 0.3) * x + _between(u[30], -0.3, 0.3) * y) / 16
    image = image * light[:, None] + 0.14 * (noise - 0.5)
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _labels(n, rng):
    """Labels (n,): every run of ten holds each class once, in a random order."""
    order = np.argsort(rng.random((-(-n // len(SHAPES)), len(SHAPES))), axis=1, kind="stable")
    return order.ravel()[:n].astype(np.int64)


def generate(n, seed):
    """Draw `n` labelled images.

    A smaller `n` gives the first images of a larger one.

    Parameters
    ----------
    n : int
    seed : sequence of int
        Entropy of the PCG64 generator.

    Returns
    -------
    images : (n, 3, 32, 32) uint8 array
    labels : (n,) int64 array
        Indices into `SHAPES`.
    """
    labels = _labels(n, np.random.Generator(np.random.PCG64([*seed, 0])))
    rng = np.random.Generator(np.random.PCG64([*seed, 1]))
    images = np.empty((n, 3, SIZE, SIZE), dtype=np.uint8)
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        u = rng.random((rows.stop - start, N_NUMBERS + 3 * SIZE * SIZE)).astype(np.float32)
        noise = u[:, N_NUMBERS:].reshape(-1, 3, SIZE, SIZE)
        images[rows] = _draw(labels[rows], u[:, :N_NUMBERS], noise)
    return images, labels
