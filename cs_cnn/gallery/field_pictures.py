"""Stand-ins for five fields' photographs: moles, galaxies, traffic signs, whales, aerial roads.

Each function draws n pictures (n, 3, SIZE, SIZE), float32 in [0, 1], with labels. `new` asks for
pictures as they come in use, which are not always as those that there are to learn from.
"""

import numpy as np

from cs_cnn.gallery import drawing
from cs_cnn.gallery.drawing import wide

SIZE = 32
SIGNS = ("stop", "yield", "priority", "no entry", "left", "right", "ahead", "warning")
GALAXIES = ("elliptical", "two arms", "three arms", "edge-on")
WHALES = 16


def moles(n, seed, new=False):
    """Moles, 0 harmless or 1 not: 1 in 17 to learn from, half of the new ones.

    Harmless moles are round and of one colour; the others have ragged edges and several colours.
    """
    rng = np.random.default_rng(seed)
    bad = rng.random(n) < (0.5 if new else 0.06)
    skin = np.stack([rng.uniform(0.7, 0.95, n)] * 3, axis=1) * (1, 0.8, 0.7)
    pictures = drawing.ground(rng, n, SIZE, contrast=0.08)
    pictures += (skin - pictures.mean(axis=(2, 3)))[..., None, None].astype(np.float32)
    x, y = _placed(rng, n, 3)
    angle, edge = np.arctan2(y, x), rng.uniform(4.5, 10, n)[:, None, None]
    ragged = np.where(bad, 0.13, 0.02)[:, None, None]
    wave = sum(
        rng.normal(0, 1, (n, 1, 1)) * np.cos(k * angle + rng.uniform(0, 6, (n, 1, 1)))
        for k in range(2, 8)
    )
    distance = (np.hypot(x, y) - edge * (1 + ragged * wave)) / 1.5
    brown = skin * rng.uniform(0.35, 0.7, (n, 1)) * (1, 0.85, 0.8)
    drawing.paint(pictures, distance, brown)
    for _ in range(2):  # other colours inside: strong ones in the bad, weak ones in the others
        place = rng.uniform(-0.6, 0.6, (2, n, 1, 1)) * edge
        spot = np.hypot(x - place[0], y - place[1]) - rng.uniform(0.3, 0.6, (n, 1, 1)) * edge
        colour = brown * (1 + np.where(bad, 0.5, 0.1)[:, None] * rng.uniform(-1, 1, (n, 1)))
        drawing.paint(pictures, np.maximum(spot, distance) / 2, colour)
    for _ in range(2):
        hair = drawing.line(SIZE, *rng.uniform(0, SIZE, (2, n, 2)), np.full(n, 0.15))
        drawing.paint(pictures, hair, 0.3 * skin)
    return drawing.photograph(rng, pictures, 0.03), bad.astype(int)


def galaxies(n, seed, new=False):
    """Galaxies of four kinds at any angle."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(GALAXIES), n)
    x, y = _placed(rng, n, 2, turn=np.pi)
    flat = np.choose(kind, [rng.uniform(0.55, 1, n), *rng.uniform(0.6, 1, (2, n)), [0.2] * n])
    r, angle = np.hypot(x, y / wide(flat)), np.arctan2(y / wide(flat), x)
    size, wound = rng.uniform(4.5, 6.5, (n, 1, 1)), rng.choice([-1, 1], (n, 1, 1))
    arms = np.choose(kind, [0, 2, 3, 0])[:, None, None]
    spiral = np.cos(arms * (angle - wound * rng.uniform(2.2, 3, (n, 1, 1)) * np.log(r / 3 + 0.4)))
    disc = np.exp(-r / size) * np.where(arms > 0, 0.15 + 0.85 * spiral.clip(0) ** 2, 1)
    core = np.exp(-((r / 2) ** 2))
    blue, red = np.array([0.7, 0.85, 1.1]), np.array([1.1, 0.9, 0.65])
    tint = np.where((arms > 0)[..., None], blue, red).reshape(n, 3, 1, 1)
    mixed = rng.uniform(0, 1, (n, 1, 1, 1))  # the colour alone does not tell
    tint = tint * mixed + (1 - mixed) * (blue + red)[:, None, None] / 2
    pictures = 0.04 + 1.1 * disc[:, None] * tint + 0.5 * core[:, None] * red[:, None, None]
    for _ in range(3):
        star = drawing.disc(*drawing.local(SIZE, rng.uniform(0, SIZE, (n, 2))), np.full(n, 0.2))
        pictures = np.maximum(pictures, np.exp(-(np.clip(star, 0, 9) ** 2))[:, None])
    return drawing.photograph(rng, pictures.astype(np.float32), 0.07), kind


def signs(n, seed, new=False):
    """Eight traffic signs: to learn from by day, the new ones in any light, fog and night too."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(SIGNS), n)
    pictures = drawing.ground(rng, n, SIZE, contrast=0.6)
    x, y = _placed(rng, n, 3, turn=0.15)
    radius = rng.uniform(8, 12, n)
    for label, name in enumerate(SIGNS):
        rows = kind == label
        layer = pictures[rows]
        for distance, colour in _sign(name, x[rows], y[rows], radius[rows]):
            drawing.paint(layer, distance, np.full((len(layer), 3), colour))
        pictures[rows] = layer
    low, high = (0.08, 1.0) if new else (0.8, 1.0)
    bright = rng.uniform(low, high, (n, 1, 1, 1)).astype(np.float32)
    fog = rng.uniform(0, 0.6 if new else 0.1, (n, 1, 1, 1)).astype(np.float32)
    return drawing.photograph(rng, bright * (pictures * (1 - fog) + 0.8 * fog), 0.02), kind


def _sign(name, x, y, radius):
    """What a sign is painted with: distances and colours, in this order."""
    red, white, blue, yellow = (
        (0.8, 0.1, 0.1),
        (0.95, 0.95, 0.95),
        (0.1, 0.3, 0.8),
        (0.95, 0.8, 0.1),
    )
    size = wide(radius)
    if name == "stop":
        octagon = np.maximum(drawing.box(x, y, radius, radius), (abs(x) + abs(y)) / 1.41 - size)
        bars = (drawing.box(x - k * size, y, radius / 12, radius / 4) for k in (-0.5, 0, 0.5))
        return (octagon, red), *((bar, white) for bar in bars)
    if name in ("yield", "warning"):
        down = -y if name == "yield" else y
        outer, inner = (drawing.triangle(x, down, radius * k) for k in (1.2, 0.75))
        mark = drawing.box(x, y, radius / 12, radius / 3)
        return (outer, red), (inner, white), *([(mark, (0, 0, 0))] if name == "warning" else [])
    if name == "priority":
        diamond = (abs(x) + abs(y)) / 1.41
        return (diamond - 0.8 * size, white), (diamond - 0.55 * size, yellow)
    if name == "no entry":
        return (drawing.disc(x, y, radius), red), (
            drawing.box(x, y, 0.7 * radius, radius / 5),
            white,
        )
    along, across = {"left": (-x, y), "right": (x, y), "ahead": (-y, x)}[name]
    head = np.maximum(abs(across) + along - 0.65 * size, -along)
    shaft = drawing.box(along + size / 5, across, radius / 2.5, radius / 7)
    return (drawing.disc(x, y, radius), blue), (np.minimum(head, shaft), white)


def whales(n, seed, new=False):
    """Right whales from the air: who is it? Each has light patches on its head of its own.

    The individuals depend on the first number of the seed alone, so that others of their pictures
    can be drawn with (seed, 0) and (seed, 1).
    """
    rng = np.random.default_rng(seed)
    own = np.random.default_rng((np.atleast_1d(seed)[0], 99))
    patches = own.uniform(-1, 1, (WHALES, 5, 2)) * (9, 3)
    sizes = own.uniform(0.7, 2.4, (WHALES, 5, 2))
    who = np.arange(n) % WHALES
    sea = np.stack([rng.uniform(0.1, 0.3, n), rng.uniform(0.3, 0.5, n), rng.uniform(0.4, 0.6, n)])
    pictures = drawing.ground(rng, n, SIZE, cells=10, contrast=0.25)
    pictures += (sea.T - pictures.mean(axis=(2, 3)))[..., None, None].astype(np.float32)
    x, y = _placed(rng, n, 2.5, turn=0.7)
    drawing.paint(pictures, drawing.ellipse(x, y, np.full(n, 14), np.full(n, 6)), 0.35 * sea.T)
    light = rng.uniform(0.6, 0.9, (n, 1)) * (1, 1, 0.95)
    for k in range(5):
        dx, dy = (wide(patches[who, k, axis]) for axis in (0, 1))
        spot = drawing.ellipse(x - dx, y - dy, *sizes[who, k].T)
        drawing.paint(pictures, spot, light)
    foam = drawing.disc(*drawing.local(SIZE, rng.uniform(0, SIZE, (n, 2))), rng.uniform(0, 3, n))
    drawing.paint(pictures, foam / 2, np.full((n, 3), 0.85))
    return drawing.photograph(rng, pictures, 0.06), who


def roads(n, seed, new=False):
    """Aerial pictures; 1 is a pixel of road, seen or under a tree. Roofs are of the same greys."""
    rng, size = np.random.default_rng(seed), 3 * SIZE // 2
    pictures = drawing.ground(rng, n, size, cells=4, contrast=0.2)
    land = rng.uniform((0.35, 0.4, 0.2), (0.6, 0.65, 0.4), (n, 3))
    pictures += (land - pictures.mean(axis=(2, 3)))[..., None, None].astype(np.float32)
    asphalt = rng.uniform(0.45, 0.7, (n, 1)) * np.ones(3)
    for _ in range(6):
        centre, angle = rng.uniform(0, size, (n, 2)), rng.uniform(0, np.pi, n)
        roof = drawing.box(*drawing.local(size, centre, angle), *rng.uniform(2, 4.5, (2, n)))
        drawing.paint(pictures, roof, asphalt + rng.uniform(-0.1, 0.1, (n, 1)))
    there = np.full((n, size, size), 99.0)
    middle = rng.uniform(0.25, 0.75, (n, 2)) * size
    for k in range(3):  # a road through the picture, and one that turns off
        angle = (
            rng.uniform(0, 2 * np.pi, n) if k != 1 else angle + np.pi + rng.uniform(-0.5, 0.5, n)
        )
        end = middle + 2 * size * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        there = np.minimum(there, drawing.line(size, middle, end, rng.uniform(1.2, 2.4, n)))
    drawing.paint(pictures, there, asphalt)
    for _ in range(8):
        tree = drawing.disc(
            *drawing.local(size, rng.uniform(0, size, (n, 2))), rng.uniform(1, 3, n)
        )
        drawing.paint(pictures, tree, land * (0.4, 0.6, 0.4))
    return drawing.photograph(rng, pictures, 0.04), (there < 0).astype(int)


def _placed(rng, n, shift, turn=0.0):
    """Every pixel as seen from near the middle, turned by up to so much."""
    centre = SIZE / 2 + rng.uniform(-shift, shift, (n, 2))
    return drawing.local(SIZE, centre, rng.uniform(-turn, turn, n))
