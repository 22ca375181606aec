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
# # 10 · ConvNets everywhere: the gallery
#
# "Fast-forward to today: ConvNets are everywhere", says the lecture [1], and shows a picture for
# each thing that they are used for. Here you rebuild the whole gallery. Every application is the
# smallest version that is still honest: it generates its own pictures, trains a small network in
# seconds, and is measured beside something simple that a sensible person would try first.
#
# What makes an application work is rarely the network. It is a way to ask: what does the network
# put out, and which number should become small? That part you write.
#
# **Time:** 2 to 3 hours; the sections don't depend on each other. **You need:** notebooks 4 and 8.
#
# There are 53 points: 48 for eleven functions, 5 for five small questions by hand.
#
# Everything runs offline on generated pictures. CIFAR-10 and the weights of SqueezeNet are used
# where they are on your disk, and the cells say so.

# %% locked="imports"
from collections import Counter

import numpy as np
from threadpoolctl import threadpool_limits

from cs_cnn import checks, gallery, plots
from cs_cnn.gallery import captioning, detection, faces, field_pictures, fields
from cs_cnn.gallery import inceptionism, pose, retrieval, segmentation, style, video
from cs_cnn.gallery.eye import Eye, photograph
from cs_cnn.gallery.scenes import CLASSES, scenes
from cs_cnn.shapes import need_dims, need_shape

threads = threadpool_limits(1)  # for small networks the threads would only wait for each other

# %% [markdown]
# One function does the rest: it generates the data of an application, trains its network, measures
# it on new pictures, and remembers what came out for the table at the end.

# %%
results = {}


def rebuild(name, **own):
    """Run an application of the gallery, with functions of your own, and print its result."""
    results[name] = gallery.run(name, **own)
    print(f"{name}: {results[name]}")
    return results[name].arrays


# %% [markdown]
# ## 1. Classification and retrieval
#
# A classifier gives a name. Take its last layer off, and what is left is more useful: a
# **feature vector** for every image. Two images whose vectors point the same way show the same kind
# of thing, even if not one pixel agrees. So whoever has a classifier has a search engine: that is
# how the lecture's second picture was made, with AlexNet's last features [2].
#
# Our images have ten kinds of shapes in random colours. The network is trained to name them. Then
# new images are searched: the first of each row is the question, the others are the five nearest.
#
# *Predict:* what do the nearest images in *pixels* have in common with the question?

# %%
searched = rebuild("retrieval")
print(f"the classifier names {searched['accuracy']:.0%} of the new images rightly")
for kind in ("pixels", "features"):
    rows = np.concatenate([[k, *searched[kind][k]] for k in range(3)])
    print(f"nearest in {kind}:")
    display(plots.images(searched["images"][rows], columns=6, size=1.1))

# %% [markdown]
# Pixels find the same light in the same place. Features find the same thing. With CIFAR-10 on your
# disk the next cell asks the same of real photographs, with the features of the course's own
# ResNet-20.

# %%
found = retrieval.photographs()
print(found or "CIFAR-10 is not here: cs-cnn data fetch cifar10")
if found:
    rows = np.concatenate([[k, *found.arrays["features"][k]] for k in range(3)])
    display(plots.images(found.arrays["images"][rows], columns=6, size=1.1))

# %% [markdown]
# ## 2. Detection
#
# What is in the picture, **and where**? The answer is a list of boxes with names, and nobody knows
# beforehand how long it is. Faster R-CNN [3] answers with one network in two steps:
#
# 1. At every place of a feature map stand a few **anchors**, boxes of fixed sizes. For each, the
#    first head says whether there is something, and how the anchor should move to fit it. The best
#    are the **region proposals**.
# 2. For each proposal, the features inside it are cut out and sampled at 5 x 5 points. The second
#    head says **what** it is (or: nothing), and **moves** the box once more.
#
# All four answers have their loss, and one gradient trains them together. Ours does the same with
# 432 anchors in small scenes. In these scenes colour says nothing; only form does.

# %%
some = scenes(6, seed=3)
plots.images(some.images, columns=6)

# %% [markdown]
# ### Is a box right?
#
# No box is right to the pixel. So one measures how much two boxes overlap: the **intersection over
# union**, the area that both share divided by the area that they cover together.
#
# $$ \text{IoU}(A, B) = \frac{|A \cap B|}{|A \cup B|} $$
#
# ### By hand
#
# One box reaches from (1, 0) to (5, 3), the other from (3, 1) to (6, 5); x first, then y. What area
# do they share, and what is their IoU?

# %% answer="overlap_of_two"
shared, overlap = None, None
### BEGIN SOLUTION
shared, overlap = 4, 0.2
### END SOLUTION

# %% check="overlap_of_two" points=1
checks.by_hand("overlap_of_two", shared, overlap)

# %% [markdown]
# ### Write it
#
# All boxes of one list with all of another, as a table. What two boxes share is a box again: it
# begins where the later one begins and ends where the first one ends. If they don't touch, that
# gives a negative side; look out. About 6 lines.

# %% exercise="cs_cnn.gallery.boxes:iou"

# %% check="iou" points=5
checks.iou(iou)

# %% [markdown]
# ### One box for each thing
#
# The network finds everything several times: many anchors move onto the same object. **Non-maximum
# suppression** cleans up. Take the best box; drop all that overlap it too much, for they show the
# same thing; go on with the best of what is left.
#
# *Predict:* A overlaps B, and B overlaps C, but A and C don't touch. The scores fall from A to C.
# Which boxes stay?
#
# <details><summary>Answer</summary>
#
# A and C. B is dropped by A, and a box that was dropped drops nobody.
#
# </details>
#
# ### Write it
#
# The order is given. About 4 lines.

# %% exercise="cs_cnn.gallery.boxes:nms"

# %% check="nms" points=6
checks.nms(nms)

# %% [markdown]
# ### Reward: a detector
#
# The measure is the **mean average precision**: sort all boxes of a class by score; a box is right
# if its IoU with a thing of that class, which no better box has claimed, is at least one half; take
# the area under the curve of precision over recall; then the mean over the classes [4].
#
# The baseline knows no learning of features: it takes what stands out from the background by
# colour, as connected blobs, and names each by its form.
#
# Above are the boxes before your suppression, below those after it.

# %%
seen = rebuild("detection", iou=iou, nms=nms)


def named(k, choose):
    """The boxes of image k with their names and scores."""
    found = detection.pick(seen["boxes"][k], seen["scores"][k], iou, choose, least=0.4)
    return [(f"{CLASSES[label]} {score:.0%}", box) for label, score, box in found]


chosen = np.argsort(-(seen["labels"] >= 0).sum(axis=1), kind="stable")[:4]  # the fullest
before = [[("", box) for _, box in named(k, lambda o, s, t: range(len(s)))] for k in chosen]
after = [named(k, nms) for k in chosen]
pictures = np.concatenate([seen["images"][chosen]] * 2)
plots.marked(pictures, before + after, columns=4, size=2.4)

# %% [markdown]
# ## 3. Segmentation
#
# Not a box but a name for **every pixel**. A network whose layers are all convolutions has no fixed
# input size, and it puts out a map. Only: pooling and strides have made that map small. Long,
# Shelhamer and Darrell let the network learn to enlarge it again, by **transposed convolutions**,
# and add finer maps from earlier layers on the way up [5]. Small maps know *what*, large ones
# *where*.
#
# A convolution with stride 2 reads a window for each number that it puts out, and windows are two
# pixels apart. A transposed convolution turns this round: each number that it reads **paints** a
# kernel, and the brushes are two pixels apart. Where they overlap, the paint adds up. You have
# written this before: it is how the gradient comes back through a convolution.
#
# ### By hand
#
# A map has 6 rows. How many has the output of a transposed convolution with kernel 4, stride 2 and
# padding 1? And with kernel 3, stride 2, and no padding?

# %% answer="enlarged"
rows_first, rows_second = None, None
### BEGIN SOLUTION
rows_first, rows_second = 12, 13
### END SOLUTION

# %% check="enlarged" points=1
checks.by_hand("enlarged", rows_first, rows_second)

# %% [markdown]
# ### Write it
#
# The canvas is given, large enough for all brushes; paint, cut off the padding, add the bias. Two
# loops over the places are fine. About 7 lines.

# %% exercise="cs_cnn.gallery.pixels:conv_transpose2d_forward"

# %% check="conv_transpose2d_forward" points=7
checks.conv_transpose2d_forward(conv_transpose2d_forward)

# %% [markdown]
# ### Reward: brushes
#
# First a map of ones, enlarged with kernels of ones. *Predict:* with stride 2, which of the kernels
# 2, 3 and 4 paints evenly?

# %%
ones = np.ones((1, 1, 6, 6))
painted = [conv_transpose2d_forward(ones, np.ones((1, 1, K, K)), stride=2) for K in (2, 3, 4)]
plots.filters(np.stack([out[0, 0, 2:11, 2:11] for out in painted]), ["K = 2", "K = 3", "K = 4"])

# %% [markdown]
# Kernel 3 does not divide by stride 2, so some pixels get one brush, some two, some four. This is
# the **chequerboard** that you can see in many generated pictures [6]. Networks have to work
# against it, or one takes kernel 4, as ours does.
#
# Now the network. The baseline is the one of section 2: connected pixels that stand out by colour,
# named by their form. Rows: the scenes, the truth, the baseline, the network.

# %%
seen = rebuild("segmentation")
paints = {"background": (0.1, 0.1, 0.1), "disc": (0.9, 0.4, 0), "square": (0, 0.45, 0.7)}
paints |= {"triangle": (0, 0.6, 0.5), "cross": (0.95, 0.9, 0.25)}
colours = np.array([paints[name] for name in ("background", *CLASSES)])
maps = [colours[seen[name][:6]].transpose(0, 3, 1, 2) for name in ("truth", "baseline", "found")]
plots.images(np.concatenate([seen["images"][:6], *maps]), columns=6)

# %% [markdown]
# Orange is a disc, blue a square, green a triangle, yellow a cross. The baseline copies outlines
# and guesses names; the network knows names and draws outlines with a broad brush. Sometimes it
# gives one thing two names: it was told what each pixel is, and nobody told it that things are
# connected.

# %% [markdown]
# ## 4. Video: two streams
#
# A clip is a stack of frames, and a network could read the stack. Simonyan and Zisserman had a
# better idea [7]: people have one pathway in the brain for *what* a thing is and one for *where it
# goes*. So they trained two networks. The **spatial** stream sees one frame in colour. The
# **temporal** stream sees no picture at all, only **optical flow**: how far every pixel moves to
# the right and down, from each frame to the next. At the end the two vote.
#
# Our clips show a cross. It is red, green or blue, and it slides, spins, grows or shrinks: twelve
# classes. In its middle frame, every clip looks the same but for the colour.

# %%
frames, labels = video.clips(40, seed=5)
chosen = [int(np.flatnonzero(labels == k)[0]) for k in (0, 5, 10)]
for k in chosen:
    print(video.CLASSES[labels[k]], end="    ")
plots.images(frames[chosen].reshape(-1, *frames.shape[2:]), columns=video.FRAMES)

# %% [markdown]
# This is the flow of the same three clips between the third frame and the fourth, as two pictures
# each: how far to the right (red) or to the left (blue), and how far down or up. Lucas and Kanade's
# method finds it from brightness alone [8].

# %%
flow = video.optical_flow(frames[chosen]).reshape(3, -1, 2, video.SIDE, video.SIDE)
names = [f"{video.CLASSES[labels[k]]}: {way}" for k in chosen for way in ("right", "down")]
plots.feature_maps(flow[:, 2].reshape(6, video.SIDE, video.SIDE), names)

# %% [markdown]
# *Predict:* the spatial stream knows the colour and has to guess the motion. The temporal stream
# knows the motion and has to guess the colour. What share of the twelve classes can each get right,
# and how good can they be together?

# %%
clips = rebuild("video")
for name in ("spatial", "temporal"):
    print(f"{name} stream alone: {clips[name]:.0%} right")

# %% [markdown]
# About a quarter, about a third, and together much more than the sum: each knows what the other
# can't see. The baseline, the class of the training clip with the nearest pixels, mostly finds a
# cross of the same colour.

# %% [markdown]
# ## 5. Faces
#
# Are these two photographs of the same person? No list of people can help, for the two may be
# strangers. FaceNet [9] does not learn *who* anyone is. It learns an **embedding**, a vector of
# length 1 for each photograph, so that the distance of two vectors says whether they are one
# person.
#
# What to teach it? Triplets: an anchor, a positive (the same person) and a negative (someone else).
# The negative should be farther away than the positive, at least by a margin. If it is, there is
# nothing to learn. If it is not, the loss is what is missing:
#
# $$ L = \frac{1}{N} \sum \max\left(0,\; \|a - p\|^2 - \|a - n\|^2 + \text{margin}\right) $$
#
# Each row is a person, made of sixteen numbers, in changing light, pose and mood.

# %%
people, _ = faces.album(3, 8, seed=1)
plots.images(people, columns=8)

# %% [markdown]
# ### Write it
#
# The loss, and its gradient by each of the three. The derivative of $\|a - p\|^2$ by $a$ is
# $2 (a - p)$, by $p$ it is $-2 (a - p)$. About 6 lines.

# %% exercise="cs_cnn.gallery.embedding:triplet_loss"

# %% check="triplet_loss" points=6
checks.triplet_loss(triplet_loss)

# %% [markdown]
# ### Reward: strangers
#
# Your gradients train the network, on 200 people. Then it is asked about pairs of *other* people.
# The baseline is **Fisherfaces** [10]: of all linear maps, the one that spreads people apart most
# and keeps the photographs of each together. It learns from the same 200 people.
#
# *Predict:* what will the pairs have in common that the network gets wrong?

# %%
seen = rebuild("faces", triplet_loss=triplet_loss)
said, same = (seen["distances"] < seen["threshold"])[:400], seen["same"][:400]
groups = {"found the same": said & same, "told apart": ~said & ~same, "wrong": said != same}
for name, here in groups.items():
    pairs = np.flatnonzero(here)[:4]
    print(f"{name}:")
    rows = np.stack([seen["first"][pairs], seen["second"][pairs]], axis=1)
    display(plots.images(rows.reshape(-1, *rows.shape[2:]), columns=8))

# %% [markdown]
# Those that it gets wrong look alike, or are badly lit. That light and background don't matter, it
# was told by examples only. Real faces need millions of triplets, and much care about what is done
# with the answer; the loss is this one.
#
# ## 6. Pose
#
# DeepPose [11] asks for numbers: the x and the y of each joint of a body. That is **regression**;
# the loss is a distance. Our people have eleven joints and wear any colours, and behind them are
# sticks that belong to nobody. For each joint the network makes a small map of where it may be, and
# the map's mean is the coordinate [12].
#
# The measure is the paper's: a joint is **detected** if it is nearer than a fifth of the torso's
# length. The baseline takes the mean pose of the five training images with the nearest pixels.

# %%
seen = rebuild("pose")
mean = pose.detected(np.tile(seen["mean"], (len(seen["truth"]), 1, 1)), seen["truth"])
print(f"the mean pose, whatever the picture: {mean.mean():.3g}")
for name, found in (("the 5 nearest", seen["baseline"]), ("the network", seen["found"])):
    print(f"{name}:")
    lines = found[:6][:, np.array(pose.BONES)]
    display(plots.marked(seen["images"][:6], lines=lines))
right = pose.detected(seen["found"], seen["truth"]).mean(axis=0)
for name, share in sorted(zip(pose.JOINTS, right, strict=True), key=lambda one: -one[1]):
    print(f"{name:12} {share:4.0%}  {'█' * round(40 * share)}")

# %% [markdown]
# At the end stand the joints that move most. Nobody told the network that a hand hangs on an elbow.

# %% [markdown]
# ## 7. Playing a game
#
# In 2015 one kind of network learned 49 Atari games, each from nothing but pixels and the score
# [13]. Nobody showed it a good move. Its output is a number for each move, $Q$: **how much reward
# is still to come if I do this now?** Whoever knows $Q$ plays well: take the move with the largest.
#
# Our game is *catch*. A ball falls and bounces off the walls; a paddle of three pixels moves left,
# stays, or moves right. A ball caught gives 1, a ball lost -1, and everything before gives 0. The
# ball may fly sideways twice as fast as the paddle can run. So the player whom anyone would write
# first, "stay under the ball", comes too late for many.
#
# How to learn $Q$ from rewards that come at the very end? By **Bellman's equation**. A move is
# worth the reward that it brings at once, plus what the best move after it is worth, discounted a
# little:
#
# $$ Q(\text{state}, \text{move}) \;\leftarrow\; \text{reward} + \gamma
# \max_{a} Q(\text{next state}, a) $$
#
# If the game is over after the move, nothing comes later. The right side uses the network's own
# guess for the next state, and that is fine: near the end the guess is good, and from there it
# spreads backwards, move by move.
#
# ### By hand
#
# A move brought no reward, and the game goes on; the network says that the three next moves would
# be worth 0.2, -0.5 and 0.8. What is the target, with $\gamma = 0.9$? And for a move with reward -1
# that ended the game, with the same three numbers?

# %% answer="bellman"
goes_on, over = None, None
### BEGIN SOLUTION
goes_on, over = 0.72, -1
### END SOLUTION

# %% check="bellman" points=1
checks.by_hand("bellman", goes_on, over)

# %% [markdown]
# ### Write it
#
# Bellman's equation for a batch of moves. Two lines.

# %% exercise="cs_cnn.gallery.bellman:q_targets"

# %% check="q_targets" points=4
checks.q_targets(q_targets)

# %% [markdown]
# ### Reward: it plays
#
# The network sees two boards, the last one and the one before, so that it can tell where the ball
# flies. It plays 32 games at once, at random in the beginning, remembers its moves, and learns from
# your targets. Then it meets the scripted player on new balls.
#
# *Predict:* one player knows the rules, computes where the ball will land, and runs there. Can the
# network come near?

# %%
played = rebuild("game", q_targets=q_targets)
print(f"at random {played['random']:.3g}, with the rules in hand {played['foresee']:.3g}")
films = np.concatenate([played["film_follow"], played["film"]])
plots.images(films, columns=len(films) // 2)

# %% [markdown]
# The same ball twice: above the scripted player, below the network. The network has found out that
# walls reflect, without being told that there are walls.

# %% [markdown]
# ## 8. Five fields, one harness
#
# The lecture's pages on medicine, galaxies, traffic signs, whales and roads show that the network
# may stay the same. What differs is the **data**, and each field has found its own remedy. Here all
# pictures are generated, the network and the training are the same, and each field is trained
# twice: with its remedy and without.
#
# | field | what is different | the remedy |
# |---|---|---|
# | medical: which mole is dangerous? [14] | very few are | draw both classes equally often |
# | galaxies: which kind? [15] | space has no up and no mirror | turn and mirror every batch |
# | traffic signs [16] | learnt by day, used in fog and at night | even out the light |
# | whales: which individual? [17] | eight pictures of each | turn and shift every batch a little |
# | roads from the air [18] | labels of pixels; roofs are as grey | a network that sees far |

# %%
drawn = [field_pictures.moles(6, 1, new=True), field_pictures.galaxies(6, 1)]
drawn += [field_pictures.signs(6, 3, new=True), field_pictures.whales(6, 1)]
plots.images(np.concatenate([images for images, _ in drawn]), columns=6)

# %% [markdown]
# ### By hand
#
# Of 100 moles 6 are dangerous. A program says "harmless", always. What is its accuracy, the share
# of right answers? And its **balanced** accuracy, the mean over the classes of the share that is
# found?

# %% answer="always_harmless"
accuracy, balanced = None, None
### BEGIN SOLUTION
accuracy, balanced = 0.94, 0.5
### END SOLUTION

# %% check="always_harmless" points=1
checks.by_hand("always_harmless", accuracy, balanced)

# %% [markdown]
# *Predict:* in which field does the remedy matter most, and in which least? The baseline is
# logistic regression on the strongest principal components, and it has the remedy too; for the
# roads, it sees 7 x 7 pixels. The pictures show roads, the truth, and what the network finds.

# %%
for name in fields.FIELDS:
    seen = rebuild(name)
    print(f"{'':8}without the remedy: {seen['without']:.3g}")
grey = [np.repeat(seen[name][:6, None], 3, axis=1) for name in ("truth", "found")]
plots.images(np.concatenate([seen["images"][:6], *grey]), columns=6)

# %% [markdown]
# A remedy is knowledge that the pictures don't hold by themselves: that a mirrored galaxy is a
# galaxy, that night changes no sign. (A mirrored whale is *another* whale; its remedy must not
# mirror.) And it finds roads under trees: nobody sees them there, but roads go on.

# %% [markdown]
# ## 9. Sentences for pictures
#
# A classifier has one word for a picture. Vinyals and others let a network speak [19]: a ConvNet
# turns the picture into a vector, and a **recurrent network** says one word after the other. At
# each step it is given the vector and the word that it has just said, and puts out a score for each
# word that could be next. It stops at the word *end*.
#
# Our scenes have two things. There are seven facts to tell: size, colour and form of both, and how
# they lie. The network is never given the facts. It reads sentences.

# %%
drawn, facts = captioning.scenes(6, seed=3)
for k, own in enumerate(facts[:3]):
    print(f"{k + 1}:", " ".join(captioning.sentences(own)[0]))
plots.images(drawn, columns=6)

# %% [markdown]
# ### How good is a sentence?
#
# There is more than one right sentence, so comparing word by word won't do. **BLEU** [20] asks: how
# many of the candidate's words are in a reference? How many of its pairs of words, of its runs of
# three and of four? These are four precisions, and their geometric mean is the score. Two tricks
# keep it honest:
#
# - **Clipping.** "a a a a a" has only words that occur. So a word counts at most as often as it
#   occurs in a reference.
# - **Brevity penalty.** "red" alone is perfectly precise. Where the candidates are shorter than the
#   references (c words against r), the score is multiplied by $e^{1 - r/c}$.
#
# ### By hand
#
# Candidate: *a red disc a red disc*. Reference: *a red disc above a blue square*. How many of the
# candidate's words count, and out of how many?

# %% answer="clipped_words"
count, out_of = None, None
### BEGIN SOLUTION
count, out_of = 4, 6
### END SOLUTION

# %% check="clipped_words" points=1
checks.by_hand("clipped_words", count, out_of)

# %% [markdown]
# ### Write it
#
# About 18 lines. `ngrams` is given: it counts the runs of n words in a `Counter`. Counters know
# set operations: for each key, `a & b` takes the smaller count and `a | b` the larger one, and
# `a.total()` adds all counts up.

# %% exercise="cs_cnn.gallery.bleu:bleu"

# %% check="bleu" points=5
checks.bleu(bleu)

# %% [markdown]
# ### Reward: it speaks
#
# The baseline repeats what was said of the training picture with the nearest pixels. The pictures
# are sorted as the lecture does it: no errors, minor errors (one fact is wrong), somewhat related.

# %%
spoken = rebuild("captioning", bleu=bleu)
wrong = spoken["errors"]
groups = {"no errors": wrong == 0, "minor errors": wrong == 1, "somewhat related": wrong > 1}
shown = []
for name, here in groups.items():
    print(f"\n{name}: {here.mean():.0%}")
    for k in np.flatnonzero(here)[:3]:
        shown.append(k)
        print(f"  {len(shown)}: {spoken['said'][k]}")
plots.images(spoken["images"][shown], list(range(1, len(shown) + 1)), columns=9)

# %% [markdown]
# Look at what goes wrong: mostly forms, the small ones first, as you might at this size. Colours
# and places come out well. And its grammar is faultless, though nobody explained that either.

# %% [markdown]
# ## 10. Inceptionism
#
# So far the gradient changed weights. But a loss has a slope by the **picture** as well.
# Mordvintsev and others turned that round [21]: keep a trained network as it is, choose a layer,
# and change the picture so that the layer answers more strongly. Whatever the network faintly sees,
# it then sees more clearly, in the next step more clearly still, and so on.
#
# Slopes by pixels can be tiny or huge. So each step is divided by the gradient's mean size, and
# then every step changes the picture by about as much.
#
# ### Write it
#
# One step uphill. About 4 lines.

# %% exercise="cs_cnn.gallery.pictures:ascent_step"

# %% check="ascent_step" points=2
checks.ascent_step(ascent_step)

# %% [markdown]
# ### Reward: dreams
#
# The network is SqueezeNet if you have ImageNet's weights (see notebook 8), else the course's own
# ResNet-20, which has learned ten kinds of things from tiny photographs. From left to right: the
# photograph, and what an early, a middle and a late layer make of it. The picture starts small and
# grows between the steps, so that large forms come first.
#
# *Predict:* which layer adds edges, and which adds things?

# %%
eye = Eye()
print("network:", eye.name)
pictures = {name: photograph(name, 128) for name in ("flower", "temple")}
dreams = []
for picture in pictures.values():
    dreams.append(picture)
    for layer in eye.deep:
        dreams.append(inceptionism.dream(picture, eye, layer, ascent_step=ascent_step))
rebuild("inceptionism")
display(plots.images(np.stack(dreams[:4]), ["photograph", *eye.deep], size=2.4))
plots.images(np.stack(dreams[4:]), size=2.4)

# %% [markdown]
# The early layer draws stripes, on everything. The later ones curl them into shapes, and put them
# where the photograph already had something a little like it.
#
# The line above the pictures is the measure: how many times stronger the middle layer answers than
# for the photograph, and what a random change of the same size does instead.
#
# One can also ask a single unit, and begin with grey noise. Then nothing of a photograph is left,
# and you see what the unit looks for.

# %%
noise = 0.5 + 0.05 * np.random.default_rng(0).standard_normal((3, 96, 96)).astype(np.float32)
units = [
    inceptionism.dream(noise, eye, eye.deep[1], unit, steps=20, ascent_step=ascent_step)
    for unit in (0, 1, 3, 4, 6, 8)
]
plots.images(np.stack(units), columns=6)

# %% [markdown]
# ## 11. Style transfer
#
# What is a painting's style? Gatys, Ecker and Bethge found an answer that a computer can work with
# [22]. Let a trained network look at the painting. *Where* its channels are active is the content.
# *Which of them are active together*, wherever that is, is the style.
#
# So there are two losses, and no weights to learn: again it is the picture that changes.
#
# ### Write it: content
#
# The content loss is half the mean squared difference of two feature maps. Give the loss and its
# gradient by the features; PyTorch carries it on, back through the network, to the pixels. Two
# lines.

# %% exercise="cs_cnn.gallery.pictures:content_loss"

# %% check="content_loss" points=3
checks.content_loss(content_loss)

# %% [markdown]
# ### Write it: the Gram matrix
#
# For style, forget the places. The **Gram matrix** has a number for each pair of channels: the mean
# over all places of one times the other. Two lines, if you flatten the places first.
#
# $$ G_{ij} = \frac{1}{HW} \sum_{p} F_{ip} \, F_{jp} $$
#
# *Predict:* you mirror the painting, and so the feature maps. What happens to $G$?
#
# <details><summary>Answer</summary>
#
# Nothing: the same products are added up in another order. That is what makes it a style.
#
# </details>

# %% exercise="cs_cnn.gallery.pictures:gram_matrix"

# %% check="gram_matrix" points=2
checks.gram_matrix(gram_matrix)

# %% [markdown]
# ### Write it: style
#
# With $A$ the Gram matrix of the painting, the style loss of a layer with $C$ channels is
#
# $$ L = \frac{1}{4 C^2} \sum_{i, j} (G_{ij} - A_{ij})^2 $$
#
# Now the gradient. Each $F_{kp}$ occurs in row $k$ and in column $k$ of $G$, the same way in both
# as $G$ is symmetric, and $\partial G_{kj} / \partial F_{kp}$ is $F_{jp} / HW$, twice that for $j =
# k$. The square brings another 2. So of the 4 nothing is left:
#
# $$ \frac{\partial L}{\partial F_{kp}} = \frac{1}{C^2 \, HW} \sum_j (G_{kj} - A_{kj}) \, F_{jp} $$
#
# The sum is a matrix product. About 4 lines.

# %% exercise="cs_cnn.gallery.pictures:style_loss"

# %% check="style_loss" points=5
checks.style_loss(style_loss)

# %% [markdown]
# ### Reward: painted
#
# Your three functions, in a loop around a network. Top row: the styles, a stained tissue under the
# microscope, a dahlia and a cup of coffee. Below: a temple, painted after each of them.

# %%
own = {"content_loss": content_loss, "gram_matrix": gram_matrix, "style_loss": style_loss}
eye, temple = Eye(), photograph("temple", 112)
styles = [photograph(name, 112) for name in ("tissue", "flower", "coffee")]
painted = [style.transfer(temple, one, eye, **own) for one in styles]
rebuild("style")
empty = np.ones_like(temple)
display(plots.images(np.stack([empty, *styles]), ["", "tissue", "flower", "coffee"], size=2.4))
plots.images(np.stack([temple, *painted]), size=2.4)

# %% [markdown]
# The measure is the share of the way from the photograph's style to the other picture's, and the
# baseline just gives the photograph the other one's colours. (You could ask whether this measure is
# fair: it is the very loss that was made small. Here your eyes have the last word.)
#
# ### Keep the colours
#
# Often one wants the brush and not the paint: the temple should stay as red as it is. The authors
# have two remedies [23]. One transfers brightness only, and takes the colours from the photograph.
# The other changes the *style picture* first: a linear map gives its colours the mean and the
# covariance of the photograph's. What is left for the transfer is texture.
#
# A covariance matrix has a square root of a kind, the Cholesky factor: $\Sigma = L L^T$. Multiply
# colours by $L_\text{style}^{-1}$, and they vary by 1 in each direction and independently of each
# other; multiply that by $L_\text{content}$, and they vary as the photograph's colours do.
#
# ### Write it
#
# `mean_and_factor` is given. `np.linalg.solve(L, pixels)` is $L^{-1}$ times the pixels. About 5
# lines.

# %% exercise="cs_cnn.gallery.pictures:match_colours"

# %% check="match_colours" points=3
checks.match_colours(match_colours)

# %% [markdown]
# ### Reward: the brush without the paint

# %%
eye, temple, coffee = Eye(), photograph("temple", 112), photograph("coffee", 112)
matched = np.clip(match_colours(coffee, temple), 0, 1)
rows = [temple, coffee, matched, style.transfer(temple, matched, eye)]
titles = ["photograph", "style", "its colours matched", "painted"]
plots.images(np.stack(rows), titles, size=2.4)

# %% [markdown]
# ## The whole gallery
#
# What you have measured, and what a sensible person would have tried first. More is better; the
# numbers of different rows can't be compared.

# %%
print(f"{'':14} {'network':>8} {'simple':>7}   measure")
for name, one in results.items():
    print(f"{name:14} {one.network:8.3f} {one.baseline:7.3f}   {one.metric}; {one.baseline_name}")

# %% [markdown]
# The numbers are those of one run. `python -m benchmarks.gallery` repeats every row with other
# pictures, other first weights and another order.
#
# ## What you have built
#
# - For detection: how far two boxes overlap, and which of many to keep.
# - For segmentation: the layer that enlarges.
# - For faces, the game, sentences and paintings: the loss or the target that makes a network learn
#   just that.
#
# Most of these networks have the same few layers. What they are asked for is what differs.
#
# Next, **11**: the capstone.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [Convolutional neural
#    networks](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture05.pdf), lecture 5 of
#    Stanford's CS231n, 2019.
# 2. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#    neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012.
# 3. S. Ren, K. He, R. Girshick and J. Sun, [Faster R-CNN: towards real-time object detection with
#    region proposal networks](https://arxiv.org/abs/1506.01497), NeurIPS 2015.
# 4. M. Everingham, L. Van Gool, C. K. I. Williams, J. Winn and A. Zisserman, [The PASCAL visual
#    object classes challenge](https://doi.org/10.1007/s11263-009-0275-4), IJCV 88, 2010.
# 5. J. Long, E. Shelhamer and T. Darrell, [Fully convolutional networks for semantic
#    segmentation](https://arxiv.org/abs/1411.4038), CVPR 2015.
# 6. A. Odena, V. Dumoulin and C. Olah, [Deconvolution and checkerboard
#    artifacts](https://doi.org/10.23915/distill.00003), Distill, 2016.
# 7. K. Simonyan and A. Zisserman, [Two-stream convolutional networks for action recognition in
#    videos](https://arxiv.org/abs/1406.2199), NeurIPS 2014.
# 8. B. D. Lucas and T. Kanade, [An iterative image registration technique with an application to
#    stereo vision](https://www.ri.cmu.edu/publications/an-iterative-image-registration-technique-with-an-application-to-stereo-vision/),
#    IJCAI 1981.
# 9. F. Schroff, D. Kalenichenko and J. Philbin, [FaceNet: a unified embedding for face recognition
#    and clustering](https://arxiv.org/abs/1503.03832), CVPR 2015.
# 10. P. N. Belhumeur, J. P. Hespanha and D. J. Kriegman, [Eigenfaces vs. Fisherfaces: recognition
#     using class specific linear projection](https://doi.org/10.1109/34.598228), PAMI 19, 1997.
# 11. A. Toshev and C. Szegedy, [DeepPose: human pose estimation via deep neural
#     networks](https://arxiv.org/abs/1312.4659), CVPR 2014.
# 12. X. Sun, B. Xiao, F. Wei, S. Liang and Y. Wei, [Integral human pose
#     regression](https://arxiv.org/abs/1711.08229), ECCV 2018.
# 13. V. Mnih and others, [Human-level control through deep reinforcement
#     learning](https://doi.org/10.1038/nature14236), Nature 518, 2015.
# 14. A. Esteva and others, [Dermatologist-level classification of skin cancer with deep neural
#     networks](https://doi.org/10.1038/nature21056), Nature 542, 2017.
# 15. S. Dieleman, K. W. Willett and J. Dambre, [Rotation-invariant convolutional neural networks
#     for galaxy morphology prediction](https://arxiv.org/abs/1503.07077), MNRAS 450, 2015.
# 16. P. Sermanet and Y. LeCun, [Traffic sign recognition with multi-scale convolutional
#     networks](https://doi.org/10.1109/IJCNN.2011.6033589), IJCNN 2011.
# 17. [Right whale recognition](https://www.kaggle.com/c/noaa-right-whale-recognition), a
#     competition of NOAA Fisheries, 2015.
# 18. V. Mnih and G. E. Hinton, [Learning to detect roads in high-resolution aerial
#     images](https://doi.org/10.1007/978-3-642-15567-3_16), ECCV 2010.
# 19. O. Vinyals, A. Toshev, S. Bengio and D. Erhan, [Show and tell: a neural image caption
#     generator](https://arxiv.org/abs/1411.4555), CVPR 2015.
# 20. K. Papineni, S. Roukos, T. Ward and W.-J. Zhu, [BLEU: a method for automatic evaluation of
#     machine translation](https://aclanthology.org/P02-1040/), ACL 2002.
# 21. A. Mordvintsev, C. Olah and M. Tyka, [Inceptionism: going deeper into neural
#     networks](https://research.google/blog/inceptionism-going-deeper-into-neural-networks/), 2015.
# 22. L. A. Gatys, A. S. Ecker and M. Bethge, [Image style transfer using convolutional neural
#     networks](https://doi.org/10.1109/CVPR.2016.265), CVPR 2016.
# 23. L. A. Gatys, A. S. Ecker, M. Bethge, A. Hertzmann and E. Shechtman, [Controlling perceptual
#     factors in neural style transfer](https://arxiv.org/abs/1611.07865), CVPR 2017, after their
#     [Preserving color in neural artistic style transfer](https://arxiv.org/abs/1606.05897), 2016.
#
# The photographs come with scikit-image and scikit-learn.
