"""Matrix products in sizes that BLAS computes fastest: small ones.

A large product is worth some preparation: BLAS first copies blocks of both matrices to where they
lie as its inner loop reads them. With a few dozen channels or filters there is little work for each
copied number, and the copies take as long as the work. A small product OpenBLAS computes from the
matrices as they are, on processors with AVX-512 (elsewhere these cuts cost 2 to 10 %, measured
with OPENBLAS_CORETYPE=Haswell). So large products are cut into small ones, all of them one call.
"""

import numpy as np

SMALL = 1e6  # multiplications: OpenBLAS copies nothing up to here,
SMALL_RESULT = 1200  # and, with the second matrix transposed, up to so many results


def matmul(a, b, out):
    """`np.matmul(a, b, out=out)` of a (..., M, K) and b (..., K, N), the longer one in parts."""
    (M, K), N = a.shape[-2:], b.shape[-1]
    if M > N:
        a, b, out, M, N = b.swapaxes(-1, -2), a.swapaxes(-1, -2), out.swapaxes(-1, -2), N, M
    most = int(SMALL / max(1, M * K)) // 16 * 16
    if most >= N or most < 32:
        np.matmul(a, b, out=out)
        return
    whole = N // most * most

    def columns(x):
        return x[..., :whole].reshape(*x.shape[:-1], -1, most).swapaxes(-2, -3)

    np.matmul(a[..., None, :, :], columns(b), out=columns(out))
    if whole < N:
        np.matmul(a, b[..., whole:], out=out[..., whole:])


def sum_of_products(a, b, out):
    """The sum over n of a[n] (M, K) @ b[n]ᵀ (K, L) into out (M, L), some rows of a at a time."""
    (_, M, K), L = a.shape, b.shape[1]
    most = int(min(SMALL_RESULT / max(1, L), SMALL / max(1, L * K))) // 8 * 8
    if most >= M or most == 0:
        np.sum(a @ b.swapaxes(1, 2), axis=0, out=out)
        return
    whole = M // most * most
    rows = a[:, :whole].reshape(len(a), -1, most, K)
    np.sum(rows @ b[:, None].swapaxes(2, 3), axis=0, out=out[:whole].reshape(-1, most, L))
    if whole < M:
        np.sum(a[:, whole:] @ b.swapaxes(1, 2), axis=0, out=out[whole:])
