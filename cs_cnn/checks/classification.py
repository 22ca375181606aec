"""The checks of `svm_loss` and `two_layer_backward`: their cases and PyTorch's answers."""

import numpy as np

from cs_cnn import linear_classifier, two_layer
from cs_cnn.checks.calls import by_name
from cs_cnn.checks.cases import Case
from cs_cnn.checks.classification_mistakes import SVM_MISTAKES, TWO_LAYER_MISTAKES
from cs_cnn.checks.exercise import CARE, Exercise

REG = "regularisation"


def svm_cases(draw, hidden):
    """One image by hand, then several; other margins; then regularisation."""
    parts = {"loss": "the loss", "dw": "dw", "db": "db"}
    if not hidden:
        arrays = {"w": draw.small_ints(3, 2), "b": draw.small_ints(3)}
        arrays |= {"x": np.array([[1.0, -2.0]]), "y": np.array([1])}
        yield Case("the loss", arrays, {"margin": 0.5}, parts)  # 0.5: no margin is exactly 0
    for _ in range(3 if hidden else 1):
        N, D = draw.two(3, 12 if hidden else 6)
        C = draw.between(2, 8 if hidden else 4) + (N % 2)
        yield Case("the loss", _scored(draw, 1, D, C), {}, parts)
        yield Case("the loss", _scored(draw, N, D, C), {}, parts)
        yield Case("the loss", _scored(draw, N, D, C), {"margin": draw.between(5, 40) / 8}, parts)
        reg = {"reg": draw.between(1, 12) / 10}
        yield Case(REG, _scored(draw, N, D, C), reg, {"db": "db"})
        yield Case(REG, _scored(draw, D, N, C), reg | {"margin": 0.25}, {"db": "db"})
    yield Case(CARE, _scored(draw, 5, 4, 3, np.float32), {"reg": 0.25})
    arrays = _scored(draw, 4, 3, 5)
    yield Case(CARE, arrays | {"x": draw.strided(4, 3)})


def _scored(draw, N, D, C, dtype=np.float64):
    return {
        "w": draw.normal(C, D, dtype=dtype),
        "b": draw.normal(C, dtype=dtype),
        "x": draw.normal(N, D, dtype=dtype),
        "y": draw.rng.integers(0, C, N),
    }


def call_svm(function, inputs, options, forward):
    return by_name(function, function(*inputs.values(), **options), ("loss", "dw", "db"))


def oracle_svm(case):
    """PyTorch's multi-margin loss (which divides by the number of classes) and its gradients."""
    import torch

    w, b, x = (torch.tensor(case.inputs[name], dtype=torch.float64) for name in "wbx")
    y, scores = torch.tensor(case.inputs["y"]), torch.nn.functional.linear
    parameters = [one.requires_grad_(True) for one in (w, b)]
    margin, reg = case.options.get("margin", 1.0), case.options.get("reg", 0.0)
    loss = torch.nn.functional.multi_margin_loss(scores(x, w, b), y, margin=margin) * len(w)
    loss = loss + reg * (w**2).sum()
    dw, db = torch.autograd.grad(loss, parameters)
    return {"loss": loss.item(), "dw": dw.numpy(), "db": db.numpy()}


def two_layer_cases(draw, hidden):
    """One image, then several, with as many inputs, neurons and classes as never agree."""
    parts = {"dx": "dx"} | {f"d{name}{k}": f"layer {k}" for name in "wb" for k in (1, 2)}
    if not hidden:
        yield Case("layer 2", _network(draw, 1, 2, 3, 2, whole=True), parts=parts)
    for _ in range(3 if hidden else 1):
        D, H = draw.two(2, 9 if hidden else 5)
        C = draw.between(2, 7 if hidden else 4)
        yield Case("layer 2", _network(draw, 1, D, H, C), parts=parts)
        yield Case("many images", _network(draw, draw.between(3, 8), D, H, C))
        yield Case("many images", _network(draw, 4, 4, 4, 4))
        yield Case("many images", _network(draw, 3, 2, 5, 4, whole=True))
    yield Case(CARE, _network(draw, 5, 3, 6, 2, dtype=np.float32))
    arrays = _network(draw, 4, 3, 5, 2)
    yield Case(CARE, arrays | {"dscores": draw.strided(4, 2)})


def _network(draw, N, D, H, C, whole=False, dtype=np.float64):
    """Arrays of a network; small whole numbers make some sums exactly 0, where ReLU is shut."""
    some = draw.small_ints if whole else lambda *shape: draw.normal(*shape, dtype=dtype)
    x, w1, b1, w2 = some(N, D), some(H, D), some(H), some(C, H)
    if whole:
        b1[0] = -(w1[0] @ x[0])
    hidden = np.maximum(x @ w1.T + b1, 0)
    return {"dscores": some(N, C), "x": x, "hidden": hidden, "w1": w1, "w2": w2, "b1": b1}


def call_two_layer(function, inputs, options, forward):
    """The cache is all but the gradient from above, and but b1, which only the oracle needs."""
    dscores, *cache, _ = inputs.values()
    names = ("dx", "dw1", "db1", "dw2", "db2")
    return by_name(function, function(dscores, tuple(cache)), names)


def oracle_two_layer(case):
    """PyTorch's gradients, from the images and not from `hidden`."""
    import torch

    x, w1, b1, w2, dscores = (
        torch.tensor(case.inputs[name], dtype=torch.float64)
        for name in ("x", "w1", "b1", "w2", "dscores")
    )
    b2 = torch.zeros(len(w2), dtype=torch.float64)
    leaves = [one.requires_grad_(True) for one in (x, w1, b1, w2, b2)]
    linear = torch.nn.functional.linear
    scores = linear(torch.relu(linear(x, w1, b1)), w2, b2)
    gradients = torch.autograd.grad(scores, leaves, dscores)
    names = ("dx", "dw1", "db1", "dw2", "db2")
    return dict(zip(names, (g.numpy() for g in gradients), strict=True))


SVM_LOSS = Exercise(
    linear_classifier.svm_loss,
    {"the loss": 2, "dw": 3, "db": 1, REG: 1, CARE: 1},
    svm_cases,
    oracle_svm,
    call_svm,
    SVM_MISTAKES,
)
TWO_LAYER_BACKWARD = Exercise(
    two_layer.two_layer_backward,
    {"layer 2": 2, "layer 1": 2, "dx": 1, "many images": 1, CARE: 1},
    two_layer_cases,
    oracle_two_layer,
    call_two_layer,
    TWO_LAYER_MISTAKES,
)
