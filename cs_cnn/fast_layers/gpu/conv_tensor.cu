// Step 3: the same three matrix products on tensor cores.
//
// Images are channels last here: x (N, H, W, C), so that 16 bytes hold neighbouring channels of
// one pixel and one tap, and either all of them lie inside the image or none. The caller fills the
// channels up to a multiple of CHUNK with zeros: g.C_in and g.C_out count the filled ones; groups
// is 1.
//
//                       rows             columns         depth
//     forward           output pixels    filters         (p, q, c)
//     backward_data     cells of pixels  channels        (p, q, f)
//     backward_weights  filters          (p, q, c)       output pixels

#include "sources.cuh"
#include "tensor_core.cuh"

// Where the numbers of an output go: pixel m and channel c of image n are at
// out[n * image + m * pixel + c * channel].
struct Strides { long long image, pixel, channel; };

// x (N, H, W, C_in), w (filters, KH, KW, C_in), b (filters) or null -> out as `to` says
template <typename M, int DOWN, int WIDE>
__global__ void __launch_bounds__(32 * DOWN * WIDE, TOGETHER<M> / (DOWN * WIDE))
forward(const typename M::T* x, const typename M::T* w, const typename M::T* b, typename M::T* out,
        Conv g, int filters, Strides to, int relu) {
    using T = typename M::T;
    const int pixels = g.N * g.H_out * g.W_out, depth = g.taps * g.C_in;
    const Windows<T, true, false> left{x, g, {g.C_in, g.H, g.W}, pixels, depth};
    const Dense<T> right{w, filters, depth, depth, 1};
    auto put = [&](T* at, int f, float sum) {
        if (f >= filters) return;
        if (b) sum += number(b[f]);
        at[f * to.channel] = stored<T>(relu && sum < 0 ? 0 : sum);
    };
    auto store = [&](int m, int f, float sum, float next) {
        if (m >= pixels) return;
        const Pixel at = g.out_pixel(m);
        T* first = out + (at.n * to.image + (at.i * g.W_out + at.j) * to.pixel);
        put(first, f, sum);
        put(first, f + 1, next);
    };
    product<M, DEEP, DOWN, WIDE>(0, depth, left, right, store);
}

// dout (N, H_out, W_out, C_out), w (channels, KH, KW, C_out) -> dx as `to` says. blockIdx.z is the
// phase: which pixel of every cell.
template <typename M, int DOWN, int WIDE>
__global__ void __launch_bounds__(32 * DOWN * WIDE, TOGETHER<M> / (DOWN * WIDE))
backward_data(const typename M::T* dout, const typename M::T* w, typename M::T* dx,
              Conv g, int channels, Strides to) {
    using T = typename M::T;
    const Phase phase(g, blockIdx.z);
    const int cells = g.N * g.down * g.across, depth = phase.KH * phase.KW * g.C_out;
    const Gradients<T, true> left{dout, g, {g.C_out, g.H_out, g.W_out}, phase, cells, depth};
    const Filters<T, true> right{w, left, channels};
    auto store = [&](int m, int c, float sum, float next) {
        const Pixel at = g.cell(m);
        const int h = g.row(at.i, 0) + phase.h, v = g.column(at.j, 0) + phase.w;
        if (m >= cells || !g.inside(h, v)) return;
        T* first = dx + (at.n * to.image + (h * g.W + v) * to.pixel);
        if (c < channels) first[c * to.channel] = stored<T>(sum);
        if (c + 1 < channels) first[(c + 1) * to.channel] = stored<T>(next);
    };
    product<M, DEEP, DOWN, WIDE>(0, depth, left, right, store);
}

// The depth is cut into gridDim.z parts of `each` pixels, which the caller adds:
// x, dout -> dw (parts, filters, KH, KW, C_in), float
template <typename M, int DOWN, int WIDE>
__global__ void __launch_bounds__(32 * DOWN * WIDE, TOGETHER<M> / (DOWN * WIDE))
backward_weights(const typename M::T* x, const typename M::T* dout, float* dw,
                 Conv g, int filters, int each) {
    using T = typename M::T;
    const int pixels = g.N * g.H_out * g.W_out, columns = g.taps * g.C_in;
    const int first = blockIdx.z * each, last = min(first + each, pixels);
    const Dense<T> left{dout, g.C_out, last, 1, g.C_out};
    const Windows<T, true, true> right{x, g, {g.C_in, g.H, g.W}, last, columns};
    auto store = [&](int f, int k, float sum, float next) {
        if (f >= filters) return;
        float* row = dw + ((long long)blockIdx.z * filters + f) * columns;
        if (k < columns) row[k] = sum;
        if (k + 1 < columns) row[k + 1] = next;
    };
    product<M, ACROSS, DOWN, WIDE>(first, last, left, right, store);
}
