"""Actions in clips after Simonyan and Zisserman (2014): two networks, two streams of pictures.

The spatial stream is given a single frame in colour. The temporal stream is given optical flow and
no picture: how far each pixel moves from each frame to the next. Their probabilities are averaged.
"""

import numpy as np
from scipy.ndimage import uniform_filter
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result, drawing
from cs_cnn.gallery.train import convnet, fit, predict

SIDE, FRAMES, MIDDLE = 32, 7, 3
COLOURS = {"red": (0.8, 0.2, 0.2), "green": (0.2, 0.8, 0.2), "blue": (0.2, 0.2, 0.8)}
MOTIONS = ("slides", "spins", "grows", "shrinks")
CLASSES = tuple(f"{colour} {motion}" for colour in COLOURS for motion in MOTIONS)


def clips(n, seed):
    """Draw clips of a cross, in one of three colours, that does one of four things.

    Returns
    -------
    frames : array (n, FRAMES, 3, SIDE, SIDE), float32 in [0, 1]
    labels : array (n,)
        Indices into CLASSES.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), n)
    colour, motion = np.divmod(labels, len(MOTIONS))
    scene = drawing.ground(rng, n, SIDE, contrast=0.6)
    paints = np.array(list(COLOURS.values()))[colour] + rng.uniform(-0.15, 0.15, (n, 3))
    middle, heading = rng.uniform(12, SIDE - 12, (n, 2)), rng.uniform(0, 2 * np.pi, n)
    radius, angle = rng.uniform(7, 9, n), rng.uniform(0, 2 * np.pi, n)
    step = (motion == 0) * rng.uniform(0.8, 1.4, n)
    turn = (motion == 1) * rng.uniform(0.12, 0.25, n) * rng.choice((-1, 1), n)
    growth = 1 + rng.uniform(0.07, 0.11, n) * ((motion == 2) * 1.0 - (motion == 3))
    way = np.stack([np.cos(heading), np.sin(heading)], axis=1) * step[:, None]
    frames = np.empty((n, FRAMES, 3, SIDE, SIDE), np.float32)
    for t in range(FRAMES):
        since = t - MIDDLE  # in its middle every clip looks alike
        x, y = drawing.local(SIDE, middle + since * way, angle + since * turn)
        picture = scene.copy()
        cross = drawing.cross(x, y, radius * growth**since)
        drawing.paint(picture, cross, np.clip(paints, 0, 1))
        frames[:, t] = drawing.photograph(rng, picture, noise=0.03)
    return frames, labels


def optical_flow(frames, window=7):
    """How far each pixel moves from frame to frame, after Lucas and Kanade (1981).

    A pixel keeps its brightness while it moves: slope across times its speed across, plus slope
    down times its speed down, plus change in time is 0. One equation for two unknowns, so each
    pixel solves it together with its neighbours, by least squares.

    Parameters
    ----------
    frames : array (n, T, 3, H, W)
    window : int
        Neighbours along a side.

    Returns
    -------
    array (n, 2 (T - 1), H, W)
        Pixels to the right and down, for each pair of frames.
    """
    grey = frames.mean(axis=2)
    between = (grey[:, 1:] + grey[:, :-1]) / 2
    down, across = np.gradient(between, axis=(2, 3))
    change = grey[:, 1:] - grey[:, :-1]

    def near(product):
        return uniform_filter(product, (0, 0, window, window))

    xx, yy = (near(slope**2) + 1e-3 for slope in (across, down))
    xy, xt, yt = near(across * down), near(across * change), near(down * change)
    area = xx * yy - xy**2
    flow = np.stack([(xy * yt - yy * xt) / area, (xy * xt - xx * yt) / area], axis=2)
    return flow.reshape(len(frames), -1, *frames.shape[3:]).astype(np.float32)


def stream(channels):
    """A small classifier for either stream."""
    trunk = convnet(16, 32, 64, channels=channels)
    return nn.Sequential(trunk, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, len(CLASSES)))


def run(seed=0, steps=250, n=2000):
    """Train both streams and compare the two together with the nearest clip.

    Parameters
    ----------
    seed, steps : int
    n : int
        Training clips.

    Returns
    -------
    Result
        Arrays: frames, flow, labels, guesses; the accuracy of each stream, `spatial`, `temporal`.
    """
    (frames, labels), (fresh, truth) = clips(n, (seed, 0)), clips(300, (seed, 1))
    shares = {}
    for name, see in (("spatial", lambda clip: clip[:, MIDDLE]), ("temporal", optical_flow)):
        x, channels = see(frames), 3 if name == "spatial" else 2 * (FRAMES - 1)
        model = fit(
            lambda channels=channels: stream(channels),
            (x, labels),
            lambda model, x, labels: F.cross_entropy(model(x), labels),
            steps,
            batch=64,
            seed=seed,
        )
        scores = predict(model, see(fresh))
        shares[name] = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    guesses = (shares["spatial"] + shares["temporal"]).argmax(axis=1)
    nearest = KNeighborsClassifier(1).fit(frames.reshape(n, -1), labels)
    return Result(
        "accuracy",
        float(np.mean(guesses == truth)),
        nearest.score(fresh.reshape(len(fresh), -1), truth),
        "nearest clip",
        {
            "frames": fresh,
            "flow": optical_flow(fresh[:8]),
            "labels": truth,
            "guesses": guesses,
            **{name: np.mean(p.argmax(axis=1) == truth) for name, p in shares.items()},
        },
    )
