"""The memory of results: used again, but never while somebody looks at it."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from cs_cnn import fast_layers
from cs_cnn.fast_layers import results

SHAPE = (3, 4, 256, 256)  # 3 MiB of float32


@pytest.fixture(autouse=True)
def nothing_waits():
    fast_layers.drop_scratch()
    assert results.waiting_bytes() == 0
    yield
    fast_layers.drop_scratch()


def address(array):
    return array.__array_interface__["data"][0]


def test_a_result_takes_the_memory_of_one_that_ended_of_its_size():
    first = results.empty(SHAPE, np.float32)
    here = address(first)
    other = results.empty(SHAPE, np.float32)
    assert address(other) != here and results.waiting_bytes() == 0
    del first
    assert results.waiting_bytes() == 3 * 2**20
    assert address(results.empty((2, *SHAPE), np.float32)) != here
    again = results.empty((SHAPE[0], SHAPE[1] // 2, *SHAPE[2:]), np.float64)
    assert address(again) == here and again.dtype == np.float64 and again.flags.writeable
    assert again.flags.c_contiguous


@pytest.mark.parametrize(
    "look", [lambda a: a[1:], lambda a: a.T, lambda a: a.view(np.int32).ravel()]
)
def test_memory_waits_only_when_nobody_looks_at_it(look):
    whole = results.empty(SHAPE, np.float32)
    part, here = look(whole), address(whole)
    del whole
    assert results.waiting_bytes() == 0 and address(results.empty(SHAPE, np.float32)) != here
    part[...] = 1
    fast_layers.drop_scratch()
    del part
    assert results.waiting_bytes() == 3 * 2**20


def test_what_waits_is_bounded_and_the_oldest_goes_first(monkeypatch):
    monkeypatch.setattr(results, "KEPT", 5 * 2**20)
    arrays = [results.empty((n, 2**20), np.uint8) for n in (1, 2, 3)]
    new = address(arrays[2])
    while arrays:
        del arrays[0]
    assert results.waiting_bytes() == 5 * 2**20
    assert address(results.empty((3, 2**20), np.uint8)) == new


def test_small_arrays_and_those_of_no_numbers_are_numpys():
    assert results.empty((5, 5), np.float32).base is None
    assert results.empty((0, 5), np.float32).shape == (0, 5)
    assert results.waiting_bytes() == 0


def test_when_memory_runs_out_what_waits_is_given_back_first(monkeypatch):
    results.empty(SHAPE, np.float32)  # ends at once
    empty, calls = np.empty, []

    def scarce(*args):
        calls.append(results.waiting_bytes())
        if len(calls) == 1:
            raise MemoryError
        return empty(*args)

    monkeypatch.setattr(np, "empty", scarce)
    assert results.empty((2, *SHAPE), np.float32).shape == (2, *SHAPE)
    assert calls == [3 * 2**20, 0]


def test_layers_give_their_results_in_any_layout_and_use_them_again():
    x = np.random.default_rng(0).standard_normal((8, 16, 64, 64)).astype(np.float32)
    for images in (x, fast_layers.channels_last(x), np.asfortranarray(x)):
        out, _ = fast_layers.relu_forward(images)
        assert out.strides == np.empty_like(images).strides
        assert np.array_equal(out, np.maximum(x, 0))
        here = address(out)
        del out, _
        assert address(fast_layers.relu_forward(images)[0]) == here


def test_threads_never_share_a_result():
    wrong = []

    def work(number):
        for _ in range(200):
            array = results.empty(SHAPE[1:], np.float32)
            array.fill(number)
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_result_that_lives_until_the_end_ends_silently():
    code = f"from cs_cnn.fast_layers import results; kept = results.empty({SHAPE}, 'f')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
