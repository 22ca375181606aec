"""im2col and what is built on it, and the ideas on one tile, against PyTorch in float64."""

import inspect

import numpy as np
import pytest
import torch
from torch.nn import functional

from cs_cnn import layers
from cs_cnn.fast_layers import im2col, one_tile

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "filters", "options"),
    [
        ((2, 3, 7, 9), (4, 3, 3, 2), {}),
        ((1, 4, 9, 6), (6, 2, 3, 3), {"groups": 2, "padding": (1, 2), "stride": (2, 1)}),
        ((2, 3, 8, 9), (3, 1, 2, 3), {"groups": 3, "dilation": (2, 1)}),
        ((1, 2, 5, 5), (2, 2, 1, 1), {}),
    ],
)
@pytest.mark.parametrize("bias", [True, False])
def test_convolution_by_columns_is_pytorchs(shape, filters, options, bias):
    x, w = RNG.normal(size=shape), RNG.normal(size=filters)
    b = RNG.normal(size=len(w)) if bias else None
    out, cache = im2col.conv2d_forward(x, w, b, **options)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b) if a is not None]
    want = functional.conv2d(*tensors, **options)
    np.testing.assert_allclose(out, want.detach(), atol=1e-10)
    dout = RNG.normal(size=out.shape)
    gradients = torch.autograd.grad(want, tensors, torch.tensor(dout))
    for mine, theirs in zip(im2col.conv2d_backward(dout, cache), gradients, strict=False):
        np.testing.assert_allclose(mine, theirs, atol=1e-10)
    assert bias or im2col.conv2d_backward(dout, cache)[2] is None


def test_signatures_dtypes_and_errors_are_the_layers():
    for name in ("conv2d_forward", "conv2d_backward"):
        ours, theirs = getattr(im2col, name), getattr(layers, name)
        assert inspect.signature(ours) == inspect.signature(theirs)
    x, w = RNG.normal(size=(1, 2, 5, 5)).astype("f4"), RNG.normal(size=(2, 2, 3, 3)).astype("f4")
    out, cache = im2col.conv2d_forward(x, w, padding="same")
    assert out.dtype == np.float32
    assert all(d.dtype == np.float32 for d in im2col.conv2d_backward(out, cache)[:2])
    with pytest.raises(ValueError, match="x has 2 channels but w expects 3"):
        im2col.conv2d_forward(x, np.ones((2, 3, 3, 3)))
    with pytest.raises(ValueError, match="conv2d_backward: dout must have the output's shape"):
        im2col.conv2d_backward(out[:, :, 1:], cache)
    with pytest.raises(ValueError, match="im2col: x must have 4 dimensions"):
        im2col.im2col(x[0], 3)
    with pytest.raises(ValueError, match="col2im: cols must have the output's shape"):
        im2col.col2im(np.ones((1, 9, 9)), x.shape, 3)


@pytest.mark.parametrize(("T", "K"), [(8, 3), (7, 4), (9, 9)])
def test_a_tile_by_fourier(T, K):
    tile, w = RNG.normal(size=(3, T, T)), RNG.normal(size=(2, 3, K, K))
    want = functional.conv2d(torch.tensor(tile)[None], torch.tensor(w))[0]
    np.testing.assert_allclose(one_tile.fourier_tile(tile, w), want, atol=1e-10)
