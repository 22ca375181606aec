// The core of step 3: a block's tile of a matrix product on tensor cores.
//
// Copies run ahead of the arithmetic: shared memory holds STAGES tiles of each side, and while one
// is multiplied the next ones are on their way (cp.async). A warp sums 64 x 32 numbers.
//
// A tile is 64 bytes deep: 16 float32 numbers, or 32 of 16 bits. It lies in chunks of 16 bytes, in
// one of two orders, by what is contiguous in memory:
//     DEEP    a line per row, 4 chunks of depth each;
//     ACROSS  a line per step of depth, chunks of neighbouring rows.
// Within a line the chunks are shuffled by an XOR with the line's number ("swizzle"), so that the
// eight chunks that are read at once lie in different banks.

#pragma once
#include "numbers.cuh"

constexpr int STAGES = 3, WARP_ROWS = 64, WARP_COLUMNS = 32;

// The four kinds of arithmetic. CHUNK: numbers in 16 bytes.
struct Tf32 { using T = float; static constexpr int CHUNK = 4; };    // operands cut to 10 bits
struct Tf32x3 { using T = float; static constexpr int CHUNK = 4; };  // float32 as a sum of two TF32
struct Half { using T = half_t; static constexpr int CHUNK = 8; };
struct Bfloat { using T = bfloat_t; static constexpr int CHUNK = 8; };

enum Order { DEEP, ACROSS };

// Where chunk `chunk` of line `line` is. LINE: chunks in a line.
template <typename M, Order ORDER, int LINE>
__device__ inline int place(int line, int chunk) {
    if (ORDER == DEEP) return line * 4 + (chunk ^ (line >> 1 & 3));
    return line * LINE + (chunk ^ (M::CHUNK == 8 ? line & 7 : (line & 3) << 1));
}

// Copies the tiles of one side, SIZE rows by 64 bytes of depth each. A thread copies the chunks of
// the same rows (DEEP) or the same depth (ACROSS) of every tile, so half of an address is known
// before the first one. `source` is one of sources.cuh; its `any` is given instead of null.
template <typename M, Order ORDER, int SIZE, int THREADS, typename Source> struct Copies {
    static constexpr int LINE = ORDER == DEEP ? 4 : SIZE / M::CHUNK, COUNT = SIZE * 4 / THREADS;
    static_assert(THREADS % LINE == 0 && SIZE * 4 % THREADS == 0, "each thread copies alike");
    const Source& source;
    const int line = threadIdx.x / LINE, chunk = threadIdx.x % LINE;
    decltype(source.row(0)) rows[ORDER == DEEP ? COUNT : 1];

    __device__ Copies(const Source& source, int row0) : source(source) {
        if (ORDER == DEEP)
            for (int i = 0; i < COUNT; i++) rows[i] = source.row(row0 + line_of(i));
        else
            rows[0] = source.row(row0 + chunk * M::CHUNK);
    }
    __device__ int line_of(int i) const { return line + i * (THREADS / LINE); }

    // Starts copying the tile whose depth begins at k0.
    __device__ void start(uint4* tile, int k0) const {
        const auto first = source.deep(k0 + (ORDER == DEEP ? chunk * M::CHUNK : line));
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            const void* from;
            if constexpr (ORDER == DEEP) from = source.at(rows[i], first);
            else from = source.at(rows[0], i ? source.deep(k0 + line_of(i)) : first);
            uint4* to = tile + place<M, ORDER, LINE>(line_of(i), chunk);
            copy_async(to, from ? from : source.any, from != nullptr);
        }
    }
};

// Reads what one multiplication needs of 16 rows: r[0], r[1] are rows 0-7 and 8-15 in the first
// half of its depth, r[2], r[3] in the second. It is 32 bytes deep: `step` is 0 or 1.
template <typename M, Order ORDER, int SIZE>
__device__ inline void read(unsigned r[4], const uint4* tile, int row, int step) {
    constexpr int LINE = ORDER == DEEP ? 4 : SIZE / M::CHUNK;
    const int lane = threadIdx.x % 32, matrix = lane / 8, high = matrix % 2 * 8, half = matrix / 2;
    if constexpr (ORDER == DEEP) {
        load_matrices(r, tile + place<M, ORDER, LINE>(row + high + lane % 8, step * 2 + half));
    } else if constexpr (M::CHUNK == 8) {
        const int k = step * 16 + half * 8 + lane % 8;
        load_matrices_transposed(r, tile + place<M, ORDER, LINE>(k, (row + high) / 8));
    } else {  // there is no transposed read of 32-bit numbers
        for (int m = 0; m < 4; m++) {
            const int k = step * 8 + m / 2 * 4 + lane % 4, at = row + m % 2 * 8 + lane / 4;
            const uint4* chunk = tile + place<M, ORDER, LINE>(k, at / 4);
            r[m] = reinterpret_cast<const unsigned*>(chunk)[at % 4];
        }
    }
}

// An operand as the tensor cores take it; `rest` is what rounding to TF32 left over.
template <int SIZE> struct Operand { unsigned main[SIZE], rest[SIZE]; };

template <typename M, int SIZE> __device__ inline void prepare(Operand<SIZE>& x) {
    if constexpr (M::CHUNK == 4)  // 16-bit numbers go in as they are
        for (int e = 0; e < SIZE; e++) {
            const float whole = __uint_as_float(x.main[e]);
            x.main[e] = float_to_tf32(whole);
            x.rest[e] = float_to_tf32(whole - __uint_as_float(x.main[e]));
        }
}

__device__ inline void multiply(Tf32, float s[4], const Operand<4>& a, const Operand<2>& b) {
    multiply_tf32(s, a.main, b.main);
}
__device__ inline void multiply(Tf32x3, float s[4], const Operand<4>& a, const Operand<2>& b) {
    // Tensor cores cut a sum off where float32 would round it; over a long depth that adds up. So
    // they sum only these terms, and an ordinary addition does the rest.
    float part[4] = {};
    multiply_tf32(part, a.rest, b.main);  // the small ones first; rest * rest does not matter
    multiply_tf32(part, a.main, b.rest);
    multiply_tf32(part, a.main, b.main);
#pragma unroll
    for (int e = 0; e < 4; e++) s[e] += part[e];
}
__device__ inline void multiply(Half, float s[4], const Operand<4>& a, const Operand<2>& b) {
    multiply_half(s, a.main, b.main);
}
__device__ inline void multiply(Bfloat, float s[4], const Operand<4>& a, const Operand<2>& b) {
    multiply_bfloat(s, a.main, b.main);
}

// Sums left (row, k) * right (column, k) over k in [first, last) for the tile of this block, and
// hands two neighbouring sums at a time to store(row, column, sum, next). The sides are sources.
template <typename M, Order ORDER, int WARPS_DOWN, int WARPS_ACROSS, typename Left, typename Right,
          typename Store>
__device__ inline void product(int first, int last, const Left& left, const Right& right,
                               Store store) {
    constexpr int ROWS = WARPS_DOWN * WARP_ROWS, COLUMNS = WARPS_ACROSS * WARP_COLUMNS;
    constexpr int THREADS = WARPS_DOWN * WARPS_ACROSS * 32, DEPTH = 4 * M::CHUNK;
    __shared__ uint4 left_tiles[STAGES][ROWS * 4], right_tiles[STAGES][COLUMNS * 4];
    const int row0 = blockIdx.x * ROWS, column0 = blockIdx.y * COLUMNS;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int warp_row = warp % WARPS_DOWN * WARP_ROWS;
    const int warp_column = warp / WARPS_DOWN * WARP_COLUMNS;
    const int tiles = (last - first + DEPTH - 1) / DEPTH;
    const Copies<M, ORDER, ROWS, THREADS, Left> left_copies(left, row0);
    const Copies<M, ORDER, COLUMNS, THREADS, Right> right_copies(right, column0);
    float sums[4][4][4] = {};  // 4 x 4 multiplications; of the 16 x 8 results of each, 4 are mine

    auto fetch_both = [&](int tile) {
        if (tile < tiles) {
            left_copies.start(left_tiles[tile % STAGES], first + tile * DEPTH);
            right_copies.start(right_tiles[tile % STAGES], first + tile * DEPTH);
        }
        copy_commit();  // an empty group too: so the groups count the tiles
    };
    for (int tile = 0; tile < STAGES - 1; tile++) fetch_both(tile);

    for (int tile = 0; tile < tiles; tile++) {
        copy_wait<STAGES - 2>();  // this thread's part of the tile is there ...
        __syncthreads();          // ... and everyone's; and everyone is done with the tile before
        fetch_both(tile + STAGES - 1);
#pragma unroll
        for (int step = 0; step < 2; step++) {
            Operand<4> a[4];
            Operand<2> b[4];
#pragma unroll
            for (int r = 0; r < 4; r++) {
                read<M, ORDER, ROWS>(a[r].main, left_tiles[tile % STAGES], warp_row + r * 16, step);
                prepare<M>(a[r]);
            }
#pragma unroll
            for (int s = 0; s < 2; s++) {
                unsigned both[4];  // 16 columns: the operands of two multiplications
                const int column = warp_column + s * 16;
                read<M, ORDER, COLUMNS>(both, right_tiles[tile % STAGES], column, step);
                for (int e = 0; e < 4; e++) b[2 * s + e % 2].main[e / 2] = both[e];
                prepare<M>(b[2 * s]);
                prepare<M>(b[2 * s + 1]);
            }
#pragma unroll
            for (int r = 0; r < 4; r++)
#pragma unroll
                for (int s = 0; s < 4; s++) multiply(M(), sums[r][s], a[r], b[s]);
        }
    }
#pragma unroll
    for (int r = 0; r < 4; r++)
#pragma unroll
        for (int s = 0; s < 4; s++) {
            const int row = row0 + warp_row + r * 16 + lane / 4;
            const int column = column0 + warp_column + s * 8 + lane % 4 * 2;
            store(row, column, sums[r][s][0], sums[r][s][1]);
            store(row + 8, column, sums[r][s][2], sums[r][s][3]);
        }
}
