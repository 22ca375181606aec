"""The smallest course there is, for tests of the class run: one question, two points."""

import nbformat
from nbgrader.converters import GenerateAssignment

from autograder.course import Course, nbgrader_log, write

NAME = "tiny"
ANSWER = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
TEST = "assert double(2) == 4, 'twice 2 is 4'\nassert double(3) == 6"
RIGHT, WRONG = "def double(x):\n    return x + x", "def double(x):\n    return 3 * x"


def cell(grade_id, source, **flags):
    """A code cell with nbgrader's metadata."""
    role = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    made = nbformat.v4.new_code_cell(source, id=grade_id)
    made.metadata["nbgrader"] = role | {"grade_id": grade_id} | flags
    return made


def tiny_course(folder, answers=None, test=TEST):
    """Make a course and hand in an answer for each student in `answers`."""
    course = Course(folder)
    set_test(course, test)
    for student, answer in (answers or {}).items():
        hand_in(course, student, answer)
    return course


def set_test(course, test):
    """Write the assignment with a test, and release it."""
    cells = [cell("double", ANSWER, solution=True)]
    cells.append(cell("double-check", test, grade=True, locked=True, points=2))
    course.write_source(NAME, nbformat.v4.new_notebook(cells=cells))
    release(course, NAME)


def release(course, name):
    """Release an assignment by nbgrader's generate_assignment, again if it was before."""
    converter = GenerateAssignment(coursedir=course.nbgrader(name), log=nbgrader_log())
    converter.force = True
    converter.start()


def hand_in(course, student, answer):
    """Hand in the released notebook with an answer; give its path."""
    notebook = course.read_release(NAME)
    notebook.cells[0].source = answer
    path = course.submitted(NAME, student)
    write(path, notebook)
    return path


def scores(course):
    """What the gradebook and the autograded notebooks say: by student, everything that counts."""
    from nbgrader.api import Gradebook

    with Gradebook(course.database) as book:
        return {
            s.student_id: (
                [
                    (g.auto_score, g.manual_score, g.needs_manual_grade)
                    for g in s.notebooks[0].grades
                ],
                [comment.auto_comment for comment in s.notebooks[0].comments],
                s.notebooks[0].late_submission_penalty,
                course.autograded(NAME, s.student_id).read_text(encoding="utf-8"),
            )
            for s in book.assignment_submissions(NAME)
        }
