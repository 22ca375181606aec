"""HTML feedback for students, by nbgrader's own generator, with what they wrote made harmless."""

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.converters import GenerateFeedback
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
        folder = course.nbgrader(name, student)
        converter = GenerateFeedback(coursedir=folder, log=nbgrader_log(), config=HARMLESS)
        converter.preprocessors = [SanitizeHTML, *converter.preprocessors]
        converter.force = True
        converter.start()
        yield course.feedback(name, student)
