"""What this machine can lock a room with: tried, not guessed."""

import functools
import importlib.util
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass

from .lock import kernel_version
from .room import OUTER_PROC, PACKAGE, SCRATCH, bubblewrap
from .syscalls import program


class Unprotected(RuntimeError):
    """The machine cannot lock the room that was asked for."""


@dataclass(frozen=True)
class Protections:
    """What this machine can lock a room with; `problem` says why bubblewrap does not work."""

    bubblewrap: bool
    problem: str
    resource_limits: bool


@functools.cache
def protections():
    """Try the lock once, with every option that a worker gets.

    Returns
    -------
    Protections
    """
    if shutil.which("bwrap"):
        problem = why_not([*bubblewrap(1, warm=False), "true"])
    else:
        problem = "bubblewrap (the program bwrap) is not installed; it exists for Linux only"
    limited = importlib.util.find_spec("resource") is not None
    return Protections(not problem, problem, limited)


def protection_table():
    """What this machine gives, for people.

    Returns
    -------
    list of (str, bool, bool, str)
        The protection, whether grading needs it, whether it holds here, and a remark.
    """
    found = protections()
    locked, nested = found.bubblewrap, "there is no locked room"
    if locked:
        code = f"import sys; sys.path.append({str(PACKAGE.parent)!r}); "
        code += f"from autograder.sandbox.lock import trial; trial({SCRATCH!r}, {OUTER_PROC!r})"
        nested = why_not([*bubblewrap(1, warm=True), sys.executable, "-I", "-c", code])
    filtered = locked and bool(program(platform.machine()))
    at_once = not nested and kernel_version() >= (6, 14)
    return [
        ("no network, no files, no other processes", True, locked, found.problem),
        ("limits on a process's memory and files", True, found.resource_limits, ""),
        ("a filter of system calls", False, filtered, "for x86-64 and aarch64"),
        ("namespaces of a worker's own, so warm starts", False, not nested, nested),
        ("limits on all its processes together", False, locked, "looked at ten times a second"),
        ("a few hundred processes at most, at any moment", False, at_once, "needs Linux 6.14"),
    ]


def why_not(command):
    """Run a command that should do nothing; say why it fails, or ""."""
    try:
        trial = subprocess.run(command, capture_output=True, text=True, timeout=60, env={})
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap cannot be run: {error}"
    said = trial.stderr.strip()[-300:] or "no reason given"
    return f"bwrap fails here: {said}" if trial.returncode else ""
