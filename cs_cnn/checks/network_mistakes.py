"""The known mistakes of first weights, the chain through a network, and dropout, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.network import functions

STD = "np.sqrt((2 if relu else 1) / fan_in)"

KAIMING_MISTAKES = mistakes_of(
    functions.kaiming_normal,
    (
        "fan_out in place of fan_in",
        "What counts is how many products meet in one output: the axes after the first.",
        "noise[0].size",
        "noise[:, 0].size",
    ),
    (
        "the kernel is forgotten",
        "One output of a convolution adds up C_in * KH * KW products, not C_in.",
        "noise[0].size",
        "noise.shape[1]",
    ),
    (
        "the whole array is counted",
        "fan_in belongs to one output: leave out the first axis.",
        "noise[0].size",
        "noise.size",
    ),
    (
        "fan_in and fan_out together",
        "That is Glorot's choice; Kaiming's takes fan_in alone.",
        "fan_in = noise[0].size",
        "fan_in = (noise[0].size + noise[:, 0].size) / 2",
    ),
    (
        "the root is missing",
        "That is the variance; a standard deviation is its root.",
        "np.sqrt",
        "",
    ),
    (
        "no factor of 2 for ReLU",
        "ReLU throws away half of the variance: 2 / fan_in where a ReLU follows.",
        "(2 if relu else 1)",
        "1",
    ),
    (
        "the factor of 2 without a ReLU",
        "With relu=False nothing is thrown away: 1 / fan_in.",
        "(2 if relu else 1)",
        "2",
    ),
    (
        "ReLU the wrong way round",
        "The factor of 2 belongs to relu=True.",
        "(2 if relu else 1)",
        "(1 if relu else 2)",
    ),
    (
        "the 2 stands outside the root",
        "The 2 makes up for a variance, so it stands under the root.",
        STD,
        "(2 if relu else 1) / np.sqrt(fan_in)",
    ),
    (
        "divided by the standard deviation",
        "Multiply: more inputs, smaller weights.",
        "noise * ",
        "noise / ",
    ),
    ("a fixed 0.01", "The right size depends on fan_in.", STD, "0.01"),
    (
        "new random numbers",
        "The random numbers are given: scale noise.",
        "noise * ",
        "np.random.default_rng(0).standard_normal(noise.shape) * ",
    ),
    (
        "the weights are always float64",
        "Keep the dtype of noise: a NumPy float64 turns float32 arrays into float64.",
        "noise.dtype.type(std)",
        "np.float64(std)",
    ),
)

BACK = "dout, of_layer = layer_backward(kind, dout, cache)"

CHAIN_MISTAKES = mistakes_of(
    functions.chain_backward,
    (
        "from the first layer to the last",
        "The gradient comes in at the end: walk through the caches in reverse.",
        "reversed(caches)",
        "caches",
    ),
    (
        "the gradients by the inputs",
        "douts[k] is the gradient by what layer k put out: note it before layer_backward.",
        "        douts.insert(0, dout)\n        " + BACK,
        "        " + BACK + "\n        douts.insert(0, dout)",
    ),
    (
        "both lists are in the order of the way back",
        "One entry per layer, in the order of the layers: reverse the list at the end.",
        "douts.insert(0, dout)",
        "douts.append(dout)",
        "grads.insert(0, of_layer)",
        "grads.append(of_layer)",
    ),
    (
        "douts is in the order of the way back",
        "One entry per layer, in the order of the layers: reverse the list at the end.",
        "douts.insert(0, dout)",
        "douts.append(dout)",
    ),
    (
        "grads is in the order of the way back",
        "One entry per layer, in the order of the layers: reverse the list at the end.",
        "grads.insert(0, of_layer)",
        "grads.append(of_layer)",
    ),
    (
        "the first layer is left out",
        "Every layer has its turn, the first one too.",
        "reversed(caches)",
        "reversed(caches[1:])",
    ),
    (
        "layers that learn nothing are left out",
        "An empty dict for a ReLU: one entry per layer keeps the numbers of the layers.",
        "        grads.insert(0, of_layer)",
        "        if of_layer:\n            grads.insert(0, of_layer)",
    ),
    (
        "the gradient is averaged on the way",
        "Hand dx on as it is: the loss has divided by N already.",
        BACK,
        BACK + "\n        dout = dout / len(dout)",
    ),
    (
        "ReLU lets everything through",
        "Every layer has a backward, ReLU too.",
        BACK,
        'dout, of_layer = layer_backward(kind, dout, cache) if kind != "relu" else (dout, {})',
    ),
    (
        "all parameters in one dict",
        "grads is a list with one dict per layer; else the w of two layers overwrite each other.",
        "grads.insert(0, of_layer)",
        "grads = {**of_layer, **(grads or {})}",
    ),
    (
        "the gradient grows from layer to layer",
        "Hand dx on alone: nothing is added to it in a row of layers.",
        BACK,
        "dx, of_layer = layer_backward(kind, dout, cache)\n"
        "        dout = dx + dout if dx.shape == dout.shape else dx",
    ),
    (
        "the gradients are always float64",
        "Keep the dtype of dscores.",
        "dout = [], [], dscores",
        "dout = [], [], dscores.astype(np.float64)",
    ),
)

KEPT = "(noise >= p).astype(x.dtype)"
SCALE = " / x.dtype.type(1 - p)"

DROPOUT_MISTAKES = mistakes_of(
    functions.dropout_forward,
    ("nothing is made up for", "Divide by 1 - p: the mean must stay the same.", SCALE, ""),
    (
        "the scale is in evaluation",
        "Divide by 1 - p in training; evaluation has nothing to do.",
        SCALE,
        "",
        "out, mask = x, None",
        "out, mask = x * x.dtype.type(1 - p), None",
    ),
    (
        "p is taken for what stays on",
        "p is the share that is switched off.",
        "noise >= p",
        "noise < p",
    ),
    (
        "what stays on is divided by p",
        "A share of 1 - p stays on: divide by that.",
        "type(1 - p)",
        "type(p or 1)",
    ),
    (
        "multiplied by 1 - p",
        "Fewer numbers are left, so each must be larger: divide.",
        SCALE,
        " * x.dtype.type(1 - p)",
    ),
    (
        "dropout in evaluation, too",
        "With training=False x comes out as it is.",
        "if training:",
        "if True:",
    ),
    ("no dropout in training", "Switch off in training.", "if training:", "if not training:"),
    (
        "noise that equals p is switched off",
        "Below p is off; p itself stays on.",
        "noise >= p",
        "noise > p",
    ),
    ("always one half", "The share is p.", "noise >= p", "noise >= 0.5"),
    (
        "whole rows are switched off",
        "Each number has its own noise.",
        KEPT,
        "(noise.reshape(len(x), -1)[:, :1] >= p).reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype)",
    ),
    (
        "x itself is changed",
        "Make a new array: out = x * mask.",
        "out = x * mask",
        "x *= mask",
    ),
    (
        "the mask has no scale",
        "The cache is what x was multiplied by, 1 / (1 - p) where it stays on.",
        "    ### END SOLUTION",
        "        mask = (mask > 0).astype(x.dtype)\n    ### END SOLUTION",
    ),
    (
        "the output is always float64",
        "Keep the dtype of x, in the mask as well.",
        KEPT + SCALE,
        "(noise >= p) / np.float64(1 - p)",
    ),
)
