"""The GPU's kernels beside PyTorch with cuDNN: `python -m benchmarks.gpu`, or as part of the bench.

Convolutions and their two gradients in every arithmetic; pooling, batch norm and ReLU; a training
step (gpu_network). Each is checked against float64 before it is timed. Times are the GPU's own,
between two events, after warm-up; a call finds its inputs in memory, not in the cache. Copies to
and from the GPU are timed apart. Not run on a GPU so far: there was none where this was written.
"""

import importlib.util
import sys
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table

from benchmarks import gpu_network
from benchmarks.gpu_clock import (
    bandwidth,
    cache_flush,
    event_times,
    product_peak,
    quartiles,
    roofline,
    torch_tf32,
    transfer_rates,
)
from benchmarks.shapes import CONVOLUTIONS, IMAGES
from cs_cnn.backend import from_dlpack, gpu_problem, need_gpu
from cs_cnn.fast_layers import gpu
from cs_cnn.fast_layers.gpu.conv import choose
from cs_cnn.fast_layers.gpu.geometry import conv_geometry
from cs_cnn.timing import speedup

LARGE = [case._replace(x=(256, *case.x[1:])) for case in CONVOLUTIONS]
TASKS = {"forward": "out", "gradient by data": "dx", "gradient by weights": "dw"}
LAYOUTS = {"NCHW": torch.contiguous_format, "channels last": torch.channels_last}
NARROW = 64  # channels; above it a convolution counts as wide
DEVICE = "cuda"


class Mode(NamedTuple):
    """An arithmetic."""

    dtype: torch.dtype
    math: str  # ours for float32
    bar: str
    tolerance: float  # how far from float64 a result may be, as part of its largest number


MODES = {
    "float32": Mode(torch.float32, "float32", "1.0", 1e-5),
    "3xtf32": Mode(torch.float32, "3xtf32", "1.0, the aim 1.5", 1e-5),
    "tf32": Mode(torch.float32, "tf32", "0.9", 5e-3),
    "fp16": Mode(torch.float16, "float32", "1.0, wide 0.8", 5e-3),
    "bf16": Mode(torch.bfloat16, "float32", "1.0, wide 0.8", 4e-2),
}


def tensors(case, dtype):
    """Random x, w and dout for a convolution."""
    x, w = (torch.randn(s, device=DEVICE) / s[1] ** 0.5 for s in (case.x, case.w))
    dout = torch.randn_like(F.conv2d(x, w, **case.options))
    return [t.to(dtype) for t in (x, w, dout)]


def by_torch(task, x, w, dout, options):
    """PyTorch's result for a task: what its autograd calls."""

    def pytorch():
        if task == "forward":
            return F.conv2d(x, w, **options)
        steps = [[options[name]] * 2 for name in ("stride", "padding")]
        wanted = [task == "gradient by data", task == "gradient by weights", False]
        results = torch.ops.aten.convolution_backward(
            dout, x, w, None, *steps, [1, 1], False, [0, 0], 1, wanted
        )
        return results[wanted.index(True)]

    return pytorch


def by_us(task, x, w, dout, options, math):
    """Our result for a task, from the same memory."""
    x, w, dout = map(from_dlpack, (x, w, dout))

    def ours():
        with gpu.float32_math(math):
            if task == "forward":
                return gpu.conv2d_forward(x, w, **options)[0]
            g = conv_geometry(x, w, None, **options, dilation=1, groups=1)
            step, kind = choose(x.dtype, g.groups)
            if task == "gradient by data":
                return step.backward_data(x, dout, w, g, **kind)
            return step.backward_weights(x, dout, g, **kind)

    return ours


def contenders(case, mode, task):
    """Ours and PyTorch's in both memory formats, by (who, format), and x, w, dout in NCHW."""
    dtype, math = MODES[mode][:2]
    inputs, functions = tensors(case, dtype), {}
    for layout, memory in LAYOUTS.items():
        laid = [t.contiguous(memory_format=memory) for t in inputs]
        functions["ours", layout] = by_us(task, *laid, case.options, math)
        functions["PyTorch", layout] = by_torch(task, *laid, case.options)
    return functions, inputs


def errors(functions, inputs, case, task):
    """How far each result is from float64's, as a part of that one's largest number.

    "float32" is PyTorch's result for the same numbers in float32, without TF32.
    """
    want = by_torch(task, *(t.double() for t in inputs), case.options)()
    plain = by_torch(task, *(t.float() for t in inputs), case.options)
    found = {}
    for name, function in (functions | {"float32": plain}).items():
        got = torch.from_dlpack(function()).double()
        found[name] = float((got - want).abs().max() / want.abs().max())
    return found


def check(found, case, mode, task):
    """Raise an AssertionError if a result of ours is too far off."""
    error = max(e for (who, _), e in found.items() if who == "ours")
    if not error < MODES[mode].tolerance:
        raise AssertionError(f"{task}, {case}, {mode}: off by {error:.1e} of the largest number")


def measured(case, mode, task, peak, speed, flush):
    """One row of the table."""
    functions, inputs = contenders(case, mode, task)
    with torch_tf32(False):
        found = errors(functions, inputs, case, task)
    plain = found.pop("float32")
    check(found, case, mode, task)
    with torch_tf32(mode == "tf32"):
        times = {name: event_times(f, flush) for name, f in functions.items()}
    ours, theirs = (
        min((times[who, layout] for layout in LAYOUTS), key=lambda timing: timing.median)
        for who in ("ours", "PyTorch")
    )
    return {
        "case": str(case),
        **{", ".join(name): 1e6 * timing.median for name, timing in times.items()},
        "quartiles": quartiles(ours),
        "times PyTorch": speedup(theirs, ours),
        "of roofline": roofline(case, inputs[0].itemsize, peak, speed) / ours.median,
        "error": max(e for (who, _), e in found.items() if who == "ours"),
        "of float32": plain,
        "wide": max(case.w[:2]) > NARROW,
    }


def table(rows, mode, task):
    """The rows, and the geometric means beside the bar."""

    def mean(rows):
        return float(np.exp(np.mean([np.log(row["times PyTorch"]) for row in rows])))

    parts = {"all": rows} | {
        name: [row for row in rows if row["wide"] == wide]
        for name, wide in ((f"up to {NARROW} channels", False), ("wide", True))
    }
    means = ", ".join(f"{name} {mean(part):.2f}" for name, part in parts.items() if part)
    shown = Table(
        *(name for name in rows[0] if name != "wide"),
        title=f"convolution, {task}, {mode}: microseconds, each in its better layout compared",
        caption=f"geometric mean, times PyTorch: {means}; the bar is {MODES[mode].bar}\n"
        "error: the largest of ours, as part of the largest number; beside it float32's own",
    )
    for row in rows:
        values = [v for name, v in row.items() if name != "wide"]
        shown.add_row(*(v if isinstance(v, str) else f"{v:.3g}" for v in values))
    return shown


def memory_rates(x_shape, speed, flush):
    """What part of the copy's bandwidth the kernels reach that memory limits, float32."""
    cupy = need_gpu()
    x, size = cupy.ones(x_shape, dtype="float32"), 4 * int(np.prod(x_shape))
    ones = cupy.ones(x_shape[1], dtype="float32")
    pooled, windows = gpu.max_pool2d_forward(x, 2)
    statistics = gpu.batch_norm_forward(x, ones, ones, ones, ones)[1]
    calls = {  # name: bytes that must move, function
        "ReLU": (2 * size, lambda: gpu.relu_forward(x)),
        "ReLU backward": (3 * size, lambda: gpu.relu_backward(x, x)),
        "max pool": (size * 21 // 16, lambda: gpu.max_pool2d_forward(x, 2)),
        "max pool backward": (size * 21 // 16, lambda: gpu.max_pool2d_backward(pooled, windows)),
        "batch norm": (3 * size, lambda: gpu.batch_norm_forward(x, ones, ones, ones, ones)),
        "batch norm backward": (5 * size, lambda: gpu.batch_norm_backward(x, statistics)),
    }
    return {
        name: moved / event_times(function, flush).median / speed
        for name, (moved, function) in calls.items()
    }


def main():
    """Print bandwidth, a table for each task and kind of arithmetic, and the training step's."""
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
        peak = product_peak(MODES[mode].dtype, mode == "tf32", flush)
        console.print(f"{mode}: the best matrix product does {peak / 1e12:.0f} Tflop/s")
        for task in TASKS:
            cases = (*CONVOLUTIONS, *LARGE)
            rows = [measured(case, mode, task, peak, speed, flush) for case in cases]
            console.print(table(rows, mode, task))
        if MODES[mode].dtype == torch.float32:
            console.print(gpu_network.table(mode, MODES[mode].math, peak, speed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
