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
# # 3 · Convolution arithmetic
#
# How large is the output? How many numbers does a layer learn? How much work is it, how much
# memory, and how much of the picture can a neuron see? None of this needs a computer: it is
# counting, and the rules fit on a postcard. In this notebook you find the rules, write them as four
# small functions, and then take the famous networks apart, from LeNet to ResNet, down to the last
# parameter.
#
# **Time:** 60 to 90 minutes. **You need:** Python, and a sheet of paper.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below. It shows the first case that is wrong, and if it knows your mistake, it
#    calls it by its name. Check as often as you like; it costs nothing.
#
# There are 26 points: 18 for the four functions, 8 for eight small questions by hand.

# %% locked="imports"
from math import prod
from numbers import Integral

import numpy as np

from cs_cnn import checks, plots
from cs_cnn.arithmetic import NETWORKS, Conv, Linear, Pool, keras_padding, pictures, summarise
from cs_cnn.arithmetic.counting import check_groups
from cs_cnn.layers import conv2d_backward, conv2d_forward
from cs_cnn.shapes import pair, window_shape
from cs_cnn.widgets import WindowExplorer

# %% [markdown]
# ## What you will see at the end
#
# Eleven networks that made history. To the right means more work for one image, higher up means more
# often right, and the larger the circle, the more parameters.
#
# *Predict:* one of these won the ImageNet contest of 2012 and started it all. Which circle? And
# which would you take for a phone?

# %%
pictures.trade_off(NETWORKS, names=False)

# %% [markdown]
# Where a circle lies from left to right, and how large it is, needs no experiment. In an hour you
# can work out both yourself, from a description of the layers alone.
#
# ## 1. How many places?
#
# A convolution layer slides a small window, the **kernel**, over an image. At every place where it
# fits it gives one number. So the size of the output is the number of places.
#
# Take a side of $N = 7$ pixels and a kernel of $F = 3$. The first window covers the pixels 0, 1, 2
# and the last one 4, 5, 6. It can begin at 0, 1, 2, 3 or 4: **5 places**.

# %%
seven = np.arange(49).reshape(7, 7)
plots.window(seven, kernel_size=3, i=0, j=4)

# %% [markdown]
# From the first place to the last there are $N - F = 4$ steps, and the place where you start
# makes one more. If you go $S$ pixels at a time (the **stride**), there are fewer steps:
#
# $$ N_\text{out} = \frac{N - F}{S} + 1 $$
#
# *Predict:* how many places are there with stride 2? And with stride 3?
#
# ### It doesn't fit
#
# Stride 2 gives (7 − 3) / 2 + 1 = 3 places, and stride 3 gives 2.33. There is no third of a place:
# with stride 3 the windows begin at 0 and 3; the next one would begin
# at 6 and hang over the edge. The Stanford lecture says: *doesn't fit, don't do it* [1]. PyTorch
# is more lenient. It **rounds down**, and the last row and column are never looked at:

# %%
plots.window(seven, kernel_size=3, stride=3, i=1, j=1)

# %% [markdown]
# Only if there is no place at all, because the kernel is larger than the image, it is an error.
#
# Play with it. Move the sliders, and say the size aloud before you read it below. (Padding and
# dilation are the next two sections; look ahead if you like.)

# %%
WindowExplorer(size=7, kernel_size=3, stride=2)

# %% [markdown]
# ### By hand: shrinking
#
# A 5 x 5 kernel with stride 1 takes 4 pixels off each side: 32 → 28 → 24 → ... It goes fast, and a
# deep network would run out of picture.
#
# A picture of 32 x 32 goes through **three** such layers: which size comes out? And if the three
# kernels are 7 x 7?

# %% answer="shrinking"
three_of_five, three_of_seven = None, None
### BEGIN SOLUTION
three_of_five, three_of_seven = 20, 14
### END SOLUTION

# %% check="shrinking" points=1
checks.by_hand("shrinking", three_of_five, three_of_seven)

# %% [markdown]
# ## 2. Padding
#
# To keep the size, add a border of zeros. With $P$ zeros at both ends the side has $N + 2P$ pixels:
#
# $$ N_\text{out} = \frac{N + 2P - F}{S} + 1 $$
#
# With stride 1 the size stays the **same** if $2P = F - 1$, so $P = (F - 1) / 2$: 1 for a kernel
# of 3, 2 for 5, 3 for 7. That is why kernels are odd: an even one would need half a zero.

# %%
plots.window(seven, kernel_size=3, padding=1, i=0, j=6)

# %% [markdown]
# ## 3. Dilation
#
# A **dilated** kernel has its taps $D$ pixels apart. It has no more weights than before, but it
# reaches farther. $F$ taps have $F - 1$ gaps, so the kernel spans
#
# $$ D \, (F - 1) + 1 \text{ pixels,} $$
#
# and this takes the place of $F$ everywhere.
#
# *Predict:* in the picture, a kernel of 3 with dilation 2. How large is the output?

# %%
plots.window(seven, kernel_size=3, dilation=2, i=1, j=1)

# %% [markdown]
# ### By hand: same size
#
# With stride 1, how many zeros at each end keep the size: for a kernel of 11? And for a kernel of
# 3 with dilation 4?

# %% answer="same_size"
for_eleven, for_dilated = None, None
### BEGIN SOLUTION
for_eleven, for_dilated = 5, 4
### END SOLUTION

# %% check="same_size" points=1
checks.by_hand("same_size", for_eleven, for_dilated)

# %% [markdown]
# ### Write it
#
# Now put the three together: stride, padding and dilation. `padding` may be a pair, so that there
# are `before` zeros at one end and `after` at the other; the first line takes it apart for you.
#
# Round down. And if the kernel has no place at all, raise a `ValueError` with a message that would
# help *you*: what is too large, and for what?

# %% exercise="cs_cnn.shapes:output_size"

# %% check="output_size" points=5
checks.output_size(output_size)

# %% [markdown]
# ### Reward: until it doesn't fit
#
# Your function at work. A picture of 32 x 32, and one layer of 5 x 5 after the other. How deep can
# the network be without padding? What does your error say?

# %%
size = 32
try:
    while True:
        print(size, end=" → ")
        size = output_size(size, kernel_size=5)
except ValueError as error:
    print("no further:", error)

padded = [32]
for _ in range(9):
    padded.append(output_size(padded[-1], kernel_size=5, padding=2))
print("with padding 2:", " → ".join(map(str, padded)), "and so on")

# %% [markdown]
# ## 4. How many parameters?
#
# Pictures have channels: 3 x 32 x 32 is a colour picture. A **filter** is a kernel that reaches
# through **all** channels of its input. Over a colour picture a 5 x 5 filter has 3 · 5 · 5 = 75
# weights, and one **bias** that is added to the result. At each place it gives one number, so one
# filter gives one map. Ten filters give ten maps.
#
# The lecture's example [1]: the input is 3 x 32 x 32, and there are ten 5 x 5 filters with stride 1
# and padding 2.
#
# - **Output:** (32 + 2 · 2 − 5) / 1 + 1 = 32. Ten maps, so **10 x 32 x 32**.
# - **Parameters:** each filter has 5 · 5 · 3 + 1 = 76 numbers (one for the bias). Ten filters have
#   **760**.
#
# *Predict:* the picture grows from 32 x 32 to 640 x 640. How many parameters does the layer have
# now?
#
# <details><summary>Answer</summary>
#
# Still 760. The filters are the same at every place, however many places there are.
#
# </details>
#
# **Groups** make filters thinner. With `groups=2` the channels are cut into two halves, and so are
# the filters; each filter sees the channels of its own half only. With one group per channel the
# layer is called *depthwise*.
#
# ### Write it

# %% exercise="cs_cnn.arithmetic.counting:conv_parameters"

# %% check="conv_parameters" points=4
checks.conv_parameters(conv_parameters)

# %% [markdown]
# ### Reward: the price list
#
# First the lecture's 760. Then one layer, from 256 channels to 256, in several sizes.
#
# *Predict:* what is cheaper, one 7 x 7 layer or three 3 x 3 layers in a row?

# %%
print("the lecture's layer:", conv_parameters(3, 10, 5))
print()
prices = {
    "7 x 7": conv_parameters(256, 256, 7),
    "three of 3 x 3": 3 * conv_parameters(256, 256, 3),
    "3 x 3": conv_parameters(256, 256, 3),
    "1 x 1": conv_parameters(256, 256, 1),
    "3 x 3, 32 groups": conv_parameters(256, 256, 3, groups=32),
    "3 x 3, depthwise": conv_parameters(256, 256, 3, groups=256),
}
for name, price in prices.items():
    print(f"{name:20}{price:>12,}")

# %% [markdown]
# The depthwise layer is so cheap that a whole family of networks for phones is built of it:
# depthwise for *where*, 1 x 1 for *what* [9].
#
# ### By hand: a layer of a real network
#
# The input is 64 x 56 x 56 (channels, height, width). The layer has 128 filters of 3 x 3, stride 2,
# padding 1, and biases. The output's channels, height and width? The parameters?

# %% answer="halving_layer"
channels, height, width, parameters = None, None, None, None
### BEGIN SOLUTION
channels, height, width, parameters = 128, 28, 28, 73856
### END SOLUTION

# %% check="halving_layer" points=1
checks.by_hand("halving_layer", channels, height, width, parameters)

# %% [markdown]
# ## 5. How much work?
#
# The work of a layer is counted in **multiply-accumulates** (MACs): one product, added to a sum.
# One number of the output is a dot product, one MAC for each weight of its filter. So:
#
# $$ \text{MACs} = \text{numbers in the output} \times \text{weights of one filter} $$
#
# Adding the bias is not counted, and a zero of the padding is multiplied like any other number.
# (Some papers count the product and the sum apart and call it FLOPs: twice as many. Others write
# FLOPs and mean MACs. Look twice.)
#
# ### By hand
#
# The lecture's layer once more: 3 x 32 x 32 in, ten 5 x 5 filters, stride 1, padding 2. How many
# MACs for one image?

# %% answer="multiplications"
macs = None
### BEGIN SOLUTION
macs = 768000
### END SOLUTION

# %% check="multiplications" points=1
checks.by_hand("multiplications", macs)

# %% [markdown]
# 760 parameters, and 768,000 multiplications: each weight works at all of the 1024 places. That is
# what sharing weights means. A convolution layer is **small to store and slow to run**; for a fully
# connected layer it is the other way round, each weight works once.
#
# ### Write it
#
# The lines above yours work out `H_out` and `W_out`.

# %% exercise="cs_cnn.arithmetic.counting:conv_macs"

# %% check="conv_macs" points=4
checks.conv_macs(conv_macs)

# %% [markdown]
# ## 6. A kernel of 1 x 1
#
# A 1 x 1 kernel sounds useless: a window of one pixel. But a filter reaches through all channels.
# At each pixel it takes the list of channels, say 64 numbers, and makes a weighted sum of them. It
# is a fully connected layer, applied to every pixel alone [4]. Here are both, on the lecture's
# 64 x 56 x 56 made smaller:

# %%
rng = np.random.default_rng(0)
x, w = rng.normal(size=(1, 64, 8, 9)), rng.normal(size=(32, 64, 1, 1))
out, _ = conv2d_forward(x, w)
pixel_by_pixel = np.einsum("nchw,fc->nfhw", x, w[:, :, 0, 0])
print("from", x.shape[1:], "to", out.shape[1:])
print("largest difference:", np.abs(out - pixel_by_pixel).max())

# %% [markdown]
# ### By hand
#
# The input is 256 x 14 x 14; the layer has 64 filters of 1 x 1 and no padding. The output's
# channels, height and width, and the parameters with biases?

# %% answer="pointwise"
channels, height, width, parameters = None, None, None, None
### BEGIN SOLUTION
channels, height, width, parameters = 64, 14, 14, 16448
### END SOLUTION

# %% check="pointwise" points=1
checks.by_hand("pointwise", channels, height, width, parameters)

# %% [markdown]
# ### Reward: the trick of GoogLeNet
#
# GoogLeNet [7] wanted a 5 x 5 layer with 32 filters on a volume of 192 x 28 x 28. That is dear. So
# it first squeezes the 192 channels to 16 with a 1 x 1 layer, and then looks with 5 x 5.
#
# *Predict:* two layers instead of one. How much work does that save, if any?

# %%
volume = (192, 28, 28)
direct = conv_macs(volume, 32, 5, padding=2)
squeeze, look = conv_macs(volume, 16, 1), conv_macs((16, 28, 28), 32, 5, padding=2)
print(f"5 x 5 at once            {direct:>12,}")
print(f"1 x 1, then 5 x 5        {squeeze + look:>12,}  ({squeeze:,} + {look:,})")
print(f"                         {direct / (squeeze + look):>12.1f} times less")

# %% [markdown]
# A **bottleneck**. Every large ResNet is built of them, too.
#
# ## 7. How far does a neuron see?
#
# A neuron of the first layer sees a window of the image, its **receptive field**. A neuron of
# the second layer sees a window of the first, and through it more of the image. Here are three
# layers of 3 x 3 with stride 1, along one side, the output on top:

# %%
pictures.sight([(3, 1, 1)] * 3)

# %% [markdown]
# One pixel, then 3, 5 and 7: each layer adds $K - 1$. For $L$ layers of a kernel $K$ and stride 1:
#
# $$ \text{receptive field} = 1 + L \, (K - 1) $$
#
# *Predict:* how many layers of 3 x 3 does it take to see a picture of 224 pixels?
#
# <details><summary>Answer</summary>
#
# 1 + 2L = 224 gives L = 112 layers. Nobody wants that; so networks use strides, or dilation.
#
# </details>
#
# A **stride** spreads the neurons of its layer out. After a stride of 2, neighbours are 2 pixels
# of the image apart, and a step of any later layer is worth 2 pixels. After two strides of 2 it is
# worth 4. **Dilation** makes the gaps of a single kernel wider.
#
# Here are three layers of 3 x 3 again: first with stride 2 in layers 1 and 2, then with stride 1
# and dilation 1, 2 and 4. Grey neurons are there, but this output doesn't use them.

# %%
display(
    pictures.sight([(3, 2, 1), (3, 2, 1), (3, 1, 1)]),
    pictures.sight([(3, 1, 1), (3, 1, 2), (3, 1, 4)]),
)

# %% [markdown]
# Both reach 15 pixels, where stride 1 without dilation reaches 7. Going up, the rows of the first
# picture get sparser; in the second one the kernels get wider. The second network puts out a number at every
# pixel, which is what you want if you have to say what *every* pixel is [10].
#
# ### By hand
#
# Two stacks, with kernel and stride given, dilation 1. What does one output see?
#
# 1. 3 x 3, 3 x 3, 3 x 3, all with stride 1.
# 2. 7 x 7 with stride 2, then 3 x 3 with stride 2, then 3 x 3 with stride 1. (So begins
#    GoogLeNet, if you leave out a layer of 1 x 1.)

# %% answer="fields"
first_stack, second_stack = None, None
### BEGIN SOLUTION
first_stack, second_stack = 7, 19
### END SOLUTION

# %% check="fields" points=1
checks.by_hand("fields", first_stack, second_stack)

# %% [markdown]
# ### Write it
#
# Walk from the first layer to the last, with two numbers in hand: the field so far, and how many
# pixels of the image one step is worth here.

# %% exercise="cs_cnn.arithmetic.counting:receptive_field"

# %% check="receptive_field" points=5
checks.receptive_field(receptive_field)

# %% [markdown]
# ### Reward: measure it
#
# Is it true? Ask the gradient. Take one output in the middle and go back through the layers: only
# pixels that it sees get a gradient. All weights are equal here. Which pixels get the most?

# %%
def gradient_of_one(layers, side=33):
    """The gradient of the middle output by every pixel, all weights equal."""
    out, caches = np.zeros((1, 1, side, side)), []
    for kernel, stride, dilation in layers:
        w = np.full((1, 1, kernel, kernel), 1 / kernel**2)
        out, cache = conv2d_forward(out, w, stride=stride, dilation=dilation)
        caches.append(cache)
    gradient = np.zeros_like(out)
    gradient[0, 0, out.shape[2] // 2, out.shape[3] // 2] = 1
    for cache in reversed(caches):
        gradient, _, _ = conv2d_backward(gradient, cache)
    return gradient[0, 0]


stacks = {
    "five of 3 x 3": [(3, 1, 1)] * 5,
    "strides 2, 2": [(3, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 1)],
    "dilation 1, 3, 9": [(3, 1, 1), (3, 1, 3), (3, 1, 9)],
}
gradients = {}
for name, layers in stacks.items():
    worked_out = receptive_field(layers)
    gradients[name] = gradient_of_one(layers)
    measured = np.count_nonzero(gradients[name].any(axis=0))
    print(f"{name:22} worked out {worked_out:3}   measured {measured:3}")
display(
    plots.feature_maps(np.stack(list(gradients.values())), list(gradients)),
    plots.curves("gradient of a column", "pixel", **{n: g.sum(0) for n, g in gradients.items()}),
)

# %% [markdown]
# The sizes agree to the pixel. But look at the first curve: a neuron sees its middle far better than
# its edge, since many paths lead to the middle and few to a corner. What counts in practice, the
# *effective* receptive field, is smaller than the formula says [11]. The dilated stack is the
# exception: with dilation 1, 3 and 9 exactly one path leads to every pixel, and its square is even.
#
# Three layers of 3 x 3 see the same 7 pixels as one layer of 7 x 7. You have seen the prices in
# section 4: 27 against 49 times $C^2$ weights, and there is room for three ReLUs instead of one. This
# thought is the whole of VGG [6]. How far do the networks see before their fully connected layers?

# %%
for name in ("LeNet-5", "AlexNet", "VGG A", "VGG D", "VGG E"):
    network = NETWORKS[name]
    windows = [
        (layer.kernel_size, layer.stride, layer.dilation)
        for layer in network.layers
        if isinstance(layer, Conv | Pool)
    ]
    print(f"{name:8} sees {receptive_field(windows):3} of {network.shape[1]} pixels")

# %% [markdown]
# ## 8. Pooling
#
# **Pooling** takes a window too, of each channel alone, and keeps its largest number (or the mean).
# The sizes follow the very same rule. There is nothing to learn, and no MAC to count.
#
# Two kinds are common: windows of 2 with stride 2, which tile the map, and windows of 3 with stride
# 2, which overlap (AlexNet's [5]).
#
# *Predict:* a map of 55 x 55. What does each of the two make of it, and does it fit?

# %%
for kernel in (2, 3):
    places = output_size(55, kernel, stride=2)
    rest = (55 - kernel) % 2
    print(f"windows of {kernel}: {places} x {places}, left over: {rest}")

# %% [markdown]
# Larger windows throw away more, and soon there is nothing left of where things are.
#
# ## 9. PyTorch and Keras
#
# The layer is the same in both; the words and the order of the axes differ.
#
# | | PyTorch `nn.Conv2d` | Keras `layers.Conv2D` |
# |---|---|---|
# | images | `(N, C, H, W)`, channels first | `(N, H, W, C)`, channels last |
# | weights | `(C_out, C_in / groups, KH, KW)` | `(KH, KW, C_in / groups, C_out)` |
# | channels in | `in_channels`, you say it | found out from the first image |
# | filters | `out_channels` | `filters` |
# | stride | `stride=1` | `strides=(1, 1)` |
# | dilation | `dilation=1` | `dilation_rate=(1, 1)` |
# | padding | a number, a pair, `"valid"`, or `"same"` with stride 1; 0 if not given | `"valid"` or `"same"`; `"valid"` if not given |
#
# First PyTorch, and whether it agrees with your four functions.

# %%
from torch import nn, zeros

layer = nn.Conv2d(6, 9, (3, 5), stride=2, padding=1, dilation=(2, 1), groups=3)
theirs = sum(p.numel() for p in layer.parameters()), *layer(zeros(1, 6, 21, 18)).shape[2:]
height, width = output_size(21, 3, 2, 1, dilation=2), output_size(18, 5, 2, 1)
mine = conv_parameters(6, 9, (3, 5), groups=3), height, width
print(layer)
print("parameters, height, width:", mine, "and", theirs)

# %% [markdown]
# Keras's `"valid"` is no padding. Its `"same"` means: the output has the size of the input **divided
# by the stride, rounded up**. Then it adds as few zeros as that takes, and if their number is odd,
# the last one goes to the **end**. PyTorch's `padding=1` always adds one at **both** ends. The
# sizes often agree, and the windows don't:

# %%
for name, pads in {"PyTorch": (1, 1), "Keras": keras_padding(224, kernel_size=3, stride=2)}.items():
    places = output_size(224, 3, stride=2, padding=pads)
    begins = [2 * k - pads[0] for k in range(places)]
    print(f"{name:8} zeros {pads}, {places} windows, from pixel", *begins[:3], "...", begins[-1])

# %% [markdown]
# All of Keras's windows lie one pixel to the right and one lower. Weights that were trained in the
# one and copied into the other still run, and quietly give other results. (Copying also needs
# `w.transpose(2, 3, 1, 0)`, from PyTorch's order of axes to Keras's.)
#
# ### By hand
#
# A side of 10 pixels, a kernel of 3, stride 2, and Keras's `"same"`. How many places, how many zeros
# before, how many after?

# %% answer="keras_same"
places, before, after = None, None, None
### BEGIN SOLUTION
places, before, after = 5, 0, 1
### END SOLUTION

# %% check="keras_same" points=1
checks.by_hand("keras_same", places, before, after)

# %% [markdown]
# ## 10. Whole networks
#
# You have all the rules. A network is a list of layers, and its table is one row per layer: the
# output of one is the input of the next. Here is LeNet-5, which read cheques in the 1990s [3], as a
# plain list: filters and kernel, window and stride, units. A layer says nothing of its input; that
# follows.

# %%
lenet = [
    *(Conv(6, 5), Pool(2, 2)),
    *(Conv(16, 5), Pool(2, 2)),
    *(Conv(120, 5), Linear(84), Linear(10)),
]
summarise(lenet, shape=(1, 32, 32))

# %% [markdown]
# The paper says 60,000 parameters. It was a little different then, and every difference can be
# counted:

# %%
modern = NETWORKS["LeNet-5"].summary.parameters
unwired = (6 * 16 - 60) * 25  # only 60 of the 96 pairs of a map and a filter are connected in C3
pooling = 2 * 6 + 2 * 16  # the paper's pooling learned a factor and a bias for each map
last = 84 * 10 + 10  # the paper compared with pictures of the digits instead
print(f"{modern:,} - {unwired} + {pooling} - {last} = {modern - unwired + pooling - last:,}")

# %% [markdown]
# ### By hand: AlexNet's first layer
#
# AlexNet [5] won in 2012. The paper says that pictures are 224 x 224, and that the first layer has
# 96 filters of 11 x 11 x 3 with stride 4. But (224 − 11) / 4 + 1 = 54.25: it doesn't fit! With a
# side of **227** it does, and so everybody computes with 227.
#
# How many places along a side, how many numbers in the output, and how many parameters with biases?

# %% answer="alexnet_first"
places, numbers, parameters = None, None, None
### BEGIN SOLUTION
places, numbers, parameters = 55, 290400, 34944
### END SOLUTION

# %% check="alexnet_first" points=1
checks.by_hand("alexnet_first", places, numbers, parameters)

# %% [markdown]
# Now the paper's own count of its neurons: 253,440 – 186,624 – 64,896 – 64,896 – 43,264 – 4096 –
# 4096 – 1000. *Predict:* compare it with the column "numbers". Where do they disagree?

# %%
NETWORKS["AlexNet"].summary

# %% [markdown]
# All agree but the first: 96 · 55 · 55 is 290,400, not 253,440. What happened? The authors never
# said, but the network ran on two GPUs, with 48 of the 96 maps on each, and 55 · **48** · 48 · 2
# gives 253,440 exactly. It looks as if one 55 was read as 48. Papers are written by people.
#
# ### Your own total
#
# Now leave the library aside. This function adds up a network with **your** functions alone.

# %%
def add_up(layers, shape):
    """Parameters and MACs of a list of layers, with the functions of this notebook."""
    parameters = macs = 0
    for layer in layers:
        if isinstance(layer, Linear):
            parameters += prod(shape) * layer.units + layer.units
            macs += prod(shape) * layer.units
            shape = (layer.units,)
            continue
        channels = shape[0]
        if isinstance(layer, Conv):
            size, place = layer.kernel_size, (layer.stride, layer.padding, layer.dilation)
            channels = layer.filters
            parameters += conv_parameters(shape[0], channels, size, layer.groups)
            macs += conv_macs(shape, channels, size, *place, layer.groups)
        slide = layer.kernel_size, layer.stride, layer.padding, layer.dilation
        shape = (channels, *(output_size(side, *slide) for side in shape[1:]))
    return parameters, macs


for name in ("AlexNet", "VGG A", "VGG B", "VGG C", "VGG D", "VGG E"):
    parameters, macs = add_up(NETWORKS[name].layers, NETWORKS[name].shape)
    print(f"{name:8} {parameters:>12,} parameters {macs:>15,} MACs")

# %% [markdown]
# The VGG paper's table 2 says, in millions: 133, 133, 134, 138 and 144. Yours are right to the
# last of 138,357,544.
#
# Not every total that you find is. A slide of CS231n (2017, lecture 9) says that VGG-16, our VGG D,
# keeps 24 million numbers in memory for one image. Add up the slide's own column, as the next picture does, and it
# is 15.2 million.
#
# *Predict:* where in VGG-16 is the memory, where the work, and where are the parameters?

# %%
pictures.shares(NETWORKS["VGG D"].summary)

# %% [markdown]
# Memory goes to the **early** layers, where maps are large. The work is spread over the 3 x 3
# layers. And three of four parameters sit in **one** layer, the first fully connected one: 512 · 7
# · 7 numbers, each wired to 4096. GoogLeNet and ResNet got rid of it. They take the mean of each
# map (average pooling over all 7 x 7 places), and go straight to the 1000 scores.
#
# ### Branches and shortcuts
#
# GoogLeNet's blocks have four branches, whose maps are stacked. In a ResNet [8] a shortcut goes
# around each block and is added. It changes nothing in the rules: a block costs what is in it.

# %%
NETWORKS["GoogLeNet"].summary

# %% [markdown]
# 22 layers deep, and about a ninth of AlexNet's parameters. (torchvision's GoogLeNet has 6,624,904.
# It has batch normalisation, and 3 x 3 where the paper has 5 x 5, a
# [known slip](https://github.com/pytorch/vision/issues/906) that its trained weights have kept. You
# can tell such things by counting.)

# %%
NETWORKS["ResNet-50"].summary

# %% [markdown]
# 25,557,032 parameters, to the last one what torchvision's table says, and ResNet-18 has
# 11,689,512. The 50 layers are three in each of the 16 blocks, the first and the last; those on
# shortcuts don't count.
#
# ## The grand finale
#
# The picture from the beginning, now with names, after Canziani, Paszke and Culurciello [12]. What
# lies where from left to right, and how large it is, you can now work out; only the height is a
# matter of experiment.

# %%
pictures.trade_off(NETWORKS)

# %% [markdown]
# AlexNet is down on the left: cheap to run, because it strides fast, and large, because of its
# fully connected layers. VGG went far to the right for its accuracy. ResNet-18 is nearly as accurate as
# VGG B with a sixth of the work and less than a tenth of the parameters. More work does buy accuracy, but
# within one family only, and at a falling rate. **How** you spend it matters more.
#
# ## Your turn to design
#
# Change the layers below until you like the table: three classes of 64 x 64 pictures, at most
# 100,000 parameters, and as few MACs as you can. If something doesn't fit, the error says where.

# %%
mine = [
    *(Conv(16, 3, padding=1), Pool(2, 2)),
    *(Conv(32, 3, padding=1), Pool(2, 2)),
    *(Conv(64, 3, padding=1), Pool(16, 1)),
    Linear(3),
]
summarise(mine, shape=(3, 64, 64))

# %% [markdown]
# ## What you have built
#
# - The size of an output, with stride, padding and dilation, and the error when nothing fits.
# - The parameters and the work of a convolution layer, with groups.
# - How far a neuron sees, worked out and measured.
# - The tables of the networks that made history, to the last parameter.
#
# The next notebook, **04**, fills the windows with life: you write the convolution layer itself.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [Convolutional Neural
#    Networks](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture05.pdf), lecture 5 of
#    Stanford's CS231n, 2019. Sections 1 to 6 follow its examples.
# 2. V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep
#    learning](https://arxiv.org/abs/1603.07285), 2016: all the sizes in pictures.
# 3. Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document
#    recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# 4. M. Lin, Q. Chen and S. Yan, [Network in network](https://arxiv.org/abs/1312.4400), ICLR 2014.
# 5. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#    neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012.
# 6. K. Simonyan and A. Zisserman, [Very deep convolutional networks for large-scale image
#    recognition](https://arxiv.org/abs/1409.1556), ICLR 2015.
# 7. C. Szegedy et al., [Going deeper with convolutions](https://arxiv.org/abs/1409.4842), CVPR 2015.
# 8. K. He, X. Zhang, S. Ren and J. Sun, [Deep residual learning for image
#    recognition](https://arxiv.org/abs/1512.03385), CVPR 2016.
# 9. A. G. Howard et al., [MobileNets](https://arxiv.org/abs/1704.04861), 2017.
# 10. F. Yu and V. Koltun, [Multi-scale context aggregation by dilated
#     convolutions](https://arxiv.org/abs/1511.07122), ICLR 2016.
# 11. W. Luo, Y. Li, R. Urtasun and R. Zemel, [Understanding the effective receptive field in deep
#     convolutional neural networks](https://arxiv.org/abs/1701.04128), NeurIPS 2016.
# 12. A. Canziani, A. Paszke and E. Culurciello, [An analysis of deep neural network models for
#     practical applications](https://arxiv.org/abs/1605.07678), 2016.
#
# Accuracies: AlexNet's is the paper's (40.7 % top-1 error), all others are torchvision's
# [published ones](https://pytorch.org/vision/stable/models.html) for its first set of weights.
