"""Honest times: in turns, warmed up, waited for; and what a call needs besides time.

`cs_cnn.timing` measures and refuses a speed-up without warm-up. What it takes to compare libraries
that keep threads of their own is here: such threads go on spinning after their work, OpenMP's for
some milliseconds and OpenBLAS's for a tenth of a second, on the cores that the next one needs. So
each turn begins when all threads have come to rest, and its first call is not counted.
"""

import time
import tracemalloc
from statistics import quantiles

import numpy as np

from cs_cnn.fast_layers import drop_scratch
from cs_cnn.timing import Timing, measure

PAUSE = 0.02  # seconds


def rest(limit=2.0):
    """Wait until no thread of this process computes or spins, for at most `limit` seconds."""
    for _ in range(round(limit / PAUSE)):
        before = time.process_time()
        time.sleep(PAUSE)
        if time.process_time() - before < 0.1 * PAUSE:
            return


def in_turns(functions, rounds=3, repeat=3, synchronise=None):
    """Time functions side by side: in each round every one has a turn of several calls.

    Parameters
    ----------
    functions : dict of str to callable without arguments
    rounds, repeat : int
        Turns of each, and timed calls in a turn, after one that warms up.
    synchronise : callable without arguments, optional
        Waits until the device has done its work.

    Returns
    -------
    dict of str to cs_cnn.timing.Timing
    """
    turns = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            rest()
            turns[name] += measure({name: function}, repeat, 1, synchronise).values()
    return {name: merged(timings) for name, timings in turns.items()}


def merged(timings):
    """All turns of one function as one Timing."""
    seconds = tuple(s for timing in timings for s in timing.seconds)
    warmup = min(timing.warmup for timing in timings)
    return Timing(timings[0].name, seconds, warmup, all(timing.waited for timing in timings))


def spread(timing):
    """Half of the calls lie between these: the quartiles, in seconds."""
    if len(timing.seconds) < 2:
        return timing.median, timing.median
    low, _, high = quantiles(timing.seconds, n=4, method="inclusive")
    return low, high


def matmul_peak(dtype, size=1536, rounds=3):
    """Operations per second of this machine's best matrix product: no layer by definition beats it.

    The best of a few products of two square matrices, on all the threads that BLAS uses.
    """
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    timing = in_turns({"product": lambda: np.matmul(a, b, out=out)}, rounds, 5)["product"]
    return 2 * size**3 / min(timing.seconds)


def extra_memory(function, kept):
    """Bytes that one call of `function` takes at most, besides the results it gives back.

    Scratch memory that is kept between calls is dropped first, so it counts. Only memory that goes
    through Python's allocators is seen: NumPy's is, PyTorch's is not.

    Parameters
    ----------
    function : callable without arguments
    kept : callable
        Picks the results' arrays from what `function` returns: a list.
    """
    drop_scratch()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        results = function()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return max(0, peak - before - sum(a.nbytes for a in kept(results)))
