"""Fewer multiplications: Winograd's convolution of small tiles (Lavin and Gray, 2016).

Three numbers of a filter g slide over six of an image d and give four outputs y. That is a product
of polynomials in disguise, and a polynomial is known by its values at enough points: evaluate both,
multiply value by value, and interpolate. Six multiplications then do the work of twelve, and in
two dimensions 36 that of 144:

    y = Aᵀ [ (G g) * (Bᵀ d) ]             Y = Aᵀ [ (G g Gᵀ) * (Bᵀ d B) ] A

The sum over channels is taken before Aᵀ, so the products `*` of all tiles, channels and filters are
36 matrix products, one for each pair of points. The price is rounding: large and small powers of
the points meet, so that F(4x4, 3x3) is about ten times less exact than the plain sum: a relative
error of 1e-6 to 3e-6 in float32 and below 1e-14 in float64, also with 256 channels.

Letters: `m` outputs and `a = m + K - 1` inputs along one side of a tile, `R`, `TX` tiles down and
across, `T` tiles in all. For stride 1 without dilation. Images are (N, H, W, C) here.
"""

from fractions import Fraction
from functools import cache
from math import prod

import numpy as np

from cs_cnn.fast_layers.blocks import add_up, blocks, padded, strided_view
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each

POINTS = (0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2))  # and infinity, always the last
BLOCK_BYTES = 2e6  # tiles and products of one block, to stay near the core
WIDE = {8: np.float64, 16: np.complex128}  # types by their bytes
KERNEL_BYTES = 2.5e6  # values of so many filters at a time


@cache
def matrices(m, K):
    """(Aᵀ, G, Bᵀ) of F(m, K): m outputs of a filter of K numbers from a = m + K - 1 products.

    Row i of E(n) holds the powers 0 to n - 1 of point i, so E(n) p are the values of the
    polynomial with coefficients p; the last row reads the highest coefficient, the value "at
    infinity". The product of two polynomials is E(a)⁻¹ [(E(K) g) * (E(m) h)]; its transpose slides
    g over d instead, and gives Aᵀ = E(m)ᵀ, G = E(K), Bᵀ = E(a)⁻ᵀ. A factor for each point,
    moved from G to Bᵀ, makes Bᵀ whole numbers and the matrices those of the paper (up to signs).
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


def plan(x, w, out, m, least=32):
    """How a convolution is cut: the tile matrices of both sides, tiles across, and the blocks."""
    (F, C, KH, KW), (N, H_out, W_out) = w.shape, out.shape[:3]
    sides = matrices(m, KH), matrices(m, KW)
    R, TX = -(-H_out // m), -(-W_out // m)
    area = (m + KH - 1) * (m + KW - 1)
    fit = int(BLOCK_BYTES / (area * (C + max(C, F)) * x.itemsize))
    return sides, TX, blocks(N, R, TX, max(least, fit))


def kernel_to_points(w, sides):
    """G g Gᵀ of every filter: (a_w a_h, C, F)."""
    F, C, KH, KW = w.shape
    G = np.kron(sides[1][1], sides[0][1]).astype(w.dtype)
    G = G.reshape(-1, KW, KH).swapaxes(1, 2).reshape(len(G), -1)  # taps in the order of w's memory
    U = scratch("winograd U", (len(G), C, F), w.dtype)

    def some(c):
        taps = np.ascontiguousarray(w[:, c].reshape(F, -1).T)
        np.matmul(G, taps.reshape(-1, KH * KW, F), out=U[:, c].swapaxes(0, 1))

    step = -(-C // cores())
    each(some, [slice(c, c + step) for c in range(0, C, step)], U.size)
    return U


def to_points(x, block, places, sides, TX, m):
    """Bᵀ d B of every tile of a block: (a_w, a_h, T, C)."""
    (n, rows), C = block, x.shape[3] * places.SH * places.SW
    BT_h, BT_w = (side[2].astype(x.dtype) for side in sides)
    N, R, a_h, a_w = n.stop - n.start, rows.stop - rows.start, len(BT_h), len(BT_w)
    H, W = R * m + a_h - m, TX * m + a_w - m
    gathered = scratch("winograd gathered", (a_w, a_h, N, R, TX, C), x.dtype)
    V = scratch("winograd V", (a_w, a_h, N * R * TX, C), x.dtype)
    image = _image(x[n], rows.start * m, H, W, places)
    step = image.strides
    bands = strided_view(image, (N, R, a_h, W * C), (step[0], m * step[1], step[1], x.itemsize))
    rows_done = scratch("winograd V", (N, R, a_h, W * C), x.dtype)
    np.matmul(BT_h, bands, out=rows_done)
    step = rows_done.strides
    pixel = C * x.itemsize
    steps = (pixel, step[2], step[0], step[1], m * pixel, x.itemsize)
    tiles = strided_view(rows_done, gathered.shape, steps)
    np.copyto(gathered, tiles)
    np.matmul(BT_w, gathered.reshape(a_w, -1), out=V.reshape(a_w, -1))
    return V


def _image(x, row, H, W, places):
    """H rows of the padded images from `row` on: (N, H, W, C).

    With a stride, SH x SW squares of pixels are one pixel of C SH SW channels (see `strided`).
    """
    SH, SW, name = places.SH, places.SW, "winograd gathered"
    if (SH, SW) == (1, 1):
        return padded(name, x, places.top + row, places.left, H, W)
    frame = places.top + row * SH, places.left, H * SH, W * SW
    image = padded("winograd squares", x, *frame, channels_last=False).transpose(0, 3, 1, 2)
    N, C = image.shape[:2]
    squares = scratch(name, (N, H, W, C, SH, SW), x.dtype)
    image = image.reshape(N, C, H, SH, W, SW)
    if (wide := WIDE.get(SW * x.itemsize)) is not None:  # a row of a square is copied as one number
        np.copyto(squares.view(wide), image.view(wide).transpose(0, 2, 4, 1, 3, 5))
    else:
        np.copyto(squares, image.transpose(0, 2, 4, 1, 3, 5))
    return squares.reshape(N, H, W, -1)


def forward(x, w, b, out, places, m=4):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    F, C, KH, KW = w.shape
    area = (m + KH - 1) * (m + KW - 1)
    step = max(32, int(KERNEL_BYTES / (area * C * w.itemsize)) // 32 * 32)
    for f in (slice(f, min(f + step, F)) for f in range(0, F, step)):
        some_filters(x, w[f], None if b is None else b[f], out[..., f], places, m)


def some_filters(x, w, b, out, places, m):
    """`forward` for as many filters as fit in the cache together."""
    F, C, KH, KW = w.shape
    sides, TX, parts = plan(x, w, out, m)
    AT_h, AT_w = (side[0].astype(x.dtype) for side in sides)
    a_h, a_w = m + KH - 1, m + KW - 1
    U = kernel_to_points(w, sides)

    def one(block):
        V = to_points(x, block, places, sides, TX, m)
        place = out[block[0], block[1].start * m : block[1].stop * m]
        N, R = len(place), block[1].stop - block[1].start
        M = scratch("winograd gathered", (a_w, a_h, N, R, TX, F), x.dtype)
        np.matmul(V.reshape(a_w * a_h, -1, C), U, out=M.reshape(a_w * a_h, -1, F))
        if b is not None:
            M[1, 1] += b  # the value at the point 1 counts once in every output
        half = scratch("winograd V", (m, a_h, N, R, TX, F), x.dtype)
        np.matmul(AT_w, M.reshape(a_w, -1), out=half.reshape(m, -1))
        bands = scratch("winograd gathered", (N, R, a_h, TX, m, F), x.dtype)
        np.copyto(bands, half.transpose(2, 3, 1, 4, 0, 5))
        image = scratch("winograd V", (N, R * m, TX * m, F), x.dtype)
        np.matmul(AT_h, bands.reshape(N, R, a_h, -1), out=image.reshape(N, R, m, -1))
        np.copyto(place, image[:, : place.shape[1], : place.shape[2]])

    each(one, parts, 0.1 * out.size * C * KH * KW)


def kernel_gradient(x, dout, w, places, m=4):
    """The gradient by w of `forward`, from dout (N, H_out, W_out, F): each step transposed.

    dM = A dY Aᵀ at every tile, dU = Vᵀ dM summed over the tiles, dw = Gᵀ dU G.
    """
    F, C, KH, KW = w.shape
    sides, TX, parts = plan(x, w, dout, m, least=64)
    (AT_h, G_h, _), (AT_w, G_w, _) = sides
    a_h, a_w = len(G_h), len(G_w)
    A_h, A_w = (np.ascontiguousarray(AT.T).astype(x.dtype) for AT in (AT_h, AT_w))

    def one(block, dU):
        V = to_points(x, block, places, sides, TX, m)
        n, rows = block
        N, R = n.stop - n.start, rows.stop - rows.start
        image = padded("winograd gathered", dout[n], rows.start * m, 0, R * m, TX * m)
        bands = scratch("winograd dM", (N, R, a_h, TX, m, F), x.dtype)
        np.matmul(A_h, image.reshape(N, R, m, -1), out=bands.reshape(N, R, a_h, -1))
        half = scratch("winograd gathered", (m, a_h, N, R, TX, F), x.dtype)
        np.copyto(half, bands.transpose(4, 2, 0, 1, 3, 5))
        dM = scratch("winograd dM", (a_w * a_h, N * R * TX, F), x.dtype)
        np.matmul(A_w, half.reshape(m, -1), out=dM.reshape(a_w, -1))
        np.matmul(V.reshape(a_w * a_h, -1, C).swapaxes(1, 2), dM, out=dU)

    dU = add_up(one, parts, (a_w * a_h, C, F), x.dtype, 0.1 * dout.size * C * KH * KW)
    dw = np.kron(G_w, G_h).T.astype(x.dtype) @ dU.reshape(a_w * a_h, -1)
    return dw.reshape(KW, KH, C, F).transpose(3, 2, 1, 0)
