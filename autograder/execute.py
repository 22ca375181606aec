"""nbgrader's door: `nbgrader autograde` and formgrader's button grade as `cs-cnn grade` does.

A course's nbgrader_config.py opens it (`cs-cnn build` writes one):

    from autograder.execute import use_locked_room

    use_locked_room(c)

nbgrader then goes its own way, through its own steps and settings, but for two: what was handed in
is opened without trust, and `LockedRoom` stands in for `Execute`.
"""

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import v4
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets import Bool, Float, Integer

from autograder.classroom import grade_here
from autograder.course import Course
from autograder.grading import MAX_MIB
from autograder.sandbox.launch import Limits
from autograder.submission import Unreadable, read


def use_locked_room(c):
    """Set nbgrader's configuration `c` so that its autograde runs nothing outside the room."""
    c.Autograde.exporter_class = WithoutTrust
    c.Autograde.autograde_preprocessors = [
        LockedRoom,
        IgnorePattern,
        ClearMetadataPreprocessor,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]


class WithoutTrust(NotebookExporter):
    """Opens what was handed in as the grader does; an unreadable file becomes an empty notebook.

    (nbgrader would give up on it, and leave the student with the score of an older submission.)
    """

    def from_filename(self, filename, resources=None, **kw):
        try:
            read(filename, MAX_MIB)
        except Unreadable as error:
            self.log.warning("%s: %s", filename, error)
            return self.from_notebook_node(v4.new_notebook(), resources, **kw)
        return super().from_filename(filename, resources, **kw)


class LockedRoom(NbGraderPreprocessor):
    """Judges a submission in place of nbgrader's `Execute`.

    The submitted file is read anew and merged into the instructor's notebook, so that the scores
    are those of `cs-cnn grade`.
    """

    protected = Bool(True, help="Refuse to grade where no room can be locked.").tag(config=True)
    call_seconds = Float(Limits.call_seconds, help="Limit for one call.").tag(config=True)
    memory_mib = Integer(Limits.memory_mib, help="Limit for one submission.").tag(config=True)

    def preprocess(self, nb, resources):
        """Give the judged notebook instead of `nb`."""
        where = resources["nbgrader"]
        student, name, notebook = (where[k] for k in ("student", "assignment", "notebook"))
        course = Course(self.parent.parent.coursedir.root)
        limits = Limits(call_seconds=self.call_seconds, memory_mib=self.memory_mib)
        graded = grade_here(course, name, notebook, student, limits, self.protected)
        for remark in graded.remarks:
            self.log.warning("%s: %s", student, remark)
        return v4.reads(graded.notebooks[notebook]), resources
