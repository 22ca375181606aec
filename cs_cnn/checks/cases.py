"""What a function is tried on: one call with its arguments, and the ability it puts to the test."""

from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of a student's function.

    Attributes
    ----------
    part : str
        The ability that this case tests ("padding", "stride", ...); points hang on it.
    inputs : dict of str to array, value or dict of these
        x, w, b, ... by name, in the order of the function's arguments.
    options : dict
        Keyword arguments: stride, padding, ...
    parts : dict of str to str
        For functions with several outputs: the part each one counts for, where it isn't `part`.
    hidden : bool
        Drawn from a seed that only the judge has: described to the student, never shown.
    """

    part: str
    inputs: dict
    options: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)
    hidden: bool = False

    def part_of(self, output):
        """The part that this output of the case counts for."""
        return self.parts.get(output, self.part)

    @property
    def dtype(self):
        """The dtype that every array put out should keep: x's, or the first float array's."""
        arrays = [a for a in self.inputs.values() if isinstance(a, np.ndarray)]
        floats = [a.dtype for a in arrays if np.issubdtype(a.dtype, np.floating)]
        return self.inputs["x"].dtype if "x" in self.inputs else floats[0] if floats else None

    def copies(self):
        """Fresh copies of the inputs, with their memory layout, for a call that may spoil them."""
        return {name: fresh(value) for name, value in self.inputs.items()}

    def __str__(self):
        named = self.inputs | self.options
        return ", ".join(_brief(name, value) for name, value in named.items()) + (
            f" ({self.dtype})" if self.dtype else ""
        )


def _brief(name, value):
    """A value in a few words: arrays by their shape."""
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if isinstance(value, dict):
        return f"{name} {{{', '.join(_brief(key, item) for key, item in value.items())}}}"
    return f"{name}={value!r}"


def fresh(value):
    """A copy that shares nothing with the value."""
    if isinstance(value, dict):
        return {name: fresh(item) for name, item in value.items()}
    return copy_with_layout(value) if isinstance(value, np.ndarray) else deepcopy(value)


def copy_with_layout(array):
    """A copy that is as (non-)contiguous as the array."""
    if array.flags.c_contiguous:
        return array.copy()
    spread = np.empty((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)[..., ::2]
    spread[...] = array
    return spread


class Draw:
    """Draws sizes and arrays for cases; the same seed gives the same cases everywhere.

    Parameters
    ----------
    rng : numpy Generator
    """

    def __init__(self, rng):
        self.rng = rng

    def between(self, low, high):
        """An int, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def two(self, low, high):
        """Two different ints, as a pair."""
        first, second = self.rng.choice(np.arange(low, high + 1), 2, replace=False)
        return int(first), int(second)

    def image_size(self, kernel, dilation=(1, 1), room=(2, 5)):
        """A height and a width, different from each other, with room for the kernel to slide."""
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        H, W = (span + self.between(*room) for span in spans)
        return (H, W) if H != W else (H, W + 1)

    def normal(self, *shape, dtype=np.float64):
        """Standard normal numbers."""
        return self.rng.standard_normal(shape).astype(dtype)

    def small_ints(self, *shape):
        """Whole numbers from -3 to 3 as float64: easy to follow by hand, and they tie."""
        return self.rng.integers(-3, 4, shape).astype(np.float64)

    def distinct(self, *shape, dtype=np.float64):
        """Numbers that all differ clearly, negative and positive: no maximum is in doubt."""
        count = int(np.prod(shape))
        return (self.rng.permutation(count).reshape(shape) / 4 - count / 7).astype(dtype)

    def strided(self, *shape):
        """Normal numbers in an array that is not contiguous in memory."""
        return copy_with_layout(self.normal(*shape[:-1], 2 * shape[-1])[..., ::2])
