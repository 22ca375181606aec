// Step 3: the same three matrix products on tensor cores.
//
// Images are channels last here: x (N, H, W, C), so that 16 bytes hold neighbouring channels of
// one pixel and one tap, and either all of them lie inside the image or none. The caller fills the
// channels up to a multiple of CHUNK with zeros: g.C_in and g.C_out count the filled ones; groups
// is 1.
//
//                       rows             columns         depth
//     forward           output pixels    filters         (p, q, c)
//     backward_data     input pixels     channels        (p, q, f)
//     backward_weights  filters          (p, q, c)       output pixels

#include "conv.cuh"
#include "tensor_core.cuh"

// Where the numbers of an output go: out[n * image + pixel * step + channel * plane].
struct Strides { long long image, pixel, channel; };

// Tap (p, q) and channel c of a running number that counts channels fastest.
__device__ inline Tap channels_last_tap(int k, int channels, int KW) {
    const int tap = k / channels;
    return {k % channels, tap / KW, tap % KW};
}

// x (N, H, W, C_in), w (filters, KH, KW, C_in), b (filters) or null -> out as `to` says
template <typename M, int WARPS_DOWN, int WARPS_ACROSS>
__global__ void __launch_bounds__(WARPS_DOWN * WARPS_ACROSS * 32)
forward(const typename M::T* x, const typename M::T* w, const typename M::T* b, typename M::T* out,
        Conv g, int filters, Strides to, int relu) {
    const int pixels = g.N * g.H_out * g.W_out, depth = g.taps() * g.C_in;
    auto left = [&](int m, int k) -> const void* {
        const Pixel at = g.out_pixel(m);
        const Tap t = channels_last_tap(k, g.C_in, g.KW);
        const int h = g.row(at.i, t.p), v = g.column(at.j, t.q);
        if (m >= pixels || k >= depth || !g.inside(h, v)) return nullptr;
        return x + (((long long)at.n * g.H + h) * g.W + v) * g.C_in + t.c;
    };
    auto right = [&](int f, int k) -> const void* {
        return f < filters && k < depth ? w + (long long)f * depth + k : nullptr;
    };
    auto store = [&](int m, int f, float sum) {
        if (m >= pixels || f >= filters) return;
        if (b) sum += number(b[f]);
        const long long n = m / (g.H_out * g.W_out), pixel = m % (g.H_out * g.W_out);
        if (relu && sum < 0) sum = 0;
        out[n * to.image + pixel * to.pixel + f * to.channel] = stored<typename M::T>(sum);
    };
    product<M, DEEP, WARPS_DOWN, WARPS_ACROSS>(0, depth, left, right, x, store);
}

// dout (N, H_out, W_out, C_out), w (channels, KH, KW, C_out) -> dx as `to` says. With a stride many
// taps of a pixel meet no window: they are multiplied as zeros, which is simple and wastes time.
template <typename M, int WARPS_DOWN, int WARPS_ACROSS>
__global__ void __launch_bounds__(WARPS_DOWN * WARPS_ACROSS * 32)
backward_data(const typename M::T* dout, const typename M::T* w, typename M::T* dx,
              Conv g, int channels, Strides to) {
    const int pixels = g.N * g.H * g.W, depth = g.taps() * g.C_out;
    auto left = [&](int m, int k) -> const void* {
        const Pixel at = g.in_pixel(m);
        const Tap t = channels_last_tap(k, g.C_out, g.KW);
        const int i = g.out_row(at.i, t.p), j = g.out_column(at.j, t.q);
        if (m >= pixels || k >= depth || i < 0 || j < 0) return nullptr;
        return dout + (((long long)at.n * g.H_out + i) * g.W_out + j) * g.C_out + t.c;
    };
    auto right = [&](int c, int k) -> const void* {
        return c < channels && k < depth ? w + (long long)c * depth + k : nullptr;
    };
    auto store = [&](int m, int c, float sum) {
        if (m >= pixels || c >= channels) return;
        const long long n = m / (g.H * g.W), pixel = m % (g.H * g.W);
        dx[n * to.image + pixel * to.pixel + c * to.channel] = stored<typename M::T>(sum);
    };
    product<M, DEEP, WARPS_DOWN, WARPS_ACROSS>(0, depth, left, right, dout, store);
}

// The depth is cut into gridDim.z parts of `each` pixels, which the caller adds:
// x, dout -> dw (parts, filters, KH, KW, C_in), float
template <typename M, int WARPS_DOWN, int WARPS_ACROSS>
__global__ void __launch_bounds__(WARPS_DOWN * WARPS_ACROSS * 32)
backward_weights(const typename M::T* x, const typename M::T* dout, float* dw,
                 Conv g, int filters, int each) {
    const int pixels = g.N * g.H_out * g.W_out, columns = g.taps() * g.C_in;
    const int first = blockIdx.z * each, last = min(first + each, pixels);
    auto left = [&](int f, int m) -> const void* {
        return f < g.C_out && m < last ? dout + (long long)m * g.C_out + f : nullptr;
    };
    auto right = [&](int k, int m) -> const void* {
        const Pixel at = g.out_pixel(m);
        const Tap t = channels_last_tap(k, g.C_in, g.KW);
        const int h = g.row(at.i, t.p), v = g.column(at.j, t.q);
        if (k >= columns || m >= last || !g.inside(h, v)) return nullptr;
        return x + (((long long)at.n * g.H + h) * g.W + v) * g.C_in + t.c;
    };
    auto store = [&](int f, int k, float sum) {
        if (f < filters && k < columns)
            dw[((long long)blockIdx.z * filters + f) * columns + k] = sum;
    };
    product<M, ACROSS, WARPS_DOWN, WARPS_ACROSS>(first, last, left, right, x, store);
}
