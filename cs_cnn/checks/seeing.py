"""The checks of notebook 10's first half: boxes, enlarged maps, triplets."""

import numpy as np

from cs_cnn.checks.architectures import call
from cs_cnn.checks.calls import WrongForm
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.seeing_mistakes import (
    IOU_MISTAKES,
    NMS_MISTAKES,
    TRANSPOSE_MISTAKES,
    TRIPLET_MISTAKES,
)
from cs_cnn.gallery import boxes, embedding, pixels

PAIRS, APART = "boxes that overlap", "boxes that don't touch"


def call_numbers(function, inputs, options, forward):
    """Call a function that gives a list of whole numbers."""
    result = function(*inputs.values(), **options)
    if not isinstance(result, list):
        raise WrongForm(f"{function.__name__} must return a list, got {type(result).__name__}")
    return {"kept": [int(k) for k in result]}


def call_triplet(function, inputs, options, forward):
    """Call a loss that gives its value and three gradients."""
    result = function(*inputs.values(), **options)
    right = isinstance(result, tuple | list) and len(result) == 2
    if not right or not isinstance(result[1], tuple | list) or len(result[1]) != 3:
        raise WrongForm(f"{function.__name__} must return loss, (da, dp, dn)")
    return {"loss": result[0], **dict(zip(("da", "dp", "dn"), result[1], strict=True))}


# Boxes --------------------------------------------------------------------------------------


def some_boxes(draw, n, room=12):
    """Boxes of whole numbers in a square of this many pixels."""
    corners = draw.rng.integers(0, room - 4, (n, 2))
    return np.concatenate([corners, corners + draw.rng.integers(1, 7, (n, 2))], axis=1) * 1.0


def iou_cases(draw, hidden):
    if not hidden:
        yield Case(PAIRS, {"a": np.array([[0.0, 0, 4, 2]]), "b": np.array([[2.0, 0, 6, 2]])})
        yield Case(PAIRS, {"a": np.array([[1.0, 2, 5, 8]]), "b": np.array([[2.0, 3, 4, 5]])})
        yield Case(APART, {"a": np.array([[0.0, 0, 2, 2]]), "b": np.array([[3.0, 4, 6, 6]])})
    for _ in range(3 if hidden else 1):
        N, M = draw.two(2, 6)
        a, b = some_boxes(draw, N), some_boxes(draw, M)
        b[0], b[1, :2], b[1, 2:] = a[0], a[1, :2], a[1, 2:] + (1, 0)
        yield Case(PAIRS, {"a": a[:1], "b": a[:1] + (0, 0, 2, 1)})
        yield Case("many with many", {"a": a, "b": b})
        yield Case(APART, {"a": a[:1], "b": a[:1] + (20.0, -9, 20, -9)})
        yield Case(APART, {"a": a[:1], "b": a[:1] + np.array([[0.0, 30, 0, 30]])})
    nothing = np.array([[3.0, 3, 3, 3], [1, 1, 4, 6]])
    yield Case(CARE, {"a": nothing, "b": nothing})


def oracle_iou(case):
    """Count the unit squares that lie in both and in either; the boxes are of whole numbers."""

    def squares(box):
        left, top, right, bottom = box.astype(int)
        return {(x, y) for x in range(left, right) for y in range(top, bottom)}

    a, b = ([squares(box) for box in case.inputs[name]] for name in ("a", "b"))
    return {"out": np.array([[len(p & q) / max(1, len(p | q)) for q in b] for p in a])}


def nms_cases(draw, hidden):
    def case(part, overlaps, scores, **options):
        return Case(part, {"overlaps": np.array(overlaps), "scores": np.array(scores)}, options)

    if not hidden:
        two = [[1.0, 0.7], [0.7, 1.0]]
        yield case("pairs", two, [0.6, 0.9])
        yield case("pairs", two, [0.6, 0.9], threshold=0.8)
        chain = [[1.0, 0.6, 0.0], [0.6, 1.0, 0.6], [0.0, 0.6, 1.0]]
        yield case("chains", chain, [0.9, 0.8, 0.7])
        first_and_last = [[1.0, 0.0, 0.6], [0.0, 1.0, 0.0], [0.6, 0.0, 1.0]]
        yield case("many", first_and_last, [0.9, 0.8, 0.7])
    for _ in range(3 if hidden else 1):
        drawn = some_boxes(draw, draw.between(8, 14), 10)
        overlaps = oracle_iou(Case("", {"a": drawn, "b": drawn}))["out"]
        scores = draw.rng.permutation(len(drawn)) / len(drawn)
        chain = [[1.0, 0.6, 0.1], [0.6, 1.0, 0.6], [0.1, 0.6, 1.0]]
        yield case("chains", chain, draw.rng.permutation([0.9, 0.8, 0.7]))
        yield case("many", overlaps, scores)
        yield case("many", overlaps, scores, threshold=float(draw.rng.uniform(0.1, 0.4)))
        ties = np.round(scores, 1 if hidden else 0)
        yield case("edges", overlaps, ties, threshold=0.3)
        yield case("edges", [[1.0, 0.5], [0.5, 1.0]], [0.2, 0.1], threshold=0.5)
    yield case("edges", np.zeros((0, 0)), [])


def oracle_nms(case):
    """A box stays if no box that stays is better and overlaps it too much: asked box by box."""
    overlaps, scores = case.inputs["overlaps"], case.inputs["scores"]
    limit, stays = case.options.get("threshold", 0.5), {}
    for k in sorted(range(len(scores)), key=lambda k: (-scores[k], k)):
        stays[k] = not any(stays[j] and overlaps[j, k] > limit for j in stays)
    return {"kept": [k for k, yes in stays.items() if yes]}


# Enlarged maps ------------------------------------------------------------------------------


def transpose_cases(draw, hidden):
    def case(part, N, stride, padding, kernel, bias=False, dtype=np.float64):
        C_in, C_out = draw.two(1, 4)
        H, W = draw.two(2, 6 if hidden else 4)
        inputs = {
            "x": draw.normal(N, C_in, H, W, dtype=dtype),
            "w": draw.normal(C_in, C_out, *kernel, dtype=dtype),
            "b": draw.normal(C_out, dtype=dtype) if bias else None,
        }
        options = {"stride": stride, "padding": padding}
        return Case(
            part, inputs, {name: v for name, v in options.items() if v != (name == "stride")}
        )

    if not hidden:
        dot, kernel = np.array([[[[2.0]]]]), np.arange(1.0, 7).reshape(1, 1, 2, 3)
        yield Case("brushes", {"x": dot, "w": kernel, "b": None})
        row = np.array([[[[1.0, 10]]]])
        yield Case("brushes", {"x": row, "w": kernel, "b": None}, {"stride": 3})
    for _ in range(2 if hidden else 1):
        yield case("brushes", 1, 3, 0, (2, 3))
        yield case("brushes", draw.between(2, 3), 2, 0, (2, 1))
        yield case("overlaps", 2, 1, 0, (2, 3))
        yield case("overlaps", 1, 2, 0, (4, 3))
        yield case("padding and bias", 2, 2, 1, (4, 3), bias=True)
        yield case("padding and bias", 1, 3, 2 if hidden else 1, (6, 5), bias=True)
        yield case("padding and bias", 1, 2, 0, (3, 2), bias=True)
    yield case(CARE, 2, 2, 1, (3, 4), bias=True, dtype=np.float32)


def oracle_transpose(case):
    import torch

    x, w, b = (
        None if case.inputs[name] is None else torch.tensor(case.inputs[name]).double()
        for name in ("x", "w", "b")
    )
    return {"out": torch.nn.functional.conv_transpose2d(x, w, b, **case.options).numpy()}


# Triplets -----------------------------------------------------------------------------------


def triplet_cases(draw, hidden):
    gradients = {"da": "gradients", "dp": "gradients", "dn": "gradients"}

    def case(part, anchor, positive, negative, parts=gradients, **options):
        inputs = {"anchor": anchor, "positive": positive, "negative": negative}
        return Case(part, inputs, options, parts)

    if not hidden:
        rows = np.array([[0.0, 0]]), np.array([[1.0, 0]]), np.array([[0.0, 1]])
        yield case("the loss", *rows)
        yield case("the loss", rows[0], rows[1], 3 * rows[2])
    for _ in range(2 if hidden else 1):
        N, D = draw.two(3, 7)
        anchor, positive, negative = draw.normal(3, N, D)
        yield case("the loss", anchor, positive, negative, margin=0.5)
        far = negative.copy()
        far[::2] += 9  # every second triplet misses nothing
        near = anchor + 0.1 * positive
        yield case("the loss", anchor, positive, far)
        yield case("the loss", anchor, near, far, margin=float(draw.rng.uniform(0.5, 2)))
        yield case("the loss", anchor, near, anchor + 8)
    arrays = draw.normal(3, 4, 5, dtype=np.float32)
    yield case(CARE, *arrays, parts={})


def oracle_triplet(case):
    """One triplet after the other, in PyTorch; the gradients by autograd."""
    import torch

    rows = [torch.tensor(a).double().requires_grad_() for a in case.inputs.values()]

    def far(a, b):
        return torch.nn.functional.mse_loss(a, b, reduction="sum")

    margin = case.options.get("margin", 0.2)
    each = [(far(a, p) - far(a, n) + margin).clamp(min=0) for a, p, n in zip(*rows, strict=True)]
    loss = torch.stack(each).mean()
    gradients = torch.autograd.grad(loss, rows)
    named = zip(("da", "dp", "dn"), gradients, strict=True)
    return {"loss": loss.item(), **{name: g.numpy() for name, g in named}}


IOU = Exercise(
    boxes.iou,
    {PAIRS: 2, APART: 1, "many with many": 1, CARE: 1},
    iou_cases,
    oracle_iou,
    call,
    IOU_MISTAKES,
)
NMS = Exercise(
    boxes.nms,
    {"pairs": 1, "chains": 2, "many": 2, "edges": 1},
    nms_cases,
    oracle_nms,
    call_numbers,
    NMS_MISTAKES,
)
CONV_TRANSPOSE2D_FORWARD = Exercise(
    pixels.conv_transpose2d_forward,
    {"brushes": 2, "overlaps": 2, "padding and bias": 2, CARE: 1},
    transpose_cases,
    oracle_transpose,
    call,
    TRANSPOSE_MISTAKES,
)
TRIPLET_LOSS = Exercise(
    embedding.triplet_loss,
    {"the loss": 2, "gradients": 3, CARE: 1},
    triplet_cases,
    oracle_triplet,
    call_triplet,
    TRIPLET_MISTAKES,
)
