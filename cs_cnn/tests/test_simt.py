"""The emulated GPU: right numbers, every kind of trouble reported, memory traffic counted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cs_cnn import layers, plots
from cs_cnn.simt import describe, device, fibres, gpu, launch
from cs_cnn.simt.conv import conv2d_threads, conv2d_tiled


def floats(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("block", [(4, 2), (3, 5), (1, 1), (8, 8)])
def test_the_kernels_agree_with_the_layer_and_behave(block):
    x, w, b = floats(2, 3, 6, 9), floats(2, 3, 3, 2), floats(2)
    for function, options in (
        (conv2d_threads, {"stride": (2, 1)}),
        (conv2d_threads, {}),
        (conv2d_tiled, {}),
    ):
        out, report = function(x, w, b, block=block, **options)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, layers.conv2d_forward(x, w, b, **options)[0], atol=1e-5)
        assert report["problems"] == [] and report["global_stores"] == out.size
        assert report["out_of_bounds"] == report["races"] == report["missed_barriers"] == 0


def test_a_tile_is_read_once_by_each_block():
    x, w, b = floats(1, 1, 10, 10), floats(1, 1, 3, 3), floats(1)
    one_each = conv2d_threads(x, w, b, block=(4, 4))[1]["loads"]["x"][0, 0]
    tiled = conv2d_tiled(x, w, b, block=(4, 4))[1]["loads"]["x"][0, 0]
    windows = torch.nn.functional.fold(torch.ones(1, 9, 64), (10, 10), 3).numpy()[0, 0]
    np.testing.assert_array_equal(one_each, windows)
    assert tiled.sum() == 4 * 6 * 6 and tiled.max() == 4 and tiled.min() == 1


def test_accesses_outside_are_reported_and_change_nothing():
    x, out = floats(4), np.zeros(4, np.float32)

    def kernel(x, out):
        k = gpu.blockIdx.x * gpu.blockDim.x + gpu.threadIdx.x
        out[k] = x[k - 1]

    report = launch(kernel, (2,), (3,), x, out)
    assert report["out_of_bounds"] == 4  # x[-1], out[4], out[5] and x[4]
    words = "thread (0, 0, 0) of block (0, 0, 0) reads x[-1], outside of its shape (4,)"
    assert report["problems"][0] == words
    assert np.isnan(out[0]) and (out[1:] == x[:3]).all()


@pytest.mark.parametrize("wait", [True, False])
def test_a_race_in_shared_memory_is_found_unless_there_is_a_barrier(wait):
    x, out = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)

    def kernel(x, out):
        line = gpu.shared_memory(np.float32, 8)
        line[gpu.threadIdx.x] = x[gpu.threadIdx.x]
        if wait:
            gpu.syncthreads()
        out[gpu.threadIdx.x] = line[7 - gpu.threadIdx.x]

    report = launch(kernel, (2,), (8,), x, out)
    # Both blocks write all of out: eight races of global memory in any case.
    assert report["races"] == 8 + (0 if wait else 16)
    assert (out == x[::-1]).all() == wait
    assert (report["shared_loads"], report["shared_stores"]) == (16, 16)


def test_threads_that_miss_a_barrier_or_wait_at_another_are_reported():
    def some_leave(x):
        if gpu.threadIdx.x < 3:
            gpu.syncthreads()

    def two_barriers(x):
        if gpu.threadIdx.x < 3:
            gpu.syncthreads()
        else:
            gpu.syncthreads()

    left = launch(some_leave, (1,), (4,), floats(1))
    assert left["missed_barriers"] == 1 and "3 of 4 threads" in left["problems"][0]
    split = launch(two_barriers, (1,), (4,), floats(1))
    assert split["missed_barriers"] == 1 and "2 different barriers" in split["problems"][0]


def test_a_warp_needs_more_sectors_the_farther_its_threads_read():
    x, out = floats(1024), np.zeros(32, np.float32)

    def sectors(step):
        def kernel(x, out):
            out[gpu.threadIdx.x] = x[gpu.threadIdx.x * step]

        report = launch(kernel, (1,), (32,), x, out)
        assert report["requests"] == 2
        return report["sectors"] - 4

    assert [sectors(step) for step in (0, 1, 2, 8, 32)] == [1, 4, 8, 32, 32]


def test_an_error_in_a_kernel_ends_all_threads_and_is_the_callers():
    def fails(x):
        gpu.syncthreads()
        if gpu.threadIdx.x == 2:
            raise ZeroDivisionError("mine")
        gpu.syncthreads()

    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="mine"):
            launch(fails, (3,), (8,), floats(1))
        threads = len(fibres._IDLE)  # all are free again, and the next launch starts no new ones
        assert threads >= 8
    assert launch(lambda x: gpu.syncthreads(), (9,), (8,), floats(1))["problems"] == []
    assert len(fibres._IDLE) == threads
    with pytest.raises(RuntimeError, match="gpu.threadIdx is known only inside"):
        _ = gpu.threadIdx


@pytest.mark.parametrize("index", [(0,), (0, 0, 0), (0, 1.5), (0, slice(2))])
def test_only_whole_indices_are_possible(index):
    def kernel(x):
        x[index]

    with pytest.raises(TypeError, match=r"x has 2 dimensions|unsupported|not supported"):
        launch(kernel, (1,), (1,), floats(2, 3))


def test_impossible_launches_are_refused():
    for grid, block, words in (
        ((0,), (1,), "grid must be one to three positive ints"),
        ((1,), (1, 1, 1, 1), "block must be one to three positive ints"),
        ((1,), (64, 32), "has 2048 threads, at most 1024"),
    ):
        with pytest.raises(ValueError, match=words):
            launch(lambda x: None, grid, block, floats(1))


def test_the_report_in_words():
    text = describe(conv2d_threads(floats(1, 1, 3, 3), floats(1, 1, 2, 2), floats(1))[1])
    assert "36 loads" in text and "races: 0" in text
    assert "GPU" in describe({})


def test_on_a_gpu_the_kernel_gets_cupys_own_names(monkeypatch):
    """With stand-ins for CuPy: what is compiled, once for each set of constants, and called."""
    calls, compiled = [], []
    jit = SimpleNamespace(rawkernel=lambda mode: lambda f: compiled.append(f) or calls_of(f))

    def calls_of(function):
        return lambda grid, block, arguments: calls.append((function, grid, block, arguments))

    monkeypatch.setitem(__import__("sys").modules, "cupyx", SimpleNamespace(jit=jit))
    monkeypatch.setattr(device, "is_on_gpu", lambda value: True)
    monkeypatch.setattr(device, "_COMPILED", {})
    x, w, b = floats(1, 1, 5, 6), floats(1, 1, 2, 2), floats(1)
    for _ in range(2):
        out, report = conv2d_tiled(x, w, b, block=(4, 2))
    conv2d_tiled(x, w, b, block=(2, 2))
    assert report == {} and len(compiled) == 2 and len(calls) == 3
    function, grid, block, arguments = calls[0]
    assert (grid, block) == ((2, 2, 1), (4, 2, 1)) and arguments[0] is x
    assert function.__globals__["gpu"] is jit
    assert {c.cell_contents for c in function.__closure__} >= {4, 2}


def test_pictures_of_roof_and_traffic():
    figure = plots.roofline(1e11, 1e10, {"mine": (90, 5e9), "theirs": (90, 8e10)})
    assert [t.get_text() for t in figure.axes[0].texts] == ["mine", "theirs"]
    figure = plots.traffic(a_b=np.arange(6).reshape(2, 3), c=np.ones((2, 3), int))
    assert [ax.get_title() for ax in figure.axes] == ["a b: 15 in all", "c: 6 in all"]
    assert figure._repr_png_()[0].startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="must be positive"):
        plots.roofline(1e11, 0, {})
    with pytest.raises(ValueError, match="choose one map"):
        plots.traffic(a=np.ones(3))
