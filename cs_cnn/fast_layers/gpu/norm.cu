// Batch norm: x (N, C, P), P pixels; one mean and one variance for each channel.
//
// A thread reads WIDTH neighbouring numbers at once, all of one channel; P counts these.
//
// Forward: `moments` (many blocks per channel), `finish` (one thread per channel), `normalize`.
// Backward: `gradient_sums`, which the caller adds up, then `backward`.

#include "divisor.cuh"
#include "numbers.cuh"

enum { THREADS = 256 };

// How many numbers, their mean, and the sum of their squared distances from it.
template <typename S> struct Moments {
    S count, mean, squares;

    __device__ void add(const Moments& other) {  // Chan and others, 1979: safe for a large mean
        const S total = count + other.count, distance = other.mean - mean;
        if (total == 0) return;
        mean += distance * (other.count / total);
        squares += other.squares + distance * distance * (count * (other.count / total));
        count = total;
    }
    __device__ Moments of_lane(int mask) const {
        return {__shfl_xor_sync(~0u, count, mask), __shfl_xor_sync(~0u, mean, mask),
                __shfl_xor_sync(~0u, squares, mask)};
    }
};

template <int WIDTH, typename T> __device__ Moments<Sum<T>> moments_of(const Vector<T>& v) {
    Sum<T> sum = 0, squares = 0;
    for (int e = 0; e < WIDTH; e++) sum += number(v.at[e]);
    const Sum<T> mean = sum / WIDTH;
    for (int e = 0; e < WIDTH; e++) squares += (number(v.at[e]) - mean) * (number(v.at[e]) - mean);
    return {WIDTH, mean, squares};
}

template <typename S> struct Pair {
    S first, second;
    __device__ void add(const Pair& other) { first += other.first, second += other.second; }
    __device__ Pair of_lane(int mask) const {
        return {__shfl_xor_sync(~0u, first, mask), __shfl_xor_sync(~0u, second, mask)};
    }
};

// Adds up what the threads of a block hold: within each warp, then across; thread 0 has the total.
template <typename Item> __device__ Item gather(Item mine) {
    __shared__ Item warps[THREADS / 32];
    for (int mask = 16; mask > 0; mask /= 2) mine.add(mine.of_lane(mask));
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = mine;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int w = 1; w < THREADS / 32; w++) mine.add(warps[w]);
    return mine;
}

// Calls visit(index) for all that belongs to channel blockIdx.x in the images of part blockIdx.y.
template <typename Visit> __device__ void each_of_channel(int N, int C, int P, Visit visit) {
    const int images = (N + gridDim.y - 1) / gridDim.y;
    const int first = blockIdx.y * images, last = min(first + images, N);
    const long long total = (long long)(last - first) * P;  // negative past the last image
    int n = first + threadIdx.x / P, p = threadIdx.x % P;
    for (long long e = threadIdx.x; e < total; e += THREADS) {
        visit(((long long)n * C + blockIdx.x) * P + p);
        p += THREADS % P;
        n += THREADS / P + (p >= P);
        if (p >= P) p -= P;
    }
}

// partial (parts, C) of Moments
template <typename T, int WIDTH>
__global__ void moments(const T* x, Moments<Sum<T>>* partial, int N, int C, int P) {
    Moments<Sum<T>> mine = {};
    each_of_channel(N, C, P, [&](long long at) {
        Vector<T> v;
        load<WIDTH>(v, x + at * WIDTH);
        mine.add(moments_of<WIDTH>(v));
    });
    mine = gather(mine);
    if (threadIdx.x == 0) partial[blockIdx.y * C + blockIdx.x] = mine;
}

// -> mean, std and the new running averages (C); the running variance is the unbiased one
template <typename S>
__global__ void finish(const Moments<S>* partial, const S* old_mean, const S* old_var, S* mean,
                       S* std, S* new_mean, S* new_var, int C, int parts, double momentum,
                       double eps) {
    const int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= C) return;
    Moments<S> all = {};
    for (int part = 0; part < parts; part++) all.add(partial[part * C + c]);
    mean[c] = all.mean;
    std[c] = sqrt(all.squares / all.count + S(eps));
    new_mean[c] = S(1 - momentum) * old_mean[c] + S(momentum) * all.mean;
    new_var[c] = S(1 - momentum) * old_var[c] + S(momentum) * (all.squares / (all.count - 1));
}

// out = gamma (x - mean) / std + beta
template <typename T, int WIDTH>
__global__ void normalize(const T* x, const Sum<T>* mean, const Sum<T>* std, const Sum<T>* gamma,
                          const Sum<T>* beta, T* out, int count, Divisor C, Divisor P) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x, c = me / P % C;
    if (me >= count) return;
    const long long at = (long long)me * WIDTH;
    const Sum<T> scale = gamma[c] / std[c];
    Vector<T> v;
    load<WIDTH>(v, x + at);
    for (int e = 0; e < WIDTH; e++)
        v.at[e] = stored<T>((number(v.at[e]) - mean[c]) * scale + beta[c]);
    store<WIDTH>(v, out + at);
}

// sums (2, parts, C): of dout, and of dout times the normalized x
template <typename T, int WIDTH>
__global__ void gradient_sums(const T* dout, const T* x, const Sum<T>* mean, const Sum<T>* std,
                              Sum<T>* sums, int N, int C, int P) {
    const Sum<T> middle = mean[blockIdx.x], scale = 1 / std[blockIdx.x];
    Pair<Sum<T>> mine = {};
    each_of_channel(N, C, P, [&](long long at) {
        Vector<T> d, v;
        load<WIDTH>(d, dout + at * WIDTH);
        load<WIDTH>(v, x + at * WIDTH);
        for (int e = 0; e < WIDTH; e++)
            mine.add({number(d.at[e]), number(d.at[e]) * ((number(v.at[e]) - middle) * scale)});
    });
    mine = gather(mine);
    if (threadIdx.x > 0) return;
    sums[blockIdx.y * C + blockIdx.x] = mine.first;
    sums[(gridDim.y + blockIdx.y) * C + blockIdx.x] = mine.second;
}

// dx = gamma / std (dout - (dbeta + x_hat dgamma) share)
// `share` is 1 / (N P), or 0 where the averages are fixed.
template <typename T, int WIDTH>
__global__ void backward(const T* dout, const T* x, const Sum<T>* mean, const Sum<T>* std,
                         const Sum<T>* gamma, const Sum<T>* dgamma, const Sum<T>* dbeta, T* dx,
                         int count, Divisor C, Divisor P, double share) {
    const int me = blockIdx.x * blockDim.x + threadIdx.x, c = me / P % C;
    if (me >= count) return;
    const long long at = (long long)me * WIDTH;
    const Sum<T> scale = gamma[c] / std[c];
    const Sum<T> along = dgamma[c] / std[c] * Sum<T>(share), shift = dbeta[c] * Sum<T>(share);
    Vector<T> d, v;
    load<WIDTH>(d, dout + at);
    load<WIDTH>(v, x + at);
    for (int e = 0; e < WIDTH; e++)
        d.at[e] =
            stored<T>(scale * (number(d.at[e]) - shift - (number(v.at[e]) - mean[c]) * along));
    store<WIDTH>(d, dx + at);
}
