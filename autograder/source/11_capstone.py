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
# # 11 · Capstone: ten minutes
#
# You have built every layer of a ConvNet. Now they have to earn their living: a network of the
# course's own layers, in NumPy alone, learns to name photographs. There is no autograd and no
# PyTorch in the loop. And the clock is running.
#
# How good can a network get in ten minutes, on two CPU cores? People race for exactly this, on
# faster machines. You will build the seven tricks that win such races, train with them, and enter
# a recipe of your own in a table.
#
# **Time:** 90 to 150 minutes. **You need:** notebooks 4, 6 and 7; a little linear algebra.
#
# There are 43 points: 40 for seven functions, 3 for three small questions by hand.
#
# Everything here runs on images that are drawn on the spot. If CIFAR-10 is on your disk, the same
# cells use a small part of it, and one cell at the end trains on all of it: `cs-cnn data fetch
# cifar10` gets it (170 MB).

# %% locked="imports"
from dataclasses import replace

import numpy as np

from cs_cnn import checks, plots
from cs_cnn.backend import array_module
from cs_cnn.capstone import LONG, SHORT, TINY, Leaderboard, Network, train
from cs_cnn.capstone.views import VIEW_WEIGHTS, Camera
from cs_cnn.data import load_cifar10, load_colours, status
from cs_cnn.fast_layers import conv2d_forward, relu_forward
from cs_cnn.network import kaiming_normal
from cs_cnn.optim import checked_gradient, remembered
from cs_cnn.shapes import need_dims
from cs_cnn.training import standardise

# %% [markdown]
# ## The race
#
# CIFAR-10 has 50,000 small photographs to learn from, 10,000 to be tested on, and ten words. When
# the set was new, nobody came near 90 %. The race is about something else: how *fast* do you get
# to 94 % right, which is what A. Karpathy got when he sat down and looked at the pictures
# himself [1]?
#
# | year | who | what | seconds to 94 % |
# |---|---|---|---|
# | 2018 | D. Page [2] | one V100 | 79 |
# | 2022 | tysam-code [3] | one A100 | under 7 |
# | 2024 | K. Jordan [4] | one A100 | 3.3 |
# | 2024 | the same with Muon [5] | one A100 | 2.6 |
# | 2025 | hiverge [6] | one A100 | 2.0 |
#
# A small part of this is better hardware. Most of it is ideas, and they are all small enough for
# this notebook. They help you just as much on two CPU cores, only that a second becomes minutes.

# %%
ready = {one.name for one in status() if one.state == "ready"}
real = "cifar10" in ready
data = load_cifar10(2000, 500) if real else load_colours(1500, 500)
few = standardise(data)
print(data)
plots.images(data.x_train[:16], [data.class_names[k] for k in data.y_train[:16]], columns=8)

# %% [markdown]
# ### By hand
#
# A network passes 720 images per second, forward and backward. You have 600 seconds, and an epoch
# shows 50,000 images. How many whole epochs end in time?

# %% answer="budget_of_images"
epochs = None
### BEGIN SOLUTION
epochs = 8
### END SOLUTION

# %% check="budget_of_images" points=1
checks.by_hand("budget_of_images", epochs)

# %% [markdown]
# Eight looks at each picture, and hardly time for the test. Ordinary recipes take a hundred and
# more. So nothing may be wasted: not the first steps, in which a network usually finds out that
# neighbouring pixels are alike; not the last ones, in which it becomes ever surer of what it knows
# already.
#
# ## 1. A first layer that need not learn
#
# First layers of all ConvNets look alike: edges and colours. They do not depend on the task, only
# on what pictures are like. Then why learn them?
#
# Cut all pictures into patches of 2 x 2 pixels. With three colours that is 12 numbers each. Here is
# the table of how much each pair of these numbers has in common, the mean of $p\,p^T$ over all
# patches. The brighter, the more the two agree.
#
# *Predict:* the numbers are in the order colour, row, column. What will the table look like if
# neighbours agree, and what if a pixel's colours do?


# %%
def second_moments(patches):
    """The mean of p pᵀ over all rows p."""
    return patches.T @ patches / len(patches)


windows = np.lib.stride_tricks.sliding_window_view(few.x_train, (2, 2), axis=(2, 3))
patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 12)
before = second_moments(patches)
plots.feature_maps(before[None], ["12 x 12"], columns=1)

# %% [markdown]
# Much of it is bright. Four neighbours of one colour say nearly the same; in our drawings those are
# the three bright blocks along the diagonal. In photographs the colours agree with each other as
# well. Twelve numbers that mostly say "it is bright here": what is interesting about a picture is
# in the small differences, and a network has to dig them out first.
#
# **Whitening** does it at once. The eigenvectors of this table are the directions in which patches
# vary independently of each other, and the eigenvalue $\lambda$ says how much. Divide each
# eigenvector by $\sqrt{\lambda}$, and the answers of all twelve filters are of one size:
#
# $$ f_k = \frac{v_k}{\sqrt{\lambda_k + \varepsilon}} $$
#
# The small $\varepsilon$ keeps directions that are almost never used from becoming pure noise. A
# ReLU will follow, which throws away all that is negative, so each filter also comes with its
# opposite, $-f_k$. Then nothing is lost.
#
# ### Write it
#
# About 5 lines. `np.lib.stride_tricks.sliding_window_view`, as above, cuts the patches; don't
# subtract their mean. `np.linalg.eigh` gives the eigenvalues of a symmetric matrix, the smallest
# first, and the eigenvectors as **columns**.

# %% exercise="cs_cnn.capstone.first_weights:whitening_filters"

# %% check="whitening_filters" points=8
checks.whitening_filters(whitening_filters)

# %% [markdown]
# ### Reward: eyes without learning
#
# Your filters, from these pictures, in the order of their eigenvalues. And the table from above
# again, for what the filters answer.
#
# *Predict:* what should the table look like now?

# %%
first = whitening_filters(few.x_train)
answers, _ = conv2d_forward(few.x_train, first[:12])
after = second_moments(answers.transpose(0, 2, 3, 1).reshape(-1, 12))
display(plots.filters(first[:12], columns=6))
plots.feature_maps(np.stack([before, after]), ["pixels", "answers"], columns=2)

# %% [markdown]
# A red diagonal on white: each answer agrees with itself and with no other. The first filters ask
# for brightness and for colour, the next for edges, the last ones for checkerboards and the like,
# which pictures rarely have. If the diagonal is paler at its end, $\varepsilon$ holds back noise.
#
# This layer is now fixed. It needs no backward pass, and the layer behind it begins with something
# worth looking at.
#
# ## 2. Begin shallow
#
# Random filters mix everything with everything. After six layers of that, little of the picture is
# left, and so the first gradients are about nothing in particular. A filter with a single 1 in its
# middle hands its channel on as it is (notebook 8 had the same thought, with a shortcut). So
# begin with some filters that only copy, and leave the others random: the network begins shallow
# and becomes deep while it learns.
#
# ### Write it
#
# About 3 lines. If there are more filters than channels, the ones without a channel of their own
# stay random.

# %% exercise="cs_cnn.capstone.first_weights:dirac_init"

# %% check="dirac_init" points=4
checks.dirac_init(dirac_init)

# %% [markdown]
# ### Reward: a picture walks through six layers
#
# Both rows are six convolutions with ReLU, 24 channels each, before any training; one channel is
# shown. Above, all filters are random. Below they begin with yours.


# %%
def walk(x, change):
    """What is left of channel 0 after each of six random layers with ReLU."""
    rng, seen = np.random.default_rng(0), []
    for _ in range(6):
        w = change(kaiming_normal(rng.standard_normal((24, 24, 3, 3), dtype=np.float32)))
        x, _ = relu_forward(conv2d_forward(x, w, padding=1)[0])
        seen.append(x[0, 0])
    return seen


begin, _ = relu_forward(conv2d_forward(few.x_train[1:2], whitening_filters(few.x_train))[0])
rows = walk(begin, lambda w: w) + walk(begin, dirac_init)
plots.feature_maps(np.stack(rows), [f"layer {k}" for k in range(1, 7)] * 2, columns=6)

# %% [markdown]
# With 24 channels and 24 filters everything is copied, so the picture arrives just as it set out.
# In the network below, most layers have more filters than channels: a part of them copies and the
# rest explores.
#
# ## 3. A loss that leaves a little doubt
#
# Cross-entropy is never satisfied. A picture that is right with 99 % still pulls its score up, and
# that pull costs effort which other pictures need. **Label smoothing** asks for less: of all
# certainty take a part, say 20 %, and share it among *all* C classes alike, the right one too.
#
# $$ t_k = \frac{\alpha}{C} + (1 - \alpha)\,[k = y] \qquad L = -\sum_k t_k \log p_k \qquad
# \frac{\partial L}{\partial s_k} = p_k - t_k $$
#
# The gradient has the same form as ever: what you say minus what you should say.
#
# ### By hand
#
# Five classes, $\alpha = 0.1$. What is the target of the right class, and what is that of any
# other?

# %% answer="smooth_targets"
right_target, other_target = None, None
### BEGIN SOLUTION
right_target, other_target = 0.92, 0.02
### END SOLUTION

# %% check="smooth_targets" points=1
checks.by_hand("smooth_targets", right_target, other_target)

# %% [markdown]
# ### Write it
#
# Loss and gradient, both as a mean over the images. About 5 lines. Subtract each row's maximum
# before the exponential, and take the logarithm of the *sum*, as in notebook 8: then neither a
# score of 2000 nor a probability of 0 does any harm. `y[:, None] == classes` is a table of True and
# False with one True in each row.

# %% exercise="cs_cnn.capstone.loss:label_smoothing_loss"

# %% check="label_smoothing_loss" points=7
checks.label_smoothing_loss(label_smoothing_loss)

# %% [markdown]
# ### Reward: enough is enough
#
# Ten classes; the right score grows from 0 to 10 while the others stay at 0.
#
# *Predict:* where is the loss least with $\alpha = 0$, and where with $\alpha = 0.2$?

# %%
margins = np.arange(11)
curves = {f"alpha_{a}": [] for a in (0, 0.1, 0.2)}
for a in (0, 0.1, 0.2):
    for margin in margins:
        scores = np.zeros((1, 10))
        scores[0, 3] = margin
        loss, _ = label_smoothing_loss(scores, np.array([3]), smoothing=a)
        curves[f"alpha_{a}"].append(loss)
best = margins[np.argmin(curves["alpha_0.2"])]
print("with alpha = 0.2 the loss is least near a margin of", best)
plots.curves("loss", "right score minus the others", **curves)

# %% [markdown]
# Without smoothing the loss falls forever. With it there is a best margin, and whoever goes beyond
# it pays. The network stops polishing what it knows.
#
# ## 4. How fast to walk
#
# The learning rate decides everything in a short race. Too small wastes steps; too large in the
# first steps, when the gradients are wild, ruins the start; and at the end it must go to zero, or
# the weights never settle. A triangle does all of it: up in a straight line, down in a straight
# line.
#
# ### Write it
#
# One or two lines; `np.interp` draws straight lines between points.

# %% exercise="cs_cnn.capstone.steps:triangle"

# %% check="triangle" points=3
checks.triangle(triangle)

# %%
plots.curves(
    "times the learning rate",
    **{
        "default": [triangle(k, 100) for k in range(101)],
        "short warm-up": [triangle(k, 100, start=0.3, peak=0.1) for k in range(101)],
    },
)

# %% [markdown]
# ## 5. Look before you step
#
# Momentum (notebook 2) rolls like a ball: the velocity adds up gradients. Nesterov's version looks
# ahead. It does not move by the velocity, but by what the velocity *would be* after one more step
# of the same gradient:
#
# $$ v \leftarrow \mu v + g \qquad w \leftarrow w - \eta\,(g + \mu v) - \eta \lambda w $$
#
# The last term is the **decoupled** weight decay: the weights shrink a little in each step, and the
# velocity knows nothing of it.
#
# ### By hand
#
# Before the first step the velocity is 0. The gradient is 2, $\eta = 0.5$, $\mu = 0.5$, no decay.
# By how much does w change with plain momentum, and by how much with Nesterov's? (Mind the signs.)

# %% answer="first_nesterov_step"
plain, looking_ahead = None, None
### BEGIN SOLUTION
plain, looking_ahead = -1, -1.5
### END SOLUTION

# %% check="first_nesterov_step" points=1
checks.by_hand("first_nesterov_step", plain, looking_ahead)

# %% [markdown]
# ### Write it
#
# Two lines. The state comes and goes as in notebook 2.

# %% exercise="cs_cnn.capstone.steps:nesterov"

# %% check="nesterov" points=5
checks.nesterov(nesterov)

# %% [markdown]
# ## 6. All directions alike: Muon
#
# A layer's gradient is a matrix, one row for each filter. Have a look at its singular values: how
# much it moves the weights in each of its directions. For this we need a network and one batch.


# %%
def filter_gradient():
    """The gradient of a new network by the filters of a layer in its middle, as a matrix."""
    network = Network(whitening_filters(few.x_train), TINY.widths, classes=10)
    x, y = few.x_train[:200], few.y_train[:200]
    _, dscores = label_smoothing_loss(network.forward(x, training=True), y)
    dw = network.backward(dscores)["1a.w"]
    return dw.reshape(len(dw), -1)


def singular_values(g):
    """From the largest to the smallest, in parts of the largest."""
    s = np.linalg.svd(g, compute_uv=False)
    return s / s[0]


g = filter_gradient()
print("a matrix of", g.shape, "numbers")
plots.curves("singular value", "direction", gradient=singular_values(g))

# %% [markdown]
# The first directions get most of it, the last ones a small part. The large ones are what most
# pictures have in common, and the network would learn that anyway. The rare things, which tell a
# cat from a dog, are in the small ones.
#
# **Muon** [5] keeps the directions and makes all singular values alike. With an SVD that would be
# $U S V^T \to U V^T$, but an SVD in every step is too slow. There is a trick that takes nothing but
# matrix products. Let $X = U S V^T$. Then $X X^T X = U S^3 V^T$: a product of X with itself changes
# the singular values and nothing else. So any odd polynomial of X does this to each of them:
#
# $$ a X + b\,(X X^T) X + c\,(X X^T)^2 X = U \,(a S + b S^3 + c S^5)\, V^T $$
#
# Choose a, b, c such that small numbers grow quickly and numbers near 1 stay near 1, and repeat.
#
# *Predict:* below, numbers from 0 to 1 go through the polynomial one, three and five times. Which
# ones are the last to arrive near 1?


# %%
def polynomial(s, times):
    """What becomes of singular values s."""
    for _ in range(times):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return s


s = np.linspace(0, 1, 101)
plots.curves(
    "afterwards",
    "singular value before, in hundredths",
    **{f"{times} times": polynomial(s, times) for times in (1, 3, 5)},
)

# %% [markdown]
# It never settles exactly at 1, and it need not: anywhere from 0.7 to 1.2 is alike enough. It was
# tuned to lift the small ones as fast as possible, since each step costs time.
#
# ### Write it
#
# About 6 lines. Divide by the length of the whole matrix first. A matrix that is taller than wide
# is transposed before and after, so that $X X^T$ is the small one of the two products.

# %% exercise="cs_cnn.capstone.steps:orthogonalise"

# %% check="orthogonalise" points=8
checks.orthogonalise(orthogonalise)

# %% [markdown]
# ### Reward: the rare is heard
#
# The same gradient again, before and after.

# %%
g = filter_gradient()
evened = {f"after {steps} steps": singular_values(orthogonalise(g, steps)) for steps in (1, 3, 5)}
plots.curves("singular value", "direction", gradient=singular_values(g), **evened)

# %% [markdown]
# ## 7. The whole loop fits on a screen
#
# Here it is, with your functions in it. The network is fixed:
#
# ```
# whiten 2x2 - ReLU - [conv - pool - norm - ReLU - conv - norm - ReLU] x 3 - maximum - linear
# ```
#
# Its forward pass writes down a cache for each layer, and its backward pass walks back along these,
# with the pairs of functions that you know. Filters move by Muon, everything else by Nesterov's
# step. `Camera` shows each image moved by up to two pixels, mirrored in every other epoch.
#
# *Predict:* guessing gets 10 %. How much after two epochs of so few images?


# %%
def muon(w, dw, state, lr, momentum=0.8):
    """Turn filters: the step is made orthogonal, and the filters' length is fixed."""
    velocity = dw if state is None else momentum * state + dw
    turn = orthogonalise((dw + momentum * velocity).reshape(len(w), -1)).reshape(w.shape)
    return w * (np.sqrt(len(w)) / np.linalg.norm(w)) - lr * turn, velocity


rng = np.random.default_rng(0)
network = Network(whitening_filters(few.x_train), TINY.widths, classes=10)
camera, states, losses = Camera(few.x_train, shift=2, rng=rng), {}, []
batches = len(few.x_train) // 50
steps = 2 * batches
for step in range(steps):
    epoch, place = divmod(step, batches)
    if place == 0:
        order = rng.permutation(len(few.x_train)).reshape(batches, -1)
    x, y = camera.look(order[place], epoch), few.y_train[order[place]]
    loss, dscores = label_smoothing_loss(network.forward(x, training=True), y)
    grads = network.backward(len(x) * dscores)  # of the summed loss
    factor = triangle(step, steps)
    for name, w in network.params.items():
        way, lr = (muon, 0.12) if w.ndim == 4 else (nesterov, 0.05)
        network.params[name], states[name] = way(w, grads[name], states.get(name), lr=factor * lr)
    losses.append(loss)
scores = network.predict(few.x_test)
one_view = np.mean(scores.argmax(axis=1) == few.y_test)
print(f"{data.name}: {one_view:.1%} of {len(few.y_test)} test images are right")
plots.curves("loss", **{"each batch": losses})

# %% [markdown]
# That was NumPy, and you have written or could write every line of it.
#
# ## 8. Ask twice
#
# A trained network gives a slightly different answer if a picture moves by a pixel. That is a
# weakness, and you can make a profit from it: ask several times and take the mean. Single mistakes
# cancel out.
#
# ### Write it
#
# Six views. About 5 lines. If you pad the pictures by `shift` at each side, every moved view is a
# slice; content moves up-left when you cut further down and right.

# %% exercise="cs_cnn.capstone.views:views"

# %% check="views" points=5
checks.views(views)

# %%
plots.images(views(data.x_test[:1], shift=4)[:, 0], columns=6)

# %% [markdown]
# *Predict:* the network above, asked six times about each picture. The unmoved views count double,
# so that the middle has as much to say as the two corners together. Will it be better?

# %%
six = [network.predict(view) for view in views(few.x_test)]
together = np.tensordot(VIEW_WEIGHTS, np.stack(six), axes=1)
for name, s in zip(("as it is", "up-left", "down-right", "mirrored"), six):
    print(f"{name:12} {np.mean(s.argmax(axis=1) == few.y_test):.1%}")
print(f"{'all six':12} {np.mean(together.argmax(axis=1) == few.y_test):.1%}")

# %% [markdown]
# ## 9. Ten minutes
#
# `train` is the loop from above with a clock. A `Recipe` says all that can be said about a run: how
# wide, how long, how fast.

# %%
print(SHORT)
operations = {
    name: Network(whitening_filters(few.x_train), recipe.widths).operations((3, 32, 32))
    for name, recipe in (("TINY", TINY), ("SHORT", SHORT), ("LONG", LONG))
}
for name, count in operations.items():
    print(f"{name:6} {count / 1e6:6.1f} million multiply-accumulates for one image")

# %% [markdown]
# `SHORT` on all of CIFAR-10, as we have measured it with seed 0 on two idle CPU cores (after each
# epoch on 2,000 test images, as they are):
#
# | epoch | 1 | 2 | 3 | 4 | 5 | 6 | 7 | **all 10,000, six views** |
# |---|---|---|---|---|---|---|---|---|
# | right | 73 % | 79 % | 79 % | 82 % | 86 % | 88 % | 90 % | **91.7 %** |
# | seconds | 40 | 75 | 107 | 141 | 178 | 219 | 258 | **274** |
#
# Most is learned in the first two epochs; the rest comes while the learning rate falls. With eight
# epochs, and filters that turn twice as fast, it was 91.4 %: more is not always more.
#
# That is less than five of the ten minutes, in NumPy alone (in another run it was 242 seconds).
# PyTorch's layers in the same loop, on the same two cores right before it: 91.5 % in 279 seconds. For
# this network they are no faster, and you know what yours do. (An older version of our layers needed
# 538 seconds, on the same machine with `OPENBLAS_CORETYPE=Haswell`: that holds NumPy's library to the
# instructions of an older processor.)
#
# `LONG` is wider and takes twice as many epochs: **94.1 % in 27 minutes** (1,613 seconds). And a GPU
# runs the same loop with CuPy's arrays; the recipe for it is there, but has not been tried on a GPU.
#
# Set `FULL = True` and go for a walk. If CIFAR-10 is not on your disk, it is downloaded.

# %%
FULL = False


def show(epoch, seconds, loss, accuracy):
    print(f"epoch {epoch:4.1f}  {seconds:6.1f} s  loss {loss:.3f}  right {accuracy:.1%}")


if FULL:
    everything = load_cifar10()
    full = train(everything, SHORT, report=show)
    print(f"{full.accuracy:.2%} of 10,000 test images right, after {full.seconds:.0f} seconds")
    Leaderboard().enter("ten minutes", everything, full)

# %% [markdown]
# ## 10. Your recipe
#
# Now it is your turn, on a small budget: the few images of this notebook, and seconds in place of
# minutes. The table keeps the results in `leaderboard.json`, beside the notebook, so it grows from
# run to run. Here is `TINY`, with all your tricks, and three copies of it that each lack one.
#
# *Predict:* which of the three loses most?

# %%
table = Leaderboard()
for name, recipe in {
    "all tricks": TINY,
    "one view": replace(TINY, test_shift=None),
    "no smoothing": replace(TINY, smoothing=0.0),
    "slow filters": replace(TINY, filter_lr=0.01),
}.items():
    table.enter(name, data, train(data, recipe))
print(table)

# %% [markdown]
# One run is not a proof. With another `seed` places next to each other may change; a difference of
# a percent or two means nothing on a few hundred test images.
#
# **Your turn.** Change what you like: more epochs, other widths (one number for each block), a
# larger batch, no shift. Accuracy counts, and so does what it costs. On the drawn images it is
# possible to get everything right; then the question is how cheaply.

# %%
mine = replace(TINY, widths=(16, 32))
table.enter("mine", data, train(data, mine))
print(table)
table.picture(data)

# %% [markdown]
# Up is better, left is faster, and a small circle needs few operations. The best recipe for ten
# minutes is rarely the best for one: a wide network learns more from each picture and sees fewer of
# them.
#
# ## What you have built
#
# - A first layer from statistics, and filters that begin by copying.
# - A loss that knows when it is enough; a schedule; a step that looks ahead; a step in which rare
#   directions are heard.
# - A training loop of your own layers, from the first pixel to the last percent.
#
# You began with a single number: a window, a filter and a bias. This is what it adds up to.
#
# ## References
#
# 1. A. Karpathy, [Lessons learned from manually classifying
#    CIFAR-10](http://karpathy.github.io/2011/04/27/manually-classifying-cifar10/), 2011.
# 2. D. Page, [How to train your ResNet](https://github.com/davidcpage/cifar10-fast), 2018; its
#    entry to Stanford's DAWNBench.
# 3. tysam-code, [hlb-CIFAR10](https://github.com/tysam-code/hlb-CIFAR10), 2022: whitening, dirac
#    filters, label smoothing and more in one file.
# 4. K. Jordan, [94% on CIFAR-10 in 3.29 seconds on a single GPU](https://arxiv.org/abs/2404.00498),
#    2024: the network and most of the recipe of this notebook.
# 5. K. Jordan and others, [Muon: an optimizer for hidden layers in neural
#    networks](https://kellerjordan.github.io/posts/muon/), 2024, and
#    [airbench94_muon](https://github.com/KellerJordan/cifar10-airbench).
# 6. hiverge, cifar10-speedrun, GitHub, 2025.
# 7. C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna, [Rethinking the Inception
#    architecture for computer vision](https://arxiv.org/abs/1512.00567), CVPR 2016: label
#    smoothing.
# 8. S. Zagoruyko and N. Komodakis, [DiracNets](https://arxiv.org/abs/1706.00388), 2017.
# 9. L. N. Smith, [Cyclical learning rates for training neural
#    networks](https://arxiv.org/abs/1506.01186), WACV 2017.
# 10. I. Loshchilov and F. Hutter, [Decoupled weight decay
#     regularization](https://arxiv.org/abs/1711.05101), ICLR 2019.
# 11. A. Lavin and S. Gray, [Fast algorithms for convolutional neural
#     networks](https://arxiv.org/abs/1509.09308), CVPR 2016: the convolutions that make ten minutes
#     enough.
