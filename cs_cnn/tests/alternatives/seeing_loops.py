"""The gallery's first half with loops, lists and PyTorch."""

import numpy as np
import torch


def iou(a, b):
    table = np.zeros((len(a), len(b)))
    for n, (left, top, right, bottom) in enumerate(a.tolist()):
        for m, (x0, y0, x1, y1) in enumerate(b.tolist()):
            width, height = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
            shared = width * height if width > 0 and height > 0 else 0
            union = (right - left) * (bottom - top) + (x1 - x0) * (y1 - y0) - shared
            table[n, m] = shared / union if union else 0
    return table


def nms(overlaps, scores, threshold=0.5):
    kept = []
    for k in sorted(range(len(scores)), key=lambda k: -scores[k]):
        if all(overlaps[k, other] <= threshold for other in kept):
            kept.append(k)
    return kept


def conv_transpose2d_forward(x, w, b=None, stride=1, padding=0):
    N, _, H, W = x.shape
    _, C_out, KH, KW = w.shape
    out = np.zeros((N, C_out, (H - 1) * stride + KH, (W - 1) * stride + KW), x.dtype)
    for i in range(KH):
        for j in range(KW):
            part = np.einsum("nchw,cd->ndhw", x, w[:, :, i, j])
            out[:, :, i : i + H * stride : stride, j : j + W * stride : stride] += part
    if padding:
        out = out[:, :, padding:-padding, padding:-padding]
    if b is not None:
        out += b.reshape(1, -1, 1, 1)
    return out


def triplet_loss(anchor, positive, negative, margin=0.2):
    rows = [torch.tensor(a, requires_grad=True) for a in (anchor, positive, negative)]
    near, far = ((rows[0] - other).pow(2).sum(dim=1) for other in rows[1:])
    loss = torch.relu(near - far + margin).mean()
    loss.backward()
    return loss.item(), [row.grad.numpy() for row in rows]
