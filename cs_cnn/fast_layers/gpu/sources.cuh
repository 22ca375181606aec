// Where the numbers of the matrix products of steps 2 and 3 lie: the matrices are never built.
//
// Number (r, k), in row r and depth k, is asked for in two halves. row(r) and deep(k) prepare what
// depends on r or k alone; at(row, deep) puts them together: a pointer, or null where the number is
// zero. So most of an address is computed once for many numbers.

#pragma once
#include "conv.cuh"

// The order of images (N, C, H, W) in memory. A number's place is a sum of what n, c, h and w
// contribute, so the parts can be computed apart.
template <bool CHANNELS_LAST> struct Images {
    int C, H, W;
    __device__ long long place(int n, int c, int h, int w) const {
        return CHANNELS_LAST ? (((long long)n * H + h) * W + w) * C + c
                             : (((long long)n * C + c) * H + h) * W + w;
    }
};

// Part of an address: a place in memory, and the row and column that may lie outside of the image.
struct Part { long long place; int h, w; };
constexpr int OUTSIDE = -(1 << 30);

// A matrix as it lies in memory: (r, k) is at any[r * row_step + k * deep_step].
template <typename T> struct Dense {
    const T* any;
    int rows, depth;
    long long row_step, deep_step;

    __device__ const T* row(int r) const { return r < rows ? any + r * row_step : nullptr; }
    __device__ long long deep(int k) const { return k < depth ? k * deep_step : -1; }
    __device__ const T* at(const T* row, long long deep) const {
        return row && deep >= 0 ? row + deep : nullptr;
    }
};

// (output pixel, tap): the number of x that the pixel's window has there. The pixels are the rows
// or, PIXELS_DEEP, the depth. Taps are counted (p, q, c) with the channels last, else (c, p, q).
template <typename T, bool CHANNELS_LAST, bool PIXELS_DEEP> struct Windows {
    const T* any;
    Conv g;
    Images<CHANNELS_LAST> x;
    int pixels, taps;

    __device__ Part pixel(int m) const {
        if (m >= pixels) return {0, OUTSIDE, 0};
        const Pixel at = g.out_pixel(m);
        const int h = g.row(at.i, 0), w = g.column(at.j, 0);
        return {x.place(at.n, 0, h, w), h, w};
    }
    __device__ Part tap(int k) const {
        if (k >= taps) return {0, OUTSIDE, 0};
        const Tap t = CHANNELS_LAST ? g.channels_last_tap(k, g.C_in) : g.tap(k);
        const int h = t.p * g.DH, w = t.q * g.DW;
        return {x.place(0, t.c, h, w), h, w};
    }
    __device__ Part row(int r) const { return PIXELS_DEEP ? tap(r) : pixel(r); }
    __device__ Part deep(int k) const { return PIXELS_DEEP ? pixel(k) : tap(k); }
    __device__ const T* at(const Part& row, const Part& deep) const {
        const bool inside = g.inside(row.h + deep.h, row.w + deep.w);
        return inside ? any + (row.place + deep.place) : nullptr;
    }
};

// (input pixel, tap): the number of dout whose window has the pixel at this tap of its filter.
template <typename T, bool CHANNELS_LAST> struct Gradients {
    const T* any;
    Conv g;
    Images<CHANNELS_LAST> dout;
    int pixels, taps;

    __device__ Part row(int m) const {
        if (m >= pixels) return {0, OUTSIDE, 0};
        const Pixel at = g.in_pixel(m);
        return {dout.place(at.n, 0, 0, 0), at.i + g.top, at.j + g.left};
    }
    __device__ Part deep(int k) const {
        if (k >= taps) return {0, OUTSIDE, 0};
        const Tap t = CHANNELS_LAST ? g.channels_last_tap(k, g.C_out) : g.tap(k);
        return {dout.place(0, t.c, 0, 0), -t.p * g.DH, -t.q * g.DW};
    }
    __device__ const T* at(const Part& row, const Part& deep) const {
        const int i = g.back(row.h + deep.h, g.SH, g.H_out);
        const int j = g.back(row.w + deep.w, g.SW, g.W_out);
        if (i < 0 || j < 0) return nullptr;
        return any + (row.place + deep.place + dout.place(0, 0, i, j));
    }
};
