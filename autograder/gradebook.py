"""What was judged goes into nbgrader's own records: the gradebook and the autograded notebook.

One writer at a time. A grade that a person gave by hand is never overwritten; nbgrader prefers it
to the automatic one, and it is marked to be looked at again.
"""

from contextlib import contextmanager

from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade, is_solution

from autograder.course import write


@contextmanager
def gradebook(course):
    """Open a course's gradebook and close it afterwards."""
    book = Gradebook(course.database)
    try:
        yield book
    finally:
        book.close()


def record(book, course, name, student, notebook, needs_look=False):
    """Write one graded submission: the autograded notebook, then every grade and comment.

    Parameters
    ----------
    book : nbgrader Gradebook
    course : Course
    name, student : str
    notebook : NotebookNode
        With the outputs that nbgrader's `determine_grade` scores.
    needs_look : bool
        Mark the submission for a person to look at, as one that could not be graded.
    """
    write(course.autograded(name, student), notebook)
    when = course.handed_in_at(name, student)
    book.update_or_create_student(student)
    with book.db.no_autoflush:  # nbgrader builds the submission in steps; SQLAlchemy warns at each
        book.update_or_create_submission(name, student, **({"timestamp": when} if when else {}))
    blank = _blank_cells(course, name)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if is_grade(cell):
            grade = book.find_grade(grade_id, name, name, student)
            grade.auto_score, _ = determine_grade(cell)
            by_hand = grade.manual_score is not None or grade.auto_score is None
            grade.needs_manual_grade = needs_look or by_hand
        if is_solution(cell):
            comment = book.find_comment(grade_id, name, name, student)
            comment.auto_comment = "No response." if cell.source in blank[grade_id] else None
    book.db.commit()


def _blank_cells(course, name):
    """What an unanswered solution cell looks like, by grade_id: the handout's stub, or nothing."""
    handout = course.read_release(name)
    return {
        cell.metadata.nbgrader.grade_id: ("", cell.source)
        for cell in handout.cells
        if is_solution(cell)
    }
