"""The checks of notebook 09: features, learning rates, a step with frozen layers, an error bar."""

import numpy as np

from cs_cnn.checks.calls import WrongForm, by_name
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.transfer_mistakes import (
    INTERVAL_MISTAKES,
    MEAN_MISTAKES,
    RATES_MISTAKES,
    STANDARDISE_MISTAKES,
    STEP_MISTAKES,
)
from cs_cnn.transfer import by_hand

TRAIN, TEST, PLAIN = "the training set", "the test set", "features that never change"
HEAD, EARLIER, FROZEN, AVERAGES = "the head", "earlier stages", "frozen stages", "averages"
STEP, DECAY = "a step", "decay"


# Features -----------------------------------------------------------------------------------


def standardise_cases(draw, hidden):
    """Sets of different sizes, whose means and scales differ from feature to feature."""

    def case(part, N, M, D, **parts):
        scale, place = np.exp(draw.normal(D)), 3 * draw.normal(D)
        train, test = (place + scale * draw.normal(rows, D) for rows in (N, M))
        return Case(part, {"train": train, "test": 0.5 * test + 1}, {}, parts)

    for _ in range(3 if hidden else 1):
        N, M = draw.two(3, 20 if hidden else 8)
        yield case(TRAIN, N, M, draw.between(2, 5), test=TEST)
        yield case(TRAIN, N, 1, draw.between(2, 9), test=TEST)
        plain = case(PLAIN, M, N, 4)
        plain.inputs["train"][:, draw.between(0, 3)] = draw.between(-2, 2)
        yield plain
    yield Case(CARE, {"train": draw.normal(5, 3, dtype=np.float32), "test": _floats32(draw, 2, 3)})
    yield Case(CARE, {"train": draw.strided(6, 4), "test": draw.strided(3, 4)})


def _floats32(draw, *shape):
    return draw.normal(*shape, dtype=np.float32)


def call_standardise(function, inputs, options, forward):
    return by_name(function, function(*inputs.values()), ("train", "test"))


def oracle_standardise(case):
    """scikit-learn's StandardScaler, fitted on the training set."""
    from sklearn.preprocessing import StandardScaler

    train, test = (case.inputs[name].astype(np.float64) for name in ("train", "test"))
    scaler = StandardScaler().fit(train)
    return {"train": scaler.transform(train), "test": scaler.transform(test)}


def mean_cases(draw, hidden):
    """Clouds around the classes' means; then ties, in whole numbers."""

    def case(part, labels, per_class, spread=1.0):
        y = draw.rng.permutation(np.repeat(labels, per_class))
        D = draw.between(2, 6)
        centres = {label: 4 * draw.normal(D) for label in labels}
        x = np.stack([centres[label] for label in y]) + spread * draw.normal(len(y), D)
        near = draw.rng.choice(labels, draw.two(5, 9)[0])
        queries = np.stack([centres[label] for label in near]) + 2.5 * draw.normal(len(near), D)
        return Case(part, {"x": x, "y": y, "queries": queries})

    for _ in range(3 if hidden else 1):
        K = draw.between(3, 6)
        yield case("one example per class", np.arange(K), 1, 0.1)
        yield case("several examples", np.arange(K), draw.between(3, 6), 3.0)
        counts = draw.rng.integers(2, 7, 3)
        yield case("several examples", np.arange(3), counts, 3.0)
        yield case("any class numbers", draw.rng.choice(40, 4, replace=False) - 5, 4, 2.0)
        side, far = draw.between(1, 4), draw.between(5, 9)
        x = np.array([[-side, 0.0], [-side, 2.0], [side, 2.0], [side, 0.0], [0.0, far + 9]])
        tied = {"x": x, "y": np.array([7, 7, 3, 3, 1]), "queries": np.array([[0.0, 1.0], [0, 3]])}
        yield Case("any class numbers", tied)
    x = draw.strided(6, 4)
    yield Case(CARE, {"x": x, "y": np.array([0, 1, 2, 0, 1, 2]), "queries": draw.strided(5, 4)})


def call_classes(function, inputs, options, forward):
    """Whole numbers as a list: which integer type they have doesn't matter."""
    result = function(*inputs.values())
    if not isinstance(result, np.ndarray) or result.dtype.kind not in "iu":
        raise WrongForm(
            f"{function.__name__} must return an array of whole numbers: {result!r:.80}"
        )
    return {"classes": result.tolist()}


def oracle_mean(case):
    """One query after the other, one class after the other, in ascending order."""
    x, y, queries = case.inputs.values()
    names = []
    for query in queries:
        best = None
        for k in sorted(set(y.tolist())):
            rows = [row for row, label in zip(x, y, strict=True) if label == k]
            mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
            distance = sum((q - m) ** 2 for q, m in zip(query, mean, strict=True))
            if best is None or distance < best[0]:
                best = distance, k
        names.append(best[1])
    return {"classes": names}


# Learning rates -----------------------------------------------------------------------------

STAGES = ("stem", "layer2", "conv10", "body", "a", "stage3", "fire9", "top", "neck", "mixed5")


def rates_cases(draw, hidden):
    """Networks whose stages have names in no alphabetical order, of one to four parameters each."""

    def names(count, averages=False):
        for stage in draw.rng.permutation(STAGES)[:count]:
            yield f"{stage}.0.weight"
            if draw.between(0, 1) or averages:
                yield from (f"{stage}.1.{kind}" for kind in ("weight", "bias"))
            if averages:
                yield from (f"{stage}.1.running_{kind}" for kind in ("mean", "var"))
                yield f"{stage}.1.num_batches_tracked"
        yield from ("head.weight", "head.bias")

    for _ in range(3 if hidden else 1):
        count = draw.between(3, 8 if hidden else 5)
        base, factor = (draw.between(2, 99) / 100 for _ in range(2))
        options = {"base": base, "factor": factor}
        yield Case(HEAD, {"names": list(names(0))}, options)
        yield Case(HEAD, {"names": list(names(count))}, {"base": base})
        yield Case(EARLIER, {"names": list(names(count))}, options)
        yield Case(EARLIER, {"names": list(names(count - 1))}, options | {"trained": count})
        yield Case(FROZEN, {"names": list(names(count))}, options | {"trained": 2})
        yield Case(FROZEN, {"names": list(names(count))}, options | {"trained": 0})
        yield Case(AVERAGES, {"names": list(names(count, True))}, options | {"trained": count - 1})


def call_rates(function, inputs, options, forward):
    """Names and rates as two lists, so that the order counts."""
    result = function(*inputs.values(), **options)
    if not isinstance(result, dict):
        raise WrongForm(f"{function.__name__} must return a dict, got {type(result).__name__}")
    return {"names": list(result), "rates": [float(rate) for rate in result.values()]}


def oracle_rates(case):
    """From the end to the front, one factor at each new stage."""
    rates, stage, rate = [], None, case.options["base"]
    left = case.options.get("trained")
    left = len(case.inputs["names"]) if left is None else left
    for name in reversed(case.inputs["names"]):
        own, last = name.split(".")[0], name.split(".")[-1]
        if last.startswith(("running_", "num_batches")):
            continue
        if stage not in (None, own):
            rate, left = rate * case.options.get("factor", 1.0), left - 1
        stage = own
        rates.append((name, rate if left > 0 else 0.0))
    names, numbers = zip(*reversed(rates), strict=True)
    return {"names": list(names), "rates": list(numbers)}


# A step -------------------------------------------------------------------------------------


def step_cases(draw, hidden):
    """A few parameters, some of them frozen, in the middle of a training."""

    def case(part, rates, averages=(), without=(), dtype=np.float64, **options):
        shapes = {name: draw.two(1, 4) if "w" in name else (3,) for name in (*rates, *averages)}
        params, gradients, velocity = (
            {name: draw.normal(*shape, dtype=dtype) for name, shape in shapes.items()}
            for _ in range(3)
        )
        for name in averages:
            del gradients[name], velocity[name]
        for name in without:
            del gradients[name]
        named = {"params": params, "gradients": gradients, "velocity": velocity, "rates": rates}
        return Case(part, named, options)

    def rate():
        return draw.between(1, 60) / 100

    for _ in range(3 if hidden else 1):
        momentum, decay = draw.between(30, 95) / 100, draw.between(5, 40) / 100
        yield case(STEP, {"w1": rate(), "b1": rate()})
        yield case(STEP, {"w1": rate(), "b1": rate(), "w2": rate()}, momentum=momentum)
        yield case(DECAY, {"w1": rate(), "b1": rate()}, momentum=momentum, decay=decay)
        rates = {"w1": 0.0, "b1": 0.0, "w2": rate(), "b2": rate()}
        yield case(FROZEN, rates, momentum=momentum, decay=decay)
        yield case(FROZEN, rates, without=("w1", "b1"), decay=decay)
        yield case(AVERAGES, {"w1": rate(), "w2": rate()}, averages=("mean1", "mean2"), decay=decay)
    yield case(CARE, {"w1": rate(), "b1": 0.0}, dtype=np.float32, decay=0.1)


def call_step(function, inputs, options, forward):
    """The new arrays one by one, "params w1" and so on."""
    outputs = by_name(function, function(*inputs.values(), **options), ("params", "velocity"))
    arrays = {}
    for kind, named in outputs.items():
        if not isinstance(named, dict) or set(named) != set(inputs[kind]):
            keys = sorted(named) if isinstance(named, dict) else type(named).__name__
            raise WrongForm(f"the new {kind} must have the names {sorted(inputs[kind])}: {keys}")
        arrays |= {f"{kind} {name}": named[name] for name in inputs[kind]}
    return arrays


def oracle_step(case):
    """PyTorch's SGD in float64, with a group for each parameter; what is frozen is not given it."""
    import torch

    params, gradients, velocity, rates = case.inputs.values()
    tensors = {name: torch.tensor(p).double().requires_grad_() for name, p in params.items()}
    moved = [name for name, rate in rates.items() if rate > 0]
    optimizer = torch.optim.SGD(
        [{"params": [tensors[name]], "lr": rates[name]} for name in moved],
        momentum=case.options.get("momentum", 0.9),
        weight_decay=case.options.get("decay", 0.0),
    )
    for name in moved:
        tensors[name].grad = torch.tensor(gradients[name]).double()
        optimizer.state[tensors[name]]["momentum_buffer"] = torch.tensor(velocity[name]).double()
    optimizer.step()
    buffers = {n: optimizer.state[tensors[n]]["momentum_buffer"].numpy() for n in moved}
    after = {f"params {name}": p.detach().numpy() for name, p in tensors.items()}
    return after | {
        f"velocity {name}": buffers.get(name, v.astype(np.float64)) for name, v in velocity.items()
    }


# An error bar -------------------------------------------------------------------------------


def interval_cases(draw, hidden):
    def case(part, n, K, **options):
        return Case(part, {"runs": 0.9 + 0.05 * draw.normal(n, K)}, options)

    mean = {"mean": "the mean"}
    for _ in range(3 if hidden else 1):
        n, K = draw.two(3, 9 if hidden else 6)
        for runs in (n, 2, 12):
            yield Case("the interval", case("", runs, K).inputs, {}, mean)
        wide = {"confidence": draw.between(60, 90) / 100}
        yield Case("other confidences", case("", K, n).inputs, wide, mean)
    yield Case(CARE, {"runs": draw.strided(4, 3)})


def call_interval(function, inputs, options, forward):
    return by_name(function, function(*inputs.values(), **options), ("mean", "half"))


def oracle_interval(case):
    """SciPy's confidence interval of a t-test."""
    from scipy.stats import ttest_1samp

    runs, confidence = case.inputs["runs"], case.options.get("confidence", 0.95)
    interval = ttest_1samp(runs, 0).confidence_interval(confidence)
    return {"mean": (interval.low + interval.high) / 2, "half": (interval.high - interval.low) / 2}


STANDARDISE = Exercise(
    by_hand.standardise,
    {TRAIN: 1, TEST: 2, PLAIN: 1, CARE: 1},
    standardise_cases,
    oracle_standardise,
    call_standardise,
    STANDARDISE_MISTAKES,
)
NEAREST_MEAN = Exercise(
    by_hand.nearest_mean,
    {"one example per class": 1, "several examples": 2, "any class numbers": 1, CARE: 1},
    mean_cases,
    oracle_mean,
    call_classes,
    MEAN_MISTAKES,
)
LEARNING_RATES = Exercise(
    by_hand.learning_rates,
    {HEAD: 1, EARLIER: 3, FROZEN: 2, AVERAGES: 2},
    rates_cases,
    oracle_rates,
    call_rates,
    RATES_MISTAKES,
)
FINETUNE_STEP = Exercise(
    by_hand.finetune_step,
    {STEP: 2, DECAY: 1, FROZEN: 3, AVERAGES: 1, CARE: 1},
    step_cases,
    oracle_step,
    call_step,
    STEP_MISTAKES,
)
MEAN_AND_INTERVAL = Exercise(
    by_hand.mean_and_interval,
    {"the mean": 1, "the interval": 3, "other confidences": 1, CARE: 1},
    interval_cases,
    oracle_interval,
    call_interval,
    INTERVAL_MISTAKES,
)
