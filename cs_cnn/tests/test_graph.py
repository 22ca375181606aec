"""The computational graph: the lecture's figures, and PyTorch's gradients."""

import numpy as np
import pytest
import torch

from cs_cnn.graph import Node, ancestors


def test_the_lectures_first_graph():
    x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    f = (x + y) * z
    f.backward()
    assert f.value == -12 and (x.grad, y.grad, z.grad) == (-4, -4, 3)
    assert [node.name for node in ancestors(f)] == ["x", "y", "+", "z", "*"]


def test_the_lectures_logistic_neuron():
    w0, x0, w1, x1, w2 = (Node(v) for v in (2, -1, -3, -2, -3))
    out = 1 / (1 + (-(w0 * x0 + w1 * x1 + w2)).exp())
    out.backward()
    grads = [float(node.grad.round(2)) for node in (w0, x0, w1, x1, w2)]
    assert round(float(out.value), 2) == 0.73 and grads == [-0.2, 0.39, -0.39, -0.59, 0.2]


def test_every_operation_has_pytorchs_gradient():
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in ((4, 3), (3, 5), (5,), (4, 1), ())]
    nodes, tensors = (
        [Node(v) for v in values],
        [torch.tensor(v, requires_grad=True) for v in values],
    )

    def formula(a, b, c, d, e, largest):
        hidden = largest(a @ b + c, 0.1) * d
        twice = (hidden / (2 + hidden**2) - e).exp() + 1
        return (3 - twice.log() * e).sum() + (a.T @ a).sum() + (-c).sum() / e

    out = formula(*nodes, lambda x, y: x.max(y))
    want = formula(*tensors, lambda x, y: torch.maximum(x, torch.tensor(y)))
    out.backward()
    out.backward()  # a second time gives the same, not twice as much
    want.backward()
    np.testing.assert_allclose(out.value, want.item())
    for node, tensor in zip(nodes, tensors, strict=True):
        assert node.grad.shape == node.value.shape
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), atol=1e-12)


def test_errors_name_the_shapes():
    with pytest.raises(ValueError, match=r"only a single number has a slope, got \(3,\)"):
        Node(np.zeros(3)).backward()
    with pytest.raises(ValueError, match=r"two matrices are needed, got \(3,\), \(3, 2\)"):
        Node(np.zeros(3)) @ Node(np.zeros((3, 2)))
