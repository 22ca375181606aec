"""Training for the whole gallery: one loop, with Adam and one rise and fall of the step size."""

import numpy as np
import torch
from torch import nn


def device():
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def tensors(*arrays):
    """Arrays as tensors on the device: real numbers in float32, whole ones in int64."""
    kinds = (torch.float32 if np.asarray(a).dtype.kind == "f" else torch.int64 for a in arrays)
    return tuple(
        torch.as_tensor(a).to(device(), kind) for a, kind in zip(arrays, kinds, strict=True)
    )


def fit(make, data, loss, steps, batch=32, lr=3e-3, seed=0):
    """Make a network and train it.

    Parameters
    ----------
    make : callable () -> torch.nn.Module
        Called after the random numbers are seeded, so that the first weights depend on `seed`.
    data : tuple of arrays, or callable (rng) -> tuple of arrays
        All examples, of which each step draws `batch`; or what draws a batch itself.
    loss : callable (module, *tensors) -> scalar tensor
    steps, batch : int
    lr : float
        The largest step size, reached after a quarter of the steps.
    seed : int

    Returns
    -------
    torch.nn.Module
        In evaluation mode, on the device.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make().to(device()).train()
        adam = torch.optim.Adam(model.parameters(), lr)
        schedule = torch.optim.lr_scheduler.OneCycleLR(adam, lr, steps, pct_start=0.25)
        whole = None if callable(data) else tensors(*data)
        for _ in range(steps):
            if whole is None:
                parts = tensors(*data(rng))
            else:
                chosen = torch.as_tensor(rng.integers(0, len(whole[0]), batch))
                parts = (part[chosen.to(part.device)] for part in whole)
            value = loss(model, *parts)
            adam.zero_grad()
            value.backward()
            adam.step()
            schedule.step()
    return model.eval()


def predict(model, x, batch=256):
    """What a network puts out for many examples, as an array (or a tuple of arrays)."""
    outs = []
    with torch.inference_mode():
        for start in range(0, len(x), batch):
            out = model(*tensors(x[start : start + batch]))
            outs.append([o.cpu().numpy() for o in (out if isinstance(out, tuple) else (out,))])
    joined = tuple(np.concatenate(parts) for parts in zip(*outs, strict=True))
    return joined if len(joined) > 1 else joined[0]


def convnet(*widths, channels=3):
    """The trunk that most of the gallery shares: 3 x 3 convolutions, batch norm and ReLU.

    Parameters
    ----------
    *widths : int
        Filters of each convolution. The first keeps the image's size, the others halve it.
    channels : int
        Of the input.
    """
    layers = []
    for place, width in enumerate(widths):
        layers.append(nn.Conv2d(channels, width, 3, 2 if place else 1, padding=1, bias=False))
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers)
