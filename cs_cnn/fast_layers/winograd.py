"""Fewer multiplications: Winograd's convolution of small tiles (Lavin and Gray, 2016).

Three numbers of a filter g slide over six of an image d and give four outputs y. That is a product
of polynomials in disguise, and a polynomial is known by its values at enough points: evaluate both,
multiply value by value, and interpolate. Six multiplications then do the work of twelve, and in
two dimensions 36 that of 144:

    y = Aᵀ [ (G g) * (Bᵀ d) ]             Y = Aᵀ [ (G g Gᵀ) * (Bᵀ d B) ] A

The sum over channels is taken before Aᵀ, so the products `*` of all tiles, channels and filters are
36 matrix products, one for each pair of points. The rest is matrix products too, five steps in all,
each of which writes where the next one reads:

    across   Bᵀ on the tiles of each row of pixels       down   Bᵀ on the rows of each row of tiles
    the 36 products over the channels
    down     Aᵀ on the rows of each row of tiles         across   Aᵀ on the tiles of each row

`across` takes some tiles of a row at once: their matrices, one below the other and shifted, are one
banded matrix. That multiplies zeros too, but BLAS turns (C, W) into (W, C) on its way. What is only
copied: images with the channels first, in long runs, to where their planes don't compete in the
cache (`apart`), and pixels that a stride puts together (`squares`).

The price is rounding: large and small powers of the points meet. With 256 channels, the error in
float32 (the norm of the difference over that of the result) is 2e-6 for F(4x4, 3x3) and 6e-6 for
F(4x4, 5x5), where the plain sum has 4e-7; in float64 it stays below 2e-14.

Letters: `m` outputs and `a = m + K - 1` inputs along one side of a tile, `R`, `TX` tiles down and
across, `T` tiles in all. For stride 1 without dilation. Images are (N, H, W, C) here.
"""

from fractions import Fraction
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np

from cs_cnn.fast_layers.blocks import (
    add_up,
    apart,
    apart_from,
    blocks,
    padded,
    parts,
    strided_view,
    turned,
)
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each

# 1/2 with -2 rounds less than 2 with -2 (see Barabasz et al. 2020); infinity comes last, always.
POINTS = (0, 1, -1, Fraction(1, 2), -2, 2, Fraction(-1, 2))
BLOCK_BYTES = 2.7e6  # pixels, tiles and products of one block, to stay near the core
GRADIENT_BYTES = 4e6  # the same for the gradient by the filters, whose sums are over tiles
KERNEL_BYTES = 3.3e6  # values of so many filters at a time: the forward pass needs little memory
BACKWARD_KERNEL_BYTES = 7e6  # the backward pass rather transforms its images less often
ROWS_BYTES = 5e5  # images of which `points` makes the rows of tiles at once
SEGMENT_BYTES = 32  # so many tiles does `across` take at once, times the bytes of a number
WORK = 0.03  # operations (see `each`) for a multiplication of the definition
WIDE = {8: np.float64, 16: np.complex128}  # types by their bytes


@cache
def matrices(m, K):
    """(Aᵀ, G, Bᵀ) of F(m, K): m outputs of a filter of K numbers from a = m + K - 1 products.

    Row i of E(n) holds the powers 0 to n - 1 of point i, so E(n) p are the values of the
    polynomial with coefficients p; the last row reads the highest coefficient, the value "at
    infinity". The product of two polynomials is E(a)⁻¹ [(E(K) g) * (E(m) h)]; its transpose slides
    g over d instead, and gives Aᵀ = E(m)ᵀ, G = E(K), Bᵀ = E(a)⁻ᵀ. A factor for each point,
    moved from G to Bᵀ, makes Bᵀ whole numbers, halves and quarters, which are exact.
    """
    a = m + K - 1
    points = POINTS[: a - 1]
    if len(points) < a - 1:
        raise ValueError(f"winograd: F({m}, {K}) needs {a - 1} points, there are {len(POINTS)}")

    def E(n):
        return np.array([[float(p**k) for k in range(n)] for p in points] + [[0.0] * (n - 1) + [1]])

    factor = [float(prod(p - q for q in points if q != p)) for p in points] + [1.0]
    factor = np.array(factor)[:, None]
    return E(m).T, E(K) / factor, np.linalg.inv(E(a)).T * factor


class Tiles(NamedTuple):
    """How a convolution's outputs are tiled: TX tiles across, of m x m outputs each."""

    m: int
    KH: int
    KW: int
    TX: int

    @property
    def sides(self):
        """The number of points (a_h, a_w)."""
        return self.m + self.KH - 1, self.m + self.KW - 1


@cache
def tile_size(H_out, W_out, KH, KW, dtype):
    """The m with the fewest points for all tiles of an image.

    In float32 m is at most 4: with 5, single outputs of a 3x3 filter are wrong by 1e-5 of the
    largest. There are at least three points, since the bias is added at the second, which is 1.
    """
    least, most = sorted((KH, KW))

    def points(m):
        return -(-H_out // m) * -(-W_out // m) * (m + KH - 1) * (m + KW - 1)

    sizes = range(2, 5 if dtype == np.float32 else 6)
    fits = [m for m in sizes if m + least - 1 > 2 and m + most - 2 <= len(POINTS)]
    return min(fits, key=points)


def plan(w, out, block_bytes, least):
    """How a convolution is cut: its tiles, and the blocks, whose rows are rows of tiles."""
    (F, C, KH, KW), (N, H_out, W_out) = w.shape, out.shape[:3]
    m = tile_size(H_out, W_out, KH, KW, w.dtype)
    tiles = Tiles(m, KH, KW, -(-W_out // m))
    R, size = -(-H_out // m), prod(tiles.sides) * w.itemsize
    fit = (block_bytes - 1.6 * ROWS_BYTES) / (size * (C + F))
    if fit < 2 * R * tiles.TX:  # one image or less: its pixels are half a V, its rows up to 3/4
        fit = block_bytes / (size * (1.5 * C + max(0.75 * C, F)))
    return tiles, blocks(N, R, tiles.TX, max(least, int(fit)), over=0)


@cache
def band(which, m, K, tiles, dtype):
    """The matrix "Aᵀ", "Bᵀ" or "A" for some tiles of a row: one below the other, shifted."""
    AT, _, BT = matrices(m, K)
    matrix, step = {"Aᵀ": (AT, m + K - 1), "Bᵀ": (BT, m), "A": (AT.T, m)}[which]
    rows, columns = matrix.shape
    whole = np.zeros((tiles, rows, (tiles - 1) * step + columns), dtype)
    for t in range(tiles):
        whole[t, :, t * step : t * step + columns] = matrix
    return whole.reshape(tiles * rows, -1)


def inside(start, length, size):
    """The part of start ... start + length that lies in 0 ... size."""
    low = min(max(start, 0), size)
    return low, min(max(start + length, low), size)


def across(which, m, K, x, out, left=0):
    """Transform the tiles of each row of x (N, H, W, C) into those of out (N, H, W', C).

    The first tile starts in column `left` of x. Columns outside of x are zeros, and left out.
    """
    rows = len(band(which, m, K, 1, x.dtype))
    step = m + K - 1 if which == "Aᵀ" else m
    tiles = -(-out.shape[2] // rows)
    for some in parts(tiles, -(-tiles * x.itemsize // SEGMENT_BYTES)):
        place = out[:, :, some.start * rows : some.stop * rows]
        matrix = band(which, m, K, some.stop - some.start, x.dtype)[: place.shape[2]]
        start = left + some.start * step
        low, high = inside(start, matrix.shape[1], x.shape[2])
        np.matmul(matrix[:, low - start : high - start], x[:, :, low:high], out=place)


def points(which, name, shape, tiles, dtype, seen):
    """The values at all points of all tiles of a block: (a_h, a_w, T, C), in scratch of this name.

    Parameters
    ----------
    which : "Bᵀ" or "A"
        For tiles of a inputs that overlap, or of m outputs side by side.
    shape : (N, R, C)
        Images, rows of tiles and channels.
    seen : function
        Of a slice of the images, gives (x, first, left): array x (n, H, W, C), the rows that the
        rows of tiles see and that are not padding, the place of the first of these among all, and
        the column where the first tile starts.
    """
    (N, R, C), (a_h, a_w), m = shape, tiles.sides, tiles.m
    down = band(which, m, tiles.KH, 1, dtype)
    H, L = R * m + down.shape[1] - m, tiles.TX * a_w * C
    values = scratch(name, (a_h, N, R, L), dtype)
    step = max(1, int(ROWS_BYTES / (H * L * values.itemsize)))
    for n in (slice(n, min(n + step, N)) for n in range(0, N, step)):
        x, first, left = seen(n)
        rows = scratch("winograd rows", (len(x), H, tiles.TX * a_w, C), dtype)
        end = first + x.shape[1]
        rows[:, :first] = rows[:, end:] = 0
        across(which, m, tiles.KW, x, rows[:, first:end], left)
        image, row, _, channel = rows.strides
        bands = (len(x), R, down.shape[1], L), (image, m * row, row, channel)
        np.matmul(down, strided_view(rows, *bands), out=values[:, n].transpose(1, 2, 0, 3))
    return values.reshape(a_h, N * R * tiles.TX, a_w, C).swapaxes(1, 2)


def input_points(x, block, places, tiles):
    """Bᵀ d B of every tile of a block: (a_h, a_w, T, C)."""
    images, rows = block
    R, squared = rows.stop - rows.start, (places.SH, places.SW) != (1, 1)
    H, W = R * tiles.m + tiles.KH - 1, tiles.TX * tiles.m + tiles.KW - 1
    top = places.top + rows.start * tiles.m
    low, high = inside(top, H, x.shape[1])
    x = x[images]

    def seen(n):
        if squared:
            return squares(x[n], rows.start * tiles.m, H, W, places), 0, 0
        return neighbours(x[n, low:high]), min(low - top, H), places.left

    shape = len(x), R, x.shape[3] * places.SH * places.SW
    return points("Bᵀ", "winograd V", shape, tiles, x.dtype, seen)


def neighbours(x):
    """x (N, H, W, C), or a copy, whose rows BLAS can take."""
    return x if x.strides[3] == x.itemsize else apart("winograd image", x)


def squares(x, row, H, W, places):
    """Images whose pixels are SH x SW squares of pixels, with C SH SW channels (see `strided`).

    H rows of these from `row` on, W columns, of the padded images: (N, H, W, C SH SW).
    """
    SH, SW = places.SH, places.SW
    frame = places.top + row * SH, places.left, H * SH, W * SW
    image = padded("winograd squares", x, *frame, channels_last=False).transpose(0, 3, 1, 2)
    N, C = image.shape[:2]
    squares = scratch("winograd image", (N, H, W, C, SH, SW), x.dtype)
    image = image.reshape(N, C, H, SH, W, SW)
    if (wide := WIDE.get(SW * x.itemsize)) is not None:  # a row of a square is copied as one number
        np.copyto(squares.view(wide), image.view(wide).transpose(0, 2, 4, 1, 3, 5))
    else:
        np.copyto(squares, image.transpose(0, 2, 4, 1, 3, 5))
    return squares.reshape(N, H, W, -1)


@cache
def filter_matrix(m, KH, KW, dtype):
    """G on both sides of a filter as one matrix, (a_h a_w, KH KW)."""
    return np.kron(matrices(m, KH)[1], matrices(m, KW)[1]).astype(dtype)


def kernel_points(w, m):
    """G g Gᵀ of every filter: (a_h, a_w, C, F)."""
    F, C, KH, KW = w.shape
    G = filter_matrix(m, KH, KW, w.dtype)
    U = scratch("winograd U", (len(G), C, F), w.dtype)

    def some(c):
        taps = scratch("winograd image", (c.stop - c.start, KH * KW, F), w.dtype)
        np.copyto(taps.reshape(-1, F), w[:, c].reshape(F, -1).T)
        np.matmul(G, taps, out=U[:, c].swapaxes(0, 1))

    each(some, parts(C, cores()), U.size)
    return U.reshape(m + KH - 1, m + KW - 1, C, F)


def forward(x, w, b, out, places, kernel_bytes=KERNEL_BYTES):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    F, C, KH, KW = w.shape
    m = tile_size(*out.shape[1:3], KH, KW, w.dtype)
    area = (m + KH - 1) * (m + KW - 1)
    most = max(16, int(kernel_bytes / (area * C * w.itemsize)))
    for f in reversed(parts(F, -(-F // most))):  # the last is the largest: scratch need not grow
        some_filters(x, w[f], None if b is None else b[f], out[..., f], places)


def some_filters(x, w, b, out, places):
    """`forward` for as many filters as fit in the cache together."""
    F, C, KH, KW = w.shape
    tiles, cut = plan(w, out, BLOCK_BYTES, 16)
    (a_h, a_w), m, TX = tiles.sides, tiles.m, tiles.TX
    U = kernel_points(w, m)
    AT = band("Aᵀ", m, KH, 1, x.dtype)

    def one(block):
        n, rows = block
        V = input_points(x, block, places, tiles)
        M = scratch("winograd rows", (a_h, V.shape[2], a_w, F), x.dtype)
        np.matmul(V, U, out=M.swapaxes(1, 2))
        if b is not None:
            M[1, :, 1] += b  # the value at the point 1 counts once in every output
        N, R = n.stop - n.start, rows.stop - rows.start
        bands = M.reshape(a_h, N, R, -1).transpose(1, 2, 0, 3)
        half = np.matmul(AT, bands, out=scratch("winograd V", (N, R, m, TX * a_w * F), x.dtype))
        place = out[n, rows.start * m : rows.stop * m]
        half = half.reshape(N, R * m, TX * a_w, F)[:, : place.shape[1]]
        with apart_from("winograd rows", place) as target:
            across("Aᵀ", m, KW, half, target)

    each(one, cut, WORK * out.size * C * KH * KW)


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C)."""
    filters, places = turned(w, places)
    forward(dout, filters, None, dx, places, BACKWARD_KERNEL_BYTES)


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F): each step transposed.

    dM = A dY Aᵀ at every tile, dU = Vᵀ dM summed over the tiles, dw = Gᵀ dU G. At the point 1, dM
    is the sum of the tile.
    """
    F, C, KH, KW = w.shape
    least = min(max(64, C * F // (C + F)), 128)  # tiles: fewer cost less than adding dU up again
    tiles, cut = plan(w, dout, GRADIENT_BYTES, least)
    m = tiles.m

    def one(block, out):
        images, rows = block
        V = input_points(x, block, places, tiles)
        g = dout[images, rows.start * m : rows.stop * m]
        shape = len(g), rows.stop - rows.start, F
        dM = points("A", "winograd dM", shape, tiles, g.dtype, lambda n: (neighbours(g[n]), 0, 0))
        np.matmul(V.swapaxes(2, 3), dM, out=out[:-1].reshape(*tiles.sides, C, F))
        np.sum(dM[1, 1], axis=0, out=out[-1])

    G = filter_matrix(m, KH, KW, x.dtype)
    shape = len(G) * C + 1, F
    sums = add_up(one, cut, shape, x.dtype, WORK * dout.size * C * KH * KW)
    dw = G.T @ sums[:-1].reshape(len(G), C * F)
    return dw.reshape(KH, KW, C, F).transpose(3, 2, 0, 1), sums[-1]
