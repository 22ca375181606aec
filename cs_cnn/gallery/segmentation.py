"""Segmentation with a fully convolutional network (Long, Shelhamer, Darrell 2015)."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result
from cs_cnn.gallery.blobs import Blobs
from cs_cnn.gallery.pixels import mean_iou
from cs_cnn.gallery.scenes import CLASSES, scenes
from cs_cnn.gallery.train import device, fit, predict


class FullyConvolutional(nn.Module):
    """Scores for every pixel (n, classes, H, W): down in halves, and up by the same steps.

    On the way up a transposed convolution doubles the size, and the features that the way down had
    at this size are added: small maps know what there is, large ones know where.

    Parameters
    ----------
    classes : int
    widths : tuple of int
        Filters at a half, a quarter, ... of the size.
    """

    def __init__(self, classes, widths=(24, 64, 96)):
        super().__init__()
        self.down = nn.ModuleList([layer(3, widths[0], 5, 2)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(widths[0], classes, 4, stride=2, padding=1)])
        self.norm = nn.ModuleList()
        for few, many in zip(widths, widths[1:], strict=False):
            self.down.append(nn.Sequential(layer(few, many, 3, 2), layer(many, many, 3, 1)))
            self.up.append(nn.ConvTranspose2d(many, few, 4, stride=2, padding=1))
            self.norm.append(nn.BatchNorm2d(few))

    def forward(self, x):
        sizes = []
        for down in self.down:
            x = down(x)
            sizes.append(x)
        out = sizes.pop()
        for up, norm in zip(reversed(self.up[1:]), reversed(self.norm), strict=True):
            out = norm(up(out) + sizes.pop()).relu()
        return self.up[0](out)


def layer(few, many, kernel, stride):
    """Convolution, batch norm and ReLU."""
    convolution = nn.Conv2d(few, many, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(many), nn.ReLU())


def run(seed=0, steps=700, n=1500):
    """Train the network and compare it with blobs of colour, as mean IoU.

    Returns
    -------
    Result
        Arrays: images, `found`, `baseline` and `truth`, a class for every pixel.
    """
    train, test = scenes(n, (seed, 0)), scenes(200, (seed, 1))
    classes = 1 + len(CLASSES)
    found = segment(train.images, train.pixels, test.images, classes, steps, seed)
    blobs = Blobs(train)
    coloured = np.stack([blobs.pixels(image) for image in test.images])
    return Result(
        "mean intersection over union",
        mean_iou(found, test.pixels, classes),
        mean_iou(coloured, test.pixels, classes),
        "blobs of colour",
        {"images": test.images, "truth": test.pixels, "found": found, "baseline": coloured},
    )


def segment(images, pixels, new, classes, steps, seed, **options):
    """Train a network on images and their pixels' classes; give those of new images."""
    weight = torch.tensor([1.0] + [3.0] * (classes - 1), device=device())  # objects are rare

    def loss(model, x, y):
        return F.cross_entropy(model(x), y, weight)

    def make():
        return FullyConvolutional(classes, **options)

    model = fit(make, (images, pixels), loss, steps, batch=8, lr=1e-2, seed=seed)
    return predict(model, new).argmax(axis=1)
