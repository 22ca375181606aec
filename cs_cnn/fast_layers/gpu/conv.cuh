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

    // The parts of a running number: of a pixel of the output or the input, or of a tap (c, p, q).
    __device__ Pixel out_pixel(int m) const { return split(m, H_out, W_out); }
    __device__ Pixel in_pixel(int m) const { return split(m, H, W); }
    __device__ Tap tap(int k) const { return {k / taps, k / KW % KH, k % KW}; }

    // Of a running number that counts the channels fastest: (p, q, c).
    __device__ Tap channels_last_tap(int k, Divisor channels) const {
        const int tap = k / channels;
        return {k % channels, tap / KW, tap % KW};
    }

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
