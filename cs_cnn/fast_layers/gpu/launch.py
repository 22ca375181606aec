"""Starts the kernels of the `.cu` files in this folder; each is compiled when it is first used.

NVRTC, NVIDIA's compiler as a library, does that in about a second; CuPy keeps the result on disk.
"""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cs_cnn.backend import need_gpu

FOLDER = Path(__file__).parent
NUMBERS = {
    "float64": "double",
    "float32": "float",
    "float16": "half_t",
    "bfloat16": "bfloat_t",
}  # from an array's dtype to the type in numbers.cuh


def launch(file, kernel, grid, block, *args):
    """Start a kernel.

    Parameters
    ----------
    file : str
        Such as "conv_naive.cu".
    kernel : str
        The kernel's name with its template arguments, such as "forward<float>".
    grid, block : tuple of at most three ints
        How many blocks, and how many threads in each. A grid with a 0 in it does nothing.
    args : arrays on the GPU, None for a null pointer, int, float, or a NumPy struct
        An int is an `int` in C, a float is a `double`.

    Raises
    ------
    RuntimeError
        Without CuPy or a GPU.
    TypeError
        For an array that is not on the GPU.
    """
    need_gpu_once()
    if any(isinstance(a, np.ndarray) and not a.dtype.names for a in args):
        raise TypeError(f"{file}: the arrays must be on the GPU: use cs_cnn.backend.to_gpu first")
    if 0 not in grid:
        compiled(file, kernel)(grid, block, tuple(as_argument(a) for a in args))


def as_argument(value):
    """A kernel's argument with its size in C: null is 8 bytes, an int 4, a float 8."""
    if value is None:
        return np.uint64(0)
    if isinstance(value, int):  # a bool too
        return np.int32(value)
    return np.float64(value) if type(value) is float else value


@functools.cache
def need_gpu_once():
    """`need_gpu`, asked once: an answer takes longer than a kernel."""
    return need_gpu()


@functools.cache
def compiled(file, kernel):
    """The kernel as CuPy's function, to be called with (grid, block, args)."""
    module = need_gpu_once().RawModule(
        code=source(file), options=("--std=c++17",), name_expressions=(kernel,)
    )
    return module.get_function(kernel)


@functools.cache
def source(file, instead=()):
    """The text of a `.cu` file with the headers of this folder written in where they are included.

    So CuPy's cache notices when a header changes. `instead` is a tuple of (header, text) pairs: the
    text to take instead of the header.
    """
    texts, seen = dict(instead), set()

    def expand(name):
        if name in seen:
            return ""
        seen.add(name)
        text = texts.get(name) or (FOLDER / name).read_text(encoding="utf-8")
        text = text.replace("#pragma once\n", "")
        return re.sub(r'#include "(\w+\.cuh)"\n', lambda found: expand(found[1]), text)

    return expand(file)


class Device(NamedTuple):
    """What the choice of a kernel needs to know of a GPU."""

    processors: int  # that blocks are spread over
    tensor_cores: bool  # of the kind that conv_tensor.cu uses: Ampere (2020) or later


@functools.cache
def device():
    """The GPU that is used."""
    found = need_gpu_once().cuda.Device()
    count = found.attributes["MultiProcessorCount"]
    return Device(count, int(found.compute_capability) >= 80)


def number(name, dtype):
    """The C type of an array's numbers; a ValueError if the kernels have none for it."""
    found = NUMBERS.get(np.dtype(dtype).name)
    if found is None:
        raise ValueError(
            f"{name}: the GPU computes with {', '.join(NUMBERS)}, not with {np.dtype(dtype).name}: "
            "convert with .astype"
        )
    return found


def contiguous(array):
    """`array`, or a copy, in C order and at an address that 16 bytes divide."""
    address = array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr
    return array if array.flags.c_contiguous and address % 16 == 0 else array.copy(order="C")


def blocks(*counts_and_sizes):
    """How many blocks of a size cover a count, for each (count, size)."""
    return tuple(-(-count // size) for count, size in counts_and_sizes)
