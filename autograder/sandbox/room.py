"""What the room looks like: bubblewrap's command line, the environment, and what is missing in it.

The lock is bubblewrap (Linux): new namespaces, so no network, no other processes and no files but
Python, the libraries and small folders in memory.
"""

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]  # autograder
SCRATCH = "/room"
IN_MEMORY = ("/dev/shm", "/tmp", SCRATCH)
OUTER_PROC = "/run/proc"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
LOCK = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
LOCK += ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--clearenv"]
ETC = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")


@dataclass(frozen=True)
class Room:
    """What a notebook finds in its room.

    Attributes
    ----------
    modules : tuple of str
        Imported before the student's code runs.
    sealed : tuple of str
        Functions of the course's library that are not there, as "module:name".
    absent : tuple of str
        Packages that are not there.
    """

    modules: tuple = ()
    sealed: tuple = ()
    absent: tuple = ()


def bubblewrap(mib, warm, sealed=None, absent=()):
    """Give bubblewrap's command line for a room; the command to run in it comes after.

    Parameters
    ----------
    mib : int
        The size of each folder in memory.
    warm : bool
        The command is the zygote, whose children lock themselves once more and mount a /proc of
        their own. The kernel lets them only where it can see one that nothing covers.
    sealed : Path, optional
        What `seal.sealed_copy` made.
    absent : tuple of str
        The packages that `sealed` has stand-ins for.
    """
    mounts = ["--proc", "/proc", "--dev", "/dev"]
    mounts += ["--ro-bind", "/proc", OUTER_PROC] if warm else ["--remount-ro", "/proc"]
    for path in IN_MEMORY:  # before Python, which may lie in one of them
        mounts += ["--size", str(mib * 2**20), "--tmpfs", path]
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
    if sealed:
        mounts += show(sealed / library().name, library())
    for name in absent:
        mounts += show(sealed / name, location(name))
    for path in ("/", "/dev", str(PACKAGE), *sorted({*IN_MEMORY} - {*emptied()})):
        mounts += ["--remount-ro", path]
    lock = LOCK if warm else [*LOCK, "--disable-userns"]
    return [shutil.which("bwrap"), *lock, *mounts, "--chdir", SCRATCH, *settings(SCRATCH), "--"]


def show(path, place=None):
    return ["--ro-bind", str(path), str(place or path)]


def emptied():
    """List the folders that are in memory, anew for each worker: not those with Python in them."""
    shown = [*pythons(), PACKAGE, *course_folders()]
    return [f for f in IN_MEMORY if not any(path.is_relative_to(f) for path in shown)]


def pythons():
    """List the folders of this Python and of its virtual environment, as named and as resolved."""
    named = [Path(sys.base_prefix), Path(sys.prefix)]
    return dict.fromkeys([*named, *(path.resolve() for path in named)])


def library():
    """The folder of the course's library."""
    return Path(importlib.util.find_spec("cs_cnn").origin).parent


def course_folders():
    """List the course's library and, in a checkout, the registry of the data sets beside it."""
    return [f for f in (library(), library().parent / "datasets") if f.is_dir()]


def location(package):
    """The folder of an installed package, or None."""
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    return Path(folders[0]) if folders else None


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


def unprotected_environment(folder):
    needed = ("PATH", "SYSTEMROOT", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")
    return environment(folder) | {name: os.environ[name] for name in needed if name in os.environ}
