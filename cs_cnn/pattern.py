"""A network from a line of text: "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX".

    chain = item {"-" item}         network = chain ",SOFTMAX"
    item  = (WORD | "(" chain ")" | "[" chain "]") ["?"] ["*" times]

`times` is a number or a letter that is given a number; "?" means that it may be left out.
"""

import re

import numpy as np

from cs_cnn.network import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)

WORDS = ("CONV", "RELU", "POOL", "FC", "NORM", "DROPOUT")
TOKEN = re.compile(r"\s*([A-Za-z]+|\d+|[-*?()\[\],])")
CLOSING = {"(": ")", "[": "]"}
END = "the end"


class PatternError(ValueError):
    """A line of text that is not a pattern, or a network that can't be built."""


def expand(tree):
    """Write out all repetitions: (CONV-RELU)*2-POOL becomes CONV, RELU, CONV, RELU, POOL.

    Parameters
    ----------
    tree : list of (item, times)
        An item is a word or another such list; it comes `times` times (0 or more), one after the
        other. Lists may lie in lists to any depth.

    Returns
    -------
    list of str
        The words in order.
    """
    words = []
    ### BEGIN SOLUTION
    for item, times in tree:
        inside = [item] if isinstance(item, str) else expand(item)
        words += inside * times
    ### END SOLUTION
    return words


def parse(pattern, optional=True, **counts):
    """Read a pattern.

    Parameters
    ----------
    pattern : str
    optional : bool
        Whether to keep what carries a "?".
    **counts : int
        What the letters stand for: N=2, M=3, ...

    Returns
    -------
    tree : list of (item, times)
        For `expand`; without SOFTMAX.

    Raises
    ------
    PatternError
        Shows the place and says what is expected there.
    """
    return _Parser(pattern, optional, counts).network()


class _Parser:
    """Reads one token after the other."""

    def __init__(self, pattern, optional, counts):
        self.pattern, self.optional, self.counts, self.place = pattern, optional, counts, 0

    def peek(self):
        """The next token, left where it is."""
        if not self.pattern[self.place :].strip():
            return END
        match = TOKEN.match(self.pattern, self.place)
        return match[1] if match else self.pattern[self.place :].strip()[0]

    def take(self, *allowed):
        """The next token, which must be one of these."""
        token = self.peek()
        if token not in allowed:
            self.fail(f"expected {' or '.join(allowed)}, found {token}")
        match = TOKEN.match(self.pattern, self.place)
        self.place = match.end() if match else len(self.pattern)
        return token

    def fail(self, reason):
        rest = self.pattern[self.place :]
        column = self.place + len(rest) - len(rest.lstrip())
        raise PatternError(f"{reason}\n  {self.pattern}\n  {' ' * column}^")

    def network(self):
        tree = self.chain(",")
        self.take(",")
        self.take("SOFTMAX")
        self.take(END)
        return tree

    def chain(self, closing):
        items = [self.item()]
        while self.peek() != closing:
            self.take("-", closing)
            items.append(self.item())
        return items

    def item(self):
        token = self.take(*CLOSING, *WORDS)
        item = token
        if token in CLOSING:
            item = self.chain(CLOSING[token])
            self.take(CLOSING[token])
        times = 1
        if self.peek() == "?":
            self.take("?")
            times = int(self.optional)
        if self.peek() == "*":
            self.take("*")
            times *= self.number()
        return item, times

    def number(self):
        token = self.peek()
        if token.isdigit():
            self.take(token)
            return int(token)
        if not (token.isalpha() and len(token) == 1):
            self.fail(f"expected a number or a letter after *, found {token}")
        count = self.counts.get(token)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            self.fail(f"how many is {token}? Give a whole number, {token}=2 (got {count!r})")
        self.take(token)
        return count


def build_network(
    pattern,
    input_shape,
    classes,
    filters=16,
    kernel_size=3,
    hidden=64,
    optional=True,
    seed=0,
    **counts,
):
    """Build the network that a pattern describes.

    CONV keeps height and width (padding "same"); POOL is 2 x 2 and halves them, and after every
    POOL the convolutions have twice as many filters. The volume is flattened before the first FC.
    SOFTMAX is a linear layer to the class scores; softmax itself is part of the loss.

    Parameters
    ----------
    pattern : str
        CONV, RELU, POOL and FC; also NORM (batch norm) and DROPOUT (p = 1/2).
    input_shape : (C, H, W)
    classes : int
    filters : int
        Of the convolutions before the first POOL.
    kernel_size : int
    hidden : int
        Neurons of each FC.
    optional : bool
        Whether to keep what carries a "?".
    seed : int
        For the first weights.
    **counts : int
        N, M, K, ...

    Returns
    -------
    Sequential

    Raises
    ------
    PatternError
        If the pattern doesn't parse, or a layer doesn't fit; says which.
    """
    words = [*expand(parse(pattern, optional, **counts)), "SOFTMAX"]
    layers, x = [], np.zeros((1, *input_shape), dtype=np.float32)
    sizes = {"filters": filters, "kernel_size": kernel_size, "hidden": hidden, "classes": classes}
    for place, word in enumerate(words, 1):
        sizes["filters"] = filters * 2 ** words[: place - 1].count("POOL")
        try:
            for layer in _layers(word, x.shape, sizes):
                layers.append(layer)
                x, _ = layer.forward(x)
        except ValueError as error:
            raise PatternError(
                f"{pattern}: {word}, word {place} of {len(words)}, doesn't fit what comes before "
                f"it, {' x '.join(map(str, x.shape[1:]))}: {error}"
            ) from None
    return Sequential(layers, seed)


def _layers(word, shape, sizes):
    """The layers of one word for an input of this shape, one after the other."""
    match word:
        case "CONV":
            if len(shape) != 4:
                raise ValueError("a convolution needs channels, height and width; put it before FC")
            yield Conv2d(shape[1], sizes["filters"], sizes["kernel_size"], padding="same")
        case "POOL":
            yield MaxPool2d(2)
        case "RELU":
            yield ReLU()
        case "NORM":
            yield BatchNorm(shape[1])
        case "DROPOUT":
            yield Dropout()
        case "FC" | "SOFTMAX":
            if len(shape) == 4:
                yield Flatten()
            features = int(np.prod(shape[1:]))
            yield Linear(features, sizes["hidden" if word == "FC" else "classes"])
