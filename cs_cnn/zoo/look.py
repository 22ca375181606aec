"""Looks inside a PyTorch network: what its layers put out, and what excites a unit most."""

import numpy as np
import torch


def activations(model, x, names):
    """Run a network and keep what some of its modules put out.

    Parameters
    ----------
    model : torch.nn.Module
        In the mode in which it is.
    x : array (N, C, H, W)
    names : sequence of str
        Modules as in `model.named_modules()`, "layer1.2" for example.

    Returns
    -------
    dict of str to array
        By name, in the order of `names`.

    Raises
    ------
    ValueError
        If the network has no such module.
    """
    modules, kept = dict(model.named_modules()), {}
    unknown = [name for name in names if name not in modules]
    if unknown:
        raise ValueError(f"activations: {type(model).__name__} has no module {unknown[0]!r}")

    def keep(name):
        return lambda module, inputs, out: kept.update({name: out.numpy().copy()})

    hooks = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        with torch.inference_mode():
            model(torch.as_tensor(x))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: kept[name] for name in names}


def strongest(maps, images, field, jump, count):
    """Cut out the patches of images at which one feature map is largest, one patch an image.

    Only patches that lie inside an image count.

    Parameters
    ----------
    maps : array (N, H_out, W_out)
        One feature map of each image.
    images : array (N, C, H, W)
        What the network saw, or a picture of it of the same size.
    field : int
        Pixels along one side of a patch: the receptive field, or less.
    jump : int
        Pixels of the image from one number of the map to the next.
    count : int

    Returns
    -------
    array (count, C, field, field)
        The strongest first.
    """
    half, patches = field // 2, []
    margin = -(-half // jump)  # numbers of the map whose patches hang over the edge
    rows, cols = ((side - field + half) // jump + 1 for side in images.shape[2:])
    inner = maps[:, margin:rows, margin:cols]
    for n in np.argsort(-inner.max(axis=(1, 2)), kind="stable")[:count]:
        i, j = np.unravel_index(inner[n].argmax(), inner[n].shape)
        top, left = ((k + margin) * jump - half for k in (i, j))
        patches.append(images[n, :, top : top + field, left : left + field])
    return np.stack(patches)
