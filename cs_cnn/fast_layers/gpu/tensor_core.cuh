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

// The four kinds of arithmetic. CHUNK: numbers in 16 bytes. A number is given to the tensor cores
// as it is, rounded to TF32 (10 bits of fraction), or as a sum of two such numbers.
enum Form { AS_IT_IS, ROUNDED, IN_TWO };
template <typename Number, Form HOW> struct Kind {
    using T = Number;
    static constexpr int CHUNK = 16 / sizeof(T);
    static constexpr Form FORM = HOW;
};
struct Tf32 : Kind<float, ROUNDED> {};
struct Tf32x3 : Kind<float, IN_TWO> {};
struct Half : Kind<half_t, AS_IT_IS> {};
struct Bfloat : Kind<bfloat_t, AS_IT_IS> {};

// How many warps share a processor: as many as there are registers for, to fill each other's waits.
template <typename M> constexpr int TOGETHER = M::FORM == IN_TWO ? 12 : 16;

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

    // Rounds what this thread has copied, once: it is read by several warps.
    __device__ void finish(uint4* tile) const {
        if constexpr (M::FORM == ROUNDED)
            for (int i = 0; i < COUNT; i++) {
                uint4& v = tile[place<M, ORDER, LINE>(line_of(i), chunk)];
                v = {tf32(v.x), tf32(v.y), tf32(v.z), tf32(v.w)};
            }
    }
    __device__ static unsigned tf32(unsigned bits) { return float_to_tf32(__uint_as_float(bits)); }
};

// Reads what a multiplication needs of 16 rows, 32 bytes deep (`step` is 0 or 1), as four matrices
// of 8 rows by 16 bytes. SECOND says which one r[1] is: the next in DEPTH, or that of the next
// ROWS; the tensor cores want each operand in neighbouring registers. The rows begin at
// first + row: `row` is known when the kernel is compiled, and 32 divides `first`.
enum Second { DEPTH, ROWS };
template <typename M, Order ORDER, int SIZE, Second SECOND>
__device__ inline void read(unsigned r[4], const uint4* tile, int first, int row, int step) {
    constexpr int LINE = ORDER == DEEP ? 4 : SIZE / M::CHUNK;
    const int lane = threadIdx.x % 32, matrix = lane / 8;
    const int high = SECOND == ROWS ? matrix % 2 : matrix / 2;
    const int half = SECOND == ROWS ? matrix / 2 : matrix % 2;
    if constexpr (ORDER == DEEP) {
        const int at = place<M, ORDER, LINE>(high * 8 + lane % 8, half) ^ (step * 2);
        load_matrices(r, tile + (first + row) * 4 + at);
    } else if constexpr (M::CHUNK == 8) {
        const int k = step * 16 + half * 8 + lane % 8;
        load_matrices_transposed(r, tile + place<M, ORDER, LINE>(k, (first + row) / 8 + high));
    } else {  // there is no transposed read of 32-bit numbers
        const unsigned* numbers = reinterpret_cast<const unsigned*>(tile) + lane / 4 % 4;
#pragma unroll
        for (int m = 0; m < 4; m++) {
            const int up = SECOND == ROWS ? m % 2 : m / 2, deep = SECOND == ROWS ? m / 2 : m % 2;
            const int k = step * 8 + deep * 4 + lane % 4, chunk = row / 4 + up * 2;
            const int shuffled = (chunk % 8) ^ (lane / 16 | lane % 4 << 1);
            r[m] = numbers[(k * LINE + first / 4 + chunk / 8 * 8 + shuffled) * 4];
        }
    }
}

// An operand as the tensor cores take it; `rest` is what rounding to TF32 left over.
template <int SIZE> struct Operand { unsigned main[SIZE], rest[SIZE]; };

template <typename M, int SIZE> __device__ inline void prepare(Operand<SIZE>& x) {
    if constexpr (M::FORM == IN_TWO)
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
    constexpr int HEIGHT = WARPS_DOWN * WARP_ROWS, WIDTH = WARPS_ACROSS * WARP_COLUMNS;
    constexpr int THREADS = WARPS_DOWN * WARPS_ACROSS * 32, STEP = 4 * M::CHUNK;
    __shared__ uint4 left_tiles[STAGES][HEIGHT * 4], right_tiles[STAGES][WIDTH * 4];
    const int row0 = blockIdx.x * HEIGHT, column0 = blockIdx.y * WIDTH;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int warp_row = warp % WARPS_DOWN * WARP_ROWS;
    const int warp_column = warp / WARPS_DOWN * WARP_COLUMNS;
    const int tiles = (last - first + STEP - 1) / STEP;
    const Copies<M, ORDER, HEIGHT, THREADS, Left> left_copies(left, row0);
    const Copies<M, ORDER, WIDTH, THREADS, Right> right_copies(right, column0);
    float sums[4][4][4] = {};  // 4 x 4 multiplications; of the 16 x 8 results of each, 4 are mine

    auto fetch_both = [&](int tile) {
        if (tile < tiles) {
            left_copies.start(left_tiles[tile % STAGES], first + tile * STEP);
            right_copies.start(right_tiles[tile % STAGES], first + tile * STEP);
        }
        copy_commit();  // an empty group too: so the groups count the tiles
    };
    for (int tile = 0; tile < STAGES - 1; tile++) fetch_both(tile);

    for (int tile = 0; tile < tiles; tile++) {
        copy_wait<STAGES - 2>();  // this thread's part of the tile is there ...
        uint4 *left_tile = left_tiles[tile % STAGES], *right_tile = right_tiles[tile % STAGES];
        left_copies.finish(left_tile);
        right_copies.finish(right_tile);
        __syncthreads();  // ... and everyone's; and everyone is done with the tile before
        fetch_both(tile + STAGES - 1);
#pragma unroll
        for (int step = 0; step < 2; step++) {
            Operand<4> a[4];
            Operand<2> b[4];
#pragma unroll
            for (int r = 0; r < 4; r++) {
                read<M, ORDER, HEIGHT, ROWS>(a[r].main, left_tile, warp_row, r * 16, step);
                prepare<M>(a[r]);
            }
#pragma unroll
            for (int s = 0; s < 2; s++) {
                unsigned both[4];  // 16 columns: the operands of two multiplications
                read<M, ORDER, WIDTH, DEPTH>(both, right_tile, warp_column, s * 16, step);
                for (int e = 0; e < 4; e++) b[2 * s + e / 2].main[e % 2] = both[e];
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
