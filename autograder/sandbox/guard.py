"""The parent of a student's process: it reaps, counts and has the last word.

It is the first process of the student's own process namespace, so that everything the student has
started ends with it. It looks ten times a second at what all processes use together, and says on
standard error why it ended.
"""

import os
import signal
from pathlib import Path

LOOK_SECONDS = 0.1
PAGE = 4096 if os.name != "posix" else os.sysconf("SC_PAGE_SIZE")


def guard(child, memory_mib=None, processes=None):
    """Wait for the student's process and end with it, or before if a limit is passed.

    Parameters
    ----------
    child : int
    memory_mib, processes : int, optional
        What all processes of this namespace may use together, threads counted as processes. None
        where the namespace is not their own, and nothing is counted.
    """
    shared = pages_of("self")  # what a fork starts with
    while True:
        while (ended := os.waitpid(-1, os.WNOHANG if memory_mib else 0)) != (0, 0):
            if ended[0] == child:
                finish(how_it_ended(ended[1]))
        tasks, pages = use(shared, processes)
        if pages * PAGE > memory_mib * 2**20:
            finish(f"stopped: it used more than {memory_mib} MiB of memory")
        if tasks > processes:
            finish(f"stopped: it started more than {processes} processes and threads")
        signal.sigtimedwait([signal.SIGCHLD], LOOK_SECONDS)


def use(shared, most):
    """Count the threads of all other processes, and their pages beyond `shared` of each."""
    others = [f for f in Path("/proc").glob("[0-9]*") if f.name != str(os.getpid())]
    if len(others) > most:  # a fork bomb: be quick
        return len(others), 0
    tasks = pages = 0
    for folder in others:
        try:
            tasks += len(list((folder / "task").iterdir()))
            pages += max(pages_of(folder.name) - shared, 0)
        except OSError:  # it has just ended
            continue
    return tasks, pages


def pages_of(process):
    return int(Path(f"/proc/{process}/statm").read_text().split()[1])


def how_it_ended(status):
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else f"signal {-code}"


def finish(reason):
    os.write(2, f"{reason}\n".encode())
    os._exit(0)
