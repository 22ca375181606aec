"""The checks of `momentum` and `adam`: single steps, from the start and from any state."""

import numpy as np

from cs_cnn import optim
from cs_cnn.checks.calls import WrongForm, by_name
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.optim_mistakes import ADAM_MISTAKES, MOMENTUM_MISTAKES

FIRST, LATER, MEMORY = "the first step", "later steps", "what is remembered"


def call_step(*names):
    """A `call` for one step; the state is made of the inputs after w and dw, if there are any."""

    def call(function, inputs, options, forward):
        w, dw, *state = inputs.values()
        state = dict(zip(names, state, strict=True)) if state else None
        result = by_name(function, function(w, dw, state, **options), ("w", "state"))
        if not isinstance(result["state"], dict) or set(result["state"]) != set(names):
            raise WrongForm(f"the state must be a dict with {', '.join(names)}")
        return {"w": result["w"], **result["state"]}

    return call


def momentum_cases(draw, hidden):
    """A first step by hand, then steps from any velocity."""
    parts = {"velocity": MEMORY}
    if not hidden:
        arrays = {"w": draw.small_ints(3), "dw": np.array([2.0, -1.0, 4.0])}
        yield Case(FIRST, arrays, {"lr": 0.5}, parts)
    for _ in range(4 if hidden else 2):
        shape = draw.two(2, 7 if hidden else 4)
        yield Case(FIRST, _weights(draw, shape), {"lr": draw.between(1, 9) / 10}, parts)
        state = {"velocity": draw.normal(*shape)}
        options = {"lr": draw.between(2, 9) / 20, "momentum": draw.between(1, 8) / 10}
        yield Case(LATER, _weights(draw, shape) | state, options, parts)
        decay = {"weight_decay": draw.between(1, 9) / 10}
        yield Case(LATER, _weights(draw, shape) | state, options | decay, parts)
    state = {"velocity": draw.normal(3, 2, dtype=np.float32)}
    yield Case(CARE, _weights(draw, (3, 2), np.float32) | state, {"lr": 0.25})
    yield Case(CARE, _weights(draw, (5,)), {"lr": 0.25})


def adam_cases(draw, hidden):
    """A first step with the defaults, then steps with every number another one."""
    parts = dict.fromkeys("mvt", MEMORY)
    for _ in range(4 if hidden else 2):
        shape = draw.two(2, 7 if hidden else 4)
        yield Case(FIRST, _weights(draw, shape), {"lr": draw.between(1, 9) / 10}, parts)
        yield Case(FIRST, _weights(draw, shape), _options(draw), parts)
        state = _adam_state(draw, shape, draw.between(1, 6))
        yield Case(LATER, _weights(draw, shape) | state, _options(draw), parts)
        state = _adam_state(draw, shape, draw.between(7, 60 if hidden else 12))
        decay = {"weight_decay": draw.between(1, 9) / 10}
        yield Case(LATER, _weights(draw, shape) | state, _options(draw) | decay, parts)
    state = _adam_state(draw, (3, 2), 4, np.float32)
    yield Case(CARE, _weights(draw, (3, 2), np.float32) | state, {"lr": 0.25})
    yield Case(CARE, _weights(draw, (5,)) | _adam_state(draw, (5,), 2), {"lr": 0.25})


def _weights(draw, shape, dtype=np.float64):
    return {"w": draw.normal(*shape, dtype=dtype), "dw": draw.normal(*shape, dtype=dtype)}


def _adam_state(draw, shape, t, dtype=np.float64):
    return {
        "m": draw.normal(*shape, dtype=dtype),
        "v": draw.normal(*shape, dtype=dtype) ** 2,
        "t": t,
    }


def _options(draw):
    """Betas that differ, and an eps so large that its place shows."""
    first, second = draw.two(2, 9)
    return {"lr": draw.between(1, 9) / 10, "betas": (first / 10, second / 10), "eps": 0.25}


def oracle_momentum(case):
    """PyTorch's SGD, its momentum buffer filled with the velocity."""
    import torch

    state = {"momentum_buffer": case.inputs["velocity"]} if "velocity" in case.inputs else {}
    options = {"momentum": 0.9, **case.options}
    w, state = _torch_step(case, torch.optim.SGD, options, state)
    return {"w": w, "velocity": state["momentum_buffer"].numpy()}


def oracle_adam(case):
    """PyTorch's Adam, its averages filled with m and v."""
    import torch

    names = {"m": "exp_avg", "v": "exp_avg_sq", "t": "step"}
    state = {long: case.inputs[short] for short, long in names.items() if short in case.inputs}
    w, state = _torch_step(case, torch.optim.Adam, case.options, state)
    state = {short: state[long].numpy() for short, long in names.items()}
    return {"w": w, **state, "t": int(state["t"])}


def _torch_step(case, optimiser, options, state):
    """The weights and the state after one step of PyTorch in float64."""
    import torch

    w, dw = (torch.tensor(case.inputs[name], dtype=torch.float64) for name in ("w", "dw"))
    w.requires_grad_(True)
    w.grad, walker = dw, optimiser([w], **options)
    if state:
        walker.state[w] = {k: torch.tensor(v, dtype=torch.float64) for k, v in state.items()}
    walker.step()
    return w.detach().numpy(), walker.state[w]


MOMENTUM = Exercise(
    optim.momentum,
    {MEMORY: 1, FIRST: 1, LATER: 1, CARE: 1},
    momentum_cases,
    oracle_momentum,
    call_step("velocity"),
    MOMENTUM_MISTAKES,
)
ADAM = Exercise(
    optim.adam,
    {MEMORY: 2, FIRST: 1, LATER: 1, CARE: 1},
    adam_cases,
    oracle_adam,
    call_step("m", "v", "t"),
    ADAM_MISTAKES,
)
