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
# # 1 · Machines that learned to see
#
# Nobody invented the convolutional network in one afternoon. Two rivers had to meet. One is about
# **learning**: machines that change their own weights when they are wrong. The other is about
# **seeing**: what two physiologists found in the brain of a cat, and what an engineer in Tokyo
# made of it.
#
# In this notebook you walk along both, and you don't just read: each machine is rebuilt, small,
# and it runs. Four of their learning rules you write yourself. Each has four to seven lines, and
# each was once a sensation.
#
# **Time:** 60 to 90 minutes. **You need:** sums, slopes, and arrays in NumPy.
#
# **How to work**
#
# 1. Run the cells in order (Shift + Enter). Read what stands before a cell first.
# 2. Where it says *Predict*, make up your mind before you look.
# 3. Fill in the cells that say `YOUR CODE HERE` or `YOUR ANSWER HERE`.
# 4. Run the check below. It tells which parts are right, shows the first case that is not, and if
#    it knows your mistake, calls it by its name. Check as often as you like; it costs nothing.
#
# There are 25 points: 21 for the four rules, 4 for four small questions by hand.

# %% locked="imports"
import numpy as np
from scipy.special import expit as sigmoid
from skimage.transform import resize
from sklearn.datasets import load_sample_image
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from cs_cnn import checks, plots
from cs_cnn.arithmetic import NETWORKS
from cs_cnn.data import load_digits
from cs_cnn.gradient_check import check_gradient
from cs_cnn.history import cortex, lenet, pictures
from cs_cnn.history.adaline import madaline, madaline_epoch
from cs_cnn.history.backprop import two_layer_forward
from cs_cnn.history.boltzmann import (
    fine_tune,
    need_machine,
    pretrain,
    reconstruction_error,
    run,
    unroll,
)
from cs_cnn.history.letters import FACES, letters, moved
from cs_cnn.history.neocognitron import c_layer, learn_patterns, s_layer
from cs_cnn.history.shapes import need_examples
from cs_cnn.history.speech import SOUNDS, speech, spoken

threads = threadpool_limits(1)  # on small arrays, several would only wait for each other

# %% [markdown]
# # Part one: learning
#
# ## 1958: the perceptron
#
# Frank Rosenblatt's **Mark I Perceptron** filled a room. Its eye was a grid of 20 x 20 photocells,
# 400 pixels. Its weights were potentiometers, turned by electric motors while it learned. It told
# letters of the alphabet apart, and the newspapers wrote that it would soon walk and talk [2].
#
# This is what it saw. The letters come from real typefaces, a little off centre, and three of a
# hundred photocells report the opposite of the truth.

# %%
rng = np.random.default_rng(0)
ALPHABET = "ABCDEFGH"
x_letters, y_letters = letters(ALPHABET, 40, rng, FACES[:6], shift=1, noise=0.03)
plots.images(x_letters[:16], [ALPHABET[k] for k in y_letters[:16]])

# %% [markdown]
# ### One neuron
#
# One output unit has one weight for every photocell. It adds up weight times light, and then comes
# a **step**: yes or no, nothing in between.
#
# $$ y = \begin{cases} 1 & \text{if } w \cdot x > 0 \\ 0 & \text{otherwise} \end{cases} $$
#
# One input is always 1, so that its weight $w_0$ shifts the threshold: the **bias**.
#
# Now the sensation. Show the machine example after example, and whenever its answer $y_j$ is not
# the desired answer $d_j$, correct every weight:
#
# $$ w_i(t+1) = w_i(t) + \alpha \, (d_j - y_j(t)) \, x_{ji} $$
#
# In words: right answer, no change. Said 0, should say 1: add the picture to the weights. Said 1,
# should say 0: take it away. (In the real Mark I a layer of 512 units with fixed, random wiring
# stood between the photocells and these weights. We leave it out.)
#
# ### By hand
#
# $w = (-1, 2, 1)$ meets $x = (1, 2, 4)$, and the desired answer is $d = 0$. The rate $\alpha$ is
# ½. What are the three weights afterwards?

# %% answer="perceptron_update"
w_0, w_1, w_2 = None, None, None
### BEGIN SOLUTION
w_0, w_1, w_2 = -1.5, 1, -1
### END SOLUTION

# %% check="perceptron_update" points=1
checks.by_hand("perceptron_update", w_0, w_1, w_2)

# %% [markdown]
# ### Write it
#
# One **epoch**: every example once, in order. The weights change *between* examples, so the next
# one meets the new weights. Count the wrong answers as you go. The line above yours checks the
# shapes.

# %% exercise="cs_cnn.history.perceptron:perceptron_epoch"

# %% check="perceptron_epoch" points=5
checks.perceptron_epoch(perceptron_epoch)

# %% [markdown]
# ### Reward: it reads
#
# Eight letters, eight neurons, each with one question: "is it an A?", "is it a B?" ... The letter
# whose neuron has the largest sum wins. Then come two typefaces that it has never seen.
#
# *Predict:* will the weights of the neuron for A look like an A?

# %%
def rows(x):
    """Each image as one row of numbers, with the constant 1 in front."""
    return np.column_stack([np.ones(len(x)), x.reshape(len(x), -1)])


readers, wrong = np.zeros((8, 401)), []
for epoch in range(15):
    wrong.append(0)
    for k in range(8):
        is_k = (y_letters == k).astype(int)
        readers[k], count = perceptron_epoch(readers[k], rows(x_letters), is_k)
        wrong[-1] += count

x_new, y_new = letters(ALPHABET, 20, np.random.default_rng(1), FACES[6:], shift=1, noise=0.03)
for name, x, y in (("six typefaces", x_letters, y_letters), ("two new ones", x_new, y_new)):
    print(f"{name:<14}{np.mean((rows(x) @ readers.T).argmax(axis=1) == y):.0%} right")
display(
    plots.curves("wrong answers", xlabel="epoch", training=wrong),
    plots.filters(readers[:, 1:].reshape(8, 20, 20), list(ALPHABET)),
)

# %% [markdown]
# Red weights say "light here speaks for me", blue ones "against me". They are not portraits of the
# letters. The neuron for F has a big blue spot below on the right: there E and B have ink and F
# has none. A neuron learns **what makes the difference**.
#
# And it learned all training letters without an error. That is no luck, and Rosenblatt had a proof
# [3]: if any weights do the job, the rule finds some, after a finite number of errors.
#
# *If any weights do the job.* Take the smallest tasks there are: two inputs, each 0 or 1. AND
# says yes if both are 1. OR, if any is. XOR, if exactly one is.
#
# *Predict:* a neuron's yes and no are separated by a straight line. For which of the three is
# there such a line?

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
tasks = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
history, lines = {}, {}
for name, task in tasks.items():
    w, history[name] = np.zeros(3), []
    for epoch in range(25):
        w, count = perceptron_epoch(w, rows(corners), np.array(task))
        history[name].append(count)
    lines[name] = w

machines = {name: lambda points, w=w: rows(points) @ w for name, w in lines.items()}
display(
    plots.curves("wrong answers of 4", xlabel="epoch", **history),
    pictures.plane(corners, list(tasks.values()), **machines),
)

# %% [markdown]
# Full dots should lie on orange. AND and OR are learned after a few epochs. For XOR no line exists,
# and the rule runs in circles for ever. In 1969 Marvin Minsky and Seymour Papert wrote a whole book
# about what such machines cannot do [4], and the money went elsewhere.
#
# ## 1960: Adaline
#
# Bernard Widrow and his student Ted Hoff [5] looked at the same neuron and changed one thing:
# **where the error is measured.** The perceptron looks at the answer, after the step. Adaline
# (*adaptive linear neuron*) looks at the sum itself, before the step. Answers are now −1 and +1:
#
# $$ \text{error}_j = d_j - w \cdot x_j \qquad w_i \leftarrow w_i + \alpha \cdot \text{error}_j
# \cdot x_{ji} $$
#
# The gain is large. After the step there is only right or wrong. Before it there is **how far
# off**, and that has a slope: the rule is a step downhill on $\frac12 \text{error}^2$. They called
# it LMS, least mean squares. Today it is called stochastic gradient descent.
#
# ### By hand
#
# $w = (-1, 2, 1)$ meets $x = (1, 1, 2)$ with $d = +1$ and $\alpha = 0.1$. The perceptron would say
# that all is well. What are Adaline's weights afterwards?

# %% answer="lms_update"
v_0, v_1, v_2 = None, None, None
### BEGIN SOLUTION
v_0, v_1, v_2 = -1.2, 1.8, 0.6
### END SOLUTION

# %% check="lms_update" points=1
checks.by_hand("lms_update", v_0, v_1, v_2)

# %% [markdown]
# ### Write it
#
# As before, but every example moves the weights, right or wrong, and you keep each error.

# %% exercise="cs_cnn.history.adaline:lms_epoch"

# %% check="lms_epoch" points=4
checks.lms_epoch(lms_epoch)

# %% [markdown]
# ### Reward: hear a heart behind another
#
# LMS never left. It sits in modems, telephones and headphones, wherever an echo or a hum has to be
# taken away. A famous case by Widrow [6]: a microphone on a mother's belly hears her child's heart,
# but above all her own. A second one on her chest hears only hers.
#
# An Adaline looks at the last eight numbers of the chest and learns to foretell the belly. It can
# foretell only what comes from the mother. So its **error** is the child.
#
# *Predict:* how long does it need, counted in beats of the mother?

# %%
def beats(n, period, width):
    """A heart: a short bump, again and again."""
    return np.exp(-(((np.arange(n) % period) - period / 2) ** 2) / (2 * width**2))


rng = np.random.default_rng(0)
mother, child = beats(600, 67, 2.5), 0.3 * beats(600, 41, 1.5)
chest = mother + 0.02 * rng.normal(size=600)
belly = np.convolve(mother, [0, 0, 0.9, 0.5, -0.4])[:600] + child + 0.02 * rng.normal(size=600)
past = np.stack([np.roll(chest, k) for k in range(8)], axis=1)

_, cleaned = lms_epoch(np.zeros(8), past, belly, rate=0.05)
display(
    plots.curves("belly", xlabel="time", heard=belly),
    plots.curves("child", xlabel="time", cleaned=cleaned, truth=child),
)

# %% [markdown]
# A few beats of the mother, and hers are gone. It has learned, by itself, how sound travels from
# the chest to the belly.
#
# ### Madaline: two are more than one
#
# One Adaline draws one line, too, so XOR defeats it. But **two** of them with an OR behind?
# That is Madaline (*many Adalines*). Its rule disturbs as little as possible: if the OR should have
# said yes, the Adaline closest to yes has to learn it.

# %%
signs = 2 * corners - 1
wanted = np.array([-1, 1, 1, -1])
pair = np.random.default_rng(0).normal(scale=0.5, size=(2, 3))
for epoch in range(10):
    pair, count = madaline_epoch(pair, rows(signs), wanted, rate=0.5)
    print(f"epoch {epoch}: {count} wrong", end="   " if epoch % 5 < 4 else "\n")
parts = {f"Adaline {k + 1}": lambda points, k=k: rows(points) @ pair[k] for k in (0, 1)}
pictures.plane(signs, wanted, **parts, Madaline=lambda points: madaline(pair, rows(points)))

# %% [markdown]
# Two lines, and XOR is done. But there was a catch that held everybody up for twenty-six years. The
# OR was fixed by hand. In a net of many layers, whose fault is an error? A step has no slope: a
# tiny change of a weight changes nothing at all, or everything.
#
# ## 1986: back-propagation
#
# The answer had been found several times and was heard when David Rumelhart, Geoffrey Hinton and
# Ronald Williams published it [7]: make the step **smooth**, and let the chain rule say whose fault
# it is. The step becomes the logistic function:
#
# $$ o = \frac{1}{1 + e^{-s}} \qquad \text{with the slope} \qquad \frac{do}{ds} = o \, (1 - o) $$
#
# With the error $E_p = \frac12 \sum_j (t_{pj} - o_{pj})^2$ for a pattern $p$ with targets $t$, the
# chain rule gives
#
# $$ \frac{\partial E_p}{\partial w_{ji}} = \frac{\partial E_p}{\partial o_{pj}} \cdot
# \frac{\partial o_{pj}}{\partial w_{ji}} = \underbrace{(o_{pj} - t_{pj}) \; o_{pj} (1 -
# o_{pj})}_{\delta_{pj}} \cdot \; h_{pi} $$
#
# for a weight from hidden unit $i$ to output unit $j$. The number $\delta$ is the unit's share of
# the blame. A hidden unit has no target, but it has **children**: all units that listen to it. It
# gets their blame, each share through the weight that leads there, times its own slope:
#
# $$ \delta_{pi} = \Big( \sum_j \delta_{pj} \, w_{ji} \Big) \; h_{pi} (1 - h_{pi}) $$
#
# Blame flows backwards through the same wires. That is the whole secret.
#
# ### By hand
#
# An output unit said $o = 0.8$ where $t = 1$ was wanted. The hidden unit $h$ below it said 0.5.
# What is $\partial E / \partial w$ for the weight between them?

# %% answer="delta_output"
slope = None
### BEGIN SOLUTION
slope = -0.016
### END SOLUTION

# %% check="delta_output" points=1
checks.by_hand("delta_output", slope)

# %% [markdown]
# ### Write it
#
# All patterns at once: one row each. The forward pass is there: `hidden` is (N, H), `out` is (N,
# C), and `w2[j, i]` leads from hidden unit i to output unit j. Six lines do it. Matrix products add
# up over the patterns by themselves.

# %% exercise="cs_cnn.history.backprop:delta_rule"

# %% check="delta_rule" points=6
checks.delta_rule(delta_rule)

# %% [markdown]
# A slope can also be measured: nudge a weight and see what the error does. Here every weight of a
# net is nudged and compared with what you say.

# %%
def error_of(x, t, w1, b1, w2, b2):
    return float(np.sum((two_layer_forward(x, w1, b1, w2, b2)[1] - t) ** 2) / 2)


rng = np.random.default_rng(0)
x, t = rng.normal(size=(5, 4)), rng.random((5, 2))
net = [rng.normal(size=shape) for shape in ((3, 4), (3,), (2, 3), (2,))]
for k, gradient in enumerate(delta_rule(x, t, *net)):
    name = ("dw1", "db1", "dw2", "db2")[k]
    nudged = lambda a, k=k: error_of(x, t, *net[:k], a, *net[k + 1 :])
    check_gradient(nudged, net[k], gradient, name=name)
    print(f"{name}: {gradient.size} slopes measured, all as you said")

# %% [markdown]
# ### Reward: XOR falls
#
# Three hidden units, random weights, and nothing but downhill.
#
# *Predict:* what shape will the border between yes and no have?

# %%
t = np.array([[0.0], [1], [1], [0]])
rng = np.random.default_rng(1)
net = [rng.normal(size=shape) for shape in ((3, 2), (3,), (1, 3), (1,))]
falling, snapshots = [], {}
for step in range(1501):
    if step in (0, 50, 150, 1500):
        snapshots[f"step {step}"] = [array.copy() for array in net]
    gradients = delta_rule(corners, t, *net)
    falling.append(error_of(corners, t, *net))
    for array, gradient in zip(net, gradients):
        array -= 2.0 * gradient

machines = {
    name: lambda points, net=net: two_layer_forward(points, *net)[1] - 0.5
    for name, net in snapshots.items()
}
display(
    plots.curves("E", error=falling[:600]),
    pictures.plane(corners, t[:, 0], **machines),
)
print("answers:", two_layer_forward(corners, *net)[1][:, 0].round(2))

# %% [markdown]
# Nobody told the hidden units what to do. Look at the curve: at first nothing happens, then the
# units find a way to share the work, and the error falls.
#
# ## 2006: deep, at last
#
# In principle back-propagation trains a net of any depth. In practice, nets of many layers got
# stuck: the blame faded on its way down, and from random weights the search went nowhere. Hinton
# and Ruslan Salakhutdinov [9] had an idea: **begin somewhere better**. Let each layer first learn,
# alone and without labels, what its input is like. Only then train all of them together.
#
# The layer is a **restricted Boltzmann machine**. It has visible units $v$ (pixels) and hidden
# units $h$, with weights between the two kinds that work both ways. A unit is on with a
# probability:
#
# $$ p(h_j = 1) = \sigma\Big(c_j + \sum_i w_{ji} v_i\Big) \qquad
# p(v_i = 1) = \sigma\Big(b_i + \sum_j w_{ji} h_j\Big) $$
#
# with the logistic function $\sigma$. It learns by comparing reality with its own dreams. See a
# picture, note which pairs of units are on together. Let the hidden units paint a picture of their
# own, look at *that*, and note the pairs again. Then make reality more likely and the dream less:
#
# $$ w_{ji} \leftarrow w_{ji} + \alpha \left( \langle h_j v_i \rangle_\text{data} - \langle h_j v_i
# \rangle_\text{dream} \right) $$
#
# This is **contrastive divergence** with one step, CD-1 [8].
#
# ### Write it
#
# The docstring has the recipe: up, draw, down, up again, compare. To draw a unit that is on with
# probability 0.7, take a random number from 0 to 1 and see whether it is less than 0.7. The random
# numbers are given, so that there is one right answer.

# %% exercise="cs_cnn.history.boltzmann:cd1_step"

# %% check="cd1_step" points=6
checks.cd1_step(cd1_step)

# %% [markdown]
# ### Reward: a machine that learned what digits are like
#
# Three machines, one on top of the other, are trained by your rule on handwritten digits of 8 x 8
# pixels: 64 pixels → 64 → 32 → **6** hidden units. No label is used. Then the stack is *unrolled*:
# up through the three, down through their mirror image, so that every picture has to pass through
# six numbers. Last, back-propagation fine-tunes all six layers at once.
#
# Two rivals have the same six numbers to spend. **PCA** is the best that a linear method can do.
# And the same deep net is trained for as long, but from random weights.
#
# *Predict:* an order for the three, on pictures that none has seen.

# %%
digits = load_digits()
v, v_test = (x.reshape(len(x), -1).astype(np.float64) for x in (digits.x_train, digits.x_test))

machines = pretrain(v, (64, 32, 6), epochs=30, rng=np.random.default_rng(0), step=cd1_step)
stacked = unroll(machines)
tuned, tuned_errors = fine_tune(stacked, v, iterations=150)

rng = np.random.default_rng(1)
noise = [(rng.normal(size=w.shape) / np.sqrt(w.shape[1]), np.zeros(len(w))) for w, _ in stacked]
scratch, scratch_errors = fine_tune(noise, v, iterations=150)

pca = PCA(6).fit(v)
by_pca = pca.inverse_transform(pca.transform(v_test))
errors_of = {
    "PCA": np.square(by_pca - v_test).sum(axis=1).mean(),
    "deep, from random weights": reconstruction_error(scratch, v_test),
    "deep, pre-trained only": reconstruction_error(stacked, v_test),
    "deep, pre-trained and fine-tuned": reconstruction_error(tuned, v_test),
}
for name, error in errors_of.items():
    print(f"{name:<34}{error:.2f}  squared error per unseen picture")

curves = {"from random weights": scratch_errors, "pre-trained": tuned_errors}
shown = [v_test[:8], by_pca[:8], run(tuned, v_test[:8])[-1]]
names = [name for word in ("seen", "by PCA", "by the deep net") for name in (word, *[""] * 7)]
display(
    plots.curves("squared error", xlabel="iteration", **curves),
    plots.filters(machines[0][0][:16].reshape(16, 8, 8)),
    plots.images(np.clip(np.concatenate(shown), 0, 1).reshape(-1, 8, 8), names),
)

# %% [markdown]
# In 150 iterations from random weights the deep net stays behind PCA: for the first fifty it hardly
# moves. With your pre-training it beats both, with the same layers, as many iterations, and no
# label at all. In the middle you see what 16 of the first machine's hidden units look for: spots
# and strokes.
#
# Today we know other ways to begin well (you will meet them in later notebooks), and few people
# pre-train like this. But in 2006 it showed that **deep nets can be trained**, and people came
# back.
#
# ## 2010 to 2012: first strong results
#
# The first field to fall was speech. Abdel-rahman Mohamed, George Dahl and Hinton put a deep net in
# the place of an *acoustic model*, the part that hears which sound is being spoken [10]; with Dong
# Yu, Li Deng and Alex Acero, Dahl took it to a large vocabulary [11], where it got 16 to 23 % fewer
# sentences wrong than the best models before.
#
# We don't have their recordings, so here is a toy: nine sounds, built from the resonances of the
# vocal tract that were measured in 1952. Frequency goes up, time to the right. Large people
# have low resonances, children high ones. (The noise of the task itself is stronger than shown.)

# %%
rng = np.random.default_rng(3)
shown = [spoken(s, voice, rng, noise=0.08)[::-1] for voice in (0.8, 1.4) for s in SOUNDS]
names = [f"{sound}, {who}" for who in ("man", "child") for sound in SOUNDS]
plots.images(np.array(shown), names, columns=9)

# %% [markdown]
# *Predict:* a linear model has one template per sound. What gives it trouble here?

# %%
rng = np.random.default_rng(0)
x, y = speech(3000, rng, voices=(0.7, 1.6))
x_test, y_test = speech(2000, rng, voices=(0.7, 1.6))
x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)

linear = LogisticRegression(C=0.1, max_iter=2000).fit(x, y)
print(f"linear             {1 - linear.score(x_test, y_test):.1%} of 2000 new sounds misheard")
for hidden in ((128,), (128, 128)):
    deep = MLPClassifier(hidden, alpha=1, random_state=0)
    for epoch in range(20):
        deep.partial_fit(x, y, classes=range(len(SOUNDS)))
    print(f"{len(hidden)} hidden layer(s)  {1 - deep.score(x_test, y_test):.1%}")

# %% [markdown]
# Another voice moves a sound up or down, and one template cannot be everywhere. Hidden units can
# share the voices among them. (Our nets are not pre-trained: with enough labels it turned out that
# one can do without.)
#
# Images were next. But there the winner had something that none of the machines so far has. For
# that we must go back to 1959, and to a cat.
#
# # Part two: seeing
#
# ## 1959: Hubel and Wiesel
#
# David Hubel and Torsten Wiesel put a fine electrode next to a single cell in the visual cortex of
# a cat and showed it spots of light. The cell kept silent. Then, the story goes, the edge of a
# glass slide cast a moving shadow, and the cell "went off like a machine gun". It did not care for
# spots. It wanted **an edge, at one angle, in one place** [12, 13].
#
# ### Simple cells
#
# Where light excites a *simple cell* and where it inhibits it can be drawn: its **receptive
# field**. The cell adds up light times field, and it can't answer less than nothing.
#
# *Predict:* the first field below is shown bars of all angles. How does the answer depend on the
# angle?

# %%
angles = np.arange(-90, 91, 15)
kinds = {"bar, 0°": (0, 0), "edge, 0°": (0, 0.25), "bar, 30°": (30, 0), "bar, 90°": (90, 0)}
fields = np.array([cortex.receptive_field(*kind) for kind in kinds.values()])
bars = np.array([cortex.bar(angle) for angle in angles])
display(
    plots.filters(fields, list(kinds)),
    plots.images(bars[::2], [f"{angle}°" for angle in angles[::2]]),
    pictures.tuning(
        "angle of the bar, in degrees",
        angles,
        **{f"cell for {a}°": [cortex.simple_cell(b, a) for b in bars] for a in (0, 30)},
    ),
)

# %% [markdown]
# Red excites, blue inhibits. Turn the bar by 45° and the cell is nearly silent. Each cell has its
# own angle, and a small patch of the cortex has cells for all of them.
#
# Remember this computation: weights times what lies in a small window, then nothing below zero. In
# a later notebook you will meet it again, as a convolution with ReLU.
#
# ### Complex cells
#
# *Complex cells* [13] want an angle, too, but a bar may lie **anywhere** in their field, and best
# of all it **moves**. Many prefer one direction. Here one is shown a bar that stands still, one
# that moves to the right and one that moves to the left.

# %%
films = {"to the right": 1, "to the left": -1, "still": 0}
answers = {
    name: [cortex.complex_cell(cortex.moving_bar(angle, direction)) for angle in angles]
    for name, direction in films.items()
}
places = np.arange(-5, 6)
moving = [np.array([cortex.bar(0, shift=p + k - 4) for k in range(8)]) for p in places]
by_place = {
    "complex": np.array([cortex.complex_cell(film) for film in moving]),
    "simple": np.array([cortex.simple_cell(cortex.bar(0, shift=p)) for p in places]),
}
display(
    plots.images(cortex.moving_bar(30), [f"frame {k}" for k in range(8)]),
    pictures.tuning("angle of the bar, in degrees", angles, **answers),
    pictures.tuning("place of the bar", places, **{n: a / a.max() for n, a in by_place.items()}),
)

# %% [markdown]
# Look at the last picture: move the bar by three pixels and the simple cell has lost it. The
# complex cell still answers. **It gave up a little of "where" to be surer of "what".** Keep that in
# mind.
#
# ### Hypercomplex cells
#
# Some cells have one more wish: the bar must **end** in their field. They answer to a moving end
# point or a corner, and a long bar silences them.
#
# *Predict:* draw both curves against the length of the bar before you look.

# %%
lengths = np.arange(1, 42, 2)
sweeps = [cortex.moving_bar(0, length=length) for length in lengths]
pictures.tuning(
    "length of the bar, in pixels",
    lengths,
    complex=[cortex.complex_cell(film) for film in sweeps],
    hypercomplex=[cortex.hypercomplex_cell(film) for film in sweeps],
)

# %% [markdown]
# Angle, then angle and movement, then movement with an end: each kind can be built from the one
# before. Hubel and Wiesel proposed just that, a **hierarchy** from simple to complex, and found the
# same in monkeys [14]. They won the Nobel Prize in 1981.
#
# ### A map in the head
#
# Neighbours in the cortex look at neighbouring places: the visual field lies on it like a map, but
# a warped one. The centre of your gaze gets far more room than the rest. To a good approximation it
# is the complex logarithm [15]. Below, half a world and its map. The colour tells how far a place
# is from the centre, the dark rays its angle.
#
# *Predict:* what becomes of circles?

# %%
S = 201
yy, xx = np.mgrid[-1 : 1 : S * 1j, -1 : 1 : S * 1j]
radius, angle = np.hypot(xx, yy), np.arctan2(yy, xx)
ring = np.floor(4 * np.log2(np.maximum(radius, 0.03))) % 3
rays = np.abs(np.sin(4 * angle)) > 0.15
target = np.array([np.where(ring == k, 1.0, 0.25) for k in range(3)]) * rays * (xx >= 0)

flower = resize(load_sample_image("flower.jpg")[20:400, 130:510], (S, S), anti_aliasing=True)
flower = flower.transpose(2, 0, 1) * (xx >= 0)
maps = [cortex.cortical_map(field, (S, S)) for field in (target, flower)]
pairs = np.array([target, maps[0], flower, maps[1]])
plots.images(pairs, ["right half of the field", "in the cortex"] * 2)

# %% [markdown]
# Circles become lines, and so do rays. What matters for us: **what was close together stays close
# together.** The brain does not shuffle its pixels. Each cell looks at a small window, and cells
# of all places do the same job.
#
# ## 1980: the neocognitron
#
# Kunihiko Fukushima read Hubel and Wiesel as a plan for a machine [16]. Two kinds of layers, again
# and again, **S C S C**:
#
# - **S-cells** (simple) look for a pattern in a small window. They sit in *planes*, one for each
#   pattern, and all cells of a plane share their weights. They are the ones that learn.
# - **C-cells** (complex) look at a window of one S-plane and answer if any cell there does. They
#   learn nothing. They forgive a shift.
#
# And it has no teacher. In each plane, the cell that answers most takes in what it sees, and all
# cells of its plane follow. Where all are silent, a new plane is born. (Plane births are
# Fukushima's later version of his rule [17]; in 1980 the planes were there from the start.)
#
# Teach it the eight letters in six typefaces, **always in the middle**. Then look at what the first
# planes have learned, and at what the layers say to an A.

# %%
x_middle, y_middle = letters(ALPHABET, 6, np.random.default_rng(0), FACES[:6])
planes_1 = learn_patterns(x_middle[:, None], 3, threshold=0.8, most=12)


def first_sandwich(x):
    s = s_layer(x[:, None], planes_1, threshold=0.8)
    return s, c_layer(s, 3)


planes_2 = learn_patterns(first_sandwich(x_middle)[1], 3, threshold=0.9, most=150, rounds=4)


def second_sandwich(x):
    s = s_layer(first_sandwich(x)[1], planes_2, threshold=0.8)
    return s, c_layer(s, s.shape[-1])


an_a = x_middle[y_middle == 0][:1]
s1, c1 = first_sandwich(an_a)
for name, layer in zip(("S1", "C1", "S2", "C2"), (s1, c1, *second_sandwich(an_a))):
    print(f"{name}: {layer.shape[1]} planes of {layer.shape[2]} x {layer.shape[3]}")
display(
    plots.filters(planes_1, columns=12),
    plots.images(an_a),
    plots.feature_maps(s1[0], columns=12),
    plots.feature_maps(c1[0], columns=12),
)

# %% [markdown]
# Corners, edges, ends of strokes: the patterns are small and local. Below the A, first the planes
# of S1: each says where it has found its pattern. Then C1: the same, a little blurred. The last
# layer C2 keeps no place at all: one number for each pattern of S2.
#
# Now the test. A last S-layer holds each taught letter as seen by C2, and the best match gives the
# name. Its rival is your perceptron, taught the same letters in the same place. Then the letters
# move, up to four pixels in eight directions.
#
# *Predict:* how many letters does each still know after a shift of two pixels?

# %%
rival = np.zeros((8, 401))
for epoch in range(30):
    for k in range(8):
        rival[k], _ = perceptron_epoch(rival[k], rows(x_middle), (y_middle == k).astype(int))

taught = second_sandwich(x_middle)[1]


def name_of(x):
    """The last S-layer: the taught letter that is most similar."""
    return y_middle[s_layer(second_sandwich(x)[1], taught, threshold=0)[:, :, 0, 0].argmax(axis=1)]


directions = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
scores = {"neocognitron": [], "perceptron": []}
for shift in range(5):
    shifted = [moved(x_middle, shift * i, shift * j) for i, j in directions]
    scores["neocognitron"].append(np.mean([name_of(x) == y_middle for x in shifted]))
    read = [(rows(x) @ rival.T).argmax(axis=1) for x in shifted]
    scores["perceptron"].append(np.mean([r == y_middle for r in read]))
    print(f"shift {shift}: " + ", ".join(f"{n} {s[-1]:.0%}" for n, s in scores.items()))
display(
    plots.images(np.array([moved(an_a[0], s, s) for s in range(5)])),
    plots.curves("right", xlabel="shift in pixels", **scores),
)

x_new, y_new = letters(ALPHABET, 2, np.random.default_rng(0), FACES[6:])
read = {"neocognitron": name_of(x_new), "perceptron": (rows(x_new) @ rival.T).argmax(axis=1)}
for name, names in read.items():
    print(f"{name}: {np.mean(names == y_new):.0%} of {len(y_new)} letters in new typefaces")

# %% [markdown]
# A shift of one pixel, and the perceptron is lost. The neocognitron hardly notices, because the
# same patterns are found, only elsewhere. (At four pixels letters begin to leave the picture.)
#
# But be fair: the last two lines are about typefaces that neither has seen. There the perceptron
# does better. The neocognitron has the right **eyes**, but nobody tells it which of all
# the patterns matter. It lacks a teacher.
#
# # Part three: the rivers meet
#
# ## 1998: LeNet-5
#
# Take the eyes of the neocognitron: small windows, shared weights, layer upon layer. Train them
# with back-propagation, all layers at once, from the error at the end. This is the **convolutional
# network**. Yann LeCun built one in 1989 for zip codes; LeNet-5 [18] came to read the amounts on
# millions of bank cheques.
#
# Its layers have names: C for convolution, S for subsampling, F for fully connected. C3 does not
# see all maps of S2. A table in the paper says which: one row for each map of S2, one column for
# each map of C3. It kept the number of connections down, 60 instead of 96, and made the maps
# differ.

# %%
print("     " + " ".join(f"{k:2}" for k in range(16)))
for k, row in enumerate(lenet.connections().T):
    print(f"  {k}  " + " ".join(" X" if seen else " ·" for seen in row))

# %% [markdown]
# ### By hand
#
# C1 has 6 filters of 5 x 5 over a grey picture. In S2 each of the 6 maps has two numbers: what the
# sum of a 2 x 2 window is multiplied by, and a bias. C3 has 16 filters, with 5 x 5 weights for each
# of the 60 connections. How many parameters do the three layers learn, biases included?

# %% answer="lenet_parameters"
in_C1, in_S2, in_C3 = None, None, None
### BEGIN SOLUTION
in_C1, in_S2, in_C3 = 156, 12, 1516
### END SOLUTION

# %% check="lenet_parameters" points=1
checks.by_hand("lenet_parameters", in_C1, in_S2, in_C3)

# %% [markdown]
# ### Run it
#
# The digits of scikit-learn are enlarged to 24 x 24 pixels and put in the middle of 32 x 32. The
# net has the sizes of the paper, with one thing of today: a softmax at the end. The weights begin
# at random. It is trained here and now, twice through 1442 digits.

# %%
def enlarge(x):
    """(N, 1, 8, 8) to (N, 1, 32, 32), with the paper's range: ground -0.1, ink 1.175."""
    big = np.array([resize(one[0], (24, 24), order=1) for one in x])
    return np.pad(big, ((0, 0), (4, 4), (4, 4)))[:, None] * 1.275 - 0.1


big, big_test = enlarge(digits.x_train), enlarge(digits.x_test)
rng = np.random.default_rng(0)
params = lenet.new_lenet(rng)
counts = lenet.parameter_counts()
for name, out in lenet.forward(params, big[:1]).items():
    print(f"{name:<8}{' x '.join(map(str, out.shape[1:])):<14}{counts.get(name, 0):>7,} parameters")
print(f"in all {sum(counts.values()):,}; the paper's 60,000, and the 850 of our softmax layer")

# %%
losses = lenet.train(params, big, digits.y_train, epochs=2, rng=rng, rate=0.01)
guesses = lenet.forward(params, big_test)["output"].argmax(axis=1)
print(f"{np.mean(guesses == digits.y_test):.0%} of {len(guesses)} digits that it never saw, right")
plots.curves("loss", training=losses)

# %% [markdown]
# And what does it see? One digit on its way through the net.

# %%
outs = lenet.forward(params, big_test[3:4])
display(
    plots.images(outs["input"]),
    *(plots.feature_maps(outs[name][0], columns=8) for name in ("C1", "S2", "C3", "S4")),
)
print("scores:", outs["output"][0].round(1), "→", outs["output"][0].argmax())

# %% [markdown]
# Strokes and edges, smaller and smaller maps, more and more of them, and in the end ten numbers.
# Every later network in this course has this form.
#
# ## 2012: AlexNet
#
# Then for years not much happened: computers were slow and data was scarce. In 2012 Alex
# Krizhevsky, Ilya Sutskever and Geoffrey Hinton [19] had 1.2 million labelled photographs
# (ImageNet), two graphics cards, and LeNet's idea, larger. In the ImageNet contest, for 15.3 % of
# the pictures the right answer was not among their five guesses; for the runner-up, without a deep
# net, 26.2 %.
#
# *Predict:* how many times the parameters of LeNet-5 does it have? Where do most of them sit?

# %%
alexnet = NETWORKS["AlexNet"].summary
print(f"{alexnet.parameters / sum(counts.values()):,.0f} times the parameters of LeNet-5")
alexnet

# %% [markdown]
# A thousand times LeNet, and almost all of it in the fully connected layers. The convolutions, with
# their shared weights, do most of the work for little.
#
# ## The two rivers

# %%
pictures.timeline()

# %% [markdown]
# ## What you have built
#
# - The **perceptron** rule, which learns from wrong answers, and stumbles over XOR.
# - **LMS**, which learns from how far off it is, and hears a child's heart.
# - The **delta rule**, which sends the blame backwards, and bends the line around XOR.
# - **CD-1**, which learns without labels, and made deep nets trainable.
#
# And you have seen the cells and the machine that gave us small windows and shared weights. In the
# next notebooks you build the modern form, layer by layer.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [Convolutional Neural
#    Networks](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture05.pdf), lecture 5 of
#    Stanford's CS231n, 2019. This notebook rebuilds the machines of its history.
# 2. F. Rosenblatt, [The perceptron](https://doi.org/10.1037/h0042519), Psychological Review, 1958.
# 3. F. Rosenblatt, Principles of Neurodynamics, Spartan Books, 1962.
# 4. M. Minsky and S. Papert, Perceptrons, MIT Press, 1969.
# 5. B. Widrow and M. E. Hoff, Adaptive switching circuits, IRE WESCON Convention Record, 1960.
# 6. B. Widrow et al., [Adaptive noise cancelling: principles and
#    applications](https://doi.org/10.1109/PROC.1975.10036), Proceedings of the IEEE, 1975.
# 7. D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating
#    errors](https://doi.org/10.1038/323533a0), Nature, 1986.
# 8. G. E. Hinton, [Training products of experts by minimizing contrastive
#    divergence](https://doi.org/10.1162/089976602760128018), Neural Computation, 2002.
# 9. G. E. Hinton and R. R. Salakhutdinov, [Reducing the dimensionality of data with neural
#    networks](https://doi.org/10.1126/science.1127647), Science, 2006.
# 10. A. Mohamed, G. E. Dahl and G. E. Hinton, Deep belief networks for phone recognition, NIPS
#     workshop, 2009; [Acoustic modeling using deep belief
#     networks](https://doi.org/10.1109/TASL.2011.2109382), IEEE Transactions on Audio, Speech, and
#     Language Processing, written in 2010, printed in 2012.
# 11. G. E. Dahl, D. Yu, L. Deng and A. Acero, [Context-dependent pre-trained deep neural networks
#     for large-vocabulary speech recognition](https://doi.org/10.1109/TASL.2011.2134090), same
#     journal, 2012.
# 12. D. H. Hubel and T. N. Wiesel, [Receptive fields of single neurones in the cat's striate
#     cortex](https://doi.org/10.1113/jphysiol.1959.sp006308), Journal of Physiology, 1959.
# 13. D. H. Hubel and T. N. Wiesel, [Receptive fields, binocular interaction and functional
#     architecture in the cat's visual cortex](https://doi.org/10.1113/jphysiol.1962.sp006837),
#     Journal of Physiology, 1962.
# 14. D. H. Hubel and T. N. Wiesel, [Receptive fields and functional architecture of monkey striate
#     cortex](https://doi.org/10.1113/jphysiol.1968.sp008455), Journal of Physiology, 1968.
# 15. E. L. Schwartz, [Spatial mapping in the primate sensory
#     projection](https://doi.org/10.1007/BF01885636), Biological Cybernetics, 1977.
# 16. K. Fukushima, [Neocognitron](https://doi.org/10.1007/BF00344251), Biological Cybernetics,
#     1980.
# 17. K. Fukushima, [Artificial vision by multi-layered neural networks: Neocognitron and its
#     advances](https://doi.org/10.1016/j.neunet.2012.09.016), Neural Networks, 2013.
# 18. Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document
#     recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# 19. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#     neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012.
#
# The photograph is "flower.jpg" of scikit-learn, by dany13
# ([source](https://www.flickr.com/photos/vultilion/6056698931/), Creative Commons, attribution).
# The letters are DejaVu, STIX and Computer Modern, which come with matplotlib.
