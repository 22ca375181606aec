"""Notebook 02 as a careful beginner writes it: one number after the other."""

import math

import numpy as np

from cs_cnn.two_layer import two_layer_forward  # noqa: F401  a backward is called with its forward


def svm_loss(w, b, x, y, reg=0.0, margin=1.0):
    N, C = len(x), len(w)
    loss, dw, db = 0.0, np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        s = [float(np.dot(w[c], x[n]) + b[c]) for c in range(C)]
        for j in range(C):
            short = s[j] - s[y[n]] + margin
            if j != y[n] and short > 0:
                loss += short
                dw[j] += x[n]
                dw[y[n]] -= x[n]
                db[j] += 1
                db[y[n]] -= 1
    loss, dw, db = loss / N, dw / N, db / N
    for row in w:
        for one in row:
            loss += reg * one * one
    return loss, dw + 2 * reg * w, db


def momentum(w, dw, state=None, lr=1e-3, momentum=0.9, weight_decay=0.0):
    g = dw + weight_decay * w
    v = g.copy() if state is None else g + momentum * state["velocity"]
    return w + (-lr) * v, dict(velocity=v)


def adam(w, dw, state=None, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    g = dw + weight_decay * w
    state = state or {"m": 0 * w, "v": 0 * w, "t": 0}
    t = state["t"] + 1
    m = state["m"] + (1 - betas[0]) * (g - state["m"])
    v = state["v"] + (1 - betas[1]) * (np.square(g) - state["v"])
    root = np.sqrt(v) / math.sqrt(1 - betas[1] ** t)
    return w - lr / (1 - betas[0] ** t) * m / (root + eps), {"m": m, "v": v, "t": t}


def colour_histogram(x, bins=4):
    N, _, H, W = x.shape
    out = np.zeros((N, bins, bins, bins), x.dtype)
    for n in range(N):
        for i in range(H):
            for j in range(W):
                bucket = tuple(min(math.floor(value * bins), bins - 1) for value in x[n, :, i, j])
                out[n][bucket] += 1
    return (out / (H * W)).reshape(N, -1)


def cell_histograms(magnitude, angle, cell=8, bins=9):
    N, H, W = magnitude.shape
    out = np.zeros((N, H // cell, W // cell, bins), magnitude.dtype)
    for n in range(N):
        for i in range(H // cell * cell):
            for j in range(W // cell * cell):
                k = int(angle[n, i, j] * bins / 180)
                out[n, i // cell, j // cell, k] += magnitude[n, i, j]
    return out


def encode_words(patches, codebook):
    out = np.zeros((len(patches), len(codebook)), patches.dtype)
    for n, image in enumerate(patches):
        for patch in image:
            distances = [math.dist(patch, word) for word in codebook]
            out[n, distances.index(min(distances))] += 1
    return out / patches.dtype.type(patches.shape[1])


def two_layer_backward(dscores, cache):
    x, hidden, w1, w2 = cache
    dx, dw1, dw2 = (np.zeros_like(a) for a in (x, w1, w2))
    db1, db2 = np.zeros_like(w1[:, 0]), np.zeros_like(w2[:, 0])
    for n in range(len(x)):
        dw2 += np.outer(dscores[n], hidden[n])
        db2 += dscores[n]
        d = w2.T @ dscores[n]
        d[hidden[n] <= 0] = 0
        dw1 += np.outer(d, x[n])
        db1 += d
        dx[n] = w1.T @ d
    return dx, dw1, db1, dw2, db2
