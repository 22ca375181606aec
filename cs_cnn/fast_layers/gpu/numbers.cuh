// How numbers are stored, and the wider type that they are summed in.

#pragma once
#include "ptx.cuh"

struct half_t { unsigned short bits; };    // IEEE float16: 5 bits of exponent, 10 of fraction
struct bfloat_t { unsigned short bits; };  // bfloat16: the upper half of a float32

template <typename T> struct Wider { using type = float; };
template <> struct Wider<double> { using type = double; };
template <typename T> using Sum = typename Wider<T>::type;

__device__ inline float number(float v) { return v; }
__device__ inline double number(double v) { return v; }
__device__ inline float number(half_t v) { return half_to_float(v.bits); }
__device__ inline float number(bfloat_t v) { return bfloat_to_float(v.bits); }

template <typename T> __device__ inline T stored(Sum<T> v) { return v; }
template <> __device__ inline half_t stored<half_t>(float v) { return {float_to_half(v)}; }
template <> __device__ inline bfloat_t stored<bfloat_t>(float v) {
    return {float_to_bfloat(v)};
}

// Numbers that one thread reads or writes at once: 16 bytes, or WIDTH = 1 where those don't fit.
template <typename T> struct alignas(16) Vector { T at[16 / sizeof(T)]; };

template <int WIDTH, typename T> __device__ inline void load(Vector<T>& v, const T* from) {
    if constexpr (WIDTH == 1) v.at[0] = *from;
    else v = *reinterpret_cast<const Vector<T>*>(from);
}
template <int WIDTH, typename T> __device__ inline void store(const Vector<T>& v, T* to) {
    if constexpr (WIDTH == 1) *to = v.at[0];
    else *reinterpret_cast<Vector<T>*>(to) = v;
}
