// Layers that treat every number alike: as fast as memory is, if a thread moves 16 bytes.

#include "numbers.cuh"

// out = max(x, 0); what is not a number stays so
template <typename T, int WIDTH> __global__ void relu_forward(const T* x, T* out, long long size) {
    const long long me = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * WIDTH;
    if (me >= size) return;
    Vector<T> v;
    load<WIDTH>(v, x + me);
    for (int e = 0; e < WIDTH; e++)
        if (number(v.at[e]) < 0) v.at[e] = T{};
    store<WIDTH>(v, out + me);
}

// dx = dout where x > 0, else 0; x may be the input or the output of the forward
template <typename T, int WIDTH>
__global__ void relu_backward(const T* dout, const T* x, T* dx, long long size) {
    const long long me = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * WIDTH;
    if (me >= size) return;
    Vector<T> d, v;
    load<WIDTH>(d, dout + me);
    load<WIDTH>(v, x + me);
    for (int e = 0; e < WIDTH; e++)
        if (!(number(v.at[e]) > 0)) d.at[e] = T{};
    store<WIDTH>(d, dx + me);
}
