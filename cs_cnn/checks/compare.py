"""Whether an array is the right one, and in words how it differs if it isn't."""

from numbers import Real

import numpy as np

RTOL = 1e-5  # of the largest number in the right answer: float32 arithmetic inside passes


def difference(name, got, want, dtype):
    """Say how `got` differs from `want`, or return "" if it doesn't.

    Parameters
    ----------
    name : str
        What to call it: "out", "dx", ...
    got : anything
        What a student's function returned.
    want : array, number, None or tuple of these
        The right answer, arrays in float64.
    dtype : dtype or None
        What an array should have; None if it doesn't matter.
    """
    if not isinstance(want, np.ndarray):
        return "" if same(got, want) else f"{name} is {_brief(got)}, expected {want!r}"
    if not isinstance(got, np.ndarray):
        return f"{name} must be an array {want.shape}, got {_kind(got)}"
    if got.shape != want.shape:
        return f"{name} has shape {got.shape}, expected {want.shape}"
    if dtype is not None and got.dtype != dtype:
        return f"{name} has dtype {got.dtype}, expected {dtype}: allocate it with the input's dtype"
    wrong = wrong_places(got, want)
    if not wrong.any():
        return ""
    worst = worst_place(got, want)
    return (
        f"{name} differs at {np.count_nonzero(wrong)} of {wrong.size} places, most at index "
        f"{worst}: {got[worst]:.6g} instead of {want[worst]:.6g}"
    )


def wrong_places(got, want):
    """A boolean array: where `got` is further from `want` than rounding explains (or is NaN)."""
    scale = np.abs(want[np.isfinite(want)]).max(initial=1e-3)
    with np.errstate(invalid="ignore"):
        return ~((np.abs(got - want) <= RTOL * scale) | (got == want))


def worst_place(got, want):
    """The index of the largest difference; NaN and infinity count as largest."""
    with np.errstate(invalid="ignore"):
        distance = np.where(wrong_places(got, want), np.abs(got - want), -1.0)
    flat = np.argmax(np.where(np.isnan(distance), np.inf, distance))
    return tuple(int(i) for i in np.unravel_index(flat, want.shape))


def same(a, b):
    """Whether two outcomes (arrays, values, exceptions) are the same but for rounding."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return not (wrong_places(a, b) & ~((a != a) & (b != b))).any()  # NaN is the same as NaN
    if isinstance(a, Exception) and isinstance(b, Exception):
        return type(a) is type(b) and str(a) == str(b)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Real) and isinstance(b, Real) and isinstance(a, bool) == isinstance(b, bool):
        near = abs(a - b) <= RTOL * max(abs(a), abs(b)) + 1e-12
        return bool(near or a == b or (a != a and b != b))
    return isinstance(b, str | None) and type(a) is type(b) and a == b


def _kind(value):
    return "None" if value is None else f"a {type(value).__name__}"


def _brief(value):
    return f"an array {value.shape}" if isinstance(value, np.ndarray) else repr(value)[:200]
