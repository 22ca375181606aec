// From NCHW to channels last: (N, C, P) -> (N, P, C_padded), P pixels, new channels filled with 0.
//
// A tile goes through shared memory, so that both reading and writing run along memory. The block
// is (32, 8).

#include "numbers.cuh"

template <typename T>
__global__ void channels_last(const T* x, T* out, int N, int C, int P, int C_padded) {
    __shared__ T tile[32][33];  // 33: a column of the tile lies in 32 different banks
    const int c0 = blockIdx.y * 32, p0 = blockIdx.x * 32;
    for (int n = blockIdx.z; n < N; n += gridDim.z) {
        for (int r = threadIdx.y; r < 32; r += 8) {
            const int c = c0 + r, p = p0 + threadIdx.x;
            if (p < P) tile[r][threadIdx.x] = c < C ? x[((long long)n * C + c) * P + p] : T{};
        }
        __syncthreads();
        for (int r = threadIdx.y; r < 32; r += 8) {
            const int c = c0 + threadIdx.x, p = p0 + r;
            if (p < P && c < C_padded)
                out[((long long)n * P + p) * C_padded + c] = tile[threadIdx.x][r];
        }
        __syncthreads();
    }
}
