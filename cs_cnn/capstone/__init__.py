"""The capstone: a small network of the course's own layers that learns CIFAR-10 in minutes.

    result = train(load_cifar10(), SHORT)          # no autograd, no PyTorch
    result.accuracy, result.seconds

The recipe is that of the people who hold the speed records for this set: K. Jordan, 94% on
CIFAR-10 in 3.29 seconds on a single GPU, arXiv:2404.00498, 2024, and its later version with Muon.
Read in this order: `first_weights` (what is known before training), `views` (the images), `steps`
(how weights move), `network`, `recipe`, `training`; `leaderboard` keeps the results.
"""

from cs_cnn.capstone.leaderboard import Leaderboard
from cs_cnn.capstone.network import Network
from cs_cnn.capstone.recipe import GPU, LONG, SHORT, TINY, Recipe
from cs_cnn.capstone.training import Result, train

__all__ = ["GPU", "LONG", "SHORT", "TINY", "Leaderboard", "Network", "Recipe", "Result", "train"]
