"""The images of the course: sets that are downloaded once, sets that need no network.

    data = load_cifar10(n_train=5000)     # or load_mnist, load_digits, load_colours ...
    data.x_train.shape                    # (5000, 3, 32, 32), float32 in [0, 1]

`fetch` downloads, `status` says what is here, `describe` says what a set is.
"""

import operator
from dataclasses import dataclass

import numpy as np

from . import colours, formats
from .catalogue import describe, entry
from .fetching import SetStatus, fetch, locate, status
from .integrity import DataError, RepackedArchiveWarning, check, explained, members
from .photographs import load_hymenoptera

__all__ = [
    "DataError",
    "Dataset",
    "RepackedArchiveWarning",
    "SetStatus",
    "describe",
    "fetch",
    "load",
    "load_cifar10",
    "load_colours",
    "load_digits",
    "load_hymenoptera",
    "load_mnist",
    "status",
]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels, split into training and test set.

    Attributes
    ----------
    x_train, x_test : (N, C, H, W) float32 arrays in [0, 1]
    y_train, y_test : (N,) int64 arrays
        Indices into `class_names`.
    class_names : tuple of str
    name : str
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    name: str

    def __repr__(self):
        return (
            f"Dataset {self.name}: {len(self.y_train):,} training and {len(self.y_test):,} test "
            f"images of shape {self.x_train.shape[1:]}, {self.x_train.dtype} in [0, 1]; "
            f"{len(self.class_names)} classes: {', '.join(self.class_names)}"
        )


def _count(name, option, value, limit=None):
    """`value` as an int that is at least 1 and at most `limit`, or a ValueError."""
    allowed = "at least 1" if limit is None else f"from 1 to {limit:,}, or None for all"
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if isinstance(value, bool) or count < 1 or (limit is not None and count > limit):
        raise ValueError(f"load_{name}: {option}={value!r}; give a whole number {allowed}")
    return count


def _rank_in_class(labels):
    """How many earlier examples have the same label, for each label: (N,) -> (N,)."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    rank = np.empty(len(labels), dtype=np.int64)
    rank[order] = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank


def _first_of_each(labels, n):
    """Where the first examples of each class are, `n` in all, in their own order."""
    return np.sort(np.argsort(_rank_in_class(labels), kind="stable")[:n])


def _floats(images, white):
    return np.divide(images, np.float32(white), dtype=np.float32)


def _dataset(name, train, test, n_train, n_test, white=255):
    """A Dataset from (images, labels) pairs, each cut to as many examples as asked for."""
    arrays = []
    for option, n, (images, labels) in (("n_train", n_train, train), ("n_test", n_test, test)):
        if n is not None:
            keep = _first_of_each(labels, _count(name, option, n, len(labels)))
            images, labels = images[keep], labels[keep]
        arrays += [_floats(images, white), labels.astype(np.int64)]
    return Dataset(*arrays, class_names=tuple(entry(name)["classes"]), name=name)


def load_cifar10(n_train=None, n_test=None, directory=None, mirror=None):
    """CIFAR-10, downloaded if it is not here: colour photographs, 3 x 32 x 32.

    Parameters
    ----------
    n_train, n_test : int, optional
        How many examples: the first ones of each class, as many of each as of any other (as far
        as there are), in the set's own order. Default: all, 50,000 and 10,000, which takes
        0.74 GB as float32.
    directory, mirror : optional
        As in `fetch`. An archive, or the `cifar-10-batches-py` directory that it was extracted
        to, is used where it is found.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the set is damaged or can't be downloaded.
    ValueError
        If `n_train` or `n_test` is more than there is.

    References
    ----------
    A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """
    (file,) = entry("cifar10")["files"]
    path = locate("cifar10", file, directory, mirror)
    with explained("cifar10", path):
        batches = {
            name: formats.cifar_batch(data)
            for name, data in members(path, file)
            if name != "batches.meta"
        }
    test = batches.pop("test_batch")
    images, labels = zip(*(batches.pop(name) for name in sorted(batches)), strict=True)
    train = np.concatenate(images), np.concatenate(labels)
    del images
    return _dataset("cifar10", train, test, n_train, n_test)


def load_mnist(n_train=None, n_test=None, directory=None, mirror=None):
    """MNIST, downloaded if it is not here: handwritten digits, 1 x 28 x 28.

    Parameters
    ----------
    n_train, n_test : int, optional
        As in `load_cifar10`. Default: all, 60,000 and 10,000, which takes 0.22 GB as float32.
    directory, mirror : optional
        As in `fetch`.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the set is damaged or can't be downloaded.
    ValueError
        If `n_train` or `n_test` is more than there is.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document
    recognition, 1998.
    """
    arrays = {}
    for file in entry("mnist")["files"]:
        path = locate("mnist", file, directory, mirror)
        with explained("mnist", path):
            check(path, file)
            arrays[file["name"].split("-idx")[0]] = formats.idx(path)
    train, test = (
        (arrays[f"{part}-images"][:, None], arrays[f"{part}-labels"]) for part in ("train", "t10k")
    )
    return _dataset("mnist", train, test, n_train, n_test)


def load_digits(n_train=None, n_test=None):
    """The handwritten digits that come with scikit-learn, 1 x 8 x 8: no network needed.

    Every fifth example of each class is in the test set, so the split is always the same.

    Parameters
    ----------
    n_train, n_test : int, optional
        As in `load_cifar10`. Default: all, 1,442 and 355.

    Returns
    -------
    Dataset

    References
    ----------
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images = digits.images[:, None]
    test = _rank_in_class(digits.target) % 5 == 4
    train_pair, test_pair = (
        (images[~test], digits.target[~test]),
        (images[test], digits.target[test]),
    )
    return _dataset("digits", train_pair, test_pair, n_train, n_test, white=16)


def load_colours(n_train=5000, n_test=1000, seed=0):
    """Ten kinds of shape and texture in random colours, drawn on the spot: no network needed.

    The same seed gives the same bits on every platform (see `colours`), and fewer images are the
    first of more. Colour tells nothing about the class, so a classifier has to see form.

    Measured with 3,000 training and 1,000 test images, seed 0, as the tests do: scikit-learn's
    LogisticRegression gets 19 % of the test images right from the pixels (C=0.01, the best of
    1e-4, 1e-3, 0.01 and 1) and 11 % from the mean colour; a PyTorch network of three
    Conv2d-BatchNorm2d-ReLU-MaxPool2d blocks (16, 32, 64 channels) and a Linear layer gets 98 %
    after 8 epochs of Adam, in 10 s on two CPU cores.

    Parameters
    ----------
    n_train, n_test : int
        How many examples; every run of ten holds each class once.
    seed : int
        0 or more. Training and test set are drawn from different streams.

    Returns
    -------
    Dataset
        Images of shape (3, 32, 32).
    """
    n_train, n_test = _count("colours", "n_train", n_train), _count("colours", "n_test", n_test)
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or seed < 0:
        raise ValueError(f"load_colours: seed={seed!r}; give a whole number that is 0 or more")
    arrays = []
    for split, n in enumerate((n_train, n_test)):
        images, labels = colours.generate(n, [operator.index(seed), split])
        arrays += [_floats(images, 255), labels]
    return Dataset(*arrays, class_names=tuple(colours.SHAPES), name="colours")


LOADERS = {
    "cifar10": load_cifar10,
    "mnist": load_mnist,
    "digits": load_digits,
    "colours": load_colours,
    "hymenoptera": load_hymenoptera,
}


def load(name, **options):
    """Load a data set by its name, with its loader's options: `load("mnist", n_train=1000)`."""
    entry(name)
    return LOADERS[name](**options)
