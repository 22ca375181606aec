"""Where arrays live: NumPy's in the computer's memory, CuPy's on a GPU, and the ways between them.

Nothing here imports CuPy unless an array is CuPy's, or you ask for the GPU.
"""

import importlib
import importlib.util
import sys

import numpy as np


def array_module(*arrays):
    """The module that computes with these arrays: `cupy` if any of them is CuPy's, else `numpy`."""
    if any(type(array).__module__.partition(".")[0] == "cupy" for array in arrays):
        return importlib.import_module("cupy")
    return np


def gpu_problem():
    """Why no GPU can be used, and what to do about it; "" if one can be used."""
    if sys.platform == "darwin":
        return "CuPy needs an NVIDIA GPU, which no Mac has: everything also runs on the CPU"
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed: pip install -e '.[gpu]' (on a machine with an NVIDIA GPU)"
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        return f"CuPy can't be imported ({error}): reinstall it with pip install -e '.[gpu]'"
    if not cupy.is_available():
        return "CuPy finds no GPU: is there an NVIDIA GPU and its driver? Ask nvidia-smi"
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:  # a RuntimeError or ImportError of the library that looks for it
        fix = "pip install 'cupy-cuda13x[ctk]', or install the CUDA toolkit"
        return f"the CUDA compiler NVRTC is missing ({type(error).__name__}): {fix}"
    return ""


def need_gpu():
    """Return the module `cupy`, or raise a RuntimeError that says what is missing."""
    problem = gpu_problem()
    if problem:
        raise RuntimeError(f"no GPU: {problem}")
    return importlib.import_module("cupy")


def to_gpu(array):
    """A copy of a NumPy array on the GPU; a CuPy array is returned as it is.

    Raises
    ------
    RuntimeError
        Without CuPy or a GPU: what is missing and what to do.
    MemoryError
        If the array does not fit: how large it is and how much is free.
    """
    cupy = need_gpu()
    try:
        return cupy.asarray(array)
    except cupy.cuda.memory.OutOfMemoryError as error:
        free = cupy.cuda.runtime.memGetInfo()[0]
        raise MemoryError(
            f"to_gpu: an array of shape {array.shape} takes {array.nbytes / 2**20:,.0f} MiB but "
            f"{free / 2**20:,.0f} MiB are free on the GPU: move it in smaller pieces"
        ) from error


def to_cpu(array):
    """A NumPy array with the same numbers; a NumPy array is returned as it is."""
    return array if isinstance(array, np.ndarray) else array.get()


def from_dlpack(tensor):
    """The same memory as an array, without a copy: NumPy's for a CPU tensor, CuPy's for a GPU's.

    `torch.from_dlpack(array)` is the way back. A PyTorch tensor that needs a gradient must be
    detached first, as PyTorch's error says.

    Parameters
    ----------
    tensor : any object with `__dlpack__`, such as a PyTorch tensor
    """
    on_cpu = tensor.__dlpack_device__()[0] == 1  # kDLCPU
    return (np if on_cpu else need_gpu()).from_dlpack(tensor)


def synchronize(*arrays):
    """Wait until the GPU has done all its work, if any of the arrays is there.

    A call on the GPU returns before its result is ready: wait before you look at the clock.
    """
    if array_module(*arrays) is not np:
        importlib.import_module("cupy").cuda.Device().synchronize()
