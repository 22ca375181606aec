"""Memory that is used again and again, and one thread per core: what all the fast layers share.

Fresh memory is slow: the first touch of every page is a visit to the kernel. So a layer cuts its
work into parts that fit in the processor's cache, and every part borrows the same buffers from
`scratch`. `each` hands the parts to one thread per core; NumPy lets other threads run while it
computes. BLAS, which would start threads of its own, is held to one meanwhile: two sets of threads
on the same cores only get in each other's way.
"""

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from math import prod
from weakref import WeakValueDictionary

import numpy as np
from threadpoolctl import ThreadpoolController

KEPT = 24 * 2**20  # bytes of scratch that a thread keeps at most
SMALL = 2e6  # operations below which waking another thread costs more than it brings

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
        store.pop(name, None)
        if sum(b.size for b in store.values()) + size > KEPT:
            store.clear()  # arrays in use stay alive, they are only no longer kept
        buffer = np.empty(size, np.uint8)
        if size <= KEPT:
            store[name] = buffer
    return buffer[:size].view(dtype).reshape(shape)


def drop_scratch():
    """Give all scratch memory back. What still runs keeps what it has borrowed."""
    with _lock:
        for store in list(_stores.values()):
            store.clear()


def scratch_bytes():
    """How many bytes of scratch are kept now, by all threads."""
    with _lock:
        return sum(b.size for store in list(_stores.values()) for b in list(store.values()))


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@cache
def _pool():
    return ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix="fast_layers")


def each(task, parts, operations=np.inf):
    """Call `task(part)` for every part, on all cores; return when all are done.

    The calling thread takes parts too, so a busy pool only makes it slower. The first error that a
    task raises is raised here.

    Parameters
    ----------
    task : callable
    parts : iterable
    operations : float
        About how many numbers all parts compute one by one; in matrix products, where ten are as
        fast as one, a tenth of the multiplications. Small work stays on this thread.
    """
    todo = deque(parts)

    def work():
        while todo:
            try:
                part = todo.popleft()
            except IndexError:  # another thread was faster
                return
            task(part)

    helpers = min(cores(), len(todo)) - 1 if operations > SMALL else 0
    with one_blas_thread():
        futures = [_pool().submit(work) for _ in range(helpers)]
        try:
            work()
        finally:
            todo.clear()  # after an error nobody starts another part
            started = [future for future in futures if not future.cancel()]
            errors = [future.exception() for future in started]
    for error in errors:
        if error:
            raise error


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas").lib_controllers


_users, _threads = 0, []  # how many calls want one BLAS thread now, and what was set before


@contextmanager
def one_blas_thread():
    """BLAS computes on one thread inside; outside again when the last of all callers has left."""
    global _users, _threads
    with _lock:
        if _users == 0:
            _threads = [library.get_num_threads() for library in _blas()]
            for library in _blas():
                library.set_num_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                for library, number in zip(_blas(), _threads, strict=True):
                    library.set_num_threads(number)


def _after_fork():
    """A forked child has none of the threads, and nobody who would open a closed lock."""
    global _lock, _local, _users
    _lock, _local = threading.Lock(), threading.local()
    _pool.cache_clear()
    _stores.clear()
    if _users:
        _users = 0
        for library, number in zip(_blas(), _threads, strict=True):
            library.set_num_threads(number)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
