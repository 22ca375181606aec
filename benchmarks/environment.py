"""What surrounds a measurement: the kernels of NumPy's BLAS, the C library's allocator.

Both are read from the environment when a program starts, so a program that wants them otherwise
starts again.
"""

import os
import platform
import sys

import typer
from threadpoolctl import threadpool_info

HELD = "OPENBLAS_CORETYPE"  # makes OpenBLAS take the kernels of another processor, often an older
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**28),
}


def settle(tuned=False, blas_as_set=False):
    """Start this program again, unless its environment is as it is wanted.

    Parameters
    ----------
    tuned : bool
        The allocator keeps the memory that is freed.
    blas_as_set : bool
        Leave ``OPENBLAS_CORETYPE`` as it is. Else OpenBLAS chooses its kernels by the processor,
        as it does for whoever never heard of the variable, and as PyTorch's libraries do.
    """
    if tuned and platform.libc_ver()[0] != "glibc":
        raise typer.BadParameter("only glibc, on Linux, has these variables", param_hint="tuned")
    wanted = os.environ | (TUNED if tuned else {})
    if not blas_as_set:
        wanted.pop(HELD, None)
    if wanted != dict(os.environ):
        sys.stdout.flush()
        os.execve(sys.executable, sys.orig_argv, wanted)


def blas():
    """Which BLAS NumPy computes with, and for which processor its kernels are."""
    found = [b for b in threadpool_info() if b["user_api"] == "blas" and "numpy" in b["filepath"]]
    names = (f"{b['internal_api']} {b['version']} {b.get('architecture', '')}" for b in found)
    return ", ".join(name.strip() for name in names)
