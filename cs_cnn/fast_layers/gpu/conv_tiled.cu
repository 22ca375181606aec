// Step 2: a convolution and both its gradients are matrix products; a block computes one tile.
//
//                       rows            columns              depth (what is summed over)
//     forward           filters         output pixels        (c, p, q): channel and tap
//     backward_data     channels        input pixels         (f, p, q): filter and tap
//     backward_weights  filters         (c, p, q)            output pixels
//
// The matrices are never built ("implicit" product): a number is looked up where the index says.
// 16 x 16 threads copy 64 x 16 numbers of each side into shared memory; then each thread sums 4 x 4
// results from there, so that a number read from memory is used 64 times instead of once.

#include "conv.cuh"
#include "numbers.cuh"

constexpr int TILE = 64, DEPTH = 16, SIDE = 16, EACH = TILE / SIDE;

// Sums left(row)(k) * right(column)(k) over k in [first, last) and hands the sums to
// store(row, column, sum). RIGHT_RUNS_DEEP: neighbours in memory differ in k, not in column.
template <typename T, bool RIGHT_RUNS_DEEP, typename Left, typename Right, typename Store>
__device__ void product(int rows, int columns, int first, int last,
                        Left left, Right right, Store store) {
    __shared__ Sum<T> left_tile[DEPTH][TILE + 1], right_tile[DEPTH][TILE + 1];
    const int thread = threadIdx.y * SIDE + threadIdx.x;
    const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    Sum<T> sums[EACH][EACH] = {};

    for (int k0 = first; k0 < last; k0 += DEPTH) {
        for (int e = thread; e < TILE * DEPTH; e += SIDE * SIDE) {
            const int k = e % DEPTH, row = e / DEPTH;
            const bool there = row0 + row < rows && k0 + k < last;
            left_tile[k][row] = there ? left(row0 + row)(k0 + k) : 0;
        }
        for (int e = thread; e < TILE * DEPTH; e += SIDE * SIDE) {
            const int k = RIGHT_RUNS_DEEP ? e % DEPTH : e / TILE;
            const int column = RIGHT_RUNS_DEEP ? e / DEPTH : e % TILE;
            const bool there = column0 + column < columns && k0 + k < last;
            right_tile[k][column] = there ? right(column0 + column)(k0 + k) : 0;
        }
        __syncthreads();  // the tiles are full
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            Sum<T> a[EACH], b[EACH];
            for (int s = 0; s < EACH; s++) {
                a[s] = left_tile[k][threadIdx.y + s * SIDE];
                b[s] = right_tile[k][threadIdx.x + s * SIDE];
            }
#pragma unroll
            for (int r = 0; r < EACH; r++)
#pragma unroll
                for (int s = 0; s < EACH; s++) sums[r][s] += a[r] * b[s];
        }
        __syncthreads();  // everyone has read them
    }
#pragma unroll
    for (int r = 0; r < EACH; r++)
#pragma unroll
        for (int s = 0; s < EACH; s++) {
            const int row = row0 + threadIdx.y + r * SIDE;
            const int column = column0 + threadIdx.x + s * SIDE;
            if (row < rows && column < columns) store(row, column, sums[r][s]);
        }
}

// blockIdx.z is the group. The arrays are those of conv_naive.cu.
template <typename T>
__global__ void forward(const T* x, const T* w, const T* b, T* out, Conv g, int relu) {
    const int rows = g.filters(), depth = g.channels() * g.taps();
    const int f0 = blockIdx.z * rows, c0 = blockIdx.z * g.channels();
    auto left = [&](int f) {
        const T* filter = w + (long long)(f0 + f) * depth;
        return [=](int k) { return number(filter[k]); };
    };
    auto right = [&](int m) {
        const Pixel at = g.out_pixel(m);
        const T* image = x + ((long long)at.n * g.C_in + c0) * g.H * g.W;
        return [=](int k) {
            const Tap t = g.tap(k);
            const int h = g.row(at.i, t.p), v = g.column(at.j, t.q);
            const long long line = (long long)t.c * g.H + h;
            return g.inside(h, v) ? number(image[line * g.W + v]) : Sum<T>(0);
        };
    };
    auto store = [&](int f, int m, Sum<T> sum) {
        const Pixel at = g.out_pixel(m);
        if (b) sum += number(b[f0 + f]);
        const long long image = (long long)at.n * g.C_out + f0 + f;
        out[(image * g.H_out + at.i) * g.W_out + at.j] = stored<T>(relu && sum < 0 ? 0 : sum);
    };
    product<T, false>(rows, g.N * g.H_out * g.W_out, 0, depth, left, right, store);
}

template <typename T>
__global__ void backward_data(const T* dout, const T* w, T* dx, Conv g) {
    const int rows = g.channels(), f0 = blockIdx.z * g.filters(), c0 = blockIdx.z * rows;
    auto left = [&](int c) {
        return [=](int k) {
            const Tap t = g.tap(k);  // t.c counts filters here
            return number(w[((long long)(f0 + t.c) * rows + c) * g.taps() + t.p * g.KW + t.q]);
        };
    };
    auto right = [&](int m) {
        const Pixel at = g.in_pixel(m);
        const T* image = dout + ((long long)at.n * g.C_out + f0) * g.H_out * g.W_out;
        return [=](int k) {
            const Tap t = g.tap(k);
            const int i = g.out_row(at.i, t.p), j = g.out_column(at.j, t.q);
            const long long line = (long long)t.c * g.H_out + i;
            return i >= 0 && j >= 0 ? number(image[line * g.W_out + j]) : Sum<T>(0);
        };
    };
    auto store = [&](int c, int m, Sum<T> sum) {
        const Pixel at = g.in_pixel(m);
        const long long image = (long long)at.n * g.C_in + c0 + c;
        dx[(image * g.H + at.i) * g.W + at.j] = stored<T>(sum);
    };
    product<T, false>(rows, g.N * g.H * g.W, 0, g.filters() * g.taps(), left, right, store);
}

// The depth is cut into `parts`, so that there are blocks enough for the GPU: blockIdx.z is
// group * parts + part, and the caller adds the parts. dw (parts, C_out, C_in / groups, KH, KW).
template <typename T>
__global__ void backward_weights(const T* x, const T* dout, Sum<T>* dw, Conv g, int parts) {
    const int group = blockIdx.z / parts, part = blockIdx.z % parts;
    const int rows = g.filters(), columns = g.channels() * g.taps();
    const int pixels = g.N * g.H_out * g.W_out, each = (pixels + parts - 1) / parts;
    const int first = min(part * each, pixels), last = min(first + each, pixels);
    const int f0 = group * rows, c0 = group * g.channels();
    auto left = [&](int f) {
        return [=](int m) {
            const Pixel at = g.out_pixel(m);
            const long long image = (long long)at.n * g.C_out + f0 + f;
            return number(dout[(image * g.H_out + at.i) * g.W_out + at.j]);
        };
    };
    auto right = [&](int k) {
        const Tap t = g.tap(k);
        return [=](int m) {
            const Pixel at = g.out_pixel(m);
            const int h = g.row(at.i, t.p), v = g.column(at.j, t.q);
            const long long image = (long long)at.n * g.C_in + c0 + t.c;
            return g.inside(h, v) ? number(x[(image * g.H + h) * g.W + v]) : Sum<T>(0);
        };
    };
    auto store = [&](int f, int k, Sum<T> sum) {
        dw[((long long)part * g.C_out + f0 + f) * columns + k] = sum;
    };
    product<T, true>(rows, columns, first, last, left, right, store);
}
