"""What a process does to itself before it runs a student's code.

`own_namespaces` and `own_folders` give a forked process a room of its own inside the room that it
was forked in; `limit_resources` bounds it, `give_up_privileges` is the last step. All of it needs
Linux and no privilege beyond user namespaces.
"""

import contextlib
import ctypes
import os
import platform
import re
import struct
from pathlib import Path

from . import syscalls

NAMESPACES = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXEC = 1, 2, 4, 8
FIRST_NUMBERS = 300  # of processes; the kernel gives each of these away once only
DUMPABLE, DROP_CAPABILITY = 4, 24  # prctl's names for them


def trial(folder, hidden):
    """Do all that a new worker does to itself, and end; `OSError` if the machine does not allow it.

    The arguments are a folder to empty and one to hide.
    """
    own_namespaces()
    first = os.fork()
    if first:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]))
    few_processes(1)
    own_folders([folder], 1, [hidden])
    give_up_privileges()


def own_namespaces():
    """Move into new namespaces; the next child is process 1 of the new process namespace.

    Raises
    ------
    OSError
        If the kernel, or the machine's policy, does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    _call("unshare", sum(NAMESPACES.values()))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def few_processes(most):
    """Give this process namespace few numbers to give away, threads included (Linux 6.14).

    Older kernels have one such number for the whole machine, which stays as it is: the guard counts
    on every kernel, but only ten times a second.
    """
    if kernel_version() >= (6, 14):
        with contextlib.suppress(OSError):
            Path("/proc/sys/kernel/pid_max").write_text(str(FIRST_NUMBERS + most + 2))


def kernel_version():
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups()))


def own_folders(folders, mib, hidden):
    """Put empty folders in memory over `folders`, hide others, and show a /proc of our own.

    /proc is read-only: where the grader is the superuser, a student could otherwise write to the
    whole machine's settings in /proc/sys.
    """
    for folder in folders:
        options = f"size={mib * 2**20},mode=0755".encode()
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", NO_SETUID | NO_DEVICES, options)
    for folder in hidden:
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", READ_ONLY | NO_SETUID, b"size=4k")
    flags = READ_ONLY | NO_SETUID | NO_DEVICES | NO_EXEC
    _call("mount", b"proc", b"/proc", b"proc", flags, None)


def give_up_privileges():
    """Drop every capability, take no new privilege, and put on the system-call filter."""
    for capability in range(64):
        with contextlib.suppress(OSError):  # the kernel knows fewer than 64
            _call("prctl", DROP_CAPABILITY, capability, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)  # version 3, this process
    _call("capset", header, bytes(24))
    syscalls.apply()


def hide_from_own_kind(hidden):
    """Let no process of the same user look into this one; False undoes it."""
    _call("prctl", DUMPABLE, int(not hidden), 0, 0, 0)


def limit_resources(memory_mib, file_mib, processes=None):
    """Bound memory, file size and open files, and forbid core dumps, where the system can.

    `memory_mib` comes on top of what the process has already. `processes` is for a process with a
    user namespace of its own; the kernel does not count those of the superuser.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = memory_mib * 2**20 + address_space()
    limits = {"AS": memory, "FSIZE": file_mib * 2**20, "NOFILE": 256, "CORE": 0}
    if processes:
        limits["NPROC"] = processes
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS
            resource.setrlimit(kind, (most, most))


def address_space():
    """Bytes of address space that this process uses; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
