"""Pose: where are the joints of a body? A network tells their coordinates (DeepPose)."""

import numpy as np
import torch
from sklearn.neighbors import KNeighborsRegressor
from torch import nn

from cs_cnn.gallery import Result, drawing
from cs_cnn.gallery.train import convnet, fit, predict

SIZE = 48
JOINTS = ("head", "neck", "hip") + tuple(
    f"{side} {part}" for side in ("left", "right") for part in ("elbow", "hand", "knee", "foot")
)
BONES = ((0, 1), (1, 2), (1, 3), (3, 4), (2, 5), (5, 6), (1, 7), (7, 8), (2, 9), (9, 10))


def bodies(n, seed):
    """Draw people in any pose and any clothes, with sticks and clouds behind them.

    Returns
    -------
    images : array (n, 3, SIZE, SIZE), float32 in [0, 1]
    joints : array (n, 11, 2)
        The x and y of each of JOINTS, in pixels.
    """
    rng = np.random.default_rng(seed)
    joints = _skeletons(rng, n)
    pictures = drawing.ground(rng, n, SIZE, contrast=0.5)
    for _ in range(3):  # clutter: sticks that belong to nobody
        ends = rng.uniform(0, SIZE, (2, n, 2))
        width = rng.uniform(0.5, 1.5, n)
        drawing.paint(pictures, drawing.line(SIZE, *ends, width), rng.random((n, 3)))
    skin = np.stack([rng.uniform(0.45, 0.95, n)] * 3, axis=1) * (1, 0.8, 0.65)
    shirt, trousers = rng.random((2, n, 3))
    for start, end in sorted(BONES, key=lambda bone: bone != (1, 2)):
        arm, leg = {start, end} & {3, 4, 7, 8}, {start, end} & {5, 6, 9, 10}
        colour = trousers if leg else np.where(end in (4, 8), skin, shirt)
        width = np.full(n, 1.2 if arm else 1.5 if leg else 2.6)
        drawing.paint(pictures, drawing.line(SIZE, joints[:, start], joints[:, end], width), colour)
    x, y = drawing.local(SIZE, joints[:, 0])
    drawing.paint(pictures, drawing.disc(x, y, np.full(n, 3.2)), skin)
    return drawing.photograph(rng, pictures), joints.astype(np.float32)


def _skeletons(rng, n):
    """Joints (n, 11, 2): bones of fixed lengths, hinges at random angles."""

    def beyond(start, length, angle):
        return start + length * np.stack([np.sin(angle), np.cos(angle)], axis=1)

    size = rng.uniform(0.85, 1.1, (n, 1))
    lean = rng.normal(0, 0.2, n)
    hip = np.array([SIZE / 2, 0.58 * SIZE]) + rng.uniform(-5, 5, (n, 2)) * (1, 0.5)
    neck = beyond(hip, 12 * size, np.pi + lean)
    joints = [beyond(neck, 5 * size, np.pi + lean + rng.normal(0, 0.2, n)), neck, hip]
    for side in (-1, 1):
        upper = side * rng.uniform(0.2, 2.4, n)
        elbow = beyond(neck, 7 * size, upper)
        hand = beyond(elbow, 7 * size, upper + side * rng.uniform(-0.3, 1.6, n))
        thigh = side * rng.uniform(0.1, 0.8, n)
        knee = beyond(hip, 8 * size, thigh)
        foot = beyond(knee, 8 * size, thigh - side * rng.uniform(-0.1, 0.8, n))
        joints += [elbow, hand, knee, foot]
    return np.stack(joints, axis=1)


def detected(found, truth, share=0.2):
    """Give which joints are found: nearer than a share of the length from neck to hip.

    Parameters
    ----------
    found, truth : arrays (n, 11, 2)
    share : float

    Returns
    -------
    array (n, 11) of bool
    """
    torso = np.linalg.norm(truth[:, 1] - truth[:, 2], axis=1)
    return np.linalg.norm(found - truth, axis=2) < share * torso[:, None]


class Coordinates(nn.Module):
    """Coordinates (n, 11, 2) from -1 to 1: each the middle of gravity of a map of its joint.

    A map that says where a joint may be, and its mean as the coordinate, learns from far fewer
    images than linear layers that must put out a number (Sun, Xiao, Wei, Liang, Wei 2018).
    """

    def __init__(self):
        super().__init__()
        self.trunk = convnet(12, 24, 48)
        layers = []
        for dilation in (1, 2):
            layers += [nn.Conv2d(48, 48, 3, padding=dilation, dilation=dilation)]
            layers += [nn.BatchNorm2d(48), nn.ReLU()]
        self.maps = nn.Sequential(*layers, nn.Conv2d(48, len(JOINTS), 3, padding=1))

    def forward(self, x):
        maps = self.maps(self.trunk(x))
        maps = maps.flatten(2).softmax(dim=2).reshape(maps.shape)
        side = maps.shape[-1]
        at = torch.linspace(1 / side - 1, 1 - 1 / side, side, device=x.device)
        return torch.stack([maps.sum(dim=2) @ at, maps.sum(dim=3) @ at], dim=-1)


def loss(model, x, joints):
    """The mean distance of the coordinates; squares would look at the worst joints only."""
    return (model(x) - (2 * joints / SIZE - 1)).abs().mean()


def run(seed=0, steps=300, n=2000):
    """Train on drawn people and compare with the pose of the most similar training images.

    Returns
    -------
    Result
        Arrays: images, `found`, `baseline` and `truth` joints, and `mean`, the mean pose.
    """
    (x, y), (new, truth) = bodies(n, (seed, 0)), bodies(300, (seed, 1))
    model = fit(Coordinates, (x, y), loss, steps, batch=24, lr=2e-2, seed=seed)
    found = (predict(model, new) + 1) / 2 * SIZE
    nearest = KNeighborsRegressor(5).fit(x.reshape(n, -1), y.reshape(n, -1))
    similar = nearest.predict(new.reshape(len(new), -1)).reshape(truth.shape)
    shown = {"images": new, "found": found, "baseline": similar, "truth": truth}
    return Result(
        "detected joints",
        float(detected(found, truth).mean()),
        float(detected(similar, truth).mean()),
        "5 nearest images",
        shown | {"mean": y.mean(axis=0)},
    )
