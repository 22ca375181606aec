"""The GPU's kernels beside PyTorch with cuDNN: `python -m benchmarks.gpu`, or as part of the bench.

Each kernel is checked against float64 before it is timed. Times are the GPU's own, between two
events, after warm-up; a call finds its inputs in memory, not in the cache. Copies to and from the
GPU are timed apart. Not run on a GPU so far: there was none where this was written.
"""

import importlib.util
import sys
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table

from benchmarks.shapes import CONVOLUTIONS, IMAGES
from cs_cnn.backend import from_dlpack, gpu_problem, need_gpu
from cs_cnn.fast_layers import gpu
from cs_cnn.timing import Timing, speedup

WARMUP, REPEAT = 5, 20
LARGE = [case._replace(x=(256, *case.x[1:])) for case in CONVOLUTIONS]
MODES = {  # arithmetic: PyTorch's dtype, ours for float32, the bar, how far from float64 it may be
    "float32": (torch.float32, "float32", 1.0, 1e-5),
    "3xtf32": (torch.float32, "3xtf32", 1.5, 1e-5),
    "tf32": (torch.float32, "tf32", 0.9, 5e-3),
    "fp16": (torch.float16, "float32", 0.8, 5e-3),
    "bf16": (torch.bfloat16, "float32", 0.8, 4e-2),
}


def event_times(function, flush):
    """The GPU's seconds for each of REPEAT calls, as a `cs_cnn.timing.Timing`."""
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


def cache_flush():
    """A function that fills the GPU's cache with something else: it writes 256 MiB."""
    filler = need_gpu().empty(2**26, dtype="float32")
    return lambda: filler.fill(1)


def bandwidth(flush):
    """Bytes that this GPU moves in a second: a copy reads and writes 1 GiB."""
    cupy = need_gpu()
    x = cupy.ones(2**28, dtype="float32")
    out = cupy.empty_like(x)

    def copy():
        cupy.copyto(out, x)

    return 2 * x.nbytes / event_times(copy, flush).median


def product_peak(mode, flush, size=8192):
    """Operations that this GPU's best matrix product does in a second, in this arithmetic."""
    dtype = MODES[mode][0]
    with cudnn_tf32(mode == "tf32"):
        a, b = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))

        def product():
            return a @ b

        return 2 * size**3 / event_times(product, flush).median


def roofline(case, item, peak, speed):
    """The least seconds for a convolution: its operations at the peak, or its bytes once each."""
    terms = np.prod(case.w[1:])  # of one output
    numbers = np.prod(case.x) + np.prod(case.w) + case.operations // (2 * terms)
    return max(case.operations / peak, numbers * item / speed)


@contextmanager
def cudnn_tf32(allowed):
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


def contenders(case, mode):
    """Our forward and PyTorch's in both memory formats, on the same numbers."""
    dtype, math, _, _ = MODES[mode]
    x, w = (torch.randn(s, device="cuda").to(dtype) for s in (case.x, case.w))
    last = {"memory_format": torch.channels_last}
    ours = [from_dlpack(x), from_dlpack(w)]
    x_last, w_last = x.contiguous(**last), w.contiguous(**last)

    def cs_cnn():
        with gpu.float32_math(math):
            return gpu.conv2d_forward(*ours, **case.options)[0]

    def nchw():
        return F.conv2d(x, w, **case.options)

    def channels_last():
        return F.conv2d(x_last, w_last, **case.options)

    return (cs_cnn, nchw, channels_last), (x, w)


def check(function, inputs, case, mode):
    """Compare with float64, relative to the largest number; raise an AssertionError if far off."""
    want = F.conv2d(*(t.double() for t in inputs), **case.options)
    got = torch.from_dlpack(function()).double()
    error = float((got - want).abs().max() / want.abs().max())
    assert error < MODES[mode][3], f"{case}, {mode}: off by {error:.1e} of the largest number"
    return error


def measured(case, mode, peak, speed, flush):
    """One row of the table."""
    functions, inputs = contenders(case, mode)
    error = check(functions[0], inputs, case, mode)
    with cudnn_tf32(mode == "tf32"):
        ours, *theirs = (event_times(f, flush) for f in functions)
    faster = min(theirs, key=lambda timing: timing.median)
    low, high = np.percentile(ours.seconds, [25, 75])
    return {
        "case": str(case),
        "microseconds": 1e6 * ours.median,
        "quartiles": f"{1e6 * low:.0f}-{1e6 * high:.0f}",
        "PyTorch": 1e6 * faster.median,
        "times PyTorch": speedup(faster, ours),
        "of roofline": roofline(case, inputs[0].itemsize, peak, speed) / ours.median,
        "error": error,
    }


def memory_rates(x_shape, speed, flush):
    """What part of the copy's bandwidth the kernels reach that memory limits, float32, forward."""
    cupy = need_gpu()
    x, size = cupy.ones(x_shape, dtype="float32"), 4 * int(np.prod(x_shape))
    ones = cupy.ones(x_shape[1], dtype="float32")

    def relu():
        gpu.relu_forward(x)

    def max_pool2d():
        gpu.max_pool2d_forward(x, 2)

    def batch_norm():
        gpu.batch_norm_forward(x, ones, ones, ones, ones)

    least = {relu: 2 * size, max_pool2d: size * 21 // 16, batch_norm: 3 * size}  # bytes
    return {
        function.__name__: moved / event_times(function, flush).median / speed
        for function, moved in least.items()
    }


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


def table(rows, mode):
    """The rows, and the geometric mean beside the bar."""
    mean = float(np.exp(np.mean([np.log(row["times PyTorch"]) for row in rows])))
    caption = f"geometric mean {mean:.2f} times PyTorch; the bar is {MODES[mode][2]}"
    shown = Table(*rows[0], title=f"convolution forward, {mode}", caption=caption)
    for row in rows:
        shown.add_row(*(v if isinstance(v, str) else f"{v:.3g}" for v in row.values()))
    return shown


def main():
    """Print a table for each kind of arithmetic."""
    console = Console()
    problem = gpu_problem() or ("" if torch.cuda.is_available() else "PyTorch finds no GPU")
    if problem:
        console.print(f"No GPU: {problem}", markup=False)
        return 1
    torch.backends.cudnn.benchmark = True
    flush = cache_flush()
    speed, (up, down) = bandwidth(flush), transfer_rates(flush)
    rates = f"to the GPU {up / 1e9:.1f} GB/s, back {down / 1e9:.1f} GB/s"
    console.print(f"memory {speed / 1e12:.2f} TB/s; {rates}")
    for shape in [(256, *image[1:]) for image in IMAGES]:
        rates = memory_rates(shape, speed, flush)
        shown = ", ".join(f"{name} {rate:.0%}" for name, rate in rates.items())
        console.print(f"of the copy's bandwidth, {shape}: {shown}")
    for mode in MODES:
        if mode == "bf16" and importlib.util.find_spec("ml_dtypes") is None:
            console.print("bf16: CuPy has it where ml_dtypes is: pip install ml_dtypes")
            continue
        peak = product_peak(mode, flush)
        console.print(f"{mode}: the best matrix product does {peak / 1e12:.0f} Tflop/s")
        rows = [measured(case, mode, peak, speed, flush) for case in (*CONVOLUTIONS, *LARGE)]
        console.print(table(rows, mode))
    return 0


if __name__ == "__main__":
    sys.exit(main())
