"""The stand-in for a GPU catches what it is there to catch."""

import numpy as np
import pytest

from cs_cnn.tests import cuda_on_cpu
from cs_cnn.tests.cuda_on_cpu.kernels import KERNELS

FAULTY = """
__global__ void writes_past_the_end(float* x, int n) { x[threadIdx.x] = 1; }
__global__ void reads_past_the_end(float* x, int n) { x[0] = x[threadIdx.x + n]; }
__global__ void past_shared_memory(float* x, int n) {
    __shared__ float tile[8];
    tile[threadIdx.x + n] = x[0];
    x[0] = tile[0];
}
__global__ void race(float* x, int n) {
    __shared__ float tile[8];
    tile[threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = tile[7 - threadIdx.x];
}
__global__ void barrier_for_some(float* x, int n) {
    if (threadIdx.x > 3) __syncthreads();
}
__global__ void copy_not_awaited(float* x, int n) {
    __shared__ uint4 tile[1];
    copy_async(tile, x, true);
    copy_commit();
    copy_wait<1>();
    x[0] = 2 * reinterpret_cast<float*>(tile)[0];
}
__global__ void copy_not_aligned(float* x, int n) {
    __shared__ uint4 tile[1];
    copy_async(tile, x + 1, true);
}
__global__ void right(float* x, int n) {
    __shared__ uint4 tile[2];
    copy_async(tile + threadIdx.x % 2, x + threadIdx.x % 2 * 4, true);
    copy_commit();
    copy_wait<0>();
    __syncthreads();
    x[threadIdx.x] = reinterpret_cast<float*>(tile)[7 - threadIdx.x];
}
"""
FAULTS = {
    "writes_past_the_end": (5, "wrote just outside of an array"),
    "reads_past_the_end": (8, "access outside of every array"),
    "past_shared_memory": (8, "index outside of a shared"),
    "race": (8, "a race"),
    "barrier_for_some": (8, "others never reach"),
    "copy_not_awaited": (8, "under way"),
    "copy_not_aligned": (8, "not aligned"),
    "right": (8, None),
}


@pytest.fixture(scope="module")
def faulty():
    cuda_on_cpu.need_compiler()
    library = cuda_on_cpu.build("faulty", f'#include "ptx.h"\n{FAULTY}', list(FAULTS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KERNELS, "faulty.cu", list(FAULTS))
        patch.setattr(cuda_on_cpu, "library", lambda file: library)
        yield cuda_on_cpu.launch


@pytest.mark.parametrize("kernel", FAULTS)
def test_the_stand_in_catches_faults(faulty, kernel):
    size, message = FAULTS[kernel]
    x = np.arange(float(size), dtype=np.float32)
    if message is None:
        faulty("faulty.cu", kernel, (1,), (8,), x, 1)
        assert x.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
        return
    with pytest.raises(AssertionError, match=message):
        faulty("faulty.cu", kernel, (1,), (8,), x, 1)
