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
# # 7 · Normalization
#
# Deep networks are hard to train because the numbers in them drift: a little too small in one
# layer and they are gone ten layers on, a little too large and they explode. **Batch
# normalization** brings them back to a good scale after every layer. You will write it, forward and
# backward, with its two modes; fold it into a convolution so that it costs nothing; write its
# relative **group normalization**; and measure what all this does to training.
#
# **Time:** 90 to 150 minutes. **You need:** notebook 4, means and variances, the chain rule.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below, as often as you like. It shows the first case that is not right, and if it
#    knows your mistake, calls it by its name.
#
# There are 44 points: 38 for six functions, 6 for six small questions by hand.

# %% locked="imports"
import numpy as np
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn import checks, plots
from cs_cnn.data import load_digits
from cs_cnn.experiments import Network, accuracy, train
from cs_cnn.gradient_check import check_gradient
from cs_cnn.layers import conv2d_forward, linear_backward, linear_forward
from cs_cnn.normalization import batch_norm_axes, channel_axes, group_norm_axes, need_per_channel
from cs_cnn.normalization import instance_norm_forward, layer_norm_forward
from cs_cnn.shapes import need_dims, need_shape

# %% [markdown]
# ## A network that learns nothing
#
# Here is a network of ten fully connected layers with ReLU between them, and 1,442 handwritten
# digits to learn from. Nothing is wrong with the network, the data or the gradients. The weights
# are just ten times smaller at the start than they should be.
#
# *Predict:* what does the loss do in 250 steps? (With ten classes, pure guessing costs
# $\log 10 \approx 2.3$.)

# %%
digits = load_digits()
x_train, x_test = (x.reshape(len(x), -1).astype(float) for x in (digits.x_train, digits.x_test))
y_train, y_test = digits.y_train, digits.y_test
deep = [64, *[32] * 9, 10]  # 64 pixels, nine layers of 32, ten scores

losses = train(Network(deep, scale=0.1), x_train, y_train, steps=250, lr=0.1)
plots.bands("loss", "step", plain=[losses])

# %% [markdown]
# Flat. By the end you will put one layer of your own between the others, leave all else as it is,
# and see it learn.
#
# ## 1. Why scale matters
#
# A layer multiplies by weights and adds up. If that makes its numbers half as large, ten layers
# make them a thousand times smaller; if it doubles them, a thousand times larger. Let us look:
# 500 random rows go through six layers of 100 neurons with tanh. Each row of pictures has another
# size of weights, and each picture is the histogram of one layer's output, layer 1 on the left.
#
# *Predict:* which of the three rows is a healthy network?

# %%
rng = np.random.default_rng(0)
rows = rng.normal(size=(500, 100))


def layers_of(size, normalize=lambda x: x):
    """The outputs of six tanh layers, whose weights have this standard deviation."""
    rng, x, outputs = np.random.default_rng(1), rows, []
    for _ in range(6):
        w = rng.normal(scale=size, size=(100, 100))
        x = np.tanh(normalize(x @ w.T))
        outputs.append(x)
    return outputs


plots.histograms({f"weights {size}": layers_of(size) for size in (0.03, 0.1, 0.5)}, limit=1)

# %% [markdown]
# - **0.03**: the numbers die out. The gradient of a weight is "gradient from above times input", so
#   where the input is nearly zero, the weight hardly learns.
# - **0.5**: the numbers pile up at −1 and 1, where tanh is flat. Its slope is nearly zero there, and
#   so is every gradient that passes.
# - **0.1**: fine. It is $1 / \sqrt{100}$, for 100 inputs: a careful choice of the first weights
#   (Glorot and Bengio [3], He and others [4]). But nobody promises that it stays fine once the
#   weights begin to move.
#
# ## 2. The idea
#
# You want numbers with mean 0 and variance 1? **Then make them so** [1]. Take a batch of $N$ rows.
# For every feature, which is a column, compute the mean and the variance over the batch, and
# normalize:
#
# $$
# \mu = \frac{1}{N} \sum_i x_i \qquad
# \sigma^2 = \frac{1}{N} \sum_i (x_i - \mu)^2 \qquad
# \hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}
# $$
#
# The small $\varepsilon$, `eps`, is there so that nobody divides by zero when a feature happens to
# be constant. It stands under the root.
#
# Is mean 0 and variance 1 always best? Perhaps a layer would rather have larger numbers, or all of
# them positive. So it may **learn** a scale $\gamma$ and a shift $\beta$ for each feature:
#
# $$ \text{out}_i = \gamma \, \hat{x}_i + \beta $$
#
# *Predict:* which $\gamma$ and $\beta$ undo the normalization altogether?
#
# <details><summary>Answer</summary>
#
# The standard deviation and the mean: then out is x again. So the layer can still do everything
# that it could do without normalization. It only starts from a better place.
#
# </details>
#
# ### By hand
#
# One feature, a batch of four: $x = (1, 1, 5, 5)$. Let $\gamma = 3$, $\beta = 10$ and
# $\varepsilon = 0$. What are the first and the last number that come out?

# %% answer="normalize_a_column"
first, last = None, None
### BEGIN SOLUTION
first, last = 7, 13
### END SOLUTION

# %% check="normalize_a_column" points=1
checks.by_hand("normalize_a_column", first, last)

# %% [markdown]
# ## 3. One layer, two modes
#
# So far, what comes out for one image depends on the others in its batch. In training that is fine.
# But when your network is in use, somebody hands it **one** image and wants one answer, the same
# every time. A batch of one has no variance at all.
#
# So in training, the layer also keeps **running averages** of the means and the variances that it
# has seen. In evaluation it uses these, and nothing else:
#
# | | `training=True` | `training=False` |
# |---|---|---|
# | mean and variance | of this batch | the running averages |
# | running averages | move towards this batch | stay as they are |
# | an image's output | depends on its batch | depends on the image alone |
#
# With every training batch the averages take a small step, of the size `momentum`:
#
# $$ \text{running} \leftarrow (1 - \text{momentum}) \cdot \text{running}
# + \text{momentum} \cdot \text{batch} $$
#
# This is PyTorch's convention: 0.1 means that a tenth of the new batch comes in. (Other libraries
# call 0.9 what is 0.1 here.) And one subtlety, again as in PyTorch: the running variance takes the
# **unbiased** variance of the batch, where the sum of squares is divided by $N - 1$. It stands for
# all images, not for this batch. To normalize the batch itself, divide by $N$.
#
# The Stanford lecture says of the two modes: "This is a very common source of bugs!" [2]
#
# ### By hand
#
# The running mean is 0 and the running variance 1. A training batch comes: $x = (1, 1, 5, 1)$. With
# momentum 0.1, what are the running mean and the running variance afterwards?

# %% answer="running_averages"
mean_after, var_after = None, None
### BEGIN SOLUTION
mean_after, var_after = 0.2, 1.3
### END SOLUTION

# %% check="running_averages" points=1
checks.by_hand("running_averages", mean_after, var_after)

# %% [markdown]
# ## 4. Images: one mean per channel
#
# A convolution asks the same question everywhere. Its map is one feature, seen at many places, so
# all places should be treated alike: for `(N, C, H, W)` there is **one mean and one variance per
# channel**, over the images, the rows and the columns together. PyTorch calls it `BatchNorm2d`;
# *spatial* batch norm is another name.
#
# | input | the mean runs over | `gamma`, `beta` and running averages |
# |---|---|---|
# | rows `(N, C)` | axis 0 | `(C,)` |
# | images `(N, C, H, W)` | axes 0, 2, 3 | `(C,)` |
#
# A helper gives you these axes, and the shape in which one number per channel spreads over x:

# %%
for x in (np.zeros((8, 3)), np.zeros((8, 3, 5, 6))):
    axes, shape = channel_axes(x)
    print(f"x {str(x.shape):<13} axes {str(axes):<10} shape {shape}")

# %% [markdown]
# ### By hand
#
# A batch of 32 images, 64 channels, 28 x 28 pixels. How many means does batch norm compute? How
# many numbers go into each of them? And how many numbers does the layer learn?

# %% answer="numbers_per_channel"
means, numbers_in_each, learned = None, None, None
### BEGIN SOLUTION
means, numbers_in_each, learned = 64, 25088, 128
### END SOLUTION

# %% check="numbers_per_channel" points=1
checks.by_hand("numbers_per_channel", means, numbers_in_each, learned)

# %% [markdown]
# ## 5. Your turn: forward
#
# `axes` and `shape` are given. A good way:
#
# 1. The training branch first. `x.mean(axis=axes)` has the shape `(C,)`; put it in `shape` before
#    it meets x. Check: that is worth three points.
# 2. The running averages. Don't change the arrays that you were given: make new ones. NumPy's `var`
#    divides by $N$; with `ddof=1` it divides by $N - 1$.
# 3. Evaluation: two lines, and then the same formula.
#
# For the backward pass, leave x minus its mean in `centred`, and the root in `std`.

# %% exercise="cs_cnn.normalization:batch_norm_forward"

# %% check="batch_norm_forward" points=10
checks.batch_norm_forward(batch_norm_forward)

# %% [markdown]
# ### Reward: every layer healthy
#
# The three sick and healthy networks of section 1 once more, with your layer before each tanh. All
# else is the same, down to the weights.
#
# *Predict:* what will the three rows look like now?

# %%
one, zero = np.ones(100), np.zeros(100)


def normalize(x):
    """Your batch norm in training, with gamma 1 and beta 0."""
    return batch_norm_forward(x, one, zero, zero, one)[0]


plots.histograms({f"weights {size}": layers_of(size, normalize) for size in (0.03, 0.1, 0.5)}, limit=1)

# %% [markdown]
# All alike. The scale of the weights does not matter any more: multiply them by ten, and the
# numbers become ten times larger, and so does their standard deviation, and the division takes it
# away again.
#
# And the answer to the question of section 2, measured:

# %%
x = rng.normal(loc=[5, -3, 100], scale=[0.1, 4, 30], size=(200, 3))
keep_std, keep_mean = np.sqrt(x.var(axis=0) + 1e-5), x.mean(axis=0)
out, *_ = batch_norm_forward(x, keep_std, keep_mean, np.zeros(3), np.ones(3))
print("largest difference between out and x:", np.abs(out - x).max())

# %% [markdown]
# ### The bug that everybody makes once
#
# The same image, in the company of two different batches, in both modes. (The running averages are
# learned from 100 batches first.)
#
# *Predict:* which numbers change with the company?

# %%
one, zero = np.ones(64), np.zeros(64)
average_mean, average_var = zero, one
for _ in range(100):
    batch = x_train[rng.choice(len(x_train), 32)]
    _, _, average_mean, average_var = batch_norm_forward(batch, one, zero, average_mean, average_var)

image = x_train[:1]
for training in (True, False):
    for company in (x_train[1:8], x_train[8:15]):
        batch = np.concatenate([image, company])
        out, *_ = batch_norm_forward(batch, one, zero, average_mean, average_var, training)
        print(f"training={training!s:<6} pixels 10 to 13 of the image:", out[0, 10:14].round(3))

try:
    batch_norm_forward(image, one, zero, average_mean, average_var)
except ValueError as error:
    print(error)

# %% [markdown]
# In evaluation mode the company has no say. Forget to switch, in PyTorch with `model.eval()`, and
# your network's answer about a cat depends on the dogs beside it; and alone, it has no answer.
#
# ## 6. Backward, step by step
#
# Now the gradient. In training $\mu$ and $\sigma$ are made of the $x_i$ themselves: nudge one
# number, and the mean moves, and the variance moves, and with them *every* output of the channel.
# This looks frightening, but it is a graph of six small steps, and you know the slope of each. With
# $M$ numbers per channel:
#
# | step | forward | backward |
# |---|---|---|
# | 1 | mean = sum of x / M | each x gets dmean / M |
# | 2 | centred = x − mean | x gets dcentred; the mean gets **minus the sum** of dcentred |
# | 3 | var = sum of centred² / M | each centred gets 2 · centred · dvar / M |
# | 4 | std = √(var + eps) | var gets dstd / (2 · std) |
# | 5 | x_hat = centred / std | centred gets dx_hat / std; std gets **minus the sum** of dx_hat · centred / std² |
# | 6 | out = gamma · x_hat + beta | dbeta, dgamma and dx_hat: like a linear layer |
#
# Go through it **from the bottom to the top**. Two rules, and nothing else:
#
# - A number that was used by many (mean, std, gamma, beta: one for the whole channel) collects a
#   **sum**.
# - A number that was used twice collects from both. `centred` went into step 5 and into step 3; x
#   went into step 2 and into step 1. There, **add**.
#
# In evaluation mean and std are constants: steps 1, 3 and 4 don't exist, and `dx` is what comes out
# of step 5.
#
# ### Write it
#
# `dout.sum(axis=axes)` gives one number per channel; with `keepdims=True` it keeps the shape that
# meets x. And M is not always the number of images: it is how many numbers share a mean.

# %% exercise="cs_cnn.normalization:batch_norm_backward_graph"

# %% check="batch_norm_backward_graph" points=8
checks.batch_norm_backward_graph(batch_norm_backward_graph, batch_norm_forward)

# %% [markdown]
# Measure it, too, as you would in a project without an autograder: nudge every number of x, gamma
# and beta, and compare slopes.

# %%
x, dout = rng.normal(size=(3, 2, 2, 4)), rng.normal(size=(3, 2, 2, 4))
gamma, beta, start = rng.normal(size=2), rng.normal(size=2), (np.zeros(2), np.ones(2))
_, cache, *_ = batch_norm_forward(x, gamma, beta, *start)
dx, dgamma, dbeta = batch_norm_backward_graph(dout, cache)
check_gradient(lambda x: batch_norm_forward(x, gamma, beta, *start)[0], x, dx, dout, name="dx")
check_gradient(lambda g: batch_norm_forward(x, g, beta, *start)[0], gamma, dgamma, dout)
check_gradient(lambda b: batch_norm_forward(x, gamma, b, *start)[0], beta, dbeta, dout)
print(f"{x.size + gamma.size + beta.size} slopes measured, all as you said.")

# %% [markdown]
# ## 7. Backward, in one formula
#
# Put the steps into each other on paper, and most of it cancels. Write $g_i$ for dx_hat, which is
# $\gamma \, \text{dout}_i$. Step 5 and step 3 give dcentred:
#
# $$ \text{dcentred}_i = \frac{1}{\sigma} \Big( g_i - \hat{x}_i \, \frac{1}{M} \sum_j g_j \hat{x}_j
# \Big) $$
#
# Steps 2 and 1 subtract the mean of that. The $\hat{x}_j$ add up to zero, so only the $g_j$ are
# left in it:
#
# $$ \text{dx}_i = \frac{1}{\sigma} \Big( g_i - \frac{1}{M} \sum_j g_j - \hat{x}_i \, \frac{1}{M}
# \sum_j g_j \hat{x}_j \Big) $$
#
# The two sums are old friends, $\gamma \, d\beta$ and $\gamma \, d\gamma$:
#
# $$ \boxed{\; \text{dx}_i = \frac{\gamma}{M \sigma} \big( M \, \text{dout}_i - d\beta - \hat{x}_i \,
# d\gamma \big) \;} $$
#
# ### By hand
#
# $x = (1, 1, 5, 5)$ again, with $\varepsilon = 0$ and $\gamma = 2$. From above comes
# $\text{dout} = (4, 0, 0, 0)$. What are the first three numbers of `dx`?

# %% answer="one_gradient"
dx_0, dx_1, dx_2 = None, None, None
### BEGIN SOLUTION
dx_0, dx_1, dx_2 = 2, -2, 0
### END SOLUTION

# %% check="one_gradient" points=1
checks.by_hand("one_gradient", dx_0, dx_1, dx_2)

# %% [markdown]
# Only the first output mattered to the loss, and yet the second number has a gradient as large as
# the first. Batch norm makes the images of a batch depend on each other.
#
# ### Write it
#
# Same arguments, same results, half the lines.

# %% exercise="cs_cnn.normalization:batch_norm_backward"

# %% check="batch_norm_backward" points=5
checks.batch_norm_backward(batch_norm_backward, batch_norm_forward)

# %% [markdown]
# ### What the formula tells
#
# Look at the box again. From `dout` it takes away all that would shift the batch (the term with
# $d\beta$) and all that would stretch it (the term with $d\gamma$): neither can change the output.
#
# *Predict* three numbers: the sum of `dx` over a channel; the sum of `dx · x_hat`; and `dx` for a
# batch of **two** rows, where x_hat is always −1 and 1, whatever x is.

# %%
x, dout = rng.normal(size=(50, 3)), rng.normal(size=(50, 3))
gamma, beta, start = rng.normal(size=3), rng.normal(size=3), (np.zeros(3), np.ones(3))
_, cache, *_ = batch_norm_forward(x, gamma, beta, *start, eps=0)
dx, *_ = batch_norm_backward(dout, cache)
print("sum of dx           ", dx.sum(axis=0).round(12))
print("sum of dx * x_hat   ", (dx * (x - x.mean(axis=0)) / x.std(axis=0)).sum(axis=0).round(12))

_, cache, *_ = batch_norm_forward(x[:2], gamma, beta, *start, eps=0)
print("dx of a batch of two", batch_norm_backward(dout[:2], cache)[0].round(12).tolist())

# %% [markdown]
# All zero (a minus sign before a zero is rounding). With two rows nothing is left to learn from:
# keep that in mind for section 11.
#
# ## 8. Does it help? Four experiments
#
# The papers claim that batch norm makes deep networks easier to train, allows higher learning
# rates, forgives a bad start, and regularizes. Let us see, with your functions. Lines are means over
# three runs with different first weights and different batches; the bands go from the worst to the
# best of them.
#
# **First**, the network from the top, weights ten times too small, with your layer after every
# linear layer but the last.

# %%
batch_norm = (batch_norm_forward, batch_norm_backward)
seeds = range(3)


def losses_of(norm, scale=1.0, steps=250, lr=0.1, sizes=deep):
    """The losses of three runs, (runs, steps)."""
    networks = [Network(sizes, norm, scale, seed) for seed in seeds]
    return [train(n, x_train, y_train, steps, lr, seed=s) for s, n in enumerate(networks)]


plots.bands("loss", "step", batch_norm=losses_of(batch_norm, 0.1), plain=losses_of(None, 0.1))

# %% [markdown]
# Nothing but one layer has changed. **Easier to train: yes.**
#
# **Second**, learning rates. Six layers, with the weights that are right for ReLU, so that the plain
# network has its best chance; 150 steps at each learning rate. The height is the share of test
# digits that are read right.
#
# *Predict:* where does each of the two stop working?

# %%
rates = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
six = [64, *[32] * 5, 10]


def score(norm, seed, scale=1.0, lr=0.1, batch_size=64, steps=150):
    """Test accuracy of a network with six layers after a short training."""
    network = Network(six, norm, scale, seed)
    train(network, x_train, y_train, steps, lr, batch_size, seed)
    return accuracy(network, x_test, y_test)


plots.bands(
    "test accuracy",
    "learning rate",
    rates,
    batch_norm=[[score(batch_norm, s, lr=lr) for lr in rates] for s in seeds],
    plain=[[score(None, s, lr=lr) for lr in rates] for s in seeds],
)

# %% [markdown]
# The plain network has one good learning rate, 0.1; at 0.3 it depends on luck, and from 1 on it does
# no better than guessing. With batch norm everything from 0.1 to 3 works, and works better. Only 10
# is too much. **Higher learning rates: yes**, here by a factor of thirty.
#
# **Third**, the start. The same six layers, learning rate 0.1, and first weights that are up to 100
# times too small or 10 times too large.

# %%
scales = [0.01, 0.03, 0.1, 1, 3, 10]
plots.bands(
    "test accuracy",
    "size of the first weights (1 is right for ReLU)",
    scales,
    batch_norm=[[score(batch_norm, s, scale) for scale in scales] for s in seeds],
    plain=[[score(None, s, scale) for scale in scales] for s in seeds],
)

# %% [markdown]
# The plain network works at 1 and nowhere else. With batch norm all from 0.03 to 3 read more than
# 80 % right on average, and the two ends are slow but not dead. **Forgives a bad start: yes.** The
# next cell shows why large weights are slow.
#
# *Predict:* all weights before a batch norm are multiplied by 100. What happens to the output, and
# what happens to the gradient by these weights?

# %%
w, dout = rng.normal(size=(16, 64)), rng.normal(size=(64, 16))
one, zero = np.ones(16), np.zeros(16)
for factor in (1, 100):
    hidden, linear_cache = linear_forward(x_train[:64], factor * w)
    out, cache, *_ = batch_norm_forward(hidden, one, zero, zero, one)
    _, dw, _ = linear_backward(batch_norm_backward(dout, cache)[0], linear_cache)
    print(f"weights x {factor:<3}  out[0, :3] = {out[0, :3].round(4)}  size of dw = {np.linalg.norm(dw):.4f}")

# %% [markdown]
# The output stays, and the gradient becomes 100 times smaller: large weights take smaller steps,
# relative to their size, and can't run away. This is a good part of the reason why higher learning
# rates are safe.
#
# **Fourth**, regularization. Each image is seen in other company every time, so its numbers tremble
# a little, and a network that can't rely on the last digit of anything should overfit less. To give
# it something to overfit, train on 100 digits only.

# %%
def few(norm, seed):
    """Loss over the last 50 steps, and test accuracy, after training on 100 digits."""
    network = Network(six, norm, seed=seed)
    losses = train(network, x_train[:100], y_train[:100], 300, 0.1, 16, seed)
    return losses[-50:].mean(), accuracy(network, x_test, y_test)


for name, norm in {"batch norm": batch_norm, "plain": None}.items():
    loss, right = np.array([few(norm, seed) for seed in range(12)]).T
    print(f"{name:<10}  training loss {loss.mean():.4f}  ", end="")
    print(f"test accuracy {right.mean():.1%} ({right.min():.1%} to {right.max():.1%})")

# %% [markdown]
# The tremble is real: on the same 100 digits the training loss stays far higher, about twenty times,
# because the network can't learn a batch by heart that looks different each time. But on the test
# digits there is **no difference worth the name**: over twelve runs each, the means are next to each
# other and the ranges overlap almost entirely. **Regularizes: not here.** (The first five runs
# alone would have made it two points better; after eight, nothing was left of them. Be slow to
# believe in differences that are smaller than the spread.)
#
# **Why** does it work? The inventors said: because the input of a layer no longer shifts while
# the layers before it learn, the "internal covariate shift" [1]. Santurkar and others [5] added such
# shifts back on purpose, and it worked just as well; they found that the loss becomes smoother.
# That it works is beyond doubt; why it works, people still discuss.
#
# ## 9. In use, it costs nothing
#
# In evaluation everything but x is a constant: $\text{out} = \gamma \, (x - \mu) / \sigma + \beta$ is
# a straight line.
#
# ### By hand
#
# The running mean is 2 and the running variance 9; $\varepsilon = 0$, $\gamma = 6$ and
# $\beta = 1$. Write the layer as out = slope · x + shift.

# %% answer="a_line"
slope, shift = None, None
### BEGIN SOLUTION
slope, shift = 2, -3
### END SOLUTION

# %% check="a_line" points=1
checks.by_hand("a_line", slope, shift)

# %% [markdown]
# And a convolution just before it is linear, too. Two linear things in a row are one: multiply all
# weights of filter $f$ by the slope of channel $f$, and give it the bias that makes up for the rest.
# Then throw the batch norm away. Tools that prepare networks for phones do this.
#
# ### Write it
#
# The convolution gives $w \cdot \text{window} + b$. Put this in place of x in the line above, and
# sort: what multiplies the window is the new filter, all else is the new bias. Convolutions before a
# batch norm often have no bias (`b` is `None`). Why do they need none?
#
# <details><summary>Answer</summary>
#
# A bias is the same for all places of a channel, so the mean takes it away. beta does its work.
#
# </details>

# %% exercise="cs_cnn.normalization:fuse_batch_norm"

# %% check="fuse_batch_norm" points=4
checks.fuse_batch_norm(fuse_batch_norm)

# %% [markdown]
# ### Reward: two layers become one
#
# A photograph, four filters, and running averages as they come. Convolution and batch norm, one
# after the other, against one convolution with your weights.

# %%
photo = resize(load_sample_image("china.jpg")[:400, 120:520], (48, 48), anti_aliasing=True)
photo = photo.transpose(2, 0, 1)[None]
left, top = np.array([[-1, 0, 1]] * 3), np.array([[-1, 0, 1]] * 3).T
grey = np.stack([left, top, left + top, np.ones((3, 3))])
w = np.repeat(grey[:, None], 3, axis=1) / 9
gamma, beta = np.array([1, 0.5, 2, 1]), np.array([0, 0.1, -0.1, 0])

maps, _ = conv2d_forward(photo, w)
mean, var = maps.mean(axis=(0, 2, 3)), maps.var(axis=(0, 2, 3))
two, *_ = batch_norm_forward(maps, gamma, beta, mean, var, training=False)
one_layer, _ = conv2d_forward(photo, *fuse_batch_norm(w, None, gamma, beta, mean, var))

print("largest difference:", np.abs(two - one_layer).max())
names = ["vertical", "horizontal", "diagonal", "blur"]
plots.feature_maps(np.concatenate([two, one_layer]), names)

# %% [markdown]
# Above two layers, below one, and no difference but rounding.
#
# ## 10. Other axes: layer, instance and group norm
#
# Batch norm needs a batch. With two images on a small GPU, or a sentence at a time, its means are
# mostly noise. But who says that the mean must run over the batch? In the pictures below each row
# is an image, each column a channel, and each cell stands for all its pixels. Red cells share one
# mean and one variance.

# %%
share = np.zeros((4, 4, 6))  # kind, image, channel
share[0, :, 0] = share[1, 0, :] = share[2, 0, 0] = share[3, 0, :3] = 1
plots.filters(share, ["batch norm", "layer norm", "instance norm", "group norm"])

# %% [markdown]
# - **Layer norm** [6]: all channels of one image. It is in every transformer.
# - **Instance norm** [7]: one channel of one image. It comes from style transfer.
# - **Group norm** [8]: a few neighbouring channels of one image, something in between.
#
# None of the three looks at another image. So there are no running averages, no modes, and no bug
# to make. The rest is as before: subtract, divide, multiply by gamma, add beta.
#
# ### By hand
#
# A batch of shape (8, 6, 4, 5): 8 images, 6 channels, 4 x 5 pixels. How many means does each of the
# four compute, group norm with 3 groups?

# %% answer="how_many_means"
batch_means, layer_means, instance_means, group_means = None, None, None, None
### BEGIN SOLUTION
batch_means, layer_means, instance_means, group_means = 6, 8, 48, 24
### END SOLUTION

# %% check="how_many_means" points=1
checks.by_hand("how_many_means", batch_means, layer_means, instance_means, group_means)

# %% [markdown]
# ### Write it
#
# Write group norm, and you have the other two: one group is layer norm over (C, H, W), and a group
# for each channel is instance norm. The check asks for both.
#
# The trick is one `reshape`: neighbouring channels and their pixels lie side by side in memory, so
# `(N, C, H, W)` can be seen as `(N, num_groups, everything in a group)`. Normalize along the last
# axis, and go back to x's shape. gamma and beta have one number per **channel**, not per group.

# %% exercise="cs_cnn.normalization:group_norm_forward"

# %% check="group_norm_forward" points=5
checks.group_norm_forward(group_norm_forward)

# %% [markdown]
# The two ends, against the library's layer norm and instance norm, and a third fact: images stay
# strangers.

# %%
x = rng.normal(size=(5, 6, 4, 3))
one, zero = np.ones(6), np.zeros(6)
layer, _ = layer_norm_forward(x, np.ones((6, 4, 3)), np.zeros((6, 4, 3)))
instance, _ = instance_norm_forward(x, one, zero)
print("1 group  - layer norm:   ", np.abs(group_norm_forward(x, 1, one, zero)[0] - layer).max())
print("6 groups - instance norm:", np.abs(group_norm_forward(x, 6, one, zero)[0] - instance).max())
alone, together = group_norm_forward(x[:1], 3, one, zero)[0], group_norm_forward(x, 3, one, zero)[0]
print("alone    - in the batch: ", np.abs(alone - together[:1]).max())

# %% [markdown]
# ### Reward: the same place in any light
#
# The photograph, and again in fog and at night: less contrast, another brightness, another tint.
# With a group for each colour (instance norm), what is left of the difference?

# %%
fog = 0.3 * photo + np.array([0.5, 0.55, 0.6])[:, None, None]
night = photo * np.array([0.15, 0.15, 0.3])[:, None, None]
views = np.concatenate([photo, fog, night])
normal, _ = group_norm_forward(views, 3, np.full(3, 0.2), np.full(3, 0.5))
print("largest difference from day:", np.abs(normal - normal[:1]).max())
titles = ["day", "fog", "night", *["after your norm"] * 3]
plots.images(np.clip(np.concatenate([views, normal]), 0, 1), titles, columns=3)

# %% [markdown]
# Brightness, contrast and tint are a scale and a shift for each colour, and that is exactly what is
# taken away. (What
# is left is the work of eps, which is not quite nothing where the variance is small.)
#
# ### Backward
#
# The last function. It is batch norm's formula with other means, and one thing to watch: the channels
# of a group share a mean but not a gamma. So gamma can't wait in front of the bracket: multiply
# first, $g = \gamma \, \text{dout}$, then take the two means of each group:
#
# $$ \text{dx} = \frac{1}{\sigma} \Big( g - \text{mean}(g) - \hat{x} \, \text{mean}(g \, \hat{x})
# \Big) $$
#
# `dgamma` and `dbeta` are as in batch norm, one number per channel.

# %% exercise="cs_cnn.normalization:group_norm_backward"

# %% check="group_norm_backward" points=6
checks.group_norm_backward(group_norm_backward, group_norm_forward)

# %% [markdown]
# ## 11. The last experiment: small batches
#
# Six layers, 250 steps each, learning rate 0.03, batches from 2 to 32 digits, and now three
# networks: with batch norm, with group norm (4 groups of 8), and plain.
#
# *Predict:* which of them suffers most from small batches, and why is 2 a special case?

# %%
def four_groups(x, gamma, beta, running_mean, running_var, training):
    """Group norm, called like batch norm."""
    return (*group_norm_forward(x, 4, gamma, beta), running_mean, running_var)


sizes = [2, 4, 8, 32]
kinds = {
    "batch_norm": (batch_norm_forward, batch_norm_backward),
    "plain": None,
    "group_norm": (four_groups, group_norm_backward),
}
options = {"lr": 0.03, "steps": 250}
plots.bands(
    "test accuracy",
    "images in a batch",
    sizes,
    **{
        name: [[score(norm, s, batch_size=size, **options) for size in sizes] for s in seeds]
        for name, norm in kinds.items()
    },
)

# %% [markdown]
# All three do worse with small batches, if only because 250 steps of 2 digits are 500 digits in all.
# But batch norm falls off a cliff: with two digits it learns nothing, as you saw in section 7, and
# with four it is behind the others. From eight on it is ahead. Group norm knows no cliff, since it
# never looks at the batch. Here it is no better than the plain network with two or four digits, and
# better from eight on.
#
# On large images small batches are all that fits into memory, and there the difference counts: with
# two images in a batch, Wu and He [8] report an error on ImageNet that is 10.6 % lower with group
# norm than with batch norm.
#
# ## What you have built
#
# - Batch norm with all that PyTorch's has: two modes, running averages, rows and images; and its
#   gradient twice, by patience and by thought.
# - A way to make it free: folded into the convolution before it.
# - Group norm, and with it layer norm and instance norm.
# - Evidence: what these layers do for training, and what they did not do here.
#
# If your batches are large, take batch norm. If they are small, take group norm; for sequences,
# layer norm. And when a network is good in training and bad in use, look at its mode first.
#
# ## References
#
# 1. S. Ioffe and C. Szegedy, [Batch normalization: accelerating deep network training by reducing
#    internal covariate shift](https://arxiv.org/abs/1502.03167), ICML 2015.
# 2. F.-F. Li, J. Johnson and S. Yeung, Training Neural Networks, part 1, a lecture of Stanford's
#    CS231n, 2019. Sections 1 to 5 and 10 follow its order.
#    [Notes](https://cs231n.github.io/neural-networks-2/) of the course.
# 3. X. Glorot and Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#    networks](https://proceedings.mlr.press/v9/glorot10a.html), AISTATS 2010.
# 4. K. He, X. Zhang, S. Ren and J. Sun, [Delving deep into
#    rectifiers](https://arxiv.org/abs/1502.01852), ICCV 2015.
# 5. S. Santurkar, D. Tsipras, A. Ilyas and A. Madry, [How does batch normalization help
#    optimization?](https://arxiv.org/abs/1805.11604), NeurIPS 2018.
# 6. J. L. Ba, J. R. Kiros and G. E. Hinton, [Layer normalization](https://arxiv.org/abs/1607.06450),
#    2016.
# 7. D. Ulyanov, A. Vedaldi and V. Lempitsky, [Instance normalization: the missing ingredient for
#    fast stylization](https://arxiv.org/abs/1607.08022), 2016.
# 8. Y. Wu and K. He, [Group normalization](https://arxiv.org/abs/1803.08494), ECCV 2018.
#
# The photograph is "china.jpg" of scikit-learn, by danielbuechele
# ([source](https://www.flickr.com/photos/danielbuechele/6061409035/), Creative Commons,
# attribution).
