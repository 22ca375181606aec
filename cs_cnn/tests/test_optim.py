"""The optimisers against PyTorch's, step by step, and what they promise besides."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import optim

# Ours, PyTorch's, and options under names that both know.
PAIRS = [
    (optim.sgd, torch.optim.SGD, {}),
    (optim.momentum, torch.optim.SGD, {"momentum": 0.9}),
    (optim.momentum, torch.optim.SGD, {"momentum": 0.0}),
    (optim.rmsprop, torch.optim.RMSprop, {}),
    (optim.rmsprop, torch.optim.RMSprop, {"alpha": 0.8, "eps": 0.03}),
    (optim.adam, torch.optim.Adam, {}),
    (optim.adam, torch.optim.Adam, {"betas": (0.7, 0.4), "eps": 0.02}),
    (optim.adadelta, torch.optim.Adadelta, {}),
    (optim.adadelta, torch.optim.Adadelta, {"rho": 0.6, "eps": 0.01}),
]
FUNCTIONS = [optim.sgd, optim.momentum, optim.rmsprop, optim.adam, optim.adadelta]


@pytest.mark.parametrize(("ours", "theirs", "options"), PAIRS)
@settings(max_examples=12, deadline=None)
@given(
    shape=st.sampled_from([(), (3,), (2, 3), (2, 1, 3, 2)]),
    more=st.sampled_from([{}, {"lr": 0.05}, {"lr": 0.4, "weight_decay": 0.3}]),
    seed=st.integers(0, 99),
)
def test_every_step_is_pytorchs(ours, theirs, options, shape, more, seed):
    rng = np.random.default_rng(seed)
    w, state = np.array(rng.standard_normal(shape)), None
    tensor = torch.tensor(w, requires_grad=True)
    walker = theirs([tensor], **options, **more)
    for step in range(6):
        dw = np.array(rng.standard_normal(shape)) * (step != 2)  # one gradient is exactly zero
        tensor.grad = torch.tensor(dw)
        walker.step()
        w, state = ours(w, dw, state, **options, **more)
        np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("step", FUNCTIONS)
def test_nothing_given_is_changed_and_float32_stays(step):
    rng = np.random.default_rng(0)
    w, dw = rng.standard_normal((2, 2, 3)).astype(np.float32)
    state, kept = None, (w.copy(), dw.copy())
    for _ in range(3):
        before = {name: np.copy(value) for name, value in (state or {}).items()}
        lr = np.float64(0.1)  # as a schedule gives it
        new, next_state = step(w, dw, state, lr=lr, weight_decay=np.float64(0.1))
        np.testing.assert_equal(state or {}, before)
        np.testing.assert_equal((w, dw), kept)
        assert new.dtype == np.float32 and not np.shares_memory(new, w)
        arrays = [value for value in next_state.values() if isinstance(value, np.ndarray)]
        assert all(value.dtype == np.float32 for value in arrays)
        state = next_state


@pytest.mark.parametrize("step", FUNCTIONS)
def test_every_optimiser_reaches_the_bottom_of_a_bowl(step):
    w, state, lr = np.array([3.0, -2.0]), None, {optim.adadelta: 5.0}.get(step, 0.05)
    for _ in range(400):
        w, state = step(w, np.array([1.0, 6.0]) * w, state, lr=lr)
    assert np.abs(w).max() < 0.1


@pytest.mark.parametrize("step", FUNCTIONS)
@pytest.mark.parametrize(
    ("w", "dw", "options", "words"),
    [
        (np.zeros((2, 3)), np.zeros(3), {}, r"w\.shape=\(2, 3\) .*dw\.shape=\(3,\)"),
        (np.zeros(3, int), np.zeros(3), {}, "float array"),
        (np.zeros(3), np.zeros(3), {"lr": -0.1}, "lr must be 0 or more, got -0.1"),
        (np.zeros(3), np.zeros(3), {"lr": float("nan")}, "got nan"),
    ],
)
def test_bad_input_is_named(step, w, dw, options, words):
    with pytest.raises(ValueError, match=rf"^{step.__name__}: .*{words}"):
        step(w, dw, **options)


@pytest.mark.parametrize("step", FUNCTIONS[1:])
def test_the_state_of_another_optimiser_is_refused(step):
    with pytest.raises(ValueError, match="another optimiser's; begin with state=None"):
        step(np.zeros(2), np.zeros(2), {"other": np.zeros(2)})
