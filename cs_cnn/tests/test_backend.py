"""Arrays find their module, and a missing GPU is said, not stumbled over."""

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from cs_cnn import backend
from cs_cnn.fast_layers.gpu import graphs


def fake_cupy(monkeypatch, available=True, nvrtc=True):
    """A module `cupy` that is NumPy with just what is needed to play a GPU."""

    def version():
        if not nvrtc:
            raise RuntimeError("libnvrtc.so")

    cupy = ModuleType("cupy")
    vars(cupy).update(vars(np))
    cupy.is_available = lambda: available
    cupy.cuda = SimpleNamespace(
        nvrtc=SimpleNamespace(getVersion=version),
        memory=SimpleNamespace(OutOfMemoryError=type("OutOfMemoryError", (MemoryError,), {})),
        runtime=SimpleNamespace(memGetInfo=lambda: (2**21, 2**30)),
    )
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(backend.sys, "platform", "linux")
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: object())
    return cupy


def test_an_array_of_numpy_finds_numpy_and_cupy_is_not_imported():
    code = """import sys, numpy, cs_cnn.backend as b, cs_cnn.fast_layers.gpu
assert b.array_module(numpy.ones(2), 3, None) is numpy
b.synchronize(numpy.ones(2))
print(*sys.modules)"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"cupy", "torch", "matplotlib"} & set(shown.stdout.split())


def test_an_array_of_cupy_finds_cupy(monkeypatch):
    cupy = fake_cupy(monkeypatch)
    array = type("ndarray", (), {"__module__": "cupy"})()
    assert backend.array_module(np.ones(2), array) is cupy


@pytest.mark.parametrize(
    ("platform", "there", "cupy", "words"),
    [
        ("darwin", True, {}, "no Mac"),
        ("linux", False, {}, "not installed: pip install -e"),
        ("linux", True, {"available": False}, "finds no GPU.*nvidia-smi"),
        ("linux", True, {"nvrtc": False}, r"NVRTC is missing.*\[ctk\]"),
    ],
)
def test_a_gpu_problem_has_a_reason_and_a_fix(monkeypatch, platform, there, cupy, words):
    fake_cupy(monkeypatch, **cupy)
    monkeypatch.setattr(backend.sys, "platform", platform)
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: there or None)
    with pytest.raises(RuntimeError, match=words):
        backend.to_gpu(np.ones(2))


def test_a_cupy_that_is_broken_is_a_problem_too(monkeypatch):
    fake_cupy(monkeypatch)
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it raises an ImportError
    assert "can't be imported" in backend.gpu_problem()


def test_an_array_that_does_not_fit_on_the_gpu_says_how_large_it_is(monkeypatch):
    cupy = fake_cupy(monkeypatch)

    def asarray(array):
        raise cupy.cuda.memory.OutOfMemoryError

    cupy.asarray = asarray
    with pytest.raises(MemoryError, match=r"\(1024, 1024\) takes 8 MiB but 2 MiB are free"):
        backend.to_gpu(np.zeros((1024, 1024)))


def test_to_cpu_takes_what_get_gives():
    x = np.ones(3)
    assert backend.to_cpu(x) is x
    assert backend.to_cpu(SimpleNamespace(get=lambda: x)) is x


def test_dlpack_shares_memory_with_pytorch_both_ways():
    tensor = torch.arange(6.0).reshape(2, 3)
    array = backend.from_dlpack(tensor)
    array[0, 1] = 7
    assert isinstance(array, np.ndarray) and tensor[0, 1] == 7
    torch.from_dlpack(array)[1, 2] = 9
    assert tensor[1, 2] == 9


class Stream:
    """Plays a stream: while it records, what the function would do is noted for the graph."""

    def __init__(self, non_blocking):
        self.log = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def begin_capture(self):
        self.log.append("begin")

    def end_capture(self):
        self.log.append("end")
        return SimpleNamespace(launch=lambda: self.log.append("launch"))

    def synchronize(self):
        self.log.append("wait")


@pytest.fixture
def stream(monkeypatch):
    """The stream that `capture` records on."""
    cupy = fake_cupy(monkeypatch)
    made = Stream(non_blocking=True)
    cupy.cuda.Stream = lambda non_blocking: made
    cupy.cuda.MemoryPool = lambda: SimpleNamespace(malloc=None)
    cupy.cuda.Device = lambda: SimpleNamespace(synchronize=lambda: None)
    cupy.cuda.using_allocator = lambda malloc: made
    return made


def test_a_recording_is_made_once_warm_and_replayed_on_new_inputs(stream):
    seen = []

    def step(x):
        assert graphs.recording.get()
        seen.append(x)
        stream.log.append("step")
        return x

    replay = graphs.capture(step, np.zeros(3))
    assert stream.log == ["step", "step", "begin", "step", "end", "wait"]
    assert not graphs.recording.get()
    result = replay(np.array([1.0, 2, 3]))
    assert stream.log[-1] == "launch" and len(seen) == 3
    assert result is seen[-1] and result.tolist() == [1, 2, 3]  # where the recording reads
    with pytest.raises(ValueError, match=r"recorded with \(3,\) of float64, got \(4,\)"):
        replay(np.zeros(4))


def test_a_recording_that_fails_is_ended(stream):
    def step(x):
        if "begin" in stream.log:
            raise ValueError("a number was looked at")

    with pytest.raises(ValueError, match="looked at"):
        graphs.capture(step, np.zeros(3))
    assert stream.log[-1] == "end"
