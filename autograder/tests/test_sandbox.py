"""A worker behaves like a notebook, dies without harm, and sees nothing but its own room."""

import base64
import contextlib
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import launch, protect, warm
from autograder.sandbox.launch import Limits, Unprotected, Worker, protections
from autograder.sandbox.room import PACKAGE, Room, emptied

locked = pytest.mark.skipif(
    not protections().bubblewrap, reason=f"no locked room here: {protections().problem}"
)
LIMITS = Limits(memory_mib=2048, output_bytes=5000, file_mib=4)


@pytest.fixture(params=[False, pytest.param(True, marks=locked)], ids=["open", "locked"])
def worker(request):
    with Worker(LIMITS, protected=request.param) as worker:
        yield worker


@pytest.fixture
def room():
    with Worker(LIMITS, protected=True) as worker:
        yield worker


def run(worker, source, seconds=30):
    return worker.request({"do": "run", "source": source, "label": "cell t"}, seconds)


def shown(worker, source):
    """Run a cell that should work; give what it printed."""
    reply = run(worker, source)
    assert reply["error"] is None, reply["error"]
    return "".join(output["text"] for output in reply["outputs"])


def look(worker, name):
    return worker.request({"do": "look", "name": name}, 10)


def call(worker, name, *args, **kwargs):
    function = look(worker, name)["value"]
    message = {"do": "call", "function": function, "args": args, "kwargs": kwargs}
    return worker.request(message, 10)


def test_a_cell_shows_what_a_notebook_shows(worker):
    outputs = run(worker, "import sys\nprint('a'); print('b', file=sys.stderr)\n%time pass\n1 + 1")
    kinds = [(o["output_type"], o.get("name")) for o in outputs["outputs"]]
    streams = [("stream", "stdout"), ("stream", "stderr"), ("stream", "stdout")]
    assert kinds == [*streams, ("execute_result", None)]
    assert outputs["outputs"][-1]["data"] == {"text/plain": "2"}
    assert run(worker, "_ + 1;")["outputs"] == []


@pytest.mark.parametrize("protected", [False, pytest.param(True, marks=locked)])
def test_figures_become_png(protected):
    with Worker(Limits(), protected) as worker:
        reply = run(worker, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    (output,) = reply["outputs"]
    assert output["output_type"] == "display_data"
    assert set(output["data"]) == {"text/plain", "image/png"}
    assert base64.b64decode(output["data"]["image/png"], validate=True).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [
        ("x = 1\ndef f(:\n    pass", "SyntaxError", 2),
        ("x = 1\n\n1 / 0", "ZeroDivisionError", 3),
        ("import sys\nsys.exit(3)", "SystemExit", 2),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
        ("def f():\n    return f()\nf()", "RecursionError", 2),
        ("import numpy as np\nnp.zeros((1 << 20, 1 << 20))", "MemoryError", 2),
        ("exit()", "SystemExit", 1),
        ("input()", "EOFError", 1),
    ],
)
def test_errors_end_the_cell_and_not_the_worker(worker, source, name, line):
    reply = run(worker, source)
    error = reply["error"]
    if name == "MemoryError":
        assert "MemoryError" in error["name"]  # NumPy's is a subclass
        assert error["base"] == name
    else:
        assert error["name"] == name
    assert error["line"] == line
    errors = [o for o in reply["outputs"] if o["output_type"] == "error"]
    assert len(errors) == 1
    assert "\x1b" not in "".join(errors[0]["traceback"])
    assert f"cell t, line {line}" in errors[0]["traceback"][0]
    assert shown(worker, "print('still here')") == "still here\n"


def test_output_is_cut_and_says_so(worker):
    text = shown(worker, "print('x' * 10**8)\nprint('more')")
    assert text == "x" * LIMITS.output_bytes + "\n[the rest of the output was cut]\n"


def test_look_and_call(worker):
    run(
        worker,
        "import numpy as np\nx = np.ones(2)\ndef f(a, *, k=1):\n    print('no')\n    return a * k",
    )
    assert look(worker, "nothing")["missing"] is True
    assert look(worker, "f")["value"].type_name == "function"
    np.testing.assert_array_equal(look(worker, "x")["value"], np.ones(2), strict=True)
    reply = call(worker, "f", np.arange(3), k=2)
    np.testing.assert_array_equal(reply["result"], [0, 2, 4])
    assert reply["changed"] == {}


def test_call_reports_arrays_changed_in_place(worker):
    run(worker, "def f(a, b, parts, out=None):\n    parts['w'][1][0] = 9\n    out += 1")
    reply = call(worker, "f", np.ones(2), 3, {"w": (0, np.zeros(2))}, out=np.zeros(1))
    assert {i: a.tolist() for i, a in reply["changed"].items()} == {1: [9.0, 0.0], 2: [1.0]}


def test_objects_stay_in_the_worker_and_come_back_as_arguments(worker):
    run(
        worker,
        "class Cache:\n    n = 5\ndef forward(x):\n    return x, (x, Cache())\n"
        "def backward(cache):\n    return cache[1].n + cache[0].sum()",
    )
    out, cache = call(worker, "forward", np.ones(3))["result"]
    assert cache[1].type_name == "Cache"
    assert call(worker, "backward", cache)["result"] == 8.0


def test_call_describes_an_exception(worker):
    run(
        worker,
        "import numpy as np\nclass Odd(ValueError):\n    def __str__(self): raise 1\n"
        "def f(x):\n    return np.reshape(x, (5, 5))\ndef g():\n    raise Odd",
    )
    error = call(worker, "f", np.ones(3))["error"]
    assert (error["name"], error["line"]) == ("ValueError", 5)
    assert "cannot reshape" in error["message"]
    assert error["traceback"].splitlines()[:2] == [
        "cell t, line 5, in f",
        "    return np.reshape(x, (5, 5))",
    ]
    error = call(worker, "g")["error"]
    assert (error["name"], error["base"], error["message"]) == ("Odd", "ValueError", "")


def test_a_value_too_large_to_send_is_an_error(worker):
    run(worker, "import numpy as np\nbig = np.zeros(300 << 20, 'u1')")
    assert "too large to send" in look(worker, "big")["error"]["message"]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to look around")
def test_a_cell_that_hangs_is_stopped_with_all_it_started(worker, request):
    escape = request.node.callspec.id == "locked"  # only the room holds a process that left
    command = ["sh", "-c", "echo up; sleep 1000", MARK]
    start = (
        "import subprocess\n"
        f"child = subprocess.Popen({command}, stdout=-1, start_new_session={escape})\n"
        "child.stdout.readline()"
    )
    run(worker, start)
    assert running(MARK)
    with pytest.raises(TimeoutError, match="stopped after 1 s"):
        run(worker, "while True: pass", 1)
    assert not worker.alive
    assert running(MARK) == []
    with pytest.raises(ConnectionError):
        run(worker, "1")


MARK = f"1234.{os.getpid()}"


def running(mark):
    """List the processes that have a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [path] if mark.encode() in path.read_bytes().split(b"\0") else []
    return found


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nos._exit(3)", "exit code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "signal 9.*memory"),
        ("import os\nos.closerange(3, 1000)", "the process"),
        ("import ctypes\nctypes.string_at(0)", "signal 11"),
    ],
    ids=["exit", "kill", "close", "crash"],
)
def test_death_is_a_connection_error_with_a_reason(worker, source, reason):
    with pytest.raises(ConnectionError, match=reason):
        run(worker, source)
    assert not worker.alive


@pytest.mark.parametrize("junk", ["b'junk' * 100", "b'\\xff' * 12", "b'\\0' * 12"])
def test_a_reply_that_is_none_is_death(worker, junk):
    source = (
        f"import os\nfor n in range(3, 20):\n    try: os.write(n, {junk})\n    except OSError: pass"
    )
    with pytest.raises(ConnectionError):
        run(worker, source, 10)
        run(worker, "1", 10)


def test_memory_and_files_are_limited(worker):
    reply = run(worker, "x = bytearray(3 << 30)")
    assert reply["error"]["name"] == "MemoryError"
    reply = run(worker, "open('big', 'wb').write(bytes(5 << 20))")
    assert reply["error"]["name"] == "OSError"


@locked
@pytest.mark.parametrize(
    "path",
    [
        str(Path.home() / ".profile"),
        str(PACKAGE / "judge.py"),
        str(PACKAGE / "submission.py"),
        str(PACKAGE.parent / "pyproject.toml"),
        str(PACKAGE.parent / "notebooks"),
        "/etc/passwd",
        "/etc/shadow",
        "/proc/1/root/etc/passwd",
    ],
)
def test_the_room_hides_the_machine(room, path):
    source = f"import os\ntry: os.stat({path!r}); print('seen')\nexcept OSError: print('hidden')"
    assert shown(room, source) == "hidden\n"


@locked
@pytest.mark.parametrize(
    "folder", ["/", "/usr", "/dev", "/etc", sys.prefix, str(PACKAGE), str(Path.home())]
)
def test_nothing_can_be_written_outside_the_scratch_folder(room, folder):
    source = f"open({folder!r} + '/written', 'w')"
    assert run(room, source)["error"]["base"] in ("OSError", "PermissionError", "FileNotFoundError")
    assert not Path(folder, "written").exists()


@locked
def test_the_scratch_folders_are_small(room):
    source = "for n in range(3):\n    open({folder!r} + f'/{{n}}', 'wb').write(bytes(2 << 20))"
    for folder in emptied():
        assert "No space left" in run(room, source.format(folder=folder))["error"]["message"]


@locked
def test_the_room_has_no_network(room):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        socket.create_connection(address, 5).close()  # from here it can be reached
        source = f"import socket\nsocket.create_connection({address!r}, 5)"
        assert run(room, source)["error"]["base"] in ("ConnectionRefusedError", "OSError")


@locked
def test_the_room_sees_no_other_process_and_no_privilege(room):
    source = (
        "import os\nprint(os.getuid(), sum(name.isdigit() for name in os.listdir('/proc')))\n"
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')])"
    )
    uid, processes, privileges = shown(room, source).split()
    assert uid == "65534"
    assert int(processes) <= 3
    assert privileges == "['0000000000000000']"


def test_the_environment_stays_outside(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "seed 42")
    for protected in [False, True] if protections().bubblewrap else [False]:
        with Worker(LIMITS, protected) as worker:
            text = shown(worker, "import os\nprint(dict(os.environ))")
        assert "COURSE_SECRET" not in text
        assert "'OMP_NUM_THREADS': '1'" in text


def test_what_a_course_needs_works_inside(worker):
    source = (
        "import cs_cnn, autograder, numpy as np\nfrom sklearn.datasets import load_digits\n"
        "from skimage.data import astronaut\nprint(load_digits().images.shape, astronaut().shape)\n"
        "open('notes.txt', 'w').write('mine')"
    )
    reply = run(worker, source, 60)
    assert reply["error"] is None
    texts = [o["text"] for o in reply["outputs"] if o["output_type"] == "stream"]
    assert texts == ["(1797, 8, 8) (512, 512, 3)\n"]


def test_without_bubblewrap_nothing_runs(monkeypatch):
    monkeypatch.setattr(protect.shutil, "which", lambda name: None)
    monkeypatch.setattr(launch, "protections", launch.protections.__wrapped__)
    assert not launch.protections().bubblewrap
    with pytest.raises(Unprotected, match="bwrap.* is not installed"):
        Worker(LIMITS, protected=True)


def test_a_worker_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(warm.sys, "executable", str(Path(sys.prefix, "nothing")))
    with pytest.raises((RuntimeError, OSError), match="did not start|nothing"):
        Worker(LIMITS, protected=protections().bubblewrap, room=Room(("a room of its own",)))
