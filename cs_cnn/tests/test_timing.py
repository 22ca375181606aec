"""Timing: warmed up, in turns, waited for; the rest is refused. No test depends on the clock."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from cs_cnn.timing import Timing, may_be_unfinished, measure, speedup

ON_GPU = SimpleNamespace(__cuda_array_interface__={})


def test_functions_are_warmed_up_and_called_in_turns():
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = measure(functions, repeat=3, warmup=2, synchronise=lambda: calls.append("wait"))
    assert calls == ["wait", "a", "wait", "wait", "b", "wait"] * 5
    for name, timing in times.items():
        assert timing.name == name and len(timing.seconds) == 3
        assert timing.warmup == 2 and timing.waited and min(timing.seconds) >= 0


def test_nothing_to_time_is_an_error():
    with pytest.raises(ValueError, match="nothing to time"):
        measure({})
    with pytest.raises(ValueError, match="repeat=0"):
        measure({"a": list}, repeat=0)


def test_a_result_that_may_not_be_finished_is_noticed():
    for result in (ON_GPU, Future(), (1, [ON_GPU]), {"out": Future()}):
        assert may_be_unfinished(result)
        assert not measure({"a": lambda result=result: result}, repeat=1)["a"].waited
        assert measure({"a": lambda result=result: result}, 1, synchronise=list)["a"].waited
    assert not may_be_unfinished((1.0, None, "text"))


def test_a_speed_up_needs_warm_up_and_waiting():
    slow, fast = Timing("slow", (4.0, 2.0, 9.0), 1, True), Timing("fast", (1.0, 1.0, 8.0), 1, True)
    assert speedup(slow, fast) == 4.0
    with pytest.raises(ValueError, match="cold was not warmed up"):
        speedup(slow, Timing("cold", (1.0,), 0, True))
    with pytest.raises(ValueError, match="nobody waited for hasty"):
        speedup(Timing("hasty", (1.0,), 3, False), fast)


def test_a_timing_in_words():
    assert str(Timing("im2col", (0.002, 0.001, 0.004), 1, True)) == "im2col: 2 ms (1 to 4)"
