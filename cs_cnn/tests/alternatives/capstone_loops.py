"""The capstone's exercises as another good student may write them: loops, an SVD, formulas."""

import numpy as np


def whitening_filters(x, K=2, eps=5e-4):
    N, C, H, W = x.shape
    shifted = [
        x[:, c, i : H - K + 1 + i, j : W - K + 1 + j].ravel()
        for c in range(C)
        for i in range(K)
        for j in range(K)
    ]
    values, vectors = np.linalg.eig(np.array(shifted) @ np.array(shifted).T / len(shifted[0]))
    order = np.argsort(values)[::-1]
    filters = [vectors[:, k].reshape(C, K, K) / (values[k] + eps) ** 0.5 for k in order]
    return np.array(filters + [-f for f in filters]).astype(x.dtype)


def dirac_init(w):
    w = w.copy()
    for i in range(min(len(w), w.shape[1])):
        w[i] = 0
        w[i, i, w.shape[2] // 2, w.shape[3] // 2] = 1
    return w


def label_smoothing_loss(scores, y, smoothing=0.2):
    N, C = scores.shape
    loss, dscores = 0.0, np.empty_like(scores)
    for n in range(N):
        powers = np.exp(scores[n] - scores[n].max())
        log_prob = scores[n] - scores[n].max() - np.log(powers.sum())
        target = np.full(C, smoothing / C)
        target[y[n]] += 1 - smoothing
        loss -= (target * log_prob).sum() / N
        dscores[n] = (powers / powers.sum() - target) / N
    return loss, dscores


def triangle(step, steps, start=0.2, peak=0.2, end=0.0):
    turn = peak * steps
    if step < turn:
        return start + (1 - start) * step / turn
    return 1 + (end - 1) * (step - turn) / (steps - turn)


def nesterov(w, dw, state=None, lr=0.05, momentum=0.85, weight_decay=0.0):
    velocity = dw.copy() if state is None else momentum * state["velocity"] + dw
    shrunk = w * (1 - lr * weight_decay)
    return shrunk - lr * dw - lr * momentum * velocity, {"velocity": velocity}


def orthogonalise(g, steps=3):
    U, s, Vt = np.linalg.svd(g, full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    for _ in range(steps):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return (U * s @ Vt).astype(g.dtype)


def views(x, shift=1):
    H, W = x.shape[2:]

    def reflected(k, n):
        return np.abs((n - 1) - np.abs((n - 1) - np.arange(k, k + n)))

    three = [x[:, :, reflected(k, H)][..., reflected(k, W)] for k in (0, shift, -shift)]
    return np.concatenate([np.array(three), np.array(three)[..., ::-1]])
