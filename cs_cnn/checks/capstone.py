"""The checks of notebook 11: first weights, the loss, the steps, and the six views."""

import numpy as np

from cs_cnn.capstone import first_weights, loss, steps, views
from cs_cnn.checks.calls import WrongForm, by_name
from cs_cnn.checks.capstone_mistakes import (
    DIRAC_MISTAKES,
    SMOOTHING_MISTAKES,
    VIEWS_MISTAKES,
    WHITENING_MISTAKES,
)
from cs_cnn.checks.capstone_steps_mistakes import (
    NESTEROV_MISTAKES,
    ORTHOGONAL_MISTAKES,
    TRIANGLE_MISTAKES,
)
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.optim import call_step
from cs_cnn.checks.training import one_output

DIRECTIONS, MIRROR = "directions and lengths", "the mirror images"
LOSS, GRADIENT, LARGE = "the loss", "the gradient", "large scores"
FIRST, LATER, DECAY = "the first step", "later steps", "weight decay"
WIDE, TALL = "wide matrices", "tall matrices"
UP, DOWN = "on the way up", "on the way down"
SAME, MOVED, TURNED = "as it is", "moved", "mirrored"
COPY, REST = "filters that copy", "all other filters"


# Whitening ----------------------------------------------------------------------------------


def call_whitening(function, inputs, options, forward):
    """Each filter of the first half times itself, which forgets its sign; and the halves' sum."""
    x, K = inputs["x"], options.get("K", 2)
    filters = function(x, **options)
    D = x.shape[1] * K * K
    shape = (2 * D, x.shape[1], K, K)
    if not isinstance(filters, np.ndarray) or filters.shape != shape:
        got = getattr(filters, "shape", type(filters).__name__)
        raise WrongForm(f"whitening_filters must return an array {shape}, got {got}")
    rows = filters.reshape(2 * D, D)
    return {
        "filters times themselves": rows[:D, :, None] * rows[:D, None, :],
        "the sum of both halves": rows[:D] + rows[D:],
    }


def whitening_cases(draw, hidden):
    def case(part, N, C, H, W, dtype=np.float64, **options):
        mixed = np.linalg.cholesky(np.eye(C) + 0.4) @ draw.normal(N, H, C, W)
        x = np.ascontiguousarray(mixed.transpose(0, 2, 1, 3))
        x[:, :, 1:, 1:] += 0.8 * x[:, :, :-1, 1:] + 0.6 * x[:, :, 1:, :-1]  # neighbours agree
        parts = {"the sum of both halves": MIRROR} if part != CARE else {}
        return Case(part, {"x": x.astype(dtype)}, options, parts)

    for _ in range(2 if hidden else 1):
        yield case(DIRECTIONS, 7, 1, *draw.two(6, 9))
        yield case(DIRECTIONS, 6, draw.between(2, 3), *draw.two(6, 10), eps=0.3)
        yield case(DIRECTIONS, 9, 2, *draw.two(8, 12), K=3, eps=0.05)
    yield case(DIRECTIONS, 5, 3, 9, 7, K=1, eps=0.1)
    yield case(CARE, 6, 2, 8, 9, np.float32, eps=0.3)


def oracle_whitening(case):
    """Patch by patch, and the singular vectors of all of them in place of eigenvectors."""
    x, K = case.inputs["x"].astype(np.float64), case.options.get("K", 2)
    rows, columns = (n - K + 1 for n in x.shape[2:])
    patches = np.array(
        [
            image[:, i : i + K, j : j + K].ravel()
            for image in x
            for i in range(rows)
            for j in range(columns)
        ]
    )
    _, sizes, vectors = np.linalg.svd(patches, full_matrices=False)
    scale = 1 / (sizes**2 / len(patches) + case.options.get("eps", 5e-4))
    products = np.einsum("i,ij,ik->ijk", scale, vectors, vectors)
    return {"filters times themselves": products, "the sum of both halves": 0 * vectors}


# Dirac --------------------------------------------------------------------------------------


def call_dirac(function, inputs, options, forward):
    """The filters that copy, and the others."""
    w, count = inputs["w"], min(inputs["w"].shape[:2])
    result = function(w, **options)
    if not isinstance(result, np.ndarray) or result.shape != w.shape:
        raise WrongForm(f"dirac_init must return an array {w.shape}")
    return {"filters that copy": result[:count], "all other filters": result[count:]}


def dirac_cases(draw, hidden):
    parts = {"all other filters": REST}
    for F, C, K in ((4, 4, 3), (5, 3, 3), (3, 5, 3), (6, 2, 5), (4, 3, 1)):
        more = draw.between(0, 3) if hidden else 0
        yield Case(COPY, {"w": draw.normal(F + more, C, K, K)}, {}, parts)
    yield Case(CARE, {"w": draw.normal(4, 3, 3, 3, dtype=np.float32)})


def oracle_dirac(case):
    """PyTorch's, for the filters that it is meant for."""
    import torch

    w = torch.tensor(case.inputs["w"], dtype=torch.float64)
    count = min(w.shape[:2])
    torch.nn.init.dirac_(w[:count])
    return {"filters that copy": w[:count].numpy(), "all other filters": w[count:].numpy()}


# The loss -----------------------------------------------------------------------------------


def call_loss(function, inputs, options, forward):
    result = by_name(function, function(*inputs.values(), **options), ("loss", "dscores"))
    return result | {"loss": np.asarray(result["loss"], dtype=inputs["scores"].dtype)}


def smoothing_cases(draw, hidden):
    def case(part, N, C, scale=1.0, dtype=np.float64, **options):
        scores, y = scale * draw.normal(N, C), draw.rng.integers(0, C, N)
        parts = {"dscores": GRADIENT} if part == LOSS else {}
        return Case(part, {"scores": scores.astype(dtype), "y": y}, options, parts)

    for _ in range(3 if hidden else 1):
        N, C = draw.two(3, 9)
        yield case(LOSS, 1, C)
        yield case(LOSS, N, C, smoothing=0.5)
        yield case(LOSS, N, C, smoothing=0.0)
        yield case(LOSS, C, N, smoothing=draw.between(1, 9) / 10)
        yield case(LARGE, N, C, scale=2000.0)
    yield case(CARE, 4, 3, dtype=np.float32)


def oracle_smoothing(case):
    """PyTorch's cross-entropy with its own smoothing, and its gradient."""
    import torch

    scores = torch.tensor(case.inputs["scores"], dtype=torch.float64, requires_grad=True)
    smoothing = case.options.get("smoothing", 0.2)
    y = torch.tensor(case.inputs["y"])
    loss = torch.nn.functional.cross_entropy(scores, y, label_smoothing=smoothing)
    loss.backward()
    return {"loss": loss.detach().numpy(), "dscores": scores.grad.numpy()}


# The steps ----------------------------------------------------------------------------------


def triangle_cases(draw, hidden):
    for _ in range(4 if hidden else 2):
        steps = 10 * draw.between(2, 9)
        options = {
            "start": draw.between(0, 9) / 10,
            "peak": draw.between(1, 9) / 10,
            "end": draw.between(0, 5) / 10,
        }
        turn = round(options["peak"] * steps)
        for step in (0, turn / 2, turn):
            yield Case(UP, {"step": step, "steps": steps}, options)
        for step in (turn + (steps - turn) / 3, steps - 1, steps):
            yield Case(DOWN, {"step": step, "steps": steps}, options)
    yield Case(UP, {"step": 1, "steps": 10}, {})
    yield Case(DOWN, {"step": 6, "steps": 10}, {})


def oracle_triangle(case):
    """The lower one of two straight lines, each through two points, but for where one is level."""
    step, steps = case.inputs.values()
    o = {"start": 0.2, "peak": 0.2, "end": 0.0} | case.options
    done = step / steps
    if done <= o["peak"]:
        return {"factor": 1 - (1 - o["start"]) * (o["peak"] - done) / o["peak"]}
    return {"factor": o["end"] + (1 - o["end"]) * (1 - done) / (1 - o["peak"])}


def nesterov_cases(draw, hidden):
    def arrays(shape, dtype=np.float64):
        return {name: draw.normal(*shape, dtype=dtype) for name in ("w", "dw")}

    for _ in range(4 if hidden else 2):
        shape = draw.two(2, 7 if hidden else 4)
        lr = {"lr": draw.between(2, 9) / 20}
        yield Case(FIRST, arrays(shape), lr)
        options = lr | {"momentum": draw.between(1, 8) / 10}
        state = {"velocity": draw.normal(*shape)}
        yield Case(LATER, arrays(shape) | state, options)
        decay = {"weight_decay": draw.between(1, 9) / 10}
        yield Case(DECAY, arrays(shape) | state, options | decay)
    state = {"velocity": draw.normal(3, 2, dtype=np.float32)}
    yield Case(CARE, arrays((3, 2), np.float32) | state, {"lr": 0.25})


def oracle_nesterov(case):
    """PyTorch's SGD with nesterov=True and no decay, on weights that have shrunk before."""
    import torch

    options = {"lr": 0.05, "momentum": 0.85, **case.options}
    decay = options.pop("weight_decay", 0)
    w, dw = (torch.tensor(case.inputs[n], dtype=torch.float64) for n in ("w", "dw"))
    w = (w * (1 - options["lr"] * decay)).requires_grad_(True)
    w.grad, walker = dw, torch.optim.SGD([w], nesterov=True, **options)
    if "velocity" in case.inputs:
        velocity = torch.tensor(case.inputs["velocity"], dtype=torch.float64)
        walker.state[w] = {"momentum_buffer": velocity}
    walker.step()
    return {"w": w.detach().numpy(), "velocity": walker.state[w]["momentum_buffer"].numpy()}


def orthogonal_cases(draw, hidden):
    for _ in range(3 if hidden else 1):
        few, many = sorted(draw.two(2, 9))
        yield Case(WIDE, {"g": draw.normal(few, many)}, {"steps": 1})
        yield Case(WIDE, {"g": 30 * draw.normal(few, many)})
        yield Case(WIDE, {"g": draw.normal(few, few)}, {"steps": 2})
        yield Case(TALL, {"g": draw.normal(many, few)}, {"steps": 5})
        yield Case(TALL, {"g": draw.normal(many + 1, few)})
    yield Case(CARE, {"g": draw.normal(3, 6, dtype=np.float32)})
    yield Case(CARE, {"g": draw.strided(5, 4)})


def oracle_orthogonal(case):
    """By an SVD: the iteration's polynomial on each singular value."""
    U, s, Vt = np.linalg.svd(case.inputs["g"].astype(np.float64), full_matrices=False)
    s = s / np.linalg.norm(s)
    for _ in range(case.options.get("steps", 3)):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return {"X": (U * s) @ Vt}


# The views ----------------------------------------------------------------------------------


def call_views(function, inputs, options, forward):
    """The six views one by one."""
    result = function(*inputs.values(), **options)
    if not isinstance(result, np.ndarray) or len(result) != 6:
        raise WrongForm("views must return one array whose first axis has the 6 views")
    return {f"view {k}": view for k, view in enumerate(result)}


def views_cases(draw, hidden):
    parts = {"view 1": MOVED, "view 2": MOVED, **{f"view {k}": TURNED for k in (3, 4, 5)}}
    for shift in (1, 2, 3) if hidden else (1, 2):
        H, W = draw.two(4, 9 if hidden else 6)
        options = {"shift": shift} if shift > 1 else {}
        yield Case(SAME, {"x": draw.normal(1, 2, H, W)}, options, parts)
        yield Case(SAME, {"x": draw.normal(3, 1, W, H)}, options, parts)
    yield Case(CARE, {"x": draw.normal(2, 3, 5, 4, dtype=np.float32)})
    yield Case(CARE, {"x": draw.strided(2, 2, 4, 6)})


def oracle_views(case):
    """Pixel by pixel: where each one comes from."""
    x, shift = case.inputs["x"].astype(np.float64), case.options.get("shift", 1)
    H, W = x.shape[2:]

    def moved(by):
        rows, columns = (
            [abs(k) if k < n else 2 * (n - 1) - k for k in range(by, n + by)] for n in (H, W)
        )
        return np.array([[[[c[i, j] for j in columns] for i in rows] for c in n] for n in x])

    first = [moved(by) for by in (0, shift, -shift)]
    return dict(enumerate_views(first + [np.flip(view, axis=3) for view in first]))


def enumerate_views(six):
    return ((f"view {k}", view) for k, view in enumerate(six))


WHITENING_FILTERS = Exercise(
    first_weights.whitening_filters,
    {DIRECTIONS: 5, MIRROR: 2, CARE: 1},
    whitening_cases,
    oracle_whitening,
    call_whitening,
    WHITENING_MISTAKES,
)
DIRAC_INIT = Exercise(
    first_weights.dirac_init,
    {COPY: 2, REST: 1, CARE: 1},
    dirac_cases,
    oracle_dirac,
    call_dirac,
    DIRAC_MISTAKES,
)
LABEL_SMOOTHING_LOSS = Exercise(
    loss.label_smoothing_loss,
    {LOSS: 3, GRADIENT: 2, LARGE: 1, CARE: 1},
    smoothing_cases,
    oracle_smoothing,
    call_loss,
    SMOOTHING_MISTAKES,
)
TRIANGLE = Exercise(
    steps.triangle,
    {UP: 1, DOWN: 2},
    triangle_cases,
    oracle_triangle,
    one_output("factor"),
    TRIANGLE_MISTAKES,
)
NESTEROV = Exercise(
    steps.nesterov,
    {FIRST: 1, LATER: 2, DECAY: 1, CARE: 1},
    nesterov_cases,
    oracle_nesterov,
    call_step("velocity"),
    NESTEROV_MISTAKES,
)
ORTHOGONALISE = Exercise(
    steps.orthogonalise,
    {WIDE: 5, TALL: 2, CARE: 1},
    orthogonal_cases,
    oracle_orthogonal,
    one_output("X"),
    ORTHOGONAL_MISTAKES,
)
VIEWS = Exercise(
    views.views,
    {SAME: 1, MOVED: 2, TURNED: 1, CARE: 1},
    views_cases,
    oracle_views,
    call_views,
    VIEWS_MISTAKES,
)
