"""The zygotes of this process: started when first needed, one per kind of room, ended at exit."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from multiprocessing.util import Finalize
from pathlib import Path

from .room import OUTER_PROC, PACKAGE, bubblewrap, emptied, unprotected_environment
from .seal import sealed_copy

START_SECONDS = 120
MOST = 3  # zygotes kept; the one that was not used for the longest time ends first

_running = OrderedDict()
_lock = threading.RLock()


class ColdOnly(RuntimeError):
    """No warm worker can be had here; the message says why."""


class Forked:
    """A process that a zygote forked, with what is needed of `subprocess.Popen`.

    `pid` is the number of its process group, or None where it has a namespace of its own.
    """

    def __init__(self, handle, pid, pipes):
        self.handle, self.pid = handle, pid
        self.stdin, self.stdout, self.stderr = pipes
        self.returncode = None

    def poll(self):
        return self.wait(0)

    def wait(self, timeout=None):
        """Wait until it has ended; None if it has not after `timeout` seconds."""
        if self.returncode is None:
            poll = select.poll()
            poll.register(self.handle, select.POLLIN)
            if poll.poll(None if timeout is None else timeout * 1000):
                self.returncode = -signal.SIGKILL  # or else its guard has said how it ended
                os.close(self.handle)
        return self.returncode

    def kill(self):
        """Kill it, and with it all that is in its process namespace."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)


class Zygote:
    """A running zygote; see `autograder.sandbox.zygote` for what it does.

    Parameters
    ----------
    room : Room
    protected : bool
    mib : int
        The size of each folder in memory.
    """

    def __init__(self, room, protected, mib):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.protected = protected
        self.trouble = ""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = launch(room, protected, mib, self.folder.name, True, stdin=theirs)
        self.control.settimeout(START_SECONDS)
        try:
            threads = json.loads(self.control.recv(2**16))["threads"]
        except (OSError, ValueError):
            self.stop()
            said = self.process.stderr.read().decode(errors="replace").strip()[-500:]
            raise ColdOnly(f"the zygote did not start: {said}") from None
        if threads > 1:
            self.stop()
            raise ColdOnly(f"what the notebook imports starts {threads - 1} threads")

    def fork(self, limits, scratch):
        """Fork a worker; `ColdOnly` if the machine does not allow its namespaces."""
        (requests, stdin), (stdout, replies), (stderr, complaints) = (os.pipe() for _ in range(3))
        pipes = (os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), os.fdopen(stderr, "rb"))
        theirs = [requests, replies, complaints]
        message = json.dumps(limits | {"scratch": scratch}).encode()
        try:
            socket.send_fds(self.control, [message], theirs)
            text, handles, _, _ = socket.recv_fds(self.control, 2**16, 1)
        except OSError as error:
            text, handles = str(error).encode(), []
        finally:
            for file in theirs:
                os.close(file)
        if not handles:
            for pipe in pipes:
                pipe.close()
            raise ColdOnly(text.decode(errors="replace"))
        return Forked(handles[0], None if self.protected else int(text), pipes)

    def stop(self):
        """End the zygote; in a locked room its workers end with it."""
        self.control.close()
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def launch(room, protected, mib, folder, forks, **files):
    """Start `zygote.main` in its room, as the zygote or as a single worker."""
    sealed, absent = sealed_copy(room, Path(folder)) if room.sealed or room.absent else (None, ())
    lock = bubblewrap(mib, forks, sealed, absent) if protected else []
    settings = {"forks": forks, "protected": protected, "modules": room.modules}
    settings |= {"path": [str(sealed)] if sealed and not protected else [], "file_mib": mib}
    settings |= {"emptied": emptied(), "hidden": [OUTER_PROC]} | files.pop("limits", {})
    start = f"import sys; sys.path.append({str(PACKAGE.parent)!r}); "
    start += "from autograder.sandbox.zygote import main; main()"
    return subprocess.Popen(
        [*lock, sys.executable, "-I", "-c", start, json.dumps(settings)],
        stdout=files.pop("stdout", subprocess.DEVNULL),
        stderr=subprocess.PIPE,
        cwd=folder,
        env={} if protected else unprotected_environment(folder),
        start_new_session=True,
        **files,
    )


def warm_worker(room, protected, limits, scratch):
    """Fork a worker from the zygote of this room, which is started if it does not run.

    Raises
    ------
    ColdOnly
        If this machine can only start workers cold. It is not tried again.
    """
    if sys.platform != "linux":
        raise ColdOnly("warm starts need Linux")
    key = (room, protected, limits["file_mib"])
    with _lock:
        zygote = _running.pop(key, None)
        if isinstance(zygote, Zygote) and zygote.process.poll() is not None:
            zygote.stop()
            zygote = None
        try:
            zygote = zygote or started(*key)
        except ColdOnly as error:
            zygote = error
        _running[key] = zygote
        while len(_running) > MOST:
            end(_running.popitem(last=False)[1])
        if isinstance(zygote, ColdOnly):
            raise zygote
        return zygote.fork(limits, scratch)


def started(*key):
    """A new zygote, which this process will end before it ends itself."""
    Finalize(None, end_all, exitpriority=1)  # as atexit would, and in forks too
    return Zygote(*key)


def give_up(room, protected, limits, reason):
    """Start workers of this room cold from now on."""
    with _lock:
        end(_running.pop((room, protected, limits["file_mib"]), None))
        _running[room, protected, limits["file_mib"]] = ColdOnly(reason)


def end(zygote):
    if isinstance(zygote, Zygote):
        zygote.stop()


def end_all():
    """End every zygote of this process."""
    with _lock:
        while _running:
            end(_running.popitem()[1])
