"""One harness for five fields, each with what makes its data different and what helps.

Every field is trained twice, with its remedy and without, and compared with logistic regression on
what the network sees. The network and the training are the same for all but the roads, whose labels
are pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, jaccard_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result
from cs_cnn.gallery import field_pictures as pictures
from cs_cnn.gallery.segmentation import segment
from cs_cnn.gallery.train import convnet, fit, predict

AROUND = 7  # pixels along a side of what the roads' baseline sees


@dataclass(frozen=True)
class Field:
    """A field's pictures, and what helps with them.

    Attributes
    ----------
    draw : callable (n, seed, new) -> images, labels
    examples : int
        How many there are to learn from.
    names : tuple of str
        Of the classes, if they have any.
    balance : bool
        The remedy draws every class equally often.
    prepare : callable (images) -> images, optional
        The remedy for all images, old and new.
    vary : callable (tensor, generator) -> tensor, optional
        The remedy for each batch: other pictures with the same label.
    """

    draw: Callable
    examples: int
    names: tuple = ()
    balance: bool = False
    prepare: Callable | None = None
    vary: Callable | None = None


def even_light(images):
    """Every image with mean 0 and standard deviation 1."""
    mean, std = (f(images, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return (images - mean) / std


def symmetric(images):
    """A batch of tensors, turned by quarters and mirrored: as true as before for a galaxy."""
    images = torch.rot90(images, int(torch.randint(4, ())), (2, 3))
    return images.flip(3) if torch.rand(()) < 0.5 else images


def turned(images):
    """A batch of tensors, each image turned by up to 40 degrees and shifted a little."""
    angle = 1.4 * torch.rand(len(images), device=images.device) - 0.7
    shift = 0.2 * torch.rand(len(images), 2, 1, device=images.device) - 0.1
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=1).reshape(-1, 2, 2)
    grid = F.affine_grid(torch.cat([turn, shift], dim=2), images.shape, align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


FIELDS = {
    "medical": Field(pictures.moles, 1500, ("harmless", "not harmless"), balance=True),
    "galaxies": Field(pictures.galaxies, 150, pictures.GALAXIES, vary=symmetric),
    "traffic signs": Field(pictures.signs, 800, pictures.SIGNS, prepare=even_light),
    "whales": Field(pictures.whales, 8 * pictures.WHALES, vary=turned),
    "roads": Field(pictures.roads, 300, ("land", "road")),
}


def run(seed=0, field="medical", steps=200):
    """Train a field's network with its remedy and without, and compare with a linear classifier.

    Parameters
    ----------
    seed : int
    field : str
        A key of FIELDS.
    steps : int

    Returns
    -------
    Result
        Arrays: new images and their labels, what was `found`, and the metric `without` the remedy.
    """
    if field not in FIELDS:
        raise ValueError(f"fields: there is no {field!r}; there are {', '.join(FIELDS)}")
    one = FIELDS[field]
    x, y = one.draw(one.examples, (seed, 0))
    new, truth = one.draw(200 if y.ndim > 1 else 800, (seed, 1), True)
    if y.ndim > 1:
        return _pixels(x, y, new, truth, steps, seed)
    found = classify(one, x, y, new, steps, seed)
    without = classify(Field(one.draw, one.examples), x, y, new, steps, seed)
    guesses = linear(one, x, y, new, seed)
    return Result(
        "balanced accuracy",
        balanced_accuracy_score(truth, found),
        balanced_accuracy_score(truth, guesses),
        "logistic regression",
        {
            "images": new,
            "truth": truth,
            "found": found,
            "without": np.array(balanced_accuracy_score(truth, without)),
        },
    )


def classify(field, x, y, new, steps, seed):
    """Train a network with what helps in this field, and name new images."""
    classes = y.max() + 1

    def make():
        inner = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU())
        scores = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * 64, classes))
        return nn.Sequential(convnet(16, 32, 64), inner, scores)

    def loss(model, x, y):
        return F.cross_entropy(model(field.vary(x) if field.vary else x), y)

    def batches(rng):
        weight = 1 / np.bincount(y)[y] if field.balance else np.ones(len(y))
        rows = rng.choice(len(y), 32, p=weight / weight.sum())
        return x[rows], y[rows]

    x, new = (field.prepare(a) if field.prepare else a - 0.5 for a in (x, new))
    model = fit(make, batches, loss, steps, lr=2e-2, seed=seed)
    return predict(model, new).argmax(axis=1)


def linear(field, x, y, new, seed):
    """The baseline: logistic regression on 50 principal components, with the same remedy."""
    x, new = (field.prepare(a) if field.prepare else a for a in (x, new))
    if field.vary:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            x = np.concatenate([field.vary(torch.as_tensor(x)).numpy() for _ in range(8)])
        y = np.tile(y, 8)
    regression = LogisticRegression(class_weight="balanced" if field.balance else None)
    model = make_pipeline(
        PCA(50, svd_solver="randomized", random_state=seed), StandardScaler(), regression
    )
    return model.fit(x.reshape(len(x), -1), y).predict(new.reshape(len(new), -1))


def _pixels(x, y, new, truth, steps, seed):
    """Roads: the same with a class for every pixel; the remedy is a network that sees far."""
    found = segment(x, y, new, 2, steps, seed)
    without = segment(x, y, new, 2, steps, seed, widths=(24,))
    near = neighbourhoods(x, y, new, seed)
    scores = [jaccard_score(truth.ravel(), a.ravel()) for a in (found, near, without)]
    return Result(
        "intersection over union",
        *scores[:2],
        f"{AROUND} x {AROUND} pixels",
        {"images": new, "truth": truth, "found": found, "without": np.array(scores[2])},
    )


def neighbourhoods(images, pixels, new, seed):
    """The baseline for roads: logistic regression on each pixel's neighbourhood."""

    def patches(x):
        half = AROUND // 2
        x = np.pad(x, ((0, 0), (0, 0), (half, half), (half, half)), mode="reflect")
        windows = sliding_window_view(x, (AROUND, AROUND), axis=(2, 3))
        return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 3 * AROUND**2)

    count = 200
    chosen = np.random.default_rng(seed).choice(pixels[:count].size, 20_000, replace=False)
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-2, class_weight="balanced"))
    model.fit(patches(images[:count])[chosen], pixels[:count].ravel()[chosen])
    return model.predict(patches(new)).reshape(len(new), *pixels.shape[1:])
