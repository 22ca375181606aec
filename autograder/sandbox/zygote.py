"""The process that forks the students' processes, so that each starts warm.

It has imported what the notebook's own import cells name and made the IPython shell; it holds no
secret, runs no student's code and has one thread. For each submission, and for each restart, it
forks a child that moves into namespaces of its own (processes, mounts, network, messages, user),
empties the folders in memory and puts a guard before the student's process. The grader holds the
ends of the child's pipes and a handle of its process 1: when it kills that one, everything that the
student started is gone.

The same file starts a single worker cold where there is no fork (Windows) or no namespace left.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

import numpy.random  # or each worker would import it anew

from . import lock, worker
from .guard import guard
from .room import environment


def main():
    """Start as sys.argv[-1] says, a JSON object."""
    settings = json.loads(sys.argv[-1])
    sys.path[:0] = settings["path"]
    if settings["forks"]:
        control = socket.socket(fileno=os.dup(0))
        worker.silence()
        student = warm(settings["modules"])
        control.send(json.dumps({"threads": threads()}).encode())
        serve(control, student, settings)
    else:
        requests, replies = worker.private_pipes()
        live(warm(settings["modules"]), requests, replies, settings)


def warm(modules):
    """Import what a notebook needs and make its shell; nothing is computed."""
    student = worker.Student()  # before Matplotlib, which hooks into the shell
    for name in modules:
        with contextlib.suppress(Exception):  # the notebook's own import says what is wrong
            importlib.import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, all that the children share
    return student


def threads():
    """How many threads run: a process with more than one must not be forked."""
    with contextlib.suppress(OSError):
        return len(list(Path("/proc/self/task").iterdir()))
    return threading.active_count()


def serve(control, student, settings):
    """Fork a worker for every message until the grader hangs up."""
    while True:
        message, files, _, _ = socket.recv_fds(control, 2**16, 3)
        if not message:
            return
        child = os.fork()
        if not child:
            with ended_by_errors(control):
                become_worker(control, files, student, settings | json.loads(message))
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):  # it can't say so itself
            control.send(b"the process was killed while it forked")


@contextlib.contextmanager
def ended_by_errors(control):
    """Leave a forked process on every way out of the block, and tell the grader why."""
    try:
        yield
    except BaseException as error:
        control.send(f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(1)


def become_worker(control, files, student, settings):
    """In a child: fork the first process of new namespaces and give the grader its handle."""
    os.setsid()
    if settings["protected"]:
        lock.own_namespaces()
    first = os.fork()
    if first:
        socket.send_fds(control, [b"%d" % os.getpid()], [os.pidfd_open(first)])
        os._exit(0)
    requests, replies, complaints = files
    os.dup2(complaints, 2)
    try:
        close_others(requests, replies)
        if settings["protected"]:
            lock.few_processes(settings["processes"])
            lock.own_folders(settings["emptied"], settings["file_mib"], settings["hidden"])
        move_to(settings["scratch"])
        live(student, os.fdopen(requests, "rb"), os.fdopen(replies, "wb"), settings)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    os._exit(1)


def close_others(*kept):
    """Close every file but these and the first three."""
    for file in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if file > 2 and file not in kept:
            with contextlib.suppress(OSError):  # the listing itself
                os.close(file)


def move_to(scratch):
    os.chdir(scratch)
    os.environ.update(environment(scratch))
    tempfile.tempdir = None  # it was looked up where the parent was


def live(student, requests, replies, settings):
    """Lock what is left, put a guard before the student's process, answer until the input ends."""
    if settings["protected"]:
        lock.give_up_privileges()
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        child = os.fork()
        if child:
            requests.close()
            replies.close()
            counted = (settings["memory_mib"], settings["processes"])
            lock.hide_from_own_kind(True)
            guard(child, *(counted if settings["protected"] else ()))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    worker.silence()
    processes = settings["processes"] if settings["protected"] else None
    lock.limit_resources(settings["memory_mib"], settings["file_mib"], processes)
    student.recorder.limit = settings["output_bytes"]
    random.seed(0)  # a submission gives the same result whenever it is graded
    numpy.random.seed(0)  # noqa: NPY002 (the generator that students may use)
    worker.answer(student, requests, replies)
    os._exit(0)
