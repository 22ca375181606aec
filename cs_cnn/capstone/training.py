"""The training loop: whiten, look, step, test."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from cs_cnn.backend import array_module
from cs_cnn.capstone.first_weights import whitening_filters
from cs_cnn.capstone.loss import label_smoothing_loss
from cs_cnn.capstone.network import Network
from cs_cnn.capstone.recipe import Recipe
from cs_cnn.capstone.steps import muon, nesterov, triangle
from cs_cnn.capstone.views import VIEW_WEIGHTS, Camera, views
from cs_cnn.fast_layers.threads import one_blas_thread
from cs_cnn.training import standardise

SAMPLE = 2000  # images that the first layer is made from, and that are tested after an epoch


@dataclass(frozen=True)
class Result:
    """What came out: the recipe, the share of test images that are right, and what it cost.

    Attributes
    ----------
    recipe : Recipe
    network : Network
    accuracy : float
        On all test images, with the recipe's views.
    seconds : float
        From the standardised images to this accuracy, all included.
    operations : int
        Multiply-accumulates of one forward pass of one image.
    log : list of (epoch, seconds, loss, accuracy)
        After each epoch; this accuracy is that of the first test images, with one view.
    """

    recipe: Recipe
    network: Network
    accuracy: float
    seconds: float
    operations: int
    log: list


def train(data, recipe, make=Network, move=np.asarray, report=None):
    """Train a network by a recipe.

    Parameters
    ----------
    data : Dataset
        In [0, 1]; is standardised here.
    recipe : Recipe
    make : callable
        make(first, widths, classes, seed) gives the network; another one than `Network` may be
        compared with it.
    move : callable
        Brings arrays to where they are used: `np.asarray`, or `cs_cnn.backend.to_gpu`.
    report : callable, optional
        report(epoch, seconds, loss, accuracy) after each epoch.

    Returns
    -------
    Result
    """
    data, rng, log = standardise(data), np.random.default_rng(recipe.seed), []
    dtype = np.float16 if recipe.half else np.float32
    x_train, x_test = (move(x.astype(dtype, copy=False)) for x in (data.x_train, data.x_test))
    y_train, classes = move(data.y_train), len(data.class_names)
    begin = perf_counter()
    first = move(whitening_filters(data.x_train[:SAMPLE]))
    network = make(first, recipe.widths, classes, recipe.seed)
    camera, states = Camera(x_train, recipe.shift, rng), {}
    epoch, losses = len(x_train) // recipe.batch_size, []  # steps that show every image
    steps = round(recipe.epochs * epoch)
    for step, chosen in enumerate(batches(len(x_train), epoch, steps, rng)):
        x, y = camera.look(chosen, step // epoch), y_train[move(chosen)]
        factor = triangle(step, steps, recipe.start, recipe.peak)
        with one_blas_thread():  # its own would spin on, where the layers' threads want to compute
            losses.append(learn(network, x, y, recipe, factor, states))
        if (step + 1) % epoch == 0 or step + 1 == steps:
            right = accuracy(network, x_test[:SAMPLE], data.y_test[:SAMPLE])
            log.append(((step + 1) / epoch, perf_counter() - begin, np.mean(losses), right))
            losses = []
            if report:
                report(*log[-1])
    right = accuracy(network, x_test, data.y_test, recipe.test_shift)
    seconds = perf_counter() - begin
    operations = network.operations(data.x_train.shape[1:])
    return Result(recipe, network, right, seconds, operations, log)


def batches(count, epoch, steps, rng):
    """The places of each step's images: in an epoch, every image comes once."""
    for step in range(steps):
        if step % epoch == 0:
            order = np.array_split(rng.permutation(count), epoch)
        yield order[step % epoch]


def learn(network, x, y, recipe, factor, states):
    """One step: forward, loss, backward, and every parameter moved; the loss before it.

    Raises
    ------
    FloatingPointError
        If the loss is no longer a number.
    """
    scores = network.forward(x, training=True).astype(np.float32)
    loss, dscores = label_smoothing_loss(scores, y, recipe.smoothing)
    if not np.isfinite(loss):
        raise FloatingPointError(f"train: the loss is {loss:g}: take a smaller lr or filter_lr")
    grads = network.backward((len(x) * dscores).astype(x.dtype))  # of the sum, not of the mean
    for name, w in network.params.items():
        dw, state = grads[name].astype(np.float32), states.get(name)
        if w.ndim == 4:
            lr, momentum = factor * recipe.filter_lr, recipe.filter_momentum
            network.params[name], states[name] = muon(w, dw, state, lr, momentum)
        else:
            how = (factor * recipe.lr, recipe.momentum, recipe.weight_decay)
            network.params[name], states[name] = nesterov(w, dw, state, *how)
    return loss


def accuracy(network, x, y, test_shift=None):
    """The share of images whose largest score (a mean over the views) is at the right class."""
    scores = 0
    seen = [x] if test_shift is None else views(x, test_shift)
    for view, weight in zip(seen, VIEW_WEIGHTS, strict=False):
        scores = scores + weight * network.predict(view)
    best = scores.argmax(axis=1)
    return float((best == array_module(x).asarray(y)).mean())
