"""All that a training run can be told: one frozen record, easy to print, compare and change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What to train, how long, and how.

    Attributes
    ----------
    widths : tuple of ints
        Filters of the blocks of `Network`; each block halves the image.
    epochs : float
    batch_size : int
    filter_lr, filter_momentum : float
        For `muon`, which moves the filters.
    lr, momentum, weight_decay : float
        For `nesterov`, which moves the rest, by the gradient of the **summed** loss: then one lr
        fits every batch size.
    start, peak : float
        Of `triangle`, which multiplies both learning rates.
    smoothing : float
        Of `label_smoothing_loss`.
    shift : int
        Augmentation: up to so many pixels each way.
    test_shift : int
        Of `views` in the test; None for one view only.
    seed : int
    half : bool
        float16 for images and activations: for a GPU, NumPy has no fast float16.
    """

    widths: tuple = (32, 128, 128)
    epochs: float = 7
    batch_size: int = 500
    filter_lr: float = 0.06
    filter_momentum: float = 0.8
    lr: float = 0.05
    momentum: float = 0.85
    weight_decay: float = 0.005
    start: float = 0.3
    peak: float = 0.1
    smoothing: float = 0.2
    shift: int = 2
    test_shift: int | None = 1
    seed: int = 0
    half: bool = False


# For two CPU cores: some minutes, and half an hour. For a GPU: seconds. For a few thousand images.
# GPU follows a published recipe; it has not been run yet.
SHORT = Recipe()
LONG = Recipe((64, 256, 256), 15)
GPU = Recipe((64, 256, 256), 8, 2000, filter_lr=0.24, filter_momentum=0.6, half=True)
TINY = Recipe((16, 32, 32), 2, 50, filter_lr=0.12)
