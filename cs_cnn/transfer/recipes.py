"""The lecture's recipes, and how well each does: trained several times, from several seeds."""

from contextlib import contextmanager
from dataclasses import dataclass

import joblib
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch.nn.functional import cross_entropy

from cs_cnn.transfer.by_hand import learning_rates, standardise
from cs_cnn.transfer.domains import few
from cs_cnn.transfer.network import (
    BATCH,
    features,
    network,
    new_head,
    state_names,
    tensor,
    widths_of,
)


@dataclass(frozen=True)
class Recipe:
    """How a network comes to know a task: `trained`, `base`, `factor` as in `learning_rates`."""

    pretrained: bool = True
    trained: int | None = None
    base: float = 0.05
    factor: float = 0.4


RECIPES = {
    "from scratch": Recipe(pretrained=False, base=0.1, factor=1.0),
    "linear classifier": Recipe(trained=0),
    "last stage": Recipe(trained=2),
    "all stages": Recipe(),
}
"""Of the last two, the head is trained as well."""


def linear_probe(train, y_train, test, y_test, strength=1.0):
    """Train a linear classifier on features and give the share of test rows it names rightly.

    Parameters
    ----------
    train, test : arrays (N, D) and (M, D)
        Features; they are standardised first.
    y_train, y_test : int arrays (N,) and (M,)
    strength : float
        scikit-learn's C: the smaller, the smaller the weights.
    """
    train, test = standardise(train, test)
    classifier = LogisticRegression(C=strength, max_iter=2000).fit(train, y_train)
    return float(classifier.score(test, y_test))


def accuracy(model, x, y):
    """The share of images whose largest score is at the right class, in evaluation mode."""
    model.eval()
    with torch.inference_mode():
        best = torch.cat([model(part).argmax(dim=1) for part in tensor(x).split(BATCH)])
    return float(np.mean(best.numpy() == y))


def train(model, x, y, rates, epochs, batch_size=32, seed=0, decay=1e-4):
    """Train the stages of a network that have a learning rate; the frozen ones run only once.

    Stochastic gradient descent with momentum 0.9; the rates fall to 0 along a cosine.

    Parameters
    ----------
    model : torch.nn.Sequential
        Trained in place.
    x, y : arrays (N, 3, H, W) and (N,)
    rates : float, or dict of str to float
        One learning rate for all, or as `learning_rates` gives them: the frozen stages (rate 0)
        come first.
    epochs, batch_size : int
    seed : int
        For the order of the images.
    decay : float
        Of the weights that are trained.

    Returns
    -------
    list of float
        The loss of each step.
    """
    if not isinstance(rates, dict):
        rates = {name: rates for name, _ in model.named_parameters()}
    first = _first_trained(model, rates)
    frozen, rest = model[:first].eval(), model[first:].train()
    with torch.no_grad():
        x = torch.cat([frozen(part) for part in tensor(x).split(BATCH)])
    y, n = torch.tensor(y), min(batch_size, len(x))
    optimizer = torch.optim.SGD(
        [
            {
                "params": [p for name, p in rest.named_parameters() if rates[name] == rate],
                "lr": rate,
            }
            for rate in sorted({rates[name] for name, _ in rest.named_parameters()})
        ],
        momentum=0.9,
        nesterov=True,
        weight_decay=decay,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [group["lr"] for group in optimizer.param_groups],
        total_steps=epochs * (len(x) // n) + 1,
        cycle_momentum=False,
    )
    generator, losses = torch.Generator().manual_seed(seed), []
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator)[: len(x) // n * n].split(n):
            loss = cross_entropy(rest(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return losses


def _first_trained(model, rates):
    """The place of the first part of a network that has a learning rate."""
    learning = {name.partition(".")[0] for name, rate in rates.items() if rate}
    places = [k for k, (name, _) in enumerate(model.named_children()) if name in learning]
    if not places:
        raise ValueError("train: every learning rate is 0, so there is nothing to train")
    return places[0]


def compare(source, data, per_class, epochs, recipes=None, seeds=3):
    """Try recipes on a task, several times each: other images, other weights, another order.

    Parameters
    ----------
    source : torch.nn.Sequential
        The trained network, as `network` makes it.
    data : Dataset
        The new task; all of its test images are used.
    per_class : int
        Training images of each class.
    epochs : int
    recipes : sequence of Recipe, optional
        Default: those of `RECIPES`.
    seeds : int
        How many times; run k of every recipe has the same training images.

    Returns
    -------
    array (seeds, recipes)
        The share of test images named rightly.
    """
    recipes = list(recipes or RECIPES.values())
    jobs = [(recipe, seed) for seed in range(seeds) for recipe in recipes]
    models = [start(recipe, source, len(data.class_names), seed) for recipe, seed in jobs]
    with one_core_each() as parallel:
        scores = parallel(
            joblib.delayed(_try)(recipe, model, data, per_class, epochs, seed)
            for (recipe, seed), model in zip(jobs, models, strict=True)
        )
    return np.array(scores).reshape(seeds, len(recipes))


def start(recipe, source, classes, seed):
    """The network that a recipe begins with: what another has learned, or fresh weights."""
    model = new_head(source, classes, seed)
    return model if recipe.pretrained else network(classes, widths_of(model), seed)


def _try(recipe, model, data, per_class, epochs, seed):
    """How many test images a network names rightly after a recipe."""
    rows = few(data, per_class, seed)
    x, y = data.x_train[rows], data.y_train[rows]
    if recipe.trained == 0:
        last = f"stage{len(widths_of(model))}"
        seen = [features(model, images, [last])[last] for images in (x, data.x_test)]
        return linear_probe(seen[0], y, seen[1], data.y_test)
    rates = learning_rates(state_names(model), recipe.base, recipe.factor, recipe.trained)
    train(model, x, y, rates, epochs, seed=seed)
    return accuracy(model, data.x_test, data.y_test)


@contextmanager
def one_core_each():
    """Many small trainings side by side: networks as small as these gain nothing from more cores.

    Yields a `joblib.Parallel` of threads.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield joblib.Parallel(n_jobs=-1, prefer="threads")
    finally:
        torch.set_num_threads(threads)
