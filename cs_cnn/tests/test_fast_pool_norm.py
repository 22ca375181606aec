"""Fast pooling, batch norm, ReLU and linear layers against the definitions and against PyTorch."""

import inspect

import numpy as np
import pytest
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import layers, normalization
from cs_cnn.fast_layers import elementwise, norm, pool
from cs_cnn.tests.test_layers import PAIRS, SEEDS, SMALL, arrays, assert_same, torch_results

NAMES = {
    pool: ["max_pool2d", "avg_pool2d"],
    norm: ["batch_norm"],
    elementwise: ["relu", "linear"],
}
LAYOUTS = st.sampled_from(["channels first", "channels last", "a slice"])


def laid_out(x, layout):
    """The same numbers, another memory."""
    if layout == "channels last":
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "a slice":
        wide = np.full((*x.shape[:3], 2 * x.shape[3]), np.nan, x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return x


def order(x):
    """The axes of x from the slowest to the fastest in memory."""
    return np.argsort([-stride for stride in x.strides], kind="stable").tolist()


@pytest.mark.parametrize("module", NAMES)
def test_signatures_are_those_of_the_definitions(module):
    slow = normalization if module is norm else layers
    for name in NAMES[module]:
        for way in ("forward", "backward"):
            fast, plain = (getattr(m, f"{name}_{way}") for m in (module, slow))
            assert inspect.signature(fast) == inspect.signature(plain)


@st.composite
def poolings(draw, dilated):
    """Windows that tile, overlap or leave gaps, on images that they need not fill."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.one_of(st.none(), PAIRS))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = draw(PAIRS) if dilated else 1
    both = (dilation, dilation) if isinstance(dilation, int) else dilation
    H, W = (d * (k - 1) + draw(st.integers(1, 8)) for k, d in zip(kernel, both, strict=True))
    options = {"stride": stride, "padding": padding} | ({"dilation": dilation} if dilated else {})
    return (draw(SMALL), draw(st.integers(1, 5)), H, W), kernel, options, draw(LAYOUTS)


@settings(max_examples=100, deadline=None)
@given(
    case=poolings(dilated=True), seed=SEEDS, ties=st.booleans(), part=st.sampled_from([1, 2**21])
)
def test_max_pool2d_is_pytorchs_also_where_pixels_tie(case, seed, ties, part):
    shape, kernel, options, layout = case
    (x,) = arrays(seed, shape)
    x = laid_out(np.round(x / 2) if ties else x, layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "PART_BYTES", part)
        out, cache = pool.max_pool2d_forward(x, kernel, **options)
        (dout,) = arrays(seed + 1, out.shape)
        dx = pool.max_pool2d_backward(laid_out(dout, layout), cache)
    assert_same([out, dx], torch_results(lambda t: F.max_pool2d(t, kernel, **options), [x], dout))


@settings(max_examples=60, deadline=None)
@given(case=poolings(dilated=False), seed=SEEDS)
def test_avg_pool2d_is_pytorchs(case, seed):
    shape, kernel, options, layout = case
    (x,) = arrays(seed, shape)
    out, cache = pool.avg_pool2d_forward(laid_out(x, layout), kernel, **options)
    (dout,) = arrays(seed + 1, out.shape)
    dx = pool.avg_pool2d_backward(dout, cache)
    assert_same([out, dx], torch_results(lambda t: F.avg_pool2d(t, kernel, **options), [x], dout))


def test_a_winner_far_from_the_corner_is_remembered():
    """2 x 40000 pixels down and across: the distance does not fit in 16 bits."""
    x = np.zeros((1, 1, 2, 40_000), np.float32)
    x[0, 0, 1, 39_999] = 1
    out, cache = pool.max_pool2d_forward(x, (2, 2), stride=1, dilation=(1, 39_999))
    dx = pool.max_pool2d_backward(np.full_like(out, 3), cache)
    assert out.item() == 1
    assert dx[0, 0, 1, 39_999] == 3
    assert np.count_nonzero(dx) == 1


@settings(max_examples=80, deadline=None)
@given(
    shape=st.one_of(
        st.tuples(st.integers(2, 9), SMALL),
        st.tuples(st.integers(2, 4), SMALL, st.integers(1, 5), SMALL),
    ),
    seed=SEEDS,
    training=st.booleans(),
    eps=st.sampled_from([1e-5, 0.3]),
    layout=LAYOUTS,
    part=st.sampled_from([1, 64, 2**21]),
)
def test_batch_norm_is_the_definitions(shape, seed, training, eps, layout, part):
    C = shape[1:2]
    x, gamma, beta, mean, var, dout = arrays(seed, shape, C, C, C, C, shape)
    x = laid_out(x, layout) if x.ndim == 4 else x
    given, options = (gamma, beta, mean, var**2 + 0.1), {"training": training, "eps": eps}
    results = []
    for module in (norm, normalization):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(norm, "PART_BYTES", part)
            out, cache, *running = module.batch_norm_forward(x, *given, **options)
            results.append([out, *running, *module.batch_norm_backward(dout, cache)])
    smallest = x.var(axis=(0, *range(2, x.ndim))).min() if training else 1
    assert_same(*results, rtol=1e-10 * max(1, 1 / (smallest + eps)))


def test_batch_norm_of_a_far_away_batch_keeps_its_digits():
    """mean(x²) - mean(x)² would lose them all."""
    x, gamma, beta = arrays(0, (8, 3, 5, 7), (3,), (3,))
    rest = (gamma, beta, np.zeros(3), np.ones(3))
    near, far = (norm.batch_norm_forward(x + shift, *rest) for shift in (0, 1e8))
    np.testing.assert_allclose(far[0], near[0], atol=1e-6)
    near, far = (norm.batch_norm_backward(x[::-1], result[1]) for result in (near, far))
    assert_same(far, near, rtol=1e-6)


def test_float32_moments_of_many_numbers_are_those_of_float64():
    (x,) = arrays(0, (6, 2, 90, 110), dtype=np.float32)
    x += 1000
    mean, var, M = norm._moments(norm._rows(x, False), 2)
    assert M == 6 * 90 * 110
    np.testing.assert_allclose(mean, x.mean(axis=(0, 2, 3), dtype=float), rtol=1e-9)
    np.testing.assert_allclose(var, x.var(axis=(0, 2, 3), dtype=float), rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(lead=st.lists(SMALL, max_size=2), d_in=SMALL, d_out=SMALL, bias=st.booleans(), seed=SEEDS)
def test_linear_is_pytorchs(lead, d_in, d_out, bias, seed):
    inputs = arrays(seed, (*lead, d_in), (d_out, d_in), (d_out,))[: 3 if bias else 2]
    out, cache = elementwise.linear_forward(*inputs)
    (dout,) = arrays(seed + 1, out.shape)
    got = elementwise.linear_backward(dout, cache)
    assert_same([out, *got[: len(inputs)]], torch_results(F.linear, inputs, dout))


def test_relu_keeps_one_array_and_clears_even_an_infinity():
    x = np.array([-1.0, -0.0, 0.0, 2.0, np.nan])
    out, cache = elementwise.relu_forward(x)
    assert cache is out
    np.testing.assert_array_equal(out, [0, 0, 0, 2, np.nan])
    dx = elementwise.relu_backward(np.array([np.inf, 1, 1, 5, np.nan]), cache)
    np.testing.assert_array_equal(dx, [0, 0, 0, 5, 0])


IMAGES = (3, 4, 6, 8)
CALLS = {
    "max_pool2d": (lambda x: pool.max_pool2d_forward(x, 3, 2, 1), pool.max_pool2d_backward),
    "max_pool2d tiles": (lambda x: pool.max_pool2d_forward(x, 2), pool.max_pool2d_backward),
    "avg_pool2d": (lambda x: pool.avg_pool2d_forward(x, 3, 2, 1), pool.avg_pool2d_backward),
    "relu": (elementwise.relu_forward, elementwise.relu_backward),
    "batch_norm": (
        lambda x: norm.batch_norm_forward(x, *np.ones((4, 4), x.dtype))[:2],
        norm.batch_norm_backward,
    ),
    "batch_norm in evaluation": (
        lambda x: norm.batch_norm_forward(x, *np.ones((4, 4), x.dtype), training=False)[:2],
        norm.batch_norm_backward,
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["channels first", "channels last"])
@pytest.mark.parametrize("name", CALLS)
def test_dtype_and_layout_are_kept_and_nothing_given_is_changed(name, layout, dtype):
    forward, backward = CALLS[name]
    x = laid_out(arrays(0, IMAGES, dtype=dtype)[0], layout)
    kept = x.copy()
    out, cache = forward(x)
    dout = laid_out(arrays(1, out.shape, dtype=dtype)[0], layout)
    dout_kept = dout.copy()
    gradients = backward(dout, cache)
    dx = gradients[0] if isinstance(gradients, tuple) else gradients
    assert {a.dtype for a in (out, dx)} == {np.dtype(dtype)}
    assert order(out) == order(dx) == order(x)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(dout, dout_kept)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "batch_norm"])
def test_a_batch_that_takes_all_cores_gives_what_its_images_give(name):
    """Large enough for several threads, and twice: scratch memory must not leak into results."""
    forward, backward = CALLS[name]
    (x,) = arrays(0, (20, 4, 64, 66), dtype=np.float32)
    for _ in range(2):
        out, cache = forward(x)
        gradients = backward(out + 1, cache)
        dx = gradients[0] if isinstance(gradients, tuple) else gradients
        for n in (0, 19):
            one, one_cache = forward(x[n : n + 1])
            one_dx = backward(one + 1, one_cache)
            one_dx = one_dx[0] if isinstance(one_dx, tuple) else one_dx
            np.testing.assert_array_equal(out[n], one[0])
            np.testing.assert_array_equal(dx[n], one_dx[0])


@pytest.mark.parametrize(
    ("fast", "plain", "given"),
    [
        (pool.max_pool2d_forward, layers.max_pool2d_forward, [(1, 1, 8, 8), 2, None, 2]),
        (pool.max_pool2d_forward, layers.max_pool2d_forward, [(1, 8, 8), 2]),
        (pool.avg_pool2d_forward, layers.avg_pool2d_forward, [(1, 1, 2, 8), 3]),
        (elementwise.linear_forward, layers.linear_forward, [(2, 3), (4, 5)]),
        (elementwise.linear_forward, layers.linear_forward, [(2, 3), (4, 3), (3,)]),
        (norm.batch_norm_forward, normalization.batch_norm_forward, [(2, 3), *[(2,)] * 4]),
        (norm.batch_norm_forward, normalization.batch_norm_forward, [(1, 3), *[(3,)] * 4]),
    ],
)
def test_errors_are_those_of_the_definitions(fast, plain, given):
    given = [np.zeros(g) if isinstance(g, tuple) else g for g in given]
    messages = []
    for function in (fast, plain):
        with pytest.raises(ValueError) as error:
            function(*given)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("name", CALLS)
def test_a_gradient_of_the_wrong_shape_is_refused(name):
    forward, backward = CALLS[name]
    out, cache = forward(np.ones(IMAGES))
    with pytest.raises(ValueError, match="dout must have the output's shape"):
        backward(out[:1], cache)
