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
# # 6 · Training a ConvNet
#
# You have layers. Now you make **networks** of them and **train** them: first weights of the right
# size, the chain rule through a whole network, a network written as one line of text, the loop, and
# what it takes to get from "it runs" to "it is good". At the end you steer a training by hand while
# it runs, and look inside.
#
# **Time:** 90 to 150 minutes. **You need:** notebook 4, and the optimisers of notebook 2.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below, as often as you like. It shows the first case that is not right, and if it
#    knows your mistake, calls it by its name.
#
# There are 35 points: 30 for six functions, 5 for five small questions by hand.

# %% locked="imports"
from dataclasses import replace

import numpy as np

from cs_cnn import checks, optim, plots
from cs_cnn.data import load_cifar10, load_colours, load_digits, load_mnist, status
from cs_cnn.gradient_check import check_gradient
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.network import (
    BatchNorm,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    layer_backward,
)
from cs_cnn.panel import Page, Panel
from cs_cnn.pattern import PatternError, build_network, parse
from cs_cnn.shapes import need_dims, need_shape
from cs_cnn.training import Trainer, accuracy, cosine, standardise

# %% [markdown]
# ## 1. Layers in a row
#
# So far a layer was a pair of functions. For a network it is handy to have it as an object that
# keeps its own weights. There is one class for each pair, with PyTorch's names and arguments, and
# `Sequential` puts them in a row.
#
# *Predict:* the network below gets images of 1 x 8 x 8. What are the shapes on the way, and why must
# the last layer have 128 inputs?

# %%
network = Sequential(
    [
        Conv2d(1, 8, kernel_size=3, padding=1),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(128, 10),
    ]
)
digits = standardise(load_digits())
scores = network.forward(digits.x_train[:5])
print(network)
for k, out in enumerate(network.outputs):
    print(f"after layer {k}: {out.shape}")
print("parameters:", {name: w.shape for name, w in network.params.items()})

# %% [markdown]
# Five images go in, five rows of ten **scores** come out, one score per class. `standardise` has
# given the pixels mean 0 and standard deviation 1. A parameter's name is the number of its layer and
# its own: "0.w", "0.b". All of them are float32, which is enough and twice as fast as float64.
#
# ## 2. The first weights
#
# They can't all be zero: then all filters of a layer would see the same, learn the same and stay
# the same forever. So they are random numbers. How large?
#
# Here is a row of eight fully connected layers with ReLU, 256 neurons each, and 500 random inputs.
# Each row of pictures has weights of another standard deviation; each picture shows how the numbers
# are spread after layers 2, 4, 6 and 8. (The numbers above are their standard deviations.)
#
# *Predict:* in which row can layer 8 still tell one input from another?

# %%
inputs = np.random.default_rng(0).standard_normal((500, 256))


def after_layers(std):
    """What comes out of layers 2, 4, 6 and 8, with weights of this standard deviation."""
    rng, x, outputs = np.random.default_rng(1), inputs, []
    for _ in range(8):
        x = np.maximum(x @ (rng.standard_normal((256, 256)) * std).T, 0)
        outputs.append(x)
    return outputs[1::2]


plots.histograms({f"weights {std}": after_layers(std) for std in (0.03, 0.09, 0.2)})

# %% [markdown]
# With 0.03 the numbers die out, with 0.2 they explode, and the gradients do the same on their way
# back. What is special about 0.09?
#
# A neuron adds up `fan_in` products of a weight and an input. Variances add up as well: the sum has
# `fan_in` times the variance of a weight (times the mean square of the inputs). To keep the scale,
# a weight should have the variance $1 / \text{fan\_in}$. Then comes ReLU, which sets half of the
# numbers to zero and with them half of the mean square. To make up for it, **double the variance**
# [1]:
#
# $$ \text{std} = \sqrt{\frac{2}{\text{fan\_in}}} $$
#
# That is Kaiming He's choice of 2015. For 256 inputs it is 0.088. Where no ReLU follows, as at the
# end of a network, the 2 becomes a 1. For a filter, `fan_in` counts all that it multiplies: its
# channels times its height times its width.
#
# ### By hand
#
# A convolution from 8 to 16 channels, kernel 6 x 6, with a ReLU behind it; and the last layer of a
# network, from 25 numbers to 10 scores. Which standard deviations? (Both are nice fractions; give
# them to six digits or as a fraction, `1 / 3`.)

# %% answer="first_weights"
std_convolution, std_last = None, None
### BEGIN SOLUTION
std_convolution, std_last = 1 / 12, 1 / 5
### END SOLUTION

# %% check="first_weights" points=1
checks.by_hand("first_weights", std_convolution, std_last)

# %% [markdown]
# ### Write it
#
# You get standard normal numbers in the shape of the weights and bring them to the right size.
# (They are given so that your result can be compared; the network draws them.)

# %% exercise="cs_cnn.network.functions:kaiming_normal"

# %% check="kaiming_normal" points=4
checks.kaiming_normal(kaiming_normal)

# %% [markdown]
# ### Reward: forty layers deep
#
# With your weights, does the size hold out for forty layers? And with a size that is wrong by only
# a quarter?

# %%
sizes = {}
for factor in (0.75, 1, 1.25):
    rng, x = np.random.default_rng(2), inputs
    spread = [x.std()]
    for _ in range(40):
        x = np.maximum(x @ (factor * kaiming_normal(rng.standard_normal((256, 256)))).T, 0)
        spread.append(np.sqrt(np.mean(x**2)))
    sizes[f"{factor} of your size"] = np.log10(spread)
plots.curves("log10 of the size", "layer", **sizes)

# %% [markdown]
# ## 3. All the way back
#
# Forward, each layer takes what the one before it put out, and leaves a **cache**. Backward, each
# layer takes the gradient by what it put out, and gives the gradient by what came in, which is what
# the layer before it put out. So the gradient goes from hand to hand, from the last layer to the
# first:
#
# $$
# \frac{\partial L}{\partial \text{scores}}
# \;\rightarrow\; \text{layer 4} \;\rightarrow\; \text{layer 3} \;\rightarrow\; \cdots
# \;\rightarrow\; \text{layer 0}
# $$
#
# and on its way every layer with weights keeps the gradient by them. That is all of
# back-propagation.
#
# `network.caches` is a list of pairs `(kind, cache)`, one per layer. `layer_backward` takes one step
# for you: it picks the right function by the kind.

# %%
scores = network.forward(digits.x_train[:5], training=True)
loss, dscores = softmax_cross_entropy(scores, digits.y_train[:5])
print([kind for kind, _ in network.caches])
kind, cache = network.caches[-1]
dx, grads_of_layer = layer_backward(kind, dscores, cache)
print("the last layer:", kind, " dx", dx.shape, {n: g.shape for n, g in grads_of_layer.items()})

# %% [markdown]
# ### Write it
#
# Collect two lists with one entry per layer, **in the order of the layers**: `douts`, the gradient by
# what each layer put out (we want to look at those later), and `grads`, what `layer_backward` gives
# as its second result.

# %% exercise="cs_cnn.network.functions:chain_backward"

# %% check="chain_backward" points=8
checks.chain_backward(chain_backward)

# %% [markdown]
# ### Reward: the slopes of a whole network
#
# A tiny network in float64, and every single one of its parameters measured: nudge it, and see what
# the loss does. If this holds, all layers and your chain are right together.

# %%
tiny = Sequential([Conv2d(1, 2, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(18, 10)])
tiny.update({name: w.astype(np.float64) for name, w in tiny.params.items()})
x, y = digits.x_train[:4].astype(np.float64), digits.y_train[:4]


def loss_with(name, w):
    """The loss if the parameter `name` were w."""
    before = tiny.params[name]
    tiny.update({name: w})
    loss, _ = softmax_cross_entropy(tiny.forward(x), y)
    tiny.update({name: before})
    return loss


_, dscores = softmax_cross_entropy(tiny.forward(x), y)
_, grads = chain_backward(dscores, tiny.caches)
for k, of_layer in enumerate(grads):
    for name, gradient in of_layer.items():
        full = f"{k}.{name}"
        check_gradient(lambda w: loss_with(full, w), tiny.params[full], gradient, name=full)
print(f"{sum(w.size for w in tiny.params.values())} slopes measured, all as you said.")

# %% [markdown]
# ## 4. A network in one line
#
# Most ConvNets are built like this [2]:
#
# `[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX`
#
# N convolutions with ReLU, perhaps a pooling; that M times; then K fully connected layers, and
# at the end the class scores with softmax. In words: look at small things, step back, look again,
# and decide at the end. N is up to about 5, M is large, K is 0 to 2.
#
# Here this line is not a drawing but a **program**: `build_network` reads it and builds the network.
# In this course CONV keeps height and width, POOL is 2 x 2 and halves them, and after every POOL
# there are twice as many filters. SOFTMAX is a fully connected layer to the scores.
#
# ### By hand
#
# `[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1,SOFTMAX` gets images of 3 x 32 x 32. How many CONV and how many
# POOL layers does it have, and what are the height and the width before the first FC?

# %% answer="pattern_layers"
convolutions, pools, height, width = None, None, None, None
### BEGIN SOLUTION
convolutions, pools, height, width = 6, 3, 4, 4
### END SOLUTION

# %% check="pattern_layers" points=1
checks.by_hand("pattern_layers", convolutions, pools, height, width)

# %% [markdown]
# Reading the text, letter by letter, is done by `parse`. It gives lists of pairs
# `(item, times)`, where an item is a word or another such list:

# %%
parse("[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1,SOFTMAX")

# %% [markdown]
# ### Write it
#
# Write out all the repetitions, as one flat list of words. A list in a list is the same problem
# again, only smaller, and you are just writing a function that solves it.

# %% exercise="cs_cnn.pattern:expand"

# %% check="expand" points=3
checks.expand(expand)

# %% [markdown]
# ### Reward: the lecture's line runs
#
# The very line from above, with numbers for its letters. (`optional` says whether to keep what
# carries a question mark.)

# %%
line = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX"
print(" ".join(expand(parse(line, N=2, M=2, K=1))))
build_network(line, input_shape=(3, 32, 32), classes=10, N=2, M=2, K=1)

# %% [markdown]
# A language needs good error messages. *Predict:* what is wrong with each of these?

# %%
for wrong in (
    "[(CONV-RELU*2-POOL]*2,SOFTMAX",
    "CONV-RELU-POOL",
    "[CONV-RELU]*M,SOFTMAX",
    "FC-RELU-CONV,SOFTMAX",
    "[CONV-RELU-POOL]*4,SOFTMAX",
):
    try:
        build_network(wrong, input_shape=(1, 8, 8), classes=10)
    except PatternError as error:
        print(error, end="\n\n")

# %% [markdown]
# ## 5. One step
#
# ### By hand: before the first step
#
# A network that knows nothing gives about the same probability to each of ten classes. What is its
# loss, the mean of −log(probability of the right class)? One digit after the point will do, if it
# is the right one: give `2.7` for 2.7183.

# %% answer="first_loss"
loss_at_the_start = None
### BEGIN SOLUTION
loss_at_the_start = 2.3
### END SOLUTION

# %% check="first_loss" points=1
checks.by_hand("first_loss", loss_at_the_start)

# %% [markdown]
# **Look at this number first whenever you train.** If it is far above 2.3, the network is sure of
# nonsense, and the first steps will go into making it less sure. *Predict:* a fresh network on all
# the digits; and what if its last weights are ten times smaller?

# %%
fresh = build_network("[CONV-RELU-POOL]*2,SOFTMAX", (1, 8, 8), classes=10, filters=8)
for factor in (1, 0.1):
    fresh.update({"7.w": np.float32(factor) * fresh.params["7.w"]})
    loss, _ = softmax_cross_entropy(fresh.predict(digits.x_train), digits.y_train)
    print(f"last weights times {factor}: loss {loss:.2f}")

# %% [markdown]
# Max pooling keeps the largest numbers only, so the scores are a little larger than Kaiming's rule
# would have them. That does no harm. A loss of 40 would.
#
# ### Two losses
#
# Of two networks that do equally well on the training images, we like the one with smaller weights
# better: it has less of an opinion about what it has not seen. So there is a second loss, the **L2
# loss**, and the network has to keep both small:
#
# $$ L = L_\text{classification} + \frac{\lambda}{2} \sum_k w_k^2 $$
#
# Its slope is $\lambda w_k$: each step takes a little off every weight, in proportion. Hence the
# name **weight decay** for $\lambda$. The ½ is there so that no 2 is left in the slope. Biases
# don't decay: they say where a threshold lies, not how strongly to react.
#
# ### By hand: one step
#
# A weight is 2, its gradient by the classification loss is 1. The weight decay is 0.1, the learning
# rate 0.1, no momentum. What is the gradient by both losses, and what is the weight after the step?

# %% answer="one_step"
gradient, weight = None, None
### BEGIN SOLUTION
gradient, weight = 1.2, 1.88
### END SOLUTION

# %% check="one_step" points=1
checks.by_hand("one_step", gradient, weight)

# %% [markdown]
# ### Write it
#
# `params` and `grads` are dicts with the same names, "0.w", "0.b" and so on. Give the L2 loss and a
# new dict of gradients.

# %% exercise="cs_cnn.training:with_weight_decay"

# %% check="with_weight_decay" points=5
checks.with_weight_decay(with_weight_decay)

# %% [markdown]
# ### The whole step
#
# This is training. Every line is something that you have written, here or in an earlier notebook:
# forward, loss, backward, decay, a step of the optimiser for each parameter.


# %%
def train_step(network, x, y, state, lr, momentum=0.9, weight_decay=1e-4):
    """One step of SGD with momentum on the images x with labels y; the loss before it."""
    scores = network.forward(x, training=True)
    loss, dscores = softmax_cross_entropy(scores, y)
    _, of_layers = chain_backward(dscores, network.caches)
    grads = {f"{k}.{name}": g for k, part in enumerate(of_layers) for name, g in part.items()}
    _, grads = with_weight_decay(network.params, grads, weight_decay)
    for name, w in network.params.items():
        w, state[name] = optim.momentum(w, grads[name], state.get(name), lr, momentum)
        network.update({name: w})
    return loss


x, y = digits.x_train[:20], digits.y_train[:20]
small = build_network("[CONV-RELU-POOL]*2,SOFTMAX", (1, 8, 8), classes=10, filters=8)
print(f"loss before: {train_step(small, x, y, {}, lr=0.02):.2f}")
print(f"loss after:  {softmax_cross_entropy(small.forward(x), y)[0]:.2f}")

# %% [markdown]
# ## 6. Overfit a few images first
#
# Before you wait an hour for a training: **take twenty images and learn them by heart.** Any network
# worth its name can. If the loss doesn't go to zero here, there is a mistake somewhere: in a
# gradient, in the labels, in the learning rate. Nothing else finds mistakes so quickly.
#
# Three learning rates, the same network, the same twenty digits. *Predict:* which curve belongs to
# which: 0.0001, 0.02 or 3?

# %%
curves = {}
for lr in (0.0001, 0.02, 3.0):
    small = build_network("[CONV-RELU-POOL]*2,SOFTMAX", (1, 8, 8), classes=10, filters=8)
    state = {}
    losses = [train_step(small, x, y, state, lr) for _ in range(60)]
    curves[f"learning rate {lr}"] = np.minimum(losses, 5)
    print(f"learning rate {lr}: {accuracy(small, x, y):.0%} of the twenty right")
plots.curves("loss (cut off at 5)", **curves)

# %% [markdown]
# - **Too small:** the curve falls, hardly. Ten or a hundred times more, please.
# - **Right:** down to zero in a few dozen steps. The network has learned twenty digits by heart.
# - **Too large:** it jumps out of the valley at once, and ends where nothing moves any more: all
#   ReLUs dead, the same scores for every image.
#
# And if the labels were wrong? A network can learn nonsense by heart just as well; so this test
# finds mistakes in the code, not in the data.
#
# ## 7. Real training
#
# Now all 1,442 digits. `Trainer` is your `train_step` with everything around it: it draws the
# batches, so that every image comes once before any comes twice; it keeps the curves; and it shows
# how far it is. `cosine` is a schedule for the learning rate: a short way up, then down along half
# a wave, so that the last steps are small and settle down [3].

# %%
plots.curves("share of the learning rate", cosine=[cosine(k, 300) for k in range(300)])

# %% [markdown]
# *Predict:* how many of the 355 test digits will it get wrong, and which?

# %%
network = build_network("[CONV-RELU-POOL]*2,SOFTMAX", (1, 8, 8), classes=10, filters=16)
trainer = Trainer(network, digits, lr=0.02, momentum=0.9, batch_size=32, weight_decay=1e-3)
trainer.run(10 * trainer.epoch(), schedule=cosine)
right = trainer.validate()
print(f"{right:.2%} of {len(digits.y_test)} digits that it never saw, right")

guesses = network.predict(digits.x_test).argmax(axis=1)
wrong = np.argsort(guesses == digits.y_test, kind="stable")[: max(1, sum(guesses != digits.y_test))]
titles = [f"{digits.y_test[k]}, read as {guesses[k]}" for k in wrong]
display(plots.curves("loss", loss=trainer.losses), plots.images(digits.x_test[wrong], titles))

# %% [markdown]
# ## 8. More images for nothing
#
# A digit that is moved by a pixel is still the same digit, and to the network it is a new image.
# So in every step, move every image a little, at random. This is **augmentation**. Photographs can
# also be mirrored: a cat that looks the other way is a cat.
#
# *Predict:* should digits be mirrored?
#
# <details><summary>Answer</summary>
#
# Not these: a mirrored 2 is no digit, and a 5 begins to look like a 2. What you may change depends on
# what the label means.
#
# </details>
#
# ### Write it
#
# The shifts and the flips are given, one for each image. First move, then mirror. Where the image
# has moved away from the edge, zeros come in.

# %% exercise="cs_cnn.augmentation:shift_and_flip"

# %% check="shift_and_flip" points=6
checks.shift_and_flip(shift_and_flip)

# %% [markdown]
# ### Reward: one picture, eight pictures

# %%
colours = load_colours(3000, 500)
rng = np.random.default_rng(3)
eight = np.repeat(colours.x_train[4:5], 8, axis=0)
moved = shift_and_flip(eight, rng.integers(-6, 7, (8, 2)), rng.random(8) < 0.5)
plots.images(moved)

# %% [markdown]
# What is it worth? Take only 100 digits to learn from, and test on digits that have been moved by up
# to a pixel, as they are in life. Once without augmentation, once with it; everything else is the
# same.
#
# *Predict:* how much better, and what happens to the accuracy on the training images?

# %%
few = replace(digits, x_train=digits.x_train[:100], y_train=digits.y_train[:100])
rng, n = np.random.default_rng(4), len(digits.x_test)
test = shift_and_flip(digits.x_test, rng.integers(-1, 2, (n, 2)), np.zeros(n, bool))
for shift in (0, 1):
    network = build_network("[CONV-RELU-POOL]*2,SOFTMAX", (1, 8, 8), classes=10, filters=16)
    trainer = Trainer(network, few, lr=0.02, batch_size=20, weight_decay=1e-3, shift=shift)
    trainer.run(300, schedule=cosine, bar=False)
    print(
        f"moved by up to {shift}: {np.mean(trainer.hits[-50:]):6.1%} of the training images, "
        f"{accuracy(network, test, digits.y_test):6.1%} of the moved test images"
    )

# %% [markdown]
# ## 9. Dropout
#
# Another way to keep a network from learning by heart: in every step, switch off half of the
# neurons of a layer at random [4]. No neuron can rely on a particular other one, so each has to be
# of use on its own.
#
# With half of the numbers gone, the next layer's sum is half as large. So what stays on is
# **divided by $1 - p$**, the share that stays. Then the mean is the same as without dropout, and in
# evaluation there is nothing to do at all: everything stays on.
#
# ### By hand
#
# $x = (1, 2, 4, 3)$, noise $= (0.1, 0.7, 0.9, 0.3)$ and $p = 0.6$. A number is switched off where its
# noise is below $p$. What comes out in training?

# %% answer="dropout_numbers"
out_0, out_1, out_2, out_3 = None, None, None, None
### BEGIN SOLUTION
out_0, out_1, out_2, out_3 = 0, 5, 10, 0
### END SOLUTION

# %% check="dropout_numbers" points=1
checks.by_hand("dropout_numbers", out_0, out_1, out_2, out_3)

# %% [markdown]
# ### Write it
#
# `mask` is what every number of x is multiplied by; the backward pass needs it. In evaluation it
# stays `None`. Mind the dtype: float32 in, float32 out.

# %% exercise="cs_cnn.network.functions:dropout_forward"

# %% check="dropout_forward" points=4
checks.dropout_forward(dropout_forward)

# %% [markdown]
# ### Reward: the mean stays
#
# A digit under dropout, four times, and the mean of a thousand times.

# %%
digit = load_digits().x_train[3:4]
rng = np.random.default_rng(0)
dropped = [dropout_forward(digit, rng.random(digit.shape), p=0.5)[0] for _ in range(1000)]
shown = np.concatenate([digit, *dropped[:4], np.mean(dropped, axis=0)[None, 0]])
plots.feature_maps(shown[:, 0], ["the digit", *["dropout"] * 4, "mean of 1,000"])

# %% [markdown]
# ## 10. MNIST
#
# 60,000 handwritten digits of 28 x 28 pixels, 10,000 to test: the classic [5]. With its two
# convolution layers, a network of a lecture gets **9,846 of the 10,000** right, after nine times
# through the training images. Yours gets past that in two, in plain NumPy.
#
# This cell needs the data. If `cs-cnn data fetch mnist` has been run on this machine, it trains for
# about a minute; otherwise the small digits take MNIST's place.

# %%
ready = {one.name for one in status() if one.state == "ready"}
big = standardise(load_mnist() if "mnist" in ready else load_digits())
epochs = 2 if "mnist" in ready else 10
print(big)

line = "[CONV-RELU-POOL]*2,SOFTMAX"
network = build_network(line, big.x_train.shape[1:], classes=10, filters=16, seed=1)
trainer = Trainer(network, big, lr=0.02, batch_size=64, weight_decay=1e-4)
trainer.run(epochs * trainer.epoch(), schedule=cosine)
right = trainer.validate()
print(f"{big.name}: {round(right * len(big.y_test)):,} of {len(big.y_test):,} right ({right:.2%})")

# %% [markdown]
# ## 11. What have they learned?
#
# ### A linear classifier: one template per class
#
# Take the network with no hidden layer at all. Each class has one weight per pixel, and its score
# is a dot product: how well does the image match this **template**? Here they are. Red asks for
# ink, blue asks for none.

# %%
linear = Sequential([Flatten(), Linear(64, 10)])
trainer = Trainer(linear, digits, lr=0.01, weight_decay=0.2)
trainer.run(400, schedule=cosine, bar=False)
print(f"linear: {trainer.validate():.1%}")
plots.filters(linear.params["1.w"].reshape(10, 8, 8), digits.class_names, columns=10)

# %% [markdown]
# Look at the 0: a ring of red, and blue in the hole, where no 0 has ink. One template per class has
# to do for every way to write it.
#
# ### Fully connected layers: many templates, each of the whole image
#
# With a hidden layer there are as many templates as hidden neurons, and a class is a vote of them.
# Each one still looks at the whole image.

# %%
mlp = build_network("FC-RELU,SOFTMAX", (1, 8, 8), classes=10, hidden=20)
trainer = Trainer(mlp, digits, lr=0.01, weight_decay=0.01)
trainer.run(600, schedule=cosine, bar=False)
print(f"one hidden layer: {trainer.validate():.1%}")
plots.filters(mlp.params["1.w"].reshape(20, 8, 8), columns=10)

# %% [markdown]
# ### Convolutions: edges and colours
#
# A filter sees a small window only, the same for all places. What is worth looking for in every
# window of a colour picture? Let us see what a network comes up with. Its first filters are 7 x 7
# and begin very small, so that what you see is what has been learned.
#
# *Predict:* the pictures below come in ten kinds: stripes, rings, stars... in random colours. What
# will the filters look like?

# %%
pictures = load_cifar10(5000, 1000) if "cifar10" in ready else colours
print(pictures)
plots.images(pictures.x_train[:8], [pictures.class_names[k] for k in pictures.y_train[:8]])

# %%
conv = Sequential(
    [
        Conv2d(3, 16, kernel_size=7, stride=2, padding=3),
        BatchNorm(16),
        ReLU(),
        MaxPool2d(2),
        Conv2d(16, 24, kernel_size=3, padding=1),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(24 * 16, 10),
    ]
)
conv.update({"0.w": 0.02 * conv.params["0.w"]})
trainer = Trainer(conv, standardise(pictures), lr=0.03, batch_size=64, weight_decay=0.01, flip=True)
trainer.run(200, schedule=cosine)
print(f"{pictures.name}: {trainer.validate():.1%} of the test images right")
w = conv.params["0.w"]
plots.filters(w / np.abs(w).max(axis=(1, 2, 3), keepdims=True))

# %% [markdown]
# Bars and **edges of some orientation**, and blobs of **one colour against another**: green against
# purple, yellow against blue. Nobody asked for them. Networks that are trained on millions of
# photographs find the same [6], and so did evolution: Hubel and Wiesel's cells like edges of one
# orientation, and the retina sends red against green and blue against yellow.
#
# ## 12. Look inside while it learns
#
# Now for the cockpit. In 2014 Andrej Karpathy's ConvNetJS trained a network in the browser, in
# front of your eyes [7]. Here is such a panel for your network.
#
# Press **start**; the same button pauses, and goes on. While it trains, it shows the loss, the
# accuracy, some random test images with the likeliest classes (green is right), and for the latest
# training image what every layer put out, the gradient by it, the weights and the gradient by them.
# Red is positive, blue is negative; where nothing is negative, black is zero. Drag the sliders while
# it runs. Some things to try:
#
# - a learning rate of 1. What dies first? Look at the activations of the last ReLU.
# - after a while, a learning rate ten times smaller. What does the loss do?
# - weight decay 0.3. What happens to the weights?
# - a batch size of 1: how does the curve look, and why?
# - adadelta, which finds its own step size (begin with learning rate 1).
# - **save** writes the whole network to a JSON file, **load** goes on from it: do this before you
#   break something.

# %%
network = build_network(line, big.x_train.shape[1:], classes=10, filters=8)
trainer = Trainer(network, big, lr=0.01, momentum=0.9, batch_size=20, weight_decay=1e-4)
Panel(trainer)

# %% [markdown]
# The training runs in a thread of its own, so the notebook stays free for you: go on and look at
# `trainer.losses[-5:]` while it trains.
#
# Where there are no widgets, or in a script, the same is done by hand: some steps, a change, some
# more steps, a look.

# %%
with trainer.lock:
    trainer.run(60, bar=False)
    trainer.change(lr=0.003, batch_size=50)
    trainer.run(20, bar=False)
    trainer.validate(200)
Page(trainer)

# %% [markdown]
# And the network as JSON, there and back:

# %%
text = network.to_json()
again = Sequential.from_json(text)
print(f"{len(text) / 1000:,.0f} kB, begins with", text[:120].replace("\n", ""))
print("same scores:", np.array_equal(again.predict(big.x_test[:9]), network.predict(big.x_test[:9])))

# %% [markdown]
# ## What you have built
#
# - First weights that keep the size of the numbers through forty layers.
# - Back-propagation through any row of layers, and a line of text that builds the row.
# - A training loop with weight decay, momentum, a schedule, augmentation and dropout.
# - Two habits: look at the first loss, and overfit a few images first.
# - A look inside: templates, edges, opposing colours.
#
# Deep networks are still hard to train. The next notebook, **07**, puts a layer between the layers
# that makes it easy.
#
# ## References
#
# 1. K. He, X. Zhang, S. Ren and J. Sun, [Delving deep into
#    rectifiers](https://arxiv.org/abs/1502.01852), ICCV 2015.
# 2. F.-F. Li, J. Johnson and S. Yeung, [Convolutional Neural
#    Networks](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture05.pdf), lecture 5 of
#    Stanford's CS231n, 2019.
# 3. I. Loshchilov and F. Hutter, [SGDR: stochastic gradient descent with warm
#    restarts](https://arxiv.org/abs/1608.03983), ICLR 2017.
# 4. N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, [Dropout: a simple
#    way to prevent neural networks from
#    overfitting](https://jmlr.org/papers/v15/srivastava14a.html), JMLR 2014.
# 5. Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document
#    recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# 6. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#    neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012: its first filters are
#    figure 3.
# 7. A. Karpathy, [ConvNetJS](https://cs.stanford.edu/people/karpathy/convnetjs/), 2014. Its demo
#    uses Adadelta: M. D. Zeiler, [ADADELTA](https://arxiv.org/abs/1212.5701), 2012.
