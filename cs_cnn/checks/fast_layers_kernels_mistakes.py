"""The known mistakes of notebook 05's GPU kernels, one edit of the reference each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.simt import conv

ROW, COLUMN = (f"gpu.blockIdx.{k} * gpu.blockDim.{k} + gpu.threadIdx.{k}" for k in ("y", "x"))
SUM = "total += x[n, c, i * SH + p, j * SW + q] * w[f, c, p, q]"
GUARD = "if i < H_out and j < W_out:"
COPY = "for k in range(ty * BW + tx, TH * TW, BH * BW):"
BARRIER = "            gpu.syncthreads()\n"
TILE = "tile[(ty + p) * TW + tx + q]"
LAST_GUARD = "if top + ty < H_out and left + tx < W_out:"

THREADS_MISTAKES = mistakes_of(
    conv.conv2d_threads,
    (
        "every block works on the first block's pixels",
        "threadIdx counts inside a block. Blocks before this one have blockIdx * blockDim threads.",
        ROW,
        "gpu.threadIdx.y",
        COLUMN,
        "gpu.threadIdx.x",
    ),
    (
        "blocks overlap: their number is not multiplied by their size",
        "Block 2 of blocks with 8 threads begins at pixel 16: blockIdx * blockDim + threadIdx.",
        ROW,
        "gpu.blockIdx.y + gpu.threadIdx.y",
        COLUMN,
        "gpu.blockIdx.x + gpu.threadIdx.x",
    ),
    (
        "rows and columns of the threads are swapped",
        "x runs along a row: it belongs to the column j, and y to the row i.",
        f"i = {ROW}",
        f"i = {COLUMN}",
        f"j = {COLUMN}",
        f"j = {ROW}",
    ),
    (
        "threads beyond the edge go on",
        "The last blocks reach over the edge of the map: a thread without a pixel must do nothing.",
        GUARD,
        "if True:",
    ),
    (
        "the guard lets one row and one column too many pass",
        "The last pixel is (H_out - 1, W_out - 1): compare with <.",
        GUARD,
        "if i <= H_out and j <= W_out:",
    ),
    (
        "the guard asks for the row or the column",
        "Both must lie inside the map: `and`, not `or`.",
        GUARD,
        "if i < H_out or j < W_out:",
    ),
    (
        "the stride is ignored",
        "Output (i, j) looks at the window that begins at (i * SH, j * SW).",
        "i * SH + p, j * SW + q",
        "i + p, j + q",
    ),
    (
        "vertical and horizontal stride are swapped",
        "The first number of a pair moves down (i), the second to the right (j).",
        "i * SH + p, j * SW + q",
        "i * SW + p, j * SH + q",
    ),
    (
        "the kernel is flipped",
        "A convolution layer takes the dot product as it is (cross-correlation).",
        "* w[f, c, p, q]",
        "* w[f, c, KH - 1 - p, KW - 1 - q]",
    ),
    (
        "only the last product is kept",
        "The products of all channels, rows and columns add up: use += instead of =.",
        "total += ",
        "total = ",
    ),
    (
        "the bias is never added",
        "Begin with the bias of filter f.",
        "total = b[f]",
        "total = np.float32(0)",
    ),
    (
        "every filter is the first one",
        "Output channel f needs the weights w[f].",
        "w[f, c, p, q]",
        "w[0, c, p, q]",
    ),
    (
        "every image of the batch is the first one",
        "Output n needs image x[n].",
        "x[n, c,",
        "x[0, c,",
    ),
    (
        "only the first channel is used",
        "A filter reaches through all channels: loop over c.",
        "for c in range(C):",
        "for c in range(1):",
    ),
    (
        "the sum is kept in global memory",
        "out starts as garbage, and global memory is slow: add up in a variable of the thread's "
        "own, and store once at the end.",
        SUM,
        "out[n, f, i, j] += x[n, c, i * SH + p, j * SW + q] * w[f, c, p, q]",
        "            out[n, f, i, j] = total",
        "",
    ),
    (
        "one thread does the work of its whole map",
        "No loops over i and j: every thread has one pixel, its own.",
        f"i = {ROW}",
        "first = gpu.threadIdx.x + gpu.threadIdx.y + gpu.blockIdx.x + gpu.blockIdx.y == 0",
        f"        j = {COLUMN}\n",
        "",
        GUARD,
        "for k in range(H_out * W_out if first else 0):",
        "            total = b[f]",
        "            i, j = k // W_out, k % W_out\n            total = b[f]",
    ),
)

TILED_MISTAKES = mistakes_of(
    conv.conv2d_tiled,
    (
        "nobody waits before the tile is read",
        "A neighbour may not have copied its pixels yet: gpu.syncthreads() after the copy.",
        f"{BARRIER}            for p",
        "            for p",
    ),
    (
        "nobody waits before the tile is overwritten",
        "The next channel overwrites what a slower thread still reads: gpu.syncthreads() at the "
        "end of the loop over c, too.",
        f"{BARRIER}        if",
        "        if",
    ),
    (
        "nobody ever waits",
        "Threads of a block run at different speeds: gpu.syncthreads() after the copy, and again "
        "before the next channel overwrites the tile.",
        BARRIER,
        "",
    ),
    (
        "each thread copies one pixel, and the border of the tile stays empty",
        "A tile has more pixels than the block has threads: go on in steps of BH * BW until all "
        "TH * TW are copied.",
        COPY,
        "for k in range(ty * BW + tx, BH * BW, BH * BW):",
    ),
    (
        "every thread copies the whole tile",
        "Share the work: thread t copies pixels t, t + BH * BW, t + 2 * BH * BW, ...",
        COPY,
        "for k in range(TH * TW):",
    ),
    (
        "one thread copies the whole tile, and the others wait",
        "Share the work: thread t copies pixels t, t + BH * BW, t + 2 * BH * BW, ...",
        COPY,
        "for k in range(TH * TW if ty + tx == 0 else 0):",
    ),
    (
        "the tile is copied from beyond the edge of the image",
        "The last blocks' tiles reach over the edge: copy only where row < H and column < W.",
        "if top + k // TW < H and left + k % TW < W:",
        "if True:",
    ),
    (
        "rows of the tile are taken to be as long as rows of the block",
        "A row of the tile has TW pixels, a row of the block BW threads.",
        TILE,
        "tile[(ty + p) * BW + tx + q]",
    ),
    (
        "the tile is filled along the block's rows",
        "Pixel k of the tile is in row k // TW, column k % TW.",
        "top + k // TW",
        "top + k // BW",
        "left + k % TW",
        "left + k % BW",
    ),
    (
        "every block copies the first block's tile",
        "The tile of this block begins at row top, column left of the image.",
        "x[n, c, top + k // TW, left + k % TW]",
        "x[n, c, k // TW, k % TW]",
    ),
    (
        "the tile is not used: every thread reads the image itself",
        "Read tile[(row of the tile) * TW + column of the tile], from shared memory.",
        "            for p in range(KH):",
        "            for p in range(KH if top + ty < H_out and left + tx < W_out else 0):",
        TILE,
        "x[n, c, top + ty + p, left + tx + q]",
    ),
    (
        "threads beyond the edge don't come to the barrier",
        "A barrier waits for all threads of the block: no gpu.syncthreads() inside an `if` that "
        "only some of them pass.",
        "        for c in range(C):",
        "        for c in range(C if top + ty < H_out and left + tx < W_out else 0):",
    ),
    (
        "the tile is the first channel's for all channels",
        "Copy channel c: x[n, c, ...].",
        "x[n, c, top",
        "x[n, 0, top",
    ),
    (
        "threads beyond the edge write",
        "They help to copy and come to every barrier, but they have no pixel: guard the store.",
        LAST_GUARD,
        "if True:",
    ),
    (
        "the kernel is flipped",
        "A convolution layer takes the dot product as it is (cross-correlation).",
        "* w[f, c, p, q]",
        "* w[f, c, KH - 1 - p, KW - 1 - q]",
    ),
    (
        "only the last product is kept",
        "The products of all channels, rows and columns add up: use += instead of =.",
        "total += ",
        "total = ",
    ),
    (
        "every filter is the first one",
        "Output channel f needs the weights w[f].",
        "w[f, c, p, q]",
        "w[0, c, p, q]",
    ),
)
