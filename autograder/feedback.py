"""HTML feedback for students, by nbgrader's own generator, with what they wrote made harmless.

Hidden tests that stand in an assignment's source stay hidden.
"""

from pathlib import Path

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Instance
from traitlets.config import Config

from autograder.course import nbgrader_log
from autograder.submission import HIDDEN

# Markdown of the student's is sanitised. text/html outputs come from the judge alone (the room
# passes on text and pictures only), so the reports of the checks keep their layout.
HARMLESS = Config(
    SanitizeHTML={
        "enabled": True,
        "safe_output_keys": {"metadata", "text/plain", "text/html", "image/png"},
        "sanitized_output_types": set(),
    }
)


class WithoutHiddenTests(NbGraderPreprocessor):
    """Says that there are hidden tests where they are."""

    def preprocess_cell(self, cell, resources, cell_index):
        if cell.cell_type == "code":
            cell.source = HIDDEN.sub("# ... and hidden tests\n", cell.source)
        return cell, resources


class OneStudent(GenerateFeedback):
    """nbgrader's feedback generator for one student, whatever characters the path has.

    (nbgrader finds notebooks by wildcards, and a student called `[2]` is one.)
    """

    folder = Instance(Path)

    def init_notebooks(self):
        notebooks = sorted(map(str, self.folder.glob("*.ipynb")))
        self.assignments = {str(self.folder): notebooks}


def feedback(course, name, students):
    """Write the feedback of each student and give the paths.

    Parameters
    ----------
    course : Course
    name : str
        A graded assignment.
    students : list of str

    Yields
    ------
    Path
        `feedback/STUDENT/NAME/NOTEBOOK.html` in the course folder, for each notebook.
    """
    for student in students:
        settings = {"log": nbgrader_log(), "config": HARMLESS}
        settings["folder"] = course.autograded(name, student).parent
        converter = OneStudent(coursedir=course.nbgrader(name), **settings)
        converter.preprocessors = [SanitizeHTML, WithoutHiddenTests, *converter.preprocessors]
        converter.force = True
        converter.start()
        for notebook in course.notebooks(name):
            yield course.feedback(name, student, notebook)
