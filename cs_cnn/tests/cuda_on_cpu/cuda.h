// Runs CUDA kernels on the CPU: what a kernel file takes from the compiler, in plain C++.
//
// Blocks run one after the other. The threads of a block are fibres: each runs until a barrier,
// then the next one does. A launch fails with a message if threads read or write past an array,
// start copies that are not aligned, or wait for each other in vain. Threads run in two orders:
// first to last, with copies as late as possible, and last to first, with copies at once. A kernel
// that lacks a barrier or a wait gives different results.

#pragma once
#include <csetjmp>
#include <csignal>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 { unsigned x, y, z; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
static dim3 threadIdx, blockIdx, blockDim, gridDim;
static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }

namespace on_cpu {

struct Barrier { int size, arrived = 0, generation = 0; };
struct Copy { void* to; const void* from; bool there; };
struct Fibre {
    std::vector<char> stack = std::vector<char>(128 * 1024);
    ucontext_t begin;
    jmp_buf here;  // where it goes on
    bool begun, done;
    dim3 index;
    std::vector<std::vector<Copy>> groups;  // copies under way; the last group is still open
};
struct Warp {
    Barrier barrier;
    unsigned long long board[32][3];  // where lanes show each other numbers
};

static std::vector<Fibre> fibres;
static std::vector<Warp> warps;
static Barrier block;
static jmp_buf scheduler;
static sigjmp_buf escape;
static int current, progress;
static bool late;
static char problem[200];

[[noreturn]] static void fail(const char* what) {
    snprintf(problem, sizeof problem, "%s (block %u, %u, %u, thread %u, %u, %u)", what, blockIdx.x,
             blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
    siglongjmp(escape, 1);
}
static void trap(int signal) {
    fail(signal == SIGFPE   ? "division by zero"
         : signal == SIGILL ? "index outside of a shared or local array"
                            : "access outside of every array");
}
static void wait(Barrier& barrier) {
    const int generation = barrier.generation;
    if (++barrier.arrived == barrier.size) barrier.arrived = 0, barrier.generation++, progress++;
    while (barrier.generation == generation) {
        Fibre& me = fibres[current];
        if (!_setjmp(me.here)) _longjmp(scheduler, 1);
        threadIdx = me.index;
    }
}
static int rank() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
static int lane() { return rank() % 32; }
static Warp& warp() { return warps[rank() / 32]; }
static void perform(const Copy& c) {
    if (c.there) memcpy(c.to, c.from, 16);
    else memset(c.to, 0, 16);
}

// Every lane of a warp shows an item; then read(of_lane) may look at all of them.
template <typename Item, typename Read> void trade(const Item& item, Read read) {
    static_assert(sizeof item <= sizeof Warp::board[0]);
    Warp& w = warp();
    memcpy(w.board[lane()], &item, sizeof item);
    wait(w.barrier);
    read([&](int from) -> const Item& { return *reinterpret_cast<const Item*>(w.board[from]); });
    wait(w.barrier);
}

template <typename... A, size_t... I>
void call(void (*kernel)(A...), void** values, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_const_t<A>*>(values[I])...);
}
template <auto KERNEL, typename... A> void call(void (*)(A...), void** values) {
    call<A...>(KERNEL, values, std::index_sequence_for<A...>());
}

static void (*body)(void**);
static void** body_values;
static void entry() {
    threadIdx = fibres[current].index;
    body(body_values);
    for (auto& group : fibres[current].groups)
        if (!group.empty() && late) fail("a thread ends while its copies are under way");
    fibres[current].done = true;
    progress++;
    _longjmp(scheduler, 1);
}

// Lets a fibre run until it waits or ends.
__attribute__((noinline)) static void resume(Fibre& f) {
    if (_setjmp(scheduler)) return;
    if (f.begun) _longjmp(f.here, 1);
    f.begun = true;
    setcontext(&f.begin);
}

static void run_block() {
    const int threads = blockDim.x * blockDim.y * blockDim.z;
    fibres.resize(threads);
    warps.resize((threads + 31) / 32);
    block = {threads};
    for (size_t w = 0; w < warps.size(); w++) warps[w].barrier = {min(32, threads - 32 * w)};
    for (int t = 0; t < threads; t++) {
        Fibre& f = fibres[t];
        f.begun = f.done = false;
        f.groups.assign(1, {});
        f.index = {t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
        getcontext(&f.begin);
        f.begin.uc_stack.ss_sp = f.stack.data();
        f.begin.uc_stack.ss_size = f.stack.size();
        makecontext(&f.begin, entry, 0);
    }
    for (int left = threads; left;) {
        left = progress = 0;
        for (int s = 0; s < threads; s++) {
            current = late ? s : threads - 1 - s;
            if (fibres[current].done) continue;
            resume(fibres[current]);
            left += !fibres[current].done;
        }
        if (left && !progress) fail("threads wait at a barrier that others never reach");
    }
}

// An array copied so that it ends where a page that nobody may touch begins.
struct Fenced {
    size_t bytes, room;
    char *pages, *data, *original;
    Fenced(void* from, size_t bytes) : bytes(bytes), original(static_cast<char*>(from)) {
        const size_t page = sysconf(_SC_PAGESIZE);
        room = (bytes + page - 1) / page * page;
        const int kind = MAP_PRIVATE | MAP_ANONYMOUS;
        pages = static_cast<char*>(mmap(nullptr, room + 2 * page, PROT_NONE, kind, -1, 0));
        mprotect(pages + page, room, PROT_READ | PROT_WRITE);
        memset(pages + page, 0xff, room);  // not a number, in every format
        data = pages + page + (room - bytes) / 16 * 16;
        memcpy(data, from, bytes);
    }
    bool clean() const {
        const char *begin = pages + sysconf(_SC_PAGESIZE), *end = begin + room;
        for (const char* p = begin; p < end; p++)
            if ((p < data || p >= data + bytes) && *p != '\xff') return false;
        return true;
    }
    void give_back() {
        memcpy(original, data, bytes);
        munmap(pages, room + 2 * sysconf(_SC_PAGESIZE));
    }
};

// sizes[a] is the size of array a in bytes, or 0 if values[a] points at a number, not at an array.
static const char* run(void (*kernel)(void**), const unsigned* grid, const unsigned* threads,
                       int count, void** values, const size_t* sizes, int in_order) {
    std::vector<Fenced> arrays;
    std::vector<void*> given(values, values + count);
    arrays.reserve(count);
    for (int a = 0; a < count; a++)
        if (sizes[a]) arrays.emplace_back(values[a], sizes[a]), given[a] = &arrays.back().data;
    gridDim = {grid[0], grid[1], grid[2]}, blockDim = {threads[0], threads[1], threads[2]};
    body = kernel, body_values = given.data(), late = in_order, problem[0] = 0;
    struct sigaction action = {}, old[4];
    action.sa_handler = trap;
    action.sa_flags = SA_NODEFER;
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (int s = 0; s < 4; s++) sigaction(signals[s], &action, &old[s]);
    if (!sigsetjmp(escape, 1))
        for (unsigned z = 0; z < grid[2]; z++)
            for (unsigned y = 0; y < grid[1]; y++)
                for (unsigned x = 0; x < grid[0]; x++) {
                    blockIdx = {x, y, z};
                    run_block();
                }
    for (int s = 0; s < 4; s++) sigaction(signals[s], &old[s], nullptr);
    for (auto& array : arrays) {
        if (!problem[0] && !array.clean())
            strcpy(problem, "a kernel wrote just outside of an array");
        array.give_back();
    }
    return problem;
}

}  // namespace on_cpu

static inline void __syncthreads() { on_cpu::wait(on_cpu::block); }
template <typename T> T __shfl_xor_sync(unsigned, T value, int mask) {
    T other;
    on_cpu::trade(value, [&](auto of_lane) { other = of_lane(on_cpu::lane() ^ mask); });
    return other;
}
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }
static inline float __uint_as_float(unsigned bits) {
    float v;
    memcpy(&v, &bits, 4);
    return v;
}
static inline unsigned __float_as_uint(float v) {
    unsigned bits;
    memcpy(&bits, &v, 4);
    return bits;
}
