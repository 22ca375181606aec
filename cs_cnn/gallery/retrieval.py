"""Classification and retrieval: the nearest images, in pixels and in a network's features."""

import numpy as np
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torch.nn import functional as F

from cs_cnn import pretrained
from cs_cnn.data import load_cifar10, load_colours, status
from cs_cnn.gallery import Result
from cs_cnn.gallery.train import convnet, fit, predict
from cs_cnn.imagenet import MEAN, STD
from cs_cnn.zoo import look


def precision(features, labels, queries, k=5):
    """Give the share of the k nearest images that show what the query shows.

    Parameters
    ----------
    features : array (n, D)
        Of all images, the queries first.
    labels : array (n,)
    queries : int
        How many of the images ask; they find others among the rest.
    k : int

    Returns
    -------
    float
    array (queries, k)
        The nearest images of each query, nearest first.
    """
    features = features.reshape(len(features), -1)
    index = NearestNeighbors(n_neighbors=k).fit(features[queries:])
    found = queries + index.kneighbors(features[:queries], return_distance=False)
    return float(np.mean(labels[found] == labels[:queries, None])), found


def make():
    """A network for ten classes: its trunk, an average over the image, the scores."""
    average = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(convnet(16, 32, 64, 96), average, nn.Linear(96, 10))


def loss(model, x, y):
    return F.cross_entropy(model(x), y)


def unit(features):
    """Features of length 1, so that their distance is an angle."""
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def run(seed=0, steps=300, n=2500, queries=200):
    """Train a classifier of the ten generated classes, and search new images by its features.

    Returns
    -------
    Result
        Arrays: images, labels, the nearest by `features` and by `pixels`, and the classifier's
        accuracy on the images.
    """
    colours = load_colours(n_train=n, n_test=1000, seed=seed)
    data = (colours.x_train - 0.5, colours.y_train)
    model = fit(make, data, loss, steps, lr=1e-2, seed=seed)
    x, labels = colours.x_test, colours.y_test
    order = np.random.default_rng(seed).permutation(len(x))
    x, labels = x[order], labels[order]
    accuracy = np.mean(predict(model, x - 0.5).argmax(axis=1) == labels)
    return _searched(x, labels, unit(predict(model[:2], x - 0.5)), queries, accuracy)


def photographs(queries=200, n=2000):
    """The same search in photographs of CIFAR-10, by the course's own ResNet-20.

    Returns
    -------
    Result or None
        None where CIFAR-10 is not on this machine.
    """
    if not any(one.name == "cifar10" and one.state == "ready" for one in status()):
        return None
    photos = load_cifar10(n_train=10, n_test=n)
    x, labels = photos.x_test, photos.y_test
    model = pretrained.load("resnet20", pretrained.BUNDLED)
    seen = look.activations(
        model, (x - MEAN[:, None, None]) / STD[:, None, None], ["layer3", "linear"]
    )
    accuracy = np.mean(seen["linear"].argmax(axis=1) == labels)
    return _searched(x, labels, unit(seen["layer3"].mean(axis=(2, 3))), queries, accuracy)


def _searched(x, labels, features, queries, accuracy):
    network, by_features = precision(features, labels, queries)
    baseline, by_pixels = precision(x, labels, queries)
    shown = {"images": x, "labels": labels, "features": by_features, "pixels": by_pixels}
    shown["accuracy"] = np.array(accuracy)
    return Result("precision of the 5 nearest", network, baseline, "nearest pixels", shown)
