"""HTML feedback for students, by nbgrader's own generator, with what they wrote made harmless."""

from pathlib import Path

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.converters import GenerateFeedback
from traitlets import Instance
from traitlets.config import Config

from autograder.course import nbgrader_log

# Markdown of the student's is sanitised. text/html outputs come from the judge alone (the room
# passes on text and pictures only), so the reports of the checks keep their layout.
HARMLESS = Config(
    SanitizeHTML={
        "enabled": True,
        "safe_output_keys": {"metadata", "text/plain", "text/html", "image/png"},
        "sanitized_output_types": set(),
    }
)


class OneStudent(GenerateFeedback):
    """nbgrader's feedback generator for one notebook, whatever characters its path has.

    (nbgrader finds notebooks by wildcards, and a student called `[2]` is one.)
    """

    notebook = Instance(Path)

    def init_notebooks(self):
        self.assignments = {str(self.notebook.parent): [str(self.notebook)]}


def feedback(course, name, students):
    """Write the feedback of each student and give its path.

    Parameters
    ----------
    course : Course
    name : str
        A graded assignment.
    students : list of str

    Yields
    ------
    Path
        `feedback/STUDENT/NAME/NAME.html` in the course folder.
    """
    for student in students:
        settings = {"log": nbgrader_log(), "config": HARMLESS}
        settings["notebook"] = course.autograded(name, student)
        converter = OneStudent(coursedir=course.nbgrader(name), **settings)
        converter.preprocessors = [SanitizeHTML, *converter.preprocessors]
        converter.force = True
        converter.start()
        yield course.feedback(name, student)
