"""A GPU's clock and its limits: time between two events, bandwidth, matrix product, roofline."""

from contextlib import contextmanager

import numpy as np
import torch

from cs_cnn.backend import need_gpu
from cs_cnn.timing import Timing

WARMUP, REPEAT = 5, 20


def event_times(function, flush=lambda: None):
    """The GPU's seconds for each of REPEAT calls, as a `cs_cnn.timing.Timing`.

    `flush` is called before each, untimed.
    """
    cupy = need_gpu()
    for _ in range(WARMUP):
        function()
    seconds = []
    for _ in range(REPEAT):
        flush()
        began, ended = cupy.cuda.Event(), cupy.cuda.Event()
        began.record()
        function()
        ended.record()
        ended.synchronize()
        seconds.append(cupy.cuda.get_elapsed_time(began, ended) / 1e3)
    return Timing(function.__name__, tuple(seconds), WARMUP, waited=True)


def quartiles(timing):
    """Half of the calls took between these, in microseconds, as text."""
    low, high = 1e6 * np.percentile(timing.seconds, [25, 75])
    return f"{low:.0f}-{high:.0f}"


def cache_flush():
    """A function that fills the GPU's cache with something else: it writes 256 MiB, eight times.

    That keeps the GPU busy while Python starts the kernels that are timed; else they would wait for
    Python, between the two events.
    """
    filler = need_gpu().empty(2**26, dtype="float32")

    def flush():
        for _ in range(8):
            filler.fill(1)

    return flush


def bandwidth(flush):
    """Bytes that this GPU moves in a second: a copy reads and writes 1 GiB."""
    cupy = need_gpu()
    x = cupy.ones(2**28, dtype="float32")
    out = cupy.empty_like(x)

    def copy():
        cupy.copyto(out, x)

    return 2 * x.nbytes / event_times(copy, flush).median


def transfer_rates(flush):
    """Bytes a second to the GPU and back, 256 MiB each."""
    cupy = need_gpu()
    here = np.ones(2**26, dtype=np.float32)
    there = cupy.asarray(here)

    def up():
        there.set(here)

    def down():
        there.get(out=here)

    return [here.nbytes / event_times(f, flush).median for f in (up, down)]


def product_peak(dtype, tf32, flush, size=8192):
    """Operations that this GPU's best matrix product does in a second, in this arithmetic."""
    with torch_tf32(tf32):
        a, b = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))

        def product():
            return a @ b

        return 2 * size**3 / event_times(product, flush).median


@contextmanager
def torch_tf32(allowed):
    """Let PyTorch's float32 use TF32, or not."""
    backends = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [b.allow_tf32 for b in backends]
    for b in backends:
        b.allow_tf32 = allowed
    try:
        yield
    finally:
        for b, value in zip(backends, before, strict=True):
            b.allow_tf32 = value


def roofline(case, item, peak, speed):
    """The least seconds for a convolution, or for one of its two gradients.

    That is its operations at the peak, or its bytes at the bandwidth: images, filters and results
    once each, whichever of them is sought.
    """
    terms = np.prod(case.w[1:])  # of one output
    numbers = np.prod(case.x) + np.prod(case.w) + case.operations // (2 * terms)
    return max(case.operations / peak, numbers * item / speed)
