"""Every worker starts warm and as if it were the first; what it started ends with it."""

import os
import struct
import subprocess
import sys

import pytest

from autograder.sandbox import protect, room, seal, syscalls, warm
from autograder.sandbox.launch import Limits, Worker, protections
from autograder.sandbox.room import Room
from autograder.tests.test_sandbox import LIMITS, locked, run, running, shown

BOTH = pytest.mark.parametrize("protected", [False, pytest.param(True, marks=locked)])
LINUX = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="warm starts need Linux")
PATIENT = 100  # seconds for what takes one on an idle machine


@LINUX
@BOTH
def test_nothing_is_carried_from_one_worker_to_the_next(protected):
    litter = (
        "import numpy, builtins, contextlib, os\nnumpy.pi = 3\nbuiltins.extra = 1\nmine = 1\n"
        "os.environ['LEFT'] = 'here'\nopen('left', 'w').write('x')\n"
        "for folder in ('/tmp', '/dev/shm') if os.getuid() == 65534 else ():\n"
        "    with contextlib.suppress(OSError):\n"
        "        open(folder + '/left', 'w').write('x')\nprint(sorted(os.listdir('.')))"
    )
    look = (
        "import numpy, builtins, os\nprint(round(numpy.pi, 2), hasattr(builtins, 'extra'), "
        "'mine' in globals(), os.environ.get('LEFT'), os.path.exists('left'))\n"
        "print([os.path.exists(f + '/left') for f in ('/tmp', '/dev/shm')])"
    )
    with Worker(LIMITS, protected) as first:
        assert shown(first, litter) == "['left']\n"
        with Worker(LIMITS, protected) as second:
            assert shown(second, look) == "3.14 False False None False\n[False, False]\n"
    assert isinstance(second.process, warm.Forked)


@LINUX
@locked
def test_a_folder_that_workers_share_because_python_lies_in_it_is_read_only(monkeypatch):
    monkeypatch.setattr(room, "emptied", lambda: ["/dev/shm", room.SCRATCH])
    for folder, written in {"/dev/shm": 0, room.SCRATCH: 0, "/tmp": 1}.items():
        command = [*room.bubblewrap(1, warm=True), "touch", f"{folder}/left"]
        assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == written, folder


@LINUX
@locked
def test_a_daemon_ends_with_its_worker():
    mark = f"daemon.{os.getpid()}"
    start = (
        "import subprocess\nchild = subprocess.Popen(['setsid', '-f', 'sh', '-c', "
        f"'echo up; sleep 1000', {mark!r}], stdout=-1)\nchild.stdout.readline()"
    )
    with Worker(LIMITS, True) as worker:
        assert run(worker, start, PATIENT)["error"] is None
        assert running(mark)
    assert running(mark) == []


@LINUX
@BOTH
def test_random_numbers_and_answers_do_not_depend_on_who_came_before(protected):
    draw = "import numpy as np, random\nprint(np.random.rand(), random.random())"
    texts = set()
    for _ in range(3):
        with Worker(LIMITS, protected) as worker:
            texts.add(shown(worker, draw))
    assert len(texts) == 1


@LINUX
@BOTH
def test_a_zygote_that_was_killed_is_started_again(protected):
    quiet = Room(("colorsys",))
    with Worker(LIMITS, protected, quiet):
        pass
    old = warm._running[quiet, protected, LIMITS.file_mib]
    old.process.kill()
    old.process.wait()
    with Worker(LIMITS, protected, quiet) as worker:
        assert shown(worker, "import sys; print('colorsys' in sys.modules)") == "True\n"
    assert warm._running[quiet, protected, LIMITS.file_mib] is not old


@LINUX
@locked
def test_a_guard_that_was_killed_from_outside_is_told_from_an_end():
    with Worker(LIMITS) as worker:
        worker.process.kill()
        with pytest.raises(ConnectionError, match=r"was killed \(signal 9\)"):
            run(worker, "1 + 1")
    ended = pytest.raises(ConnectionError, match=r"ended \(exit code 0\)")
    with Worker(LIMITS) as worker, ended:
        run(worker, "import os; os._exit(0)")


@BOTH
def test_a_cold_start_gives_the_same_worker(protected, monkeypatch):
    def refused(*ignored):
        raise warm.ColdOnly("not here")

    monkeypatch.setattr("autograder.sandbox.launch.warm_worker", refused)
    with Worker(LIMITS, protected) as worker:
        assert not isinstance(worker.process, warm.Forked)
        assert shown(worker, "print(1 + 1)") == "2\n"
        with pytest.raises(ConnectionError, match="exit code 7"):
            run(worker, "import os\nos._exit(7)", PATIENT)


def test_threads_are_counted():
    """In a process of its own: here, threads of the tests before may be about to end."""
    code = (
        "import threading; from autograder.sandbox.zygote import threads; one = threads(); "
        "threading.Thread(target=threading.Event().wait, daemon=True).start(); "
        "print(threads() - one)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1"]


@LINUX
@locked
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nwhile True: os.fork()", "more than 64 processes and threads"),
        (
            "import os, time\nfor _ in range(4):\n    if not os.fork():\n"
            "        x = bytearray(150 << 20)\n        time.sleep(1000)\ntime.sleep(1000)",
            "more than 300 MiB of memory",
        ),
    ],
    ids=["processes", "memory"],
)
def test_what_all_processes_use_together_is_bounded(source, reason):
    with (
        Worker(Limits(memory_mib=300), True) as worker,
        pytest.raises(ConnectionError, match=reason),
    ):
        run(worker, source, PATIENT)


@LINUX
@BOTH
def test_any_number_of_threads_may_run_one_after_the_other(protected):
    source = (
        "import threading\nran = []\nfor n in range(1000):\n"
        "    t = threading.Thread(target=ran.append, args=(n,)); t.start(); t.join()\n"
        "print(len(ran))"
    )
    with Worker(LIMITS, protected) as worker:
        assert shown(worker, source) == "1000\n"


@LINUX
@locked
def test_a_loop_that_swallows_every_signal_is_stopped():
    source = (
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass"
    )
    with Worker(LIMITS, True) as worker:
        with pytest.raises(TimeoutError):
            run(worker, source, 1)
        assert not worker.alive


@LINUX
@locked
def test_the_kernel_refuses_what_a_student_never_needs():
    source = (
        "import ctypes, errno, os, socket\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "def tried(call, *arguments):\n    ctypes.set_errno(0)\n"
        "    getattr(libc, call)(*arguments)\n    return errno.errorcode[ctypes.get_errno()]\n"
        "print(tried('unshare', 0x10000000), tried('ptrace', 16, 1, 0, 0),\n"
        "      tried('mount', b'x', b'/tmp', b'tmpfs', 0, 0), tried('memfd_create', b'x', 0))\n"
        "try: socket.socket(40, socket.SOCK_STREAM)  # AF_VSOCK knows no network namespace\n"
        "except OSError as error: print(error.errno == errno.EAFNOSUPPORT)\n"
        "for file in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/1/mem'):\n"
        "    try: open(file, 'r+b'); print('open')\n    except OSError: print('shut')\n"
        "print([l.split()[1] for l in open('/proc/self/status') if l[:5] in ('NoNew', 'Secco')])"
    )
    with Worker(LIMITS, True) as worker:
        assert shown(worker, source).splitlines() == [
            "EPERM EPERM EPERM EPERM",
            "True",
            *["shut"] * 3,
            "['1', '2', '1']",
        ]


@LINUX
@BOTH
def test_threads_and_child_processes_work(protected):
    source = (
        "import threading, subprocess, multiprocessing\n"
        "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
        "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    )
    with Worker(LIMITS, protected) as worker:
        assert shown(worker, source).split("\n")[:3] == ["thread", "child", "[1, 2]"]


def decision(machine, number, argument=0, architecture=None):
    """Interpret the filter for one system call, as the kernel would."""
    data = {0: number, 4: architecture or syscalls.MACHINES[machine][0], 16: argument}
    steps, at, value = list(struct.iter_unpack("=HBBI", syscalls.program(machine))), 0, 0
    tests = {0x15: lambda k: value == k, 0x35: lambda k: value >= k, 0x45: lambda k: value & k}
    while True:
        code, if_true, if_false, k = steps[at]
        at += 1
        if code == 0x06:
            return k
        if code == 0x20:
            value = data[k]
        else:
            at += if_true if tests[code](k) else if_false


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_decides_as_it_says(machine):
    _, clone, clone3, socket = syscalls.MACHINES[machine]
    place = list(syscalls.MACHINES).index(machine)
    for name, numbers in syscalls.REFUSED.items():
        if numbers[place] is not None:
            assert decision(machine, numbers[place]) == syscalls.REFUSE | 1, name
    write = {"x86_64": 1, "aarch64": 64}[machine]
    assert decision(machine, write) == syscalls.ALLOW
    assert decision(machine, write, architecture=0x40000003) == syscalls.KILL  # 32-bit
    assert decision(machine, clone, 0x3D0F00) == syscalls.ALLOW  # a thread
    assert decision(machine, clone, 17) == syscalls.ALLOW  # a process
    assert decision(machine, clone, 0x10000011) == syscalls.REFUSE | 1  # a user namespace
    assert decision(machine, clone3) == syscalls.REFUSE | 38
    families = {family: decision(machine, socket, family) for family in (1, 2, 10, 16, 17, 40)}
    assert [f for f, what in families.items() if what == syscalls.ALLOW] == [1, 2, 10]
    assert (decision("x86_64", 0x40000001) == syscalls.ALLOW) is False
    assert syscalls.program("a machine of tomorrow") == b""


def test_the_table_of_protections_agrees_with_what_runs():
    rows = {what: holds for what, _, holds, _ in protect.protection_table()}
    assert rows["no network, no files, no other processes"] == protections().bubblewrap
    if protections().bubblewrap:
        with Worker(LIMITS, True) as worker:
            forked = isinstance(worker.process, warm.Forked)
        assert rows["namespaces of a worker's own, so warm starts"] == forked


def test_cut_takes_the_answer_and_leaves_the_rest():
    source = (
        'def f(x):\n    """Doc."""\n    for y in [x]:\n        ### BEGIN SOLUTION\n'
        "        y = y + 1\n"
        "        ### END SOLUTION\n    return y\n\n\ndef g(x):\n    return x * 7\n"
    )
    sealed = seal.cut(source, "f")
    assert "y + 1" not in sealed and "in [x]" in sealed and "x * 7" in sealed
    names = {}
    exec(sealed, names)
    with pytest.raises(RuntimeError, match="sealed while grading: f is the course's own"):
        names["f"](1)
    assert "x * 7" not in seal.cut(source, "g") and "y + 1" in seal.cut(source, "g")
    assert seal.cut(source, "h") == source
