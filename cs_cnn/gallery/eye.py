"""An eye for pictures that are made by gradients: a trained network, opened at some layers."""

import numpy as np
import torch
from skimage import data
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn import pretrained
from cs_cnn.imagenet import MEAN, STD

PHOTOGRAPHS = {
    "cat": data.chelsea,
    "coffee": data.coffee,
    "astronaut": data.astronaut,
    "temple": lambda: load_sample_image("china.jpg"),
    "flower": lambda: load_sample_image("flower.jpg"),
    "tissue": lambda: data.immunohistochemistry()[:300, :300],
    "galaxies": data.hubble_deep_field,
}
LAYERS = {  # of each network: for the style, for the content, and to dream with
    "squeezenet1_1": (
        ("features.1", "features.4", "features.6", "features.7"),
        "features.4",
        ("features.4", "features.7", "features.10"),
    ),
    "resnet20": (("conv1", "layer1", "layer2"), "layer2.0", ("layer1", "layer2", "layer3")),
}


class Eye:
    """SqueezeNet with ImageNet's weights where they are on disk, else the course's own ResNet-20.

    Attributes
    ----------
    name : str
    style : tuple of str
        Layers whose Gram matrices are a style.
    content : str
        The layer whose features are the content.
    deep : tuple of str
        Layers to dream with, from edges to things.
    """

    def __init__(self):
        found = pretrained.find("squeezenet1_1")
        self.name = "squeezenet1_1" if found else "resnet20"
        self.net = pretrained.load(self.name, found or pretrained.BUNDLED).requires_grad_(False)
        self.style, self.content, self.deep = LAYERS[self.name]
        self.mean, self.std = (
            torch.tensor(a, dtype=torch.float32)[:, None, None] for a in (MEAN, STD)
        )

    def look(self, x, names=None):
        """What layers make of a picture (3, H, W), a tensor: by name, each (C, H_out, W_out)."""
        names, kept = names or {*self.style, self.content}, {}
        modules = dict(self.net.named_modules())

        def keep(name):
            return lambda module, inputs, out: kept.update({name: out[0]})

        hooks = [modules[name].register_forward_hook(keep(name)) for name in names]
        try:
            self.net(((x - self.mean) / self.std)[None])
        finally:
            for hook in hooks:
                hook.remove()
        return kept

    def see(self, picture, names=None):
        """The same for an array: arrays by name."""
        with torch.no_grad():
            kept = self.look(torch.tensor(picture, dtype=torch.float32), names)
        return {name: features.numpy() for name, features in kept.items()}


def photograph(name, side, rng=None):
    """A square part of a photograph, as an array (3, side, side) from 0 to 1.

    Parameters
    ----------
    name : str
        A key of PHOTOGRAPHS.
    side : int
    rng : numpy Generator, optional
        Draws a square of nine tenths of the height; by default it is the middle.
    """
    picture = PHOTOGRAPHS[name]()
    H, W = picture.shape[:2]
    length = min(H, W) if rng is None else int(0.9 * min(H, W))
    places = [((n - length) // 2 if rng is None else rng.integers(n - length + 1)) for n in (H, W)]
    top, left = places
    square = picture[top : top + length, left : left + length]
    small = resize(square, (side, side), anti_aliasing=True)
    return small.transpose(2, 0, 1).astype(np.float32)
