"""The gradient check itself: exact where it should be, strict, and never fooled by a kink."""

import numpy as np
import pytest

from cs_cnn.gradient_check import GradientError, check_gradient, numerical_gradient
from cs_cnn.layers import max_pool2d_backward, max_pool2d_forward, relu_backward, relu_forward

X = np.random.default_rng(0).standard_normal((3, 4))


def test_numerical_gradient_of_a_known_function():
    np.testing.assert_allclose(
        numerical_gradient(lambda x: (x**3).sum(), X), 3 * X**2, rtol=1e-8, atol=1e-9
    )


def test_dout_weighs_the_outputs():
    dout = np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose(numerical_gradient(np.sin, X, dout), dout * np.cos(X), rtol=1e-8)


def test_the_callers_array_never_changes_even_if_f_writes_into_its_argument():
    x, kept = X.copy(), X.copy()
    x.flags.writeable = False

    def greedy(a):
        total = (a**2).sum()
        a[:] = 99
        return total

    np.testing.assert_allclose(numerical_gradient(greedy, x), 2 * kept, rtol=1e-8)
    assert np.array_equal(x, kept)

    def failing(a):
        a[:] = 0
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        numerical_gradient(failing, x)
    assert np.array_equal(x, kept)


def test_the_worst_index_and_both_values_are_named():
    gradient = 2 * X
    gradient[1, 2] += 0.5
    gradient[0, 0] += 0.1
    with pytest.raises(
        GradientError, match=r"dx is wrong at 2 of 12 places.*\(1, 2\).*says"
    ) as error:
        check_gradient(lambda x: (x**2).sum(), X, gradient, name="dx")
    assert f"{gradient[1, 2]:.8g}" in str(error.value)
    assert f"{2 * X[1, 2]:.6g}"[:6] in str(error.value)


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (2 * X.astype(np.float32), "float64, got .*float32"),
        (2 * X.T, r"\(3, 4\).*got \(4, 3\)"),
        (2 * X[:1], "got"),
        ((2 * X).tolist(), "must be an array, got list"),
        (np.full_like(X, np.nan), "wrong at 12 of 12"),
    ],
)
def test_shape_dtype_and_nan_are_strict(gradient, words):
    with pytest.raises(GradientError, match=words):
        check_gradient(lambda x: (x**2).sum(), X, gradient)


def test_a_kink_near_x_is_stepped_around():
    x = np.array([3e-6, -2e-6, 0.5, -0.5])
    exact = (x > 0).astype(float)
    np.testing.assert_allclose(numerical_gradient(lambda a: np.maximum(a, 0).sum(), x), exact)


def test_at_a_kink_any_slope_between_both_sides_passes_and_no_other():
    x = np.array([0.0, 1.0])
    for slope in (0.0, 0.5, 1.0):
        check_gradient(lambda a: np.maximum(a, 0).sum(), x, np.array([slope, 1.0]))
    with pytest.raises(GradientError, match=r"\(0,\)"):
        check_gradient(lambda a: np.maximum(a, 0).sum(), x, np.array([1.1, 1.0]))


def test_layers_with_kinks_pass():
    x = np.round(np.random.default_rng(1).standard_normal((2, 1, 4, 4)))  # zeros and ties abound
    out, cache = relu_forward(x)
    check_gradient(
        lambda a: relu_forward(a)[0], x, relu_backward(np.ones_like(out), cache), np.ones_like(out)
    )
    out, cache = max_pool2d_forward(x, 2)
    dx = max_pool2d_backward(np.ones_like(out), cache)
    check_gradient(lambda a: max_pool2d_forward(a, 2)[0], x, dx, np.ones_like(out))


@pytest.mark.parametrize("x", [np.arange(3), [1.0, 2.0]])
def test_only_float_arrays_are_taken(x):
    with pytest.raises(ValueError, match="float array"):
        numerical_gradient(np.sum, x)


def test_an_output_that_does_not_match_dout_is_named():
    with pytest.raises(ValueError, match=r"give dout"):
        numerical_gradient(lambda x: x, X)
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(3, 4\)"):
        numerical_gradient(lambda x: x.T, X, np.ones((3, 4)))
