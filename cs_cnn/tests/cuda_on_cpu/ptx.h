// What each function of ptx.cuh does, in plain C++, after NVIDIA's PTX ISA manual.

#pragma once
#include "cuda.h"

static inline float half_to_float(unsigned short v) {
    const int exponent = v >> 10 & 31, fraction = v & 1023;
    const float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent     ? ldexpf(1024 + fraction, exponent - 25)
                                      : ldexpf(fraction, -24);
    return v >> 15 ? -size : size;
}
static inline unsigned short float_to_half(float v) {  // nearest, ties to even
    const unsigned sign = __float_as_uint(v) >> 31 << 15;
    if (v != v) return 0x7fff;
    if (v == 0) return sign;
    if (fabsf(v) >= 65520) return sign | 0x7c00;
    int exponent;
    frexpf(v, &exponent);
    const int step = max(exponent - 11, -24);  // the last bit stands for 2 to this power
    return sign | ((step + 24) * 1024 + (int)nearbyintf(ldexpf(fabsf(v), -step)));
}
static inline float bfloat_to_float(unsigned short v) {
    return __uint_as_float((unsigned)v << 16);
}
static inline unsigned short float_to_bfloat(float v) {  // nearest, ties to even
    if (v != v) return 0x7fff;
    const unsigned bits = __float_as_uint(v);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
static inline unsigned float_to_tf32(float v) {  // nearest, ties away from zero; 13 bits go
    return v != v ? 0x7fffffff : (__float_as_uint(v) + 0x1000) & ~0x1fffu;
}

static inline void copy_async(uint4* to, const void* from, bool there) {
    if ((size_t)to % 16 || (size_t)from % 16)
        on_cpu::fail("a copy of 16 bytes is not aligned to 16");
    const on_cpu::Copy copy = {to, from, there};
    if (on_cpu::late) on_cpu::fibres[on_cpu::current].groups.back().push_back(copy);
    else on_cpu::perform(copy);
}
static inline void copy_commit() { on_cpu::fibres[on_cpu::current].groups.emplace_back(); }
template <int PENDING> void copy_wait() {
    auto& groups = on_cpu::fibres[on_cpu::current].groups;
    while (groups.size() - 1 > PENDING) {
        for (auto& copy : groups.front()) on_cpu::perform(copy);
        groups.erase(groups.begin());
    }
}

static inline void load_matrices(unsigned out[4], const uint4* row) {
    const int lane = on_cpu::lane();
    on_cpu::trade(row, [&](auto row_of) {
        for (int m = 0; m < 4; m++)
            memcpy(&out[m], (const char*)row_of(m * 8 + lane / 4) + lane % 4 * 4, 4);
    });
}
static inline void load_matrices_transposed(unsigned out[4], const uint4* row) {
    const int lane = on_cpu::lane();
    on_cpu::trade(row, [&](auto row_of) {
        for (int e = 0; e < 8; e++) {  // two numbers of each matrix
            const char* line = (const char*)row_of(e / 2 * 8 + lane % 4 * 2 + e % 2);
            memcpy((char*)out + 2 * e, line + lane / 4 * 2, 2);
        }
    });
}

// sums (16 x 8) += a (16 x DEPTH) b (DEPTH x 8). With g = lane / 4 and t = lane % 4, register r of
// a holds row g + r % 2 * 8, and of b column g; bytes 4 t and on of half r / 2 (b: r) of the depth.
struct Registers { unsigned a[4], b[2]; };
template <int DEPTH, typename Number>
void multiply_warp(float sums[4], const unsigned a[4], const unsigned b[2], Number number) {
    const int lane = on_cpu::lane(), each = DEPTH / 8;  // numbers in a register
    const Registers mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    on_cpu::trade(mine, [&](auto of_lane) {
        for (int e = 0; e < 4; e++) {
            const int row = lane / 4 + e / 2 * 8, column = lane % 4 * 2 + e % 2;
            double sum = sums[e];
            for (int k = 0; k < DEPTH; k++) {
                const int half = k / (DEPTH / 2), t = k % (DEPTH / 2) / each;
                const unsigned left = of_lane(row % 8 * 4 + t).a[row / 8 + 2 * half];
                const unsigned right = of_lane(column * 4 + t).b[half];
                sum += (double)number(left, k % each) * number(right, k % each);
            }
            const float near = sum;  // tensor cores don't round: they cut off
            sums[e] = fabs((double)near) > fabs(sum) ? nextafterf(near, 0) : near;
        }
    });
}
static inline void multiply_tf32(float s[4], const unsigned a[4], const unsigned b[2]) {
    multiply_warp<8>(s, a, b, [](unsigned v, int) { return __uint_as_float(v & ~0x1fffu); });
}
static inline void multiply_half(float s[4], const unsigned a[4], const unsigned b[2]) {
    multiply_warp<16>(s, a, b, [](unsigned v, int e) { return half_to_float(v >> 16 * e); });
}
static inline void multiply_bfloat(float s[4], const unsigned a[4], const unsigned b[2]) {
    multiply_warp<16>(s, a, b, [](unsigned v, int e) { return bfloat_to_float(v >> 16 * e); });
}
