"""Batch norm in two passes over memory: one to measure, one to write.

Written as its definition reads, batch norm walks through memory a dozen times, and memory is what
it waits for. Here every part of x is measured while it lies in the cache: its mean, and the squares
around that mean. The parts' results are then merged exactly (Chan, Golub and LeVeque, 1983):

    mean = sum of n_i mean_i / M        M2 = sum of M2_i + n_i (mean_i - mean)²

which loses no digits when the mean is far from zero, as mean(x²) - mean(x)² would. What is left is
out = scale x + shift, with one scale and one shift per channel.

Letters: `C` channels, `M` numbers per channel, and x in the order of its memory as `R` rows of `C`
channels of `L` numbers: (N, C, H W), or with the channels last (pixels, C, 1).
"""

import numpy as np

from cs_cnn.fast_layers.blocks import stays_channels_last
from cs_cnn.fast_layers.results import empty
from cs_cnn.fast_layers.scratch import scratch
from cs_cnn.fast_layers.threads import cores, each
from cs_cnn.normalization import batch_norm_axes
from cs_cnn.shapes import need_shape

PART_BYTES = 2**21  # of x at a time
WIDE = 1024  # short rows of channels are laid side by side until they have about this length


def batch_norm_forward(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5
):
    """Same as `cs_cnn.normalization.batch_norm_forward`; the cache keeps x itself."""
    batch_norm_axes(x, gamma, beta, running_mean, running_var, training)
    last = stays_channels_last(x)
    if training:
        mean, var, M = _moments(_rows(x, last), x.shape[1])
        unbiased = (var * (M / (M - 1))).astype(x.dtype)
        running_mean = (1 - momentum) * running_mean + momentum * mean.astype(x.dtype)
        running_var = (1 - momentum) * running_var + momentum * unbiased
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    scale = gamma / std
    out = _affine([_rows(x, last)], [scale], beta - mean * scale)
    return _images(out, x.shape, last), (x, mean, std, gamma, training), running_mean, running_var


def batch_norm_backward(dout, cache):
    """Same as `cs_cnn.normalization.batch_norm_backward`: two passes over dout and x.

    With centred = x - mean, the formula there is dout, x and 1, each times a number per channel.
    """
    x, mean, std, gamma, training = cache
    need_shape("batch_norm_backward", "dout", dout, x.shape)
    last, M = stays_channels_last(x), x.size // gamma.size
    douts, rows = _rows(dout, last), _rows(x, last)
    dbeta, along = _sums(douts, rows, mean)
    dgamma = along / std
    if training:
        slope = -gamma * dgamma / (M * std**2)  # of dx by x
        shift = -gamma * dbeta / (M * std) - slope * mean
        dx = _affine([douts, rows], [gamma / std, slope], shift)
    else:
        dx = _affine([douts], [gamma / std], np.zeros_like(std))
    return _images(dx, x.shape, last), dgamma.astype(x.dtype), dbeta.astype(x.dtype)


def _moments(rows, C):
    """Mean and biased variance of every channel in float64, and M."""
    parts, count = _parts(rows)
    means, squares = (np.zeros((count, rows.shape[1])) for _ in range(2))
    sizes = np.zeros((count, 1))

    def one(part):
        i, place = part
        x = rows[place]
        n = len(x) * x.shape[2]
        near = (_channel_sums(x) / n).astype(x.dtype)
        centred = scratch("centred", x.shape, x.dtype)
        np.subtract(x, near[:, None], out=centred)
        rest = _channel_sums(centred)  # zero, but for the rounding of `near`
        np.multiply(centred, centred, out=centred)
        means[i, place[1]] = near + rest / n
        squares[i, place[1]] = _channel_sums(centred) - rest**2 / n
        sizes[i] = n

    each(one, parts, rows.size)
    means, squares = means.reshape(-1, C), squares.reshape(-1, C)
    sizes = np.repeat(sizes, len(means) // count, axis=0)
    M = rows.size // C
    mean = (sizes * means).sum(axis=0) / M
    return mean, (squares + sizes * (means - mean) ** 2).sum(axis=0) / M, M


def _sums(douts, rows, mean):
    """The sums of dout and of dout (x - mean) over every channel, in float64."""
    parts, count = _parts(rows)
    plain, along = (np.zeros((count, rows.shape[1])) for _ in range(2))
    means = _spread(mean, rows)

    def one(part):
        i, place = part
        centred = scratch("centred", rows[place].shape, rows.dtype)
        np.subtract(rows[place], means[place[1]], out=centred)
        np.multiply(centred, douts[place], out=centred)
        plain[i, place[1]] = _channel_sums(douts[place])
        along[i, place[1]] = _channel_sums(centred)

    each(one, parts, 2 * rows.size)
    return [s.reshape(-1, len(mean)).sum(axis=0) for s in (plain, along)]


def _affine(arrays, factors, shift):
    """The sum of each array of rows times its factor per channel, plus a shift per channel."""
    first, *others = arrays
    out = empty(first.shape, first.dtype)
    factors, shift = [_spread(f, first) for f in factors], _spread(shift, first)

    def one(part):
        _, place = part
        target, channels = out[place], place[1]
        np.multiply(first[place], factors[0][channels], out=target)
        target += shift[channels]
        for other, factor in zip(others, factors[1:], strict=True):
            term = scratch("centred", target.shape, out.dtype)
            np.multiply(other[place], factor[channels], out=term)
            target += term

    each(one, _parts(first)[0], out.size)
    return out


def _channel_sums(x):
    """Sum x (R, C, L) over rows and numbers, by BLAS; float64."""
    R, C, L = x.shape
    if L == 1:
        return (np.ones(R, x.dtype) @ x[:, :, 0]).astype(np.float64)
    return (x.reshape(R * C, L) @ np.ones(L, x.dtype)).reshape(R, C).sum(axis=0, dtype=np.float64)


def _parts(rows):
    """Cut rows (R, C, L) into parts that fit the cache, and count the cuts of R.

    A part is (number of its cut, (slice of R, slice of C)).
    """
    R, C, L = rows.shape
    number = PART_BYTES // rows.itemsize
    step_R = max(1, min(number // (C * L), -(-R // cores())))
    step_C = C if step_R > 1 else max(1, min(C, number // L))
    cuts = [slice(r, r + step_R) for r in range(0, R, step_R)]
    channels = [slice(c, c + step_C) for c in range(0, C, step_C)]
    return [(i, (cut, c)) for i, cut in enumerate(cuts) for c in channels], len(cuts)


def _rows(x, last):
    """x (N, C) or (N, C, H, W) as (R, C, L), or (R, k C, 1) where rows of C numbers are short."""
    x = np.ascontiguousarray(x.transpose(0, 2, 3, 1) if last else x)
    if not last and x.ndim == 4 and x.shape[2] * x.shape[3] > 1:
        return x.reshape(*x.shape[:2], -1)
    C = x.shape[-1] if last else x.shape[1]
    R = x.size // C
    width = C
    while width < WIDE and R % 2 == 0:
        R, width = R // 2, 2 * width
    return x.reshape(R, width, 1)


def _spread(vector, rows):
    """One number per channel as a column that meets rows (R, k C, L), in their dtype."""
    times = rows.shape[1] // len(vector)
    return np.tile(vector.astype(rows.dtype), times)[:, None]


def _images(rows, shape, last):
    """Rows back in the shape (N, C) or (N, C, H, W)."""
    if not last:
        return rows.reshape(shape)
    N, C, H, W = shape
    return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)
