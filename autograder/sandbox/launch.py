"""Starts a worker and talks to it: limits, deadlines and the end of it, nothing else."""

import contextlib
import os
import queue
import signal
import subprocess
import tempfile
import threading
from dataclasses import asdict, dataclass

from .codec import CodecError, Handle, decode, encode, read_frame
from .protect import Protections, Unprotected, protections
from .room import SCRATCH, Room
from .warm import ColdOnly, give_up, launch, warm_worker

START_SECONDS = 60
BARE = Room()
__all__ = ["Limits", "Protections", "Unprotected", "Worker", "protections"]


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    `call_seconds`, `cell_seconds` and `total_seconds` are wall time of a call from a test, of a
    student's cell and of the whole notebook; `restarts` is how often the process is started anew.
    `memory_mib` and `processes` (threads count as processes) hold for each process and, in the
    locked room, for all that the student starts together.
    """

    call_seconds: float = 20
    cell_seconds: float = 60
    total_seconds: float = 300
    memory_mib: int = 4096
    output_bytes: int = 2**20
    file_mib: int = 64
    processes: int = 64
    restarts: int = 3


class Worker:
    """A running worker; leaving the ``with`` block ends it and everything that it started.

    Parameters
    ----------
    limits : Limits
    protected : bool
        Lock the room. If the machine cannot, `Unprotected` is raised and nothing runs.
    room : Room
        What is in it.
    """

    def __init__(self, limits, protected=True, room=BARE):
        if protected and not protections().bubblewrap:
            raise Unprotected(
                f"student code will not be run without protection: {protections().problem}. "
                "On Linux install bubblewrap 0.8 or newer; to run code that you trust, ask for an "
                "unprotected run."
            )
        self.limits = limits
        self.thread = None
        kind = (room, protected, asdict(limits))
        for start in (self._start_warm, self._start_cold):
            self.complaint = ""
            self.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            try:
                start(*kind, SCRATCH if protected else self.scratch.name)
                self.frames, self.answers = queue.SimpleQueue(), queue.SimpleQueue()
                self.thread = threading.Thread(target=self._exchange, daemon=True)
                self.thread.start()
                self.request(None, START_SECONDS)
            except ColdOnly:
                self.scratch.cleanup()
            except (ConnectionError, TimeoutError):
                self.stop()
                if start == self._start_warm:
                    give_up(*kind, self.complaint)
            else:
                return
        raise RuntimeError(f"the worker did not start: {self.complaint}")

    def _start_warm(self, room, protected, limits, scratch):
        self.process = warm_worker(room, protected, limits, scratch)

    def _start_cold(self, room, protected, limits, scratch):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "limits": limits}
        folder = self.scratch.name
        self.process = launch(room, protected, limits["file_mib"], folder, False, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def alive(self):
        return self.process.poll() is None

    def request(self, message, seconds, keep=None, made=Handle):
        """Send a message and wait for its answer.

        Parameters
        ----------
        message : plain value
            None sends nothing and only waits.
        seconds : float
            Wall time; the process is killed when it has passed.
        keep : callable, optional
            Gives the handle of an object in the message, as in `codec.encode`.
        made : callable, optional
            ``made(number, type name)`` stands for an object in the answer, as in `codec.decode`.

        Returns
        -------
        plain value

        Raises
        ------
        CodecError
            If the message cannot be sent; the worker lives on.
        TimeoutError
            If there is no answer in time.
        ConnectionError
            If the process ended, or answered with something that is not a reply.
        """
        self.frames.put(b"" if message is None else encode(message, keep))
        try:
            answer = self.answers.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            self.stop()
            raise TimeoutError(f"stopped after {seconds:.3g} s") from None
        if answer is None:
            raise ConnectionError(self._death())
        try:
            return decode(answer, made)
        except CodecError:
            self.stop()
            raise ConnectionError("the process sent something that is not a reply") from None

    def _exchange(self):
        """Write each frame and read its answer, in a thread: pipes know no time limit."""
        for frame in iter(self.frames.get, None):
            try:
                self.process.stdin.write(frame)
                self.process.stdin.flush()
                answer = read_frame(self.process.stdout)
            except OSError:  # it is ending, or has closed its end
                answer = None
            except ValueError:  # an impossible length
                answer = b""
            self.answers.put(answer)

    def _death(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        code = self.process.poll()
        self.stop()
        said = self.complaint.splitlines()[-1:] or [""]
        kind, _, number = said[0].partition(" ")
        if kind == "signal":  # the guard says how it ended
            code = -int(number)
        elif kind == "exit":
            code = int(number)
        elif said[0]:
            return f"the process was {said[0]}" if kind == "stopped:" else said[0]
        if code is None:
            return "the process closed its connection"
        if code >= 0:
            return f"the process ended (exit code {code})"
        memory = f"; perhaps it needed more than {self.limits.memory_mib} MiB of memory"
        return f"the process was killed (signal {-code}){memory if -code in (6, 9, 11) else ''}"

    def stop(self):
        """Kill the process and all that it started, and remove its scratch folder."""
        if os.name == "posix" and self.process.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.scratch.cleanup()
        self.frames.put(None)
        self.thread.join(1)
        if self.thread.is_alive():  # a process that left the group still holds the pipes
            return
        if not self.process.stderr.closed:
            self.complaint = self.process.stderr.read(2000).decode(errors="replace").strip()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
