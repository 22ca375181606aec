"""One thread per core: how all the fast layers share their work.

`each` hands the parts of it to one thread per core; NumPy lets other threads run while it computes.
BLAS, which would start threads of its own, is held to one meanwhile: two sets of threads on the
same cores only get in each other's way.
"""

import ctypes
import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

SMALL = 7e5  # operations below which waking another thread costs more than it brings

_lock = threading.Lock()
_this_core = None
if hasattr(os, "sched_setaffinity"):
    _this_core = getattr(ctypes.PyDLL(None), "sched_getcpu", None)


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


_helpers = []  # the system's numbers of the pool's threads


@cache
def _pool():
    def enter():
        _helpers.append(threading.get_native_id())

    return ThreadPoolExecutor(max(1, cores() - 1), "fast_layers", enter)


@contextmanager
def apart():
    """Keep this thread on its core, and the helpers off it.

    Left alone, Linux wakes a thread on the core of the one that wakes it. After a rest both share
    one core for a twentieth of a second, while the other is idle.
    """
    allowed = os.sched_getaffinity(0) if _this_core else ()
    if len(allowed) < 2:
        yield
        return
    here = _this_core()
    _pin(0, {here})
    for helper in _helpers:
        _pin(helper, allowed - {here})
    try:
        yield
    finally:
        _pin(0, allowed)


def _pin(thread, allowed):
    with suppress(OSError):  # the core is gone, or a sandbox forbids it: slower, not wrong
        os.sched_setaffinity(thread, allowed)


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
    pool = _pool() if helpers else None
    with one_blas_thread(), apart() if helpers else nullcontext():
        futures = [pool.submit(work) for _ in range(helpers)]
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
    global _lock, _users
    _lock = threading.Lock()
    _pool.cache_clear()
    _helpers.clear()
    if _users:
        _users = 0
        for library, number in zip(_blas(), _threads, strict=True):
            library.set_num_threads(number)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
