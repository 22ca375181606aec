"""Honest timing: warmed up, taken in turns, waited for; a speed-up without these is refused."""

import time
from concurrent.futures import Future
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Timing:
    """How long the calls of one function took.

    Attributes
    ----------
    name : str
    seconds : tuple of float
        One for each timed call.
    warmup : int
        Calls before the first timed one.
    waited : bool
        False if the calls may have returned before their work was done.
    """

    name: str
    seconds: tuple
    warmup: int
    waited: bool

    @property
    def median(self):
        """The time in seconds that half of the calls stayed under."""
        return median(self.seconds)

    def __str__(self):
        low, high = 1e3 * min(self.seconds), 1e3 * max(self.seconds)
        return f"{self.name}: {1e3 * self.median:.3g} ms ({low:.3g} to {high:.3g})"


def measure(functions, repeat=7, warmup=1, synchronise=None):
    """Time functions side by side: in each round every one is called once.

    In turns, because a machine that is busy for a second should slow all of them down alike.

    Parameters
    ----------
    functions : dict of str to callable without arguments
    repeat : int
        Timed calls of each.
    warmup : int
        Calls of each before that: the first one loads, allocates and compiles.
    synchronise : callable without arguments, optional
        Waits until the device has done its work. A call on a GPU only files an order and returns.

    Returns
    -------
    dict of str to Timing

    Raises
    ------
    ValueError
        If there is nothing to time.
    """
    if not functions or repeat < 1:
        raise ValueError(f"measure: nothing to time ({len(functions)} functions, repeat={repeat})")
    wait = synchronise or (lambda: None)
    seconds = {name: [] for name in functions}
    waited = dict.fromkeys(functions, True)
    for k in range(warmup + repeat):
        for name, function in functions.items():
            wait()
            began = time.perf_counter()
            result = function()
            wait()
            if k >= warmup:
                seconds[name].append(time.perf_counter() - began)
            waited[name] &= synchronise is not None or not may_be_unfinished(result)
    return {n: Timing(n, tuple(s), warmup, waited[n]) for n, s in seconds.items()}


def may_be_unfinished(result):
    """Whether a result may still be in the making: on a GPU, or promised by another thread."""
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, tuple | list):
        return any(map(may_be_unfinished, result))
    return isinstance(result, Future) or hasattr(result, "__cuda_array_interface__")


def speedup(slow, fast):
    """How many times faster `fast` is, by the medians.

    Parameters
    ----------
    slow, fast : Timing

    Raises
    ------
    ValueError
        If one of them was not warmed up or not waited for: such a ratio would mean nothing.
    """
    for timing in (slow, fast):
        if timing.warmup < 1:
            raise ValueError(
                f"speedup: {timing.name} was not warmed up: its first call also loads, allocates "
                "and compiles; measure with warmup=1 or more"
            )
        if not timing.waited:
            raise ValueError(
                f"speedup: nobody waited for {timing.name}: its calls return before the work is "
                "done; measure with synchronise=a function that waits for the device"
            )
    return slow.median / fast.median
