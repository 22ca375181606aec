"""Transfer learning: a network that has learned one thing is the start for the next.

`by_hand` has what students write; `domains` draws the images; `network` is cut into stages;
`recipes` train it, from scratch or from what another has learned.
"""

from cs_cnn.transfer.domains import few, shapes, sounds
from cs_cnn.transfer.network import features, network, new_head, state_names, tensor
from cs_cnn.transfer.recipes import RECIPES, Recipe, accuracy, compare, linear_probe, train

__all__ = [
    "RECIPES",
    "Recipe",
    "accuracy",
    "compare",
    "features",
    "few",
    "linear_probe",
    "network",
    "new_head",
    "shapes",
    "sounds",
    "state_names",
    "tensor",
    "train",
]
