"""A course folder in nbgrader's own layout: where everything of a class lies.

source/NN_name/NN_name.ipynb                   complete, with solutions (never handed out)
release/NN_name/NN_name.ipynb                  the handout
submitted/STUDENT/NN_name/NN_name.ipynb        what came back
autograded/STUDENT/NN_name/NN_name.ipynb       graded, with outputs
feedback/STUDENT/NN_name/NN_name.html          for the student
gradebook.db                                   nbgrader's database
.seed                                          the secret of the hidden cases
"""

import io
import logging
import os
import secrets
import sysconfig
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

# nbgrader looks for the program `alembic` on the PATH, where an inactive environment's isn't.
os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", "")


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

    @property
    def database(self):
        """The address of nbgrader's gradebook."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def source(self, name):
        return self._notebook("source", name)

    def release(self, name):
        return self._notebook("release", name)

    def submitted(self, name, student):
        return self._notebook(f"submitted/{student}", name)

    def autograded(self, name, student):
        return self._notebook(f"autograded/{student}", name)

    def feedback(self, name, student):
        return self._notebook(f"feedback/{student}", name).with_suffix(".html")

    def students(self, name):
        """Everyone who handed in a folder for this assignment, in order."""
        return sorted(folder.parent.name for folder in self.root.glob(f"submitted/*/{name}/"))

    def write_source(self, name, notebook):
        """Write the instructor's complete notebook."""
        write(self.source(name), notebook)

    def read_source(self, name):
        """Read the instructor's complete notebook; FileNotFoundError if it was never built."""
        return self._read(self.source(name), name)

    def read_release(self, name):
        """Read the handout; FileNotFoundError if it was never built."""
        return self._read(self.release(name), name)

    def _read(self, path, name):
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is not there: run `cs-cnn build {name} --course {self.root}` first"
            )
        return nbformat.read(path, as_version=4)

    def seed(self):
        """The secret that hidden cases are drawn from; made once, readable by the owner only."""
        path = self.root / ".seed"
        if not path.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(16))
        return path.read_text()

    def nbgrader(self, name):
        """nbgrader's own description of this folder, for one assignment."""
        settings = {"root": str(self.root), "db_url": self.database, "assignment_id": name}
        return CourseDirectory(config=Config(CourseDirectory=settings))

    def handed_in_at(self, name, student):
        """When nbgrader collected a submission, or None if nothing readable says so."""
        folder = self.submitted(name, student).parent
        try:
            return self.nbgrader(name).get_existing_timestamp(str(folder))
        except (Exception, SystemExit):  # nbgrader gives up altogether on a file that is no time
            return None

    def _notebook(self, folder, name):
        return self.root / folder / name / f"{name}.ipynb"


def write(path, notebook):
    """Write a notebook, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


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
