// What a convolution is made of, and where its output pixels, taps and windows lie.
//
// Letters: N images, C_in, C_out channels, H, W input, KH, KW kernel, H_out, W_out output,
// SH, SW stride, DH, DW dilation; `top`, `left` are zeros before the first row and column.

#pragma once

#include "divisor.cuh"

struct Pixel { int n, i, j; };
struct Tap { int c, p, q; };

struct Conv {
    int N;
    Divisor C_in, H, W, C_out, KH, KW, H_out, W_out, SH, SW;
    int top, left, DH, DW;
    Divisor taps;           // KH KW
    int channels, filters;  // C_in, C_out of one group
    Divisor down, across;   // how many cells of SH x SW pixels cover an image, from its padding on
    int next_p, next_q;     // from a tap to the next one that meets the same pixel of every cell

    // The parts of a running number: of an output pixel, or of a tap (c, p, q).
    __device__ Pixel out_pixel(int m) const { return split(m, H_out, W_out); }
    __device__ Tap tap(int k) const { return {k / taps, k / KW % KH, k % KW}; }

    // Of a running number that counts the channels fastest: (p, q, c).
    __device__ Tap channels_last_tap(int k, Divisor channels) const {
        const int tap = k / channels;
        return {k % channels, tap / KW, tap % KW};
    }

    // Of a running number of cells.
    __device__ Pixel cell(int m) const { return split(m, down, across); }

    // The row (or column) of the input that tap p meets in the window of output row i.
    __device__ int row(int i, int p) const { return i * SH + p * DH - top; }
    __device__ int column(int j, int q) const { return j * SW + q * DW - left; }
    __device__ bool inside(int h, int w) const { return h >= 0 && h < H && w >= 0 && w < W; }

    // The other way round: the output row whose tap p meets input row h, or -1 if there is none.
    __device__ int out_row(int h, int p) const { return back(h + top - p * DH, SH, H_out); }
    __device__ int out_column(int w, int q) const { return back(w + left - q * DW, SW, W_out); }

    __device__ static Pixel split(int m, Divisor height, Divisor width) {
        return {m / width / height, m / width % height, m % width};
    }
    __device__ static int back(int distance, Divisor stride, int size) {
        const bool hit = distance >= 0 && distance % stride == 0 && distance / stride < size;
        return hit ? distance / stride : -1;
    }
};

// One pixel of every cell of SH x SW pixels: (h, w) in its cell. With a stride, it meets not all
// taps of a filter, but KH x KW of them: (p, q) and then those that are next_p and next_q apart.
struct Phase {
    int h, w, p, q, KH, KW;

    // Phase `number` of SH * SW.
    __device__ Phase(const Conv& g, int number) : h(number / g.SW), w(number % g.SW), p(0), q(0) {
        while (p < g.KH && p * g.DH % g.SH != h) p++;
        while (q < g.KW && q * g.DW % g.SW != w) q++;
        KH = (g.KH - p + g.next_p - 1) / g.next_p;
        KW = (g.KW - q + g.next_q - 1) / g.next_q;
    }
    // Tap number t of these, as a tap of the whole filter.
    __device__ Tap tap(const Conv& g, int c, int t) const {
        return {c, p + t / KW * g.next_p, q + t % KW * g.next_q};
    }
};
