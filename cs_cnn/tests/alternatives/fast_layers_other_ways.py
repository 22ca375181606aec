import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cs_cnn.fast_layers.one_tile import FILTER_2, IN_2, OUT_2
from cs_cnn.shapes import conv2d_shape, pad_pairs, pair, window_shape
from cs_cnn.simt import gpu, launch


def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    (KH, KW), (SH, SW), (DH, DW) = pair(kernel_size), pair(stride), pair(dilation)
    x_pad = np.pad(x, ((0, 0), (0, 0), *pad_pairs(padding, kernel_size, dilation, stride)))
    spans = (DH * (KH - 1) + 1, DW * (KW - 1) + 1)
    windows = sliding_window_view(x_pad, spans, axis=(2, 3))[:, :, ::SH, ::SW, ::DH, ::DW]
    N, C = x.shape[:2]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, -1).copy()


def col2im(cols, shape, kernel_size, stride=1, padding=0, dilation=1):
    N, C, H, W = shape
    (KH, KW), (SH, SW), (DH, DW) = pair(kernel_size), pair(stride), pair(dilation)
    H_out, W_out = window_shape("col2im", (H, W), kernel_size, stride, padding, dilation)
    (top, bottom), (left, right) = pad_pairs(padding, kernel_size, dilation, stride)
    x_pad = np.zeros((N, C, top + H + bottom, left + W + right), cols.dtype)
    windows = cols.reshape(N, C, KH, KW, H_out, W_out)
    for i in range(H_out):
        for j in range(W_out):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            columns = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            x_pad[:, :, rows, columns] += windows[..., i, j]
    return x_pad[:, :, top : top + H, left : left + W].copy()


def max_pool2d_tiles(x, kernel_size):
    KH, KW = pair(kernel_size)
    H, W = x.shape[2] // KH * KH, x.shape[3] // KW * KW
    slices = [x[:, :, p:H:KH, q:W:KW] for p in range(KH) for q in range(KW)]
    return np.max(np.stack(slices), axis=0)


def winograd_tile(tile, w):
    U = np.einsum("ap,fcpq,bq->fcab", FILTER_2, w, FILTER_2)
    V = np.einsum("ai,cij,bj->cab", IN_2, tile, IN_2)
    products = U * V[None]
    each = np.einsum("ia,fcab,jb->fcij", OUT_2, products, OUT_2)
    return each.sum(1), products


def conv2d_threads(x, w, b, stride=1, block=(8, 4)):
    N, C_out, H_out, W_out = conv2d_shape(x, w, b, stride)
    (C, KH, KW), (SH, SW), (BW, BH) = w.shape[1:], pair(stride), block
    out = np.zeros((N, C_out, H_out, W_out), x.dtype)

    def kernel(x, w, b, out):
        row = BH * gpu.blockIdx.y + gpu.threadIdx.y
        column = BW * gpu.blockIdx.x + gpu.threadIdx.x
        n = gpu.blockIdx.z // C_out
        f = gpu.blockIdx.z - n * C_out
        if row < H_out:
            if column < W_out:
                total = np.float32(0)
                for k in range(C * KH * KW):
                    c = k // (KH * KW)
                    p = k // KW % KH
                    q = k % KW
                    total += w[f, c, p, q] * x[n, c, row * SH + p, column * SW + q]
                out[n, f, row, column] = total + b[f]

    return out, launch(kernel, (-(-W_out // BW), -(-H_out // BH), N * C_out), block, x, w, b, out)


def conv2d_tiled(x, w, b, block=(8, 4)):
    N, C_out, H_out, W_out = conv2d_shape(x, w, b)
    (C, KH, KW), (H, W), (BW, BH) = w.shape[1:], x.shape[2:], block
    TH, TW = BH + KH - 1, BW + KW - 1
    out = np.zeros((N, C_out, H_out, W_out), x.dtype)

    def kernel(x, w, b, out):
        tile = gpu.shared_memory(np.float32, C * TH * TW)
        n, f = gpu.blockIdx.z // C_out, gpu.blockIdx.z % C_out
        i, j = gpu.blockIdx.y * BH + gpu.threadIdx.y, gpu.blockIdx.x * BW + gpu.threadIdx.x
        k = gpu.threadIdx.y * BW + gpu.threadIdx.x
        # All channels at once, so one barrier is enough; beyond the edge of the image, zeros.
        while k < TH * TW:
            row = gpu.blockIdx.y * BH + k // TW
            column = gpu.blockIdx.x * BW + k % TW
            for c in range(C):
                inside = row < H and column < W
                tile[c * TH * TW + k] = x[n, c, row, column] if inside else np.float32(0)
            k += BH * BW
        gpu.syncthreads()
        if i < H_out and j < W_out:
            total = b[f]
            for c in range(C):
                for p in range(KH):
                    for q in range(KW):
                        place = (c * TH + gpu.threadIdx.y + p) * TW + gpu.threadIdx.x + q
                        total += tile[place] * w[f, c, p, q]
            out[n, f, i, j] = total

    return out, launch(kernel, (-(-W_out // BW), -(-H_out // BH), N * C_out), block, x, w, b, out)
