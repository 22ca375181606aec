"""im2col and one matrix product, the columns in the cache; scatter-add by kernel offset."""

import numpy as np


def _pads(padding, KH, KW, DH, DW):
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        th, tw = DH * (KH - 1), DW * (KW - 1)
        return th // 2, th - th // 2, tw // 2, tw - tw // 2
    ph, pw = (padding, padding) if np.isscalar(padding) else padding
    return ph, ph, pw, pw


def _two(v):
    return (v, v) if np.isscalar(v) else tuple(v)


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (dh, dw) = _two(stride), _two(dilation)
    n, c, h, wd = x.shape
    f, cg, kh, kw = w.shape
    t, bo, le, ri = _pads(padding, kh, kw, dh, dw)
    xp = np.pad(x, ((0, 0), (0, 0), (t, bo), (le, ri)))
    oh = (xp.shape[2] - dh * (kh - 1) - 1) // sh + 1
    ow = (xp.shape[3] - dw * (kw - 1) - 1) // sw + 1
    cols = np.empty((n, c, kh, kw, oh, ow), x.dtype)
    for p in range(kh):
        for q in range(kw):
            cols[:, :, p, q] = xp[
                :,
                :,
                p * dh : p * dh + sh * (oh - 1) + 1 : sh,
                q * dw : q * dw + sw * (ow - 1) + 1 : sw,
            ]
    cols = cols.reshape(n, groups, cg * kh * kw, oh * ow)
    mat = w.reshape(groups, f // groups, -1)
    out = np.matmul(mat[None], cols).reshape(n, f, oh, ow)
    if b is not None:
        out = out + b.reshape(1, -1, 1, 1)
    return out, dict(
        cols=cols, w=w, b=b, xs=x.shape, xps=xp.shape, s=(sh, sw), d=(dh, dw), g=groups, p=(t, le)
    )


def conv2d_backward(dout, cache):
    w, g = cache["w"], cache["g"]
    n, f, oh, ow = dout.shape
    _, cg, kh, kw = w.shape
    (sh, sw), (dh, dw_) = cache["s"], cache["d"]
    d2 = dout.reshape(n, g, f // g, oh * ow)
    dw = np.einsum("ngfl,ngkl->gfk", d2, cache["cols"]).reshape(w.shape).astype(w.dtype)
    dcols = np.matmul(w.reshape(g, f // g, -1).transpose(0, 2, 1)[None], d2)
    dcols = dcols.reshape(n, g * cg, kh, kw, oh, ow)
    dxp = np.zeros(cache["xps"], dout.dtype)
    for p in range(kh):
        for q in range(kw):
            dxp[
                :,
                :,
                p * dh : p * dh + sh * (oh - 1) + 1 : sh,
                q * dw_ : q * dw_ + sw * (ow - 1) + 1 : sw,
            ] += dcols[:, :, p, q]
    (t, le), (_, _, h, wd) = cache["p"], cache["xs"]
    db = None if cache["b"] is None else dout.sum((0, 2, 3))
    return dxp[:, :, t : t + h, le : le + wd], dw, db
