"""Training: one step after the other, with everything open to change while it runs."""

from dataclasses import replace
from threading import RLock
from time import perf_counter

import numpy as np

from cs_cnn import optim
from cs_cnn.augmentation import augment
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.network import Sequential

METHODS = {name: getattr(optim, name) for name in ("momentum", "sgd", "adam", "adadelta")}
RECENT = 0.9  # how much of a running average is left after one step


def standardise(data):
    """The same data with mean 0 and standard deviation 1 per channel, by the training images."""
    axes = (0, 2, 3)
    mean = data.x_train.mean(axis=axes, keepdims=True)
    std = data.x_train.std(axis=axes, keepdims=True)
    return replace(data, x_train=(data.x_train - mean) / std, x_test=(data.x_test - mean) / std)


def with_weight_decay(params, grads, weight_decay=1e-4):
    """Add the L2 loss, weight_decay / 2 times the sum of all squared weights, and its slope.

    Only weights decay, arrays with two axes or more. Biases, and batch norm's gamma and beta, have
    one axis and stay as they are.

    Parameters
    ----------
    params : dict of str to array
    grads : dict of str to array
        The gradient of the classification loss by each parameter, under the same names.
    weight_decay : float

    Returns
    -------
    l2_loss : float
    grads : dict of str to array
        A new dict: the gradient of both losses together.
    """
    ### BEGIN SOLUTION
    weights = {name: w for name, w in params.items() if w.ndim >= 2}
    l2_loss = float(weight_decay / 2 * sum(np.sum(w**2) for w in weights.values()))
    decayed = {name: grads[name] + weight_decay * w for name, w in weights.items()}
    grads = grads | decayed
    ### END SOLUTION
    return l2_loss, grads


def cosine(step, steps, warmup=0.1):
    """What to multiply the learning rate by: up from 0 in a straight line, then down a half wave.

    Parameters
    ----------
    step : int
        0 <= step < steps.
    steps : int
    warmup : float
        The share of the steps that goes up.

    Returns
    -------
    float
        Between 0 and 1.

    References
    ----------
    I. Loshchilov and F. Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017.
    """
    done, up = (step + 1) / (steps + 1), warmup
    return float(done / up if done < up else (1 + np.cos(np.pi * (done - up) / (1 - up))) / 2)


def accuracy(network, x, y):
    """The share of images whose largest score is at the right class, in evaluation mode."""
    return float(np.mean(network.predict(x).argmax(axis=1) == y))


class Trainer:
    """A network, its data, an optimiser, and how far they have come.

    Every setting may be changed between two steps, from any thread; see `change`.

    Parameters
    ----------
    network : Sequential
    data : Dataset
        Best standardised.
    lr, momentum, weight_decay : float
        momentum is used by the method "momentum" only.
    batch_size : int
    method : str
        A key of `METHODS`.
    shift, flip : int and bool
        Augmentation: up to so many pixels each way; whether some images are mirrored.
    seed : int
        For the order of the images and the augmentation.

    Attributes
    ----------
    examples : int
        Seen so far.
    at, losses, l2_losses, hits : list of number
        Of each step: the examples seen after it, and the classification loss, the L2 loss and the
        accuracy of its batch, before it.
    validation : list of (examples, accuracy)
    seen : dict
        The latest batch's first image and label, what each layer put out for it, the gradient by
        that, and the gradients by all parameters.
    forward_ms, backward_ms : float
        Per example, running averages.
    """

    def __init__(
        self,
        network,
        data,
        lr=0.01,
        momentum=0.9,
        batch_size=32,
        weight_decay=1e-4,
        method="momentum",
        shift=0,
        flip=False,
        seed=0,
    ):
        self.network, self.data, self.rng = network, data, np.random.default_rng(seed)
        self.lock, self.states, self.seen = RLock(), {}, {}
        self.examples, self.forward_ms, self.backward_ms = 0, 0.0, 0.0
        self.at, self.losses, self.l2_losses, self.hits, self.validation = [], [], [], [], []
        self._queue = np.zeros(0, dtype=int)
        self.settings = {}
        self.change(
            lr=lr,
            momentum=momentum,
            batch_size=batch_size,
            weight_decay=weight_decay,
            method=method,
            shift=shift,
            flip=flip,
        )

    def change(self, **settings):
        """Change any of lr, momentum, batch_size, weight_decay, method, shift and flip.

        Raises
        ------
        ValueError
            If one of them makes no sense; then none is changed.
        """
        for name, value in settings.items():
            _check(name, value, self.data.x_train)
        with self.lock:
            before, self.settings = self.settings, self.settings | settings
            if before.get("method") != self.settings["method"]:
                self.states = {}  # what one optimiser remembers is of no use to another
        return self

    def load(self, text):
        """Go on with the network that `Sequential.to_json` wrote, if it fits the data.

        Raises
        ------
        ValueError
            If it is no network, or doesn't fit; then nothing changes.
        """
        network = Sequential.from_json(text)
        scores, classes = network.forward(self.data.x_test[:1]), len(self.data.class_names)
        if scores.shape != (1, classes):
            raise ValueError(
                f"Trainer.load: the network gives scores {scores.shape}, the data has {classes} "
                "classes"
            )
        with self.lock:
            self.network, self.states, self.seen = network, {}, {}

    def step(self, factor=1.0):
        """Learn from one batch; `factor` multiplies the learning rate.

        Returns
        -------
        float
            The classification loss of the batch, before the step.

        Raises
        ------
        FloatingPointError
            If the loss is no longer a number; the weights stay as they were.
        """
        with self.lock, np.errstate(all="ignore"):
            x, y = self._batch()
            start = perf_counter()
            scores = self.network.forward(x, training=True)
            middle = perf_counter()
            loss, dscores = softmax_cross_entropy(scores, y)
            grads = self.network.backward(dscores)
            end = perf_counter()
            params = self.network.params
            l2_loss, grads = with_weight_decay(params, grads, self.settings["weight_decay"])
            if not np.isfinite(loss + l2_loss + sum(g.sum() for g in grads.values())):
                raise FloatingPointError(
                    f"Trainer.step: the loss is {loss:g} after {self.examples:,} examples with "
                    f"lr={self.settings['lr']:g}, or a gradient is not finite: take a smaller lr"
                )
            self.network.update(self._moved(params, grads, factor))
            self._remember(x, y, scores, grads)
            self.losses.append(loss)
            self.l2_losses.append(l2_loss)
            self.forward_ms = _recent(self.forward_ms, 1000 * (middle - start) / len(x))
            self.backward_ms = _recent(self.backward_ms, 1000 * (end - middle) / len(x))
            return loss

    def run(self, steps, schedule=None, bar=True):
        """Take many steps.

        Parameters
        ----------
        steps : int
        schedule : callable, optional
            schedule(step, steps) multiplies the learning rate; `cosine`, for example.
        bar : bool
            Whether to show progress.
        """
        from tqdm.auto import tqdm

        progress = tqdm(range(steps), disable=not bar, unit="step")
        for k in progress:
            loss = self.step(schedule(k, steps) if schedule else 1.0)
            if k % 10 == 0 or k == steps - 1:
                progress.set_postfix(loss=f"{loss:.3f}", accuracy=f"{np.mean(self.hits[-50:]):.1%}")
        return self

    def epoch(self):
        """How many steps show every training image once."""
        return -(-len(self.data.x_train) // self.settings["batch_size"])

    def validate(self, n=None):
        """Accuracy on the first n test images, or all; is remembered in `validation`."""
        with self.lock, np.errstate(all="ignore"):
            right = accuracy(self.network, self.data.x_test[:n], self.data.y_test[:n])
            self.validation.append((self.examples, right))
        return right

    def _batch(self):
        """The next images and labels; every image comes once before any comes twice."""
        size, data = self.settings["batch_size"], self.data
        while len(self._queue) < size:
            self._queue = np.append(self._queue, self.rng.permutation(len(data.x_train)))
        chosen, self._queue = np.split(self._queue, [size])
        shift, flip = self.settings["shift"], self.settings["flip"]
        return augment(data.x_train[chosen], self.rng, shift, flip), data.y_train[chosen]

    def _moved(self, params, grads, factor):
        """All parameters after one step of the optimiser."""
        method = self.settings["method"]
        options = {"lr": self.settings["lr"] * factor}
        if method == "momentum":
            options["momentum"] = self.settings["momentum"]
        moved = {}
        for name, w in params.items():
            state = self.states.get(name)
            moved[name], self.states[name] = METHODS[method](w, grads[name], state, **options)
        return moved

    def _remember(self, x, y, scores, grads):
        """Keep what the panel shows."""
        first = {
            "outputs": [out[0].copy() for out in self.network.outputs],
            "douts": [dout[0].copy() for dout in self.network.douts],
        }
        self.seen = {"image": x[0], "label": int(y[0]), "grads": grads, **first}
        self.examples += len(x)
        self.at.append(self.examples)
        self.hits.append(float(np.mean(scores.argmax(axis=1) == y)))


def _recent(average, value):
    return value if not average else RECENT * average + (1 - RECENT) * value


def _check(name, value, images):
    """Raise a ValueError unless a setting makes sense."""
    real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    allowed = {
        "lr": (real and 0 <= value < np.inf, "a number from 0"),
        "momentum": (real and 0 <= value < 1, "a number from 0 to below 1"),
        "weight_decay": (real and 0 <= value < np.inf, "a number from 0"),
        "batch_size": (
            whole and 1 <= value <= len(images),
            f"a whole number from 1 to {len(images)}",
        ),
        "method": (value in METHODS, f"one of {', '.join(METHODS)}"),
        "shift": (
            whole and 0 <= value < min(images.shape[2:]),
            f"a whole number from 0 to {min(images.shape[2:]) - 1}",
        ),
        "flip": (isinstance(value, bool), "True or False"),
    }
    if name not in allowed:
        raise ValueError(f"Trainer: there is no setting {name!r}; there are {', '.join(allowed)}")
    good, words = allowed[name]
    if not good:
        raise ValueError(f"Trainer: {name} must be {words}, got {value!r}")
