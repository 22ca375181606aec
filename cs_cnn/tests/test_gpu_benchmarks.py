"""The GPU's benchmarks, as far as they go without one: what is timed is right, and is checked."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from cs_cnn import fast_layers
from cs_cnn.backend import gpu_problem
from cs_cnn.fast_layers import gpu
from cs_cnn.fast_layers.gpu import elementwise
from cs_cnn.tests import cuda_on_cpu
from cs_cnn.timing import Timing

bench = pytest.importorskip("benchmarks.gpu", reason="benchmarks/ is not here")
network = pytest.importorskip("benchmarks.gpu_network", reason="benchmarks/ is not here")
shapes = pytest.importorskip("benchmarks.shapes", reason="benchmarks/ is not here")

CASE = shapes.conv(2, 5, 7, 6, 3, stride=2, padding=1)
SMALL = {"channels": (3, 4, 8), "size": 8, "classes": 3}


@pytest.fixture
def on_cpu(monkeypatch):
    """Our kernels and PyTorch's run on the CPU; a call takes a microsecond."""
    cuda_on_cpu.need_compiler()
    cuda_on_cpu.use(monkeypatch)
    monkeypatch.setattr(bench, "DEVICE", "cpu")
    timing = Timing("call", (1e-6, 1e-6), 1, waited=True)
    monkeypatch.setattr(bench, "event_times", lambda function, flush: function() is None or timing)


def after_steps(layers, x, targets, state):
    """The parameters after some steps, as `check` takes them."""
    for _ in range(network.STEPS):
        network.training_step(layers, x, targets, state)
    return {"ours": (None, list(state.params.values()))}


def test_the_training_step_is_pytorchs():
    x, targets = network.batch(4, **SMALL, dtype=float)
    begun, state = (network.start(**SMALL, dtype=float) for _ in range(2))
    wanted = network.reference(x, targets, begun)
    found = after_steps(fast_layers, x, targets, state)
    assert network.check(found, wanted, begun, "float32")["ours"] < 1e-10
    step, _ = network.torch_step(x, targets, state, "cpu")
    loss = network.training_step(fast_layers, x, targets, state)
    assert loss == pytest.approx(step().item())


@pytest.mark.parametrize("mode", ["float32", "tf32"])
def test_the_training_step_as_it_is_recorded_is_pytorchs(on_cpu, monkeypatch, mode):
    x, targets = network.batch(4, **SMALL)
    monkeypatch.setattr(elementwise, "recording", SimpleNamespace(get=lambda: True))
    begun = network.start(**SMALL)
    wanted = network.reference(x, targets, begun)
    with gpu.float32_math(mode):
        found = after_steps(gpu, x, targets, network.start(**SMALL))
    network.check(found, wanted, begun, mode)
    found["ours"][1][0][0] += 0.01
    with pytest.raises(AssertionError, match=f"ours, {mode}: after 3 steps off by"):
        network.check(found, wanted, begun, mode)


@pytest.mark.skipif(gpu_problem() is not None, reason=f"{gpu_problem()}")
def test_a_recorded_step_changes_the_parameters_as_three_steps_do():
    """Two steps before the recording and one replay, on a GPU."""
    import cupy

    arrays = network.batch(4, **SMALL)
    begun, wanted, recorded = (network.start(**SMALL) for _ in range(3))
    recorded = network.moved(recorded, cupy.asarray)
    there = [cupy.asarray(a) for a in arrays]
    replay = gpu.capture(lambda *a: network.training_step(gpu, *a, recorded), *there)
    replay(*there)
    after_steps(fast_layers, *arrays, wanted)
    for name, param in recorded.params.items():
        way = np.abs(wanted.params[name] - begun.params[name]).max()
        assert np.abs(param.get() - wanted.params[name]).max() <= 0.03 * way, name


def capture(function, *arrays):
    """Plays `gpu.capture`: two steps before the recording, and one for every replay."""
    for _ in range(2):
        function(*arrays)
    return function


def test_the_training_steps_are_checked_and_put_beside_each_other(monkeypatch):
    by_numpy = SimpleNamespace(**vars(fast_layers), capture=capture, float32_math=gpu.float32_math)
    monkeypatch.setattr(network, "gpu", by_numpy)
    monkeypatch.setattr(network, "need_gpu", lambda: np)
    monkeypatch.setattr(network, "DEVICE", "cpu")
    monkeypatch.setattr(network, "batch", partial(network.batch, 4))
    timing = Timing("step", (1e-3, 3e-3), 1, waited=True)
    monkeypatch.setattr(network, "event_times", lambda step: step() is None or timing)
    shown = network.table("float32", "float32", peak=1e12, speed=1e12)
    assert "one CUDA graph is 1.00 times PyTorch eager" in shown.caption
    assert [len(list(column.cells)) for column in shown.columns] == [4] * 6
    least = network.least_seconds(1e12, 1e12) / 2e-3
    assert list(shown.columns[4].cells) == [f"{least:.3g}"] * 4
    twice = SimpleNamespace(**vars(by_numpy) | {"capture": lambda *a: capture(*a) and capture(*a)})
    monkeypatch.setattr(network, "gpu", twice)  # two steps too many
    with pytest.raises(AssertionError, match="ours, one CUDA graph, float32: after 3 steps off"):
        network.table("float32", "float32", 1e12, 1e12)


def test_the_least_time_of_a_step_counts_operations_and_bytes():
    first, second = 64 * 32**2 * 16 * 27, 64 * 16**2 * 32 * 144  # products and sums
    assert network.least_seconds(peak=1, speed=np.inf) == 3 * 2 * (first + second)
    outputs = 64 * 32**2 * 16, 64 * 16**2 * 32
    filters = 16 * 27 + 32 * 144
    read = 64 * 3 * 32**2 + 64 * 16**3
    numbers = network.PASSES * sum(outputs) + 3 * (sum(outputs) + filters + read)
    assert network.least_seconds(peak=np.inf, speed=1) == 4 * numbers


@pytest.mark.parametrize("task", bench.TASKS)
@pytest.mark.parametrize("mode", [mode for mode in bench.MODES if mode != "bf16"])
def test_all_contenders_are_right_in_both_memory_formats(on_cpu, task, mode):
    row = bench.measured(CASE, mode, task, peak=1e12, speed=1e12, flush=None)
    least = bench.roofline(CASE, 2 if mode == "fp16" else 4, 1e12, 1e12)
    assert (row["times PyTorch"], row["of roofline"]) == (1, least / 1e-6)
    assert {f"{who}, {f}" for who in ("ours", "PyTorch") for f in bench.LAYOUTS} <= set(row)
    assert row["of float32"] < 1e-6 and row["error"] < bench.MODES[mode].tolerance
    wide = row | {"times PyTorch": 4.0, "wide": True}
    caption = bench.table([row, wide], mode, task).caption
    assert "all 2.00, up to 64 channels 1.00, wide 4.00" in caption


@pytest.mark.parametrize("task", bench.TASKS)
def test_a_kernel_that_is_wrong_is_not_timed(on_cpu, monkeypatch, task):
    right = bench.by_us
    monkeypatch.setattr(bench, "by_us", lambda *args: lambda: 1.01 * right(*args)())
    with pytest.raises(AssertionError, match=rf"{task}, conv \(2,5,7,7\).*off by 1.0e-02"):
        bench.measured(CASE, "float32", task, 1, 1, None)


def test_the_roofline_is_the_slower_of_operations_and_bytes():
    case = bench.CONVOLUTIONS[3]  # (32, 64, 56, 56), 64 filters 3x3, padding 1
    numbers = 2 * 32 * 64 * 56**2 + 64 * 64 * 9
    assert bench.roofline(case, 4, peak=1, speed=1e30) == 2 * 32 * 64 * 56**2 * 64 * 9
    assert bench.roofline(case, 4, peak=1e30, speed=1) == 4 * numbers


@pytest.mark.skipif(not gpu_problem(), reason="there is a GPU")
def test_the_benchmark_says_what_is_missing(capsys):
    assert bench.main() == 1
    assert "No GPU: " in capsys.readouterr().out
