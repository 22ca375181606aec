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
# # 4 · The convolution layer, by hand
#
# You will write the two layers that made computers see: **convolution** and **max pooling**,
# forward and backward, in plain NumPy. No library does the work for you. At the end your own
# functions turn a photograph into feature maps, learn a filter from examples, and train a small
# network that reads handwritten digits.
#
# **Time:** 60 to 120 minutes. **You need:** loops and slices in NumPy, and the chain rule.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look. A wrong guess that you remember
#    teaches more than a right answer that you read.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below. It tells which parts are right, shows the first case that is not, and if
#    it knows your mistake, calls it by its name. Check as often as you like; it costs nothing.
#
# There are 38 points: 31 for the four functions, 7 for seven small questions by hand.

# %% locked="imports"
import numpy as np
from scipy import ndimage
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn import checks, plots
from cs_cnn.data import load_digits
from cs_cnn.gradient_check import GradientError, check_gradient
from cs_cnn.layers import linear_backward, linear_forward, relu_backward, relu_forward
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.shapes import conv2d_shape, lowest, need_shape, pad_pairs, pair, pool2d_shape

# %% [markdown]
# ## What you will see at the end
#
# A photograph, and six pictures that six small filters make of it. Here SciPy does the work. In an
# hour your function does, and you will know which filter made which picture, and why.

# %%
photo = resize(load_sample_image("china.jpg")[:400, 120:520], (128, 128), anti_aliasing=True)
photo = photo.transpose(2, 0, 1)  # (height, width, colour) -> (colour, height, width)

grey, red, blue = np.array([[1, 1, 1], [1, -0.5, -0.5], [-0.5, -0.5, 1]])[:, :, None, None]
smooth, slope = np.array([1, 4, 6, 4, 1]), np.array([-1, -2, 0, 2, 1])
spot = np.outer(smooth, smooth) - 256 / 25
bank = {
    "vertical edge": grey * np.outer(smooth, slope),
    "horizontal edge": grey * np.outer(slope, smooth),
    "blur": grey * np.outer(smooth, smooth),
    "spot": grey * spot,
    "red": red * np.ones((5, 5)),
    "blue": blue * np.ones((5, 5)),
}
bank = {name: w / np.sqrt(np.sum(w**2)) for name, w in bank.items()}


def slide(image, w):
    """SciPy's stand-in for what you will write: one filter over one image, one map."""
    return ndimage.correlate(image, w, mode="constant")[1]


plots.images(photo[None], ["the photograph"])

# %%
maps = np.stack([slide(photo, w) for w in bank.values()])
plots.feature_maps(maps, ["?"] * 6)

# %% [markdown]
# In all such pictures **red is positive, white is zero, blue is negative**. A map without a
# negative number is shown in grey, and black is zero.
#
# ## Why not a fully connected layer?
#
# A fully connected layer takes a list of numbers. To give it a colour picture of 32 x 32 pixels you
# stretch the picture to a list of 32 · 32 · 3 = **3072** numbers. Each output is then a dot product
# with 3072 weights.
#
# That list has forgotten something: which pixels were neighbours. Shuffle the pixels of every
# picture in the same way, and the layer learns just as well, or as badly.
#
# *Predict:* both pictures below hold the same numbers. Which one could you recognise?

# %%
small = resize(photo.transpose(1, 2, 0), (32, 32), anti_aliasing=True).transpose(2, 0, 1)
shuffled = np.random.default_rng(0).permutation(small.reshape(3, -1), axis=1).reshape(3, 32, 32)
plots.images(np.stack([small, shuffled]), ["as it was", "shuffled"])

# %% [markdown]
# To a fully connected layer the two are equally good. Your eye disagrees: what a pixel means
# depends on its neighbours. A **convolution layer** keeps the picture as it is, colour x height x
# width, and looks at it through small windows.
#
# ## 1. One number
#
# A **filter** is a small block of weights, say 5 pixels high and 5 wide. It always reaches through
# **all** the channels of its input: over a colour picture it has 3 x 5 x 5 = 75 weights.
#
# Lay it on the picture somewhere. Multiply every weight by the number below it, add up the 75
# products, and add one more number, the **bias**:
#
# $$ \text{out} = w \cdot \text{window} + b $$
#
# This dot product with 75 terms is all that there is to it. The rest is bookkeeping.

# %%
w, b = bank["vertical edge"], 0.1
window = small[:, 8:13, 4:9]  # all channels, rows 8 to 12, columns 4 to 8
print("window", window.shape, " filter", w.shape, " numbers multiplied:", w.size)
print("out =", np.sum(window * w) + b)

# %% [markdown]
# ### By hand
#
# A tiny image with two channels, a filter and a bias:
#
# $$
# x_0 = \begin{pmatrix} 1 & 2 \\ 0 & 3 \end{pmatrix} \quad
# x_1 = \begin{pmatrix} 2 & 0 \\ 1 & 4 \end{pmatrix} \qquad
# w_0 = \begin{pmatrix} 1 & 0 \\ -1 & 2 \end{pmatrix} \quad
# w_1 = \begin{pmatrix} 0 & 3 \\ 1 & 1 \end{pmatrix} \qquad
# b = -2
# $$
#
# Which number comes out? Replace `None`.

# %% answer="one_number"
number = None
### BEGIN SOLUTION
number = 10
### END SOLUTION

# %% check="one_number" points=1
checks.by_hand("one_number", number)

# %% [markdown]
# ## 2. One map
#
# Now slide the filter over every place where it fits, and write each number where you found it.
# The result is an **activation map** (or *feature map*). A side of 32 pixels has room for 28
# places of a 5 pixel window: from 0 to 27. So a 3 x 32 x 32 picture gives a map of **28 x 28**.
#
# The picture shows one of the 784 places, and where its number goes.

# %%
plots.window(small.mean(axis=0), kernel_size=5, i=8, j=4)

# %% [markdown]
# A filter is a question, and the map says where the answer is yes. Take this one, which subtracts
# what is on the left from what is on the right:
#
# $$ \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} $$
#
# *Predict:* it slides over a white square on black ground. Where is its map red (positive), where
# blue (negative), and where white (zero)?

# %%
edge = np.array([[-1, 0, 1]] * 3)
square = np.zeros((20, 20))
square[5:15, 5:15] = 1
plots.feature_maps(np.stack([square, ndimage.correlate(square, edge)]), ["the square", "its map"])

# %% [markdown]
# Red at the left side of the square: there the right is brighter than the left. Blue at the right
# side. And white everywhere else, even along the top and the bottom: a horizontal edge has no
# "right minus left". Inside the square, too: a filter whose weights add up to zero does not care
# how bright a plain area is.
#
# ## 3. Many maps
#
# One question is not enough, so a layer has many filters, each with a bias of its own. Six
# filters give six maps: a 3 x 32 x 32 picture becomes a **6 x 28 x 28** volume, which the next
# layer takes as its input, with 6 channels in place of 3 colours.
#
# And we work on many images at once. With PyTorch's order of axes, **NCHW**:
#
# | array | shape | letters |
# |---|---|---|
# | images `x` | `(N, C_in, H, W)` | N images, C_in channels, height, width |
# | filters `w` | `(C_out, C_in, KH, KW)` | C_out filters, kernel height and width |
# | biases `b` | `(C_out,)` | one per filter |
# | output `out` | `(N, C_out, H_out, W_out)` | one map per image and filter |
#
# Here are the six filters of the first picture. Grey is zero, bright is positive, dark is negative.
#
# *Predict:* which of the six maps at the top did each of them make?

# %%
plots.filters(np.stack(list(bank.values())))

# %%
plots.feature_maps(maps, list(bank))

# %% [markdown]
# Look at the last two: the filter "red" adds up the red and takes away the green and the blue.
# Its map is positive on the painted walls and negative in the sky. It knows nothing of edges.
#
# A word on the name. In mathematics a *convolution* turns the kernel upside down and back to
# front before it slides. We don't; strictly, this is *cross-correlation*. Every deep learning
# library calls it convolution all the same, and since the weights are learned, it makes no
# difference.
#
# ## 4. Stride: how far to step
#
# The window need not visit every place. With **stride** 2 it moves two pixels at a time. Take an
# image of 7 x 7 and a filter of 3 x 3. With stride 1 there are 5 x 5 places.
#
# *Predict:* how many are there with stride 2?

# %%
seven = np.arange(49).reshape(7, 7)
plots.window(seven, kernel_size=3, stride=2, i=1, j=2)

# %% [markdown]
# 3 x 3. In general, for a side of $N$ pixels, a kernel of $F$ and a stride of $S$:
#
# $$ N_\text{out} = \frac{N - F}{S} + 1 $$
#
# With stride 3 this gives $(7 - 3) / 3 + 1 = 2.33$. There is no such thing as a third of a place.
# The Stanford lecture says: it doesn't fit, don't do it [1]. PyTorch, and your function, **round
# down**: the window takes the 2 x 2 places where it fits, and the last row and column are never
# looked at.
#
# ## 5. Padding: room at the edges
#
# Every layer of 5 x 5 filters takes 4 pixels off each side: 32 → 28 → 24 → 20 ... A deep network
# would run out of picture, and it would see the middle far more often than the border.
#
# **Zero padding** adds rows and columns of zeros all around. With a padding of $P$ at both ends the
# side has $N + 2P$ pixels:
#
# $$ N_\text{out} = \left\lfloor \frac{N + 2P - F}{S} \right\rfloor + 1 $$
#
# With stride 1 and $P = (F - 1) / 2$ the size stays the same: 1 for a 3 x 3 filter, 2 for 5 x 5,
# 3 for 7 x 7. PyTorch calls that `padding="same"`. The grey cells below are padding.

# %%
plots.window(seven, kernel_size=3, padding=1, i=0, j=6)

# %% [markdown]
# *Predict:* why does the map "vertical edge" of the photograph have a bold line along its left
# and its right border?
#
# <details><summary>Answer</summary>
#
# SciPy padded the photograph with zeros, which is black. From black to bright sky is an edge, the
# strongest of all. Your network will see it too.
#
# </details>
#
# ### By hand: sizes
#
# Height and width each have their own numbers: a pair is always (vertical, horizontal). An image
# of 11 x 18 pixels (H = 11, W = 18), a kernel of 3 x 5, stride (2, 3), padding 2 everywhere. How
# large is the output?

# %% answer="output_height_width"
H_out, W_out = None, None
### BEGIN SOLUTION
H_out, W_out = 7, 6
### END SOLUTION

# %% check="output_height_width" points=1
checks.by_hand("output_height_width", H_out, W_out)

# %% [markdown]
# ### By hand: a whole layer
#
# The input is a volume of 3 x 32 x 32. The layer has ten 5 x 5 filters, stride 1 and a padding of
# two pixels. What are the channels, height and width of the output, and how many parameters
# (weights and biases) does the layer have?

# %% answer="volume_and_parameters"
channels, height, width, parameters = None, None, None, None
### BEGIN SOLUTION
channels, height, width, parameters = 10, 32, 32, 760
### END SOLUTION

# %% check="volume_and_parameters" points=1
checks.by_hand("volume_and_parameters", channels, height, width, parameters)

# %% [markdown]
# ### Two more: dilation and groups
#
# **Dilation** pulls the weights of a kernel apart. With dilation 2 a 3 x 3 kernel skips every
# other pixel: it still has 9 weights, but it spans 5 x 5. In general it spans $D (F - 1) + 1$
# pixels, which takes the place of $F$ in the formula. A layer sees farther and pays nothing.

# %%
plots.window(seven, kernel_size=3, dilation=2, i=1, j=1)

# %% [markdown]
# **Groups** let a filter look at some of the channels only. With `groups=3` the channels and the
# filters are cut into three equal parts, in order, and the filters of a part see the channels of
# that part. So `w` has the shape `(C_out, C_in / groups, KH, KW)`.
#
# In the picture, each row is one of 6 filters and each column one of 6 channels; red means that the
# filter sees the channel. The last one, one group per channel, is called *depthwise*.

# %%
sees = [np.kron(np.eye(g), np.ones((6 // g, 6 // g))) for g in (1, 2, 3, 6)]
plots.filters(np.stack(sees), [f"groups={g}" for g in (1, 2, 3, 6)])

# %% [markdown]
# ### By hand: groups
#
# A layer goes from 6 channels to 9 with 3 x 3 kernels and `groups=3`. How many weights does it have
# (don't count biases)?

# %% answer="grouped_weights"
grouped = None
### BEGIN SOLUTION
grouped = 162
### END SOLUTION

# %% check="grouped_weights" points=1
checks.by_hand("grouped_weights", grouped)

# %% [markdown]
# ## 6. The same thing, told with neurons
#
# Each number of a map is a **neuron**: a dot product with its inputs, plus a bias. It differs
# from a neuron of a fully connected layer in two ways.
#
# - **Local connectivity.** It is wired to a 5 x 5 window of the input, not to all of it. The
#   window is its *receptive field*.
# - **Shared weights.** All 28 x 28 neurons of a map have the same weights. What is worth looking
#   for in one place is worth looking for in all.
#
# With five filters there are five neurons that look at the same window, each with a question of its
# own. Now count what the two ideas save, for 3 x 32 x 32 in and 5 x 28 x 28 out.
#
# *Predict:* how many times more weights does a fully connected layer need? Ten? A thousand?

# %%
inputs, neurons, window_size = 3 * 32 * 32, 5 * 28 * 28, 3 * 5 * 5
print(f"fully connected               {inputs * neurons:>12,} weights")
print(f"local, every neuron its own   {window_size * neurons:>12,} weights")
print(f"local and shared: convolution {window_size * 5:>12,} weights")

# %% [markdown]
# The idea comes from biology: Hubel and Wiesel found that a cell in a cat's visual cortex answers
# to one small patch of what the cat sees, and there only to an edge of the right slant [3].
#
# ## 7. Your turn: the forward pass
#
# Put it all together. For image $n$, filter $f$ and output pixel $(i, j)$:
#
# $$
# \text{out}[n, f, i, j] = b[f] + \sum_{c, p, q}
# x_\text{pad}[n, c,\; i \, S_H + p \, D_H,\; j \, S_W + q \, D_W] \; w[f, c, p, q]
# $$
#
# Here $c$ runs over the channels of the filter's group. Don't be afraid of the formula: it is
# "cut out the window, multiply, add up" from section 1, at every place.
#
# *Predict:* image below, stride 2, dilation 1. In which row and column does the window of output
# pixel (2, 1) begin?

# %%
w = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
image = np.random.default_rng(3).integers(0, 5, (7, 7))
plots.window(image, kernel_size=3, stride=2, i=2, j=1, w=w)

# %% [markdown]
# Row 4, column 2: stride times output index. And dilation? A slice in NumPy can have a step:
# `x[0:5:2]` are the rows 0, 2 and 4, which a kernel of 3 with dilation 2 meets first.
#
# ### Write it
#
# Write the body of `conv2d_forward`. The lines above yours check the arguments and unpack them;
# `out` is there already, full of zeros. A good way:
#
# 1. Make it work for stride 1 without padding, dilation or groups: four loops, over `n`, `f`,
#    `i`, `j`, and one line that does the dot product. Run the check: that is worth three points.
# 2. Pad `x` with `np.pad`. It wants a pair (before, after) for each of the four axes.
# 3. Stride, then dilation, then groups: each changes one slice.
#
# Be as slow and as clear as you like. (Notebook 5 is about fast.)

# %% exercise="cs_cnn.layers:conv2d_forward"

# %% check="conv2d_forward" points=10
checks.conv2d_forward(conv2d_forward)

# %% [markdown]
# ### Reward: your own feature maps
#
# The six filters again, over the photograph, and this time nobody helps you: `conv2d_forward` is
# yours. It should agree with SciPy to the last digits.

# %%
six = np.stack(list(bank.values()))
out, _ = conv2d_forward(photo[None], six, padding=2)
print("from", photo[None].shape, "to", out.shape)
print("largest difference from SciPy:", np.abs(out[0] - maps).max())
plots.feature_maps(out[0], list(bank))

# %% [markdown]
# What comes out is a volume, so it can go in again: the next layer looks for patterns in these
# maps, and each of its pixels depends on a larger patch of the photograph.
#
# ## 8. The backward pass
#
# We chose those six filters. A network has to find its own, and for that it needs to know how the
# loss changes with each weight. The layer above hands you `dout`: for every output pixel, how
# much the loss grows if that pixel grows. You give back three gradients: by the images (`dx`),
# the filters (`dw`) and the biases (`db`).
#
# Take a single output pixel, and forget padding for a moment:
#
# $$ \text{out}_{ij} = b + \sum_{p, q} x_{i+p,\, j+q} \; w_{pq} $$
#
# It is a sum of products, so the chain rule is short. With $g$ for this pixel's number in `dout`:
#
# - the bias gets $g$;
# - the weight $w_{pq}$ gets $g$ times **the pixel that it lay on**;
# - the pixel $x_{i+p,\, j+q}$ gets $g$ times **the weight that lay on it**.
#
# Now every output pixel does this, and where two of them touch the same thing, **the shares add
# up**. All windows use the same weights, so `dw` adds up over all places. And windows overlap, so
# a pixel of `dx` collects from every window that it lay in.
#
# ### In one dimension, with numbers
#
# $x = (1, 2, 3, 4)$ and $w = (1, 0, -1)$ give $\text{out} = (-2, -2)$. From above comes
# $\text{dout} = (10, 1)$.
#
# | from | to `dw` | to `dx` |
# |---|---|---|
# | first window, $g = 10$ | 10 · (1, 2, 3) = (10, 20, 30) | 10 · (1, 0, −1) at pixels 0 to 2 |
# | second window, $g = 1$ | 1 · (2, 3, 4) = (2, 3, 4) | 1 · (1, 0, −1) at pixels 1 to 3 |
# | **sum** | **(12, 23, 34)** | (10, 0, −10, 0) + (0, 1, 0, −1) = **(10, 1, −10, −1)** |
#
# And `db` is 10 + 1 = **11**.
#
# ### By hand: where windows overlap
#
# An image of 3 x 3, a kernel of 2 x 2, stride 1. The output is 2 x 2.
#
# $$
# w = \begin{pmatrix} 1 & 4 \\ 6 & 2 \end{pmatrix} \qquad
# \text{dout} = \begin{pmatrix} 2 & 3 \\ 1 & -1 \end{pmatrix}
# $$
#
# What is `dx` at row 0, column 1, the middle of the top row? (You don't need the image. Why?)

# %% answer="overlap"
dx_01 = None
### BEGIN SOLUTION
dx_01 = 11
### END SOLUTION

# %% check="overlap" points=1
checks.by_hand("overlap", dx_01)

# %% [markdown]
# You didn't need the image because the layer is linear in it: its slope is the weights, wherever
# you are.
#
# *Predict:* let all of `w` and all of `dout` be 1, with an image of 6 x 6 and a 3 x 3 kernel.
# Where is `dx` largest, and how large?
#
# <details><summary>Answer</summary>
#
# Each pixel counts the windows that it lies in. In the middle that is all 9; a corner lies in one.
# The border of an image has less of a say: one more reason to pad.
#
# </details>
#
# ### Write it
#
# The loops are those of the forward pass, and so are the slices. `cache` brings back what the
# forward pass was given. Some advice:
#
# 1. `db` is one line. `dw` is next: start from zeros, and add up with `+=`.
# 2. For `dx`, collect in an array as large as the **padded** image, `dx_pad`. Cut the border off
#    at the end.
# 3. Dilation and groups cost nothing new if you use the same slice for reading `x_pad` and for
#    adding to `dx_pad`.

# %% exercise="cs_cnn.layers:conv2d_backward"

# %% check="conv2d_backward" points=10
checks.conv2d_backward(conv2d_backward, conv2d_forward)

# %% [markdown]
# ### How would you know without a check?
#
# Out in the world nobody has the right answer in a drawer. But a gradient is a slope, and a slope
# can be **measured**: nudge one number up and down by a little $h$ and look at what the loss
# does.
#
# $$ \frac{\partial L}{\partial x_k} \approx \frac{L(x + h e_k) - L(x - h e_k)}{2h} $$
#
# `check_gradient` does this for every number and complains about the worst one. A check that never
# fails is worth nothing, so at the end spoil one number by one percent and see.

# %%
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
options = {"stride": (2, 1), "padding": 1}
out, cache = conv2d_forward(x, w, b, **options)
dout = rng.normal(size=out.shape)
dx, dw, db = conv2d_backward(dout, cache)

check_gradient(lambda x: conv2d_forward(x, w, b, **options)[0], x, dx, dout, name="dx")
check_gradient(lambda w: conv2d_forward(x, w, b, **options)[0], w, dw, dout, name="dw")
check_gradient(lambda b: conv2d_forward(x, w, b, **options)[0], b, db, dout, name="db")
print(f"{x.size + w.size + b.size} slopes measured, all as you said.")

dw[1, 2, 0, 1] *= 1.01
try:
    check_gradient(lambda w: conv2d_forward(x, w, b, **options)[0], w, dw, dout, name="dw")
except GradientError as error:
    print("Spoiled:", error)

# %% [markdown]
# ### Reward: learn a filter
#
# Somebody shows you a picture and its edge map, but not the filter that made it. Can you find the
# filter? Begin with random numbers, and follow the gradient downhill: your backward pass says how
# each of the nine weights should change so that your map gets closer to theirs.

# %%
patch = resize(photo.mean(axis=0), (96, 96), anti_aliasing=True)[None, None, 20:48, 10:38]
patch = (patch - patch.mean()) / patch.std()
secret = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None] / 4
wanted, _ = conv2d_forward(patch, secret)
pictures = np.concatenate([patch[:, 0, 1:-1, 1:-1], wanted[:, 0]])
plots.feature_maps(pictures, ["picture", "its edge map"])

# %% [markdown]
# *Predict:* does a random filter reach the secret one? Which weights will it get right first?

# %%
w = np.random.default_rng(0).normal(scale=0.3, size=secret.shape)
steps, losses, filters, attempts = [0, 2, 10, 40, 240], [], [], []
for step in range(max(steps) + 1):
    out, cache = conv2d_forward(patch, w)
    error = out - wanted
    losses.append(np.mean(error**2))
    if step in steps:
        filters.append(w[0])
        attempts.append(out[0, 0])
    _, dw, _ = conv2d_backward(2 * error / error.size, cache)
    w = w - 0.15 * dw

names = [f"step {step}" for step in steps]
display(
    plots.curves("mean squared error", loss=losses[:60]),
    plots.filters(np.stack([*filters, secret[0]]), [*names, "secret"]),
    plots.feature_maps(np.stack([*attempts, wanted[0, 0]]), [*names, "wanted"]),
)

# %% [markdown]
# From noise to the secret filter, with no rule but "downhill". The big features come first: left
# against right is there after a few steps, and the fine balance of nine weights takes longest.
# Nobody told it what an edge is. This, with millions of weights, is how a network learns to see.
#
# ## 9. Max pooling: forward
#
# A map says *where* something is, to the pixel. Often "about here" is enough. **Max pooling**
# keeps the largest number of every window and drops the rest:
#
# - the maps get **smaller**: with 2 x 2 windows, a quarter of the numbers are left for the next
#   layer;
# - a little **shift** of the picture changes little: if the largest number moves within its
#   window, the output stays the same.
#
# It works on each channel alone and has nothing to learn. Where windows are 2 x 2 and 2 apart
# they tile the map, but they may overlap, too: AlexNet used 3 x 3 windows with stride 2 [6].
#
# ### By hand
#
# 2 x 2 windows, stride 2:
#
# $$ x = \begin{pmatrix} 1 & 5 & -1 & -3 \\ 2 & 0 & -4 & -2 \\ 7 & 6 & 3 & 8 \\ 4 & 9 & 2 & 1
# \end{pmatrix} $$
#
# The four outputs, row by row?

# %% answer="max_pool"
upper_left, upper_right, lower_left, lower_right = None, None, None, None
### BEGIN SOLUTION
upper_left, upper_right, lower_left, lower_right = 5, -1, 9, 8
### END SOLUTION

# %% check="max_pool" points=1
checks.by_hand("max_pool", upper_left, upper_right, lower_left, lower_right)

# %% [markdown]
# *Predict:* pooling can be padded as well. What would go wrong in the upper right window if the
# padding were zeros?
#
# <details><summary>Answer</summary>
#
# A zero would beat −1 and win, though it is not in the picture. So pad with minus infinity, which
# never wins: `lowest(x.dtype)` gives it, and the smallest whole number for an array of ints.
#
# </details>
#
# ### Write it
#
# Windows are cut out as in the convolution. The same slice serves all images and
# channels at once, so two loops will do.

# %% exercise="cs_cnn.layers:max_pool2d_forward"

# %% check="max_pool2d_forward" points=5
checks.max_pool2d_forward(max_pool2d_forward)

# %% [markdown]
# ### Reward: a shift that hardly matters
#
# Here is an edge map, and the same one pixel to the right. How much do the numbers change? Then
# pool both and ask again.
#
# *Predict:* does the change get smaller, and does it vanish?

# %%
before = np.maximum(maps[None, :1, :, :-1], 0)
after = np.maximum(maps[None, :1, :, 1:], 0)
for size in (1, 2, 4, 8):
    a, _ = max_pool2d_forward(before, size)
    b, _ = max_pool2d_forward(after, size)
    change = np.abs(a - b).sum() / a.sum()
    print(f"windows of {size} x {size}: {a[0, 0].size:>6,} numbers, a shift changes {change:.0%}")

# %% [markdown]
# The larger the window, the less a shift matters, and the less you know about where things are.
# It is a trade, and it never becomes free: something always sits at the border of a window.
#
# ## 10. Max pooling: backward
#
# Only the winner of a window had a say in the output, so **the winner takes the whole gradient**
# and the others get nothing. Two cases need a rule:
#
# - **Ties.** If several pixels of a window are equally large, the first one in reading order
#   wins, row by row. That is PyTorch's rule, and what `np.argmax` does.
# - **Overlap.** A pixel may win several windows. Then it collects from each, with `+=` as before.
#
# ### By hand
#
# One row, $x = (3, 5, 5, 1)$. Windows of 2, stride 1: (3, 5), (5, 5) and (5, 1). From above comes
# $\text{dout} = (1, 2, 4)$. What is `dx`?

# %% answer="pool_gradient"
dx_0, dx_1, dx_2, dx_3 = None, None, None, None
### BEGIN SOLUTION
dx_0, dx_1, dx_2, dx_3 = 0, 3, 4, 0
### END SOLUTION

# %% check="pool_gradient" points=1
checks.by_hand("pool_gradient", dx_0, dx_1, dx_2, dx_3)

# %% [markdown]
# *Predict:* after ReLU large parts of a map are exactly 0. Which pixel of such a window gets the
# gradient?
#
# <details><summary>Answer</summary>
#
# The first one, upper left: all four tie. It does no harm, as the gradient of ReLU is 0 there.
#
# </details>
#
# ### Write it
#
# `np.argmax` of a window gives the place in the flattened window, and
# `np.unravel_index(place, (KH, KW))` turns it into row and column.

# %% exercise="cs_cnn.layers:max_pool2d_backward"

# %% check="max_pool2d_backward" points=6
checks.max_pool2d_backward(max_pool2d_backward, max_pool2d_forward)

# %% [markdown]
# ## The grand finale: a network that reads
#
# You have all that a convolutional network needs. The digits of scikit-learn are small, 8 x 8
# pixels, so your loops can handle them.

# %%
digits = load_digits()
print(digits)
plots.images(digits.x_train[:16], digits.y_train[:16])

# %% [markdown]
# Convolution, ReLU, pooling, and a fully connected layer that gives a score to each of the ten
# digits. The volume goes 1 x 8 x 8 → 6 x 6 x 6 → 6 x 3 x 3 → 54 numbers → 10 scores. The
# convolution and the pooling are yours; the rest comes with the course.

# %%
rng = np.random.default_rng(0)
params = {
    "w1": rng.normal(scale=0.3, size=(6, 1, 3, 3)),
    "b1": np.zeros(6),
    "w2": rng.normal(scale=0.1, size=(10, 54)),
    "b2": np.zeros(10),
}


def forward(x):
    """Scores (N, 10) of images (N, 1, 8, 8), and all that the backward pass needs."""
    maps, conv_cache = conv2d_forward(x, params["w1"], params["b1"])
    active, relu_cache = relu_forward(maps)
    pooled, pool_cache = max_pool2d_forward(active, 2)
    flat = pooled.reshape(len(x), -1)
    scores, linear_cache = linear_forward(flat, params["w2"], params["b2"])
    return scores, (conv_cache, relu_cache, pool_cache, pooled.shape, linear_cache)


def backward(dscores, caches):
    """The gradient by every weight: the layers in reverse, each with its own cache."""
    conv_cache, relu_cache, pool_cache, shape, linear_cache = caches
    dflat, dw2, db2 = linear_backward(dscores, linear_cache)
    dactive = max_pool2d_backward(dflat.reshape(shape), pool_cache)
    dmaps = relu_backward(dactive, relu_cache)
    _, dw1, db1 = conv2d_backward(dmaps, conv_cache)
    return {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


# %% [markdown]
# *Predict:* ten digits, and a network that knows nothing. What is the loss at the start? (It is the
# mean of −log of the probability that it gives to the right digit.)
#
# <details><summary>Answer</summary>
#
# It gives about 1/10 to each digit: −log(1/10) ≈ 2.3.
#
# </details>
#
# Now train: 150 steps of 16 digits each. It takes a few seconds.

# %%
x_train, y_train = digits.x_train.astype(np.float64), digits.y_train
untrained, losses = params["w1"].copy(), []
for _ in range(150):
    batch = rng.choice(len(x_train), size=16, replace=False)
    scores, caches = forward(x_train[batch])
    loss, dscores = softmax_cross_entropy(scores, y_train[batch])
    losses.append(loss)
    for name, gradient in backward(dscores, caches).items():
        params[name] -= 0.3 * gradient
plots.curves("loss", loss=losses)

# %%
guesses = forward(digits.x_test.astype(np.float64))[0].argmax(axis=1)
right = guesses == digits.y_test
print(f"{right.mean():.0%} of {right.size} digits that it never saw, right")
worst = np.flatnonzero(~right)[:12]
labels = [f"{digits.y_test[k]}, read as {guesses[k]}" for k in worst]
plots.images(digits.x_test[worst], labels, columns=6)

# %% [markdown]
# Would you have read all of those? Last, look at what has become of the six filters.

# %%
titles = ["at first"] * 6 + ["learned"] * 6
plots.filters(np.concatenate([untrained, params["w1"]]), titles, columns=6)

# %% [markdown]
# Most have turned into edges and strokes of some direction, out of noise; one or two have hardly
# moved. Nobody told them what a stroke is.
#
# ## What you have built
#
# - The convolution layer with every option of PyTorch's `conv2d`, forward and backward.
# - Max pooling, with padding, dilation, overlap and ties.
# - A network that learned its own filters, out of nothing but your functions and the chain rule.
#
# It is right, and it is slow: four Python loops for what a computer could do in one go. The next
# notebook, **05**, computes exactly the same, and fast.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [Convolutional Neural
#    Networks](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture05.pdf), lecture 5 of
#    Stanford's CS231n, 2019. Sections 1 to 6 build the layer in the order of this lecture.
# 2. F.-F. Li, Y. Li and R. Gao, [Image Classification with
#    CNNs](http://cs231n.stanford.edu/slides/2023/lecture_5.pdf), lecture 5 of CS231n, 2023.
# 3. D. H. Hubel and T. N. Wiesel, [Receptive fields, binocular interaction and functional
#    architecture in the cat's visual cortex](https://doi.org/10.1113/jphysiol.1962.sp006837),
#    Journal of Physiology, 1962.
# 4. K. Fukushima, [Neocognitron](https://doi.org/10.1007/BF00344251), Biological Cybernetics, 1980.
# 5. Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document
#    recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# 6. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#    neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012.
# 7. V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep
#    learning](https://arxiv.org/abs/1603.07285), 2016: sizes, strides, padding, dilation in
#    pictures.
# 8. F. Yu and V. Koltun, [Multi-scale context aggregation by dilated
#    convolutions](https://arxiv.org/abs/1511.07122), ICLR 2016.
#
# The photograph is "china.jpg" of scikit-learn, by danielbuechele
# ([source](https://www.flickr.com/photos/danielbuechele/6061409035/), Creative Commons,
# attribution).
