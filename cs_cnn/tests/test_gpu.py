"""The GPU's layers against PyTorch in float64: thread by thread on the CPU, and on a GPU.

`lane` says where the arrays live. The kernels are the same; see `cs_cnn/tests/cuda_on_cpu`.
"""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import layers, normalization
from cs_cnn.backend import gpu_problem, to_cpu, to_gpu
from cs_cnn.fast_layers import gpu
from cs_cnn.fast_layers.gpu import conv, conv_tensor, conv_tiled, elementwise, launch, pool
from cs_cnn.tests import cuda_on_cpu
from cs_cnn.tests.cuda_on_cpu.kernels import KERNELS
from cs_cnn.tests.test_layers import convolutions, poolings

SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)
few = settings(max_examples=8, deadline=None)


@pytest.fixture(scope="module", params=["on the CPU", "on a GPU"])
def lane(request):
    """`give` takes a NumPy array to where the kernels run, `take` brings a result back."""
    if request.param == "on a GPU":
        if gpu_problem():
            pytest.skip(gpu_problem())
        yield SimpleNamespace(give=to_gpu, take=to_cpu)
        return
    cuda_on_cpu.need_compiler()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cuda_on_cpu.library, KERNELS))
    with pytest.MonkeyPatch.context() as patch:
        cuda_on_cpu.use(patch)
        yield SimpleNamespace(give=lambda a: a, take=lambda a: a)


def arrays(seed, *shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def torch_results(function, inputs, dout):
    """PyTorch's output and gradients at float64 copies of the inputs."""
    tensors = [torch.tensor(a.astype(float), requires_grad=True) for a in inputs]
    out = function(*tensors)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(dout.astype(float)))
    return [t.detach().numpy() for t in (out, *gradients)]


def assert_near(got, want, tolerance, dtype):
    """Equal up to `tolerance` times the largest number, with this dtype."""
    for g, w in zip(got, want, strict=True):
        assert (g.shape, g.dtype) == (w.shape, dtype)
        np.testing.assert_allclose(g, w, rtol=0, atol=tolerance * max(1, np.abs(w).max()))


def check_conv(lane, step, case, seed, dtype, tolerance, **options):
    """A step's forward, dx and dw are PyTorch's."""
    x_shape, w_shape, arguments, bias = case
    inputs = arrays(seed, x_shape, w_shape, w_shape[:1], dtype=dtype)[: 3 if bias else 2]
    given_ = [lane.give(a) for a in inputs]
    x, w, b = given_ if bias else (*given_, None)
    settings_ = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | arguments
    g = conv.conv_geometry(x, w, b, *settings_.values())
    out = lane.take(step.forward(x, w, b, g, **options))
    (dout,) = arrays(seed + 1, out.shape, dtype=dtype)
    there = lane.give(dout)
    dx = lane.take(step.backward_data(x, there, w, g, **options))
    dw = lane.take(step.backward_weights(x, there, g, **options))
    want = torch_results(lambda *t: F.conv2d(*t, **arguments), inputs, dout)
    assert_near([out, dx, dw], want[:3], tolerance, dtype)


@pytest.mark.parametrize("step", ["naive", "tiled"])
@few
@given(case=convolutions(), seed=SEEDS)
def test_the_first_steps_are_pytorchs_convolution(lane, step, case, seed):
    check_conv(lane, conv.STEPS[step], case, seed, np.float64, 1e-12)


@pytest.mark.parametrize("step", ["naive", "tiled"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float16, 2e-3)])
def test_the_first_steps_keep_float32_and_float16(lane, step, dtype, tolerance):
    case = (2, 6, 9, 11), (10, 3, 3, 2), {"stride": (2, 1), "padding": 1, "groups": 2}, True
    check_conv(lane, conv.STEPS[step], case, 0, dtype, tolerance)


@pytest.mark.parametrize("tile", [(2, 8), (4, 8), (8, 8)])
def test_results_of_many_tiles(lane, monkeypatch, tile):
    monkeypatch.setattr(conv_tiled, "choose_tile", lambda *args: tile)
    case = (2, 10, 13, 11), (300, 5, 3, 2), {"padding": 1, "groups": 2}, True
    check_conv(lane, conv_tiled, case, 0, np.float32, 2e-6)


TENSOR = {
    "Tf32": (np.float32, 2e-3),
    "Tf32x3": (np.float32, 2e-6),
    "Half": (np.float16, 2e-3),
}


@pytest.mark.parametrize("kind", TENSOR)
@few
@given(case=convolutions(), seed=SEEDS)
def test_tensor_cores_give_pytorchs_convolution(lane, kind, case, seed):
    (N, C, H, W), (C_out, _, KH, KW), arguments, bias = case
    case = (N, C, H, W), (C_out, C, KH, KW), arguments | {"groups": 1}, bias
    dtype, tolerance = TENSOR[kind]
    check_conv(lane, conv_tensor, case, seed, dtype, tolerance, kind=kind)


LARGE = [  # shape of x and w, arguments, warps of a tile down and across
    ((1, 20, 13, 11), (70, 20, 3, 3), {"padding": 1}, (2, 4)),  # several tiles each way
    ((1, 20, 13, 11), (70, 20, 3, 2), {"padding": 1}, (2, 2)),
    ((1, 20, 13, 11), (70, 20, 2, 3), {"padding": 1}, (1, 2)),
    ((9, 5, 11, 11), (8, 5, 3, 3), {"dilation": 2, "padding": 2}, (1, 2)),  # weights in parts
]


@pytest.mark.parametrize("kind", TENSOR)
@pytest.mark.parametrize("case", LARGE)
def test_results_of_many_tiles_of_the_tensor_cores(lane, monkeypatch, case, kind):
    *case, tile = case
    if kind == "Tf32x3" and tile == (2, 4):
        pytest.skip("three products take no large tiles")
    dtype, tolerance = TENSOR[kind]
    monkeypatch.setattr(conv_tensor, "choose_tile", lambda *args: tile)
    check_conv(lane, conv_tensor, (*case, True), 0, dtype, tolerance, kind=kind)


def test_three_tf32_products_are_as_exact_as_float32(lane):
    x, w, dout = arrays(0, (4, 64, 10, 10), (32, 64, 3, 3), (4, 32, 8, 8), dtype=np.float32)
    (want, *_) = torch_results(F.conv2d, [x, w], dout)
    ours = F.conv2d(torch.tensor(x), torch.tensor(w)).numpy()
    errors = {"float32 in PyTorch": np.linalg.norm(ours - want)}
    for mode in conv.MODES:
        with gpu.float32_math(mode):
            out, _ = gpu.conv2d_forward(lane.give(x), lane.give(w))
        errors[mode] = np.linalg.norm(lane.take(out) - want)
    assert errors["3xtf32"] < 2 * errors["float32 in PyTorch"], errors
    assert errors["tf32"] > 20 * errors["3xtf32"], errors


def test_bfloat16_on_tensor_cores(lane, monkeypatch):
    if lane.give is to_gpu:
        pytest.skip("NumPy has no bfloat16 to bring the numbers in")
    monkeypatch.setitem(launch.NUMBERS, "uint16", "bfloat_t")  # the bits, as NumPy can hold them
    monkeypatch.setitem(conv_tensor.KINDS, "uint16", "Bfloat")
    bits = [a.view(np.uint32) >> 16 for a in arrays(0, (2, 5, 8, 9), (9, 5, 3, 3), dtype="f4")]
    x, w = ((a << 16).astype(np.uint32).view(np.float32) for a in bits)
    packed = [a.astype(np.uint16) for a in bits]
    out, _ = gpu.conv2d_forward(*packed, padding=1)
    want = F.conv2d(torch.tensor(x), torch.tensor(w), padding=1).numpy()
    got = (out.astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_allclose(got, want, rtol=2**-8, atol=1e-5)


def test_gradients_in_bfloat16(lane, monkeypatch):
    if lane.give is to_gpu:
        pytest.skip("NumPy has no bfloat16 to bring the numbers in")
    monkeypatch.setitem(conv_tensor.KINDS, "uint16", "Bfloat")
    monkeypatch.setitem(launch.NUMBERS, "uint16", "bfloat_t")
    shapes = (14, 5, 11, 11), (8, 5, 3, 3), (14, 8, 9, 9)  # dw in two parts
    rng = np.random.default_rng(0)  # whole numbers: every product and sum is exact
    values = [rng.integers(0, 3, shape).astype(np.float32) for shape in shapes]
    x, w, dout = ((a.view(np.uint32) >> 16).astype(np.uint16) for a in values)
    g = conv.conv_geometry(x, w, None, 1, 0, 1, 1)
    _, dx, dw = torch_results(F.conv2d, values[:2], values[2])
    got = conv_tensor.backward_data(x, dout, w, g)
    assert dx.max() < 256  # as far as bfloat16 has every whole number
    np.testing.assert_array_equal((got.astype(np.uint32) << 16).view(np.float32), dx)
    np.testing.assert_array_equal(conv_tensor.backward_weights(x, dout, g), dw)


@few
@given(case=convolutions(), seed=SEEDS, relu=st.booleans())
def test_conv2d_and_its_gradients_are_pytorchs(lane, case, seed, relu):
    x_shape, w_shape, options, bias = case
    inputs = arrays(seed, x_shape, w_shape, w_shape[:1])[: 3 if bias else 2]
    kept = [a.copy() for a in inputs]
    forward, backward = (
        (gpu.conv2d_relu_forward, gpu.conv2d_relu_backward)
        if relu
        else (gpu.conv2d_forward, gpu.conv2d_backward)
    )
    out, cache = forward(*map(lane.give, inputs), **options)
    (dout,) = arrays(seed + 1, out.shape)
    gradients = backward(lane.give(dout), cache)
    assert bias or gradients[2] is None
    got = [lane.take(a) for a in (out, *gradients[: len(inputs)])]
    want = torch_results(
        lambda *t: F.relu(F.conv2d(*t, **options)) if relu else F.conv2d(*t, **options),
        inputs,
        dout,
    )
    assert_near(got, want, 1e-12, np.float64)
    assert all(map(np.array_equal, inputs, kept))


def test_images_in_channels_last_memory_give_a_result_in_it(lane):
    x, w = arrays(0, (2, 6, 7, 8), (5, 8, 3, 3), dtype=np.float32)
    x, w = map(lane.give, (x, w))
    images = x.transpose(0, 3, 1, 2)  # (2, 8, 6, 7), channels last
    for mode in ("tf32", "float32"):
        with gpu.float32_math(mode):
            results = [through(a, w) for a in (images, images.copy(order="C"))]
        for last, first in zip(*results, strict=True):
            assert last.transpose(0, 2, 3, 1).flags.c_contiguous
            assert first.flags.c_contiguous
            assert np.array_equal(lane.take(last), lane.take(first))


def through(x, w):
    """Convolution and ReLU, and their gradients by x; the gradient that comes is in C order."""
    out, cache = gpu.conv2d_forward(x, w, padding=1)
    active, mask = gpu.relu_forward(out)
    dout = gpu.relu_backward(active.copy(order="C"), mask)
    return [out, active, dout, gpu.conv2d_backward(dout.copy(order="C"), cache)[0]]


def test_filters_of_another_dtype_than_the_images_keep_it(lane):
    x, w, dout = arrays(0, (2, 3, 7, 6), (4, 3, 3, 3), (2, 4, 5, 4))
    want = torch_results(F.conv2d, [x, w], dout)
    out, cache = gpu.conv2d_forward(lane.give(x), lane.give(w.astype(np.float32)))
    dx, dw, _ = gpu.conv2d_backward(lane.give(dout), cache)
    assert_near([lane.take(out), lane.take(dx)], want[:2], 1e-6, np.float64)
    assert_near([lane.take(dw)], want[2:], 1e-6, np.float32)


def test_views_with_any_strides_are_taken(lane):
    x, w = map(lane.give, arrays(0, (2, 3, 12, 14), (6, 4, 3, 3)))
    out, _ = gpu.conv2d_forward(x[:, :, ::2, ::-1], w[::2, 1:])
    want, _ = layers.conv2d_forward(lane.take(x)[:, :, ::2, ::-1], lane.take(w)[::2, 1:])
    assert_near([lane.take(out)], [want], 1e-12, np.float64)


@few
@given(case=poolings(dilated=True), seed=SEEDS, ties=st.booleans())
def test_max_pool2d_is_pytorchs_also_where_pixels_tie(lane, case, seed, ties):
    shape, kernel, options = case
    (x,) = arrays(seed, shape)
    x = np.round(x) if ties else x
    out, cache = gpu.max_pool2d_forward(lane.give(x), kernel, **options)
    (dout,) = arrays(seed + 1, out.shape)
    got = [lane.take(a) for a in (out, gpu.max_pool2d_backward(lane.give(dout), cache))]
    want = torch_results(lambda t: F.max_pool2d(t, kernel, **options), [x], dout)
    assert_near(got, want, 1e-12, np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kernel, padding", [(2, 0), (2, 1), (3, 0), (3, 1)])
@pytest.mark.parametrize("H, W", [(4, 6), (5, 7), (300, 3)])
def test_max_pool2d_backward_by_cells(lane, monkeypatch, dtype, kernel, padding, H, W):
    x = np.round(arrays(0, (2, 3, H, W))[0]).astype(dtype)
    out, cache = gpu.max_pool2d_forward(lane.give(x), kernel, 2, padding)
    (dout,) = arrays(1, out.shape, dtype=dtype)
    got = [lane.take(a) for a in (out, gpu.max_pool2d_backward(lane.give(dout), cache))]
    want = torch_results(lambda t: F.max_pool2d(t, kernel, 2, padding), [x], dout)
    assert_near(got, want, 2e-3 if dtype == np.float16 else 1e-6, dtype)
    monkeypatch.setattr(pool, "CELLS", {})  # pixel by pixel: the same sums in the same order
    np.testing.assert_array_equal(
        lane.take(gpu.max_pool2d_backward(lane.give(dout), cache)), got[1]
    )


def test_max_pool2d_of_large_windows_and_of_what_is_no_number(lane):
    (x,) = arrays(0, (1, 2, 20, 20), dtype=np.float32)
    out, cache = gpu.max_pool2d_forward(lane.give(x), 17, stride=3)
    (dout,) = arrays(1, out.shape, dtype=np.float32)
    got = [lane.take(a) for a in (out, gpu.max_pool2d_backward(lane.give(dout), cache))]
    want = torch_results(lambda t: F.max_pool2d(t, 17, 3), [x], dout)
    assert_near(got, want, 1e-6, np.float32)
    x[0, 0, 3, 4] = np.nan
    out, _ = gpu.max_pool2d_forward(lane.give(x), 2)
    np.testing.assert_array_equal(lane.take(out), layers.max_pool2d_forward(x, 2)[0])


@few
@given(case=poolings(dilated=False), seed=SEEDS)
def test_avg_pool2d_is_pytorchs(lane, case, seed):
    shape, kernel, options = case
    (x,) = arrays(seed, shape)
    out, cache = gpu.avg_pool2d_forward(lane.give(x), kernel, **options)
    (dout,) = arrays(seed + 1, out.shape)
    got = [lane.take(a) for a in (out, gpu.avg_pool2d_backward(lane.give(dout), cache))]
    want = torch_results(lambda t: F.avg_pool2d(t, kernel, **options), [x], dout)
    assert_near(got, want, 1e-12, np.float64)


BATCHES = st.one_of(
    st.tuples(st.integers(2, 5), SMALL),
    st.tuples(SMALL, SMALL, st.integers(2, 20), st.integers(1, 20)),
)


@settings(max_examples=20, deadline=None)
@given(shape=BATCHES, seed=SEEDS, training=st.booleans(), offset=st.sampled_from([0, 1e4]))
def test_batch_norm_is_the_librarys_in_both_modes(lane, shape, seed, training, offset):
    check_batch_norm(lane, shape, seed, training, offset)


def test_batch_norm_in_parts_of_unlike_sizes(lane):
    check_batch_norm(lane, (5, 2, 57, 59), 0, training=True, offset=0)  # 2, 2, 1 and no images


def check_batch_norm(lane, shape, seed, training, offset):
    """Batch norm, its running averages and its gradients are the library's."""
    C = shape[1:2]
    x, dout, gamma, beta, mean, var = arrays(seed, shape, shape, C, C, C, C)
    inputs, options = (x + offset, gamma, beta, mean, var**2 + 0.1), (training, 0.3, 1e-3)
    got, cache, *running = gpu.batch_norm_forward(*map(lane.give, inputs), *options)
    want, want_cache, *want_running = normalization.batch_norm_forward(*inputs, *options)
    gradients = gpu.batch_norm_backward(lane.give(dout), cache)
    want_gradients = normalization.batch_norm_backward(dout, want_cache)
    got = [lane.take(a) for a in (got, *running, *gradients)]
    assert_near(got, [want, *want_running, *want_gradients], 1e-9, np.float64)


def test_batch_norm_of_a_large_mean_in_float32_and_in_parts(lane):
    (x,) = arrays(0, (64, 3, 16, 16), dtype=np.float32)
    x += np.float32(1000)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    out, *_ = gpu.batch_norm_forward(*map(lane.give, (x, ones, zeros, zeros, ones)))
    want, *_ = normalization.batch_norm_forward(x.astype(float), ones, zeros, zeros, ones)
    assert_near([lane.take(out)], [want], 1e-3, np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("shape", [(2, 3, 4, 8), (3, 5)])  # 16 bytes at a time, one by one
def test_relu_is_the_librarys(lane, dtype, shape):
    x, dout = arrays(0, shape, shape, dtype=dtype)
    x.flat[:2] = 0, np.nan
    out, cache = gpu.relu_forward(lane.give(x))
    dx = gpu.relu_backward(lane.give(dout), cache)
    np.testing.assert_array_equal(lane.take(out), layers.relu_forward(x)[0])
    np.testing.assert_array_equal(lane.take(dx), layers.relu_backward(dout, x))
    assert out.dtype == dx.dtype == dtype


@pytest.mark.parametrize("recorded", [False, True])
def test_linear_is_the_librarys(lane, monkeypatch, recorded):
    monkeypatch.setattr(elementwise, "recording", SimpleNamespace(get=lambda: recorded))
    x, w, b, dout = arrays(0, (2, 3, 4), (5, 4), (5,), (2, 3, 5))
    out, cache = gpu.linear_forward(*map(lane.give, (x, w, b)))
    want, want_cache = layers.linear_forward(x, w, b)
    got = [out, *gpu.linear_backward(lane.give(dout), cache)]
    wanted = [want, *layers.linear_backward(dout, want_cache)]
    assert_near([lane.take(a) for a in got], wanted, 1e-12, np.float64)


def test_batch_norm_folds_into_the_convolution_and_its_relu(lane):
    x, w, gamma, beta, mean, var = arrays(0, (2, 3, 6, 7), (4, 3, 3, 3), *[(4,)] * 4)
    fused = normalization.fuse_batch_norm(
        *map(lane.give, (w,)), None, *map(lane.give, (gamma, beta, mean, var**2))
    )
    out, _ = gpu.conv2d_relu_forward(lane.give(x), *fused, padding=1)
    conv_out, _ = layers.conv2d_forward(x, w, padding=1)
    want = normalization.batch_norm_forward(conv_out, gamma, beta, mean, var**2, training=False)[0]
    assert_near([lane.take(out)], [np.maximum(want, 0)], 1e-12, np.float64)


def test_an_empty_batch_gives_an_empty_result(lane):
    x, w = (lane.give(a) for a in (np.zeros((0, 3, 8, 8)), np.ones((4, 3, 3, 3))))
    out, cache = gpu.conv2d_forward(x, w)
    dx, dw, _ = gpu.conv2d_backward(out, cache)
    assert out.shape == (0, 4, 6, 6) and dx.shape == x.shape
    assert not lane.take(dw).any()


def test_images_without_pixels_or_channels(lane):
    x, ones = lane.give(np.ones((2, 3, 0, 4))), lane.give(np.ones(3))
    assert gpu.batch_norm_forward(x, ones, ones, ones, ones, False)[0].shape == (2, 3, 0, 4)
    x, w = lane.give(np.ones((2, 0, 4, 4))), lane.give(np.ones((3, 0, 3, 3)))
    out, cache = gpu.conv2d_forward(x, w, lane.give(np.arange(3.0)))
    np.testing.assert_array_equal(lane.take(out)[0, :, 1, 1], [0, 1, 2])
    assert [a.shape for a in gpu.conv2d_backward(out, cache)] == [x.shape, w.shape, (3,)]
