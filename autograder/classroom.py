"""Works through a class: every submission is judged in a process of its own, one writer records.

A submission that can't be read or judged gets a row with the reason and stops nobody else.
"""

import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from html import escape
from operator import attrgetter

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.gradebook import gradebook, record
from autograder.judge import CellResult, error_output, is_test, judge
from autograder.sandbox.launch import Limits, Unprotected, protections
from autograder.submission import Unreadable, merge, read


@dataclass(frozen=True)
class Graded:
    """One graded submission.

    Attributes
    ----------
    student : str
    cells : list of CellResult
        One per test cell, in order.
    findings : list of str
        What was repaired or found, each a short sentence.
    problem : str
        Why it could not be graded; empty if it could.
    notebook : NotebookNode
        With its outputs.
    seconds : float
    """

    student: str
    cells: list[CellResult]
    findings: list[str]
    problem: str
    notebook: NotebookNode = field(repr=False)
    seconds: float

    @property
    def points(self):
        return sum(cell.points for cell in self.cells)

    @property
    def max_points(self):
        return sum(cell.max_points for cell in self.cells)

    @property
    def remarks(self):
        """What went wrong, in a few words each."""
        if self.problem:
            return [self.problem]
        exercises = {}
        for cell in filter(attrgetter("reason"), self.cells):
            exercises.setdefault(cell.reason, []).append(title(cell.grade_id))
        return [f"{few(names)}: {reason}" for reason, names in exercises.items()] + self.findings


def few(names, most=3):
    """The first few names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def title(grade_id):
    """What a table calls the exercise of a test cell: "conv2d_forward-check" is "conv2d fwd"."""
    name = grade_id.removesuffix("-check")
    return name.replace("forward", "fwd").replace("backward", "bwd").replace("_", " ")


def grade(course, name, students=None, limits=None, protected=True, jobs=None):
    """Grade a class, and give each submission as soon as it is recorded.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    students : list of str, optional
        Only these; everyone who handed in by default.
    limits : Limits, optional
    protected : bool
        Refuse to run without a locked room. False runs student code with your own rights.
    jobs : int, optional
        Submissions judged at the same time; the number of cores by default.

    Yields
    ------
    Graded
        In the order in which they finish.

    Raises
    ------
    Unprotected
        If the room can't be locked on this machine and `protected` is true.
    FileNotFoundError
        If the assignment has not been built in this course.
    """
    instructor = course.read_source(name)
    if protected and not protections().bubblewrap:
        raise Unprotected(protections().problem)
    settings = (limits or Limits(), protected)
    # Fresh processes, never forks: the judge has threads, and a fork would copy them half.
    fresh = multiprocessing.get_context("spawn")
    workers = jobs or os.cpu_count()
    with gradebook(course) as book, ProcessPoolExecutor(workers, mp_context=fresh) as pool:
        tasks = {}
        for student in students or course.students(name):
            path, seed = course.submitted(name, student), personal(course.seed(), student, name)
            tasks[pool.submit(grade_one, student, path, instructor, seed, *settings)] = student
        for task in as_completed(tasks):
            graded = outcome(task, tasks[task], instructor)
            needs_look = bool(graded.problem)
            record(book, course, name, graded.student, graded.notebook, needs_look)
            yield graded


def personal(seed, student, name):
    """The seed of one student's hidden cases, from the course's secret."""
    return hashlib.sha256(f"{seed}/{student}/{name}".encode()).hexdigest()


def outcome(task, student, instructor):
    """The result of a finished task; a failure of ours is a row too."""
    error = task.exception()
    if error is None:
        return task.result()
    reason = f"the grader failed ({type(error).__name__}: {error}): please report it"
    return ungraded(student, instructor, reason)


def grade_one(student, path, instructor, seed, limits=None, protected=True):
    """Read, repair and judge one submission; what can't be read gets no points and a reason."""
    try:
        submitted = read(path)
    except Unreadable as error:
        others = [p.name for p in path.parent.glob("*.ipynb") if p != path]
        hint = f" (it should be called {path.name}, found {', '.join(others)})" if others else ""
        return ungraded(student, instructor, f"{error}{hint}")
    notebook, findings = merge(instructor, submitted)
    result = judge(notebook, limits, protected, seed)
    shown = with_notes(result.notebook, findings)
    return Graded(student, result.cells, findings, "", shown, result.seconds)


def ungraded(student, instructor, reason):
    """A row for what could not be graded, with a notebook that says why at every test."""
    notebook, _ = merge(instructor, None)
    cells = []
    for cell in filter(is_test, notebook.cells):
        settings = cell.metadata.nbgrader
        cell.outputs = [error_output(Unreadable(reason), [])]
        cells.append(CellResult(settings.grade_id, 0.0, float(settings.points), reason, 0.0))
    notes = [f"This could not be graded: {reason}", "No points were given; please hand it in again"]
    return Graded(student, cells, [], reason, with_notes(notebook, notes), 0.0)


def with_notes(notebook, notes):
    """Put what the grader has to say at the top of a notebook, for the feedback."""
    if notes:
        lines = [f"- {escape(note)}." for note in notes]
        text = "\n".join(["### From the grader", "", *lines])
        notebook.cells.insert(0, new_markdown_cell(text, id="from-the-grader"))
    return notebook
