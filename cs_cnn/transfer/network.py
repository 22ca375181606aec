"""A small network in stages, what comes out of each, and a new head for another task."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from cs_cnn.imagenet import MEAN, STD
from cs_cnn.zoo.look import activations

BATCH = 50  # images that a network sees at once, where nothing is trained
WIDTHS = (16, 32, 64, 64)


def network(classes, widths=WIDTHS, seed=0):
    """Make a network of stages: 3 x 3 convolution, 2 x 2 maximum, batch norm, ReLU.

    The last stage's maps are averaged, and a linear layer, the head, gives the scores.

    Parameters
    ----------
    classes : int
    widths : sequence of int
        Filters of each stage: "stage1", "stage2" ...
    seed : int
        For the weights.

    Returns
    -------
    torch.nn.Sequential
        Input (N, 3, H, W), output (N, classes).
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts, channels = OrderedDict(), 3
        for k, filters in enumerate(widths, 1):
            convolution = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
            parts[f"stage{k}"] = nn.Sequential(
                convolution, nn.MaxPool2d(2), nn.BatchNorm2d(filters), nn.ReLU()
            )
            channels = filters
        parts["average"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        parts["head"] = nn.Linear(channels, classes)
    return nn.Sequential(parts).to(memory_format=torch.channels_last)


def state_names(model):
    """The names of all numbers that a network keeps, in order: those of its `state_dict`."""
    return list(model.state_dict())


def widths_of(model):
    """The filters of each stage."""
    return [part[0].out_channels for name, part in model.named_children() if "stage" in name]


def new_head(source, classes, seed=0):
    """Copy a network, with a head for other classes that has fresh weights.

    Parameters
    ----------
    source : torch.nn.Sequential
        As `network` makes it; stays as it is.
    classes : int
    seed : int
        For the head.

    Returns
    -------
    torch.nn.Sequential
    """
    model = network(classes, widths_of(source), seed)
    kept = {n: v for n, v in source.state_dict().items() if not n.startswith("head")}
    model.load_state_dict(kept, strict=False)
    return model


def tensor(x):
    """Images with values from 0 to 1 as a network's input: ImageNet's scale, channels last."""
    scaled = (x - MEAN[:, None, None]) / STD[:, None, None]
    return torch.tensor(scaled).contiguous(memory_format=torch.channels_last)


def features(model, x, stages):
    """Give what comes out of stages in evaluation mode, each map averaged to one number.

    Parameters
    ----------
    model : torch.nn.Module
        Of `network` or of the zoo.
    x : float32 array (N, 3, H, W)
        Values from 0 to 1.
    stages : sequence of str
        "stage1" for example, or any module of `model.named_modules()` that puts out maps.

    Returns
    -------
    dict of str to array (N, D)
        By stage, with D its maps.
    """
    model.eval()
    parts = [activations(model, images, stages) for images in tensor(x).split(BATCH)]
    return {s: np.concatenate([part[s].mean(axis=(2, 3)) for part in parts]) for s in stages}
