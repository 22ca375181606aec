"""The same picture seen many ways: one random view in training, a few fixed ones in the test."""

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.shapes import need_dims


def views(x, shift=1):
    """Six ways to look at each image: as it is, moved up-left and down-right, and their mirrors.

    A network that has learned with such images gives each of them an opinion of its own, and the
    mean of opinions is better than one.

    Parameters
    ----------
    x : array (N, C, H, W)
    shift : int
        How many pixels the content moves, both up and left, or both down and right. What is missing
        at the edge is filled by reflection, which doesn't repeat the edge (`mode="reflect"`).

    Returns
    -------
    array (6, N, C, H, W), dtype of x
        x, x moved up-left, x moved down-right; then the mirror, left to right, of each of the
        three.

    References
    ----------
    A. Krizhevsky, I. Sutskever and G. Hinton, ImageNet classification with deep convolutional
    neural networks, NeurIPS 2012; the choice of six: K. Jordan, arXiv:2404.00498, 2024.
    """
    need_dims("views", 4, x=x)
    ### BEGIN SOLUTION
    H, W = x.shape[2:]
    border = ((0, 0), (0, 0), (shift, shift), (shift, shift))
    padded = np.pad(x, border, mode="reflect")
    moved = [padded[:, :, k : k + H, k : k + W] for k in (shift, 2 * shift, 0)]
    return np.stack([*moved, *(view[..., ::-1] for view in moved)])
    ### END SOLUTION


VIEW_WEIGHTS = np.array([2, 1, 1, 2, 1, 1]) / 8  # as much for the middle as for the two moved ones


class Camera:
    """Gives random views of training images: moved by up to `shift` pixels, and mirrored or not.

    An image that is mirrored in one epoch is not in the next: two epochs show both sides of each.

    Parameters
    ----------
    x : array (N, C, H, W)
    shift : int
    rng : numpy Generator
    """

    def __init__(self, x, shift, rng):
        border = ((0, 0), (0, 0), (shift, shift), (shift, shift))
        self.padded = np.pad(x, border, mode="reflect").transpose(0, 2, 3, 1).copy()
        self.size, self.shift, self.rng = x.shape[2:], shift, rng
        self.mirrored = rng.random(len(x)) < 0.5

    def look(self, chosen, epoch):
        """Views of the images at the places `chosen`, an int array: (n, C, H, W), channels last."""
        xp = array_module(self.padded)
        top, left = self.rng.integers(0, 2 * self.shift + 1, (2, len(chosen), 1))
        rows, columns = top + np.arange(self.size[0]), left + np.arange(self.size[1])
        turned = self.mirrored[chosen] ^ (epoch % 2 == 1)
        columns = np.where(turned[:, None], columns[:, ::-1], columns)
        place = (chosen[:, None, None], rows[:, :, None], columns[:, None, :])
        return self.padded[tuple(map(xp.asarray, place))].transpose(0, 3, 1, 2)
