"""The known mistakes of patterns, weight decay and augmentation, one edit each."""

from cs_cnn import augmentation, pattern, training
from cs_cnn.checks.mistakes import mistakes_of

EXPAND_MISTAKES = mistakes_of(
    pattern.expand,
    ("times is ignored", "An item comes `times` times.", "inside * times", "inside"),
    (
        "the repetitions of inner lists are lost",
        "An inner list has items with times of their own: let expand work them out.",
        "expand(item)",
        "expand([(i, 1) for i, _ in item])",
    ),
    (
        "each word is repeated, not the whole group",
        "(CONV-RELU)*2 is CONV, RELU, CONV, RELU: repeat the list.",
        "inside * times",
        "[word for word in inside for _ in range(times)]",
    ),
    (
        "0 times counts as once",
        "An item that comes 0 times is left out.",
        "inside * times",
        "inside * max(times, 1)",
    ),
    (
        "lists stay in lists",
        "One flat list: add the words, not the list, as + and extend do.",
        "words += inside * times",
        "words += (inside if isinstance(item, str) else [inside]) * times",
    ),
    (
        "only the last item is kept",
        "Add to the words that are there: +=.",
        "words += inside",
        "words = inside",
    ),
    (
        "words are never repeated",
        "A word has times as well: CONV*2.",
        "inside * times",
        "(inside if isinstance(item, str) else inside * times)",
    ),
    (
        "the items come in reverse",
        "Keep the order: add at the end.",
        "words += inside * times",
        "words = inside * times + words",
    ),
    (
        "nothing deeper than one list",
        "Lists may lie in lists to any depth: expand can call itself.",
        "expand(item)",
        "[i for i, t in item for _ in range(t) if isinstance(i, str)]",
    ),
)

DECAY_MISTAKES = mistakes_of(
    training.with_weight_decay,
    (
        "biases decay as well",
        "Only arrays with two axes or more decay.",
        " if w.ndim >= 2",
        "",
    ),
    ("the loss without the half", "The L2 loss is weight_decay / 2 times the sum.", "/ 2 *", "*"),
    (
        "the slope with a factor of 2",
        "The half in front cancels the 2 of the square: weight_decay * w.",
        "+ weight_decay * w ",
        "+ 2 * weight_decay * w ",
    ),
    (
        "the slope with a factor of one half",
        "The half in front cancels the 2 of the square: weight_decay * w.",
        "+ weight_decay * w ",
        "+ weight_decay / 2 * w ",
    ),
    (
        "weights grow",
        "The slope of the L2 loss is added to the gradient; the step downhill then subtracts it.",
        "+ weight_decay * w ",
        "- weight_decay * w ",
    ),
    (
        "the absolute values",
        "L2 is the sum of the squares; absolute values are L1.",
        "np.sum(w**2)",
        "np.sum(np.abs(w))",
    ),
    (
        "the norm without its square",
        "The sum of squares itself, without a root.",
        "np.sum(w**2)",
        "np.sqrt(np.sum(w**2))",
    ),
    (
        "the mean of the squares",
        "The sum, however many weights there are.",
        "np.sum(w**2)",
        "np.mean(w**2)",
    ),
    (
        "convolutions don't decay",
        "Two axes or more: filters have four.",
        "w.ndim >= 2",
        "w.ndim == 2",
    ),
    (
        "the gradients stay as they were",
        "Return the gradients with weight_decay * w added.",
        "grads = grads | decayed",
        "grads = dict(grads)",
    ),
    (
        "the classification gradient is lost",
        "Both losses count: add to the gradient that was given.",
        "grads[name] + weight_decay * w",
        "weight_decay * w",
    ),
    (
        "the loss without weight_decay",
        "Multiply the sum by weight_decay / 2.",
        "weight_decay / 2 *",
        "1 / 2 *",
    ),
    (
        "the gradients that were given are changed",
        "Make a new dict with new arrays: grads[name] + ..., not +=.",
        "grads = grads | decayed",
        "for name, g in decayed.items():\n        grads[name][...] = g",
    ),
)

PASTE = "out[n, :, top : top + part.shape[1], left : left + part.shape[2]] = part"
FLIPPED = "out[n] = out[n, :, :, ::-1].copy()"

AUGMENT_MISTAKES = mistakes_of(
    augmentation.shift_and_flip,
    (
        "images move the other way",
        "Positive numbers move an image down and to the right.",
        "enumerate(shifts)",
        "enumerate(-shifts)",
    ),
    (
        "down and right are swapped",
        "The first number of a shift is down, the second right.",
        "n, (down, right)",
        "n, (right, down)",
    ),
    (
        "what leaves comes in at the other side",
        "np.roll brings pixels around; here new pixels are 0.",
        PASTE,
        "out[n] = np.roll(x[n], (down, right), axis=(1, 2))",
    ),
    (
        "the edge is stretched",
        "New pixels are 0, not copies of the edge.",
        PASTE,
        'out[n] = np.pad(x[n], ((0, 0), (H, H), (W, W)), "edge")'
        "[:, H - down : 2 * H - down, W - right : 2 * W - right]",
    ),
    (
        "mirrored top to bottom",
        "Left to right turns the last axis around.",
        "[n, :, :, ::-1]",
        "[n, :, ::-1]",
    ),
    (
        "turned by half",
        "Left to right turns the last axis around, and that one only.",
        "[n, :, :, ::-1]",
        "[n, :, ::-1, ::-1]",
    ),
    (
        "the colours are mirrored",
        "The axes of one image are channels, height, width: turn the last.",
        "[n, :, :, ::-1]",
        "[n, ::-1]",
    ),
    ("nothing is mirrored", "Where flips is True, mirror the image.", FLIPPED, "pass"),
    ("every image is mirrored", "Mirror only where flips is True.", "if flips[n]:", "if True:"),
    (
        "the wrong ones are mirrored",
        "Mirror where flips is True.",
        "if flips[n]:",
        "if not flips[n]:",
    ),
    (
        "mirrored before the shift",
        "First the shift, then the mirror: otherwise the image moves to the other side.",
        "x[n, :,",
        "(x[n, :, :, ::-1] if flips[n] else x[n])[:,",
        FLIPPED,
        "pass",
    ),
    (
        "all images move like the first",
        "Each image has a shift of its own.",
        "enumerate(shifts)",
        "enumerate(shifts[:1].repeat(len(x), axis=0))",
    ),
    (
        "negative shifts are ignored",
        "Negative numbers move the image up or to the left.",
        "enumerate(shifts)",
        "enumerate(np.maximum(shifts, 0))",
    ),
    (
        "negative shifts count as positive",
        "Negative numbers move the image up or to the left.",
        "enumerate(shifts)",
        "enumerate(np.abs(shifts))",
    ),
    (
        "the images that were given are changed",
        "Write into out, not into x.",
        "    ### END SOLUTION",
        "    x[...] = out\n    ### END SOLUTION",
    ),
    (
        "the images are always float64",
        "Keep the dtype of x.",
        "    ### END SOLUTION",
        "    out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
)
