"""What the fast layers are to reach: geometric means of ratios, over groups of cases."""

from math import exp, log
from typing import NamedTuple


class Bar(NamedTuple):
    """One figure that is wanted: of a ratio in a row of the table, over all cases of a group."""

    what: str
    ratio: str
    group: str
    wanted: float


TIMES, FASTER, PEAK = "times PyTorch", "times the faster PyTorch", "of peak"
OTHERS = [
    Bar("max pooling, times PyTorch NCHW", TIMES, "max_pool2d", 1.0),
    Bar("batch norm, times PyTorch NCHW", TIMES, "batch_norm", 1.0),
]
FORWARD = [
    Bar("convolution, times PyTorch NCHW", TIMES, "conv2d", 1.3),
    Bar("convolution, times PyTorch's faster layout", FASTER, "conv2d", 1.0),
    Bar("3x3 of 64 channels, times PyTorch's faster layout", FASTER, "3x3 of 64 channels", 1.5),
    Bar("3x3 of 64 channels, of the matrix product's peak", PEAK, "3x3 of 64 channels", 1.0),
    Bar("3x3, times plain im2col", "times im2col", "3x3", 4.0),
    OTHERS[0]._replace(wanted=5.0),
    OTHERS[1],
]
BOTH = [
    Bar("convolution, times PyTorch NCHW", TIMES, "conv2d", 1.1),
    Bar("convolution, times PyTorch's faster layout", FASTER, "conv2d", 1.0),
    *OTHERS,
]
FLOAT64 = [Bar("convolution, times PyTorch NCHW", TIMES, "conv2d", 3.0)]


def bars(dtype, backward):
    """The bars of a run."""
    if dtype == "float64":
        return FLOAT64
    return BOTH if backward else FORWARD


def groups(case):
    """The groups that a case belongs to: its layer, and for a convolution more."""
    found = [case.layer]
    if case.w and case.w[2:] == (3, 3):
        found.append("3x3")
        if case.options["stride"] == 1 and min(case.w[:2]) >= 64:
            found.append("3x3 of 64 channels")
    return found


def geometric_mean(numbers):
    """The n-th root of the product: the fair mean of ratios."""
    return exp(sum(map(log, numbers)) / len(numbers))


def means(rows, bars):
    """Each bar that some rows (from `report.record`) are about, as (what, found, wanted)."""
    found = []
    for what, ratio, group, wanted in bars:
        ratios = [row[ratio] for row in rows if group in row["groups"] and ratio in row]
        if ratios:
            found.append((what, geometric_mean(ratios), wanted))
    return found
