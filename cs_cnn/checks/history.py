"""The checks of four historic learning rules: perceptron, LMS, delta rule and CD-1."""

import numpy as np

from cs_cnn.checks.calls import by_name
from cs_cnn.checks.cases import Case, copy_with_layout
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.history_mistakes import (
    CD1_MISTAKES,
    DELTA_MISTAKES,
    LMS_MISTAKES,
    PERCEPTRON_MISTAKES,
)
from cs_cnn.history import adaline, backprop, boltzmann, perceptron

ONE, MANY = "one example", "one after the other"


def call_for(*names):
    """A `call` for functions that return a tuple of these."""

    def call(function, inputs, options, forward):
        return by_name(function, function(*inputs.values(), **options), names)

    return call


def neuron_cases(draw, hidden, classes, report):
    """One example by hand, then several; `report` is the part that the second output counts for."""
    outputs = {"w": ONE, "errors": report}
    if not hidden:
        x, d = np.array([[1.0, 2.0, -1.0]]), np.array([classes[1]])
        yield Case(ONE, {"w": np.array([1.0, -1.0, 2.0]), "x": x, "d": d}, {"rate": 0.5}, outputs)
        yield Case(
            ONE, {"w": np.array([2.0, 1.0, 0.0]), "x": x, "d": 0 * d + classes[0]}, {}, outputs
        )
    outputs = {"w": MANY, "errors": report}
    for _ in range(3 if hidden else 1):
        N, D = draw.between(5, 20 if hidden else 8), draw.between(3, 9 if hidden else 4)
        rate = draw.between(1, 9) / 20
        examples = _examples(draw, N, D, classes)
        yield Case(MANY, examples, {"rate": rate}, outputs)
        yield Case(MANY, examples | {"w": np.zeros(D)}, {"rate": 2 * rate}, outputs)
        small = {"w": draw.small_ints(D), "x": np.abs(draw.small_ints(N + 1, D))}
        small["d"] = draw.rng.choice(classes, N + 1)
        yield Case(MANY, small, {"rate": 0.125}, outputs)
    yield Case(CARE, _examples(draw, 5, 3, classes))
    wide = _examples(draw, 6, 8, classes)
    spread = copy_with_layout(wide["x"][:, ::2])
    yield Case(CARE, {"w": wide["w"][:4], "x": spread, "d": wide["d"]}, {"rate": 0.25})


def _examples(draw, N, D, classes):
    x = draw.normal(N, D)
    x[:, 0] = 1
    return {"w": draw.normal(D), "x": x, "d": draw.rng.choice(classes, N)}


def perceptron_cases(draw, hidden):
    return neuron_cases(draw, hidden, (0, 1), "the count of errors")


def lms_cases(draw, hidden):
    return neuron_cases(draw, hidden, (-1, 1), "the errors")


def oracle_perceptron(case):
    """PyTorch's SGD on (y - d) · sum, whose slope is the rule; y is a constant to it."""

    def loss(total, d):
        return ((total.detach() > 0).double() - d) * total

    w, sums = _descend(case, loss, default=1.0)
    wrong = [(s > 0) != (d == 1) for s, d in zip(sums, case.inputs["d"], strict=True)]
    return {"w": w, "errors": int(np.sum(wrong))}


def oracle_lms(case):
    """PyTorch's SGD on half the squared error."""
    w, sums = _descend(case, lambda total, d: (d - total) ** 2 / 2, default=0.1)
    return {"w": w, "errors": case.inputs["d"] - np.array(sums)}


def _descend(case, loss, default):
    """The weights after one example at a time, and the sum that each example met."""
    import torch

    w, x, d = (torch.tensor(a, dtype=torch.float64) for a in case.inputs.values())
    w.requires_grad_(True)
    walker, sums = torch.optim.SGD([w], lr=case.options.get("rate", default)), []
    for row, wanted in zip(x, d, strict=True):
        total = torch.dot(row, w)
        sums.append(total.item())
        walker.zero_grad()
        loss(total, wanted).backward()
        walker.step()
    return w.detach().numpy(), sums


def delta_cases(draw, hidden):
    """One pattern, then several, with as many inputs, hidden and output units as never agree."""
    parts = {f"d{name}{k}": f"layer {k}" for name in "wb" for k in (1, 2)}
    if not hidden:
        yield Case("layer 2", _two_layers(draw, 1, 2, 3, 1), parts=parts)
    for _ in range(3 if hidden else 1):
        H, C = draw.two(2, 8 if hidden else 4)
        yield Case("layer 2", _two_layers(draw, 1, 3, H, C), parts=parts)
        H, C = draw.two(2, 8 if hidden else 5)
        N, D = draw.two(2, 9 if hidden else 6)
        yield Case("many patterns", _two_layers(draw, N, D, H, C))
        yield Case("many patterns", _two_layers(draw, 3, 4, 4, 4))
    yield Case(CARE, _two_layers(draw, 4, 3, 5, 2, np.float32))
    arrays = _two_layers(draw, 4, 3, 5, 2)
    yield Case(CARE, arrays | {"x": draw.strided(4, 3)})


def _two_layers(draw, N, D, H, C, dtype=np.float64):
    return {
        "x": draw.normal(N, D, dtype=dtype),
        "t": draw.rng.random((N, C)).astype(dtype),
        "w1": draw.normal(H, D, dtype=dtype),
        "b1": draw.normal(H, dtype=dtype),
        "w2": draw.normal(C, H, dtype=dtype),
        "b2": draw.normal(C, dtype=dtype),
    }


def oracle_delta(case):
    """PyTorch's gradients of half the summed squared error."""
    import torch

    tensors = [torch.tensor(a, dtype=torch.float64) for a in case.inputs.values()]
    x, t, *weights = tensors
    for one in weights:
        one.requires_grad_(True)
    hidden = torch.sigmoid(torch.nn.functional.linear(x, *weights[:2]))
    out = torch.sigmoid(torch.nn.functional.linear(hidden, *weights[2:]))
    gradients = torch.autograd.grad(((t - out) ** 2).sum() / 2, weights)
    return dict(zip(("dw1", "db1", "dw2", "db2"), (g.numpy() for g in gradients), strict=True))


def cd1_cases(draw, hidden):
    """Binary patterns, one and many; then shades of grey and other rates."""
    parts = {"w": "weights", "b": "visible biases", "c": "hidden biases"}
    for _ in range(3 if hidden else 1):
        D, H = draw.two(2, 9 if hidden else 4)
        yield Case("weights", _machine(draw, 1, D, H), parts=parts)
        D, H = draw.two(2, 9 if hidden else 5)
        N = draw.between(3, 12 if hidden else 6)
        rate = draw.between(2, 20) / 10
        yield Case("weights", _machine(draw, N, D, H), {"rate": rate}, parts)
        grey = {"v0": draw.rng.random((N, D))}
        yield Case("weights", _machine(draw, N, D, H) | grey, {"rate": rate / 7}, parts)
    yield Case(CARE, _machine(draw, 4, 5, 3, np.float32), {"rate": 0.5})
    arrays = _machine(draw, 4, 5, 3)
    yield Case(CARE, arrays | {"v0": copy_with_layout(draw.rng.random((4, 10))[:, ::2])})


def _machine(draw, N, D, H, dtype=np.float64):
    return {
        "v0": draw.rng.integers(0, 2, (N, D)).astype(dtype),
        "w": draw.normal(H, D, dtype=dtype),
        "b": draw.normal(D, dtype=dtype),
        "c": draw.normal(H, dtype=dtype),
        "uniform": draw.rng.random((N, H)).astype(dtype),
    }


def oracle_cd1(case):
    """PyTorch's slope of free energy: down for the data, up for the reconstruction."""
    import torch

    v0, w, b, c, uniform = (torch.tensor(a, dtype=torch.float64) for a in case.inputs.values())
    unit = torch.nn.functional
    states = torch.where(torch.sigmoid(unit.linear(v0, w, c)) > uniform, 1.0, 0.0).double()
    v1 = torch.sigmoid(unit.linear(states, w.T, b))
    parameters = [one.requires_grad_(True) for one in (w, b, c)]

    def free_energy(v):
        return -(v @ b).mean() - unit.softplus(unit.linear(v, w, c)).sum(dim=1).mean()

    gradients = torch.autograd.grad(free_energy(v0) - free_energy(v1), parameters)
    rate = case.options.get("rate", 0.1)
    moved = [(p - rate * g).detach().numpy() for p, g in zip(parameters, gradients, strict=True)]
    return dict(zip("wbc", moved, strict=True))


PERCEPTRON_EPOCH = Exercise(
    perceptron.perceptron_epoch,
    {ONE: 1, MANY: 2, "the count of errors": 1, CARE: 1},
    perceptron_cases,
    oracle_perceptron,
    call_for("w", "errors"),
    PERCEPTRON_MISTAKES,
)
LMS_EPOCH = Exercise(
    adaline.lms_epoch,
    {ONE: 1, MANY: 1, "the errors": 1, CARE: 1},
    lms_cases,
    oracle_lms,
    call_for("w", "errors"),
    LMS_MISTAKES,
)
DELTA_RULE = Exercise(
    backprop.delta_rule,
    {"layer 2": 2, "layer 1": 2, "many patterns": 1, CARE: 1},
    delta_cases,
    oracle_delta,
    call_for("dw1", "db1", "dw2", "db2"),
    DELTA_MISTAKES,
)
CD1_STEP = Exercise(
    boltzmann.cd1_step,
    {"weights": 3, "visible biases": 1, "hidden biases": 1, CARE: 1},
    cd1_cases,
    oracle_cd1,
    call_for("w", "b", "c"),
    CD1_MISTAKES,
)
