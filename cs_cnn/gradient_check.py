"""How a gradient is trusted: compare it with slopes measured by central differences.

The slope of `f` along one coordinate is (f(x + h) - f(x - h)) / 2h, with an error that falls as h².
Where `f` has a kink within reach (ReLU near 0, two nearly equal pixels in a max pool), the slopes
to the left and to the right differ; then smaller steps are tried, and if the kink is at `x` itself,
any number between the two slopes is a valid (sub)gradient there.
"""

import numpy as np

STEPS = (1e-5, 1e-6, 1e-7)  # in float64; the first is used unless a kink is in the way
KINK = 1e-3  # left and right slopes that differ by more than this, relatively, mean a kink


class GradientError(AssertionError):
    """An analytic gradient that differs from the measured one."""


def numerical_gradient(f, x, dout=None):
    """Measure the gradient of `f` at `x`, one coordinate after the other.

    Parameters
    ----------
    f : callable
        Takes an array like `x` and returns a number, or an array if `dout` is given. It must use
        its argument: `x` itself stays as it is, `f` sees a changed copy.
    x : float array
        Where to measure. float64 is best: in float32 a step of 1e-5 drowns in rounding, so `f` is
        always called with float64.
    dout : array, optional
        Gradient of the loss by the output; the gradient of sum(f(x) * dout) is measured.

    Returns
    -------
    float64 array shaped as x. At a kink: the mean of the slopes on both sides.

    Raises
    ------
    ValueError
        If x does not hold floats, or f's output is neither a number nor shaped as dout.
    """
    left, right = one_sided_slopes(f, x, dout)
    return (left + right) / 2


def check_gradient(f, x, gradient, dout=None, rtol=1e-5, atol=1e-7, name="gradient"):
    """Raise unless `gradient` is the gradient of `f` at `x`.

    Parameters
    ----------
    f, x, dout
        As in `numerical_gradient`.
    gradient : array
        What to check; it must have x's shape and dtype.
    rtol, atol : float
        Allowed distance from the measured slope, relative to it and absolute.
    name : str
        What to call the gradient in an error.

    Raises
    ------
    GradientError
        For another shape or dtype, NaNs, or wrong numbers: gives the worst index, the number there
        and the measured one.
    """
    if not isinstance(gradient, np.ndarray):
        raise GradientError(f"{name} must be an array, got {type(gradient).__name__}")
    if gradient.shape != x.shape or gradient.dtype != x.dtype:
        raise GradientError(
            f"{name} must have the shape and dtype of what it is a gradient by, {x.shape} "
            f"{x.dtype}, got {gradient.shape} {gradient.dtype}"
        )
    left, right = one_sided_slopes(f, x, dout)
    low, high = np.minimum(left, right), np.maximum(left, right)
    kinked = high - low > KINK * np.maximum(np.abs(low), np.abs(high)) + KINK * atol
    middle = (low + high) / 2
    nearest = np.where(kinked, np.clip(gradient, low, high), middle)
    with np.errstate(invalid="ignore"):
        excess = np.abs(gradient - nearest) - (atol + rtol * np.abs(nearest))
    excess = np.where(np.isnan(excess), np.inf, excess)
    if excess.size and excess.max() > 0:
        worst = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        raise GradientError(
            f"{name} is wrong at {np.count_nonzero(excess > 0)} of {excess.size} places, most at "
            f"index {worst}: it says {gradient[worst]:.8g}, the measured slope is "
            f"{nearest[worst]:.8g}"
        )


def one_sided_slopes(f, x, dout=None):
    """The slopes of `f` to the left and to the right of `x`, per coordinate.

    Where no kink is near, both are the central difference, so that their mean is as exact as it.

    Returns
    -------
    left, right : float64 arrays shaped as x
    """
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
        kind = getattr(x, "dtype", type(x).__name__)
        raise ValueError(f"numerical_gradient: x must be a float array, got {kind}")
    value = _scalar_function(f, dout)
    at = np.array(x, dtype=np.float64)  # our own copy: the caller's array is never touched
    here = value(at)
    left, right = np.empty(x.shape), np.empty(x.shape)
    for index in np.ndindex(x.shape):
        left[index], right[index] = _slopes_at(value, at, index, here)
    return left, right


def _slopes_at(value, at, index, here):
    """Left and right slope along one coordinate; steps shrink until no kink is between."""
    centre = at[index]
    for h in STEPS:
        at[index] = centre + h
        after = value(at)
        at[index] = centre - h
        before = value(at)
        at[index] = centre
        left, right = (here - before) / h, (after - here) / h
        rounding = 8 * np.finfo(np.float64).eps * max(abs(here), abs(after), abs(before)) / h
        if abs(right - left) <= KINK * max(abs(left), abs(right)) + rounding:
            return ((left + right) / 2,) * 2
    return left, right


def _scalar_function(f, dout):
    """Turn `f` into a function with one float64 result that can't change its argument."""

    def value(at):
        out = np.asarray(f(at.copy()), dtype=np.float64)
        if dout is None and out.ndim:
            raise ValueError(
                f"numerical_gradient: f returns an array {out.shape}; give dout of that shape, "
                "or let f return a number"
            )
        if dout is not None and out.shape != np.shape(dout):
            raise ValueError(
                f"numerical_gradient: f returns shape {out.shape} but dout has {np.shape(dout)}"
            )
        return float(out) if dout is None else float(np.sum(out * dout))

    return value
