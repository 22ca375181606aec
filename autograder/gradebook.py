"""What was judged goes into nbgrader's own records: the gradebook and the autograded notebooks.

One writer at a time, one submission at a time, in an order in which nothing can be lost:

1. The autograded notebooks are written, each in full or not at all.
2. Scores, comments, the late penalty and the line of our own table that says "graded, with this
   fingerprint" are one transaction of the gradebook.

Whoever stops the command in between leaves a submission that is not marked as graded, whatever its
files say, and the next run grades it again. A submission is taken as graded only while its line,
its entry in the gradebook and its autograded notebooks all agree.

A grade that a person gave by hand is never overwritten; nbgrader prefers it to the automatic one,
and it is marked to be looked at again.
"""

import hashlib
import shutil
from contextlib import contextmanager

from nbformat import v4
from nbgrader.api import Assignment, Gradebook, MissingEntry, Notebook, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import (
    compute_checksum,
    determine_grade,
    is_grade,
    is_locked,
    is_solution,
)
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload

from autograder.course import nbgrader_log, write_bytes
from autograder.results import Graded

DONE = Table(
    "cs_cnn_graded",
    MetaData(),
    Column("assignment", String(255), primary_key=True),
    Column("student", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("written", String(64), nullable=False),  # digest of the autograded notebooks
    Column("result", Text, nullable=False),
)


class NotRecorded(RuntimeError):
    """A result could not be written; what was recorded before stands."""


@contextmanager
def gradebook(course):
    """Open a course's gradebook and close it afterwards."""
    book = Gradebook(course.database, course.nbgrader("").course_id)
    try:
        DONE.create(book.engine, checkfirst=True)
        book.db().expire_on_commit = False  # what is in memory is forgotten after each submission
        yield book
    finally:
        book.close()


def released(book, course, name):
    """The instructor's notebooks, with the tests and checksums that nbgrader released.

    Parameters
    ----------
    book : nbgrader Gradebook
    course : Course
    name : str
        The assignment.

    Returns
    -------
    dict
        Complete notebooks by name, each cell with an id that stays the same.

    Raises
    ------
    FileNotFoundError
        If the assignment was never built, or its source has other cells than its release.
    """
    notebooks = {}
    for notebook in course.notebooks(name):
        complete = course.read_source(name, notebook)
        try:
            stored = {c.name: c for c in book.find_notebook(notebook, name).source_cells}
        except MissingEntry:
            stored = {}
        marked = [cell for cell in complete.cells if cell.metadata.get("nbgrader")]
        if {cell.metadata.nbgrader.grade_id for cell in marked} != set(stored):
            raise FileNotFoundError(
                f"{course.source(name, notebook)} is not what was released: run `cs-cnn build "
                f"{name} --course {course.root}` (for an assignment of your own `nbgrader "
                f"generate_assignment {name}`) first"
            )
        for cell in marked:
            original = stored[cell.metadata.nbgrader.grade_id]
            cell.metadata.nbgrader.checksum = original.checksum
            if is_locked(cell):
                cell.source = original.source
        for number, cell in enumerate(complete.cells, 1):
            cell.setdefault("id", f"cell-{number}")
        complete.nbformat_minor = 5
        notebooks[notebook] = complete
    return notebooks


def recorded(book, course, name):
    """What is graded and still as it was recorded: `Graded` by student."""
    query = select(DONE.c["student", "written", "result"])
    entries = select(SubmittedAssignment.student_id).join(Assignment)
    known = set(book.db.scalars(entries.where(Assignment.name == name)))
    found = {}
    for student, written, result in book.db.execute(query.where(DONE.c.assignment == name)):
        graded = Graded.from_json(result)
        if student in known and written == digest(course, name, student, graded.notebooks):
            found[student] = graded
    book.db.rollback()
    return found


def digest(course, name, student, notebooks):
    """The digest of a student's autograded notebooks as they lie there; empty if one is missing."""
    total = hashlib.sha256()
    for notebook in notebooks:
        try:
            total.update(hashlib.sha256(_autograded(course, name, student, notebook)).digest())
        except OSError:
            return ""
    return total.hexdigest()


def _autograded(course, name, student, notebook):
    return course.autograded(name, student, notebook).read_bytes()


def record(book, course, name, graded):
    """Write one graded submission: the autograded notebooks, then every grade and comment.

    Parameters
    ----------
    book : nbgrader Gradebook
    course : Course
    name : str
    graded : Graded
        Its notebooks' outputs are what nbgrader's `determine_grade` scores; its `fingerprint`
        tells the next run whether it is unchanged, an empty one has it graded again.

    Raises
    ------
    NotRecorded
        If the disk is full or the gradebook can't be written.
    """
    student = graded.student
    try:
        for notebook, text in graded.notebooks.items():
            write_bytes(course.autograded(name, student, notebook), text.encode())
        copy_files(course, name, student)
        with at_hand(book, name) as names:
            submission = enter(book, course, name, student)
            for notebook in submission.notebooks:
                if notebook.name in graded.notebooks:
                    _score(notebook, graded, names)
            mark(book, course, name, graded)
        book.db.flush()
        penalise(book, course, submission)
        book.db.commit()
    except (OSError, SQLAlchemyError) as error:
        book.db.rollback()
        reason = str(error).partition("\n")[0]
        raise NotRecorded(f"{student} could not be recorded: {reason}") from error
    finally:
        book.db.expunge_all()


@contextmanager
def at_hand(book, name):
    """Have an assignment's cells in memory: nbgrader asks for them one after the other.

    Gives the name of each by its id.
    """
    cells = selectinload(Assignment.notebooks).selectinload(Notebook._base_cells)
    whole = select(Assignment).where(Assignment.name == name).options(cells)
    with book.db.no_autoflush:
        held = book.db.scalars(whole).all()  # or SQLAlchemy would forget them
        yield {c.id: c.name for one in held for nb in one.notebooks for c in nb._base_cells}


def enter(book, course, name, student):
    """Make sure that a submission is in the gradebook, with the time at which it was handed in.

    It is not committed: nbgrader would do so at each step, and write what is filled in later twice.
    """
    when = course.handed_in_at(name, student)
    stamp = {"timestamp": when} if when else {}
    with book.db.no_autoflush:  # nbgrader builds it in steps; SQLAlchemy warns at each
        with instead_of_commit(book, book.db.flush):
            book.update_or_create_student(student)
        with instead_of_commit(book, lambda: None):
            return book.update_or_create_submission(name, student, **stamp)


@contextmanager
def instead_of_commit(book, step):
    """Within, nbgrader does `step` where it would commit."""
    book.db.commit = step
    try:
        yield
    finally:
        del book.db.commit


def renew(book, course, name, student):
    """Bring the time and the late penalty of an unchanged submission up to date."""
    penalise(book, course, enter(book, course, name, student))
    book.db.commit()
    book.db.expunge_all()


def _score(submitted, graded, names):
    """Fill in the grades and comments of one notebook, as nbgrader does; `names` by cells' ids."""
    judged = v4.reads(graded.notebooks[submitted.name])
    cells = {c.metadata.nbgrader.grade_id: c for c in judged.cells if c.metadata.get("nbgrader")}
    for grade in submitted.grades:
        cell = cells[names[grade.cell_id]]
        if is_grade(cell):
            grade.auto_score, _ = determine_grade(cell)
            by_hand = grade.manual_score is not None or grade.auto_score is None
            grade.needs_manual_grade = bool(graded.problem) or by_hand
    for comment in submitted.comments:
        comment.auto_comment = (
            "No response." if is_unchanged(cells[names[comment.cell_id]]) else None
        )


def is_unchanged(cell):
    """Whether a solution cell is still as it was handed out."""
    return is_solution(cell) and cell.metadata.nbgrader.checksum == compute_checksum(cell)


def mark(book, course, name, graded):
    """Note in our own table that a submission is graded, or that it has to be graded again."""
    student = graded.student
    here = (DONE.c.assignment == name) & (DONE.c.student == student)
    book.db.execute(delete(DONE).where(here))
    if graded.fingerprint:
        line = {"assignment": name, "student": student, "fingerprint": graded.fingerprint}
        line["written"] = digest(course, name, student, graded.notebooks)
        book.db.execute(insert(DONE).values(**line, result=graded.to_json()))


def penalise(book, course, submission):
    """Assign the late penalties that the course's nbgrader plugin asks for."""
    rules = AssignLatePenalties(config=course.config, log=nbgrader_log())
    rules.init_plugin()
    late = submission.total_seconds_late
    for notebook in submission.notebooks:
        penalty = None
        if late > 0:
            book.db.refresh(notebook)  # its score is known once the grades are written
            student = submission.student_id
            penalty = rules.plugin_inst.late_submission_penalty(student, notebook.score, late)
        if penalty is not None:
            penalty = rules._check_late_penalty(notebook, penalty)
        notebook.late_submission_penalty = penalty


def copy_files(course, name, student):
    """Copy what formgrader wants beside the notebooks: the source's other files, the time stamp."""
    source, stamp = course.source(name).parent, course.submitted(name, student).parent
    target = course.autograded(name, student).parent
    files = [path for path in source.rglob("*") if path.is_file() and path.suffix != ".ipynb"]
    for path in files:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    if (stamp / "timestamp.txt").is_file():
        shutil.copyfile(stamp / "timestamp.txt", target / "timestamp.txt")
