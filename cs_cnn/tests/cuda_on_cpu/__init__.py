"""Runs the kernels of `cs_cnn/fast_layers/gpu` on the CPU, on NumPy arrays: no GPU is needed.

A C++ compiler builds the very same `.cu` files with cuda.h (threads, barriers, shared memory) and
ptx.h (tensor cores and copies). `launch` here stands in for `cs_cnn.fast_layers.gpu.launch.launch`.
What it can't show: how fast a kernel is, and whether ptx.h reads NVIDIA's manual rightly.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cs_cnn.fast_layers.gpu.launch import Device, as_argument, source
from cs_cnn.tests.cuda_on_cpu.kernels import KERNELS

HERE = Path(__file__).parent
COMPILER = shutil.which("g++") if sys.platform == "linux" else None
FLAGS = ["-std=c++20", "-O1", "-w", "-fPIC", "-shared", "-ffp-contract=off", "-fno-strict-aliasing"]
TRAPS = ["-fsanitize=bounds", "-fsanitize-undefined-trap-on-error"]
PACKAGE = "cs_cnn.fast_layers.gpu."
DEVICE = Device(processors=1000, tensor_cores=True)  # so many that the smallest tiles are chosen
RUN = """
extern "C" const char* start_{index}(const unsigned* grid, const unsigned* block, int count,
                                     void** values, const size_t* sizes, int in_order) {{
    return on_cpu::run([](void** v) {{ on_cpu::call<&{kernel}>(&{kernel}, v); }},
                       grid, block, count, values, sizes, in_order);
}}
"""


def need_compiler():
    """Skip a test where there is no C++ compiler."""
    if COMPILER is None:
        pytest.skip("kernels run on the CPU on Linux, where there is a C++ compiler g++")


def use(patch, start=None, device=DEVICE):
    """Let the GPU's layers take NumPy's arrays, and run their kernels with `start` (`launch`)."""
    modules = [m for name, m in sys.modules.items() if name.startswith(PACKAGE)]
    for module in modules:
        if hasattr(module, "launch"):
            patch.setattr(module, "launch", start or launch)
        if hasattr(module, "device"):
            patch.setattr(module, "device", lambda: device)


def launch(file, kernel, grid, block, *args):
    """Run a kernel; arguments as in `gpu.launch.launch`, but the arrays are NumPy's.

    It runs twice, its threads in two orders (see cuda.h), and the results must be the same bits.

    Raises
    ------
    AssertionError
        For an access out of bounds, a barrier that some threads don't reach, a race, and the like.
    """
    if 0 in grid:
        return
    arrays = [a for a in args if is_array(a)]
    before = [a.copy(order="K") for a in arrays]
    run(file, kernel, grid, block, args, in_order=True)
    first = [a.copy(order="K") for a in arrays]
    for array, old in zip(arrays, before, strict=True):
        array[...] = old
    run(file, kernel, grid, block, args, in_order=False)
    same = all(map(same_bits, arrays, first))
    assert same, f"{file}, {kernel}: the result depends on the order in which threads run: a race"


def run(file, kernel, grid, block, args, in_order):
    """Run a kernel once."""
    values = [as_argument(a) for a in args]
    for value in filter(is_array, values):
        dense = value.flags.forc or value.transpose(0, 2, 3, 1).flags.forc
        assert dense, f"{kernel}: a kernel can't know of strides {value.strides}"
    holders = [np.asarray(v) for v in values]
    sizes = [h.nbytes if is_array(v) else 0 for h, v in zip(holders, values, strict=True)]
    triple = ctypes.c_uint * 3
    message = compiled(file, kernel)(
        triple(*(*grid, 1, 1)[:3]),
        triple(*(*block, 1, 1)[:3]),
        len(args),
        (ctypes.c_void_p * len(args))(*(h.ctypes.data for h in holders)),
        (ctypes.c_size_t * len(args))(*sizes),
        in_order,
    )
    assert not message, f"{file}, {kernel}: {message.decode()}"


def is_array(value):
    """Whether a kernel gets a pointer to it; a struct is handed over by value."""
    return isinstance(value, np.ndarray) and not value.dtype.names


def same_bits(a, b):
    """Equal, and not a number in the same places."""
    return a.tobytes() == b.tobytes()


def compiled(file, kernel):
    """The C function that runs a kernel."""
    assert kernel in KERNELS[file], f"{file}: add {kernel} to kernels.py"
    function = getattr(library(file), f"start_{KERNELS[file].index(kernel)}")
    function.restype = ctypes.c_char_p
    return function


@functools.cache
def library(file):
    """The kernels of a file, compiled."""
    return build(Path(file).stem, source(file, (("ptx.cuh", '#include "ptx.h"\n'),)), KERNELS[file])


def build(name, text, kernels):
    """A library with start_0, start_1, ... for the kernels of a CUDA source.

    It is kept in the folder of temporary files for the next time.
    """
    starts = [RUN.format(index=i, kernel=kernel) for i, kernel in enumerate(kernels)]
    code = "".join(['#include "cuda.h"\n', text, *starts])
    key = "".join([code, *(p.read_text() for p in sorted(HERE.glob("*.h"))), *FLAGS, *TRAPS])
    folder = Path(tempfile.gettempdir()) / f"cuda_on_cpu_{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}_{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}.tmp")
        command = [COMPILER, *FLAGS, *TRAPS, f"-I{HERE}", "-x", "c++", "-", "-o", made]
        done = subprocess.run(command, input=code, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]
        made.replace(path)
    return ctypes.CDLL(path)
