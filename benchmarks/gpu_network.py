"""A small network's training step: our kernels as one CUDA graph beside PyTorch, step by step.

Twice convolution 3x3, batch norm, ReLU and max pooling 2x2; then a linear layer, softmax and
cross-entropy; SGD with momentum. `training_step` is one body for every library of layers: with
`cs_cnn.fast_layers` it runs on NumPy's arrays, with `cs_cnn.fast_layers.gpu` on CuPy's.

Letters: `N` images, `K` classes.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from rich.table import Table
from torch import nn

from benchmarks.gpu_clock import event_times, quartiles, roofline, torch_tf32
from benchmarks.shapes import conv
from cs_cnn.backend import need_gpu, to_cpu
from cs_cnn.fast_layers import gpu
from cs_cnn.timing import speedup

N, SIZE, CHANNELS, K = 64, 32, (3, 16, 32), 10
LR, MOMENTUM, STEPS = 0.005, 0.9, 3
BAR = 3  # times PyTorch eager
DEVICE = "cuda"
# See `check`. Two pixels of a window may be so near that rounding decides which one wins: one such
# gradient at another pixel is up to 0.7% of the largest way, in PyTorch's float32 too.
TOLERANCE = {"float32": 0.03, "3xtf32": 0.03, "tf32": 0.1}
# How often the numbers between convolution and pooling are read or written at least: batch norm
# 3 forward and 5 backward, ReLU 2 and 3, pooling 1.25 and 1.25 (a quarter comes out).
PASSES = 15.5


class State(NamedTuple):
    """What a step changes, in place: arrays by name."""

    params: dict
    velocity: dict
    running: dict


def start(channels=CHANNELS, size=SIZE, classes=K, dtype=np.float32):
    """The state before the first step, as NumPy's arrays; params are in PyTorch's order."""
    rng = np.random.default_rng(0)
    params, running = {}, {}
    for i, (C, filters) in enumerate(pairwise(channels)):
        params[f"w{i}"] = rng.standard_normal((filters, C, 3, 3)) * (2 / (9 * C)) ** 0.5
        params |= {f"gamma{i}": np.ones(filters), f"beta{i}": np.zeros(filters)}
        running |= {f"mean{i}": np.zeros(filters), f"var{i}": np.ones(filters)}
    features = channels[-1] * (size // 4) ** 2
    params["w"] = rng.standard_normal((classes, features)) / features**0.5
    params["b"] = np.zeros(classes)
    velocity = {name: np.zeros_like(array) for name, array in params.items()}
    return moved(State(params, velocity, running), lambda array: array.astype(dtype))


def moved(state, move):
    """The state with every array as `move` gives it."""
    return State(*({name: move(array) for name, array in part.items()} for part in state))


def batch(images=N, channels=CHANNELS, size=SIZE, classes=K, dtype=np.float32):
    """Images, and their labels as rows with a single 1."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((images, channels[0], size, size)).astype(dtype)
    return x, np.eye(classes, dtype=dtype)[rng.integers(classes, size=images)]


def training_step(layers, x, targets, state):
    """One step of SGD with momentum; changes the state in place and returns the loss.

    Parameters
    ----------
    layers : module
        `cs_cnn.fast_layers`, or another with its functions.
    x : array (N, C, H, W)
    targets : array (N, K)
    state : State

    Returns
    -------
    loss : array ()
        Before the step. No number is brought to the CPU, so that the step can be captured.
    """
    caches = []
    for i in range(len(state.running) // 2):
        x, cache = block_forward(layers, x, i, state)
        caches.append(cache)
    pooled = x.shape
    scores, cache = layers.linear_forward(
        x.reshape(len(x), -1), state.params["w"], state.params["b"]
    )
    loss, dscores = cross_entropy(scores, targets)
    dx, dw, db = layers.linear_backward(dscores, cache)
    dx, grads = dx.reshape(pooled), {"w": dw, "b": db}
    for i in reversed(range(len(caches))):
        dx, grads[f"w{i}"], grads[f"gamma{i}"], grads[f"beta{i}"] = block_backward(
            layers, dx, caches[i]
        )
    descend(state, grads)
    return loss


def block_forward(layers, x, i, state):
    """Convolution, batch norm, ReLU and max pooling number i: the output and the four caches."""
    params, running = state.params, state.running
    x, conv_cache = layers.conv2d_forward(x, params[f"w{i}"], padding=1)
    x, norm_cache, mean, var = layers.batch_norm_forward(
        x, params[f"gamma{i}"], params[f"beta{i}"], running[f"mean{i}"], running[f"var{i}"]
    )
    running[f"mean{i}"][...], running[f"var{i}"][...] = mean, var
    x, relu_cache = layers.relu_forward(x)
    x, pool_cache = layers.max_pool2d_forward(x, 2)
    return x, (conv_cache, norm_cache, relu_cache, pool_cache)


def block_backward(layers, dout, caches):
    """Gradients by the block's input, filters, gamma and beta."""
    conv_cache, norm_cache, relu_cache, pool_cache = caches
    dout = layers.relu_backward(layers.max_pool2d_backward(dout, pool_cache), relu_cache)
    dout, dgamma, dbeta = layers.batch_norm_backward(dout, norm_cache)
    dx, dw, _ = layers.conv2d_backward(dout, conv_cache)
    return dx, dw, dgamma, dbeta


def descend(state, grads):
    """SGD with momentum, as `cs_cnn.optim.momentum`, in place."""
    for name, param in state.params.items():
        velocity = state.velocity[name]
        velocity *= MOMENTUM
        velocity += grads[name]
        param -= LR * velocity


def cross_entropy(scores, targets):
    """`cs_cnn.losses.softmax_cross_entropy` without looking at a number: loss () and dscores."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_prob = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * log_prob).sum() / len(scores), (np.exp(log_prob) - targets) / len(scores)


def torch_step(x, targets, state, device, memory=torch.contiguous_format):
    """The same step by PyTorch: a function without arguments, and the parameters it changes."""
    blocks = []
    for i in range(len(state.running) // 2):
        filters, C = state.params[f"w{i}"].shape[:2]
        blocks += [nn.Conv2d(C, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)]
        blocks += [nn.ReLU(), nn.MaxPool2d(2)]
    classes, features = state.params["w"].shape
    net = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(features, classes))
    net = net.to(device, torch.from_numpy(x).dtype)
    with torch.no_grad():
        for param, array in zip(net.parameters(), state.params.values(), strict=True):
            param.copy_(torch.from_numpy(array))
    net = net.to(memory_format=memory)
    images = torch.from_numpy(x).to(device).contiguous(memory_format=memory)
    labels = torch.from_numpy(targets.argmax(axis=1)).to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, list(net.parameters())


def contenders(math):
    """By name, a step as a function and the parameters that it changes; each after STEPS steps."""
    cupy = need_gpu()
    x, targets = batch()
    there = [cupy.asarray(a) for a in (x, targets)]
    alone, recorded = (moved(start(), cupy.asarray) for _ in range(2))
    with gpu.float32_math(math):
        replay = gpu.capture(lambda *a: training_step(gpu, *a, recorded), *there)

    def one_by_one():
        with gpu.float32_math(math):
            return training_step(gpu, *there, alone)

    found = {
        "ours, one CUDA graph": (lambda: replay(*there), list(recorded.params.values())),
        "ours, kernel by kernel": (one_by_one, list(alone.params.values())),
        "PyTorch eager": torch_step(x, targets, start(), DEVICE),
        "PyTorch eager, channels last": torch_step(
            x, targets, start(), DEVICE, torch.channels_last
        ),
    }
    for name, (step, _) in found.items():
        for _ in range(1 if "graph" in name else STEPS):  # capture has made two steps
            step()
    return found


def reference(x, targets, state):
    """PyTorch's parameters after STEPS steps in float64, as NumPy's arrays."""
    x, targets = x.astype(float), targets.astype(float)
    step, params = torch_step(x, targets, moved(state, lambda array: array.astype(float)), "cpu")
    for _ in range(STEPS):
        step()
    return [p.detach().numpy() for p in params]


def check(found, wanted, begun, mode):
    """Compare all parameters with the reference's; returns the largest error of each contender.

    An error is a part of the largest way that a number of its parameter went since `begun`, the
    state before the first step: so a wrong gradient shows beside large weights too.
    """
    errors, begun = {}, begun.params.values()
    for name, (_, params) in found.items():
        params = [
            p.detach().cpu().numpy() if isinstance(p, torch.Tensor) else to_cpu(p) for p in params
        ]
        triples = zip(params, wanted, begun, strict=True)
        errors[name] = max(np.abs(p - w).max() / np.abs(w - b).max() for p, w, b in triples)
        if not errors[name] < TOLERANCE[mode]:
            raise AssertionError(f"{name}, {mode}: after {STEPS} steps off by {errors[name]:.1e}")
    return errors


def least_seconds(peak, speed):
    """The step at the machine's limits: convolutions three times, and PASSES over their outputs."""
    seconds, size = 0, SIZE
    for C, filters in pairwise(CHANNELS):
        case = conv(N, C, size, filters, 3, padding=1)
        seconds += 3 * roofline(case, 4, peak, speed) + PASSES * 4 * N * filters * size**2 / speed
        size //= 2
    return seconds


def table(mode, math, peak, speed):
    """Check all, time them, and put them beside each other."""
    with torch_tf32(mode == "tf32"):
        found = contenders(math)
        errors = check(found, reference(*batch(), start()), start(), mode)
        times = {name: event_times(step) for name, (step, _) in found.items()}
    ours, _, eager, _ = times.values()
    ratio = speedup(eager, ours)
    shown = Table(
        *("step", "microseconds", "quartiles", "times PyTorch eager", "of roofline", "error"),
        title=f"training step, {mode}: {N} images {SIZE}x{SIZE}, channels {CHANNELS}",
        caption=f"one CUDA graph is {ratio:.2f} times PyTorch eager; the bar is {BAR}",
    )
    for name, timing in times.items():
        numbers = (speedup(eager, timing), least_seconds(peak, speed) / timing.median, errors[name])
        shown.add_row(
            name,
            f"{1e6 * timing.median:.0f}",
            quartiles(timing),
            *(f"{number:.3g}" for number in numbers),
        )
    return shown
