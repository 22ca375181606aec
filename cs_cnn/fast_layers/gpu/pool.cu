// Pooling: forward one thread per output pixel, backward one per input pixel or cell of pixels.
//
// Backward, an input pixel looks at the windows that it lies in and collects: no two threads add to
// one number, so the result is the same every time. `Conv` with C_in = C_out counts the channels.

#include "conv.cuh"
#include "numbers.cuh"

// x (N, C, H, W) -> out (N, C, H_out, W_out) and winner, the tap p * KW + q that won.
// The first of equal pixels wins, and so does the first that is not a number. SIDE is that of a
// square window, whose pixels are all asked for before the first is looked at; or 0 for any window.
template <typename T, typename Index, int SIDE>
__global__ void max_forward(const T* x, T* out, Index* winner, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_out * g.H_out * g.W_out) return;
    const int j = me % g.W_out, i = me / g.W_out % g.H_out;
    const T* plane = x + (long long)(me / g.W_out / g.H_out) * g.H * g.W;

    constexpr int AT_ONCE = SIDE ? SIDE * SIDE : 1;
    const int taps = SIDE ? AT_ONCE : g.taps, KW = SIDE ? SIDE : g.KW;
    Sum<T> best = 0;
    int first = -1;
    for (int t = 0; t < taps; t += AT_ONCE) {
        T values[AT_ONCE];
        bool there[AT_ONCE];
#pragma unroll
        for (int e = 0; e < AT_ONCE; e++) {
            const int h = g.row(i, (t + e) / KW), v = g.column(j, (t + e) % KW);
            there[e] = g.inside(h, v);
            values[e] = there[e] ? plane[h * g.W + v] : T{};
        }
#pragma unroll
        for (int e = 0; e < AT_ONCE; e++) {
            const Sum<T> value = number(values[e]);
            if (there[e] && (first < 0 || value > best || (value != value && best == best)))
                best = value, first = t + e;
        }
    }
    out[me] = stored<T>(best);
    winner[me] = first;
}

// Square windows of SIDE, STRIDE apart: a thread for each cell of STRIDE x STRIDE input pixels. All
// pixels of a cell lie in the same few windows.
template <typename T, typename Index, int SIDE, int STRIDE>
__global__ void max_backward_by_cells(const T* dout, const Index* winner, T* dx, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.N * g.C_in * g.down * g.across) return;
    const auto [plane, i, j] = g.cell(me);
    const long long outputs = (long long)plane * g.H_out * g.W_out;
    constexpr int WINDOWS = (SIDE + STRIDE - 1) / STRIDE;  // along one side

    Sum<T> sums[STRIDE][STRIDE] = {};
#pragma unroll
    for (int a = 0; a < WINDOWS; a++)
#pragma unroll
        for (int b = 0; b < WINDOWS; b++) {
            if (i < a || i - a >= g.H_out || j < b || j - b >= g.W_out) continue;
            const long long at = outputs + (i - a) * g.W_out + (j - b);
            const int tap = winner[at], p = tap / SIDE - a * STRIDE, q = tap % SIDE - b * STRIDE;
            const Sum<T> d = number(dout[at]);
#pragma unroll
            for (int r = 0; r < STRIDE; r++)
#pragma unroll
                for (int s = 0; s < STRIDE; s++)
                    if (r == p && s == q) sums[r][s] += d;
        }
#pragma unroll
    for (int r = 0; r < STRIDE; r++)
#pragma unroll
        for (int s = 0; s < STRIDE; s++) {
            const int h = g.row(i, r), v = g.column(j, s);
            if (g.inside(h, v))
                dx[((long long)plane * g.H + h) * g.W + v] = stored<T>(sums[r][s]);
        }
}

// Any windows: a thread for each input pixel.
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
