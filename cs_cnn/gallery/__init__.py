"""The gallery: what convolutional networks are used for, each as its smallest honest version.

>>> from cs_cnn import gallery
>>> result = gallery.run("detection")      # trains for some seconds
>>> result.network > result.baseline
True

Every application generates its own data, trains a small network in seconds, and measures it beside
a baseline that a sensible person would try first. What the course teaches is written by hand on
plain arrays, in files of their own; PyTorch does the training.
"""

from dataclasses import dataclass, field
from importlib import import_module

from threadpoolctl import threadpool_limits

APPLICATIONS = {  # name: module and options of its `run`, in the order of the lecture
    "retrieval": ("retrieval", {}),
    "detection": ("detection", {}),
    "segmentation": ("segmentation", {}),
    "video": ("video", {}),
    "faces": ("faces", {}),
    "pose": ("pose", {}),
    "game": ("game", {}),
    "medical": ("fields", {"field": "medical"}),
    "galaxies": ("fields", {"field": "galaxies"}),
    "traffic signs": ("fields", {"field": "traffic signs"}),
    "whales": ("fields", {"field": "whales"}),
    "roads": ("fields", {"field": "roads"}),
    "captioning": ("captioning", {}),
    "inceptionism": ("inceptionism", {}),
    "style": ("style", {}),
}


@dataclass(frozen=True)
class Result:
    """What an application came to, on images that the network was not trained on.

    Attributes
    ----------
    metric : str
        What was measured; more is better.
    network, baseline : float
    baseline_name : str
        The baseline in a few words, "nearest pixels" for example.
    arrays : dict of str to array
        What there is to draw and to compute with, by name.
    """

    metric: str
    network: float
    baseline: float
    baseline_name: str
    arrays: dict = field(default_factory=dict, repr=False)

    def __str__(self):
        return f"{self.metric} {self.network:.3g} ({self.baseline_name} {self.baseline:.3g})"


def run(name, seed=0, **options):
    """Generate the data of an application, train its network, and measure it beside the baseline.

    Parameters
    ----------
    name : str
        A key of `APPLICATIONS`.
    seed : int
        Of the data, the first weights and the order of the examples.
    **options
        For the `run` of the application's module: `steps`, for example.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If there is no such application.
    """
    if name not in APPLICATIONS:
        raise ValueError(f"gallery: there is no {name!r}; there are {', '.join(APPLICATIONS)}")
    module, own = APPLICATIONS[name]
    with threadpool_limits(1):  # in networks as small as these, several would wait for each other
        return import_module(f"cs_cnn.gallery.{module}").run(seed=seed, **own | options)
