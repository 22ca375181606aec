"""Nothing but loops over single numbers, and no padded copy."""

import numpy as np


def _pair(v):
    return (v, v) if isinstance(v, int) else tuple(v)


def _start(padding, k, d):
    if padding == "valid":
        return 0, 0
    if padding == "same":
        return d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2
    return padding, padding


def _taps(x, w, stride, padding, dilation, groups):
    """Every product of the sum: (n, f, i, j), (c, y, x), (p, q)."""
    (sh, sw), (dh, dw) = _pair(stride), _pair(dilation)
    ph, pw = (padding, padding) if isinstance(padding, str) else _pair(padding)
    N, _, H, W = x.shape
    F, C, KH, KW = w.shape
    t, bo = _start(ph, KH, dh)
    le, ri = _start(pw, KW, dw)
    OH = (H + t + bo - dh * (KH - 1) - 1) // sh + 1
    OW = (W + le + ri - dw * (KW - 1) - 1) // sw + 1
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    for c in range(C):
                        for p in range(KH):
                            for q in range(KW):
                                y, z = i * sh + p * dh - t, j * sw + q * dw - le
                                if 0 <= y < H and 0 <= z < W:
                                    yield n, f, i, j, c, f // (F // groups) * C + c, y, z, p, q


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    terms = list(_taps(x, w, stride, padding, dilation, groups))
    (sh, sw), (dh, dw) = _pair(stride), _pair(dilation)
    if isinstance(padding, str):
        tot = [d * (k - 1) if padding == "same" else 0 for d, k in zip((dh, dw), w.shape[2:])]
    else:
        tot = [2 * p for p in _pair(padding)]
    oh = (x.shape[2] + tot[0] - dh * (w.shape[2] - 1) - 1) // sh + 1
    ow = (x.shape[3] + tot[1] - dw * (w.shape[3] - 1) - 1) // sw + 1
    out = np.zeros((x.shape[0], w.shape[0], oh, ow), x.dtype)
    for n, f, i, j, c, channel, y, z, p, q in terms:
        out[n, f, i, j] += x[n, channel, y, z] * w[f, c, p, q]
    for f in range(w.shape[0]):
        if b is not None:
            out[:, f] += b[f]
    return out, (x, w, b, terms)


def conv2d_backward(dout, cache):
    x, w, b, terms = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, f, i, j, c, channel, y, z, p, q in terms:
        dx[n, channel, y, z] += dout[n, f, i, j] * w[f, c, p, q]
        dw[f, c, p, q] += dout[n, f, i, j] * x[n, channel, y, z]
    db = None
    if b is not None:
        db = np.array([dout[:, f].sum() for f in range(len(b))], dtype=b.dtype)
    return dx, dw, db


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    k, d, pad = _pair(kernel_size), _pair(dilation), _pair(padding)
    s = k if stride is None else _pair(stride)
    N, C, H, W = x.shape
    OH = (H + 2 * pad[0] - d[0] * (k[0] - 1) - 1) // s[0] + 1
    OW = (W + 2 * pad[1] - d[1] * (k[1] - 1) - 1) // s[1] + 1
    out, winner = np.empty((N, C, OH, OW), x.dtype), {}
    for place in np.ndindex(N, C, OH, OW):
        n, c, i, j = place
        best = None
        for p in range(k[0]):
            for q in range(k[1]):
                y, z = i * s[0] + p * d[0] - pad[0], j * s[1] + q * d[1] - pad[1]
                inside = 0 <= y < H and 0 <= z < W
                if inside and (best is None or x[n, c, y, z] > best):
                    best, winner[place] = x[n, c, y, z], (n, c, y, z)
        out[place] = best
    return out, (x.shape, x.dtype, winner)


def max_pool2d_backward(dout, cache):
    shape, dtype, winner = cache
    dx = np.zeros(shape, dtype)
    for place, pixel in winner.items():
        dx[pixel] += dout[place]
    return dx
