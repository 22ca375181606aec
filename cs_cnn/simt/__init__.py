"""A small GPU for machines that have none: kernels run thread by thread, and are watched.

A kernel is a Python function in the language of `cupyx.jit`: scalar code, one thread's view.

    def kernel(x, out):
        k = gpu.blockIdx.x * gpu.blockDim.x + gpu.threadIdx.x
        if k < n:
            out[k] = 2 * x[k]

    report = launch(kernel, grid=(4,), block=(32,), x, out)

With NumPy arrays the emulator runs it and reports what a GPU would not tell: accesses outside of an
array, races, threads that miss a barrier, and the traffic to memory. With CuPy arrays the very same
function is compiled for the GPU.
"""

from cs_cnn.simt.emulator import gpu, launch
from cs_cnn.simt.report import describe

__all__ = ["describe", "gpu", "launch"]
