"""Runs a function on many tasks, on the cores of this machine or on any Dask scheduler.

All that the project uses of Dask is here. Tasks and results are plain data. Few tasks are under way
at a time, so a class of any size needs the same memory. A worker that dies costs time only: Dask
starts another and gives its task to one that lives, three times over, before the task fails.
"""

import contextlib
import itertools
import logging
import multiprocessing
import os

ALLOWED_DEATHS = 3
PATIENCE = 30  # seconds to wait for a scheduler
AHEAD = 2  # tasks handed out per worker: one that runs, one that waits beside it


class WorkerDied(RuntimeError):
    """Several workers ended while they ran one task."""


class SchedulerLost(RuntimeError):
    """The scheduler can't be reached, or went away; what was given back until then stands."""


def run(function, tasks, jobs=None, scheduler=None, on_change=None):
    """Give the result of each task as soon as it is done.

    Parameters
    ----------
    function : callable
        One that a worker can import.
    tasks : iterable of (key, arguments)
        Read as workers become free.
    jobs : int, optional
        Processes on this machine; one a core by default. 1 runs the tasks in this process.
    scheduler : str, optional
        The address of a Dask scheduler to use instead, e.g. "tcp://10.0.0.1:8786".
    on_change : callable, optional
        ``on_change(running)`` whenever the number of running tasks changes.

    Yields
    ------
    key, result or exception

    Raises
    ------
    SchedulerLost
    """
    report = on_change or (lambda running: None)
    if scheduler is None and jobs == 1:
        yield from run_here(function, tasks, report)
        return
    with client_of(jobs, scheduler, function.__module__) as client:
        yield from run_there(client, function, tasks, report)


def run_here(function, tasks, report):
    """Run the tasks in this process, one after the other."""
    for key, arguments in tasks:
        report(1)
        try:
            result = function(*arguments)
        except Exception as error:
            result = error
        yield key, result
    report(0)


def run_there(client, function, tasks, report):
    """Run the tasks on the workers of a Dask client."""
    from distributed import KilledWorker, as_completed

    waiting, keys, done = iter(tasks), {}, as_completed()

    def hand_out():
        try:
            workers = max(1, sum(client.nthreads().values()))
        except OSError:
            raise SchedulerLost("the scheduler went away") from None
        for key, arguments in itertools.islice(waiting, max(0, AHEAD * workers - len(keys))):
            future = client.submit(function, *arguments, pure=False)
            keys[future] = key
            done.add(future)
        report(min(len(keys), workers))

    hand_out()
    for future in done:
        if future.status == "lost":  # its worker ended before the result was here: it runs again
            done.add(future)
            continue
        if future.status not in ("finished", "error"):
            raise SchedulerLost("the scheduler went away")
        error = future.exception()
        if isinstance(error, KilledWorker):
            error = WorkerDied(f"the process that ran it ended, {ALLOWED_DEATHS + 1} times over")
        yield keys.pop(future), error or future.result()
        future.release()
        hand_out()


@contextlib.contextmanager
def client_of(jobs, scheduler, module):
    """Connect to a scheduler, or start one on this machine that nothing outside it can reach."""
    import dask
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=PATIENCE)
        except OSError as error:
            raise SchedulerLost(f"no scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    sizes = {"n_workers": jobs or os.cpu_count(), "threads_per_worker": 1, "memory_limit": 0}
    with (
        dask.config.set(start_of_workers(module)),
        LocalCluster(silence_logs=logging.CRITICAL, **here, **sizes) as cluster,
        Client(cluster) as client,
    ):
        yield client


def start_of_workers(module):
    """Dask's settings for workers on this machine: imported once, then forked where that works."""
    settings = {"distributed.scheduler.allowed-failures": ALLOWED_DEATHS}
    if import_ahead([module]):
        settings["distributed.worker.multiprocessing-method"] = "forkserver"
    return settings


def import_ahead(modules):
    """Start the process that workers are forked from; it imports while this one does other things.

    Does nothing where it runs already. False where processes can't be forked.

    Parameters
    ----------
    modules : list of str
        What a worker should have at hand.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return False
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["distributed", *modules])
    forkserver.ensure_running()
    return True
