"""The table of a whole network: what each layer puts out, learns, computes and keeps in memory.

A network is a sequence of plain descriptions (`Conv`, `Pool`, `Linear`, `Block`); nothing is run.
What has no size of its own (ReLU in place, dropout, AlexNet's normalisation) is not described.
"""

from dataclasses import dataclass
from functools import reduce
from html import escape
from math import prod

from cs_cnn.arithmetic.counting import conv_macs, conv_parameters
from cs_cnn.shapes import window_shape

BYTES = 4  # of a float32
COLUMNS = ("layer", "output", "numbers", "parameters", "MACs", "memory, kB")

STYLE = """
.cs-sum { font: 13px/1.4 system-ui, sans-serif; border-collapse: collapse; }
.cs-sum tr { background: none !important; }
.cs-sum td, .cs-sum th { padding: 1px 14px 1px 0 !important; text-align: right !important; }
.cs-sum :is(td, th):first-child { text-align: left !important; }
.cs-sum .total td { border-top: 1px solid #999; font-weight: 600; }
"""


@dataclass(frozen=True)
class Conv:
    """A convolution layer with a bias; with `norm`, batch normalisation in place of the bias."""

    filters: int
    kernel_size: int | tuple
    stride: int | tuple = 1
    padding: int | tuple | str = 0
    dilation: int | tuple = 1
    groups: int = 1
    norm: bool = False

    def __str__(self):
        stride = "" if self.stride == 1 else f", stride {self.stride}"
        groups = "" if self.groups == 1 else f", {self.groups} groups"
        return f"conv {_by(self.kernel_size)}, {self.filters}{stride}{groups}"


@dataclass(frozen=True)
class Pool:
    """Max or average pooling: they cost the same."""

    kernel_size: int | tuple
    stride: int | tuple
    padding: int | tuple = 0
    dilation: int | tuple = 1

    def __str__(self):
        return f"pool {_by(self.kernel_size)}, stride {self.stride}"


@dataclass(frozen=True)
class Linear:
    """A fully connected layer; a volume is flattened first."""

    units: int

    def __str__(self):
        return f"linear, {self.units}"


@dataclass(frozen=True)
class Block:
    """Branches that all see the same input; their outputs are added ("add") or stacked ("concat").

    An empty branch hands its input through, as a ResNet's shortcut does.
    """

    name: str
    branches: tuple
    join: str

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Row:
    """What one layer costs for one image; of a block, everything inside it.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of the output: (C, H, W) or (units,).
    numbers, parameters, macs : int
        Numbers put out, numbers learned, multiply-accumulates.
    """

    name: str
    shape: tuple
    numbers: int
    parameters: int = 0
    macs: int = 0


@dataclass(frozen=True)
class Summary:
    """The rows of a network, the first one being the input; shows itself as a table in Jupyter."""

    rows: tuple

    @property
    def numbers(self):
        return sum(row.numbers for row in self.rows)

    @property
    def parameters(self):
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self):
        return sum(row.macs for row in self.rows)

    def _lines(self):
        total = Row("total", (), self.numbers, self.parameters, self.macs)
        for row in (*self.rows, total):
            counts = (f"{n:,}" if n else "" for n in (row.numbers, row.parameters, row.macs))
            shape = " x ".join(map(str, row.shape))
            yield row.name, shape, *counts, f"{BYTES * row.numbers / 1000:,.1f}"

    def __str__(self):
        widths = (30, 16, 12, 13, 16, 12)
        return "\n".join(
            first.ljust(widths[0]) + "".join(map(str.rjust, rest, widths[1:]))
            for first, *rest in (COLUMNS, *self._lines())
        )

    def _repr_html_(self):
        *lines, total = ["".join(f"<td>{escape(c)}</td>" for c in line) for line in self._lines()]
        head = "".join(f"<th>{column}</th>" for column in COLUMNS)
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return (
            f'<style>{STYLE}</style><table class="cs-sum"><tr>{head}</tr>{body}'
            f'<tr class="total">{total}</tr></table>'
        )


def summarise(layers, shape):
    """Work out a network's table, for one image.

    Parameters
    ----------
    layers : sequence of Conv, Pool, Linear or Block
    shape : (C, H, W)
        Of the input.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        If a layer doesn't fit what comes before it; says which.
    """
    rows = [Row("input", tuple(shape), prod(shape))]
    for place, layer in enumerate(layers, 1):
        try:
            rows.append(measure(layer, rows[-1].shape))
        except ValueError as error:
            raise ValueError(f"summarise: layer {place} ({layer}): {error}") from None
    return Summary(tuple(rows))


def measure(layer, shape):
    """One layer's `Row` for an input of `shape`; a ValueError if it doesn't fit."""
    if isinstance(layer, Conv | Pool) and len(shape) != 3:
        raise ValueError(f"needs an input (C, H, W), got {shape}")
    match layer:
        case Conv():
            return _conv(layer, shape)
        case Pool(kernel_size, stride, padding, dilation):
            sizes = window_shape("pool", shape[1:], kernel_size, stride, padding, dilation)
            return Row(str(layer), (shape[0], *sizes), shape[0] * prod(sizes))
        case Linear(units):
            weights = prod(shape) * units
            return Row(str(layer), (units,), units, weights + units, weights)
        case Block():
            return _block(layer, shape)
    raise ValueError(f"is a {type(layer).__name__}; use Conv, Pool, Linear or Block")


def _conv(layer, shape):
    C_in, place = shape[0], (layer.stride, layer.padding, layer.dilation)
    sizes = window_shape("conv", shape[1:], layer.kernel_size, *place)
    macs = conv_macs(shape, layer.filters, layer.kernel_size, *place, layer.groups)
    weights = conv_parameters(C_in, layer.filters, layer.kernel_size, layer.groups, bias=False)
    extra = 2 * layer.filters if layer.norm else layer.filters  # scale and shift, or the bias
    out = (layer.filters, *sizes)
    return Row(str(layer), out, prod(out), weights + extra, macs)


def _block(block, shape):
    branches = [summarise(branch, shape).rows for branch in block.branches]
    ends = [rows[-1].shape for rows in branches]
    alike = ends if block.join == "add" else [end[1:] for end in ends]
    if block.join not in ("add", "concat") or len(set(alike)) != 1:
        raise ValueError(f'branches of shapes {ends} can\'t be joined by "{block.join}"')
    channels = ends[0][0] if block.join == "add" else sum(end[0] for end in ends)
    inside = [row for rows in branches for row in rows[1:]]
    out = (channels, *ends[0][1:])
    joined = Row(block.name, out, prod(out) if block.join == "add" else 0)
    return reduce(_plus, inside, joined)


def _plus(row, other):
    """A row with another's costs added to it."""
    counts = ("numbers", "parameters", "macs")
    sums = (getattr(row, count) + getattr(other, count) for count in counts)
    return Row(row.name, row.shape, *sums)


def _by(kernel_size):
    both = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    return " x ".join(map(str, both))
