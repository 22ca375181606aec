"""The checks of notebook 06: first weights, the chain through a network, decay, augmentation."""

import numpy as np

from cs_cnn import augmentation, fast_layers, pattern, training
from cs_cnn.checks.calls import WrongForm, by_name
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.network_mistakes import CHAIN_MISTAKES, DROPOUT_MISTAKES, KAIMING_MISTAKES
from cs_cnn.checks.training_mistakes import AUGMENT_MISTAKES, DECAY_MISTAKES, EXPAND_MISTAKES
from cs_cnn.network import functions

LINEAR, CONV, NO_RELU = "fully connected", "convolution", "without a ReLU"
GRADS, DOUTS, IMAGES = "gradients by parameters", "gradients by outputs", "images"
DECAYS, LOSS, STAYS = "weights decay", "L2 loss", "biases don't decay"
SHIFT, FLIP, BOTH = "shifts", "flips", "both"
TRAIN, EVAL = "training", "evaluation"
FLAT, NESTED = "one level", "lists in lists"


def one_output(name):
    """A `call` for functions that return one array or value, called `name`."""

    def call(function, inputs, options, forward):
        return {name: function(*inputs.values(), **options)}

    return call


def kaiming_cases(draw, hidden):
    """Matrices and filters with as many axes' lengths as never agree."""
    for _ in range(3 if hidden else 1):
        D_out, D_in = draw.two(2, 40 if hidden else 9)
        yield Case(LINEAR, {"noise": draw.normal(D_out, D_in)})
        C_out, C_in = draw.two(2, 9)
        KH, KW = draw.two(2, 5)
        yield Case(CONV, {"noise": draw.normal(C_out, C_in, KH, KW)})
        yield Case(NO_RELU, {"noise": draw.normal(C_in, C_out, KW, KH)}, {"relu": False})
    yield Case(CARE, {"noise": draw.normal(5, 3, 2, 4, dtype=np.float32)})
    yield Case(CARE, {"noise": draw.strided(4, 6)})


def oracle_kaiming(case):
    """PyTorch's fan and gain."""
    from torch import empty
    from torch.nn import init

    noise, relu = case.inputs["noise"], case.options.get("relu", True)
    fan_in, _ = init._calculate_fan_in_and_fan_out(empty(noise.shape))
    gain = init.calculate_gain("relu" if relu else "linear")
    return {"w": noise.astype(np.float64) * gain / fan_in**0.5}


def chain_cases(draw, hidden):
    """Rows of linear layers, and small networks of images; the rows are told as data.

    All kinds have caches of plain arrays and numbers, which can travel to a student's process.
    """
    for _ in range(3 if hidden else 1):
        N, D = draw.two(2, 5)
        H, C = draw.two(3, 7)
        yield _chain(draw, GRADS, (N, D), [("linear", H), ("relu",), ("linear", C)])
        deep = [("linear", H), ("relu",), ("linear", H), ("relu",), ("linear", H), ("linear", C)]
        yield _chain(draw, GRADS, (N, D), deep)
        shape = (N, 2, *draw.two(6, 8))
        row = [("conv2d", C, 3), ("relu",), ("flatten",), ("linear", H)]
        yield _chain(draw, IMAGES, shape, row)
        row = [("conv2d", H, 2), ("conv2d", C, 1), ("relu",), ("conv2d", C, 2), ("flatten",)]
        yield _chain(draw, IMAGES, (1, *shape[1:]), [*row, ("linear", D)])
    yield _chain(draw, GRADS, (3, 4), [("linear", 5)])
    yield _chain(draw, CARE, (2, 3), [("linear", 4), ("relu",), ("linear", 2)], np.float32)


def _chain(draw, part, shape, row, dtype=np.float64):
    """A case for a row of (kind, size, ...), with drawn images, weights and gradient."""
    x = draw.normal(*shape, dtype=dtype)
    inputs, out = {"x": x}, x
    for k, (kind, *sizes) in enumerate(row):
        if kind in ("linear", "conv2d"):
            F, window = sizes[0], [K + j for K in sizes[1:] for j in (0, 1)]
            inputs[f"w{k}"] = draw.normal(F, out.shape[1], *window, dtype=dtype)
            inputs[f"b{k}"] = draw.normal(F, dtype=dtype)
        out, _ = _one_forward(inputs, k, kind, out)
    inputs["dscores"] = draw.normal(*out.shape, dtype=dtype)
    parts = {} if part == CARE else {f"douts[{k}]": DOUTS for k in range(len(row))}
    return Case(part, inputs, {"row": row}, parts)


def _one_forward(inputs, k, kind, x):
    """Layer k of a row: its output and cache."""
    if kind == "flatten":
        return functions.flatten_forward(x)
    weights = [inputs[f"{name}{k}"] for name in "wb" if f"{name}{k}" in inputs]
    return getattr(fast_layers, f"{kind}_forward")(x, *weights)


def call_chain(function, inputs, options, forward):
    """Run the row forward, call the student's function with the caches, name all gradients."""
    caches, x = [], inputs["x"]
    for k, (kind, *_) in enumerate(options["row"]):
        x, cache = _one_forward(inputs, k, kind, x)
        caches.append((kind, cache))
    result = by_name(function, function(inputs["dscores"], caches), ("douts", "grads"))
    for name, part in result.items():
        if not isinstance(part, list | tuple) or len(part) != len(caches):
            raise WrongForm(f"chain_backward: {name} must be a list with one entry per layer")
    named = {f"douts[{k}]": dout for k, dout in enumerate(result["douts"])}
    for k, (kind, _) in enumerate(caches):
        grads = result["grads"][k]
        if not isinstance(grads, dict) or set(grads) != set(functions.BACKWARD[kind][1]):
            raise WrongForm(
                f"chain_backward: grads[{k}] must be what layer_backward gives for a {kind} layer, "
                f"got {sorted(grads) if isinstance(grads, dict) else type(grads).__name__}"
            )
        named |= {f"grads[{k}]['{name}']": g for name, g in grads.items()}
    return named


def oracle_chain(case):
    """PyTorch's gradients by every parameter and every output in between."""
    import torch
    from torch.nn import functional as F

    tensors = {n: torch.tensor(a, dtype=torch.float64) for n, a in case.inputs.items()}
    functions_of = {
        "linear": F.linear,
        "conv2d": F.conv2d,
        "relu": F.relu,
        "flatten": lambda x: x.flatten(1),
    }
    out, wanted = tensors["x"], {}
    for k, (kind, *_) in enumerate(case.options["row"]):
        own = {n: tensors[f"{n}{k}"].requires_grad_() for n in "wb" if f"{n}{k}" in tensors}
        wanted |= {f"grads[{k}]['{n}']": t for n, t in own.items()}
        out = functions_of[kind](out, *own.values())
        wanted[f"douts[{k}]"] = out
    slopes = torch.autograd.grad(out, list(wanted.values()), tensors["dscores"])
    return {name: slope.numpy() for name, slope in zip(wanted, slopes, strict=True)}


def decay_cases(draw, hidden):
    """A linear layer, a convolution, batch norm: some decay, some don't."""
    for _ in range(3 if hidden else 1):
        yield _decay(draw, {"0.w": (3, 4), "0.b": (3,)}, draw.between(1, 9) / 10)
        shapes = {"0.w": (2, 3, 2, 3), "0.b": (2,), "1.gamma": (2,), "1.beta": (2,)}
        F = draw.between(2, 7)
        yield _decay(draw, shapes | {"4.w": (F, 5), "4.b": (F,)}, draw.between(1, 30) / 1000)
        yield _decay(draw, {"2.w": (1, F), "2.b": (1,)}, None)
    yield _decay(draw, shapes, 0.0)
    yield _decay(draw, shapes, 0.25, np.float32)


def _decay(draw, shapes, weight_decay, dtype=np.float64):
    inputs = {n: draw.normal(*shape, dtype=dtype) + dtype(0.25) for n, shape in shapes.items()}
    inputs |= {f"d{n}": draw.normal(*shape, dtype=dtype) for n, shape in shapes.items()}
    options = {} if weight_decay is None else {"weight_decay": weight_decay}
    one_axis = {f"d{n}": STAYS for n, shape in shapes.items() if len(shape) == 1}
    parts = one_axis | {"l2_loss": LOSS}
    return Case(DECAYS if dtype is np.float64 else CARE, inputs, options, parts)


def call_decay(function, inputs, options, forward):
    """Call with two dicts of arrays; give the loss and the gradients by name."""
    params = {name: a for name, a in inputs.items() if not name.startswith("d")}
    grads = {name: inputs[f"d{name}"] for name in params}
    result = by_name(function, function(params, grads, **options), ("l2_loss", "grads"))
    after = result["grads"]
    if not isinstance(after, dict) or set(after) != set(params):
        raise WrongForm(f"with_weight_decay: grads must be a dict with the keys {list(params)}")
    return {"l2_loss": result["l2_loss"]} | {f"d{name}": g for name, g in after.items()}


def oracle_decay(case):
    """PyTorch's slope of the penalty."""
    import torch

    params = {n: a for n, a in case.inputs.items() if not n.startswith("d")}
    weight_decay = case.options.get("weight_decay", 1e-4)
    tensors = {n: torch.tensor(a, dtype=torch.float64).requires_grad_() for n, a in params.items()}
    weights = [t for t in tensors.values() if t.dim() > 1]
    loss = weight_decay * sum(torch.linalg.vector_norm(t) ** 2 for t in weights) / 2
    loss.backward()
    slopes = {n: 0 if t.grad is None else t.grad.numpy() for n, t in tensors.items()}
    return {"l2_loss": loss.item()} | {
        f"d{n}": case.inputs[f"d{n}"].astype(np.float64) + slopes[n] for n in params
    }


def augment_cases(draw, hidden):
    """One image each way, then many; height and width differ."""
    for _ in range(3 if hidden else 1):
        C, (H, W) = draw.between(1, 3), draw.two(4, 9 if hidden else 6)
        for down, right in ((0, 0), (1, 0), (0, 2), (-2, 0), (0, -1), (2, -1), (-1, 1)):
            yield _augment(draw, SHIFT, (1, C, H, W), [(down, right)], [False])
        yield _augment(draw, FLIP, (3, C, H, W), [(0, 0)] * 3, [True, False, True])
        N = draw.between(4, 9)
        shifts = draw.rng.integers(-2, 3, (N, 2))
        yield _augment(draw, BOTH, (N, C, H, W), shifts, np.arange(N) % 3 != 1)
        yield _augment(draw, BOTH, (1, 2, H, W), [(1, -2)], [True])
        yield _augment(draw, SHIFT, (2, 1, 3, W), [(3, 0), (-3, 1)], [False, False])
    yield _augment(draw, CARE, (3, 2, 4, 5), [(1, 2), (0, 0), (-1, 0)], [True, True, False], "f4")


def _augment(draw, part, shape, shifts, flips, dtype="f8"):
    x = draw.normal(*shape, dtype=np.dtype(dtype))
    return Case(part, {"x": x, "shifts": np.array(shifts), "flips": np.array(flips)})


def oracle_augment(case):
    """SciPy's shift."""
    from scipy import ndimage

    x, shifts, flips = case.inputs.values()
    moved = [
        ndimage.shift(image, (0, *shift), order=0, mode="constant", cval=0)
        for image, shift in zip(x.astype(np.float64), shifts, strict=True)
    ]
    out = [np.flip(m, axis=2) if flip else m for m, flip in zip(moved, flips, strict=True)]
    return {"out": np.stack(out)}


def dropout_cases(draw, hidden):
    """Rows and images in training, noise that equals p, then evaluation."""
    for _ in range(3 if hidden else 1):
        N, D = draw.two(3, 12 if hidden else 6)
        yield Case(TRAIN, _noisy(draw, N, D))
        yield Case(TRAIN, _noisy(draw, N, D), {"p": draw.between(1, 3) / 10})
        yield Case(TRAIN, _noisy(draw, N, 2, D, 3), {"p": draw.between(6, 9) / 10})
        quarters = {"noise": draw.rng.integers(0, 4, (N, D)) / 4}
        yield Case(TRAIN, _noisy(draw, N, D) | quarters, {"p": 0.25})
        yield Case(TRAIN, _noisy(draw, N, D) | quarters, {"p": 0.0})
        yield Case(EVAL, _noisy(draw, N, D), {"training": False})
        yield Case(EVAL, _noisy(draw, N, D), {"p": 0.2, "training": False})
    yield Case(CARE, _noisy(draw, 4, 5, dtype=np.float32), {"p": 0.3})
    yield Case(CARE, _noisy(draw, 4, 6) | {"x": draw.strided(4, 6)})


def _noisy(draw, *shape, dtype=np.float64):
    noise = draw.rng.random(shape).astype(dtype)
    return {"x": draw.normal(*shape, dtype=dtype), "noise": noise}


def call_dropout(function, inputs, options, forward):
    """Call a forward whose cache is part of what is asked for."""
    return by_name(function, function(*inputs.values(), **options), ("out", "cache"))


def oracle_dropout(case):
    """PyTorch's `where` on doubles."""
    import torch

    x, noise = (torch.tensor(a, dtype=torch.float64) for a in case.inputs.values())
    p = case.options.get("p", 0.5)
    if not case.options.get("training", True):
        return {"out": x.numpy(), "cache": None}
    mask = torch.where(noise < p, 0.0, 1 / (1 - p)).double()
    return {"out": torch.where(noise < p, 0.0, x / (1 - p)).numpy(), "cache": mask.numpy()}


def expand_cases(draw, hidden):
    """Words, one group, groups in groups; also 0 times."""
    words = ("CONV", "RELU", "POOL", "FC")
    yield Case(FLAT, {"tree": [("FC", 1)]})
    yield Case(FLAT, {"tree": [("CONV", 2), ("RELU", 1), ("POOL", 0), ("FC", 3)]})
    yield Case(NESTED, {"tree": [([("CONV", 1), ("RELU", 1)], 2), ("POOL", 1)]})
    block = ([([("CONV", 1), ("RELU", 1)], 2), ("POOL", 1)], 3)
    yield Case(NESTED, {"tree": [block, ([("FC", 1), ("RELU", 1)], 1)]})
    yield Case(NESTED, {"tree": [([("CONV", 2)], 0), ([([("FC", 2)], 2), ("RELU", 1)], 2)]})
    for _ in range(8 if hidden else 2):
        yield Case(NESTED, {"tree": _tree(draw, words, 4 if hidden else 3)})


def _tree(draw, words, depth):
    items = []
    for _ in range(draw.between(1, 3)):
        leaf = depth == 0 or draw.between(0, 2) == 0
        item = str(draw.rng.choice(words)) if leaf else _tree(draw, words, depth - 1)
        items.append((item, draw.between(0, 3)))
    return items


def oracle_expand(case):
    """A stack of what is still to be written, without recursion."""
    out, stack = [], list(reversed(case.inputs["tree"]))
    while stack:
        item, times = stack.pop()
        if isinstance(item, str):
            out.extend([item] * times)
        else:
            for _ in range(times):
                stack.extend(reversed(item))
    return {"words": out}


KAIMING_NORMAL = Exercise(
    functions.kaiming_normal,
    {LINEAR: 1, CONV: 1, NO_RELU: 1, CARE: 1},
    kaiming_cases,
    oracle_kaiming,
    one_output("w"),
    KAIMING_MISTAKES,
)
CHAIN_BACKWARD = Exercise(
    functions.chain_backward,
    {GRADS: 3, DOUTS: 2, IMAGES: 2, CARE: 1},
    chain_cases,
    oracle_chain,
    call_chain,
    CHAIN_MISTAKES,
)
EXPAND = Exercise(
    pattern.expand,
    {FLAT: 1, NESTED: 2},
    expand_cases,
    oracle_expand,
    one_output("words"),
    EXPAND_MISTAKES,
)
WITH_WEIGHT_DECAY = Exercise(
    training.with_weight_decay,
    {DECAYS: 2, LOSS: 1, STAYS: 1, CARE: 1},
    decay_cases,
    oracle_decay,
    call_decay,
    DECAY_MISTAKES,
)
SHIFT_AND_FLIP = Exercise(
    augmentation.shift_and_flip,
    {SHIFT: 3, FLIP: 1, BOTH: 1, CARE: 1},
    augment_cases,
    oracle_augment,
    one_output("out"),
    AUGMENT_MISTAKES,
)
DROPOUT_FORWARD = Exercise(
    functions.dropout_forward,
    {TRAIN: 2, EVAL: 1, CARE: 1},
    dropout_cases,
    oracle_dropout,
    call_dropout,
    DROPOUT_MISTAKES,
)
