"""Functions that can stop in the middle, let others run, and go on: the emulator's threads."""

import os
import threading
from _thread import start_new_thread  # without the handshake of threading.Thread
from contextlib import contextmanager

STACK = 512 * 1024  # bytes of each thread; a kernel is shallow
_IDLE = []  # workers that wait for their next call; starting a thread takes longer than waking one
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE.clear)  # threads don't live on in a copy of a process


class Dropped(BaseException):
    """Ends a fibre that nobody will resume."""


class Fibre:
    """A call that runs in a thread of its own, but only while somebody waits in `resume`."""

    def __init__(self, function, arguments):
        self.call = function, arguments
        self.go, self.back = _closed(), _closed()
        self.started = self.ended = self.dropped = False
        self.error = self.line = None

    def resume(self):
        """Let it run up to its next pause or its end; raises what it raised."""
        if self.started:
            self.go.release()
        else:
            worker = _IDLE.pop() if _IDLE else Worker()
            self.started = True
            worker.fibre = self
            worker.wake.release()
        self.back.acquire()
        if self.error is not None:
            raise self.error

    def pause(self, line):
        """From inside: give the turn back, and go on when `resume` is called again."""
        self.line = line
        self.back.release()
        self.go.acquire()
        if self.dropped:
            raise Dropped

    def drop(self):
        """End it if it has begun and not ended."""
        if self.started and not self.ended:
            self.dropped = True
            self.resume()

    def run(self):
        """In the worker: the whole call."""
        function, arguments = self.call
        try:
            function(*arguments)
        except Dropped:
            pass
        except BaseException as error:  # a student's kernel may raise anything
            self.error = error
        self.ended = True


class Worker:
    """A thread that runs one fibre after the other."""

    def __init__(self):
        self.wake, self.fibre = _closed(), None
        start_new_thread(self._serve, ())

    def _serve(self):
        while True:
            self.wake.acquire()
            fibre, self.fibre = self.fibre, None
            fibre.run()
            _IDLE.append(self)
            fibre.back.release()


def _closed():
    """A lock that `acquire` waits at until somebody else releases it: the lightest signal."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@contextmanager
def small_stacks():
    """Threads that are started here take little memory."""
    before = threading.stack_size(STACK)
    try:
        yield
    finally:
        threading.stack_size(before)
