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

// (cell, tap): the number of dout whose window has the cell's pixel of this phase at this tap. Taps
// are those of the phase, counted (p, q, f) with the channels last, else (f, p, q).
template <typename T, bool CHANNELS_LAST> struct Gradients {
    const T* any;
    Conv g;
    Images<CHANNELS_LAST> dout;
    Phase phase;
    int cells, taps;

    __device__ Tap tap(int k) const {
        const int each = phase.KH * phase.KW;
        return CHANNELS_LAST ? phase.tap(g, k % g.C_out, k / g.C_out)
                             : phase.tap(g, k / each, k % each);
    }
    __device__ Part row(int m) const {
        if (m >= cells) return {0, OUTSIDE, 0};
        const Pixel at = g.cell(m);
        return {dout.place(at.n, 0, at.i, at.j), at.i, at.j};
    }
    __device__ Part deep(int k) const {
        if (k >= taps) return {0, OUTSIDE, 0};
        const Tap t = tap(k);
        const int i = -((t.p * g.DH - phase.h) / g.SH), j = -((t.q * g.DW - phase.w) / g.SW);
        return {dout.place(0, t.c, i, j), i, j};
    }
    __device__ const T* at(const Part& row, const Part& deep) const {
        const int i = row.h + deep.h, j = row.w + deep.w;
        const bool inside = i >= 0 && i < g.H_out && j >= 0 && j < g.W_out;
        return inside ? any + (row.place + deep.place) : nullptr;
    }
};

// (channel, tap) of filters that lie as (rows, KH, KW, C_out) with the channels last, else as
// (C_out, rows, KH, KW). Taps as in Gradients.
template <typename T, bool CHANNELS_LAST> struct Filters {
    const T* any;
    Gradients<T, CHANNELS_LAST> meets;
    int rows;

    __device__ const T* row(int c) const {
        const Conv& g = meets.g;
        const int step = CHANNELS_LAST ? g.taps * g.C_out : g.taps.value;
        return c < rows ? any + (long long)c * step : nullptr;
    }
    __device__ int deep(int k) const {
        if (k >= meets.taps) return -1;
        const Conv& g = meets.g;
        const Tap t = meets.tap(k);
        const int tap = t.p * g.KW + t.q;
        return CHANNELS_LAST ? tap * g.C_out + t.c : t.c * rows * g.taps + tap;
    }
    __device__ const T* at(const T* row, int deep) const {
        return row && deep >= 0 ? row + deep : nullptr;
    }
};
