"""A course folder in nbgrader's own layout: where everything of a class lies.

source/NAME/NOTEBOOK.ipynb                   complete, with solutions (never handed out)
release/NAME/NOTEBOOK.ipynb                  the handout
submitted/STUDENT/NAME/NOTEBOOK.ipynb        what came back
autograded/STUDENT/NAME/NOTEBOOK.ipynb       graded, with outputs
feedback/STUDENT/NAME/NOTEBOOK.html          for the student
gradebook.db                                 nbgrader's database
nbgrader_config.py                           nbgrader's settings, read here too
.seed                                        the secret of the hidden cases

Our own assignments have one notebook, of the assignment's name; nbgrader's may have several.
"""

import copy
import functools
import io
import logging
import os
import secrets
import sysconfig
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

# nbgrader looks for the program `alembic` on the PATH, where an inactive environment's isn't.
os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", "")

CONFIG = '''\
"""nbgrader's settings for this course; `cs-cnn` reads them too."""

c = get_config()

# `nbgrader autograde` and formgrader's button grade in the locked room, as `cs-cnn grade` does.
from autograder.execute import use_locked_room

use_locked_room(c)
'''


class Course:
    """A course folder.

    Parameters
    ----------
    root : path
        The folder; it is made when something is written.
    """

    def __init__(self, root):
        self.root = Path(root).resolve()

    def __repr__(self):
        return f"Course({str(self.root)!r})"

    @functools.cached_property
    def config(self):
        """The settings in the folder's `nbgrader_config.py`, if there is one."""
        path = self.root / "nbgrader_config.py"
        settings = PyFileConfigLoader(str(path)).load_config() if path.exists() else Config()
        settings.CourseDirectory.root = str(self.root)
        settings.CourseDirectory.setdefault("db_url", f"sqlite:///{self.root / 'gradebook.db'}")
        return settings

    @property
    def database(self):
        """The address of nbgrader's gradebook."""
        return self.config.CourseDirectory.db_url

    def source(self, name, notebook=None):
        return self._notebook("source", name, notebook)

    def release(self, name, notebook=None):
        return self._notebook("release", name, notebook)

    def submitted(self, name, student, notebook=None):
        return self._notebook(f"submitted/{student}", name, notebook)

    def autograded(self, name, student, notebook=None):
        return self._notebook(f"autograded/{student}", name, notebook)

    def feedback(self, name, student, notebook=None):
        return self._notebook(f"feedback/{student}", name, notebook, ".html")

    def _notebook(self, folder, name, notebook, suffix=".ipynb"):
        return self.root / folder / name / f"{notebook or name}{suffix}"

    def students(self, name):
        """Everyone who handed in a folder for this assignment, in order."""
        return sorted(folder.parent.name for folder in self.root.glob(f"submitted/*/{name}/"))

    def notebooks(self, name):
        """The notebooks of an assignment, in order; FileNotFoundError if it was never built."""
        found = sorted(path.stem for path in self.source(name).parent.glob("*.ipynb"))
        if not found:
            self.read_source(name)
        return found

    def write_source(self, name, notebook):
        """Write the instructor's complete notebook."""
        write(self.source(name), notebook)

    def read_source(self, name, notebook=None):
        """Read the instructor's complete notebook; FileNotFoundError if it was never built."""
        return self._read(self.source(name, notebook), name)

    def read_release(self, name, notebook=None):
        """Read the handout; FileNotFoundError if it was never built."""
        return self._read(self.release(name, notebook), name)

    def _read(self, path, name):
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is not there: run `cs-cnn build {name} --course {self.root}` first"
            )
        return nbformat.read(path, as_version=4)

    def write_config(self):
        """Write the `nbgrader_config.py` that opens nbgrader's door to the locked room, if none is.

        One that is there already is the instructor's and stays as it is.
        """
        path = self.root / "nbgrader_config.py"
        if not path.exists():
            write_bytes(path, CONFIG.encode())
            vars(self).pop("config", None)

    def seed(self):
        """The secret that hidden cases are drawn from; made once, readable by the owner only."""
        path = self.root / ".seed"
        if not path.exists():
            write_bytes(path, secrets.token_hex(16).encode(), mode=0o600)
        return path.read_text()

    def nbgrader(self, name):
        """nbgrader's own description of this folder, for one assignment."""
        config = copy.deepcopy(self.config)
        config.CourseDirectory.assignment_id = name
        return CourseDirectory(config=config)

    def handed_in_at(self, name, student):
        """When nbgrader collected a submission, or None if nothing readable says so."""
        folder = self.submitted(name, student).parent
        try:
            return self.nbgrader(name).get_existing_timestamp(str(folder))
        except (Exception, SystemExit):  # nbgrader gives up altogether on a file that is no time
            return None


def write(path, notebook):
    """Write a notebook, making its folder."""
    write_bytes(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())


def write_bytes(path, data, mode=0o666):
    """Write a file, making its folder, so that it is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        with os.fdopen(os.open(unfinished, flags, mode), "wb") as file:
            file.write(data)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def nbgrader_log():
    """A logger that keeps what nbgrader says instead of printing it; see `last_error`."""
    log = logging.Logger("nbgrader", logging.WARNING)
    log.addHandler(logging.StreamHandler(io.StringIO()))
    return log


def last_error(log):
    """The line of a kept log that names the exception, or an empty string."""
    lines = log.handlers[0].stream.getvalue().splitlines()
    return next(
        (line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))), ""
    )
