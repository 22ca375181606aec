"""What the GPU's layers do before a kernel starts: errors, choices, memory; and nvcc."""

import inspect
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cs_cnn import fast_layers, layers, normalization
from cs_cnn.backend import gpu_problem
from cs_cnn.fast_layers import gpu
from cs_cnn.fast_layers.gpu import conv, conv_tensor, geometry, launch, memory
from cs_cnn.tests import cuda_on_cpu
from cs_cnn.tests.cuda_on_cpu.kernels import KERNELS
from cs_cnn.tests.test_gpu import arrays, assert_near

NVCC = shutil.which("nvcc")


@pytest.mark.parametrize("name", [n for n in gpu.__all__ if hasattr(layers, n)])
def test_signatures_are_the_layers(name):
    assert inspect.signature(getattr(gpu, name)) == inspect.signature(getattr(layers, name))


@pytest.mark.parametrize("name", ["batch_norm_forward", "batch_norm_backward"])
def test_signatures_are_the_normalizations(name):
    assert inspect.signature(getattr(gpu, name)) == inspect.signature(getattr(normalization, name))


def test_every_layer_is_there():
    wanted = [n for n, f in vars(layers).items() if n.endswith(("_forward", "_backward"))]
    assert wanted and set(wanted) <= set(gpu.__all__)


WRONG = [
    lambda m, z: m.conv2d_forward(z(2, 3, 8, 8), z(16, 4, 3, 3)),
    lambda m, z: m.conv2d_forward(z(3, 8, 8), z(1, 3, 3, 3)),
    lambda m, z: m.conv2d_forward(z(1, 1, 2, 8), z(1, 1, 3, 3)),
    lambda m, z: m.conv2d_forward(z(1, 3, 8, 8), z(4, 1, 3, 3), groups=2),
    lambda m, z: m.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3), stride=0),
    lambda m, z: m.conv2d_forward(z(1, 1, 8, 8), z(2, 1, 3, 3), z(3)),
    lambda m, z: m.max_pool2d_forward(z(1, 1, 8, 8), 2, padding=2),
    lambda m, z: m.avg_pool2d_forward(z(1, 8, 8), 2),
    lambda m, z: m.linear_forward(z(2, 3), z(4, 5)),
    lambda m, z: m.linear_forward(z(2, 3), z(4, 3), z(2)),
]


@pytest.mark.parametrize("call", WRONG)
def test_errors_are_the_layers(call):
    messages = []
    for module in (layers, gpu):
        with pytest.raises(ValueError) as caught:
            call(module, lambda *shape: np.zeros(shape))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.skipif(not gpu_problem(), reason="there is a GPU")
def test_without_a_gpu_a_layer_says_what_is_missing():
    with pytest.raises(RuntimeError, match="no GPU: .*CuPy"):
        gpu.relu_forward(np.zeros((2, 3)))


def test_numbers_that_no_kernel_knows_are_refused():
    whole = np.zeros((1, 1, 4, 4), dtype=np.int64)
    with pytest.raises(ValueError, match=r"float64, float32, .* not with int64: convert"):
        gpu.conv2d_forward(whole, whole[:, :, :2, :2])


def test_a_batch_that_is_too_large_to_count_is_refused():
    x = np.broadcast_to(np.float32(0), (2**20, 1, 64, 64))
    with pytest.raises(ValueError, match="give a smaller batch"):
        gpu.conv2d_forward(x, np.zeros((1, 1, 3, 3), np.float32))
    with pytest.raises(ValueError, match="give a smaller batch"):
        gpu.max_pool2d_forward(x, 2)


def test_an_unknown_float32_math_is_refused_and_the_setting_is_left_again():
    wrong = pytest.raises(ValueError, match="one of float32, 3xtf32, tf32, got 'tf16'")
    with wrong, gpu.float32_math("tf16"):
        pass
    with gpu.float32_math("tf32"):
        assert conv._mode.get() == "tf32"
    assert conv._mode.get() == "float32"


def test_the_fastest_step_that_can_do_it_is_taken(monkeypatch):
    cuda_on_cpu.use(monkeypatch)
    steps = {
        (dtype, groups): conv.choose(np.dtype(dtype), groups)[0].__name__.rpartition("_")[2]
        for dtype in ("float64", "float32", "float16")
        for groups in (1, 2)
    }
    assert steps.pop(("float16", 1)) == "tensor"
    assert set(steps.values()) == {"tiled"}
    with gpu.float32_math("3xtf32"):
        assert conv.choose(np.dtype("float32"), 1) == (conv_tensor, {"kind": "Tf32x3"})
    old = launch.Device(processors=80, tensor_cores=False)
    cuda_on_cpu.use(monkeypatch, device=old)
    assert conv.choose(np.dtype("float16"), 1)[0] is conv.conv_tiled


def test_a_batch_that_does_not_fit_goes_in_pieces():
    sizes = []

    def run(x, y):
        sizes.append(len(x))
        if len(x) > 3:
            raise MemoryError
        return x + y

    x, y = np.arange(10.0).reshape(10, 1, 1, 1), np.ones((10, 1, 1, 1))
    images = memory.Images(x)
    memory.in_pieces("add", run, images.keep, x, y)
    np.testing.assert_array_equal(images.whole, x + 1)
    assert sizes == [10, 5, 3, 3, 3, 1]


def test_after_a_failure_all_pieces_are_kept_from_the_first_again():
    calls, kept = [], []

    def run(x):
        calls.append(len(x))
        if calls in ([8], [8, 4, 4]):
            raise MemoryError
        return len(x)

    memory.in_pieces("count", run, lambda rows, size: kept.append((rows.start, size)), np.ones(8))
    assert kept == [(0, 4), (0, 2), (2, 2), (4, 2), (6, 2)]


def test_where_no_image_fits_the_error_says_what_was_asked_for():
    def run(x):
        raise MemoryError("allocating 8,192 bytes")

    with pytest.raises(MemoryError, match=r"conv2d: one image .* \(3, 2\).* 8,192 bytes"):
        memory.in_pieces("conv2d", run, print, np.zeros((3, 2)))


@pytest.mark.parametrize("last", [False, True])
def test_conv2d_in_pieces_is_the_whole(monkeypatch, last):
    def start(file, kernel, grid, block, *args):
        if len(args[0]) > 2:
            raise MemoryError
        cuda_on_cpu.launch(file, kernel, grid, block, *args)

    cuda_on_cpu.need_compiler()
    cuda_on_cpu.use(monkeypatch, start)
    x, w, b, dout = arrays(0, (5, 2, 4, 4), (2, 2, 3, 3), (2,), (5, 2, 2, 2))
    x = fast_layers.channels_last(x) if last else x
    out, cache = gpu.conv2d_forward(x, w, b)
    want, want_cache = layers.conv2d_forward(x, w, b)
    got = [out, *gpu.conv2d_backward(dout, cache)]
    assert [geometry.is_channels_last(a) for a in got[:2]] == [last, last]
    assert all(a.flags.c_contiguous != last for a in got[:2])
    wanted = [want, *layers.conv2d_backward(dout, want_cache)]
    assert_near(got, wanted, 1e-12, np.float64)
    assert_near(gpu.conv2d_backward_filters(dout, cache), wanted[2:], 1e-12, np.float64)


@pytest.fixture
def started(monkeypatch):
    """The names of the kernels that were started, without their types."""
    names = []

    def start(file, kernel, *args):
        names.append(kernel.partition("<")[0])
        cuda_on_cpu.launch(file, kernel, *args)

    cuda_on_cpu.need_compiler()
    cuda_on_cpu.use(monkeypatch, start)
    return names


def test_backward_brings_each_image_and_the_filters_into_order_once(started):
    x, w, dout = arrays(0, (2, 8, 6, 7), (8, 8, 3, 3), (2, 8, 4, 5), dtype=np.float16)
    gpu.conv2d_backward(dout, (x, w, None, 1, 0, 1, 1))
    assert sorted(started) == ["backward_data", "backward_weights", *["channels_last"] * 3]
    started.clear()
    gpu.conv2d_backward_filters(dout, (x, w, None, 1, 0, 1, 1))
    assert "backward_weights" in started and "backward_data" not in started


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_convolution_folded_batch_norm_and_relu_are_one_kernel(started, dtype):
    x, w, *rest = arrays(0, (2, 8, 6, 7), (4, 8, 3, 3), *[(4,)] * 4, dtype=dtype)
    gamma, beta, mean, var = rest
    if dtype == np.float16:  # tensor cores
        x, w = map(fast_layers.channels_last, (x, w))
    fused = normalization.fuse_batch_norm(w, None, gamma, beta, mean, var**2)
    out, _ = gpu.conv2d_relu_forward(x, *fused)
    assert started == ["forward"]
    x, w, gamma, beta, mean, var = (a.astype(float) for a in (x, w, gamma, beta, mean, var))
    want, _ = fast_layers.conv2d_forward(x, w)
    want = normalization.batch_norm_forward(want, gamma, beta, mean, var**2, training=False)[0]
    tolerance = 1e-12 if dtype == np.float64 else 2e-3
    assert_near([out], [np.maximum(want, 0)], tolerance, dtype)


class Foreign(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that keeps to its own kind, as CuPy's do: it does not mix with NumPy's."""

    def __init__(self, numbers):
        self.numbers, self.shape, self.ndim = numbers, numbers.shape, numbers.ndim

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return Foreign(self.numbers[index])

    def __array__(self, *args, **kwargs):
        raise TypeError("turned into NumPy's")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        assert not any(isinstance(a, np.ndarray) for a in inputs)
        return Foreign(ufunc(*(getattr(a, "numbers", a) for a in inputs), **kwargs))


@pytest.mark.parametrize("bias", [False, True])
def test_batch_norm_is_folded_where_the_arrays_live(bias):
    w, b, gamma, beta, mean, var = arrays(0, (4, 3, 3, 3), *[(4,)] * 5)
    inputs = w, b if bias else None, gamma, beta, mean, var**2
    there = [None if a is None else Foreign(a) for a in inputs]
    got = normalization.fuse_batch_norm(*there)
    assert_near([a.numbers for a in got], normalization.fuse_batch_norm(*inputs), 0, np.float64)


@given(st.integers(0, 2**31 - 1), st.integers(1, 2**31 - 1) | st.integers(1, 300))
def test_a_multiplication_divides(n, value):
    value, multiplier, shift = geometry.divisor(value)
    assert multiplier < 2**32
    assert (2 * n * multiplier >> 32) >> shift == n // value  # as conv.cuh does it


def test_the_kernels_headers_are_written_in_once():
    text = launch.source("conv_tensor.cu")
    assert "#include" not in text and "#pragma once" not in text
    assert text.count("struct Conv {") == text.count("struct half_t {") == 1


@pytest.mark.skipif(NVCC is None, reason="there is no CUDA compiler nvcc here")
@pytest.mark.parametrize("file", KERNELS)
def test_nvcc_compiles_every_kernel(file, tmp_path):
    keep = [f"auto* keep_{i} = &{kernel};" for i, kernel in enumerate(KERNELS[file])]
    (tmp_path / file).write_text("\n".join([launch.source(file), *keep]))
    options = ["-std=c++17", "-cubin", "-arch=sm_90a", "--Ofast-compile=max", "-o", "out.cubin"]
    done = subprocess.run([NVCC, *options, file], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    binary = (tmp_path / "out.cubin").read_bytes()
    assert binary.count(b".text.") >= len(KERNELS[file])
