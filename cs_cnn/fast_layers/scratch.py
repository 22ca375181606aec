"""Memory that is used again and again.

Fresh memory is slow: the first touch of every page is a visit to the kernel. So a layer cuts its
work into parts that fit in the processor's cache, and every part borrows the same buffers from
`scratch`.
"""

import os
import threading
from math import prod
from weakref import WeakValueDictionary

import numpy as np

from cs_cnn.fast_layers.results import drop_results

KEPT = 24 * 2**20  # bytes of scratch that a thread keeps at most

_lock = threading.Lock()
_local = threading.local()
_stores = WeakValueDictionary()  # the buffers of each thread that lives, for drop_scratch


class _Store(dict):
    """The buffers of one thread, by name; it goes when its thread goes."""


def scratch(name, shape, dtype):
    """Borrow an array, not initialised; what an earlier call of the same name holds is overwritten.

    Parameters
    ----------
    name : str
        What it is for. Each thread has its own buffer for each name.
    shape : tuple of ints
    dtype : dtype
    """
    if not hasattr(_local, "store"):
        _local.store = _Store()
        with _lock:
            _stores[threading.get_ident()] = _local.store
    store, size = _local.store, prod(shape) * np.dtype(dtype).itemsize
    buffer = store.get(name)
    if buffer is None or buffer.size < size:
        buffer = None  # so that its memory goes before the larger one comes
        store.pop(name, None)
        if sum(b.size for b in store.values()) + size > KEPT:
            store.clear()  # arrays in use stay alive, they are only no longer kept
        buffer = np.empty(size, np.uint8)
        if size <= KEPT:
            store[name] = buffer
    return buffer[:size].view(dtype).reshape(shape)


def drop_scratch():
    """Give all memory back that waits to be used again. What still runs keeps what it has."""
    drop_results()
    with _lock:
        for store in list(_stores.values()):
            store.clear()


def scratch_bytes():
    """How many bytes of scratch are kept now, by all threads."""
    with _lock:
        return sum(b.size for store in list(_stores.values()) for b in list(store.values()))


def _after_fork():
    """A forked child has none of the threads, and nobody who would open a closed lock."""
    global _lock, _local
    _lock, _local = threading.Lock(), threading.local()
    _stores.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
