"""The normalizations against PyTorch in float64, and the small trainings that show what they do."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import normalization as nz
from cs_cnn.experiments import Network, accuracy, train
from cs_cnn.gradient_check import check_gradient
from cs_cnn.layers import conv2d_forward
from cs_cnn.losses import softmax_cross_entropy

SEEDS = st.integers(0, 2**32 - 1)
SIDE = st.integers(1, 4)
SHAPES = st.one_of(st.tuples(SIDE, SIDE), st.tuples(SIDE, SIDE, SIDE, SIDE))
BATCHES = SHAPES.filter(lambda shape: np.prod(shape) > shape[1])  # more than one per channel
EPS = st.sampled_from([1e-5, 1e-3, 0.3])


def arrays(seed, *shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def inputs(seed, shape, dtype=np.float64):
    """x, gamma, beta, running_mean, running_var and dout."""
    C = (shape[1],)
    x, gamma, beta, mean, var, dout = arrays(seed, shape, C, C, C, C, shape, dtype=dtype)
    return x, gamma, beta, mean, var**2 + dtype(0.1), dout


def torch_results(function, given, dout):
    """PyTorch's output and its gradients by what is given."""
    tensors = [torch.tensor(a, requires_grad=True) for a in given]
    out = function(*tensors)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(dout))
    return [t.detach().numpy() for t in (out, *gradients)]


def assert_same(got, want, atol=1e-9):
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=atol)


@settings(max_examples=60, deadline=None)
@given(shape=BATCHES, seed=SEEDS, eps=EPS, momentum=st.floats(0, 1), training=st.booleans())
def test_batch_norm_is_pytorchs_in_both_modes(shape, seed, eps, momentum, training):
    x, gamma, beta, mean, var, dout = inputs(seed, shape)
    options = {"training": training, "momentum": momentum, "eps": eps}
    out, cache, new_mean, new_var = nz.batch_norm_forward(x, gamma, beta, mean, var, **options)
    running = [torch.tensor(a) for a in (mean, var)]
    want = torch_results(
        lambda x, g, b: F.batch_norm(x, *running, g, b, **options), [x, gamma, beta], dout
    )
    assert_same([new_mean, new_var], [t.numpy() for t in running])
    # With two numbers per channel dx is what is left when large terms cancel.
    tolerance = 1e-9 * max(1, np.abs(1 / cache[1]).max())
    for backward in (nz.batch_norm_backward, nz.batch_norm_backward_graph):
        assert_same([out, *backward(dout, cache)], want, tolerance)


@settings(max_examples=60, deadline=None)
@given(shape=BATCHES, groups=st.integers(1, 3), seed=SEEDS, eps=EPS)
def test_group_norm_is_pytorchs(shape, groups, seed, eps):
    shape = (shape[0], shape[1] * groups, *shape[2:])
    x, gamma, beta, _, _, dout = inputs(seed, shape)
    out, cache = nz.group_norm_forward(x, groups, gamma, beta, eps)
    want = torch_results(lambda x, g, b: F.group_norm(x, groups, g, b, eps), [x, gamma, beta], dout)
    assert_same([out, *nz.group_norm_backward(dout, cache)], want, 1e-9 / np.sqrt(eps))


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("features", [(5,), (4, 2, 3)])
def test_layer_norm_is_pytorchs(lead, features):
    x, gamma, beta, dout = arrays(0, (*lead, *features), features, features, (*lead, *features))
    out, cache = nz.layer_norm_forward(x, gamma, beta, 0.2)
    want = torch_results(
        lambda x, g, b: F.layer_norm(x, features, g, b, 0.2), [x, gamma, beta], dout
    )
    assert_same([out, *nz.layer_norm_backward(dout, cache)], want)


def test_instance_norm_is_pytorchs():
    x, gamma, beta, _, _, dout = inputs(0, (2, 3, 4, 5))
    out, cache = nz.instance_norm_forward(x, gamma, beta, 0.2)
    want = torch_results(
        lambda x, g, b: F.instance_norm(x, weight=g, bias=b, eps=0.2), [x, gamma, beta], dout
    )
    assert_same([out, *nz.instance_norm_backward(dout, cache)], want)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_a_fused_convolution_does_what_the_two_layers_did(bias, groups):
    _, gamma, beta, mean, var, _ = inputs(0, (1, 6))
    x, w, b = arrays(1, (2, 4, 5, 6), (6, 4 // groups, 3, 2), (6,))
    b = b if bias else None
    maps = conv2d_forward(x, w, b, groups=groups)[0]
    two, *_ = nz.batch_norm_forward(maps, gamma, beta, mean, var, training=False, eps=0.1)
    fused = nz.fuse_batch_norm(w, b, gamma, beta, mean, var, eps=0.1)
    assert_same([conv2d_forward(x, *fused, groups=groups)[0]], [two])


def test_a_far_away_batch_keeps_its_digits():
    """mean(x²) - mean(x)² would lose them all."""
    x, gamma, beta, mean, var, _ = inputs(0, (6, 3))
    near = nz.batch_norm_forward(x, gamma, beta, mean, var)[0]
    far = nz.batch_norm_forward(x + 1e8, gamma, beta, mean, var)[0]
    np.testing.assert_allclose(far, near, atol=1e-6)


CALLS = {
    "batch_norm": lambda x, g, b, m, v: nz.batch_norm_forward(x, g, b, m, v)[:2],
    "batch_norm in evaluation": lambda *a: nz.batch_norm_forward(*a, training=False)[:2],
    "group_norm": lambda x, g, b, m, v: nz.group_norm_forward(x, 2, g, b),
    "instance_norm": lambda x, g, b, m, v: nz.instance_norm_forward(x, g, b),
    "layer_norm": lambda x, g, b, m, v: nz.layer_norm_forward(
        x, np.resize(g, x.shape[1:]), np.resize(b, x.shape[1:])
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CALLS)
def test_dtype_is_kept_and_nothing_given_is_changed(name, dtype):
    *given_, dout = inputs(0, (2, 4, 3, 5), dtype)
    kept = [a.copy() for a in (*given_, dout)]
    out, cache = CALLS[name](*given_)
    backward = getattr(nz, f"{name.split()[0]}_backward")
    results = [out, *backward(dout, cache)]
    if name == "batch_norm":
        results += [*nz.batch_norm_backward_graph(dout, cache)]
        results += nz.batch_norm_forward(*given_)[2:]
    assert {a.dtype for a in results} == {np.dtype(dtype)}
    assert all(np.array_equal(a, k) for a, k in zip((*given_, dout), kept, strict=True))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda z: nz.batch_norm_forward(z(3), z(3), z(3), z(3), z(3)), r"\(N, C\) or .*\(3,\)"),
        (
            lambda z: nz.batch_norm_forward(z(2, 3, 4), z(3), z(3), z(3), z(3)),
            r"batch_norm: x must be \(N, C\) or \(N, C, H, W\), got \(2, 3, 4\)",
        ),
        (
            lambda z: nz.batch_norm_forward(z(2, 3), z(3), z(2), z(3), z(3)),
            r"batch_norm: beta must hold one number per channel, \(3,\), got \(2,\)",
        ),
        (
            lambda z: nz.batch_norm_forward(z(1, 3), z(3), z(3), z(3), z(3)),
            r"more than one number per channel \(x.shape=\(1, 3\)\).*training=False",
        ),
        (lambda z: nz.group_norm_forward(z(2, 4), 3, z(4), z(4)), "num_groups=3 must divide the 4"),
        (lambda z: nz.group_norm_forward(z(2, 4), 0, z(4), z(4)), "num_groups=0 must divide"),
        (lambda z: nz.instance_norm_forward(z(2, 4), z(4), z(4)), "x must have 4 dimensions"),
        (lambda z: nz.layer_norm_forward(z(2, 4), z(3), z(3)), r"\(2, 4\), gamma.shape=\(3,\)"),
        (
            lambda z: nz.fuse_batch_norm(z(2, 3, 1, 1), z(3), z(2), z(2), z(2), z(2)),
            r"fuse_batch_norm: b must hold one number per channel, \(2,\), got \(3,\)",
        ),
        (
            lambda z: nz.layer_norm_backward(
                z(4, 2), nz.layer_norm_forward(z(2, 4), z(4), z(4))[1]
            ),
            r"layer_norm_backward: dout must have the output's shape \(2, 4\), got \(4, 2\)",
        ),
    ],
)
def test_an_error_gives_the_function_the_numbers_and_the_shapes(call, words):
    with pytest.raises(ValueError, match=words):
        call(lambda *shape: np.ones(shape))


def test_an_image_in_evaluation_does_not_depend_on_its_batch():
    x, gamma, beta, mean, var, _ = inputs(0, (4, 3, 2, 5))
    together = nz.batch_norm_forward(x, gamma, beta, mean, var, training=False)[0]
    alone = nz.batch_norm_forward(x[:1], gamma, beta, mean, var, training=False)[0]
    assert np.array_equal(together[:1], alone)


BATCH_NORM = (nz.batch_norm_forward, nz.batch_norm_backward)


@pytest.mark.parametrize("norm", [None, BATCH_NORM])
def test_the_gradients_of_a_network_are_its_slopes(norm):
    network = Network([3, 5, 4, 2], norm, seed=0)
    x, y = arrays(0, (6, 3))[0], np.array([0, 1, 1, 0, 1, 0])
    _, dscores = softmax_cross_entropy(network.forward(x, training=True), y)
    gradients = network.backward(dscores)
    assert gradients.keys() == network.params.keys()
    for name, value in list(network.params.items()):

        def loss(at, name=name):
            network.params[name] = at
            return softmax_cross_entropy(network.forward(x, training=True), y)[0]

        check_gradient(loss, value, gradients[name], atol=1e-6, name=name)
        network.params[name] = value


def test_training_learns_and_running_averages_follow_the_data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    x = rng.normal(size=(200, 3)) + 4 * y[:, None]
    network = Network([3, 8, 2], BATCH_NORM)
    losses = train(network, x, y, steps=60, lr=0.3, batch_size=20)
    assert losses.shape == (60,) and losses[-10:].mean() < losses[:3].mean() / 4
    assert accuracy(network, x, y) > 0.95
    before = np.array(network.running[0])
    network.forward(x)
    assert np.array_equal(network.running[0], before)


def test_a_training_that_explodes_is_infinite_from_there():
    x, y = np.abs(arrays(0, (20, 3))[0]), np.arange(20) % 2
    losses = train(Network([3, 8, 8, 2]), x, y, steps=10, lr=1e200, batch_size=10)
    assert np.isfinite(losses[0]) and np.isinf(losses[-1]) and not np.isnan(losses).any()
