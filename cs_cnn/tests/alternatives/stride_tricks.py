"""Windows as a view with overlapping strides, einsum for the products."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def pair(v):
    return (v, v) if isinstance(v, int) else v


def margins(padding, k, d):
    if padding == "same":
        return [(d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2)][0]
    return padding if isinstance(padding, tuple) else (padding, padding)


def setup(x, w, stride, padding, dilation):
    s, d = pair(stride), pair(dilation)
    if padding == "valid":
        padding = 0
    if padding == "same":
        mh, mw = margins("same", w.shape[2], d[0]), margins("same", w.shape[3], d[1])
    else:
        mh, mw = ((p, p) for p in pair(padding))
    xp = np.pad(x, [(0, 0), (0, 0), mh, mw])
    span = (d[0] * (w.shape[2] - 1) + 1, d[1] * (w.shape[3] - 1) + 1)
    view = sliding_window_view(xp, span, axis=(2, 3))[:, :, :: s[0], :: s[1], :: d[0], :: d[1]]
    return xp, view, mh, mw, s, d


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    _, view, *_ = setup(x, w, stride, padding, dilation)
    C, F = x.shape[1] // groups, w.shape[0] // groups
    parts = [
        np.einsum("nchwpq,fcpq->nfhw", view[:, g * C : (g + 1) * C], w[g * F : (g + 1) * F])
        for g in range(groups)
    ]
    result = np.concatenate(parts, axis=1)
    if b is not None:
        result += b[None, :, None, None]
    return result, (x, w, b, stride, padding, dilation, groups)


def conv2d_backward(dout, cache):
    x, w, b, stride, padding, dilation, groups = cache
    xp, view, mh, mw, s, d = setup(x, w, stride, padding, dilation)
    C, F = x.shape[1] // groups, w.shape[0] // groups
    dw, dxp = np.empty_like(w), np.zeros_like(xp)
    OH, OW = dout.shape[2:]
    for g in range(groups):
        cs, fs = slice(g * C, (g + 1) * C), slice(g * F, (g + 1) * F)
        dw[fs] = np.tensordot(dout[:, fs], view[:, cs], axes=((0, 2, 3), (0, 2, 3)))
        for p in range(w.shape[2]):
            for q in range(w.shape[3]):
                r = slice(p * d[0], p * d[0] + s[0] * OH, s[0])
                c = slice(q * d[1], q * d[1] + s[1] * OW, s[1])
                share = np.einsum("nfhw,fc->nchw", dout[:, fs], w[fs, :, p, q])
                target = dxp[:, cs, r, c]
                target += share[:, :, : target.shape[2], : target.shape[3]]
    dx = dxp[:, :, mh[0] : mh[0] + x.shape[2], mw[0] : mw[0] + x.shape[3]]
    return dx, dw, (dout.sum(axis=3).sum(axis=2).sum(axis=0) if b is not None else None)


def windows(x, kernel_size, stride, padding, dilation):
    k, p, d = pair(kernel_size), pair(padding), pair(dilation)
    s = pair(kernel_size if stride is None else stride)
    xp = np.pad(x, [(0, 0), (0, 0), (p[0],) * 2, (p[1],) * 2], constant_values=-np.inf)
    oh = (xp.shape[2] - d[0] * (k[0] - 1) - 1) // s[0] + 1
    ow = (xp.shape[3] - d[1] * (k[1] - 1) - 1) // s[1] + 1
    a, c, h, w = xp.strides
    shape = (*x.shape[:2], oh, ow, *k)
    return xp, as_strided(xp, shape, (a, c, h * s[0], w * s[1], h * d[0], w * d[1])), s, p, d


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    _, view, *_ = windows(x, kernel_size, stride, padding, dilation)
    return view.max((4, 5)), [x, kernel_size, stride, padding, dilation]


def max_pool2d_backward(dout, cache):
    x, *rest = cache
    xp, view, s, p, d = windows(x, *rest)
    flat = view.reshape(*view.shape[:4], -1).argmax(-1)
    rows, cols = np.divmod(flat, view.shape[5])
    n, c, i, j = np.indices(dout.shape)
    dxp = np.zeros_like(xp)
    np.add.at(dxp, (n, c, i * s[0] + rows * d[0], j * s[1] + cols * d[1]), dout)
    return dxp[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
