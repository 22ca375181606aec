"""The losses against PyTorch, their gradients against measured slopes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn.gradient_check import check_gradient
from cs_cnn.losses import multiclass_svm, softmax_cross_entropy


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(1, 5), c=st.integers(1, 6), scale=st.sampled_from([1.0, 1e3]), seed=st.integers(0)
)
def test_losses_are_pytorchs(n, c, scale, seed):
    rng = np.random.default_rng(seed)
    scores, y = scale * rng.standard_normal((n, c)), rng.integers(0, c, n)
    tensor = torch.tensor(scores, requires_grad=True)
    for ours, theirs in [
        (softmax_cross_entropy, F.cross_entropy),
        (multiclass_svm, lambda s, t: F.multi_margin_loss(s, t) * c),
    ]:
        loss, dscores = ours(scores, y)
        want = theirs(tensor, torch.tensor(y))
        (gradient,) = torch.autograd.grad(want, tensor)
        np.testing.assert_allclose(loss, want.item(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(dscores, gradient.numpy(), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_svm])
def test_gradient_is_the_measured_slope_and_float32_stays(loss):
    rng = np.random.default_rng(0)
    scores, y = rng.standard_normal((4, 5)), rng.integers(0, 5, 4)
    check_gradient(lambda s: loss(s, y)[0], scores, loss(scores, y)[1])
    assert loss(scores.astype(np.float32), y)[1].dtype == np.float32


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_svm])
@pytest.mark.parametrize(
    ("scores", "y", "words"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), r"0\.\.2 .*found 0\.\.3"),
        (np.zeros((2, 3)), np.array([0, -1]), "found -1"),
        (np.zeros((2, 3)), np.array([0]), r"y\.shape=\(1,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), "N at least 1"),
        (np.zeros((2, 3)), np.zeros(2), "y ints"),
    ],
)
def test_bad_input_is_named(loss, scores, y, words):
    with pytest.raises(ValueError, match=words):
        loss(scores, y)
