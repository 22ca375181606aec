// Step 2: a convolution and both its gradients are matrix products; a block computes one tile.
//
//                       rows            columns              depth (what is summed over)
//     forward           filters         output pixels        (c, p, q): channel and tap
//     backward_data     channels        cells of pixels      (f, p, q): filter and tap
//     backward_weights  filters         (c, p, q)            output pixels
//
// 16 x 16 threads copy a tile of each side into shared memory, DEPTH numbers deep; then each thread
// sums DOWN x WIDE results from there. With 8 x 8 a number read from memory is used 128 times
// instead of once, and one read from shared memory 8 times.

#include "numbers.cuh"
#include "sources.cuh"

constexpr int DEPTH = 16, SIDE = 16;

// Whether neighbours in memory differ in depth or in row: so do neighbouring threads.
enum Order { DEEP, ACROSS };

// Copies the tiles of one side, ROWS rows deep DEPTH. A thread copies the same rows (DEEP) or the
// same row (ACROSS) of every tile; `source` is one of sources.cuh.
template <typename T, Order ORDER, int ROWS, typename Source> struct Copies {
    static constexpr int THREADS = SIDE * SIDE, COUNT = ROWS * DEPTH / THREADS;
    const Source& source;
    const int row, k;
    decltype(source.row(0)) rows[ORDER == DEEP ? COUNT : 1];

    __device__ Copies(const Source& source, int row0, int thread)
        : source(source), row(ORDER == DEEP ? thread / DEPTH : thread % ROWS),
          k(ORDER == DEEP ? thread % DEPTH : thread / ROWS) {
        for (int i = 0; i < (ORDER == DEEP ? COUNT : 1); i++)
            rows[i] = source.row(row0 + row + i * (THREADS / DEPTH));
    }
    // deep[k] is the source's of the tile's depth k.
    template <typename Deep>
    __device__ void copy(Sum<T> tile[DEPTH][ROWS + 4], const Deep deep[DEPTH]) const {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            const int at = ORDER == DEEP ? k : k + i * (THREADS / ROWS);
            const T* from = source.at(rows[ORDER == DEEP ? i : 0], deep[at]);
            tile[at][ORDER == DEEP ? row + i * (THREADS / DEPTH) : row] = from ? number(*from) : 0;
        }
    }
};

// Which of the rows (or columns) of a tile thread `me` of SIDE sums as its number e of EACH: four
// neighbours each, which are read from shared memory at once.
template <int EACH> __device__ inline int own(int me, int e) {
    constexpr int RUN = EACH < 4 ? EACH : 4;
    return e / RUN * RUN * SIDE + me * RUN + e % RUN;
}

// Sums left (row, k) * right (column, k) over k in [first, last) and hands the sums to
// store(row, column, sum).
template <typename T, int DOWN, int WIDE, Order RIGHT, typename Left, typename Right,
          typename Store>
__device__ void product(int rows, int columns, int first, int last, const Left& left,
                        const Right& right, Store store) {
    constexpr int ROWS = DOWN * SIDE, COLUMNS = WIDE * SIDE;
    alignas(16) __shared__ Sum<T> left_tile[DEPTH][ROWS + 4], right_tile[DEPTH][COLUMNS + 4];
    __shared__ decltype(left.deep(0)) left_deep[DEPTH];
    __shared__ decltype(right.deep(0)) right_deep[DEPTH];
    const int thread = threadIdx.y * SIDE + threadIdx.x;
    const int row0 = blockIdx.y * ROWS, column0 = blockIdx.x * COLUMNS;
    const Copies<T, DEEP, ROWS, Left> left_copies(left, row0, thread);
    const Copies<T, RIGHT, COLUMNS, Right> right_copies(right, column0, thread);
    Sum<T> sums[DOWN][WIDE] = {};

    auto prepare = [&](int k0) {  // by two warps, for everyone
        if (thread < DEPTH) left_deep[thread] = left.deep(k0 + thread);
        if (thread / 32 == 1 && thread % 32 < DEPTH)
            right_deep[thread % 32] = right.deep(k0 + thread % 32);
    };
    prepare(first);
    __syncthreads();
    for (int k0 = first; k0 < last; k0 += DEPTH) {
        left_copies.copy(left_tile, left_deep);
        right_copies.copy(right_tile, right_deep);
        __syncthreads();  // the tiles are full
        prepare(k0 + DEPTH);
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            Sum<T> a[DOWN], b[WIDE];
#pragma unroll
            for (int r = 0; r < DOWN; r++) a[r] = left_tile[k][own<DOWN>(threadIdx.y, r)];
#pragma unroll
            for (int s = 0; s < WIDE; s++) b[s] = right_tile[k][own<WIDE>(threadIdx.x, s)];
#pragma unroll
            for (int r = 0; r < DOWN; r++)
#pragma unroll
                for (int s = 0; s < WIDE; s++) sums[r][s] += a[r] * b[s];
        }
        __syncthreads();  // everyone has read them
    }
#pragma unroll
    for (int r = 0; r < DOWN; r++)
#pragma unroll
        for (int s = 0; s < WIDE; s++) {
            const int row = row0 + own<DOWN>(threadIdx.y, r);
            const int column = column0 + own<WIDE>(threadIdx.x, s);
            if (row < rows && column < columns) store(row, column, sums[r][s]);
        }
}

// dout of one group as (filter, output pixel).
template <typename T> struct Outputs {
    const T* any;
    Conv g;
    Images<false> dout;
    int last;

    __device__ const T* row(int f) const {
        return f < g.filters ? any + dout.place(0, f, 0, 0) : nullptr;
    }
    __device__ long long deep(int m) const {
        if (m >= last) return -1;
        const Pixel at = g.out_pixel(m);
        return dout.place(at.n, 0, at.i, at.j);
    }
    __device__ const T* at(const T* row, long long deep) const {
        return row && deep >= 0 ? row + deep : nullptr;
    }
};

// blockIdx.z is the group. The arrays are those of conv_naive.cu.
template <typename T, int DOWN, int WIDE>
__global__ void __launch_bounds__(SIDE * SIDE, 2)
forward(const T* x, const T* w, const T* b, T* out, Conv g, int relu) {
    const int depth = g.channels * g.taps, pixels = g.N * g.H_out * g.W_out;
    const int f0 = blockIdx.z * g.filters, c0 = blockIdx.z * g.channels;
    const Images<false> images{g.C_in, g.H, g.W}, outputs{g.C_out, g.H_out, g.W_out};
    const Dense<T> left{w + (long long)f0 * depth, g.filters, depth, depth, 1};
    const Windows<T, false, false> right{x + images.place(0, c0, 0, 0), g, images, pixels, depth};
    auto store = [&](int f, int m, Sum<T> sum) {
        const Pixel at = g.out_pixel(m);
        if (b) sum += number(b[f0 + f]);
        out[outputs.place(at.n, f0 + f, at.i, at.j)] = stored<T>(relu && sum < 0 ? 0 : sum);
    };
    product<T, DOWN, WIDE, ACROSS>(g.filters, pixels, 0, depth, left, right, store);
}

// blockIdx.z is phase * groups + group.
template <typename T, int DOWN, int WIDE>
__global__ void __launch_bounds__(SIDE * SIDE, 2)
backward_data(const T* dout, const T* w, T* dx, Conv g, int groups) {
    const Phase phase(g, blockIdx.z / groups);
    const int f0 = blockIdx.z % groups * g.filters, c0 = blockIdx.z % groups * g.channels;
    const int depth = phase.KH * phase.KW * g.filters, cells = g.N * g.down * g.across;
    const Images<false> images{g.C_in, g.H, g.W}, outputs{g.C_out, g.H_out, g.W_out};
    const T* first = dout + outputs.place(0, f0, 0, 0);
    const Gradients<T, false> right{first, g, outputs, phase, cells, depth};
    const Filters<T, false> left{w + (long long)f0 * g.channels * g.taps, right, g.channels};
    auto store = [&](int c, int m, Sum<T> sum) {
        const Pixel at = g.cell(m);
        const int h = g.row(at.i, 0) + phase.h, v = g.column(at.j, 0) + phase.w;
        if (g.inside(h, v)) dx[images.place(at.n, c0 + c, h, v)] = stored<T>(sum);
    };
    product<T, DOWN, WIDE, ACROSS>(g.channels, cells, 0, depth, left, right, store);
}

// The depth is cut into `parts`, so that there are blocks enough for the GPU: blockIdx.z is
// group * parts + part, and the caller adds the parts. dw (parts, C_out, C_in / groups, KH, KW).
template <typename T, int DOWN, int WIDE>
__global__ void __launch_bounds__(SIDE * SIDE, 2)
backward_weights(const T* x, const T* dout, Sum<T>* dw, Conv g, int parts) {
    const int group = blockIdx.z / parts, part = blockIdx.z % parts;
    const int columns = g.channels * g.taps;
    const int pixels = g.N * g.H_out * g.W_out, each = (pixels + parts - 1) / parts;
    const int first = min(part * each, pixels), last = min(first + each, pixels);
    const int f0 = group * g.filters, c0 = group * g.channels;
    const Images<false> images{g.C_in, g.H, g.W}, outputs{g.C_out, g.H_out, g.W_out};
    const Outputs<T> left{dout + outputs.place(0, f0, 0, 0), g, outputs, last};
    const Windows<T, false, true> right{x + images.place(0, c0, 0, 0), g, images, last, columns};
    auto store = [&](int f, int k, Sum<T> sum) {
        dw[((long long)part * g.C_out + f0 + f) * columns + k] = sum;
    };
    product<T, DOWN, WIDE, DEEP>(g.filters, columns, first, last, left, right, store);
}
