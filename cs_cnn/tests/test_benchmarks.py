"""The benchmarks: what is timed is right and the same for all, and nothing is made up."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info
from typer.testing import CliRunner

import cs_cnn.cli
from benchmarks import __main__ as command
from benchmarks import bars, contenders, environment, shapes, timing
from cs_cnn.timing import Timing, speedup

TINY = [
    shapes.conv(2, 3, 9, 4, 3, stride=2, padding=1),
    shapes.Case("max_pool2d", (2, 3, 9, 9), None, {"kernel_size": 3, "stride": 2}),
    shapes.Case("batch_norm", (2, 3, 5, 5)),
]


def test_the_shapes_are_those_of_the_bars_and_all_fit():
    assert len(set(map(str, shapes.CASES))) == len(shapes.CASES) == 18
    assert str(shapes.CONVOLUTIONS[0]) == "conv (100,3,31,31)x25 3x3 s2 p1"
    assert str(shapes.POOLINGS[1]) == "max pool (64,64,32,32) 3x3 s2"
    assert shapes.smaller(shapes.NORMS[0]).x == (8, 64, 32, 32)
    assert shapes.smaller(shapes.conv(1, 2, 3, 4, 1)).x[0] == 1


def test_operations_are_counted_as_the_definition_does_them():
    case = TINY[0]  # 2 images, 4 filters, 5 x 5 places, 3 x 3 x 3 products and sums
    assert case.operations == 2 * 2 * 4 * 25 * 27
    assert TINY[1].operations == 0


@pytest.mark.parametrize("case", TINY, ids=str)
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("layout", ["nchw", "channels-last"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_contenders_compute_the_same(case, backward, layout, dtype):
    functions = contenders.contenders(case, dtype, backward, layout)
    contenders.compare(case, functions, dtype)
    weights = {"conv2d": 2, "max_pool2d": 0, "batch_norm": 2}[case.layer]
    for name, function in functions.items():
        results = function()
        assert len(results) == (2 + weights if backward else 1), name
        assert {np.dtype(dtype)} == {result.dtype for result in results}
    assert (contenders.PLAIN in functions) == (case.layer == "conv2d")


def test_a_contender_that_is_wrong_is_not_timed():
    case = TINY[0]
    functions = contenders.contenders(case, "float32")
    fast = functions[contenders.FAST]
    functions[contenders.FAST] = lambda: [1.01 * fast()[0]]
    with pytest.raises(AssertionError, match=r"fast is wrong: conv \(2,3,9,9\)"):
        contenders.compare(case, functions, "float32")


@pytest.mark.parametrize("case", TINY, ids=str)
def test_the_definition_is_timed_on_one_row_and_scaled(case, monkeypatch):
    """With a clock that says how many numbers the function returned."""

    def counted(functions, repeat):
        ((name, function),) = functions.items()
        return {name: Timing(name, (float(function()[0].size),), 1, True)}

    monkeypatch.setattr(contenders, "measure", counted)
    whole = contenders.contenders(case, "float64")[contenders.FAST]()[0]
    assert contenders.naive_seconds(case, "float64") == whole.size


def test_functions_take_turns_and_the_first_call_of_a_turn_is_not_counted():
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    timings = timing.in_turns(functions, rounds=2, repeat=3)
    assert "".join(calls) == 2 * (4 * "a" + 4 * "b")
    assert [len(timings[name].seconds) for name in "ab"] == [6, 6]
    assert speedup(timings["a"], timings["b"]) > 0
    cold = Timing("cold", (1.0,), 0, True)
    with pytest.raises(ValueError, match="not warmed up"):
        speedup(timing.merged([timings["a"], cold]), timings["b"])


def test_spread_is_the_middle_half():
    assert timing.spread(Timing("f", (1.0, 2.0, 3.0, 4.0, 100.0), 1, True)) == (2, 4)


def test_extra_memory_is_what_a_call_takes_besides_its_results():
    def call():
        column = np.ones(3 * 2**20, np.uint8)
        return [column[: 2**20].copy()]

    assert 3 <= timing.extra_memory(call, kept=lambda results: results) / 2**20 < 3.1


def test_the_peak_counts_two_operations_for_each_product_and_takes_the_best(monkeypatch):
    timings = {"product": Timing("product", (4.0, 2.0, 3.0), 1, True)}
    monkeypatch.setattr(timing, "in_turns", lambda functions, rounds, repeat: timings)
    assert timing.matmul_peak("float32", size=10) == 2 * 10**3 / 2.0


def test_means_are_geometric_and_meet_their_bars():
    rows = [{"groups": ["conv2d", "3x3"], "times PyTorch": r} for r in (1.0, 4.0)]
    rows += [{"groups": ["conv2d"], "times PyTorch": 0.25}, {"groups": ["max_pool2d"]}]
    wanted = [
        bars.Bar("all", "times PyTorch", "conv2d", 1.5),
        bars.Bar("3x3", "times PyTorch", "3x3", 4.0),
        bars.Bar("missing", "times im2col", "max_pool2d", 1.0),
    ]
    assert bars.means(rows, wanted) == [("all", pytest.approx(1), 1.5), ("3x3", 2.0, 4.0)]


def test_bars_are_about_the_cases_that_their_names_say():
    members = {}
    for case in shapes.CASES:
        for group in bars.groups(case):
            members.setdefault(group, []).append(case)
    assert {case.w[2:] for case in members["3x3"]} == {(3, 3)} and len(members["3x3"]) == 7
    deep = members["3x3 of 64 channels"]
    assert deep == [case for case in members["3x3"] if case.w[1] >= 64]
    assert len(members["conv2d"]) == 12
    for dtype, backward in [("float32", False), ("float32", True), ("float64", False)]:
        assert {bar.group for bar in bars.bars(dtype, backward)} <= set(members)


@pytest.mark.parametrize("backward", [False, True])
def test_the_command_prints_a_table_and_writes_numbers_and_a_picture(
    backward, tmp_path, monkeypatch
):
    monkeypatch.setattr(shapes, "CASES", TINY)
    monkeypatch.setattr(timing, "matmul_peak", lambda dtype, rounds: 1e9)
    arguments = ["--out", str(tmp_path / "deep" / "bench"), "--no-gpu"]
    result = CliRunner().invoke(command.app, arguments + ["--backward"] * backward)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "deep" / "bench.json").read_text())
    assert [row["case"] for row in found["rows"]] == list(map(str, TINY))
    conv = found["rows"][0]
    seconds = conv["seconds"]
    assert conv["times PyTorch"] == seconds["PyTorch"] / seconds["fast"]
    assert conv["times the faster PyTorch"] <= conv["times PyTorch"]
    assert ("of peak" in conv) == ("naive seconds, scaled" in conv) == (not backward)
    if not backward:
        assert conv["of peak"] == TINY[0].operations / seconds["fast"] / 1e9
    assert (tmp_path / "deep" / "bench.png").read_bytes()[1:4] == b"PNG"


def test_an_unknown_case_and_a_missing_folder_are_told(monkeypatch, tmp_path):
    result = CliRunner().invoke(command.app, ["--only", "no such layer"])
    assert result.exit_code == 2
    assert "no such layer" in result.output
    monkeypatch.setattr(cs_cnn.cli, "BENCHMARKS", tmp_path / "benchmarks")
    result = CliRunner().invoke(cs_cnn.cli.app, ["bench"])
    assert result.exit_code == 1
    assert "clone the course" in result.output


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """(command, environment) of every program that would take this one's place."""
    programs = []
    monkeypatch.delenv(environment.HELD, raising=False)
    monkeypatch.setattr(os, "execve", lambda path, words, env: programs.append((words, env)))
    monkeypatch.setattr(environment.platform, "libc_ver", lambda: ("glibc", "2.39"))
    return programs


def test_the_tuned_allocator_starts_the_program_again(started, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "benchmarks", "--allocator", "tuned"])
    environment.settle(tuned=True)
    ((again, env),) = started
    assert again == sys.orig_argv
    assert environment.TUNED.items() <= env.items()
    for name, value in environment.TUNED.items():
        monkeypatch.setenv(name, value)
    environment.settle(tuned=True)
    assert len(started) == 1


def test_the_kernels_of_another_processor_are_given_up_unless_asked_for(started, monkeypatch):
    environment.settle()
    monkeypatch.setenv(environment.HELD, "Prescott")
    environment.settle(blas_as_set=True)
    assert not started
    environment.settle()
    ((_, env),) = started
    assert environment.HELD not in env and env["PATH"] == os.environ["PATH"]


def test_the_blas_of_numpy_is_named():
    names = environment.blas()
    assert any(d["version"] in names for d in threadpool_info() if d["user_api"] == "blas")


def test_the_program_starts_as_a_module():
    run = [sys.executable, "-m", "benchmarks", "--help"]
    result = subprocess.run(run, cwd=cs_cnn.cli.BENCHMARKS.parent, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "--allocator" in result.stdout
