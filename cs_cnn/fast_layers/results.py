"""Memory for results, used again once nobody looks at them any more.

The C library takes large arrays from the system one by one and gives each back when it ends, and
the system fills every fresh page with zeros: for a layer that computes little, half of its time.
But a training step wants the same sizes as the step before. So the memory of a large result waits,
when the last array that looks at it ends, for the next result of this size.
"""

import os
import threading
from math import prod

import numpy as np

LARGE = 2**20  # bytes; smaller arrays stay in the process anyway
KEPT = 2**28  # bytes that wait at most; what has waited longest goes first

_lock = threading.RLock()  # a result may end within any call, also one of this module
_waiting = []  # buffers, that which has waited longest first


class _Lent:
    """A buffer for as long as arrays look at it: they hold this object, as their base."""

    def __init__(self, buffer, shape, dtype):
        self.buffer = buffer
        address = buffer.__array_interface__["data"]
        self.__array_interface__ = {
            "shape": tuple(shape),
            "typestr": dtype.str,
            "data": address,
            "version": 3,
        }

    def __del__(self):
        _keep(self.buffer)


def empty(shape, dtype):
    """An array in C order, not initialised, as `np.empty`."""
    dtype = np.dtype(dtype)
    size = prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    return np.asarray(_Lent(_take(size), shape, dtype))


def empty_images(shape, dtype, channels_last):
    """An array (N, C, H, W), not initialised, in C order or with the channels last in memory."""
    if channels_last:
        N, C, H, W = shape
        return empty((N, H, W, C), dtype).transpose(0, 3, 1, 2)
    return empty(shape, dtype)


def _take(size):
    with _lock:
        for i in reversed(range(len(_waiting))):
            if _waiting[i].size == size:
                return _waiting.pop(i)
    try:
        return np.empty(size, np.uint8)
    except MemoryError:
        drop_results()
        return np.empty(size, np.uint8)


def _keep(buffer):
    with _lock:
        _waiting.append(buffer)
        size = waiting_bytes()
        while size > KEPT:
            size -= _waiting.pop(0).size


def waiting_bytes():
    """How many bytes wait for the next results."""
    with _lock:
        return sum(buffer.size for buffer in _waiting)


def drop_results():
    """Give the memory that waits for results back to the system."""
    with _lock:
        _waiting.clear()


def _after_fork():
    """A forked child has none of the threads that might have held the lock."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
