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
# # 2 · Image classification
#
# A picture goes in, a word comes out: *star*. In this notebook you build everything that this took
# before convolutional networks, and see exactly where they take over. You write a **linear
# classifier's loss**, the **optimisers** that train it, the **features** that people designed by
# hand for thirty years, and the **back-propagation** that made designing them unnecessary.
#
# **Time:** 90 to 150 minutes. **You need:** NumPy's matrix products, derivatives, the chain rule.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below, as often as you like. It shows the first case that is not right, and if it
#    knows your mistake, calls it by its name.
#
# There are 44 points: 37 for seven functions, 7 for seven small questions by hand.

# %% locked="imports"
import numpy as np
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn import checks, fast_layers, plots
from cs_cnn.data import load_colours, load_digits
from cs_cnn.features import image_gradients, learn_codebook, need_colours, patches_of
from cs_cnn.gradient_check import check_gradient
from cs_cnn.graph import Node
from cs_cnn.layers import linear_backward, linear_forward, relu_backward, relu_forward
from cs_cnn.linear_classifier import need_linear, softmax_loss
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.optim import adadelta, checked_gradient, remembered, rmsprop, sgd
from cs_cnn.shapes import need_dims, need_shape
from cs_cnn.two_layer import two_layer_forward, two_layer_start

# %% [markdown]
# ## What you will see at the end
#
# Here are ten kinds of picture, drawn by the computer in random colours. You tell them apart at
# once. A classifier that guesses is right in 10 % of the cases.
#
# *Predict:* how many will a linear classifier get right from the pixels? From the colours? From the
# directions of the edges? And a small convolutional network? Write four numbers down; you will
# meet them again.

# %%
colours = load_colours(n_train=2000, n_test=1000)
names = list(colours.class_names)
first = [np.flatnonzero(colours.y_train == k)[:2] for k in range(10)]
order = np.concatenate([[one for one, _ in first], [two for _, two in first]])
plots.images(colours.x_train[order], names + [""] * 10, columns=10)

# %% [markdown]
# ## 1. An image is a point
#
# To a computer a picture is a list of numbers. A digit of 8 x 8 pixels is a list of 64, that is, a
# **point in a space of 64 dimensions**; a colour picture of 32 x 32 pixels is a point in 3072
# dimensions. Classifying means: cut this *pixel space* into regions, one for each class.
#
# Would it do to ask which pictures are close to each other in pixel space? Take a 3, move it one
# pixel to the right, and measure.
#
# *Predict:* what is closer to the 3: the same 3 moved by a pixel, or another digit?

# %%
digits = load_digits()
x_train, x_test = (x.reshape(len(x), -1).astype(float) for x in (digits.x_train, digits.x_test))
y_train, y_test = digits.y_train, digits.y_test

three = digits.x_train[y_train == 3][1, 0]
moved = np.roll(three, 1, axis=1)
others = digits.x_train[y_train != 3][:, 0]
distances = np.sqrt(((others - three) ** 2).sum(axis=(1, 2)))
nearest = others[distances.argmin()]
apart = np.sqrt(((moved - three) ** 2).sum())
print(f"{np.mean(distances < apart):.0%} of all other digits are closer than the moved 3")
labels = ["a 3", f"moved: {apart:.1f} away", f"another: {distances.min():.1f} away"]
plots.images(np.stack([three, moved, nearest]), labels)

# %% [markdown]
# Moving changes every number of the list and nothing that you see. This gap between what is
# stored and what is meant is the whole difficulty of the subject.
#
# ## 2. Scores: the linear classifier, algebraically
#
# The simplest classifier that learns gives each class a **score** that is linear in the pixels:
#
# $$ s = W x + b $$
#
# Here $x$ is the picture as a list of $D$ numbers, $W$ has a row for each of the $C$ classes, and
# $b$ one number per class, the bias. The class with the largest score wins. Four pixels and three
# classes, with the numbers of the lecture [1]:

# %%
x = np.array([56, 231, 24, 2])  # a picture of 2 x 2 pixels, stretched to a list
W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
b = np.array([1.1, 3.2, -1.2])
for name, score in zip(["cat", "dog", "ship"], W @ x + b):
    print(f"{name:<5}{score:8.2f}")

# %% [markdown]
# The picture was of a cat: these weights are bad. Learning means finding better ones. (On the slide
# the ship has 61.95, the score before its bias is added.)
#
# ### By hand: how many numbers?
#
# Colour pictures of 32 x 32 pixels, ten classes. How many parameters does a linear classifier have,
# weights and biases together?

# %% answer="linear_parameters"
parameters = None
### BEGIN SOLUTION
parameters = 30_730
### END SOLUTION

# %% check="linear_parameters" points=1
checks.by_hand("linear_parameters", parameters)

# %% [markdown]
# ## 3. Loss: how bad are these weights?
#
# To improve $W$ you need one number that says how unhappy you are with it. There are two famous
# ways, for picture $n$ with the right class $y$:
#
# - **SVM loss** (hinge): every wrong class should stay at least 1 below the right one. What it is
#   short of that, it pays: $L_n = \sum_{j \neq y} \max(0,\ s_j - s_y + 1)$ [2].
# - **Softmax loss** (cross-entropy): turn scores into probabilities and pay for the surprise:
#   $L_n = -\log \dfrac{e^{s_y}}{\sum_j e^{s_j}}$.
#
# ### By hand: the SVM loss
#
# The lecture's three pictures, one in each column, and their scores:
#
# | | picture of a cat | picture of a car | picture of a frog |
# |---|---|---|---|
# | cat | **3.2** | 1.3 | 2.2 |
# | car | 5.1 | **4.9** | 2.5 |
# | frog | −1.7 | 2.0 | **−3.1** |
#
# What does each picture pay?

# %% answer="svm_by_hand"
cat_pays, car_pays, frog_pays = None, None, None
### BEGIN SOLUTION
cat_pays, car_pays, frog_pays = 2.9, 0, 12.9
### END SOLUTION

# %% check="svm_by_hand" points=1
checks.by_hand("svm_by_hand", cat_pays, car_pays, frog_pays)

# %% [markdown]
# How do the two losses differ? Let two wrong classes have scores of 0 and −1, and turn the right
# score up from −4 to 4.
#
# *Predict:* which of the two is ever content?

# %%
right_scores = np.linspace(-4, 4, 81)
scores = np.stack([right_scores, np.zeros(81), -np.ones(81)], axis=1)
hinge = np.maximum(scores[:, 1:] - scores[:, :1] + 1, 0).sum(axis=1)
surprise = -np.log(np.exp(scores[:, 0]) / np.exp(scores).sum(axis=1))
figure = plots.curves("loss", "score of the right class", SVM=hinge, softmax=surprise)
figure.axes[0].set_xticks(range(0, 81, 20), [-4, -2, 0, 2, 4])
figure

# %% [markdown]
# The SVM loss is 0 as soon as the margin is kept, and then it is content. The softmax loss always
# wants a little more.
#
# ### The full loss: regularisation
#
# Two rows of weights, one picture $x = (1, 1, 1, 1)$, and the same score from both:

# %%
x = np.ones(4)
for w in (np.array([1, 0, 0, 0]), np.array([0.25, 0.25, 0.25, 0.25])):
    print(f"w = {w!s:<24} score {w @ x:g}   sum of squares {np.sum(w**2):g}")

# %% [markdown]
# The data can't decide between them. We prefer the second: it looks at the whole picture, not at
# one pixel, and will be less surprised by new pictures. So the **full loss** adds a penalty for
# large weights, with a strength $\lambda$ that you choose:
#
# $$ L = \underbrace{\frac{1}{N} \sum_n L_n}_{\text{data loss}} +
#        \underbrace{\lambda \sum_{k} W_k^2}_{\text{regularisation}} $$
#
# ### Your turn: the full SVM loss and its slope
#
# To walk downhill you need the gradient. A margin that is above 0 has slope 1 by the wrong score
# and −1 by the right one; a margin at 0 has none. So for one picture:
#
# - each wrong class that pays: $\partial L_n / \partial s_j = 1$;
# - the right class: minus **the number** of those that pay.
#
# From the scores to the weights it is one matrix product: $s = x W^\top + b$ for a batch, so
# $dW = ds^\top x$, and $db$ is the sum over the batch. Don't forget the mean, and what the penalty
# adds.
#
# Write it without loops. `scores[np.arange(N), y]` are the right scores, one of each row.

# %% exercise="cs_cnn.linear_classifier:svm_loss"

# %% check="svm_loss" points=8
checks.svm_loss(svm_loss)

# %% [markdown]
# Out in the world nobody checks your formula, but a slope can be measured: nudge a number and look
# what the loss does. *Predict:* all scores are 0 at the start. What is the SVM loss of ten classes?
# What is the softmax loss?

# %%
w, b = np.zeros((10, 64)), np.zeros(10)
print("SVM loss at the start    ", svm_loss(w, b, x_train, y_train)[0])
print("softmax loss at the start", softmax_loss(w, b, x_train, y_train)[0])
w = np.random.default_rng(0).normal(size=(10, 64))
few = x_train[:5], y_train[:5], 0.1
check_gradient(lambda w: svm_loss(w, b, *few)[0], w, svm_loss(w, b, *few)[1], name="dw")
print("640 slopes measured: your dw is right.")

# %% [markdown]
# Nine wrong classes that each pay the margin of 1: 9. And $-\log(1/10) \approx 2.3$. It is worth
# knowing these numbers: if your training starts elsewhere, something is broken.
#
# ## 4. Stochastic gradient descent
#
# The gradient of the loss over *all* pictures is expensive. Take a random handful, a **minibatch**:
# its gradient is noisy, but points downhill on average, and you can take hundreds of steps in the
# time of one. This is the loop that trains everything in this course.

# %%
def train(loss, params, x, y, step, steps=400, batch=100, **options):
    """Minibatch descent: changes `params`, returns the loss of each batch."""
    rng, states, losses = np.random.default_rng(0), dict.fromkeys(params), []
    for _ in range(steps):
        rows = rng.choice(len(x), batch, replace=False)
        value, gradients = loss(params, x[rows], y[rows])
        losses.append(value)
        for name, gradient in gradients.items():
            params[name], states[name] = step(params[name], gradient, states[name], **options)
    return losses


def linear(kind, reg=0.0):
    """The loss of a linear classifier, for `train`."""

    def loss(params, x, y):
        value, dw, db = kind(params["w"], params["b"], x, y, reg)
        return value, {"w": dw, "b": db}

    return loss


def fresh(D, C=10):
    return {"w": np.zeros((C, D)), "b": np.zeros(C)}


def accuracy(params, x, y):
    return np.mean((x @ params["w"].T + params["b"]).argmax(axis=1) == y)


# %% [markdown]
# Train two linear classifiers on 1,442 digits, one with your SVM loss and one with softmax, by plain
# SGD: $w \leftarrow w - \text{lr} \cdot dw$.
#
# *Predict:* how many of the digits that it has never seen does a linear classifier read?

# %%
curves = {}
for name, kind in {"SVM": svm_loss, "softmax": softmax_loss}.items():
    params = fresh(64)
    curves[name] = train(linear(kind, reg=1e-4), params, x_train, y_train, sgd, lr=0.1)
    print(f"{name:<8} {accuracy(params, x_test, y_test):.1%} of the test digits right")
plots.curves("loss of the batch", **curves)

# %% [markdown]
# For ten lines of arithmetic that is a lot. The curves are ragged because every batch is another
# one.
#
# ### The same, seen: one template per class
#
# A score is a dot product of a row of $W$ with the picture. A dot product is large where the two
# are alike, so each row is a **template**: as long as a picture, and you can look at it. Red is where
# the class wants ink, blue where it doesn't.
#
# *Predict:* what is in the middle of the template for 0?

# %%
templates = {}
for reg in (0.0, 0.02):
    params = templates[reg] = fresh(64)
    train(linear(softmax_loss, reg), params, x_train, y_train, sgd, steps=1000, lr=0.3)
    seen, unseen = accuracy(params, x_train, y_train), accuracy(params, x_test, y_test)
    print(f"reg {reg:<5} sum of squares {np.sum(params['w'] ** 2):6.1f}, right: {seen:.1%} of the "
          f"training digits, {unseen:.1%} of the test digits")
pictures = [params["w"].reshape(10, 8, 8) for params in templates.values()]
plots.filters(np.concatenate(pictures), [*map(str, range(10)), *["regularised"] * 10], columns=10)

# %% [markdown]
# The 0 has a hole, deep blue. Regularisation takes the extremes away: the templates become paler and
# smoother, and training and test digits are read alike. Here that costs
# more than it gains. One template has to serve *all* the ways to write a digit, and that is the limit of a
# linear classifier.
#
# ### The same, in space: hyperplanes
#
# With two numbers per picture you can draw pixel space. The score of a class is 0 along a line
# (in more dimensions, a plane or **hyperplane**) and grows at right angles to it.

# %%
rng = np.random.default_rng(0)
centres = np.array([[-1.5, 0.5], [1.5, 0.8], [0.2, -1.5]])
y_plane = np.repeat([0, 1, 2], 40)
x_plane = centres[y_plane] + 0.45 * rng.normal(size=(120, 2))
params = {"w": np.zeros((3, 2)), "b": -np.ones(3)}  # at first, every class says no
train(linear(softmax_loss, 0.003), params, x_plane, y_plane, sgd, lr=0.5)
plots.hyperplanes(x_plane, y_plane, params["w"], params["b"])

# %% [markdown]
# Straight cuts, and convex regions. *Predict:* the lecture has three cases that no straight cut can
# solve. How far does a linear classifier get?

# %%
points = rng.uniform(-2, 2, (300, 2))
modes = np.array([[-1.2, -1], [1.2, -1], [0, 1.2]])
near = np.sqrt(((points[:, None] - modes) ** 2).sum(axis=2)).min(axis=1)
radius = np.hypot(*points.T)
hard = {
    "quadrants": (points, (points.prod(axis=1) > 0).astype(int)),
    "a_ring": (points, ((radius > 1) & (radius < 1.8)).astype(int)),
    "three_islands": (points, (near < 0.7).astype(int)),
}
solved = {}
for name, (x, y) in hard.items():
    params = fresh(2, 2)
    train(linear(softmax_loss), params, x, y, sgd, lr=0.5)
    solved[name] = lambda p, params=params: p @ params["w"].T + params["b"]
    print(f"{name:<15} {accuracy(params, x, y):.0%} right")
plots.regions(list(hard.values()), **solved)

# %% [markdown]
# Not much better than naming the more frequent class. Keep these three in mind: at the end, your own
# network will solve them.
#
# ## 5. Better ways downhill
#
# Plain SGD has a weakness: a valley that is steep across and flat along. The step that is safe
# across is tiny along, so it jumps from side to side and hardly gets on. Two ideas help.
#
# **Momentum** [3] lets the weights roll like a ball: gradients add up to a velocity, and friction
# (the factor `momentum`) slows it down. What jumps to and fro cancels; what always points the same way
# adds up.
#
# ### Your turn
#
# Two lines. The lines above yours check the arguments, add the weight decay and fetch the velocity of
# the last step (zeros at first).

# %% exercise="cs_cnn.optim:momentum"

# %% check="momentum" points=4
checks.momentum(momentum)

# %% [markdown]
# **RMSProp** [4] gives every weight its own step: divide the gradient by its recent typical size, and
# steep and flat directions move alike. **Adam** [5] does both, and mends one flaw: its averages
# begin at zero, so at first they are far too small.
#
# ### By hand: Adam's first step
#
# Two weights have the gradients 100 and −0.002. With $t = 1$, `lr=0.1` and the default betas, by how
# much does each weight change in the first step (with its sign; leave $\epsilon$ aside)?

# %% answer="adam_first_step"
change_1, change_2 = None, None
### BEGIN SOLUTION
change_1, change_2 = -0.1, 0.1
### END SOLUTION

# %% check="adam_first_step" points=1
checks.by_hand("adam_first_step", change_1, change_2)

# %% [markdown]
# The size of the gradient is gone; only its sign is left. Now write it. `t` is already the number
# of this step.

# %% exercise="cs_cnn.optim:adam"

# %% check="adam" points=5
checks.adam(adam)

# %% [markdown]
# ### Reward: five walks
#
# A valley that is twenty times steeper across than along, and 40 steps for each. Adadelta [6] is
# RMSProp without a learning rate: it takes its step size from its own recent steps.
#
# *Predict:* which of them jumps from side to side? Which goes straight for the bottom?

# %%
runs = {
    "SGD": (sgd, {"lr": 0.09}),
    "momentum": (momentum, {"lr": 0.02, "momentum": 0.8}),
    "RMSProp": (rmsprop, {"lr": 0.12, "alpha": 0.9}),
    "Adam": (adam, {"lr": 0.25}),
    "Adadelta": (adadelta, {"eps": 1e-2}),
}
walks = {}
for name, (step, options) in runs.items():
    w, state, walk = np.array([-4.0, 1.5]), None, []
    for _ in range(41):
        walk.append(w)
        w, state = step(w, np.array([1, 20]) * w, state, **options)
    walks[name] = walk
plots.paths(lambda a, b: (a**2 + 20 * b**2) / 2, (-4.6, 1.6), (-2, 2), **walks)

# %% [markdown]
# And on a real loss? A race on the digits, 100 steps each. To be fair, each optimiser may try five
# learning rates, and its best one counts. Then the same race with every pixel in a unit of its own
# (times some number from 0.03 to 30), which makes a valley in 64 dimensions.
#
# *Predict:* who suffers from the mixed units?

# %%
units = 10 ** np.random.default_rng(0).uniform(-1.5, 1.5, 64)
print(f"{'loss at the end':<22}{'plain':>8}{'mixed units':>14}")
for name, (step, _) in runs.items():
    best = []
    for x in (x_train, x_train * units):
        ends = []
        for lr in (0.001, 0.01, 0.1, 1, 10):
            with np.errstate(all="ignore"):  # a rate that is too large may explode
                run = train(linear(softmax_loss), fresh(64), x, y_train, step, steps=100, lr=lr)
            ends.append(np.mean(run[-10:]))
        best.append(np.nanmin(ends))
    print(f"{name:<22}{best[0]:>8.2f}{best[1]:>14.2f}")

# %% [markdown]
# With a well-chosen rate and well-behaved numbers, plain SGD keeps up. When the scales are mixed, it
# and momentum fall behind: one rate can't suit all weights. Deep networks are full of mixed scales.
# In doubt, begin with Adam.
#
# ## 6. Features, made by people
#
# Back to the ten kinds of picture from the top, first from the pixels: 3072 numbers each.
#
# *Predict:* what do the ten templates look like?

# %%
def classify(train_features, test_features, steps=400):
    """A linear classifier on features, trained with your Adam: its weights, and test accuracy."""
    mean, std = train_features.mean(axis=0), train_features.std(axis=0) + 1e-3
    a, b = ((f - mean) / std for f in (train_features, test_features))
    params = fresh(a.shape[1])
    params = {name: value.astype(a.dtype) for name, value in params.items()}
    loss = linear(softmax_loss, reg=1e-2)
    train(loss, params, a, colours.y_train, adam, steps=steps, lr=1e-3)
    return params["w"], accuracy(params, b, colours.y_test)


results = {}
flat = [x.reshape(len(x), -1) for x in (colours.x_train, colours.x_test)]
w, results["pixels"] = classify(*flat, steps=200)
print(f"a linear classifier on pixels: {results['pixels']:.0%} right")
plots.filters(w.reshape(10, 3, 32, 32), names, columns=5)

# %% [markdown]
# A star may be light on dark or dark on light, large or small, here or there, and all of them share
# one template: they cancel. Instead of pixels we need numbers that say what matters and forget the
# rest. Such numbers are called **features**, and until 2012 finding good ones was the art of the
# field.
#
# ### The colour histogram
#
# Cut the cube of all colours into buckets, and count which part of the pixels falls into each [7].
# *Where* they are is forgotten. Turn the picture upside down: the same numbers.
#
# ### Your turn
#
# With `bins=4` there are 4 · 4 · 4 = 64 buckets. `(x * bins).astype(int)` is nearly the part that a
# value belongs to; beware of the value 1. `np.bincount(numbers, minlength=...)` counts.

# %% exercise="cs_cnn.features:colour_histogram"

# %% check="colour_histogram" points=4
checks.colour_histogram(colour_histogram)

# %% [markdown]
# *Predict:* does it help with our ten kinds? And would it tell to which of these two photographs a
# small piece belongs?

# %%
w, results["colour histogram"] = classify(
    colour_histogram(colours.x_train), colour_histogram(colours.x_test)
)
print(f"ten kinds of picture, from their colours: {results['colour histogram']:.0%} right")

photos = [load_sample_image(name).transpose(2, 0, 1) / 255 for name in ("china.jpg", "flower.jpg")]
rng = np.random.default_rng(0)
places = rng.integers(0, (427 - 32, 640 - 32), (2, 400, 2))
pieces = np.stack([p[:, i : i + 32, j : j + 32] for p, at in zip(photos, places) for i, j in at])
source = np.repeat([0, 1], 400)
half = rng.permutation(800) < 400
histograms = colour_histogram(pieces)
params = fresh(64, 2)
train(linear(softmax_loss), params, histograms[half], source[half], adam, steps=200, lr=0.1)
guesses = accuracy(params, histograms[~half], source[~half])
print(f"pieces of two photographs, from their colours: {guesses:.0%} right")
plots.images(pieces[::67], ["temple"] * 6 + ["flower"] * 6, columns=6)

# %% [markdown]
# Colour tells a flower from a temple, and nothing at all about our ten kinds, whose colours are
# drawn at random. A feature is a bet on what matters.
#
# ### Histogram of oriented gradients
#
# What makes a star a star is its outline. Where does the picture change, and in which direction?
# `image_gradients` gives for each pixel how steep it is (the magnitude) and the direction, an angle
# from 0 to 180 degrees.

# %%
photo = resize(load_sample_image("china.jpg"), (240, 320), anti_aliasing=True).transpose(2, 0, 1)
magnitude, angle = image_gradients(photo[None])
shown = [photo.mean(axis=0), magnitude[0], np.where(magnitude[0] > 0.3, angle[0], 0)]
plots.feature_maps(np.stack(shown), ["photograph", "magnitude", "angle, where it is steep"])

# %% [markdown]
# Then forget the exact place: cut the picture into cells of 8 x 8 pixels, and make one histogram of
# directions for each cell, in 9 bins of 20 degrees. Steep pixels count more: each votes with its
# magnitude. This is **HOG**, with which Dalal and Triggs found people in street scenes [8].
#
# ### By hand
#
# A picture of 320 x 240 pixels (320 wide). How many rows of cells are there, how many cells in each
# row, and how many numbers in all?

# %% answer="hog_numbers"
rows, columns, numbers = None, None, None
### BEGIN SOLUTION
rows, columns, numbers = 30, 40, 10_800
### END SOLUTION

# %% check="hog_numbers" points=1
checks.by_hand("hog_numbers", rows, columns, numbers)

# %% [markdown]
# ### Your turn
#
# Find the bin of each pixel. Then, for each bin, keep the magnitudes of its pixels, and add them up
# cell by cell. A height of `rows * cell` reshapes into `(rows, cell)`: summing over the second
# axis adds up the pixels of a cell. (Loops over cells are fine, too.)

# %% exercise="cs_cnn.features:cell_histograms"

# %% check="cell_histograms" points=5
checks.cell_histograms(cell_histograms)

# %% [markdown]
# Here are your nine bins as nine maps of 30 x 40 cells.
#
# *Predict:* in which of them do you see the columns of the temple, in which its roof? (A vertical
# edge changes from left to right, at 0 degrees.)

# %%
cells = cell_histograms(magnitude, angle)
print("shape", cells.shape, " numbers:", f"{cells.size:,}")
titles = [f"{20 * k}° to {20 * k + 20}°" for k in range(9)]
plots.feature_maps(cells[0].transpose(2, 0, 1), titles, columns=5)

# %% [markdown]
# One step is left: bring each cell's histogram to length 1, so that contrast and light don't matter.
#
# *Predict:* pixels gave about 15 %. What will 144 numbers about edges give?

# %%
def oriented(x):
    """HOG features (N, 16 · 9) of pictures of 32 x 32 pixels, with your histograms."""
    cells = cell_histograms(*image_gradients(x)) / 64
    cells = cells / np.sqrt(np.sum(cells**2, axis=-1, keepdims=True) + 1e-10)
    return cells.reshape(len(x), -1)


w, results["HOG"] = classify(oriented(colours.x_train), oriented(colours.x_test))
print(f"a linear classifier on HOG: {results['HOG']:.0%} right")

# %% [markdown]
# The same linear classifier, a twentieth of the numbers, and about five times as many right. All that has
# changed is *what it looks at*.
#
# ### Bag of visual words
#
# A third idea comes from texts: you can guess what an article is about from how often each word
# occurs, in any order. What are the words of a picture? Small patches, such as come up again and
# again. Cut patches out of many pictures, pick some at random, cluster them (k-means), and keep the
# centres: a **codebook** of visual words [9]. We drop the colour first, as it has told us nothing,
# and even out the light of each patch.

# %%
grey = [x.mean(axis=1, keepdims=True) for x in (colours.x_train, colours.x_test)]
patches = [patches_of(x, size=6, stride=3) for x in grey]
print("patches of a picture, and numbers in each:", patches[0].shape[1:])
codebook = learn_codebook(patches[0], words=100)
plots.filters(codebook[:40].reshape(40, 6, 6), columns=10)

# %% [markdown]
# Nobody told k-means about edges, and yet most of its words are edges, corners and bars.
#
# ### Your turn: encode
#
# Replace every patch by its nearest word, and count the words. The squared distance is
# $|p - c|^2 = |p|^2 - 2\, p \cdot c + |c|^2$. For *which* word is nearest you don't need $|p|^2$,
# and the rest is a matrix product.

# %% exercise="cs_cnn.features:encode_words"

# %% check="encode_words" points=4
checks.encode_words(encode_words)

# %%
words = [encode_words(p, codebook) for p in patches]
w, results["visual words"] = classify(*words)
print(f"a linear classifier on visual words: {results['visual words']:.0%} right")
together = [
    np.concatenate([oriented(x), bag, colour_histogram(x)], axis=1)
    for x, bag in zip((colours.x_train, colours.x_test), words)
]
w, results["all three together"] = classify(*together)
print(f"on all three together: {results['all three together']:.0%} right")

# %% [markdown]
# ### Against a convolutional network
#
# That was the recipe until 2011: features first, made by people and kept as they are; then a
# classifier, which alone is trained. A **convolutional network** trains both at once: from the
# pixels to the scores, every number learns.
#
# Here is a small one: two convolutions, 512 features, and the same linear classifier at the end. You
# will write these layers yourself in notebook 4. It gets the 2,000 training pictures that all the
# others got, and your Adam; it takes some seconds.
#
# *Predict:* a last time.

# %%
rng = np.random.default_rng(0)
net = {
    "w1": rng.normal(size=(16, 3, 5, 5)) * np.sqrt(2 / 75),
    "b1": np.zeros(16),
    "w2": rng.normal(size=(32, 16, 3, 3)) * np.sqrt(2 / 144),
    "b2": np.zeros(32),
    "w3": rng.normal(size=(10, 512)) * np.sqrt(1 / 512),
    "b3": np.zeros(10),
}
net = {name: value.astype(np.float32) for name, value in net.items()}


def forward(p, x):
    """Scores of pictures (N, 3, 32, 32): conv, ReLU, conv, ReLU, max pool, linear."""
    maps, conv1 = fast_layers.conv2d_forward(x - 0.5, p["w1"], p["b1"], stride=2, padding=2)
    maps, relu1 = relu_forward(maps)
    maps, conv2 = fast_layers.conv2d_forward(maps, p["w2"], p["b2"], padding=1)
    maps, relu2 = relu_forward(maps)
    maps, pool = fast_layers.max_pool2d_forward(maps, 4)
    scores, last = linear_forward(maps.reshape(len(x), -1), p["w3"], p["b3"])
    return scores, (conv1, relu1, conv2, relu2, pool, maps.shape, last)


def convnet_loss(p, x, y):
    """The loss and its gradients: the layers in reverse."""
    scores, (conv1, relu1, conv2, relu2, pool, shape, last) = forward(p, x)
    value, dscores = softmax_cross_entropy(scores, y)
    dmaps, dw3, db3 = linear_backward(dscores, last)
    dmaps = fast_layers.max_pool2d_backward(dmaps.reshape(shape), pool)
    dmaps, dw2, db2 = fast_layers.conv2d_backward(relu_backward(dmaps, relu2), conv2)
    _, dw1, db1 = fast_layers.conv2d_backward(relu_backward(dmaps, relu1), conv1)
    return value, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2, "w3": dw3, "b3": db3}


options = {"steps": 500, "batch": 25, "lr": 3e-3}
losses = train(convnet_loss, net, colours.x_train, colours.y_train, adam, **options)
guesses = forward(net, colours.x_test)[0].argmax(axis=1)
results["convolutional network"] = np.mean(guesses == colours.y_test)
for name, share in results.items():
    print(f"{name:<24}{share:>5.0%}  {'■' * round(40 * share)}")
wrong = np.flatnonzero(guesses != colours.y_test)[:12]
titles = [f"{names[colours.y_test[k]]},\nread as {names[guesses[k]]}" for k in wrong]
plots.images(colours.x_test[wrong], titles, columns=6)

# %% [markdown]
# Compare with the four numbers that you wrote down. At the top it is nearly a draw: three features with
# decades of thought in them, and a network that was given pixels and some seconds. Nobody chose what
# its filters look for: the loss did. And it isn't finished; more pictures and more layers make it
# better, as you will see in notebook 6. All it needs is the gradient by every number in the network.
#
# ## 7. Computational graphs
#
# How do you get the gradient of *any* formula, a whole network? Draw it as a graph: every operation is
# a node. Values flow forwards (green, above). Then the slope of the result flows backwards (orange,
# below), and every node needs to know one thing only: its own local slope. This is
# **back-propagation** [10].
#
# ### By hand
#
# $f = (x + y)\, z$ with $x = -2$, $y = 5$, $z = -4$. What are the slopes of $f$ by $x$, $y$, $z$?

# %% answer="graph_slopes"
slope_x, slope_y, slope_z = None, None, None
### BEGIN SOLUTION
slope_x, slope_y, slope_z = -4, -4, 3
### END SOLUTION

# %% check="graph_slopes" points=1
checks.by_hand("graph_slopes", slope_x, slope_y, slope_z)

# %% [markdown]
# `Node` does this: it remembers where it came from. Here it is for a neuron,
# $1 / (1 + e^{-(w_0 x_0 + w_1 x_1 + w_2)})$. Follow the orange numbers from the right to the left.

# %%
w0, x0, w1, x1, w2 = (
    Node(value, name) for value, name in [(2, "w0"), (-1, "x0"), (-3, "w1"), (-2, "x1"), (-3, "w2")]
)
neuron = (1 + (-(w0 * x0 + w1 * x1 + w2)).exp()) ** -1
neuron.backward()
plots.graph(neuron)

# %% [markdown]
# Look for the patterns: **plus** hands its gradient on to both sides; **times** swaps (each side gets
# the other's value); **max** gives all to the larger; and where a value is used twice, its
# gradients **add up**.
#
# ### By hand
#
# $f = 2\,(a\,b + \max(c, d))$ with $a = 3$, $b = -4$, $c = 2$, $d = -1$. The four slopes?

# %% answer="gates"
slope_a, slope_b, slope_c, slope_d = None, None, None, None
### BEGIN SOLUTION
slope_a, slope_b, slope_c, slope_d = -8, 6, 2, 0
### END SOLUTION

# %% check="gates" points=1
checks.by_hand("gates", slope_a, slope_b, slope_c, slope_d)

# %% [markdown]
# ### With matrices
#
# Nothing changes if the values are arrays. This is the full SVM loss again, for 5 pictures of 4
# numbers and 3 classes. The picture shows shapes instead of numbers.
#
# *Predict:* which shape does the gradient of a 3 x 4 matrix have?

# %%
rng = np.random.default_rng(0)
x, y, w = rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0]), rng.normal(size=(3, 4))
right = np.eye(3)[y]  # 1 at the right class of each picture
W, X = Node(w, "W"), Node(x, "X")
scores = X @ W.T
right_score = (scores * Node(right, "right")) @ Node(np.ones((3, 1)), "ones")
margins = (scores - right_score + 1) * Node(1 - right, "wrong")
loss = margins.max(0).sum() * 0.2 + (W**2).sum() * 0.1
loss.backward()
display(plots.graph(loss))
value, dw, db = svm_loss(w, np.zeros(3), x, y, reg=0.1)
print(f"your loss {value:.6f}, the graph's {loss.value:.6f}")
print(f"largest difference between your dw and the graph's: {np.abs(dw - W.grad).max():.1e}")

# %% [markdown]
# Green and orange always agree: **$dL/dx$ has the shape of $x$**, because it holds one slope for each
# number. And your `svm_loss` is this graph, worked out by hand.
#
# ### By hand: why nobody writes the Jacobian down
#
# ReLU takes a list of 4096 numbers and gives 4096. All slopes of every output by every input make a
# matrix, the *Jacobian*. How many numbers does it have? And how many of them can be other than 0?

# %% answer="jacobian"
entries, not_zero = None, None
### BEGIN SOLUTION
entries, not_zero = 16_777_216, 4_096
### END SOLUTION

# %% check="jacobian" points=1
checks.by_hand("jacobian", entries, not_zero)

# %% [markdown]
# Seventeen million numbers, and nearly all are 0. So a layer never builds this matrix: it takes the
# gradient by its output and turns it into the gradient by its input directly.
#
# ## 8. The two-layer network
#
# $$ s = W_2 \max(0,\ W_1 x + b_1) + b_2 $$
#
# A linear layer makes features, ReLU bends them, a second linear layer classifies. Without the ReLU
# the two layers would collapse into one; with it, the features *learn*.
#
# ### Your turn: backwards through two layers
#
# With rows for pictures, the forward pass is
#
# | | | shape |
# |---|---|---|
# | sums of layer 1 | $a = x W_1^\top + b_1$ | (N, H) |
# | hidden neurons | $h = \max(0, a)$ | (N, H) |
# | scores | $s = h W_2^\top + b_2$ | (N, C) |
#
# You get `dscores`, (N, C). Go from the bottom of the table to the top. If you are in doubt about an
# order or a transpose, look at the shapes: `dw2` must be (C, H), and there is only one product of
# `dscores` and `hidden` that is.

# %% exercise="cs_cnn.two_layer:two_layer_backward"

# %% check="two_layer_backward" points=7
checks.two_layer_backward(two_layer_backward)

# %% [markdown]
# ### Reward: what no straight cut could do
#
# The quadrants, the ring, the islands. Sixteen hidden neurons, your Adam and your back-propagation.
#
# *Predict:* which of the three will be hardest?

# %%
def two_layer_loss(params, x, y):
    scores, cache = two_layer_forward(x, **params)
    value, dscores = softmax_cross_entropy(scores, y)
    return value, dict(zip(("w1", "b1", "w2", "b2"), two_layer_backward(dscores, cache)[1:]))


solved = {}
for name, (x, y) in hard.items():
    params = two_layer_start(2, 16, 2)
    train(two_layer_loss, params, x, y, adam, steps=1500, lr=0.02)
    solved[name] = lambda p, params=params: two_layer_forward(p, **params)[0]
    print(f"{name:<15} {np.mean(solved[name](x).argmax(axis=1) == y):.0%} right")
plots.regions(list(hard.values()), **solved)

# %% [markdown]
# Regions with corners: each hidden neuron is one straight cut, and the second layer puts the pieces
# together. And the digits, with 32 hidden neurons? In place of one template for each class there are
# 32 that the classes share.

# %%
params = two_layer_start(64, 32, 10)
options = {"steps": 800, "lr": 5e-3, "weight_decay": 3e-3}
losses = train(two_layer_loss, params, x_train, y_train, adam, **options)
guesses = two_layer_forward(x_test, **params)[0].argmax(axis=1)
print(f"two layers: {np.mean(guesses == y_test):.1%} of the test digits right")
plots.filters(params["w1"].reshape(32, 8, 8), columns=16)

# %% [markdown]
# ## What you have built
#
# - A linear classifier with its full loss, seen from three sides: as a formula, as templates, as cuts
#   through space.
# - Momentum and Adam, step for step as in PyTorch.
# - Three features that ruled computer vision for decades, and a fair race against a network that
#   learns its own.
# - Back-propagation through two layers, and a graph that does it for any formula.
#
# A two-layer network has features that learn, but it still stretches the picture to a list and forgets
# which pixels were neighbours. The next notebooks put that right.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, CS231n, Stanford, 2019: [lecture
#    2](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture02.pdf), image classification;
#    [lecture 3](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture03.pdf), losses,
#    optimisation and features; [lecture
#    4](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture04.pdf), graphs and
#    back-propagation. The scores of cat, dog, ship, car and frog are theirs.
# 2. J. Weston and C. Watkins, Support vector machines for multi-class pattern recognition, ESANN
#    1999.
# 3. B. T. Polyak, [Some methods of speeding up the convergence of iteration
#    methods](https://doi.org/10.1016/0041-5553(64)90137-5), 1964.
# 4. G. Hinton, Neural Networks for Machine Learning, lecture 6e, Coursera, 2012.
# 5. D. P. Kingma and J. Ba, [Adam: a method for stochastic
#    optimization](https://arxiv.org/abs/1412.6980), ICLR 2015.
# 6. M. D. Zeiler, [ADADELTA: an adaptive learning rate method](https://arxiv.org/abs/1212.5701), 2012.
# 7. M. J. Swain and D. H. Ballard, [Color indexing](https://doi.org/10.1007/BF00130487),
#    International Journal of Computer Vision, 1991.
# 8. N. Dalal and B. Triggs, [Histograms of oriented gradients for human
#    detection](https://doi.org/10.1109/CVPR.2005.177), CVPR 2005.
# 9. L. Fei-Fei and P. Perona, [A Bayesian hierarchical model for learning natural scene
#    categories](https://doi.org/10.1109/CVPR.2005.16), CVPR 2005.
# 10. D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating
#     errors](https://doi.org/10.1038/323533a0), Nature, 1986.
#
# The photographs are "china.jpg" and "flower.jpg" of scikit-learn, by
# [danielbuechele](https://www.flickr.com/photos/danielbuechele/6061409035/) and
# [vultilion](https://www.flickr.com/photos/vultilion/6056698931/sizes/z/in/photostream/) (Creative
# Commons, attribution).
