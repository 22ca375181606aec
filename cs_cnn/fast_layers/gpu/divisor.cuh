// Divisions that cost three instructions instead of twenty: addresses are full of them.

#pragma once

// What numbers from 0 to 2^31 - 1 are divided by. It is known before the kernel starts, and with it
// the reciprocal, so a division is a multiplication and a shift (Granlund and Montgomery, 1994).
struct Divisor {
    int value;
    unsigned multiplier;  // 2^(31 + shift) / value, rounded up
    int shift;
    __device__ operator int() const { return value; }
};
__device__ inline int operator/(int n, Divisor d) {
    return __umulhi(2u * n, d.multiplier) >> d.shift;
}
__device__ inline int operator%(int n, Divisor d) { return n - n / d * d.value; }
__device__ inline long long operator/(long long n, Divisor d) { return n / d.value; }
__device__ inline long long operator%(long long n, Divisor d) { return n % d.value; }
