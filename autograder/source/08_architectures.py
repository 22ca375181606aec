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
# # 8 · Architectures: from your layers to PyTorch
#
# You have built the layers. This notebook is about what people built *of* them: the networks that
# won ImageNet, one idea each. You will take them apart to plain arrays, rebuild their blocks with
# your own kind of layers, fill in weights that were trained elsewhere, and look at what they see in
# a photograph.
#
# **Time:** 60 to 120 minutes. **You need:** notebooks 3 and 4; PyTorch is explained on the way.
#
# There are 46 points: 41 for six functions, 5 for five small questions by hand.
#
# Everything here runs without a network, with a small ResNet that the course has trained itself. If
# you have the weights of SqueezeNet 1.1, trained on ImageNet, the same cells use them too:
# `python -c "from cs_cnn import pretrained; pretrained.fetch('squeezenet1_1')"` gets them (5 MB).

# %% locked="imports"
import numpy as np
import torch
from skimage import data as photographs
from skimage.transform import resize
from sklearn.datasets import load_sample_image
from torch import nn

from cs_cnn import checks, imagenet, plots, pretrained, zoo
from cs_cnn.arithmetic import receptive_field
from cs_cnn.arithmetic.networks import VGG
from cs_cnn.fast_layers import conv2d_backward, conv2d_forward, linear_forward
from cs_cnn.fast_layers import max_pool2d_forward, relu_forward
from cs_cnn.imagenet import CLASSES, MEAN, STD
from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.network import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cs_cnn.normalization import batch_norm_forward
from cs_cnn.shapes import need_dims
from cs_cnn.timing import measure
from cs_cnn.zoo import look

# %% [markdown]
# ## What you will see at the end
#
# A ResNet with twenty layers, run by a block that you wrote yourself, looks at a cat. And the
# pictures below show what it looks at on the way: lines first, then textures, then parts.

# %%
small_net = pretrained.load("resnet20", pretrained.BUNDLED)
CIFAR10 = ("airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
photos = {
    "cat": photographs.chelsea()[:, 60:360],
    "coffee": photographs.coffee()[:, 120:520],
    "astronaut": photographs.astronaut()[:300, 80:380],
    "rocket": photographs.rocket()[:, 100:527],
    "temple": load_sample_image("china.jpg")[:, 120:547],
    "flower": load_sample_image("flower.jpg")[:, 130:557],
}


def square(photo, side):
    """A photograph as an array (3, side, side) of numbers from 0 to 1."""
    return resize(photo, (side, side), anti_aliasing=True).transpose(2, 0, 1).astype(np.float32)


views = np.stack([square(photo, 96) for photo in photos.values()])
scaled = (views - MEAN[:, None, None]) / STD[:, None, None]
maps = look.activations(small_net, scaled[:1], ["layer1", "layer3"])
plots.images(views, list(photos), columns=6)

# %%
plots.feature_maps(maps["layer1"][0][:12])

# %% [markdown]
# ## 1. The same layer, in two languages
#
# PyTorch keeps what you kept by hand. A layer is a **module**: it owns its weights, and calling it
# is the forward pass. Nobody writes a backward: PyTorch remembers every step of the forward and
# walks back along it.
#
# | PyTorch | you |
# |---|---|
# | `nn.Conv2d(in_channels, out_channels, kernel_size)` | the shape of `w`: (out, in / groups, KH, KW) |
# | `stride, padding, dilation, groups` | the same words, the same meaning |
# | `bias=True` | `b`, or `None` |
# | `padding_mode="zeros"` | zeros; it can also mirror the image or wrap it around |
# | `layer.weight`, `layer.bias` | `w`, `b` |
# | `layer(x)` | `conv2d_forward(x, w, b, ...)` |
# | `loss.backward()`, then `layer.weight.grad` | `conv2d_backward(dout, cache)` |
#
# *Predict:* both start from the same numbers, in float32. How far apart will the outputs be?

# %%
torch.manual_seed(0)
layer = nn.Conv2d(3, 8, kernel_size=(3, 5), stride=2, padding=1)
x = torch.randn(2, 3, 17, 20, requires_grad=True)
out = layer(x)
dout = torch.randn_like(out)
out.backward(dout)

w, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
mine, cache = conv2d_forward(x.detach().numpy(), w, b, stride=2, padding=1)
dx, dw, db = conv2d_backward(dout.numpy(), cache)
pairs = {"out": (mine, out), "dx": (dx, x.grad), "dw": (dw, layer.weight.grad)}
for name, (own, theirs) in pairs.items():
    theirs = theirs.detach().numpy()
    print(f"{name:4} {own.shape!s:16} differs by {np.abs(own - theirs).max():.1e}")

# %% [markdown]
# That is rounding, and no more: float32 carries about seven digits, and the two add up in a
# different order.
#
# ## 2. A network of two convolution layers
#
# The first network of many courses. It reads digits of 28 x 28 pixels, and it is small enough to
# keep in your head: two convolutions with pooling and ReLU, two linear layers.

# %%
net = zoo.build("net").eval()
net

# %% [markdown]
# A module hands out its weights by name, as a `state_dict`. The names are the path to the tensor:
# `conv1.weight` is the weight of the module `conv1`. This is also how weights travel: a file of
# trained weights is a `state_dict` on disk, and it fits every network that has these names and
# shapes.

# %%
arrays = {name: value.numpy() for name, value in net.state_dict().items()}
for name, value in arrays.items():
    print(f"{name:14} {value.shape}")

# %% [markdown]
# *Predict:* `fc1` takes 320 numbers. Why 320?
#
# Follow the image: 28 becomes 24 after a 5 x 5 kernel, 12 after pooling, 8 after the second kernel,
# 4 after the second pooling, and there are 20 channels: 20 · 4 · 4 = 320.
#
# ### Write it
#
# `net_forward` gives what the module gives, from the arrays alone. You may use the layers that you
# have built: `conv2d_forward(x, w, b)`, `max_pool2d_forward(x, 2)`, `relu_forward(x)` and
# `linear_forward(x, w, b)` are imported, and each gives `(out, cache)`. About 10 lines.
#
# The last step is **log-softmax**, the logarithm of each class's probability:
#
# $$ \log p_k = s_k - \log \sum_j e^{s_j} $$
#
# With a score of 1000 the exponential overflows. Subtract the row's maximum from all scores first:
# the result is the same, and nothing overflows.

# %% exercise="cs_cnn.zoo.by_hand:net_forward"

# %% check="net_forward" points=10
checks.net_forward(net_forward)

# %% [markdown]
# ### Reward: twins
#
# The same network three times: PyTorch's module, your function, and a `Sequential` of the course
# with its own backward. Outputs and gradients agree to the seventh digit or so. From here on we may
# say "a layer" and mean any of them.

# %%
rng = np.random.default_rng(0)
digits, labels = rng.random((8, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, 8)
mine = net_forward(digits, arrays)

theirs = net(torch.tensor(digits))
loss = nn.functional.nll_loss(theirs, torch.tensor(labels))
loss.backward()

twin = Sequential(
    [Conv2d(1, 10, 5), MaxPool2d(2), ReLU(), Conv2d(10, 20, 5), MaxPool2d(2), ReLU()]
    + [Flatten(), Linear(320, 50), ReLU(), Linear(50, 10)]
)
twin.update(dict(zip(twin.params, arrays.values())))
own_loss, dscores = softmax_cross_entropy(twin.forward(digits), labels)
gradients = twin.backward(dscores)

print("log-probabilities differ by", np.abs(mine - theirs.detach().numpy()).max())
print("losses:", loss.item(), own_loss)
for (name, value), own in zip(net.named_parameters(), gradients.values()):
    print(f"gradient by {name:14} differs by {np.abs(own - value.grad.numpy()).max():.1e}")

# %% [markdown]
# ## 3. AlexNet, 2012
#
# The same idea, larger: five convolution layers, three linear ones, 1000 classes. On ImageNet it
# made 16 % errors (the right class not among its five best guesses) where the best of the others
# made 26 % [2]. Everything after section 4 of notebook 4 begins here.
#
# This is the version that the lecture's code gives, with one column; the original was split over
# two graphics cards with 3 GB each [3].

# %%
with torch.device("meta"):  # shapes alone, no memory
    alexnet = zoo.build("alexnet")
alexnet

# %% [markdown]
# ### By hand
#
# The first layer: 224 x 224 pixels, 64 filters of 11 x 11 over three colours, stride 4, padding 2.
# How many rows does its output have, and how many parameters the layer (with biases)?

# %% answer="alexnet_first_layer"
rows, parameters = None, None
### BEGIN SOLUTION
rows, parameters = 55, 23296
### END SOLUTION

# %% check="alexnet_first_layer" points=1
checks.by_hand("alexnet_first_layer", rows, parameters)

# %% [markdown]
# *Predict:* AlexNet has 61 million parameters. What share of them lies in the convolutions?

# %%
counts = {name: p.numel() for name, p in alexnet.named_parameters() if name.endswith("weight")}
for name, count in counts.items():
    print(f"{name:22} {count:>12,}  {'█' * round(60 * count / max(counts.values()))}")
total = sum(p.numel() for p in alexnet.parameters())
in_convolutions = sum(count for name, count in counts.items() if name.startswith("features"))
print(f"{total:,} parameters, {in_convolutions / total:.0%} of them in the convolutions")

# %% [markdown]
# Four of a hundred. The convolutions do most of the *work*, since each weight is used at every
# place; the linear layers hold most of the *weights*. Whoever wants a small network knows where to
# cut, and section 5 does.
#
# ## 4. VGG, 2014: deeper, and only 3 x 3
#
# Two layers of 3 x 3 see 5 x 5 pixels, three see 7 x 7 (notebook 3). So why use large kernels at
# all? Simonyan and Zisserman built networks of nothing but 3 x 3 [4]: more layers, more ReLUs
# between them, and fewer weights.
#
# ### By hand
#
# How many weights (no biases) have three layers of 3 x 3, and how many has one layer of 7 x 7, if
# all have 64 channels in and 64 out?

# %% answer="stacked_kernels"
three_small, one_large = None, None
### BEGIN SOLUTION
three_small, one_large = 110592, 200704
### END SOLUTION

# %% check="stacked_kernels" points=1
checks.by_hand("stacked_kernels", three_small, one_large)

# %% [markdown]
# The paper tries five networks, A to E, in one table. Here it is as data: a number is a convolution
# with so many filters, `M` is a pooling, and `:1` marks the 1 x 1 convolutions of C.

# %%
for name, words in VGG.items():
    print(f"{name}:  {words}")

# %% [markdown]
# ### Write it
#
# A table that a program can read is better than five pages of code. `vgg_plan` turns a row into the
# list of its layers, with the numbers that a layer needs. You write the body of the loop, about 8
# lines; the docstring says what a word becomes.

# %% exercise="cs_cnn.zoo.by_hand:vgg_plan"

# %% check="vgg_plan" points=6
checks.vgg_plan(vgg_plan)

# %% [markdown]
# ### Reward: five networks from five lines
#
# Your plan, made into modules; the linear layers at the end are the same for all. The paper gives
# 133, 133, 134, 138 and 144 million parameters.

# %%
makers = {
    "conv": lambda C_in, C_out, K, P: nn.Conv2d(C_in, C_out, K, padding=P),
    "relu": lambda: nn.ReLU(),
    "pool": lambda: nn.MaxPool2d(2),
}
for name, words in VGG.items():
    with torch.device("meta"):
        features = nn.Sequential(*(makers[kind](*sizes) for kind, *sizes in vgg_plan(words)))
        classifier = nn.Sequential(
            *(nn.Linear(512 * 7 * 7, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000))
        )
    deep = sum(kind == "conv" for kind, *_ in vgg_plan(words)) + 3
    total = sum(p.numel() for part in (features, classifier) for p in part.parameters())
    print(f"VGG {name}: {deep} layers, {total:>11,} parameters")

# %% [markdown]
# ## 5. SqueezeNet, 2016: the same accuracy from a fiftieth of the weights
#
# Three ideas make a network small [5]: replace 3 x 3 kernels by 1 x 1 where you can; give the
# remaining 3 x 3 kernels fewer channels to read; and end with an average over the whole image
# instead of huge linear layers. The first two live in one block, the **Fire module**:
#
# ```
#                              ┌─ 1 x 1, E filters ─ ReLU ─┐
# x ─ 1 x 1, S filters ─ ReLU ─┤                           ├─ stacked: 2 E channels
#                              └─ 3 x 3, E filters ─ ReLU ─┘
# ```
#
# ### By hand
#
# A Fire module with 64 channels in, S = 16 and E = 64 gives 128 channels. How many parameters has
# it, biases included? And a plain 3 x 3 convolution from 64 to 128 channels?

# %% answer="fire_parameters"
fire, plain = None, None
### BEGIN SOLUTION
fire, plain = 11408, 73856
### END SOLUTION

# %% check="fire_parameters" points=1
checks.by_hand("fire_parameters", fire, plain)

# %% [markdown]
# ### Write it
#
# The forward of a Fire module, from its six arrays. About 6 lines; `np.concatenate` stacks.

# %% exercise="cs_cnn.zoo.by_hand:fire_forward"

# %% check="fire_forward" points=5
checks.fire_forward(fire_forward)

# %% [markdown]
# ### Reward: all eight of them
#
# SqueezeNet 1.1 on plain arrays: one convolution, eight of your Fire modules with three poolings
# between them, and one last 1 x 1 convolution whose maps are averaged. If ImageNet's weights are on
# your disk, these are the real ones; otherwise the weights are random, and so is what it sees.

# %%
found = pretrained.find("squeezenet1_1")
torch.manual_seed(0)
squeezenet = pretrained.load("squeezenet1_1", found) if found else zoo.build("squeezenet1_1").eval()
print("weights:", found.name if found else "random (see the top of this notebook)")


def squeezenet_forward(x, state):
    """SqueezeNet 1.1 with your Fire modules: scores (N, 1000)."""
    x, _ = conv2d_forward(x, state["features.0.weight"], state["features.0.bias"], stride=2)
    x, _ = relu_forward(x)
    for k in range(2, 13):
        own = {n.split(".", 2)[2]: a for n, a in state.items() if n.startswith(f"features.{k}.")}
        x = fire_forward(x, own) if own else max_pool2d_forward(x, 3, 2)[0]
    x, _ = conv2d_forward(x, state["classifier.1.weight"], state["classifier.1.bias"])
    return np.maximum(x, 0).mean(axis=(2, 3))


state = {name: value.numpy() for name, value in squeezenet.state_dict().items()}
x = rng.standard_normal((1, 3, 224, 224), dtype=np.float32)
mine = squeezenet_forward(x, state)
with torch.inference_mode():
    theirs = squeezenet(torch.tensor(x)).numpy()
print(f"{sum(a.size for a in state.values()):,} parameters; largest score {theirs.max():.3f}")
print("your scores differ from PyTorch's by", np.abs(mine - theirs).max())

# %% [markdown]
# 1.2 million parameters instead of 61, for AlexNet's accuracy. An average over the image has no
# weights at all.
#
# ## 6. ResNet, 2015: add what you had
#
# Deeper should be better: a deeper network can always copy its input through the layers that it does
# not need. In fact plain networks of 50 layers and more got *worse*, on the training data too [6].
# Copying, it turned out, is hard to learn. So He and others built the copy in:
#
# $$ \text{out} = \text{ReLU}(F(x) + x) $$
#
# The block computes a **residual** $F(x)$, two convolutions with batch norm, and adds its input. If
# there is nothing to add, $F = 0$ will do.
#
# ### By hand
#
# All weights of the two convolutions and the shifts of the batch norms are 0. What does the block
# give at a place where $x$ is -2, and at one where $x$ is 3?

# %% answer="residual_of_nothing"
at_minus_two, at_three = None, None
### BEGIN SOLUTION
at_minus_two, at_three = 0, 3
### END SOLUTION

# %% check="residual_of_nothing" points=1
checks.by_hand("residual_of_nothing", at_minus_two, at_three)

# %% [markdown]
# Where a block halves the image and doubles the channels, $x$ no longer fits the sum. The simplest
# way out (option A of the paper) has no parameters: take every second pixel, and add channels of
# zeros.
#
# *Predict:* which padding do `np.pad` and its pairs need for an array (N, C, H, W) that gets 3
# channels of zeros before its own, and 4 after?
#
# ### Write it
#
# `residual_forward` in evaluation mode: batch norm uses its running averages, and `batch_norm(out,
# "bn1")` does that for you. About 9 lines.

# %% exercise="cs_cnn.zoo.by_hand:residual_forward"

# %% check="residual_forward" points=10
checks.residual_forward(residual_forward)

# %% [markdown]
# ### Reward: twenty layers, trained
#
# The course comes with the weights of a ResNet-20 that its authors trained on CIFAR-10, 32 x 32
# photographs of ten kinds of things. Nine blocks, all of them yours:

# %%
def resnet20_forward(x, state):
    """ResNet-20 with your residual blocks: scores (N, 10)."""
    keys = ("weight", "bias", "running_mean", "running_var")
    x, _ = conv2d_forward(x, state["conv1.weight"], padding=1)
    x = batch_norm_forward(x, *(state[f"bn1.{key}"] for key in keys), training=False)[0]
    x, _ = relu_forward(x)
    for layer in (1, 2, 3):
        for block in range(3):
            place = f"layer{layer}.{block}."
            own = {n.removeprefix(place): a for n, a in state.items() if n.startswith(place)}
            x = residual_forward(x, own, stride=2 if layer > 1 and block == 0 else 1)
    return linear_forward(x.mean(axis=(2, 3)), state["linear.weight"], state["linear.bias"])[0]


state = {name: value.numpy() for name, value in small_net.state_dict().items()}
tiny = np.stack([square(photo, 32) for photo in photos.values()])
x = ((tiny - MEAN[:, None, None]) / STD[:, None, None]).astype(np.float32)
scores = resnet20_forward(x, state)
with torch.inference_mode():
    theirs = small_net(torch.tensor(x)).numpy()
print("differs from PyTorch by", np.abs(scores - theirs).max())
guesses = [CIFAR10[k] for k in scores.argmax(axis=1)]
plots.images(tiny, [f"{name}: {guess}" for name, guess in zip(photos, guesses)], columns=6)

# %% [markdown]
# It knows ten words, and only the cat is one of them. For everything else it has to say the least
# wrong thing, and it says it with conviction: a classifier has no word for "none of these".
#
# ## 7. The recipe for a photograph
#
# A network wants its input as it was in training. For ImageNet that is a fixed recipe: resize the
# short side to 256 pixels, cut out the middle 224 x 224, scale each colour to mean 0 and standard
# deviation 1. Then: scores, softmax, the five best, their names. Leave out one step and nothing
# crashes; the answers just get worse. That is what makes it a common bug.
#
# ### Write it
#
# `resize` is SciPy's and scikit-image's business. You write the rest: the crop, the colours, and
# the order of the axes. About 3 lines.

# %% exercise="cs_cnn.imagenet:crop_and_scale"

# %% check="crop_and_scale" points=5
checks.crop_and_scale(crop_and_scale)

# %% [markdown]
# ### By hand
#
# Two classes have the scores 1000 and 1000 - ln 9. What is the probability of the first? And if you
# subtract 1000 from both scores?

# %% answer="two_scores"
before, after = None, None
### BEGIN SOLUTION
before, after = 0.9, 0.9
### END SOLUTION

# %% check="two_scores" points=1
checks.by_hand("two_scores", before, after)

# %% [markdown]
# ### Write it
#
# The names of the k best, with their probabilities. About 4 lines; `np.argsort` sorts upwards, and
# with `kind="stable"` equal numbers keep their order.

# %% exercise="cs_cnn.imagenet:top_classes"

# %% check="top_classes" points=5
checks.top_classes(top_classes)

# %% [markdown]
# ### Reward: names
#
# Your recipe, on real photographs. With ImageNet's weights SqueezeNet chooses from 1000 names;
# without them the ResNet chooses from its ten.

# %%
if found:
    names, model = CLASSES, squeezenet
    ready = [resize(p, (256, 256), anti_aliasing=True) for p in photos.values()]
    x = np.stack([crop_and_scale(p, 224) for p in ready])
else:
    names, model = CIFAR10, small_net
    ready = [resize(p, (36, 36), anti_aliasing=True) for p in photos.values()]
    x = np.stack([crop_and_scale(p, 32) for p in ready])
print("network:", type(model).__name__)
with torch.inference_mode():
    scores = model(torch.tensor(x.astype(np.float32))).numpy()
for photo, row in zip(photos, scores):
    best = top_classes(row, 3, names)
    print(f"{photo:10}", ", ".join(f"{name} {share:.0%}" for name, share in best))

# %% [markdown]
# ## 8. What the layers look at
#
# Zeiler and Fergus [7] asked of each unit: which patches excite you most? First the activations of
# one photograph, layer by layer. Red is positive; after a ReLU there is nothing else, and the maps
# are grey.

# %%
layers = {"conv1": 1, "layer1": 7, "layer2": 13, "layer3": 19}
maps = look.activations(small_net, scaled[:1], layers)
for name in layers:
    print(f"{name:7} {maps[name][0].shape}")
display(plots.feature_maps(np.concatenate([maps["conv1"][0][:6], maps["layer1"][0][:6]])))
plots.feature_maps(maps["layer2"][0][:6])

# %% [markdown]
# Early maps still look like the photograph. Later ones are small, and light up only in places. What
# a number of such a map stands for can't be read off the map; the patches tell. How large are they?
# Your receptive field from notebook 3 knows.
#
# *Predict:* after the first convolution a unit sees 3 x 3 pixels. After 7, 13 and 19 layers?

# %%
def field_after(depth):
    """Receptive field and jump of ResNet-20 after so many convolutions; two of them have stride 2."""
    strides = [2 if k in (7, 13) else 1 for k in range(depth)]
    return receptive_field([(3, s, 1) for s in strides]), int(np.prod(strides))


shown = {}
crops = []
for photo in photos.values():
    third = len(photo) // 3
    places = [(r * third, c * third) for r in range(3) for c in range(3)]
    crops += [square(photo[r : r + third, c : c + third], 64) for r, c in places]
crops = np.stack(crops)
crops_scaled = (crops - MEAN[:, None, None]) / STD[:, None, None]
every = look.activations(small_net, crops_scaled, layers)
for name, depth in layers.items():
    field, jump = field_after(depth)
    print(f"{name:7} sees {field} x {field} pixels, neighbours are {jump} apart")
    field = min(field, 40)
    liveliest = np.argsort(-every[name].max(axis=(2, 3)).std(axis=0))[:2]
    shown[name] = [look.strongest(every[name][:, k], crops, field, jump, 8) for k in liveliest]

display(plots.images(np.concatenate(shown["conv1"]), columns=8))
display(plots.images(np.concatenate(shown["layer1"]), columns=8))
plots.images(np.concatenate(shown["layer3"]), columns=8)

# %% [markdown]
# Each row belongs to one unit: the patches that excite it most, out of 54 ninths of photographs. **Low-level**
# units like a colour or an edge. **Mid-level** ones like a texture or a corner. **High-level** ones
# see a large part of the picture, and what their patches have in common is no longer a pattern but
# a thing. Nobody asked for this order. It is what the loss made of the layers.
#
# ## 9. What accuracy costs
#
# Canziani and others [8] put all networks into one picture: accuracy against operations, with the
# parameters as areas. Notebook 3 drew it from arithmetic. Here is the other half: the time that one
# photograph takes **on your machine**.
#
# *Predict:* VGG-16 needs 15.5 billion multiplications, AlexNet 0.7. Will it be twenty times slower?

# %%
top1 = {"alexnet": 56.522, "vgg11": 69.020, "vgg16": 71.592, "squeezenet1_1": 58.178}
points = {}
photo = torch.randn(1, 3, 224, 224)
for name, accuracy in top1.items():
    with torch.device("meta"):
        model = zoo.build(name).eval()
    model = model.to_empty(device="cpu")  # what the weights are doesn't matter for the time
    for p in model.parameters():
        p.data.fill_(0.01)
    with torch.inference_mode():
        timing = measure({name: lambda: model(photo)}, repeat=3)[name]
    points[name] = 1e3 * timing.median, accuracy, sum(p.numel() for p in model.parameters())
    print(timing)
plots.circles("milliseconds for one photograph, measured here", "top-1 accuracy, %", **points)

# %% [markdown]
# The accuracies are those of torchvision's table of weights. Operations alone don't tell the time:
# AlexNet's 61 million parameters have to be fetched from memory for one single photograph, and its
# linear layers do one multiplication for each. Notebook 5 calls that the roofline.
#
# ## What you have built
#
# - A network, a Fire module and a residual block on plain arrays, equal to PyTorch's modules.
# - A table that builds five networks.
# - The recipe from a photograph to five names, and the eye for its steps.
#
# Next, **09**: a network that has learned one thing already is the best start for the next.
#
# ## References
#
# 1. F.-F. Li, J. Johnson and S. Yeung, [CNN
#    Architectures](http://cs231n.stanford.edu/slides/2019/cs231n_2019_lecture09.pdf), lecture 9 of
#    Stanford's CS231n, 2019.
# 2. A. Krizhevsky, I. Sutskever and G. E. Hinton, [ImageNet classification with deep convolutional
#    neural networks](https://doi.org/10.1145/3065386), NeurIPS 2012.
# 3. A. Krizhevsky, [One weird trick for parallelizing convolutional neural
#    networks](https://arxiv.org/abs/1404.5997), 2014: the version with one column.
# 4. K. Simonyan and A. Zisserman, [Very deep convolutional networks for large-scale image
#    recognition](https://arxiv.org/abs/1409.1556), ICLR 2015.
# 5. F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally and K. Keutzer, [SqueezeNet:
#    AlexNet-level accuracy with 50x fewer parameters and < 0.5 MB model
#    size](https://arxiv.org/abs/1602.07360), 2016.
# 6. K. He, X. Zhang, S. Ren and J. Sun, [Deep residual learning for image
#    recognition](https://arxiv.org/abs/1512.03385), CVPR 2016.
# 7. M. D. Zeiler and R. Fergus, [Visualizing and understanding convolutional
#    networks](https://arxiv.org/abs/1311.2901), ECCV 2014.
# 8. A. Canziani, A. Paszke and E. Culurciello, [An analysis of deep neural network models for
#    practical applications](https://arxiv.org/abs/1605.07678), 2016.
#
# The photographs come with scikit-image and scikit-learn: the cat is Chelsea, by Stéfan van der
# Walt; the coffee by Rachel Michetti; the astronaut and the rocket by NASA and SpaceX; the temple
# by danielbuechele and the flower by dany13 (Creative Commons, attribution).
