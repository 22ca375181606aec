"""The checks of notebook 08: networks on plain arrays, VGG's table, ImageNet's recipe."""

import numpy as np

from cs_cnn import imagenet
from cs_cnn.arithmetic.networks import VGG
from cs_cnn.checks.architectures_mistakes import (
    CROP_MISTAKES,
    FIRE_MISTAKES,
    NET_MISTAKES,
    PLAN_MISTAKES,
    RESIDUAL_MISTAKES,
    TOP_MISTAKES,
)
from cs_cnn.checks.calls import WrongForm
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.zoo import by_hand

ONE, BATCH = "one image", "a batch"


def call(function, inputs, options, forward):
    """Call a function of arrays that gives one array."""
    return {"out": function(*inputs.values(), **options)}


def call_list(function, inputs, options, forward):
    """Call a function that gives a list of tuples, and take it apart row by row."""
    result = function(*inputs.values(), **options)
    rows = isinstance(result, list) and all(isinstance(row, tuple) for row in result)
    if not rows:
        raise WrongForm(f"{function.__name__} must return a list of tuples, got {result!r:.80}")
    return {"layers": result}


def weights(draw, shapes, dtype=np.float64):
    """Arrays of these shapes by name, of a size that keeps the numbers of a network near 1."""
    return {
        name: (draw.normal(*shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(dtype)
        for name, shape in shapes.items()
    }


def torch_output(module, case):
    """What a PyTorch module gives in evaluation mode, in float64, with a case's weights."""
    import torch

    state = {name: torch.tensor(value).double() for name, value in case.inputs["p"].items()}
    module.load_state_dict(state, strict=False)
    with torch.no_grad():
        return {"out": module.double().eval()(torch.tensor(case.inputs["x"]).double()).numpy()}


# The network of two convolution layers ------------------------------------------------------

NET_SHAPES = {
    "conv1.weight": (10, 1, 5, 5),
    "conv1.bias": (10,),
    "conv2.weight": (20, 10, 5, 5),
    "conv2.bias": (20,),
    "fc1.weight": (50, 320),
    "fc1.bias": (50,),
    "fc2.weight": (10, 50),
    "fc2.bias": (10,),
}


def net_cases(draw, hidden):
    for _ in range(2 if hidden else 1):
        p = weights(draw, NET_SHAPES)
        yield Case(ONE, {"x": draw.normal(1, 1, 28, 28), "p": p})
        yield Case(BATCH, {"x": draw.normal(draw.between(2, 5), 1, 28, 28), "p": p})
    far = weights(draw, NET_SHAPES)
    far["fc2.weight"] = 4000 * far["fc2.weight"]
    yield Case("large scores", {"x": draw.normal(3, 1, 28, 28), "p": far})
    p = weights(draw, NET_SHAPES, np.float32)
    yield Case(CARE, {"x": draw.normal(2, 1, 28, 28, dtype=np.float32), "p": p})


def oracle_net(case):
    from cs_cnn.zoo import Net

    return torch_output(Net(), case)


# VGG's table --------------------------------------------------------------------------------


def plan_cases(draw, hidden):
    if not hidden:
        yield Case("convolutions", {"words": "64"})
        yield Case("convolutions", {"words": "8 16 16"})
        yield Case("pooling", {"words": "4 M 6 M"})
        yield Case("1 x 1 convolutions", {"words": "4 6:1 M 8"})
        yield Case("1 x 1 convolutions", {"words": VGG["C"]})
    for part, choices in (
        ("convolutions", ("",)),
        ("pooling", ("", "M")),
        ("1 x 1 convolutions", ("", "M", ":1")),
    ):
        endings = draw.rng.choice(choices, 9 if hidden else 5)
        words = ["M" if e == "M" else f"{draw.between(1, 99)}{e}" for e in endings]
        yield Case(part, {"words": " ".join([str(draw.between(2, 50)), *words, *choices[1:2]])})


def oracle_plan(case):
    """Read backwards: a convolution's input is the next number to its left, or 3."""
    words, layers = case.inputs["words"].split(), []
    numbers = [3 if w == "M" else int(w.removesuffix(":1")) for w in words]
    for place in reversed(range(len(words))):
        word = words[place]
        before = [n for n, w in zip(numbers[:place], words[:place], strict=True) if w != "M"]
        size = (1, 0) if word.endswith(":1") else (3, 1)
        conv = [("conv", (before or [3])[-1], numbers[place], *size), ("relu",)]
        layers = ([("pool",)] if word == "M" else conv) + layers
    return {"layers": layers}


# Blocks -------------------------------------------------------------------------------------


def fire_cases(draw, hidden):
    def case(part, N, dtype=np.float64):
        C, (S, E) = draw.between(2, 6), draw.two(2, 5)
        H, W = draw.two(3, 9 if hidden else 6)
        shapes = {"squeeze": (S, C, 1, 1), "expand1x1": (E, S, 1, 1), "expand3x3": (E, S, 3, 3)}
        arrays = {f"{name}.weight": shape for name, shape in shapes.items()}
        arrays |= {f"{name}.bias": shape[:1] for name, shape in shapes.items()}
        inputs = {"x": draw.normal(N, C, H, W, dtype=dtype), "p": weights(draw, arrays, dtype)}
        return Case(part, inputs)

    for _ in range(2 if hidden else 1):
        yield case(ONE, 1)
        yield case(BATCH, draw.between(2, 4))
    yield case(CARE, 2, np.float32)


def oracle_fire(case):
    from cs_cnn.zoo.squeezenet import Fire

    p = case.inputs["p"]
    S, C = p["squeeze.weight"].shape[:2]
    return torch_output(Fire(C, S, len(p["expand1x1.weight"])), case)


def residual_cases(draw, hidden):
    def case(part, N, C, F, stride, dtype=np.float64):
        arrays = {"conv1.weight": (F, C, 3, 3), "conv2.weight": (F, F, 3, 3)}
        for name in ("bn1", "bn2"):
            arrays |= {f"{name}.{key}": (F,) for key in ("weight", "bias", "running_mean")}
        p = weights(draw, arrays, dtype)
        for name in ("bn1", "bn2"):
            p[f"{name}.running_var"] = draw.rng.uniform(0.3, 3, F).astype(dtype)
        H, W = draw.two(4, 9 if hidden else 7)
        options = {"stride": stride} if stride > 1 else {}
        return Case(part, {"x": draw.normal(N, C, H, W, dtype=dtype), "p": p}, options)

    for _ in range(2 if hidden else 1):
        C = draw.between(2, 5)
        yield case("the same size", 1, C, C, 1)
        yield case("the same size", draw.between(2, 4), C + 1, C + 1, 1)
        yield case("more channels", draw.between(2, 3), C, C + 2, 1)
        yield case("half the size", draw.between(1, 3), C, 2 * C + 1, 2)
        yield case("half the size", 2, C, C + 3, 3 if hidden else 2)
    yield case(CARE, 2, 3, 6, 2, np.float32)


def oracle_residual(case):
    from cs_cnn.zoo.resnet import Residual

    F, C = case.inputs["p"]["conv1.weight"].shape[:2]
    return torch_output(Residual(C, F, case.options.get("stride", 1)), case)


# The recipe ---------------------------------------------------------------------------------


def crop_cases(draw, hidden):
    def case(part, H, W, size, channels=3, **options):
        image = draw.rng.random((H, W, channels)) if part != CARE else draw.normal(H, W, channels)
        return Case(part, {"x": image}, {"size": size} | options)

    colours = {"mean": np.array([0.4, 0.5, 0.7]), "std": np.array([0.2, 0.3, 0.5])}
    plain = {"mean": np.zeros(3), "std": np.ones(3)}
    for _ in range(2 if hidden else 1):
        size = draw.between(3, 9 if hidden else 5)
        yield case("the middle", size + 4, size + 8, size, **plain)
        yield case("the middle", size + 3, size + 6, size, **plain)
        yield case("the middle", size, size + 2, size, **plain)
        yield case("colours", size + 2, size + 4, size, **colours)
        yield case("colours", size + 5, size + 1, size)
    yield Case(CARE, {"x": draw.strided(7, 8, 3)}, {"size": 4} | colours)


def oracle_crop(case):
    """Take rows off alternately, the end first, until the square is left; then scale."""
    x, size = case.inputs["x"].astype(np.float64), case.options["size"]
    for axis in (0, 1):
        end = True
        while x.shape[axis] > size:
            x = np.delete(x, -1 if end else 0, axis)
            end = not end
    mean, std = (
        case.options.get(name, default)
        for name, default in (("mean", imagenet.MEAN), ("std", imagenet.STD))
    )
    channels = range(x.shape[2])
    return {"out": np.array([(x[:, :, c] - float(mean[c])) / float(std[c]) for c in channels])}


def top_cases(draw, hidden):
    def case(part, scores, k):
        names = tuple(f"class {chr(97 + n)}" for n in range(len(scores)))
        return Case(part, {"scores": scores}, {"k": k, "names": names})

    for _ in range(3 if hidden else 1):
        n = draw.between(6, 12)
        scores = draw.distinct(n) / 2
        yield case("the order", scores, 3)
        yield case("the order", -scores, n)
        ties = draw.rng.integers(0, 3, n).astype(np.float64)
        yield case("ties", ties, n)
        yield case("large scores", 500 * draw.distinct(n), 2)
        yield case("large scores", draw.distinct(n) - 3000, 4)


def oracle_top(case):
    """PyTorch's softmax, then one class after the other."""
    import torch

    scores, names = torch.tensor(case.inputs["scores"]), case.options["names"]
    shares = torch.softmax(scores.double(), dim=0).tolist()
    order = sorted(range(len(names)), key=lambda n: (-case.inputs["scores"][n], n))
    return {"layers": [(names[n], shares[n]) for n in order[: case.options["k"]]]}


NET_FORWARD = Exercise(
    by_hand.net_forward,
    {ONE: 4, BATCH: 3, "large scores": 2, CARE: 1},
    net_cases,
    oracle_net,
    call,
    NET_MISTAKES,
)
VGG_PLAN = Exercise(
    by_hand.vgg_plan,
    {"convolutions": 3, "pooling": 1, "1 x 1 convolutions": 2},
    plan_cases,
    oracle_plan,
    call_list,
    PLAN_MISTAKES,
)
FIRE_FORWARD = Exercise(
    by_hand.fire_forward,
    {ONE: 3, BATCH: 1, CARE: 1},
    fire_cases,
    oracle_fire,
    call,
    FIRE_MISTAKES,
)
RESIDUAL_FORWARD = Exercise(
    by_hand.residual_forward,
    {"the same size": 4, "more channels": 2, "half the size": 3, CARE: 1},
    residual_cases,
    oracle_residual,
    call,
    RESIDUAL_MISTAKES,
)
CROP_AND_SCALE = Exercise(
    imagenet.crop_and_scale,
    {"the middle": 2, "colours": 2, CARE: 1},
    crop_cases,
    oracle_crop,
    call,
    CROP_MISTAKES,
)
TOP_CLASSES = Exercise(
    imagenet.top_classes,
    {"the order": 2, "ties": 1, "large scores": 2},
    top_cases,
    oracle_top,
    call_list,
    TOP_MISTAKES,
)
