"""Faces: are these two the same person? An embedding learns to tell strangers apart (FaceNet)."""

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result, drawing
from cs_cnn.gallery.drawing import wide
from cs_cnn.gallery.embedding import best_threshold, triplet_loss
from cs_cnn.gallery.train import convnet, fit, predict, tensors

SIZE = 32
TRAITS = 16  # numbers from 0 to 1 that make a person


def faces(traits, rng):
    """Draw one photograph of each person: pose, expression, light and background are random.

    Parameters
    ----------
    traits : array (n, TRAITS)
        Numbers from 0 to 1: skin, hair, and the measures of a face.
    rng : numpy Generator

    Returns
    -------
    array (n, 3, SIZE, SIZE), float32 in [0, 1]
    """
    n, t = len(traits), traits.T
    pictures = drawing.ground(rng, n, SIZE, cells=3, contrast=0.6)
    centre = SIZE / 2 + rng.uniform(-2.5, 2.5, (n, 2))
    x, y = drawing.local(SIZE, centre, rng.uniform(-0.25, 0.25, n))
    scale = rng.uniform(0.88, 1.12, n)[:, None, None].astype(np.float32)
    x, y = x / scale, y / scale
    turn = rng.uniform(-2, 2, n)  # of the head: what is in front moves

    def part(shape, dx, dy, width, height, colours):
        drawing.paint(pictures, shape(x - wide(dx), y - wide(dy), width, height), colours)

    skin = np.stack([0.55 + 0.4 * t[0], 0.4 + 0.36 * t[0], 0.3 + 0.3 * t[0] + 0.1 * t[1]], axis=1)
    hair = np.stack([0.1 + 0.6 * t[2], 0.08 + 0.45 * t[2] * t[3], 0.05 + 0.2 * t[3]], axis=1)
    width, height = 7.5 + 3 * t[4], 10 + 2.5 * t[5]
    part(drawing.ellipse, 0, -1.5, width + 1 + t[6], height + 0.5, hair)
    part(drawing.ellipse, 0, 1 + 1.5 * t[7], width, height - 1, skin)
    apart, eye = 2.6 + 2.2 * t[8], 0.9 + 0.8 * t[9]
    look, open_ = rng.uniform(-0.6, 0.6, n), rng.uniform(0.5, 1, n)
    for side in (-1, 1):
        across, up = turn + side * apart, -2 + 2 * t[10]
        part(drawing.ellipse, across, up, eye + 0.6, eye * open_, np.full((n, 3), 0.95))
        part(drawing.ellipse, across + look, up, 0.5 * eye, 0.7 * eye * open_, 0.4 * hair)
        part(drawing.box, across, up - 2.4 - t[11], 1.5 + t[11], 0.3 + 0.6 * t[12], hair)
    part(
        drawing.ellipse, 1.3 * turn, 1.5 + t[10], 0.7 + 0.9 * t[13], 1.2 + 1.4 * t[14], 0.82 * skin
    )
    lips = np.stack([0.75 - 0.2 * t[1], 0.3 + 0.1 * t[0], 0.3 + 0.1 * t[1]], axis=1)
    part(drawing.ellipse, turn, 5.5 + t[5], 2 + 2 * t[15], rng.uniform(0.5, 1.4, n), lips)

    direction = rng.uniform(0, 2 * np.pi, n)
    across = wide(np.cos(direction)) * x + wide(np.sin(direction)) * y
    light = wide(rng.uniform(0.6, 1.15, n)) * (1 + wide(rng.uniform(0, 0.04, n)) * across)
    return drawing.photograph(rng, pictures * light[:, None], 0.04)


def album(people, each, seed):
    """Photographs (people * each, 3, SIZE, SIZE) of people who never met, and who is on each."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), each)
    return faces(rng.random((people, TRAITS))[who], rng), who


def pairs(who, count, seed):
    """Two lists of photographs, half of the pairs of one person, and whether they are."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, len(who), count)
    same = np.arange(count) % 2 == 0
    second = []
    for k, one in zip(first, same, strict=True):
        fitting = np.flatnonzero((who == who[k]) == one)
        second.append(rng.choice(fitting[fitting != k]))
    return first, np.array(second), same


class Embedding(nn.Module):
    """Vectors (n, 32) of length 1."""

    def __init__(self):
        super().__init__()
        self.trunk = convnet(16, 32, 48, 64)
        self.out = nn.Linear(64 * (SIZE // 8) ** 2, 32)

    def forward(self, x):
        return F.normalize(self.out(self.trunk(x).flatten(1)))


def hard_triplets(vectors, who, margin):
    """All triplets of a batch that still miss something: rows of anchors, positives, negatives."""
    far = 2 - 2 * vectors @ vectors.T
    same = who[:, None] == who
    missing = far[:, :, None] - far[:, None, :] + margin > 0
    return torch.nonzero(missing & same[:, :, None] & ~same[:, None, :]).T


def loss_of(triplet_loss, margin=0.3):
    """The loss for training from a triplet loss on plain arrays, which gives its own gradients."""

    def loss(model, x, who):
        vectors = model(x)
        rows = hard_triplets(vectors.detach(), who, margin)
        if not rows.shape[1]:
            return 0 * vectors.sum()
        three = [vectors[row] for row in rows]
        _, gradients = triplet_loss(*(v.detach().cpu().numpy() for v in three), margin)
        slopes = tensors(*gradients)  # a sum with these slopes has the gradients of the loss
        return sum((v * slope).sum() for v, slope in zip(three, slopes, strict=True))

    return loss


def run(seed=0, steps=250, people=200, triplet_loss=triplet_loss):
    """Learn an embedding from some people, and verify pairs of others with it.

    Parameters
    ----------
    seed, steps : int
    people : int
        To learn from.
    triplet_loss : callable
        As in `cs_cnn.gallery.embedding`.

    Returns
    -------
    Result
        Arrays: `first` and `second` photographs of pairs, `same`, `distances`, `threshold`.
    """
    each = 10
    images, who = album(people, each, (seed, 0))
    new, new_who = album(60, each, (seed, 1))

    def batches(rng):
        chosen = rng.choice(people, 12, replace=False)
        rows = (each * chosen[:, None] + rng.integers(0, each, (12, 4))).ravel()
        return images[rows], who[rows]

    model = fit(Embedding, batches, loss_of(triplet_loss), steps, lr=4e-3, seed=seed)
    seen, test = pairs(who, 2000, seed), pairs(new_who, 2000, seed + 1)
    accuracy, far, threshold = verify(predict(model, images), predict(model, new), seen, test)
    fisher = make_pipeline(
        PCA(150, svd_solver="randomized", random_state=seed),
        LinearDiscriminantAnalysis(n_components=30),
        Normalizer(),
    ).fit(images.reshape(len(images), -1), who)
    vectors = (fisher.transform(x.reshape(len(x), -1)) for x in (images, new))
    baseline, _, _ = verify(*vectors, seen, test)
    shown = {"first": new[test[0][:400]], "second": new[test[1][:400]], "same": test[2]}
    shown |= {"distances": far, "threshold": np.array(threshold)}
    return Result("verification accuracy", accuracy, baseline, "Fisherfaces", shown)


def verify(vectors, new, seen, test):
    """Accuracy on test pairs, their distances, and the threshold, chosen on the pairs seen."""

    def distances(vectors, pairs):
        return np.linalg.norm(vectors[pairs[0]] - vectors[pairs[1]], axis=1)

    threshold = best_threshold(distances(vectors, seen), seen[2])
    far = distances(new, test)
    return float(np.mean((far < threshold) == test[2])), far, threshold
