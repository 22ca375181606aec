"""Trained weights for the networks of the zoo: official files by name, or a file of your own.

The name of an official file ends in the first eight digits of its SHA-256, PyTorch's convention; a
file whose content does not agree is never loaded. Weights are read with ``weights_only=True``:
nothing in a file is ever executed.
"""

import hashlib
import json
import pickle
import re
from pathlib import Path

import torch

from cs_cnn import zoo
from cs_cnn.data.fetching import download, root
from cs_cnn.data.integrity import Damage, DataError

DATASETS = Path(__file__).parents[1] / "datasets"
SOURCES = json.loads((DATASETS / "weights.json").read_text("utf-8"))
BUNDLED = next(DATASETS.glob("resnet20-cifar10-*.pth"), None)
"""The course's own weights: ResNet-20 on CIFAR-10, trained by datasets/train_resnet20.py."""
OFFLINE = "Without a network, give a file that you have: load(name, file=...)."
FEW = 3  # parameter names that an error lists


def fetch(name, directory=None, mirror=None):
    """Make sure that the official weights of a network are here and whole.

    Parameters
    ----------
    name : str
        A network of `datasets/weights.json`: "alexnet", "vgg16", "squeezenet1_1", "resnet20" ...
    directory, mirror
        As in `cs_cnn.data.fetch`.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there are no official weights of that name.
    DataError
        If the file is damaged, or can't be downloaded or written.
    """
    official = {n: (s["base"], f) for s in SOURCES.values() for n, f in s["files"].items()}
    if name not in official:
        known = ", ".join(official)
        raise ValueError(f"pretrained: there are no official weights {name!r}; there are {known}")
    base, file = official[name]
    path = root(directory) / "weights" / file
    if not path.is_file():
        download(name, base + file, path, need_digest, mirror=mirror, otherwise=OFFLINE)
        return path
    try:
        need_digest(path)
    except Damage as damage:
        raise DataError(f"{name}: {path} is damaged: {damage}. Delete it and load again.") from None
    return path


def find(name, directory=None):
    """Give the weights of a network that are here already, official or not; download nothing.

    Parameters
    ----------
    name : str
    directory : path, optional
        As in `cs_cnn.data.fetch`; the files are in its folder `weights`, and their names begin
        with the network's.

    Returns
    -------
    Path or None
    """
    return min((root(directory) / "weights").glob(f"{name}[-_]*.*th"), default=None)


def need_digest(path):
    """Raise `Damage` unless a file's SHA-256 begins with the digits in its name, if it has any."""
    expected = re.search(r"-([0-9a-f]{8,64})\.(pth|th|pt)$", path.name)
    if not expected:
        return
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if not digest.startswith(expected[1]):
        size = path.stat().st_size
        raise Damage(
            f"its SHA-256 begins with {digest[:8]} where {expected[1]} is expected ({size:,} bytes)"
        )


def load(name, file=None, directory=None, mirror=None, **options):
    """Build a network and fill in trained weights, every one of them.

    Parameters
    ----------
    name : str
        A key of `cs_cnn.zoo.MODELS`.
    file : path, optional
        A weights file of your own; the official one by default.
    directory, mirror
        As in `cs_cnn.data.fetch`.
    **options
        For `cs_cnn.zoo.build`.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, on the CPU, in float32.

    Raises
    ------
    DataError
        If the file is not a weights file, is damaged, or belongs to another network.
    """
    with torch.device("meta"):  # no random numbers for weights that are replaced
        model = zoo.build(name, **options)
    path = Path(file) if file else fetch(name, directory, mirror)
    state = read(path)
    fault = mismatch(model.state_dict(), state)
    if fault:
        raise DataError(f"{name}: {path} has the weights of another network: {fault}")
    model.load_state_dict(state, strict=True, assign=True)
    return model.float().eval()


def read(path):
    """Read a file of weights without executing anything in it.

    Parameters
    ----------
    path : path
        A `state_dict`, alone or under the key "state_dict", with or without the "module." that
        `DataParallel` puts before each name.

    Returns
    -------
    dict of str to torch.Tensor

    Raises
    ------
    DataError
    """
    path = Path(path)
    try:
        need_digest(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Damage as damage:
        raise DataError(f"{path} is damaged: {damage}. Get it again.") from None
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except pickle.UnpicklingError as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"{path} is not a plain file of weights: it was not loaded, and nothing in it was "
            f"executed ({reason})"
        ) from None
    except (OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path} cannot be read as a file of weights: {reason}") from None
    if isinstance(state, dict):
        state = state.get("state_dict", state)
    if not isinstance(state, dict) or not all(torch.is_tensor(value) for value in state.values()):
        raise DataError(f"{path} holds no weights by name (a state_dict)")
    return {name.removeprefix("module."): value for name, value in state.items()}


def mismatch(expected, found):
    """Say how the names and shapes of two state_dicts differ; empty if they do not."""
    counter = ".num_batches_tracked"  # files older than PyTorch 0.4.1 lack it, and nothing needs it
    lists = {
        "missing": [n for n in expected if n not in found and not n.endswith(counter)],
        "unknown": [name for name in found if name not in expected],
        "of another shape": [
            f"{name} {tuple(found[name].shape)}, expected {tuple(value.shape)}"
            for name, value in expected.items()
            if name in found and found[name].shape != value.shape
        ],
    }
    return "; ".join(
        f"{len(names)} {what} ({', '.join(names[:FEW])}{', ...' if len(names) > FEW else ''})"
        for what, names in lists.items()
        if names
    )
