"""What a function is tried on: one call with its arguments, and the ability it puts to the test."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of a student's function.

    Attributes
    ----------
    part : str
        The ability that this case tests ("padding", "stride", ...); points hang on it.
    arrays : dict of str to array
        x, w, b, ... by name, in the order of the function's arguments.
    options : dict
        Keyword arguments: stride, padding, ...
    parts : dict of str to str
        For functions with several outputs: the part each one counts for, where it isn't `part`.
    hidden : bool
        Drawn from a seed that only the judge has: described to the student, never shown.
    """

    part: str
    arrays: dict
    options: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)
    hidden: bool = False

    def part_of(self, output):
        """The part that this output of the case counts for."""
        return self.parts.get(output, self.part)

    @property
    def dtype(self):
        """The dtype of x, which every output should keep."""
        return self.arrays["x"].dtype

    def copies(self):
        """Fresh copies of the arrays, with their memory layout, for a call that may spoil them."""
        return {name: copy_with_layout(a) for name, a in self.arrays.items()}

    def __str__(self):
        arrays = [
            f"{name}=None" if a is None else f"{name} {a.shape}" for name, a in self.arrays.items()
        ]
        options = [f"{name}={value!r}" for name, value in self.options.items()]
        return ", ".join([*arrays, *options]) + f" ({self.dtype})"


def copy_with_layout(array):
    """A copy that is as (non-)contiguous as the array; None stays None."""
    if array is None or array.flags.c_contiguous:
        return None if array is None else array.copy()
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
