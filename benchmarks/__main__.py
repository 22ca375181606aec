"""The command: `cs-cnn bench`, `make bench`, or `python -m benchmarks` from the repository."""

import json
import os
import platform
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track

from benchmarks import contenders, report, shapes, timing
from benchmarks.bars import bars, means
from benchmarks.environment import blas, settle
from cs_cnn.backend import gpu_problem
from cs_cnn.fast_layers.threads import cores

Dtype = StrEnum("Dtype", ["float32", "float64"])
Layout = StrEnum("Layout", {"nchw": "nchw", "channels_last": "channels-last"})
Allocator = StrEnum("Allocator", ["default", "tuned"])
console = Console(width=None if sys.stdout.isatty() else 140)


def main(
    dtype: Annotated[Dtype, typer.Option(help="The numbers' type.")] = Dtype.float32,
    backward: Annotated[bool, typer.Option("--backward", help="Forward and backward.")] = False,
    layout: Annotated[
        Layout, typer.Option(help="The memory of NumPy's arrays; PyTorch is timed in both.")
    ] = Layout.nchw,
    allocator: Annotated[
        Allocator, typer.Option(help="tuned: the C library keeps freed memory, for both sides.")
    ] = Allocator.default,
    blas_as_set: Annotated[
        bool, typer.Option("--blas-as-set", help="Leave OPENBLAS_CORETYPE as it is.")
    ] = False,
    naive: Annotated[bool, typer.Option(help="Time the definition too, scaled.")] = True,
    quick: Annotated[
        bool, typer.Option("--quick", help="An eighth of the batch, few calls: rough figures.")
    ] = False,
    only: Annotated[str, typer.Option(help="Only cases with this in their name.")] = "",
    gpu: Annotated[bool, typer.Option(help="Use the GPU as well, if there is one.")] = True,
    out: Annotated[Path, typer.Option(help="Write NAME.json and NAME.png.")] = Path("build/bench"),
):
    """Time the fast layers beside PyTorch, plain im2col and the definition, in one run."""
    cases = [case for case in shapes.CASES if only in str(case)]
    if not cases:
        raise typer.BadParameter(f"no case has {only!r} in its name", param_hint="--only")
    settle(allocator is Allocator.tuned, blas_as_set)
    torch.set_num_threads(cores())
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > cores() / 2:
        console.print("[yellow]This machine is busy: don't trust these figures, run it alone.[/]")
    peak = timing.matmul_peak(dtype, rounds=1 if quick else 3)
    rows = [
        measured(
            shapes.smaller(case) if quick else case, dtype, backward, layout, naive, quick, peak
        )
        for case in track(cases, "Timing", console=console, transient=True)
    ]
    way = "forward and backward" if backward else "forward"
    title = f"{way}, {dtype}, {layout} arrays, {allocator} allocator, {cores()} threads"
    if quick:
        title += ", quick: an eighth of the batch, rough"
    console.print(report.table(rows, title, caption(peak, backward)))
    found = means(rows, bars(dtype, backward))
    for what, mean, wanted in found:
        verdict = "[green]reached[/]" if mean >= wanted else "[yellow]below[/]"
        console.print(f"{what}: geometric mean {mean:.2f}, {verdict} (the bar is {wanted})")
    save(out, title, rows, found, peak)
    if gpu:
        on_gpu()


def measured(case, dtype, backward, layout, naive, quick, peak):
    """One row: check all contenders, time them in turns, and weigh the fast one."""
    functions = contenders.contenders(case, dtype, backward, layout)
    contenders.compare(case, functions, dtype)
    timings = timing.in_turns(functions, *((2, 2) if quick else (4, 4)))
    slow = contenders.naive_seconds(case, dtype) if naive and not backward else None
    extra = timing.extra_memory(functions[contenders.FAST], kept=lambda results: results)
    return report.record(case, timings, None if backward else peak, slow, extra)


def caption(peak, backward):
    """What the columns mean."""
    lines = [
        "Medians, ± half the distance between the quartiles; every function was checked, then",
        "timed in turns, each turn after a call that warms up.",
        "x faster: times PyTorch in whichever of its two layouts is faster for the case.",
        "extra MiB: what fast takes at most besides its results.",
        f"NumPy computes with {blas()}.",
    ]
    if not backward:
        lines += [
            "naive: the definition, one row of output of one image, scaled to all.",
            "of peak: operations of the definition in a second, as a part of what this machine's "
            f"matrix product reaches ({peak / 1e9:.0f} GFLOP/s).",
        ]
    return "\n".join(lines)


def save(out, title, rows, found, peak):
    """Write the numbers and the picture."""
    out.parent.mkdir(parents=True, exist_ok=True)
    machine = {
        "processor": processor(),
        "threads": cores(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "BLAS": blas(),
        "torch": torch.__version__,
        "matrix product, operations per second": peak,
    }
    reached = [{"what": w, "geometric mean": m, "bar": b} for w, m, b in found]
    content = {"title": title, "machine": machine, "means": reached, "rows": rows}
    out.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    report.picture(rows, title).savefig(out.with_suffix(".png"), dpi=120)
    console.print(f"Written: {out.with_suffix('.json')}, {out.with_suffix('.png')}")


def processor():
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def on_gpu():
    """The kernels beside cuDNN, where there is a GPU."""
    problem = gpu_problem()
    if problem:
        console.print(f"No GPU: {problem}", markup=False)
        return
    from benchmarks import gpu

    gpu.main()


app = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
app.command()(main)

if __name__ == "__main__":
    app()
