// The instructions of the GPU that C++ has no word for, one function each (PTX ISA, sm_80 on).

#pragma once

// 16-bit numbers, kept as their bits, to float and back (to the nearest, ties to even).
__device__ inline float half_to_float(unsigned short v) {
    float out;
    asm("cvt.f32.f16 %0, %1;" : "=f"(out) : "h"(v));
    return out;
}
__device__ inline unsigned short float_to_half(float v) {
    unsigned short out;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(out) : "f"(v));
    return out;
}
__device__ inline float bfloat_to_float(unsigned short v) {
    return __uint_as_float((unsigned)v << 16);
}
__device__ inline unsigned short float_to_bfloat(float v) {
#if __CUDA_ARCH__ >= 800
    unsigned short out;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out) : "f"(v));
    return out;
#else
    const unsigned bits = __float_as_uint(v);
    return v != v ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
#endif
}

// The bits of the TF32 number (10 bits of fraction) nearest to a float.
__device__ inline unsigned float_to_tf32(float v) {
    unsigned out;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(out) : "f"(v));
    return out;
}

// Copies 16 bytes from global to shared memory, or writes 16 zero bytes if not `there`; it runs on
// beside the thread until the thread waits for it. `from` is not read if not `there`.
__device__ inline void copy_async(uint4* to, const void* from, bool there) {
    const unsigned target = __cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :: "r"(target), "l"(from), "r"(there ? 16 : 0) : "memory");
}
// Ends a group of copies.
__device__ inline void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most PENDING of this thread's groups are still under way.
template <int PENDING> __device__ inline void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

// A warp reads four matrices of 8 rows by 16 bytes. Lane L names row L % 8 of matrix L / 8; of each
// matrix it receives the 4 bytes at row L / 4, bytes 4 (L % 4) and on.
__device__ inline void load_matrices(unsigned out[4], const uint4* row) {
    const unsigned from = __cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(from) : "memory");
}
// The same for matrices of 8 x 8 16-bit numbers, each transposed.
__device__ inline void load_matrices_transposed(unsigned out[4], const uint4* row) {
    const unsigned from = __cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(from) : "memory");
}

// sums (16 x 8) += a (16 x K) b (K x 8) by a whole warp; K is 8 for TF32, 16 for 16-bit numbers.
#define MMA(NAME, TYPES)                                                                          \
    __device__ inline void NAME(float sums[4], const unsigned a[4], const unsigned b[2]) {        \
        asm volatile("mma.sync.aligned." TYPES                                                    \
                     " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "                            \
                     "{%0, %1, %2, %3};"                                                          \
                     : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                 \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));         \
    }
MMA(multiply_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32")
MMA(multiply_half, "m16n8k16.row.col.f32.f16.f16.f32")
MMA(multiply_bfloat, "m16n8k16.row.col.f32.bf16.bf16.f32")
#undef MMA
