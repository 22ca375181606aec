# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Fast layers
#
# Your convolution from notebook 4 is right, and it is slow. Here you make it fast, and find out
# what "fast" can mean at all: how many operations a layer takes, how many bytes it moves, and what
# your machine can do of each in a second. First on the CPU: with one matrix product, with a trick
# that saves multiplications, with Fourier's help. Then on a GPU: thousands of threads, each with one
# pixel. You don't need a GPU for this. A small emulator runs your kernels thread by thread, and tells
# what a GPU would never tell.
#
# **Time:** 2 to 3 hours. **You need:** notebook 4. **A GPU:** nice to have.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below, as often as you like. It shows the first case that is not right, and if it
#    knows your mistake, calls it by its name.
#
# There are 50 points: 44 for six functions, 6 for six small questions by hand.
#
# Every time in this notebook is measured when you run it, on your machine. None is copied from
# anywhere.

# %% locked="imports"
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn import checks, fast_layers, layers, plots
from cs_cnn.backend import gpu_problem
from cs_cnn.fast_layers.one_tile import FILTER_2, IN_2, OUT_2, fourier_tile
from cs_cnn.shapes import conv2d_shape, need_dims, need_shape, pad_pairs, pair, pool2d_shape
from cs_cnn.shapes import window_shape
from cs_cnn.simt import describe, gpu, launch
from cs_cnn.timing import measure, speedup

# %% [markdown]
# ## The gap
#
# One layer, in the middle of a small network: 8 images of 32 channels, 64 filters of 3 x 3. First
# the loops of notebook 4 (on one image only, and the time is multiplied by 8, or you would wait for
# a while), then the course's fast layers. Same numbers out.
#
# *Predict:* how many times faster is the fast one? Ten? A hundred?

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(8, 32, 28, 28)).astype(np.float32)
w = rng.normal(size=(64, 32, 3, 3)).astype(np.float32) / 17
b = rng.normal(size=64).astype(np.float32)

slow, _ = layers.conv2d_forward(x[:1], w, b, padding=1)
fast, _ = fast_layers.conv2d_forward(x, w, b, padding=1)
print("largest difference:", np.abs(slow - fast[:1]).max())

loops = measure({"loops, one image": lambda: layers.conv2d_forward(x[:1], w, b, padding=1)}, repeat=1)
library = measure({"fast_layers": lambda: fast_layers.conv2d_forward(x, w, b, padding=1)})
seconds = {"loops": 8 * loops["loops, one image"].median, "fast": library["fast_layers"].median}
for name, time in seconds.items():
    print(f"{name}: {1e3 * time:,.1f} ms")
print(f"{seconds['loops'] / seconds['fast']:,.0f} times faster")

# %% [markdown]
# Where does all that time go? And how would you know that the fast one is fast, and not just less
# slow? You need a yardstick that does not depend on anybody's code.
#
# ## 1. Count
#
# Two things cost time: **computing**, and **moving numbers** between memory and the processor.
# Both can be counted before a line is written.
#
# - Every output number is a dot product of $C \cdot K_H \cdot K_W$ pairs. A pair is a
#   multiplication and an addition: two **operations**. Adding the bias is so little that nobody
#   counts it.
# - At the very least, `x` and `w` have to be read once, and the output has to be written once. A
#   float32 takes 4 **bytes**.
#
# Their quotient, operations per byte, is called the **intensity** of a layer.

# %%
def work(x, w, out):
    """(operations, bytes) of a convolution: what it computes, and what it must move at least."""
    operations = 2 * out.size * w[0].size
    return operations, x.nbytes + w.nbytes + out.nbytes


operations, moved = work(x, w, fast)
print(f"{operations / 1e6:,.0f} million operations, {moved / 1e6:.1f} million bytes")
print(f"intensity: {operations / moved:.0f} operations per byte")

# %% [markdown]
# ### By hand
#
# One image with 4 channels of 10 x 10 pixels, 8 filters of 3 x 3, no padding, no bias, all float32.
# How many operations, and how many bytes at least?

# %% answer="operations_and_bytes"
operations_by_hand, bytes_by_hand = None, None
### BEGIN SOLUTION
operations_by_hand, bytes_by_hand = 36864, 4800
### END SOLUTION

# %% check="operations_and_bytes" points=1
checks.by_hand("operations_and_bytes", operations_by_hand, bytes_by_hand)

# %% [markdown]
# ## 2. What can this machine do?
#
# Ask it. For computing, the best that NumPy can do is a large matrix product: it is made by experts
# and uses all cores. For moving, copy a large array: every byte is read and written.
#
# `measure` calls each function once or twice before the clock starts, then several times in turns,
# and takes the **median**, so that a moment in which your machine was busy doesn't count.

# %%
size = 1024
a, product = rng.normal(size=(size, size)).astype(np.float32), np.empty((size, size), np.float32)
source, target = np.ones(2**23, np.float32), np.zeros(2**23, np.float32)
times = measure(
    {
        "matrix product": lambda: np.matmul(a, a, out=product),
        "copy": lambda: np.copyto(target, source),
    },
    warmup=2,
)
peak = 2 * size**3 / times["matrix product"].median
bandwidth = 2 * source.nbytes / times["copy"].median
print(*times.values(), sep="\n")
print(f"computing: {peak / 1e9:.0f} billion operations per second")
print(f"moving:    {bandwidth / 1e9:.1f} billion bytes per second")
print(f"ridge:     {peak / bandwidth:.0f} operations per byte")

# %% [markdown]
# The last number is the **ridge**. A layer with more operations per byte is limited by computing:
# it is *compute-bound*. One with fewer waits for memory: it is *memory-bound*. Both go on at the
# same time, so the slower of the two decides:
#
# $$ \text{time} \ge \max\left( \frac{\text{operations}}{\text{peak}},\;
# \frac{\text{bytes}}{\text{bandwidth}} \right) $$
#
# ### By hand
#
# A machine computes 200 billion operations and moves 20 billion bytes per second. Where is its
# ridge? A layer takes 4 billion operations and moves 1 billion bytes. How many milliseconds does it
# take at least?

# %% answer="ridge_and_time"
ridge, milliseconds = None, None
### BEGIN SOLUTION
ridge, milliseconds = 10, 50
### END SOLUTION

# %% check="ridge_and_time" points=1
checks.by_hand("ridge_and_time", ridge, milliseconds)

# %% [markdown]
# Now the picture that shows it all, the **roofline** of Williams, Waterman and Patterson [1]. The
# black line is what your machine can do for each intensity: it rises where memory is the limit, and
# is flat where computing is. Both axes are logarithmic: from one line to the next it is ten times.
#
# *Predict:* how far below the roof are the loops?

# %%
def speeds(**seconds):
    """Points for the roofline: the same layer, and so the same intensity, at several speeds."""
    return {name: (operations / moved, operations / time) for name, time in seconds.items()}


print(f"at least {1e3 * max(operations / peak, moved / bandwidth):.2f} ms")
plots.roofline(peak, bandwidth, speeds(**seconds))

# %% [markdown]
# Python's loops are limited by neither memory nor arithmetic. For every output number the
# interpreter cuts a slice, calls two functions and makes small arrays for what comes out. The
# arithmetic in between hardly counts. So the first rule is: **hand the work over in large pieces.**
#
# ## 3. im2col: one matrix product
#
# The largest piece that NumPy can take is a matrix product, and a convolution can be made into one.
# Every output number is a dot product of a filter and a window. So write every filter as a **row**,
# and copy every window into a **column**:
#
# $$ \underbrace{\text{out}}_{C_\text{out} \times \text{windows}} =
# \underbrace{\text{filters}}_{C_\text{out} \times C K_H K_W} \cdot
# \underbrace{\text{columns}}_{C K_H K_W \times \text{windows}} $$
#
# The copying is called **im2col**, image to columns [2]. Here is a 4 x 4 image, a 3 x 3 kernel, and
# the columns of its four windows, copied with plain loops. Find the first window in the first column.

# %%
image = np.arange(16).reshape(4, 4)
windows = [image[i : i + 3, j : j + 3] for i in range(2) for j in range(2)]
print("image\n", image, "\n\ncolumns\n", np.stack([window.ravel() for window in windows], axis=1))
plots.window(image, kernel_size=3, i=0, j=1)

# %% [markdown]
# Look at it the other way round: along a **row** stands what one weight meets as the kernel slides.
# Row 0 is (0, 1, 4, 5): the upper left weight meets these pixels, and they are a slice of the image,
# `image[0:2, 0:2]`. So you need no loop over windows, only one over the nine weights. With stride 2
# the slice has a step of 2.
#
# ### By hand
#
# An image of 32 channels, 32 x 32 pixels, a 3 x 3 kernel, padding 1. How many rows and how many
# columns does the matrix have, and how many times as many numbers as the image?

# %% answer="columns"
rows_of_matrix, columns_of_matrix, times_as_many = None, None, None
### BEGIN SOLUTION
rows_of_matrix, columns_of_matrix, times_as_many = 288, 1024, 9
### END SOLUTION

# %% check="columns" points=1
checks.by_hand("columns", rows_of_matrix, columns_of_matrix, times_as_many)

# %% [markdown]
# ### Write it
#
# `cols` is there, full of zeros, with an axis for each letter: `cols[n, c, p, q, i, j]` is what the
# weight (c, p, q) meets in window (i, j). Some advice:
#
# 1. Pad first. `(top, bottom), (left, right)` are given.
# 2. Two loops, over p and q, and one assignment to `cols[:, :, p, q]` for all images and channels at
#    once.
# 3. Where does the slice for (p, q) begin? How far apart are its pixels? It has H_out rows, so the
#    last one is at its beginning plus SH * (H_out - 1).

# %% exercise="cs_cnn.fast_layers.im2col:im2col"

# %% check="im2col" points=8
checks.im2col(im2col)

# %% [markdown]
# ### Reward: the same layer, once more
#
# Convolution is three lines now.

# %%
def conv2d_columns(x, w, b, padding):
    """Convolution with your `im2col` and one matrix product for each image; stride 1."""
    cols = im2col(x, w.shape[2:], 1, padding)
    out = w.reshape(len(w), -1) @ cols + b[:, None]  # (N, C_out, H_out * W_out)
    return out.reshape(conv2d_shape(x, w, b, 1, padding))


mine = conv2d_columns(x, w, b, padding=1)
print("largest difference:", np.abs(mine - fast).max())
times = measure({"im2col": lambda: conv2d_columns(x, w, b, padding=1)})
print(times["im2col"])
seconds["im2col"] = times["im2col"].median
print(f"{seconds['loops'] / seconds['im2col']:,.0f} times faster than the loops")
plots.roofline(peak, bandwidth, speeds(**seconds))

# %% [markdown]
# See how much of the gap a loop over nine slices has closed. What is left? Measure the two halves, and
# compare each with its own limit: the product is limited by the peak, the copy by memory.

# %%
cols, rows = im2col(x, (3, 3), 1, 1), w.reshape(64, -1)
halves = measure({"copy into columns": lambda: im2col(x, (3, 3), 1, 1), "product": lambda: rows @ cols})
limit = {"copy into columns": (x.nbytes + cols.nbytes) / bandwidth, "product": operations / peak}
for name, timing in halves.items():
    print(f"{timing}, at least {1e3 * limit[name]:.2f} ms")
print(f"the columns take {cols.nbytes / 2**20:.0f} MiB, x takes {x.nbytes / 2**20:.1f} MiB")

# %% [markdown]
# The columns hold every pixel nine times. They are written to memory and read back, and where they
# don't fit into the processor's cache, this costs more than the arithmetic. The course's own
# `fast_layers` never makes all columns at once: a few rows of the output at a time, so that the
# columns stay in the cache, or no columns at all.
#
# ## 4. col2im: back again
#
# For the backward pass you need two more products, and they follow from $\text{out} = W \cdot
# \text{cols}$ just as in a fully connected layer:
#
# $$ dW = d\text{out} \cdot \text{cols}^T \qquad d\text{cols} = W^T \cdot d\text{out} $$
#
# Then `dcols` has to go back to the pixels. A pixel was copied into many columns; its gradient is
# the **sum** of what comes back from each. That is `col2im`: the slices of `im2col`, with the
# assignment turned round, and `+=`.
#
# *Predict:* let all columns be 1, for a 6 x 6 image and a 3 x 3 kernel. What stands in the middle
# of the image afterwards, what in its corners?
#
# ### Write it
#
# `cols` has six axes again, and `x_pad` is full of zeros. At the end return the image without its
# padding.

# %% exercise="cs_cnn.fast_layers.im2col:col2im"

# %% check="col2im" points=8
checks.col2im(col2im)

# %% [markdown]
# ### Reward: gradients, and the answer to the prediction

# %%
ones = np.ones((1, 9, 16))
counts = col2im(ones, (1, 1, 6, 6), (3, 3))
dout = rng.normal(size=(2, 6, 7, 9))
small_x, small_w = rng.normal(size=(2, 4, 7, 9)), rng.normal(size=(6, 4, 3, 3))
_, cache = layers.conv2d_forward(small_x, small_w, None, padding=1)
dx, dw, _ = layers.conv2d_backward(dout, cache)

columns, douts = im2col(small_x, (3, 3), 1, 1), dout.reshape(2, 6, -1)
my_dw = (douts @ columns.swapaxes(1, 2)).sum(axis=0).reshape(small_w.shape)
my_dx = col2im(small_w.reshape(6, -1).T @ douts, small_x.shape, (3, 3), 1, 1)
print("dw differs by", np.abs(dw - my_dw).max(), " dx by", np.abs(dx - my_dx).max())
plots.traffic(windows_that_hold_a_pixel=counts[0, 0].astype(int))

# %% [markdown]
# ## 5. Pooling without windows
#
# Max pooling has hardly any arithmetic: it is memory-bound, and all that you can do is not to get in
# its way. Where windows tile the image, 2 x 2 and 2 apart, there is nothing to copy: the image *is*
# a grid of windows. A **reshape** says so. It moves no number and only counts them in another way:
#
# `(N, C, H, W)` → `(N, C, H / KH, KH, W / KW, KW)`
#
# Pixel row $i \cdot K_H + p$ is row $p$ of window $i$.
#
# *Predict:* over which two of the six axes do you take the maximum?
#
# ### Write it
#
# If H is not a multiple of KH, the rows that are left over belong to no window. Cut them off first.
# Two lines.

# %% exercise="cs_cnn.fast_layers.one_tile:max_pool2d_tiles"

# %% check="max_pool2d_tiles" points=4
checks.max_pool2d_tiles(max_pool2d_tiles)

# %% [markdown]
# ### Reward
#
# *Predict:* the function below takes the maximum of four slices instead, `x[:, :, 0::2, 0::2]` and
# so on. It reads the same numbers. Is it faster or slower than your reshape?

# %%
def four_slices(x):
    """2 x 2 max pooling as the largest of four shifted pictures."""
    top = np.maximum(x[:, :, 0::2, 0::2], x[:, :, 0::2, 1::2])
    return np.maximum(top, np.maximum(x[:, :, 1::2, 0::2], x[:, :, 1::2, 1::2]))


assert (max_pool2d_tiles(x, 2) == four_slices(x)).all()
times = measure(
    {
        "loops over windows": lambda: layers.max_pool2d_forward(x, 2),
        "reshape": lambda: max_pool2d_tiles(x, 2),
        "four slices": lambda: four_slices(x),
        "fast_layers": lambda: fast_layers.max_pool2d_forward(x, 2),
    }
)
print(*times.values(), sep="\n")
print(f"memory alone: {1e3 * 1.25 * x.nbytes / bandwidth:.3g} ms")

# %% [markdown]
# The reshape is the shortest to write, but NumPy then takes maxima over axes of length two, a few
# numbers at a time. In four slices it compares whole pictures. That is the first rule again.
#
# ## 6. Fewer multiplications: Winograd
#
# A matrix product is as near to the roof as NumPy can come. Is this the end? Only if the count of
# operations is a law of nature. It is not. In one dimension, take a filter $g$ of three and two
# neighbouring outputs:
#
# $$ y_0 = d_0 g_0 + d_1 g_1 + d_2 g_2 \qquad y_1 = d_1 g_0 + d_2 g_1 + d_3 g_2 $$
#
# Six multiplications. But the two windows share $d_1$ and $d_2$, and Winograd found in 1980 [3] that
# **four** are enough:
#
# $$
# \begin{aligned}
# m_0 &= (d_0 - d_2) \; g_0 & m_1 &= (d_1 + d_2) \; \tfrac{1}{2}(g_0 + g_1 + g_2) \\
# m_3 &= (d_1 - d_3) \; g_2 & m_2 &= (d_2 - d_1) \; \tfrac{1}{2}(g_0 - g_1 + g_2)
# \end{aligned}
# $$
#
# $$ y_0 = m_0 + m_1 + m_2 \qquad y_1 = m_1 - m_2 - m_3 $$
#
# Multiply it out once, on paper: in $m_1 + m_2$ the terms $d_1 g_0$ and $d_2 g_1$ and all others that
# you don't want cancel. The sums of the $g$ are made once per filter and used for every picture. The
# sums of the $d$ are additions, and each serves all filters.
#
# As matrices: make four sums of the inputs, four of the filter, multiply them **one by one**, and
# make two sums of the products.

# %%
d, g = np.array([1.0, 2, 3, 4]), np.array([1.0, 2, -1])
m = (FILTER_2 @ g) * (IN_2 @ d)
print("four products", m, " two outputs", OUT_2 @ m, " directly", np.correlate(d, g))
print("sums of the inputs\n", IN_2)

# %% [markdown]
# In two dimensions, do it along the columns and then along the rows. A tile of 4 x 4 pixels gives
# 2 x 2 outputs: F(2x2, 3x3). Every matrix $M$ becomes $M \,\cdot\, M^T$:
#
# $$ \text{out} = A \; \bigl[ (G \, g \, G^T) \odot (B \, d \, B^T) \bigr] \; A^T $$
#
# with $B$ = `IN_2`, $G$ = `FILTER_2`, $A$ = `OUT_2`, and $\odot$ for one by one.
#
# ### By hand
#
# Per channel and filter, for the four outputs of a tile: how many multiplications does Winograd
# take in the middle ($\odot$), and how many are there directly? And the larger F(4x4, 3x3), with
# tiles of 6 x 6 pixels and 4 x 4 outputs: how many times fewer does it take than the direct way?

# %% answer="winograd_savings"
winograd, direct, larger_saves = None, None, None
### BEGIN SOLUTION
winograd, direct, larger_saves = 16, 36, 4
### END SOLUTION

# %% check="winograd_savings" points=1
checks.by_hand("winograd_savings", winograd, direct, larger_saves)

# %% [markdown]
# ### Write it
#
# The filters are transformed already: `U`. With NumPy's `@`, a matrix meets the last two axes of an
# array and leaves the others alone. All channels of a filter add up, and it is cheapest to do so
# **before** the products are transformed back. Three lines.

# %% exercise="cs_cnn.fast_layers.one_tile:winograd_tile"

# %% check="winograd_tile" points=5
checks.winograd_tile(winograd_tile)

# %% [markdown]
# ### Reward: a picture in tiles
#
# Output tiles lie side by side; the input tiles overlap by two pixels. The same picture, tile by
# tile by Winograd and window by window.

# %%
photo = resize(load_sample_image("china.jpg")[:400, 120:520], (66, 66), anti_aliasing=True)
photo = photo.transpose(2, 0, 1)
slope = np.outer([1, 2, 1], [-1, 0, 1])
bank = np.stack([np.stack([slope] * 3), np.stack([slope.T] * 3)]).astype(float)

by_tiles = np.zeros((2, 64, 64))
for i in range(0, 64, 2):
    for j in range(0, 64, 2):
        by_tiles[:, i : i + 2, j : j + 2], _ = winograd_tile(photo[:, i : i + 4, j : j + 4], bank)
by_windows, _ = layers.conv2d_forward(photo[None], bank)
print("largest difference:", np.abs(by_tiles - by_windows[0]).max())
plots.feature_maps(by_tiles, ["vertical edges", "horizontal edges"], columns=2)

# %% [markdown]
# Nothing is for free. The transforms cost additions, and the numbers in the middle are larger than
# the result, so in float32 some digits are lost: with larger tiles, more of them. That is why nobody
# uses tiles of 20 x 20. Lavin and Gray [4] brought this to convolutional networks in 2016: for all
# tiles at once, each of the 16 (or 36) places of a tile is a matrix product of its own. Open
# `cs_cnn/fast_layers/winograd.py` to see it.
#
# ## 7. Fourier
#
# There is an older trick. In the frequencies of a picture, sliding a filter is multiplying, one by
# one. A Fourier transform of $T^2$ numbers takes about $T^2 \log T$ operations, **however large the
# kernel is**. So the price of a kernel does not grow with its size.

# %%
tile, kernels = rng.normal(size=(3, 8, 8)), rng.normal(size=(2, 3, 3, 3))
straight, _ = layers.conv2d_forward(tile[None], kernels)
print("largest difference:", np.abs(fourier_tile(tile, kernels) - straight[0]).max())

# %% [markdown]
# *Predict:* from which kernel size on does Fourier beat your columns? One image of 16 channels,
# 64 x 64 pixels, 16 filters.

# %%
sizes, seconds_of = [3, 5, 9, 15, 25], {"im2col": [], "Fourier": []}
tile = rng.normal(size=(1, 16, 64, 64))
for K in sizes:
    kernels = rng.normal(size=(16, 16, K, K))
    times = measure(
        {
            "im2col": lambda: conv2d_columns(tile, kernels, np.zeros(16), 0),
            "Fourier": lambda: fourier_tile(tile[0], kernels),
        },
        repeat=3,
    )
    for name, timing in times.items():
        seconds_of[name].append(1e3 * timing.median)
plots.bands("milliseconds", "kernel size", sizes, **{name: [t] for name, t in seconds_of.items()})

# %% [markdown]
# Networks have small kernels, and so Fourier is rarely used in them. It is good to have it when you
# need it.
#
# ## 8. Which one?
#
# There is no best method, only a best one for a shape. `fast_layers.conv2d_forward` looks at the
# shape and chooses. Here are four layers of different kinds, each with its limit on your machine. A
# share above 100 % is no mistake: Winograd takes fewer operations than the count says, and numbers
# that are still in the cache need not come from memory. (Or your machine was busy with something else
# when you asked for its limits.)
#
# *Predict:* which of the layers stays farthest below its limit?

# %%
shapes = {
    "first layer, 3 channels": ((8, 3, 32, 32), (32, 3, 3, 3)),
    "middle, 64 channels": ((8, 64, 28, 28), (64, 64, 3, 3)),
    "1 x 1": ((8, 64, 28, 28), (128, 64, 1, 1)),
    "5 x 5": ((8, 16, 28, 28), (32, 16, 5, 5)),
}
print(f"{'share of the limit':<24} {'im2col':>10} {'fast_layers':>12} {'times':>8}")
for name, (image_shape, filter_shape) in shapes.items():
    images = rng.normal(size=image_shape).astype(np.float32)
    filters = rng.normal(size=filter_shape).astype(np.float32)
    bias, pad = np.zeros(len(filters), np.float32), filter_shape[2] // 2
    times = measure(
        {
            "im2col": lambda: conv2d_columns(images, filters, bias, pad),
            "fast_layers": lambda: fast_layers.conv2d_forward(images, filters, bias, padding=pad),
        }
    )
    output, _ = fast_layers.conv2d_forward(images, filters, padding=pad)
    ops, size_in_bytes = work(images, filters, output)
    limit = max(ops / peak, size_in_bytes / bandwidth)
    share = {method: limit / timing.median for method, timing in times.items()}
    gain = speedup(times["im2col"], times["fast_layers"])
    print(f"{name:<24} {share['im2col']:>10.0%} {share['fast_layers']:>12.0%} {gain:>8.1f}")

# %% [markdown]
# The files of `cs_cnn/fast_layers` hold one idea each. You know enough to read them all.
#
# ## 9. A GPU: thousands of threads
#
# A CPU has a few fast cores. A GPU has thousands of slow ones, and all run the same program, a
# **kernel** (which has nothing to do with the kernel of a convolution). You write what **one thread**
# does. It is told who it is:
#
# - Threads come in **blocks**. `gpu.threadIdx` is a thread's place in its block, `gpu.blockDim` the
#   size of a block.
# - Blocks come in a **grid**. `gpu.blockIdx` is the block's place in it.
# - Each has an x, a y and a z. By custom x runs along a row, so it is the *column* number.
#
# All threads run at the same time, as far as there is room, and **in no order**. `launch` starts
# them. Here each of 10 threads doubles one number.

# %%
def double(numbers, block):
    """Twice every number, with one thread for each."""
    out, n = np.full_like(numbers, np.nan), len(numbers)

    def kernel(x, out):
        k = gpu.blockIdx.x * gpu.blockDim.x + gpu.threadIdx.x
        if k < n:
            out[k] = 2 * x[k]

    return out, launch(kernel, (-(-n // block),), (block,), numbers, out)


out, report = double(np.arange(10, dtype=np.float32), block=4)
print(out)
print(describe(report))

# %% [markdown]
# Three blocks of 4 are 12 threads, and two of them have nothing to do: hence the `if`.
#
# What ran this is no GPU but a small **emulator**: it takes one thread after the other. In return it
# watches every access to memory. On a GPU, the same function is compiled by CuPy
# (`cupyx.jit`) and runs at full speed, and nobody watches.
#
# That is dangerous: a GPU does not stop when you read beyond the end of an array, or when two threads
# write the same place. It just computes something. See what the emulator says. The first kernel
# below has forgotten the `if`. In the second one all threads add into one number.
#
# *Predict:* what is the total, on a GPU?

# %%
x10, out10, total = np.arange(10, dtype=np.float32), np.zeros(10, np.float32), np.zeros(1, np.float32)


def without_if(x, out):
    k = gpu.blockIdx.x * gpu.blockDim.x + gpu.threadIdx.x
    out[k] = 2 * x[k]


def add_up(x, total):
    total[0] += x[gpu.threadIdx.x]


print(describe(launch(without_if, (3,), (4,), x10, out10)), "\n")
print(describe(launch(add_up, (1,), (10,), x10, total)), "\n\ntotal:", total)

# %% [markdown]
# Nobody knows. The emulator's threads come one after the other, and so its total happens to be
# right. On a GPU all ten may read the same old total, and add their number to that. Such a **race**
# is right on Monday and wrong on Tuesday. So don't trust the result alone: look at the report.
#
# ### By hand
#
# An output map has 30 rows and 50 columns (H_out = 30, W_out = 50). Blocks are 16 threads wide (x)
# and 8 high (y). How many blocks does it take to cover the map, how many threads are that, and how
# many of them have no pixel?

# %% answer="grid_of_threads"
blocks, threads, idle = None, None, None
### BEGIN SOLUTION
blocks, threads, idle = 16, 2048, 548
### END SOLUTION

# %% check="grid_of_threads" points=1
checks.by_hand("grid_of_threads", blocks, threads, idle)

# %% [markdown]
# ## 10. One thread per output pixel
#
# Four of the seven loops of a convolution say *for every image, filter, row and column of the output*.
# On a GPU these four vanish: each thread has one output number. What remains are the three loops of
# the dot product.
#
# ### Write it
#
# The function around the kernel is given: it makes the output, full of NaN, and a grid that covers
# every map; image and filter are counted in z. The names of the outer function (`C`, `KH`, `H_out`,
# ...) are constants in the kernel. Some advice:
#
# 1. Row i and column j of this thread: from block, size of a block, and place in it. Careful: which
#    one is y?
# 2. Is there such a pixel? Otherwise do nothing.
# 3. Add up in a variable, starting with the bias; store once.
#
# CuPy translates kernels to CUDA, and so they must be plain: numbers, `for` with `range`, `if`; no
# slices, no `break`, no chains like `0 <= i < n`.

# %% exercise="cs_cnn.simt.conv:conv2d_threads"

# %% check="conv2d_threads" points=9
checks.conv2d_threads(conv2d_threads)

# %% [markdown]
# ### Reward: edges, a thread for every pixel

# %%
grey = photo.mean(axis=0)[None, None, ::2, ::2].astype(np.float32)
edges = np.stack([slope, slope.T])[:, None].astype(np.float32)
maps, report = conv2d_threads(grey, edges, np.zeros(2, np.float32), block=(8, 8))
print(describe(report))
plots.feature_maps(maps[0], ["vertical edges", "horizontal edges"], columns=2)

# %% [markdown]
# ### How the threads read
#
# 32 threads that follow each other (in x, then in y) are a **warp**. They run in step, and what they
# read goes to memory as one request. Memory comes in **sectors** of 32 bytes, 8 numbers. If the warp
# reads 32 neighbours, 4 sectors are enough. If each thread reads somewhere else, it takes 32 of
# them, and most of what is moved is thrown away. Reads that share sectors are called **coalesced**.
#
# *Predict:* a warp in which thread t reads `x[t * step]`: how many sectors for step 1, 2, 8 and 32?

# %%
line, few = np.zeros(1024, np.float32), np.zeros(32, np.float32)
for step in (1, 2, 8, 32):

    def read(x, out):
        out[gpu.threadIdx.x] = x[gpu.threadIdx.x * step]

    sectors = launch(read, (1,), (32,), line, few)["sectors"] - 4  # 4 are the output's
    print(f"step {step:>2}: {sectors:>2} sectors")

# %% [markdown]
# The same with your kernel: the same image and the same number of threads, in blocks of other forms.
#
# *Predict:* which form is best?

# %%
for block in ((32, 1), (8, 4), (4, 8), (1, 32)):
    _, report = conv2d_threads(grey, edges[:1], np.zeros(1, np.float32), block=block)
    share = report["sectors"] / report["requests"]
    print(f"block {str(block):<8} {report['requests']:>6,} requests, {share:.1f} sectors each")

# %% [markdown]
# ## 11. Tiles in shared memory
#
# Neighbouring threads look at nearly the same window. Each fetches its nine pixels from far away, and
# the same pixel is fetched again and again. But a block has a small memory of its own, **shared
# memory**, which is very close and very fast. So let the threads of a block
#
# 1. copy all pixels that any of them will need, a **tile**, together, each pixel once;
# 2. **wait** until the last one has finished: `gpu.syncthreads()`, a *barrier*;
# 3. read the tile as often as they like.
#
# ### By hand
#
# A block of 16 x 16 threads, a 3 x 3 kernel, one channel. How many times do its threads read the
# image, all together, if each fetches its own window? And how many times if they share a tile?

# %% answer="tile_loads"
own_windows, shared_tile = None, None
### BEGIN SOLUTION
own_windows, shared_tile = 2304, 324
### END SOLUTION

# %% check="tile_loads" points=1
checks.by_hand("tile_loads", own_windows, shared_tile)

# %% [markdown]
# ### Why wait?
#
# Here the threads of a block turn a line of eight numbers round. Each puts its number into shared
# memory and takes out another one. Without the barrier, the other one may not be there yet.

# %%
def turn_round(wait):
    """Eight numbers back to front, by way of shared memory."""
    numbers, out = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)

    def kernel(x, out):
        line = gpu.shared_memory(np.float32, 8)
        t = gpu.threadIdx.x
        line[t] = x[t]
        if wait:
            gpu.syncthreads()  # the barrier
        out[t] = line[7 - t]

    report = launch(kernel, (1,), (8,), numbers, out)
    return out, report


for wait in (False, True):
    out, report = turn_round(wait)
    print(f"wait={wait}: {out}, {report['races']} races")
    print("\n".join(report["problems"]))

# %% [markdown]
# A barrier waits for **all** threads of the block. Never put one inside an `if` that only some of
# them pass: the others would never come.
#
# ### Write it
#
# Shared memory has one axis: row r and column s of the tile is `tile[r * TW + s]`. For each channel:
#
# 1. Copy the tile. It has TH * TW pixels, more than the block has threads. So thread number
#    ty * BW + tx copies the pixels with this number, this plus BH * BW, and so on: a `range` with a
#    step. Which row and column of the image is pixel k? And is it inside the image at all?
# 2. Wait.
# 3. Add up the window of this thread, from the tile.
# 4. Wait again. (What happens otherwise, when a fast thread begins with the next channel?)
#
# At the end, store the total, if this thread has a pixel. All threads copy and wait, also those
# without a pixel.

# %% exercise="cs_cnn.simt.conv:conv2d_tiled"

# %% check="conv2d_tiled" points=10
checks.conv2d_tiled(conv2d_tiled)

# %% [markdown]
# ### Reward: see the traffic
#
# A 10 x 10 image, a 3 x 3 filter, and four blocks of 4 x 4 threads. How often is each pixel read from
# global memory?
#
# *Predict:* in the tiled version, which pixels are read more than once, and why?

# %%
board, nine = np.ones((1, 1, 10, 10), np.float32), np.ones((1, 1, 3, 3), np.float32)
_, one_each = conv2d_threads(board, nine, np.zeros(1, np.float32), block=(4, 4))
_, tiled = conv2d_tiled(board, nine, np.zeros(1, np.float32), block=(4, 4))
plots.traffic(one_thread_per_output=one_each["loads"]["x"][0, 0], tiles=tiled["loads"]["x"][0, 0])

# %% [markdown]
# Only where tiles overlap. Larger blocks have less rim for their area: larger tiles are better, as
# long as they fit. The intensity of section 1 is at work here again: the same operations, and fewer
# bytes.

# %%
for side in (2, 4, 8, 16):
    _, report = conv2d_tiled(grey, edges[:1], np.zeros(1, np.float32), block=(side, side))
    loads = report["loads"]["x"].sum()
    print(f"blocks of {side:>2} x {side:<2}: {loads:>5,} loads of x, {loads / grey.size:.1f} per pixel")

# %% [markdown]
# Professional kernels go on from here: they share the tile between many filters, keep several outputs
# per thread in registers, fetch the next tile while computing with this one, and hand small matrix
# products to the tensor cores. In `cs_cnn/fast_layers/gpu` each of these steps is a file.
#
# ## 12. On a real GPU
#
# If your machine has one, the next cell runs your two kernels on it and times them. Note what it does
# before it takes a time.

# %%
def on_the_gpu():
    """Your kernels on the GPU, timed; NumPy arrays go there before the clock starts."""
    import cupy

    arrays = [cupy.asarray(a) for a in (x, w, b)]
    times = measure(
        {
            "one thread per output": lambda: conv2d_threads(*arrays, block=(16, 16))[0],
            "tiles": lambda: conv2d_tiled(*arrays, block=(16, 16))[0],
        },
        warmup=3,
        synchronise=cupy.cuda.get_current_stream().synchronize,
    )
    print(*times.values(), sep="\n")
    print(f"tiles: {speedup(times['one thread per output'], times['tiles']):.2f} times faster")


problem = gpu_problem()
if problem:
    print(problem)
else:
    on_the_gpu()

# %% [markdown]
# ### Numbers that are too good
#
# A call on a GPU only files an order, and returns at once. Whoever stops the clock then has measured
# how fast one can order. A course has told its students of a layer that is ten thousand times faster
# because nobody had waited.
#
# You can see it without a GPU. Below, another thread plays the device: `order` hands it the work
# and returns a promise. The course's `speedup` refuses to compare such times, and also times without
# a warm-up.
#
# *Predict:* by how much does the order beat the work?

# %%
with ThreadPoolExecutor(max_workers=1) as device:
    promises = []

    def work_itself():
        return a @ a

    def order():
        promises.append(device.submit(work_itself))
        return promises[-1]

    def wait():
        while promises:
            promises.pop().result()

    hasty = measure({"work": work_itself, "order": order})
    wait()
    cold = measure({"work": work_itself, "order": order}, repeat=1, warmup=0, synchronise=wait)
    honest = measure({"work": work_itself, "order": order}, synchronise=wait)

for name, times in {"hasty": hasty, "cold": cold, "honest": honest}.items():
    print(f"\n{name}")
    print(*times.values(), sep="\n")
    try:
        print(f"{speedup(times['work'], times['order']):.2f} times faster")
    except ValueError as error:
        print("refused:", error)

# %% [markdown]
# ## What you have built
#
# - A yardstick: operations, bytes, peak and bandwidth, and the least time that any code can take.
# - `im2col` and `col2im`: a convolution forward and backward as three matrix products.
# - Pooling by a reshape, and a tile of Winograd's, which beats the count itself.
# - Two GPU kernels, one with a thread for each output, one with tiles in shared memory, without an
#   access out of bounds and without a race. You have seen the report.
#
# And a habit: before you believe a speed, ask what the limit is, what was warmed up, and who waited.
#
# The next notebook, **06**, trains networks on all this.
#
# ## References
#
# 1. S. Williams, A. Waterman and D. Patterson, [Roofline: an insightful visual performance model for
#    multicore architectures](https://doi.org/10.1145/1498765.1498785), Communications of the ACM,
#    2009.
# 2. K. Chellapilla, S. Puri and P. Simard, [High performance convolutional neural networks for
#    document processing](https://inria.hal.science/inria-00112631), 2006: convolution as a matrix
#    product, and on a GPU.
# 3. S. Winograd, [Arithmetic complexity of
#    computations](https://doi.org/10.1137/1.9781611970364), SIAM, 1980.
# 4. A. Lavin and S. Gray, [Fast algorithms for convolutional neural
#    networks](https://arxiv.org/abs/1509.09308), CVPR 2016.
# 5. M. Mathieu, M. Henaff and Y. LeCun, [Fast training of convolutional networks through
#    FFTs](https://arxiv.org/abs/1312.5851), ICLR 2014.
# 6. S. Chetlur and others, [cuDNN: efficient primitives for deep
#    learning](https://arxiv.org/abs/1410.0759), 2014: tiles of the columns, made on the fly.
# 7. S. Rush, [GPU Puzzles](https://github.com/srush/GPU-Puzzles), 2022: more kernels to write, with
#    pictures of what they read.
#
# The photograph is "china.jpg" of scikit-learn, by danielbuechele
# ([source](https://www.flickr.com/photos/danielbuechele/6061409035/), Creative Commons,
# attribution).
