"""Locks the room and starts a worker in it: processes, mounts and deadlines, nothing else.

The lock is bubblewrap (Linux): new namespaces, so no network, no other processes and no files but
Python, the libraries and one small scratch folder in memory.
"""

import contextlib
import functools
import importlib.util
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from .codec import CodecError, decode, encode, read_frame

PACKAGE = Path(__file__).resolve().parents[1]  # autograder
SCRATCH = "/room"
START_SECONDS = 60
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
LOCK = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
LOCK += ["--new-session", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--clearenv"]
ETC = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    `call_seconds`, `cell_seconds` and `total_seconds` are wall time of a call from a test, of a
    student's cell and of the whole notebook; `restarts` is how often the process is started anew.
    """

    call_seconds: float = 20
    cell_seconds: float = 60
    total_seconds: float = 300
    memory_mib: int = 4096
    output_bytes: int = 2**20
    file_mib: int = 64
    restarts: int = 3


@dataclass(frozen=True)
class Protections:
    """What this machine can lock a room with; `problem` says why bubblewrap does not work."""

    bubblewrap: bool
    problem: str
    resource_limits: bool


class Unprotected(RuntimeError):
    """The machine cannot lock the room that was asked for."""


@functools.cache
def protections():
    """Try the lock once, with every option that a worker gets.

    Returns
    -------
    Protections
    """
    problem = ""
    if not shutil.which("bwrap"):
        problem = "bubblewrap (the program bwrap) is not installed; it exists for Linux only"
    else:
        command = [*room(Limits()), "true"]
        try:
            trial = subprocess.run(command, capture_output=True, text=True, timeout=20, env={})
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = f"bwrap cannot be run: {error}"
        else:
            if trial.returncode:
                problem = f"bwrap fails here: {trial.stderr.strip()[:300] or 'no reason given'}"
    limited = importlib.util.find_spec("resource") is not None
    return Protections(not problem, problem, limited)


def room(limits):
    """Give bubblewrap's command line for a room; the command to run in it comes after."""
    mounts = ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/dev/shm", "/tmp", SCRATCH):  # before Python, which may lie in one of them
        mounts += ["--size", str(limits.file_mib * 2**20), "--tmpfs", path]
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            mounts += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            mounts += show(path)
    for path in (*ETC, *pythons()):
        mounts += ["--ro-bind-try", str(path), str(path)]
    mounts += ["--tmpfs", str(PACKAGE)]  # hides the rest of it where it lies in site-packages
    for path in (PACKAGE / "__init__.py", PACKAGE / "sandbox", *course_folders()):
        mounts += show(path)
    for path in ("/", "/dev", str(PACKAGE)):
        mounts += ["--remount-ro", path]
    return [shutil.which("bwrap"), *LOCK, *mounts, "--chdir", SCRATCH, *settings(SCRATCH), "--"]


def show(path):
    return ["--ro-bind", str(path), str(path)]


def pythons():
    """List the folders of this Python and of its virtual environment, as named and as resolved."""
    named = [Path(sys.base_prefix), Path(sys.prefix)]
    return dict.fromkeys([*named, *(path.resolve() for path in named)])


def course_folders():
    """List the course's library and, in a checkout, the registry of the data sets beside it."""
    library = Path(importlib.util.find_spec("cs_cnn").origin).parent
    return [folder for folder in (library, library.parent / "datasets") if folder.is_dir()]


def environment(folder):
    """Give the worker's whole environment: nothing of the grader's own is passed on."""
    names = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "IPYTHONDIR", "MPLCONFIGDIR")
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    variables = dict.fromkeys(names, folder) | dict.fromkeys(threads, "1")
    variables |= {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student"}
    return variables | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def settings(folder):
    pairs = environment(folder).items()
    return [text for name, value in pairs for text in ("--setenv", name, value)]


class Worker:
    """A running worker; leaving the ``with`` block ends it and everything that it started.

    Parameters
    ----------
    limits : Limits
    protected : bool
        Lock the room. If the machine cannot, `Unprotected` is raised and nothing runs.
    """

    def __init__(self, limits, protected=True):
        if protected and not protections().bubblewrap:
            raise Unprotected(
                f"student code will not be run without protection: {protections().problem}. "
                "On Linux install bubblewrap 0.8 or newer; to run code that you trust, ask for an "
                "unprotected run."
            )
        self.limits = limits
        self.complaint = ""
        self.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [*(room(limits) if protected else []), *command(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.scratch.name,
            env={} if protected else unprotected_environment(self.scratch.name),
            start_new_session=True,
        )
        try:
            self.request(None, START_SECONDS)
        except (ConnectionError, TimeoutError):
            self.stop()
            raise RuntimeError(f"the worker did not start: {self.complaint}") from None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def alive(self):
        return self.process.poll() is None

    def request(self, message, seconds, keep=None):
        """Send a message and wait for its answer.

        Parameters
        ----------
        message : plain value
            None sends nothing and only waits.
        seconds : float
            Wall time; the process is killed when it has passed.
        keep : callable, optional
            Gives the handle of an object in the message, as in `codec.encode`.

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
        frame = b"" if message is None else encode(message, keep)
        answers = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._exchange, args=(frame, answers), daemon=True)
        self.thread.start()
        try:
            answer = answers.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            self.stop()
            raise TimeoutError(f"stopped after {seconds:.3g} s") from None
        if answer is None:
            raise ConnectionError(self._death())
        try:
            return decode(answer)
        except CodecError:
            self.stop()
            raise ConnectionError("the process sent something that is not a reply") from None

    def _exchange(self, frame, answers):
        try:
            self.process.stdin.write(frame)
            self.process.stdin.flush()
            answers.put(read_frame(self.process.stdout))
        except (OSError, ValueError):  # killed meanwhile, or an impossible length
            answers.put(b"" if self.alive else None)

    def _death(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        code = self.process.poll()
        self.stop()
        if code is None:
            return "the process closed its connection"
        number = -code if code < 0 else code - 128  # bubblewrap reports a signal as 128 + number
        if number <= 0:
            return f"the process ended (exit code {code})"
        memory = f"; perhaps it needed more than {self.limits.memory_mib} MiB of memory"
        why = memory if number in (6, 9, 11) else ""
        return f"the process was killed (signal {number}){why}"

    def stop(self):
        """Kill the process and all that it started, and remove its scratch folder."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.scratch.cleanup()
        self.thread.join(1)
        if self.thread.is_alive():  # a process that left the group still holds the pipes
            return
        if not self.process.stderr.closed:
            self.complaint = self.process.stderr.read(2000).decode(errors="replace").strip()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


def command(limits):
    """Give the command that starts the worker; the checkout need not be installed."""
    root = str(PACKAGE.parent)
    start = f"import sys; sys.path.append({root!r}); from autograder.sandbox.worker import main; "
    numbers = (limits.memory_mib, limits.file_mib, limits.output_bytes)
    return [sys.executable, "-I", "-c", start + "main()", *map(str, numbers)]


def unprotected_environment(folder):
    needed = ("PATH", "SYSTEMROOT", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")
    return environment(folder) | {name: os.environ[name] for name in needed if name in os.environ}
