"""The linear classifier and the two-layer network: gradients measured, losses that agree."""

import numpy as np
import pytest

from cs_cnn.gradient_check import check_gradient
from cs_cnn.layers import linear_forward
from cs_cnn.linear_classifier import softmax_loss, svm_loss
from cs_cnn.losses import multiclass_svm
from cs_cnn.two_layer import two_layer_backward, two_layer_forward, two_layer_start


def _problem(seed=0, N=5, D=4, C=3):
    rng = np.random.default_rng(seed)
    w, b, x = rng.normal(size=(C, D)), rng.normal(size=C), rng.normal(size=(N, D))
    return w, b, x, rng.integers(0, C, N)


@pytest.mark.parametrize("loss", [svm_loss, softmax_loss])
@pytest.mark.parametrize("reg", [0.0, 0.3])
def test_gradients_are_the_measured_slopes_and_float32_stays(loss, reg):
    w, b, x, y = _problem()
    _, dw, db = loss(w, b, x, y, reg)
    check_gradient(lambda w: loss(w, b, x, y, reg)[0], w, dw)
    check_gradient(lambda b: loss(w, b, x, y, reg)[0], b, db)
    value, dw, db = loss(*(a.astype(np.float32) for a in (w, b, x)), y, reg)
    assert type(value) is float and dw.dtype == db.dtype == np.float32


def test_svm_loss_is_the_layer_and_the_loss_of_the_library_in_one():
    w, b, x, y = _problem(1)
    want, dscores = multiclass_svm(linear_forward(x, w, b)[0], y, margin=0.5)
    loss, dw, db = svm_loss(w, b, x, y, margin=0.5)
    np.testing.assert_allclose(loss, want)
    np.testing.assert_allclose(dw, dscores.T @ x)
    np.testing.assert_allclose(db, dscores.sum(axis=0), atol=1e-12)


@pytest.mark.parametrize("loss", [svm_loss, softmax_loss])
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x": np.zeros((5, 1, 2, 2))}, r"x\.reshape\(len\(x\), -1\)"),
        ({"b": np.zeros(4)}, r"b must be \(C,\)"),
        ({"y": np.zeros(4, int)}, r"y\.shape=\(4,\)"),
        ({"y": np.full(5, 3)}, r"C - 1 = 2, got 3\.\.3"),
        ({"y": np.zeros(5)}, "ints"),
    ],
)
def test_arrays_that_do_not_fit_are_named(loss, changed, words):
    arrays = dict(zip("wbxy", _problem(), strict=True)) | changed
    with pytest.raises(ValueError, match=f"^{loss.__name__}: .*{words}"):
        loss(*arrays.values())


def test_two_layer_gradients_are_the_measured_slopes():
    params = two_layer_start(4, 6, 3, seed=1)
    rng = np.random.default_rng(0)
    x, dscores = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    params["b1"] += 0.1
    names, (scores, cache) = ["x", *params], two_layer_forward(x, **params)
    assert scores.shape == (5, 3)
    for name, gradient in zip(names, two_layer_backward(dscores, cache), strict=True):
        arrays = {"x": x} | params

        def f(value, name=name, arrays=arrays):
            return two_layer_forward(**(arrays | {name: value}))[0]

        check_gradient(f, arrays[name], gradient, dscores, name=f"d{name}")


def test_two_layer_says_what_does_not_fit():
    params = two_layer_start(4, 6, 3)
    with pytest.raises(ValueError, match="5 features"):
        two_layer_forward(np.zeros((2, 5)), **params)
    _, cache = two_layer_forward(np.zeros((2, 4)), **params)
    with pytest.raises(ValueError, match=r"dscores must have the output's shape \(2, 3\)"):
        two_layer_backward(np.zeros((2, 4)), cache)
