"""Every fast convolution, not only the one that is chosen, against PyTorch in float64."""

import gc
import inspect
import multiprocessing
import os
import threading
import tracemalloc

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_cnn import fast_layers, layers
from cs_cnn.fast_layers import (
    columns,
    conv,
    fft,
    gpu,
    pointwise,
    products,
    scratch,
    strided,
    threads,
    windows,
    winograd,
)
from cs_cnn.fast_layers.blocks import blocks

SEEDS = st.integers(0, 2**32 - 1)
# what each way takes: the largest kernel, stride and dilation, and the relative error in float32
WAYS = {
    "columns": (columns, 4, 3, 2, 1e-6),
    "windows": (windows, 4, 3, 1, 1e-6),
    "pointwise": (pointwise, 1, 3, 2, 1e-6),
    "winograd": (winograd, 4, 1, 1, 1e-5),
    "strided": (strided, 4, 3, 1, 1e-5),
    "fft": (fft, 4, 1, 1, 1e-5),
}
ERROR = {np.float32: 1e-5, np.float64: 1e-13}


def error(got, want, terms=1):
    """The size of the difference over the size of what is right, or of its terms if they cancel.

    Terms are of size 1; so many independent ones have a sum of about their number's root.
    """
    assert got.shape == want.shape
    return np.linalg.norm(got - want) / max(np.linalg.norm(want), np.sqrt(want.size * terms), 1)


def torch_results(inputs, dout, options):
    """PyTorch's output and gradients at float64 copies of the inputs."""
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in inputs]
    out = F.conv2d(*tensors, **options)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(dout, dtype=torch.float64))
    return [t.detach().numpy() for t in (out, *gradients)]


def draw_arrays(seed, x_shape, w_shape, dtype=np.float64, last=False):
    """Random x, w and b; x with its channels last in memory if `last`."""
    rng = np.random.default_rng(seed)
    x, w, b = (rng.standard_normal(s).astype(dtype) for s in (x_shape, w_shape, w_shape[:1]))
    return [fast_layers.channels_last(x) if last else x, w, b]


@st.composite
def convolutions(draw, kernel=4, stride=3, dilation=2, groups=1):
    """A convolution that fits, also with padding that is larger than the kernel."""
    kernels = draw(st.tuples(st.integers(1, kernel), st.integers(1, kernel)))
    dilations = draw(st.tuples(st.integers(1, dilation), st.integers(1, dilation)))
    pads = st.one_of(
        st.just("same"), st.integers(0, 5), st.tuples(st.integers(0, 2), st.integers(0, 2))
    )
    padding = draw(pads)
    strides = (1, 1)
    if padding != "same":
        strides = draw(st.tuples(st.integers(1, stride), st.integers(1, stride)))
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernels, strict=True)]
    H, W = (draw(st.integers(span, span + 9)) for span in spans)
    g = draw(st.integers(1, groups))
    N, C, C_out = (draw(st.integers(1, 3)) for _ in range(3))
    options = {"stride": strides, "padding": padding, "dilation": dilations, "groups": g}
    return (N, C * g, H, W), (C_out * g, C, *kernels), options


def run(way, x, w, b, dout, options):
    """What one way computes, of (out, dw, db, dx), without the choice between ways."""
    places = conv.places_of(w, options["stride"], options["padding"], options["dilation"])
    out = np.full_like(dout, np.nan)
    way.forward(conv.view(x), w, b, conv.view(out), places)
    dw, db = way.kernel_gradient(conv.view(x), conv.view(dout), w, places)
    if way is pointwise and (places.SH, places.SW) != (1, 1):
        return out, dw, db
    dx = np.full_like(x, np.nan)
    way.image_gradient(conv.view(dout), w, conv.view(dx), places)
    return out, dw, db, dx


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=SEEDS, last=st.booleans())
def test_each_way_is_pytorchs_wherever_it_applies(name, dtype, data, seed, last):
    way, kernel, stride, dilation, single = WAYS[name]
    x_shape, w_shape, options = data.draw(convolutions(kernel, stride, dilation))
    inputs = draw_arrays(seed, x_shape, w_shape, dtype, last)
    shape = F.conv2d(*map(torch.tensor, inputs), **options).shape
    dout = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    dout = fast_layers.channels_last(dout) if last else dout
    out, dx, dw, db = torch_results(inputs, dout, options)
    got = run(way, *inputs, dout, options)
    limit = single if dtype == np.float32 else 1e-13
    pixels = dout.size // dout.shape[1]
    for mine, right, terms in zip(got, (out, dw, db, dx), (1, 1, pixels, 1), strict=False):
        assert mine.dtype == dtype
        assert error(mine, right, terms) <= limit


@settings(max_examples=60, deadline=None)
@given(case=convolutions(groups=3), seed=SEEDS, last=st.booleans(), bias=st.booleans())
def test_the_chosen_convolution_is_pytorchs(case, seed, last, bias):
    x_shape, w_shape, options = case
    inputs = draw_arrays(seed, x_shape, w_shape, last=last)[: 3 if bias else 2]
    out, cache = fast_layers.conv2d_forward(*inputs, **options)
    dout = np.random.default_rng(seed).standard_normal(out.shape)
    gradients = fast_layers.conv2d_backward(dout, cache)
    want = torch_results(inputs, dout, options)
    assert bias or gradients[2] is None
    for mine, right in zip([out, *gradients[: len(inputs)]], want, strict=True):
        assert error(mine, right) <= 1e-12


LARGER = {
    "a plain product with a stride": ((12, 64, 28, 28), (32, 64, 1, 1), {"stride": 2}),
    "Winograd, images as blocks": ((70, 16, 9, 10), (16, 16, 3, 3), {"padding": 1}),
    "Winograd, rows as blocks": ((2, 16, 50, 61), (24, 16, 3, 3), {"padding": 1}),
    "Winograd, 5x5": ((3, 16, 21, 14), (20, 16, 5, 5), {"padding": 2}),
    "many channels": ((2, 128, 9, 8), (160, 128, 3, 3), {"padding": 1}),
    "batch 1, groups": ((1, 32, 30, 17), (64, 16, 3, 3), {"padding": 1, "groups": 2}),
    "strided": ((5, 3, 67, 51), (32, 3, 11, 11), {"stride": 4, "padding": 2}),
    "colours": ((9, 3, 32, 33), (20, 3, 3, 3), {"padding": 1}),
    "7x7": ((5, 3, 32, 33), (20, 3, 7, 7), {"padding": 3}),
    "large filters": ((3, 3, 40, 45), (4, 3, 25, 21), {"padding": 12}),
    "dilated": ((3, 8, 30, 31), (12, 8, 3, 3), {"padding": 2, "dilation": 2}),
    "1x1": ((9, 40, 32, 30), (70, 40, 1, 1), {}),
    "1x1 strided": ((9, 40, 32, 30), (70, 40, 1, 1), {"stride": 2}),
    "each channel its own filter": ((4, 12, 20, 21), (12, 1, 3, 3), {"padding": 1, "groups": 12}),
}


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LARGER)
def test_larger_shapes_are_pytorchs_and_keep_dtype_and_layout(name, dtype, last):
    x_shape, w_shape, options = LARGER[name]
    inputs = draw_arrays(0, x_shape, w_shape, dtype, last)
    out, cache = fast_layers.conv2d_forward(*inputs, **options)
    dout = np.random.default_rng(1).standard_normal(out.shape).astype(dtype)
    kept = [a.copy() for a in (*inputs, dout)]
    got = (out, *fast_layers.conv2d_backward(dout, cache))
    for mine, right in zip(got, torch_results(inputs, dout, options), strict=True):
        assert mine.dtype == dtype
        assert error(mine, right) <= ERROR[dtype]
    for array in got[:2]:
        assert conv.view(array).flags.c_contiguous if last else array.flags.c_contiguous
    for array, copy in zip((*inputs, dout), kept, strict=True):
        assert np.array_equal(array, copy)


def test_arrays_in_any_memory_order_are_taken():
    x, w, b = draw_arrays(0, (3, 16, 12, 14), (16, 16, 3, 3))
    want = fast_layers.conv2d_forward(x, w, b, padding=1)[0]
    steps = np.repeat(np.repeat(x, 2, axis=1), 2, axis=3)[:, ::2, :, ::2]
    fortran, backwards = np.asfortranarray(x), np.ascontiguousarray(x[:, :, ::-1, ::-1])
    for same in (steps, fortran, backwards[:, :, ::-1, ::-1]):
        out, cache = fast_layers.conv2d_forward(same, np.asfortranarray(w), b, padding=1)
        assert error(out, want) < 1e-13
        dx, dw, _ = fast_layers.conv2d_backward(np.asfortranarray(want), cache)
        assert error(dw, torch_results([x, w], want, {"padding": 1})[2]) < 1e-13
        assert dx.shape == x.shape


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize("K", [2, 3, 4])
def test_winograds_matrices_convolve_and_are_small_fractions(m, K):
    AT, G, BT = winograd.matrices(m, K)
    rng = np.random.default_rng(0)
    g, d = rng.standard_normal(K), rng.standard_normal(m + K - 1)
    assert np.allclose(AT @ ((G @ g) * (BT @ d)), np.correlate(d, g), atol=1e-13)
    assert np.allclose(BT * 4, np.round(BT * 4))


def test_winograds_matrices_say_when_points_run_out():
    with pytest.raises(ValueError, match=r"F\(6, 5\) needs 9 points"):
        winograd.matrices(6, 5)


@pytest.mark.parametrize("K, single", [(3, 3e-6), (5, 8e-6)])
def test_winograds_rounding_is_bounded_with_many_channels(K, single):
    x, w, b = draw_arrays(0, (2, 256, 14, 14), (64, 256, K, K))
    exact = F.conv2d(*map(torch.tensor, (x, w, b)), padding=K // 2).numpy()
    for dtype, limit in {np.float32: single, np.float64: 2e-14}.items():
        places = conv.places_of(w, 1, K // 2, 1)
        arrays, out = [a.astype(dtype) for a in (x, w, b)], np.empty_like(exact, dtype)
        winograd.forward(conv.view(arrays[0]), *arrays[1:], conv.view(out), places)
        assert error(out, exact) <= limit


def test_winograds_tiles_have_as_few_points_as_the_image_allows():
    assert winograd.tile_size(56, 56, 3, 3, np.dtype(np.float32)) == 4  # 14 x 14 tiles of 36
    assert winograd.tile_size(14, 14, 3, 3, np.dtype(np.float64)) == 5  # 9 of 49, not 16 of 36
    assert winograd.tile_size(14, 14, 3, 3, np.dtype(np.float32)) == 4  # 5 is not exact enough
    assert winograd.tile_size(3, 3, 3, 3, np.dtype(np.float32)) == 3  # 1 of 25, not 1 of 36
    assert winograd.tile_size(9, 9, 5, 5, np.dtype(np.float64)) == 3  # 9 of 49, not 9 of 64


@pytest.mark.parametrize("name", [name for name in vars(layers) if name.endswith("ward")])
def test_signatures_are_those_of_the_reference(name):
    fast, reference = getattr(fast_layers, name), getattr(layers, name)
    assert inspect.signature(fast) == inspect.signature(reference)


def test_arrays_on_a_gpu_go_to_the_gpus_layers(monkeypatch):
    array = type("ndarray", (), {"__module__": "cupy"})()
    monkeypatch.setattr(gpu, "relu_forward", lambda x: ("on the GPU", x))
    assert fast_layers.relu_forward(array) == ("on the GPU", array)
    assert fast_layers.relu_forward(x=array) == ("on the GPU", array)


@pytest.mark.parametrize(
    "call",
    [
        lambda m, z: m.conv2d_forward(z(2, 3, 8, 8), z(16, 4, 3, 3)),
        lambda m, z: m.conv2d_forward(z(3, 8, 8), z(1, 3, 3, 3)),
        lambda m, z: m.conv2d_forward(z(1, 1, 2, 8), z(1, 1, 3, 3)),
        lambda m, z: m.conv2d_forward(z(1, 3, 8, 8), z(4, 1, 3, 3), groups=2),
        lambda m, z: m.conv2d_forward(z(1, 1, 8, 8), z(2, 1, 3, 3), z(3)),
        lambda m, z: m.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3), stride=0),
        lambda m, z: m.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3), None, 2, "same"),
        lambda m, z: m.conv2d_backward(
            z(1, 1, 1, 1), m.conv2d_forward(z(1, 1, 8, 8), z(1, 1, 3, 3))[1]
        ),
    ],
)
def test_errors_are_those_of_the_reference(call):
    with pytest.raises(ValueError) as reference:
        call(layers, lambda *shape: np.zeros(shape))
    with pytest.raises(ValueError) as fast:
        call(fast_layers, lambda *shape: np.zeros(shape))
    assert str(fast.value) == str(reference.value)


def test_an_empty_batch_gives_empty_images_and_zero_gradients():
    for w_shape in [(16, 16, 3, 3), (4, 16, 1, 1), (4, 16, 4, 5)]:
        x, w, b = draw_arrays(0, (0, 16, 8, 9), w_shape)
        out, cache = fast_layers.conv2d_forward(x, w, b)
        dx, dw, db = fast_layers.conv2d_backward(out, cache)
        assert out.shape[0] == dx.shape[0] == 0
        assert not dw.any() and not db.any()


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("name", LARGER)
def test_forward_needs_little_more_memory_than_its_output(name, last):
    x_shape, w_shape, options = LARGER[name]
    x, w, b = draw_arrays(0, (8 * x_shape[0], *x_shape[1:]), w_shape, np.float32, last)
    fast_layers.drop_scratch()
    tracemalloc.start()
    out, _ = fast_layers.conv2d_forward(x, w, b, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= out.nbytes + 8 * 2**20


@pytest.mark.skipif(threads.cores() > 2, reason="each core more needs scratch of its own")
@pytest.mark.parametrize("x_shape", [(16, 256, 14, 14), (4, 256, 56, 56), (16, 512, 7, 7)])
def test_many_channels_need_little_more_memory_too(x_shape):
    C = x_shape[1]
    x, w = (np.ones(shape, np.float32) for shape in (x_shape, (C, C, 3, 3)))
    fast_layers.drop_scratch()
    tracemalloc.start()
    out, _ = fast_layers.conv2d_forward(x, w, padding=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= out.nbytes + 8 * 2**20


def test_scratch_is_used_again_bounded_and_dropped():
    first = scratch.scratch("test", (3, 4), np.float32)
    again = scratch.scratch("test", (2, 2), np.float64)
    assert np.shares_memory(first, again)
    for i in range(9):
        scratch.scratch(f"test {i}", (2**20,), np.float64)
    assert 2**23 <= scratch.scratch_bytes() <= scratch.KEPT * threading.active_count()
    scratch.drop_scratch()
    assert scratch.scratch_bytes() == 0


def test_the_scratch_of_a_thread_ends_with_it():
    before = scratch.scratch_bytes()
    thread = threading.Thread(target=scratch.scratch, args=("test", (2**20,), np.float64))
    thread.start()
    thread.join()
    gc.collect()
    assert scratch.scratch_bytes() == before


@pytest.mark.parametrize("bias", [False, True])
def test_the_filters_gradient_can_be_had_alone(bias):
    x, w, b = draw_arrays(0, (3, 4, 9, 8), (6, 2, 3, 3))
    out, cache = fast_layers.conv2d_forward(x, w, b if bias else None, padding=1, groups=2)
    _, dw, db = fast_layers.conv2d_backward(out, cache)
    alone, alone_b = fast_layers.conv2d_backward_filters(out, cache)
    assert np.array_equal(alone, dw) and np.array_equal(alone_b, db)
    with pytest.raises(ValueError, match=r"conv2d_backward_filters: dout .*\(3, 6, 9, 8\)"):
        fast_layers.conv2d_backward_filters(out[1:], cache)


def results(seed=0):
    x, w, b = draw_arrays(seed, (6, 16, 20, 20), (16, 16, 3, 3))
    out, cache = fast_layers.conv2d_forward(x, w, b, padding=1)
    return [out, *fast_layers.conv2d_backward(out, cache)]


def test_many_threads_at_once_get_their_own_results():
    want, got = [results(seed) for seed in range(8)], {}

    def work(seed):
        got[seed] = [results(seed) for _ in range(3)][-1]

    callers = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for seed in range(8):
        assert all(np.array_equal(a, b) for a, b in zip(got[seed], want[seed], strict=True))


def test_blas_has_its_threads_back_afterwards_also_after_an_error():
    numbers = [library.get_num_threads() for library in threads._blas()]

    def fail(part):
        assert [library.get_num_threads() for library in threads._blas()] == [1] * len(numbers)
        raise RuntimeError(f"part {part}")

    with pytest.raises(RuntimeError, match="part"):
        threads.each(fail, range(4))
    assert [library.get_num_threads() for library in threads._blas()] == numbers


@pytest.mark.skipif(threads._this_core is None or threads.cores() < 2, reason="needs two cores")
def test_helpers_keep_off_the_core_of_the_caller_who_is_free_again_afterwards():
    free, seen = os.sched_getaffinity(0), {}
    meet = threading.Barrier(2)

    def part(_):
        meet.wait(timeout=60)  # both threads have one
        seen[threading.get_ident()] = os.sched_getaffinity(0)

    for _ in range(2):  # helpers are known once they have started
        seen.clear()
        threads.each(part, range(2))
    mine = seen.pop(threading.get_ident())
    (others,) = seen.values()
    assert len(mine) == 1 and mine | others == free and not mine & others
    assert os.sched_getaffinity(0) == free


def _child(queue):
    queue.put(results()[0])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_computes_too():
    want = results()[0]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(queue,), daemon=True)
    child.start()
    assert np.array_equal(queue.get(timeout=60), want)
    child.join(timeout=60)


@given(st.integers(0, 40), st.integers(1, 30), st.integers(1, 30), st.integers(1, 2000))
def test_blocks_cover_every_row_once(N, rows, across, pixels):
    seen = np.zeros((N, rows), int)
    for n, r in blocks(N, rows, across, pixels):
        seen[n, r] += 1
    assert (seen == 1).all()


def _matrices(rng, *shape, transposed):
    """Random matrices (n, rows, columns), or such whose columns lie in a row in memory."""
    x = rng.standard_normal((shape[0], shape[2], shape[1]) if transposed else shape)
    return x.swapaxes(1, 2) if transposed else x


SIZES = [(3, 4, 5), (40, 30, 2048), (64, 28, 1500), (700, 20, 50), (0, 4, 5), (3, 0, 5), (3, 4, 0)]


# small enough for one call, cut with and without a rest, too long to be cut, nothing to multiply
@pytest.mark.parametrize("M, K, N", SIZES)
@pytest.mark.parametrize("transposed", [False, True])
def test_products_in_parts_are_the_products(M, K, N, transposed):
    rng = np.random.default_rng(0)
    a, b = _matrices(rng, 2, M, K, transposed=transposed), rng.standard_normal((2, K, N))
    out = _matrices(rng, 2, M, N, transposed=transposed)
    products.matmul(a, b, out)
    assert error(out, a @ b) <= 1e-13
    products.matmul(a[0], b, out)
    assert error(out, a[0] @ b) <= 1e-13
    total, right = np.empty((M, K)), rng.standard_normal((2, K, N))
    left = _matrices(rng, 2, M, N, transposed=transposed)
    products.sum_of_products(left, right, total)
    assert error(total, sum(g @ t.T for g, t in zip(left, right, strict=True))) <= 1e-13
