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
# # 9 · Transfer learning: don't start from nothing
#
# A large network needs a large number of labelled images. You have two hundred. The way out is one
# of the most useful facts about deep learning: what a network has learned for one task is a good
# start for the next. In this notebook you find out how good, when, and when not.
#
# The lecture has a recipe and a table for it. You will not take its word for it: all four corners
# of the table, and training from scratch beside each, are run here, several times, and at the end
# you have a table of your own, with error bars.
#
# **Time:** 60 to 90 minutes. **You need:** notebook 7 (batch norm) and 8 (PyTorch).
#
# There are 37 points: 32 for five functions, 5 for five small questions by hand.
#
# Everything here runs without a network: a small network is trained on the spot, on images that
# the course draws. The last section uses photographs of ants and bees if you have them.

# %% locked="imports"
import copy

import numpy as np
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from cs_cnn import checks, data, plots, pretrained, transfer
from cs_cnn.features import hog
from cs_cnn.shapes import need_dims
from cs_cnn.transfer import Recipe, features, few

torch.set_num_threads(1)  # arrays as small as these gain nothing from more cores
threads = threadpool_limits(1)

# %% [markdown]
# ## What you will see at the end
#
# A network learns to tell six kinds of shape apart. It takes some seconds.

# %%
known, new = transfer.shapes()
source = transfer.network(len(known.class_names))
losses = transfer.train(source, known.x_train, known.y_train, 0.1, epochs=5, batch_size=64)
print(f"{transfer.accuracy(source, known.x_test, known.y_test):.1%} of the test images are right")
plots.curves("loss", training=losses)

# %% [markdown]
# Now it is shown shapes that it has **never seen**: rings, triangles, vertical stripes, dots. Its
# six scores are of no use for these. But what about the numbers *before* the scores?
#
# Below, the first image of each row asks a question: which of the 2,000 others are most like me?
# First by the pixels, then by the 64 numbers that go into the network's last layer.

# %%
stage4 = {
    "train": features(source, new.x_train, ["stage4"])["stage4"],
    "test": features(source, new.x_test, ["stage4"])["stage4"],
}
pixels = {"train": new.x_train.reshape(2000, -1), "test": new.x_test.reshape(800, -1)}
questions = [int(np.flatnonzero(new.y_test == k)[3]) for k in range(4)]
for title, numbers in (("pixels", pixels), ("the network's last features", stage4)):
    search = NearestNeighbors(n_neighbors=6, metric="cosine").fit(numbers["train"])
    found = search.kneighbors(numbers["test"], return_distance=False)
    right = np.mean(new.y_train[found] == new.y_test[:, None])
    print(f"nearest by {title}: {right:.0%} are of the same kind")
    rows = [np.concatenate([new.x_test[[q]], new.x_train[found[q]]]) for q in questions]
    display(plots.images(np.concatenate(rows), ["?", *[""] * 6] * 4, columns=7, size=1.2))

# %% [markdown]
# By the pixels, alike means: light and dark in the same places. By the features it means the *kind
# of shape*, although nobody has ever told this network what a ring is. That is the whole idea. The rest of
# the notebook is about using it well.
#
# ## 1. Two worlds
#
# Transfer is easy if the new task is like the old one, and hard if it isn't. So you get one of
# each:
#
# - **new shapes**: four kinds that the network has not seen, drawn in the same way. Very similar.
# - **sounds**: eight kinds of sound, a tenth of a second each, as pictures: time runs to the right,
#   pitch upwards. Grey, grainy, without any object. Very different.

# %%
sounds = transfer.sounds()
for world in (known, new, sounds):
    n_train, n_test = len(world.y_train), len(world.y_test)
    print(f"{world.name}: {n_train:,} images to train on, {n_test:,} to test on")
    first = [np.flatnonzero(world.y_train == k)[0] for k in range(len(world.class_names))]
    display(plots.images(world.x_train[first], list(world.class_names), columns=8))

# %% [markdown]
# ## 2. Very little data: freeze, and train a linear classifier on top
#
# This is the network: four **stages** and a **head**.
#
# ```
# image ─ stage1 ─ stage2 ─ stage3 ─ stage4 ─ average ─ head ─ scores
#           16       32       64       64        64
# ```
#
# A stage is a 3 x 3 convolution, a 2 x 2 maximum, batch norm and ReLU. The recipe for very little
# data [1]: throw the head away, keep all else as it is (**freeze** it), and train a new head. Since
# nothing else moves, the head is simply a linear classifier whose input are 64 **features**. Donahue
# and others called such features DeCAF [2]; Razavian and others found that with them a linear
# classifier beat much that had been designed by hand for one task after another, and called it an
# astounding baseline [3].
#
# ### By hand
#
# For the new shapes the head has 64 inputs and 4 classes. How many numbers are trained if only the
# head is? And how many more if stage 4 is trained too, a 3 x 3 convolution from 64 to 64 channels
# without biases, and its batch norm?

# %% answer="what_is_trained"
head, fourth_stage = None, None
### BEGIN SOLUTION
head, fourth_stage = 260, 36992
### END SOLUTION

# %% check="what_is_trained" points=1
checks.by_hand("what_is_trained", head, fourth_stage)

# %% [markdown]
# 260 numbers can be learned from 20 images. 37,000 hardly.
#
# ### Write it
#
# One step comes first. Features have different scales: some channels are always large, some nearly
# always 0, and a classifier with a penalty on its weights would hardly see the small ones. So every
# feature is brought to mean 0 and standard deviation 1.
#
# Whose mean? This is where many results have gone wrong. *Predict:* what may you use of the test
# set? About 3 lines.

# %% exercise="cs_cnn.transfer.by_hand:standardise"

# %% check="standardise" points=5
checks.standardise(standardise)

# %% [markdown]
# ### Reward: five images of each class
#
# A linear classifier is trained on 20 images, once on their pixels and once on their features, and
# tested on 800.
#
# *Predict:* guessing gets 25 % right. How many will these two?

# %%
rows = few(new, 5, seed=0)
for name, numbers in (("pixels", pixels), ("features", stage4)):
    x, x_test = standardise(numbers["train"][rows], numbers["test"])
    linear = LogisticRegression(max_iter=1000).fit(x, new.y_train[rows])
    print(f"{name:9} {linear.score(x_test, new.y_test):.1%}")

# %% [markdown]
# ### Write it
#
# Can it be done with even less? If the features of one kind lie close together, the kind is
# described by its **mean**, and nothing has to be trained at all: a new image belongs to the
# nearest mean. Snell and others call such a mean a prototype [4]. About 3 lines.

# %% exercise="cs_cnn.transfer.by_hand:nearest_mean"

# %% check="nearest_mean" points=5
checks.nearest_mean(nearest_mean)

# %% [markdown]
# ### Reward: learning from one example
#
# One image of each class, two, five ... the band shows five different draws.

# %%
sizes, lines = (1, 2, 5, 10, 20), {}
for name, numbers in (("pixels", pixels), ("features", stage4)):
    lines[name] = np.zeros((5, len(sizes)))
    for draw in range(5):
        for k, size in enumerate(sizes):
            rows = few(new, size, seed=draw)
            guesses = nearest_mean(numbers["train"][rows], new.y_train[rows], numbers["test"])
            lines[name][draw, k] = np.mean(guesses == new.y_test)
plots.bands("test accuracy", "images of each class", x=sizes, **lines)

# %% [markdown]
# A single example of each kind, no training: and with the features most of the answers are right.
# It is not the classifier that is clever. The work has been done before, by the network.
#
# ## 3. Which stage?
#
# The last stage is not always the best place to cut. Early stages find edges and textures, which
# serve any picture; late ones find what the *old* task needed [5]. A linear classifier on the
# features of each stage shows where the useful ones are: for the similar world and for the
# different one, with 50 images of each class. (`transfer.linear_probe` does what you did above: it
# standardises, trains a linear classifier, and gives its share of right answers.)
#
# *Predict:* two curves over the stages 1 to 4. Does each rise to the end?

# %%
stages = ["stage1", "stage2", "stage3", "stage4"]


def probes(model, world, per_class, stages, draws=3):
    """Test accuracy of linear classifiers on frozen features: an array (draws, stages)."""
    test, found = features(model, world.x_test[:400], stages), np.zeros((draws, len(stages)))
    for draw in range(draws):
        rows = few(world, per_class, seed=draw)
        train = features(model, world.x_train[rows], stages)
        for k, stage in enumerate(stages):
            labelled = train[stage], world.y_train[rows]
            found[draw, k] = transfer.linear_probe(*labelled, test[stage], world.y_test[:400])
    return found


by_stage = {
    "new_shapes": probes(source, new, 50, stages),
    "sounds": probes(source, sounds, 50, stages),
}
plots.bands("test accuracy", "stage", x=[1, 2, 3, 4], **by_stage)

# %% [markdown]
# For the similar world late stages are the best. For the different one the features get *worse*
# towards the end: the last stages have thrown away what the sounds would have needed. This is why
# the lecture says for its hardest corner, little and very different data: *try a linear classifier
# from different stages*.
#
# ## 4. Which network?
#
# When a better network won on ImageNet, many other tasks got better with it, just by taking its
# features: from AlexNet to VGG to ResNet, and measured since for sixteen networks and twelve data
# sets [6]. How much does the network matter here? Five ways to describe an image, each with a
# linear classifier on top and 20 images of each class:
#
# - histograms of edges (HOG, notebook 2), where nothing is learned;
# - our network with fresh weights, **untrained**;
# - a smaller one with two stages, trained on the same six shapes; and ours, with four;
# - **ResNet-20** of notebook 8, trained on 50,000 real photographs.
#
# *Predict:* which is best for the new shapes, and which for the sounds?

# %%
two_stages = transfer.network(len(known.class_names), widths=(16, 32))
transfer.train(two_stages, known.x_train, known.y_train, 0.1, epochs=5, batch_size=64)
networks = {
    "untrained": (transfer.network(len(known.class_names)), "stage4"),
    "2 stages": (two_stages, "stage2"),
    "4 stages": (source, "stage4"),
    "ResNet-20": (pretrained.load("resnet20", pretrained.BUNDLED), "layer3"),
}


def edges(world, per_class, draws=3):
    """Test accuracy of linear classifiers on histograms of edges: an array (draws, 1)."""
    train, test = (hog(x).reshape(len(x), -1) for x in (world.x_train, world.x_test[:400]))
    every = [few(world, per_class, seed=draw) for draw in range(draws)]
    y, y_test = world.y_train, world.y_test[:400]
    return np.array([[transfer.linear_probe(train[r], y[r], test, y_test)] for r in every])


kinds, described = ["HOG", *networks], {}
for world in (new, sounds):
    columns = [probes(model, world, 20, [stage]) for model, stage in networks.values()]
    described[world.name] = np.hstack([edges(world, 20), *columns])
    means = described[world.name].mean(axis=0)
    print(f"{world.name:11}", ", ".join(f"{k} {a:.0%}" for k, a in zip(kinds, means)))

# %% [markdown]
# Are such differences more than luck? Each number is a mean over three draws of the images, and the
# next three would give another mean. Before we draw bars we need to know how far they can be
# trusted.
#
# ### By hand
#
# Four seeds gave 93, 89, 89 and 89 % of the test images. What is the mean, what is the standard
# deviation (with $n - 1$ in the denominator), and what is the **standard error** of the mean, the
# standard deviation divided by $\sqrt{n}$?

# %% answer="four_seeds"
mean, deviation, error = None, None, None
### BEGIN SOLUTION
mean, deviation, error = 90, 2, 1
### END SOLUTION

# %% check="four_seeds" points=1
checks.by_hand("four_seeds", mean, deviation, error)

# %% [markdown]
# ### Write it
#
# The true mean, over all seeds that there could be, lies within $t$ standard errors of the one that
# you have measured, in 95 of 100 such experiments. For many runs $t$ is 1.96. For few it is larger,
# because the deviation itself is not known well: 3.18 for four runs, 4.30 for three, 12.7 for two.
# A brewer at Guinness worked it out and signed as *Student* [7]. About 2 lines.

# %% exercise="cs_cnn.transfer.by_hand:mean_and_interval"

# %% check="mean_and_interval" points=6
checks.mean_and_interval(mean_and_interval)

# %% [markdown]
# ### Reward: bars that say how far they can be trusted

# %%
plots.bars(
    "test accuracy",
    kinds,
    new_shapes=mean_and_interval(described["new shapes"]),
    sounds=mean_and_interval(described["sounds"]),
)

# %% [markdown]
# For the new shapes a trained network is worth far more than an untrained one, and four stages more
# than two. But the deepest of all, which has seen the most, does not win: what it has seen were
# photographs, and **what a network was trained on** counts as much as its size. Edges designed by
# hand do well too, because these shapes are little but edges.
#
# For the sounds it is the other way round: two stages are better than four, and even fresh weights
# do no worse than the deep networks that have learned to see something else.
#
# ## 5. More data: finetune
#
# With more images the frozen part can be set free: start from what it knows, and train on. That is
# **finetuning**. The lecture's rules [1]: first the last stages, then, with still more data, more
# of them; and with a lower learning rate than from scratch, because what is good should not be
# lost. Howard and Ruder go one step further and give every stage its own rate, the earlier the
# lower, since early stages are the most general [8].
#
# ### By hand
#
# The head learns with the rate 0.1, and each earlier stage with half the rate of the next. What are
# the rates of the head and of stage 3?

# %% answer="rates_by_hand"
head_rate, stage3_rate = None, None
### BEGIN SOLUTION
head_rate, stage3_rate = 0.1, 0.025
### END SOLUTION

# %% check="rates_by_hand" points=1
checks.by_hand("rates_by_hand", head_rate, stage3_rate)

# %% [markdown]
# ### Write it
#
# An optimiser wants a rate for each *parameter*, and knows it by its name. These are the names that
# our network keeps; mind that some of them are not parameters.

# %%
for name, value in list(source.state_dict().items())[:6] + list(source.state_dict().items())[-3:]:
    print(f"{name:30} {tuple(value.shape)}")

# %% [markdown]
# About 6 lines. `dict.fromkeys(names)` drops repetitions and keeps the order; `name.endswith` takes
# a tuple of endings.

# %% exercise="cs_cnn.transfer.by_hand:learning_rates"

# %% check="learning_rates" points=8
checks.learning_rates(learning_rates)

# %% [markdown]
# ### Reward: the same network, the same images, other rates
#
# Your rates finetune all stages on 5 images of each class: once with one rate for all, once with
# 0.4 times the rate at each stage further from the head.
#
# *Predict:* which of the two is better, and why?

# %%
names = transfer.state_names(source)
for factor in (1.0, 0.4):
    rates = learning_rates(names, base=0.05, factor=factor)
    shown = ", ".join(f"{rates[name]:.4f}" for name in names if name.endswith("0.weight"))
    scores = []
    for seed in range(5):
        rows = few(new, 5, seed)
        model = transfer.new_head(source, 4, seed)
        transfer.train(model, new.x_train[rows], new.y_train[rows], rates, epochs=60, seed=seed)
        scores.append(transfer.accuracy(model, new.x_test, new.y_test))
    print(f"rates of the stages {shown}: right are {np.mean(scores):.1%} on average,")
    print("   each time", ", ".join(f"{score:.1%}" for score in scores))

# %% [markdown]
# ### Write it
#
# And what does the optimiser do with a rate of 0? The step itself is momentum, which you know from
# notebook 2. New is what must *not* happen: a frozen parameter must not move, not decay, and not
# gather velocity for the day when it is set free. About 6 lines.

# %% exercise="cs_cnn.transfer.by_hand:finetune_step"

# %% check="finetune_step" points=8
checks.finetune_step(finetune_step)

# %% [markdown]
# ### Reward: twins
#
# Ten steps by your function beside ten by PyTorch's optimiser, on the last two stages of the
# network: they agree to rounding, and the frozen stages have not moved at all.

# %%
def gradients_of(model, x, y):
    """The gradient by every parameter, by name, as arrays."""
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    return {name: p.grad.numpy().copy() for name, p in model.named_parameters()}


rates = learning_rates(names, base=0.05, factor=0.4, trained=2)
mine, theirs = (transfer.new_head(source, 4, seed=0).eval() for _ in range(2))
groups = [{"params": [p], "lr": rates[name]} for name, p in theirs.named_parameters() if rates[name]]
optimizer = torch.optim.SGD(groups, momentum=0.9, weight_decay=1e-4)
params = {name: p.detach().numpy().copy() for name, p in mine.named_parameters()}
velocity = {name: np.zeros_like(p) for name, p in params.items()}
x, y = transfer.tensor(new.x_train[:20]), torch.tensor(new.y_train[:20])
for step in range(10):
    gradients_of(theirs, x, y)
    optimizer.step()
    gradients = gradients_of(mine, x, y)
    params, velocity = finetune_step(params, gradients, velocity, rates, decay=1e-4)
    mine.load_state_dict({n: torch.tensor(p) for n, p in params.items()}, strict=False)

before = dict(source.named_parameters())
for name, p in theirs.named_parameters():
    if name.endswith("0.weight"):
        apart = np.abs(params[name] - p.detach().numpy()).max()
        moved = np.abs(params[name] - before[name].detach().numpy()).max()
        print(f"{name}: {apart:.1e} from PyTorch's, {moved:.1e} from where it began")

# %% [markdown]
# ## 6. A trap: frozen is not frozen
#
# Batch norm keeps running averages, and they are not moved by gradients. They move whenever the
# network runs in training mode. So: freeze every weight, run a few batches of the new task in
# training mode, and look at the *old* task.
#
# ### By hand
#
# A running mean is 10. Two batches whose mean is 0 pass in training mode, with PyTorch's momentum
# of 0.1. What is the running mean after the first and after the second?

# %% answer="drifting_average"
after_one, after_two = None, None
### BEGIN SOLUTION
after_one, after_two = 9, 8.1
### END SOLUTION

# %% check="drifting_average" points=1
checks.by_hand("drifting_average", after_one, after_two)

# %% [markdown]
# *Predict:* the network has nearly all of the known shapes right. How many after 50 batches of
# sounds, if no weight changes?

# %%
drifted = copy.deepcopy(source)
drifted.train()
before = {name: p.clone() for name, p in drifted.named_parameters()}
print(f"before           {transfer.accuracy(drifted, known.x_test, known.y_test):.1%}")
for batch, part in enumerate(transfer.tensor(sounds.x_train).split(32), 1):
    drifted.train()
    with torch.no_grad():
        drifted(part)
    if batch in (1, 5, 10, 20, 50):
        right = transfer.accuracy(drifted, known.x_test, known.y_test)
        print(f"after {batch:2} batches {right:.1%}")
print("no weight moved:", all(torch.equal(p, before[n]) for n, p in drifted.named_parameters()))

# %% [markdown]
# Nothing was trained, and the network has lost much of what it knew. Frozen stages belong in evaluation
# mode: `model.stage1.eval()`. There is a second reason to be strict about it. A part that is
# really frozen gives the same output for the same image every time, so it needs to see each image
# only *once*.
#
# ### By hand
#
# The last stage and the head are trained for 50 epochs on 100 images. How many images pass through
# the frozen stages if their output is computed anew in every epoch? And if it is kept?

# %% answer="frozen_passes"
anew, kept = None, None
### BEGIN SOLUTION
anew, kept = 5000, 100
### END SOLUTION

# %% check="frozen_passes" points=1
checks.by_hand("frozen_passes", anew, kept)

# %% [markdown]
# `transfer.train` does just that: it finds the first stage with a learning rate, runs all before it
# once, and trains the rest.
#
# ## 7. The lecture's table
#
# |                             | very similar data            | very different data                |
# |-----------------------------|------------------------------|------------------------------------|
# | **very little data**        | linear classifier on top     | you are in trouble: try linear classifiers from different stages |
# | **quite a lot of data**     | finetune a few layers        | finetune a larger number of layers |
#
# Now it is an experiment. Two worlds, 5 or 100 images of each class, and in each corner four
# recipes: from scratch; a linear classifier on the last stage; finetune the last stage; finetune
# all stages. (The head is always trained.) Each runs five times where the data is little, three
# times where it is a lot, and each time with other images, other first weights and another order.
#
# *Predict:* fill the four corners: which recipe wins, and by how much? Where does training from
# scratch win?

# %%
little, a_lot = (5, 60, 5), (100, 10, 3)  # images of each class, epochs, runs
corners = [(world, size) for world in (new, sounds) for size in (little, a_lot)]
table = []
for world, (per_class, epochs, runs) in corners:
    table.append(transfer.compare(source, world, per_class, epochs, seeds=runs))
    means, halves = mean_and_interval(table[-1])
    print(f"{world.name}, {per_class} of each class:")
    for name, m, h in zip(transfer.RECIPES, means, halves):
        print(f"    {name:18} {m:6.1%} ± {h:.1%}")

# %% [markdown]
# And this is **your** table:

# %%
means, halves = np.swapaxes([mean_and_interval(runs) for runs in table], 0, 1)
recipes = {name: (means[:, k], halves[:, k]) for k, name in enumerate(transfer.RECIPES)}
plots.bars(
    "test accuracy",
    [f"{world.name},\n{size[0]} of each class" for world, size in corners],
    chance=[1 / len(world.class_names) for world, _ in corners],
    **recipes,
)

# %% [markdown]
# Read it corner by corner.
#
# **Similar, little.** From scratch is hopeless; everything that starts from the trained network is
# far ahead. The lecture says: a linear classifier. The table agrees that little should be trained,
# though here the last stage may go along.
#
# **Similar, a lot.** All four are close, and finetuning a few layers is as good as any, as the
# lecture says. But 100 images of each class are enough to learn these shapes from nothing, too.
#
# **Different, little.** *You are in trouble*, says the lecture, and so you are: no recipe gets near
# what the similar world gave. A linear classifier on the last stage is the worst of all, and to
# start from nothing is no worse than anything else.
#
# **Different, a lot.** Of those that start from the trained network, the more stages are trained the
# better, just as the lecture says. But the best of all starts from scratch: what the network had
# learned was not only of little use here, it was in the way.
#
# ### Whose fault is it?
#
# Is it the old weights that hold finetuning back, or the low rates of the early stages? *Predict*,
# then let the table's last corner run again with one rate of 0.1 for all, as from scratch.

# %%
same_rate = Recipe(base=0.1, factor=1.0)
again = transfer.compare(source, sounds, 100, 10, recipes=[same_rate])
(m,), (h,) = mean_and_interval(again)
print(f"all stages, one rate: {m:.1%} ± {h:.1%}")
print(f"from scratch:         {means[3, 0]:.1%} ± {halves[3, 0]:.1%}")

# %% [markdown]
# With the same rate finetuning catches up. Low rates protect what is good, and here they protected
# what was not. A recipe is a good first try, not a law.
#
# ## 8. Pre-training is not always needed
#
# In 2018 He, Girshick and Dollár trained detectors on COCO from scratch, and got the same accuracy as
# from ImageNet weights: it only took longer [9]. That was a surprise, since everyone had started
# from ImageNet for years. Here is the experiment in small: the new shapes with 100 images of each
# class, and more and more time.
#
# *Predict:* two curves over the epochs. Where do they meet?

# %%
budgets = (1, 3, 10, 20)
starts = {"from_scratch": transfer.RECIPES["from scratch"], "finetuned": transfer.RECIPES["all stages"]}
lines = {name: [] for name in starts}
for epochs in budgets:
    scores = transfer.compare(source, new, 100, epochs, recipes=starts.values())
    for k, name in enumerate(starts):
        lines[name].append(scores[:, k])
plots.bands("test accuracy", "epochs", x=budgets, **{n: np.transpose(v) for n, v in lines.items()})

# %% [markdown]
# One epoch of finetuning is worth several of training from scratch. But in the end they meet.
# Pre-training saves time, and with little data it saves the day. With enough of both, you may begin
# with nothing.
#
# ## 9. For real: ants and bees
#
# The most copied example of transfer learning: 245 photographs to learn ants from bees, and 153 to
# test. The network is SqueezeNet, trained on ImageNet's 1.2 million photographs (notebook 8). It
# stays frozen. From every photograph it gives 512 averaged maps of its last Fire module and 1000
# averaged scores; the rest is a linear classifier.
#
# Beside it: what it would be without. The same photographs by their edges (HOG), and by the features
# of our little ResNet-20, trained on ten kinds of things at 32 x 32 pixels.

# %%
weights = pretrained.find("squeezenet1_1")
try:
    photos, missing = data.load_hymenoptera(), ""
except data.DataError as reason:
    photos, missing = None, f"{reason}. "
if weights is None:
    missing += "SqueezeNet's weights are not here: python -c \"from cs_cnn import pretrained; "
    missing += "pretrained.fetch('squeezenet1_1')\""
print(missing or photos)

# %%
def shrunk(x, k):
    """Images with one pixel for every k x k."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k).mean(axis=(3, 5))


if not missing:
    squeezenet = pretrained.load("squeezenet1_1", weights)
    parts = ["features.4", "features.7", "features.10", "features.12", "classifier.1"]
    small = networks["ResNet-20"][0]
    seen = []
    for x in (photos.x_train, photos.x_test):
        found = features(squeezenet, x, parts)
        found["the last two together"] = np.hstack([found[part] for part in parts[-2:]])
        found["HOG"] = hog(shrunk(x, 4)).reshape(len(x), -1)
        found["ResNet-20"] = features(small, shrunk(x, 7), ["layer3"])["layer3"]
        seen.append(found)
    print("of the test photographs, a linear classifier names rightly")
    for kind in ("HOG", "ResNet-20", *parts, "the last two together"):
        x, x_test = standardise(seen[0][kind], seen[1][kind])
        linear = LogisticRegression(max_iter=2000).fit(x, photos.y_train)
        guesses = linear.predict(x_test)
        print(f"{linear.score(x_test, photos.y_test):6.1%}  by {kind} ({x.shape[1]} numbers)")
    certain = linear.predict_proba(x_test).max(axis=1)
    wrong = np.flatnonzero(guesses != photos.y_test)
    worst = wrong[np.argsort(-certain[wrong])][:8]
    titles = [f"{photos.class_names[guesses[n]]}, {certain[n]:.0%}" for n in worst]
    display(plots.images(shrunk(photos.x_test[worst], 2), titles, columns=8))

# %% [markdown]
# With the photographs at hand you see the whole story of this notebook once more. Late stages are
# better than early ones, because bees and ants are very similar to what ImageNet asks for. They
# are far better than designed edges and than a small network that has seen only thumbnails. And
# training took a moment, because what is trained is a linear classifier. The photographs below
# the numbers are those that it got wrong while being most certain.
#
# ## What you have built
#
# - Features of a frozen network, scaled without a look at the test set, and a classifier that
#   learns from one example.
# - Learning rates by stage, and a step that leaves alone what is frozen.
# - Error bars, and with them a table of your own: when to freeze, when to finetune, when to start
#   from nothing.
#
# Next, **10**: what else a network can be made to do than to name an image.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [Training Neural Networks
#    II](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture08.pdf), lecture 8 of Stanford's
#    CS231n, 2019: the recipe and the table.
# 2. J. Donahue, Y. Jia, O. Vinyals, J. Hoffman, N. Zhang, E. Tzeng and T. Darrell, [DeCAF: a deep
#    convolutional activation feature for generic visual
#    recognition](https://arxiv.org/abs/1310.1531), ICML 2014.
# 3. A. S. Razavian, H. Azizpour, J. Sullivan and S. Carlsson, [CNN features off-the-shelf: an
#    astounding baseline for recognition](https://arxiv.org/abs/1403.6382), CVPR workshops 2014.
# 4. J. Snell, K. Swersky and R. Zemel, [Prototypical networks for few-shot
#    learning](https://arxiv.org/abs/1703.05175), NeurIPS 2017.
# 5. J. Yosinski, J. Clune, Y. Bengio and H. Lipson, [How transferable are features in deep neural
#    networks?](https://arxiv.org/abs/1411.1792), NeurIPS 2014.
# 6. S. Kornblith, J. Shlens and Q. V. Le, [Do better ImageNet models transfer
#    better?](https://arxiv.org/abs/1805.08974), CVPR 2019.
# 7. Student (W. S. Gosset), [The probable error of a mean](https://doi.org/10.2307/2331554),
#    Biometrika 6, 1908.
# 8. J. Howard and S. Ruder, [Universal language model fine-tuning for text
#    classification](https://arxiv.org/abs/1801.06146), ACL 2018.
# 9. K. He, R. Girshick and P. Dollár, [Rethinking ImageNet
#    pre-training](https://arxiv.org/abs/1811.08883), ICCV 2019.
#
# The photographs of ants and bees are those of S. Chilamkurthy's [tutorial on transfer
# learning](https://pytorch.org/tutorials/beginner/transfer_learning_tutorial.html) for PyTorch, a
# small part of ImageNet.
