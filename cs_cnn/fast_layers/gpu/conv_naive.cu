// Step 1: one thread for each number of the result; the loops are those of the definition.
//
// Simple, and slow for one reason: every number of x and w is read from memory again and again.

#include "conv.cuh"
#include "numbers.cuh"

// x (N, C_in, H, W), w (C_out, C_in / groups, KH, KW), b (C_out) or null
// -> out (N, C_out, H_out, W_out)
template <typename T>
__global__ void forward(const T* x, const T* w, const T* b, T* out, Conv g, int relu) {
    const long long me = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= (long long)g.N * g.C_out * g.H_out * g.W_out) return;  // past the last number
    const int j = me % g.W_out, i = me / g.W_out % g.H_out;
    const int f = me / g.W_out / g.H_out % g.C_out;
    const long long n = me / g.W_out / g.H_out / g.C_out;
    const int first = f / g.filters * g.channels;  // the first channel of the filter's group

    Sum<T> sum = b ? number(b[f]) : 0;
    for (int c = 0; c < g.channels; c++)
        for (int p = 0; p < g.KH; p++)
            for (int q = 0; q < g.KW; q++) {
                const int h = g.row(i, p), v = g.column(j, q);
                if (g.inside(h, v))
                    sum += number(x[((n * g.C_in + first + c) * g.H + h) * g.W + v])
                         * number(w[((f * g.channels + c) * g.KH + p) * g.KW + q]);
            }
    out[me] = stored<T>(relu && sum < 0 ? 0 : sum);
}

// dout (N, C_out, H_out, W_out), w -> dx (N, C_in, H, W): a pixel collects from its windows.
template <typename T>
__global__ void backward_data(const T* dout, const T* w, T* dx, Conv g) {
    const long long me = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= (long long)g.N * g.C_in * g.H * g.W) return;
    const int v = me % g.W, h = me / g.W % g.H;
    const int c_in = me / g.W / g.H % g.C_in;
    const long long n = me / g.W / g.H / g.C_in;
    const int c = c_in % g.channels, first = c_in / g.channels * g.filters;

    Sum<T> sum = 0;
    for (int f = first; f < first + g.filters; f++)
        for (int p = 0; p < g.KH; p++)
            for (int q = 0; q < g.KW; q++) {
                const int i = g.out_row(h, p), j = g.out_column(v, q);
                if (i >= 0 && j >= 0)
                    sum += number(dout[((n * g.C_out + f) * g.H_out + i) * g.W_out + j])
                         * number(w[((f * g.channels + c) * g.KH + p) * g.KW + q]);
            }
    dx[me] = stored<T>(sum);
}

// x, dout -> dw (C_out, C_in / groups, KH, KW): a weight collects from every window of every image.
template <typename T>
__global__ void backward_weights(const T* x, const T* dout, T* dw, Conv g) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x;
    if (me >= g.C_out * g.channels * g.taps) return;
    const Tap tap = g.tap(me % (g.channels * g.taps));
    const int f = me / (g.channels * g.taps);
    const int c_in = f / g.filters * g.channels + tap.c;

    Sum<T> sum = 0;
    for (long long n = 0; n < g.N; n++)
        for (int i = 0; i < g.H_out; i++)
            for (int j = 0; j < g.W_out; j++) {
                const int h = g.row(i, tap.p), v = g.column(j, tap.q);
                if (g.inside(h, v))
                    sum += number(x[((n * g.C_in + c_in) * g.H + h) * g.W + v])
                         * number(dout[((n * g.C_out + f) * g.H_out + i) * g.W_out + j]);
            }
    dw[me] = stored<T>(sum);
}
