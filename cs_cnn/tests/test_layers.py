"""The layers against PyTorch in float64, over shapes and arguments that hypothesis draws."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import layers
from cs_cnn.shapes import output_size, pad_pairs

SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)
PAIRS = st.one_of(SMALL, st.tuples(SMALL, SMALL))


def arrays(seed, *shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def torch_results(function, inputs, dout):
    """PyTorch's output and gradients of `function` at float64 copies of the inputs."""
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in inputs]
    out = function(*tensors)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(dout, dtype=torch.float64))
    return [t.detach().numpy() for t in (out, *gradients)]


def assert_same(got, want, rtol=1e-10):
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)


@st.composite
def convolutions(draw):
    """A convolution that fits: shapes and arguments."""
    groups = draw(SMALL)
    kernel = draw(st.tuples(SMALL, SMALL))
    stride, dilation = draw(PAIRS), draw(PAIRS)
    pads = st.integers(0, 2)
    padding = draw(st.one_of(pads, st.tuples(pads, pads), st.just("valid"), st.just("same")))
    if padding == "same":
        stride = 1
    both = (dilation, dilation) if isinstance(dilation, int) else dilation
    spans = [d * (k - 1) + 1 for d, k in zip(both, kernel, strict=True)]
    H, W = (draw(st.integers(span, span + 5)) for span in spans)
    N, C, C_out = draw(SMALL), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (N, C * groups, H, W), (C_out * groups, C, *kernel), options, draw(st.booleans())


@settings(max_examples=60, deadline=None)
@given(case=convolutions(), seed=SEEDS)
def test_conv2d_is_pytorchs(case, seed):
    x_shape, w_shape, options, bias = case
    x, w, b = arrays(seed, x_shape, w_shape, w_shape[:1])
    inputs = [x, w, b] if bias else [x, w]
    out, cache = layers.conv2d_forward(*inputs, **options)
    (dout,) = arrays(seed + 1, out.shape)
    gradients = layers.conv2d_backward(dout, cache)
    want = torch_results(lambda *t: F.conv2d(*t, **options), inputs, dout)
    assert_same([out, *gradients[: len(inputs)]], want)
    assert bias or gradients[2] is None


@st.composite
def poolings(draw, dilated):
    kernel = draw(st.tuples(SMALL, SMALL))
    stride = draw(st.one_of(st.none(), PAIRS))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = draw(st.integers(1, 2)) if dilated else 1
    spans = [dilation * (k - 1) + 1 for k in kernel]
    H, W = (draw(st.integers(span, span + 5)) for span in spans)
    options = {"stride": stride, "padding": padding} | ({"dilation": dilation} if dilated else {})
    return (draw(SMALL), draw(SMALL), H, W), kernel, options


@settings(max_examples=60, deadline=None)
@given(case=poolings(dilated=True), seed=SEEDS, ties=st.booleans())
def test_max_pool2d_is_pytorchs_also_where_pixels_tie(case, seed, ties):
    shape, kernel, options = case
    (x,) = arrays(seed, shape)
    x = np.round(x) if ties else x
    out, cache = layers.max_pool2d_forward(x, kernel, **options)
    (dout,) = arrays(seed + 1, out.shape)
    want = torch_results(lambda t: F.max_pool2d(t, kernel, **options), [x], dout)
    assert_same([out, layers.max_pool2d_backward(dout, cache)], want)


@settings(max_examples=40, deadline=None)
@given(case=poolings(dilated=False), seed=SEEDS)
def test_avg_pool2d_is_pytorchs(case, seed):
    shape, kernel, options = case
    (x,) = arrays(seed, shape)
    out, cache = layers.avg_pool2d_forward(x, kernel, **options)
    (dout,) = arrays(seed + 1, out.shape)
    want = torch_results(lambda t: F.avg_pool2d(t, kernel, **options), [x], dout)
    assert_same([out, layers.avg_pool2d_backward(dout, cache)], want)


@settings(max_examples=40, deadline=None)
@given(lead=st.lists(SMALL, max_size=2), d_in=SMALL, d_out=SMALL, bias=st.booleans(), seed=SEEDS)
def test_linear_is_pytorchs(lead, d_in, d_out, bias, seed):
    inputs = arrays(seed, (*lead, d_in), (d_out, d_in), (d_out,))[: 3 if bias else 2]
    out, cache = layers.linear_forward(*inputs)
    (dout,) = arrays(seed + 1, out.shape)
    got = layers.linear_backward(dout, cache)
    assert_same([out, *got[: len(inputs)]], torch_results(F.linear, inputs, dout))


def test_relu_is_pytorchs_also_at_zero():
    x = np.array([-1.0, -0.0, 0.0, 2.0])
    out, cache = layers.relu_forward(x)
    assert_same([out, layers.relu_backward(np.ones(4), cache)], torch_results(F.relu, [x], [1] * 4))


CALLS = {
    "conv2d": (
        lambda x, w, b: layers.conv2d_forward(x, w, b, stride=(2, 1), padding=1, groups=2),
        [(2, 4, 5, 6), (2, 2, 3, 2), (2,)],
    ),
    "linear": (layers.linear_forward, [(3, 4), (2, 4), (2,)]),
    "relu": (layers.relu_forward, [(3, 4)]),
    "max_pool2d": (lambda x: layers.max_pool2d_forward(x, 3, 2, 1), [(2, 3, 5, 6)]),
    "avg_pool2d": (lambda x: layers.avg_pool2d_forward(x, 3, 2, 1), [(2, 3, 5, 6)]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CALLS)
def test_dtype_is_kept_and_nothing_given_is_changed(name, dtype):
    forward, shapes = CALLS[name]
    inputs = arrays(0, *shapes, dtype=dtype)
    kept = [a.copy() for a in inputs]
    out, cache = forward(*inputs)
    (dout,) = arrays(1, out.shape, dtype=dtype)
    dout_kept = dout.copy()
    gradients = getattr(layers, f"{name}_backward")(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    assert {a.dtype for a in (out, *gradients)} == {np.dtype(dtype)}
    assert all(
        np.array_equal(a, k) for a, k in zip([*inputs, dout], [*kept, dout_kept], strict=True)
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda z: layers.conv2d_forward(z(2, 3, 8, 8), z(16, 4, 3, 3)),
            r"conv2d: x has 3 channels but w expects 4 .*\(2, 3, 8, 8\).*\(16, 4, 3, 3\)",
        ),
        (lambda z: layers.conv2d_forward(z(3, 8, 8), z(1, 3, 3, 3)), "x must have 4 dimensions"),
        (lambda z: layers.conv2d_forward(z(1, 1, 2, 8), z(1, 1, 3, 3)), "doesn't fit.* 2 and"),
        (lambda z: layers.conv2d_forward(z(1, 3, 8, 8), z(4, 1, 3, 3), groups=2), "groups=2 must"),
        (
            lambda z: layers.conv2d_forward(z(1, 1, 8, 8), z(2, 1, 3, 3), z(3)),
            r"\(2,\), got \(3,\)",
        ),
        (lambda z: layers.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3), stride=0), "stride must be"),
        (
            lambda z: layers.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3), None, 2, "same"),
            "needs stride 1",
        ),
        (lambda z: layers.max_pool2d_forward(z(1, 1, 8, 8), 2, padding=2), "more than half"),
        (lambda z: layers.linear_forward(z(2, 3), z(4, 5)), "linear: x has 3 features"),
        (
            lambda z: layers.conv2d_backward(
                z(1, 1, 1, 1), layers.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3))[1]
            ),
            r"dout must have the output's shape \(1, 1, 6, 6\), got \(1, 1, 1, 1\)",
        ),
    ],
)
def test_an_error_gives_the_function_the_numbers_and_the_shapes(call, words):
    with pytest.raises(ValueError, match=words):
        call(lambda *shape: np.zeros(shape))


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=SMALL,
    padding=st.integers(0, 3),
    dilation=SMALL,
)
def test_output_size_counts_the_places_where_the_kernel_fits(
    size, kernel, stride, padding, dilation
):
    starts = range(0, size + 2 * padding, stride)
    places = sum(s + dilation * (kernel - 1) < size + 2 * padding for s in starts)
    if places:
        assert output_size(size, kernel, stride, padding, dilation) == places
    else:
        with pytest.raises(ValueError, match="doesn't fit"):
            output_size(size, kernel, stride, padding, dilation)


def test_same_padding_puts_the_odd_row_at_the_end():
    assert pad_pairs("same", (4, 3)) == ((1, 2), (1, 1))
