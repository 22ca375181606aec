// Pooling: forward one thread per output pixel, backward one thread per input pixel.
//
// Backward, an input pixel looks at the windows that it lies in and collects: no two threads add to
// one number, so the result is the same every time. `Conv` with C_in = C_out counts the channels.

#include "conv.cuh"
#include "numbers.cuh"

// x (N, C, H, W) -> out (N, C, H_out, W_out) and winner, the tap p * KW + q that won.
// The first of equal pixels wins, and so does the first that is not a number.
template <typename T, typename Index>
__global__ void max_forward(const T* x, T* out, Index* winner, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_out * g.H_out * g.W_out) return;
    const int j = me % g.W_out, i = me / g.W_out % g.H_out;
    const T* plane = x + (long long)(me / g.W_out / g.H_out) * g.H * g.W;

    Sum<T> best = 0;
    int first = -1;
    for (int p = 0; p < g.KH; p++)
        for (int q = 0; q < g.KW; q++) {
            const int h = g.row(i, p), v = g.column(j, q);
            if (!g.inside(h, v)) continue;
            const Sum<T> value = number(plane[h * g.W + v]);
            if (first < 0 || value > best || (value != value && best == best))
                best = value, first = p * g.KW + q;
        }
    out[me] = stored<T>(best);
    winner[me] = first;
}

template <typename T, typename Index>
__global__ void max_backward(const T* dout, const Index* winner, T* dx, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_in * g.H * g.W) return;
    const int v = me % g.W, h = me / g.W % g.H;
    const long long plane = (long long)(me / g.W / g.H) * g.H_out * g.W_out;

    Sum<T> sum = 0;
    for (int p = 0; p < g.KH; p++)
        for (int q = 0; q < g.KW; q++) {
            const int i = g.out_row(h, p), j = g.out_column(v, q);
            if (i < 0 || j < 0) continue;
            const long long at = plane + i * g.W_out + j;
            if ((int)winner[at] == p * g.KW + q) sum += number(dout[at]);
        }
    dx[me] = stored<T>(sum);
}

// The zeros of the padding count: a sum is always divided by KH * KW.
template <typename T> __global__ void average_forward(const T* x, T* out, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_out * g.H_out * g.W_out) return;
    const int j = me % g.W_out, i = me / g.W_out % g.H_out;
    const T* plane = x + (long long)(me / g.W_out / g.H_out) * g.H * g.W;

    Sum<T> sum = 0;
    for (int p = 0; p < g.KH; p++)
        for (int q = 0; q < g.KW; q++) {
            const int h = g.row(i, p), v = g.column(j, q);
            if (g.inside(h, v)) sum += number(plane[h * g.W + v]);
        }
    out[me] = stored<T>(sum / g.taps.value);
}

template <typename T> __global__ void average_backward(const T* dout, T* dx, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_in * g.H * g.W) return;
    const int v = me % g.W, h = me / g.W % g.H;
    const T* plane = dout + (long long)(me / g.W / g.H) * g.H_out * g.W_out;

    Sum<T> sum = 0;
    for (int p = 0; p < g.KH; p++)
        for (int q = 0; q < g.KW; q++) {
            const int i = g.out_row(h, p), j = g.out_column(v, q);
            if (i >= 0 && j >= 0) sum += number(plane[i * g.W_out + j]);
        }
    dx[me] = stored<T>(sum / g.taps.value);
}
