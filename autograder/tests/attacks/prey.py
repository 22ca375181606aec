"""The course that the attacks are let loose on, and what shows whether one of them succeeded.

Two questions: a plain one with hidden tests, and an exercise of this course.
"""

import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template

import nbformat
import psutil
from nbgrader.api import Gradebook

from autograder.course import Course, write
from autograder.demo import SHIFTED
from autograder.tests.tiny import cell, release

NAME = "prey"
SECRET = "271828"
MARK = "987.6543"  # how long the processes sleep that an attack leaves behind
STUB = "def {}(*a, **k):\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION"
IMPORTS = "import numpy as np\nfrom cs_cnn import checks\nfrom cs_cnn.shapes import *"
TEST = f"""\
assert double(3) == 6
want = [0, 2, 4]
np.testing.assert_array_equal(double(np.arange(3)), want)
### BEGIN HIDDEN TESTS
secret = {SECRET}
assert double(secret // 2) == secret
assert double(7) == 14
### END HIDDEN TESTS"""
RIGHT = {"double": "def double(x):\n    return 2 * x", "conv2d_forward": SHIFTED}
WRONG = {
    "double": "def double(x):\n    return 0",
    "conv2d_forward": "def conv2d_forward(*a, **k):\n    return 0, None",
}
HONEST = {"classmate": RIGHT, "wrong": WRONG, "blank": {}}


def make(folder):
    """Make the course and hand in the honest submissions."""
    course = Course(folder)
    test = {"grade": True, "locked": True}
    check = "checks.conv2d_forward(conv2d_forward)"
    cells = [
        cell("imports", IMPORTS, locked=True),
        cell("double", STUB.format("double"), solution=True),
        cell("double-check", TEST, points=2, **test),
        cell("conv2d_forward", STUB.format("conv2d_forward"), solution=True),
        cell("conv2d_forward-check", check, points=10, **test),
    ]
    course.write_source(NAME, nbformat.v4.new_notebook(cells=cells))
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    course.seed()
    release(course, NAME)
    for student, answers in HONEST.items():
        hand_in(course, student, answers)
    return course


def hand_in(course, student, answers, change=None):
    """Hand in answers in the released notebook; give the submission's folder."""
    notebook = course.read_release(NAME)
    for one in notebook.cells:
        one.source = answers.get(one.metadata.nbgrader.grade_id, one.source)
    if change:
        change(notebook)
    path = course.submitted(NAME, student)
    write(path, notebook)
    return path.parent


def attack_with(course, attack, home, port):
    """Hand in an attack, its placeholders filled in."""
    places = {"COURSE": course.root, "HOME": home, "PORT": port, "MARK": MARK}
    source = Template(attack.source).safe_substitute(places)
    folder = hand_in(course, attack.name, {attack.cell: source}, attack.notebook)
    if attack.folder:
        attack.folder(folder)


def leaked(course, student):
    """Whether a hidden test, or a note from another submission, shows in a student's outputs."""
    path = course.autograded(NAME, student)
    if not path.is_file():
        return False
    cells = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    own = [c for c in cells if not c.metadata.get("nbgrader", {}).get("grade")]
    return any(SECRET in str(cell.outputs) for cell in own)


class Watch:
    """What must stay as it is: files, the classmate's grade, processes, and silence on a port."""

    def __init__(self, course, home):
        self.course, self.home = course, home
        self.heard = []
        self.before = self.state()

    def state(self):
        """Everything that an attack should not be able to change, as {what: content}."""
        root, honest = self.course.root, [f"submitted/{name}" for name in HONEST]
        places = [root / place for place in ("source", "release", "nbgrader_config.py", *honest)]
        files = [f for place in (*places, self.home) for f in (place, *place.rglob("*"))]
        files = [f for f in files if f.is_file() and ".cache" not in f.parts]
        state = {str(f): f.read_bytes() for f in files}
        state["grade book"] = self.grade()
        state["network"] = len(self.heard)
        state["processes"] = len(left_behind())
        return state

    def grade(self):
        """The classmate's grades, automatic and by hand."""
        with Gradebook(self.course.database) as book:
            (notebook,) = book.find_submission(NAME, "classmate").notebooks
            return [(grade.auto_score, grade.manual_score) for grade in notebook.grades]

    def harm(self):
        """What has changed since the last look."""
        before, self.before = self.before, self.state()
        end_left_behind()
        places = before.keys() | self.before.keys()
        return sorted(p for p in places if before.get(p) != self.before.get(p))

    @contextmanager
    def listening(self):
        """Listen on a port of this machine; give its number."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=self._listen, args=[server], daemon=True).start()
            yield server.getsockname()[1]
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def _listen(self, server):
        with suppress(OSError):  # closed
            while True:
                line, address = server.accept()
                line.close()
                self.heard.append(address)


def left_behind():
    """The processes that attacks started and that still run."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found += [process] * (process.cmdline()[-1:] == [MARK])
    return found


def end_left_behind():
    for process in left_behind():
        with suppress(psutil.Error):
            process.kill()


def home_folder(folder):
    """A home with something in it."""
    home = Path(folder)
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "README").write_text("IPython writes this if it is not there\n")
    (home / ".bashrc").write_text("# mine\n")
    return home
