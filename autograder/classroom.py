"""Works through a class: submissions are judged by many processes, one writer records.

A submission that can't be read or judged gets a row with the reason and stops nobody else. What is
recorded and unchanged is not graded again; `gradebook` says why an interruption loses nothing.
"""

import functools
import hashlib
import os
from contextlib import contextmanager
from dataclasses import asdict, replace

from filelock import FileLock, Timeout
from nbformat import v4

from autograder.engine import run
from autograder.gradebook import gradebook, record, recorded, released, renew
from autograder.grading import MAX_MIB, OtherVersion, grade_submission, parsed, together, unanswered
from autograder.results import engine_version, few, fingerprint
from autograder.sandbox.launch import Limits
from autograder.sandbox.protect import Unprotected, protections
from autograder.submission import Unreadable, read_text
from autograder.watch import shadowing


class Busy(RuntimeError):
    """Another run is at work in this course."""


def grade(
    course,
    name,
    students=None,
    limits=None,
    protected=True,
    jobs=None,
    *,
    scheduler=None,
    again=False,
    on_change=None,
):
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
    jobs, scheduler, on_change
        Where to run and whom to tell, as in `engine.run`.
    again : bool
        Grade what is unchanged too.

    Yields
    ------
    Graded
        First those that are unchanged since an earlier run, then in the order in which they finish.

    Raises
    ------
    Unprotected
        If the room can't be locked where the code would run and `protected` is true.
    FileNotFoundError
        If the assignment has not been built in this course.
    NotRecorded, SchedulerLost
        If the disk is full or the scheduler goes away. What was given stands; the next run goes on.
    Busy
        If another run is at work in this course.
    """
    course.notebooks(name)  # a course that was never built is named first
    if protected and not scheduler and not protections().bubblewrap:
        raise Unprotected(protections().problem)
    with only_writer(course), gradebook(course) as book:
        instructor = {n: v4.writes(nb) for n, nb in released(book, course, name).items()}
        arguments = functools.partial(
            work, course, name, instructor, asdict(limits or Limits()), protected
        )
        done = {} if again else recorded(book, course, name)
        waiting = []
        for student in students or course.students(name):
            if problem := unfit_name(student):
                yield ungraded(student, instructor, problem)
            elif student in done and done[student].fingerprint == fingerprint(*arguments(student)):
                renew(book, course, name, student)
                yield done[student]
            else:
                waiting.append(student)
        if waiting:
            version = engine_version() if scheduler else ""  # workers of ours share our files
            tasks = ((student, (version, *arguments(student))) for student in waiting)
            processes = jobs or max(2, min(os.cpu_count(), len(waiting)))
            for student, result in run(grade_submission, tasks, processes, scheduler, on_change):
                graded = outcome(student, result, instructor)
                record(book, course, name, graded)
                yield replace(graded, notebooks=dict.fromkeys(graded.notebooks, ""))


def grade_here(course, name, notebook, student, limits, protected):
    """Grade one notebook of a submission in this process and record nothing: nbgrader will.

    Other parameters, and errors, as in `grade`.
    """
    if protected and not protections().bubblewrap:
        raise Unprotected(protections().problem)
    with gradebook(course) as book:
        instructor = {notebook: v4.writes(released(book, course, name)[notebook])}
    arguments = work(course, name, instructor, asdict(limits), protected, student)
    return grade_submission("", *arguments)


@contextmanager
def only_writer(course):
    """Hold the lock of a course; the system gives it back when the process ends, however it ends.

    Raises
    ------
    Busy
        If another process holds it.
    """
    lock = FileLock(course.root / ".grading.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(f"another run is grading in {course.root}: wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def unfit_name(student):
    """Why a folder's name can't be a student's, or an empty string."""
    try:
        student.encode()
    except UnicodeEncodeError:
        return "the folder's name is not UTF-8 text: rename it"
    return "" if student.isprintable() else "the folder's name has control characters: rename it"


def work(course, name, instructor, limits, protected, student):
    """Everything that grading one submission depends on, as plain data: what a worker gets.

    Returns
    -------
    tuple
        ``(student, files, instructor, seed, limits, protected)``; `files` has for each notebook
        what `collect` gives.
    """
    files = {notebook: collect(course, name, student, notebook) for notebook in instructor}
    return student, files, instructor, personal(course.seed(), student, name), limits, protected


def personal(seed, student, name):
    """The seed of one student's hidden cases, from the course's secret."""
    return hashlib.sha256(f"{seed}/{student}/{name}".encode()).hexdigest()


def collect(course, name, student, notebook):
    """Fetch what a student handed in for a notebook: its text, or else the problem with it.

    Nothing is parsed here, so whatever the file holds can at most end a worker.
    """
    path = course.submitted(name, student, notebook)
    expected = {f"{other}.ipynb" for other in course.notebooks(name)}
    others = sorted(p.name for p in path.parent.glob("*.ipynb") if p.name not in expected)
    try:
        if path.parent.is_symlink() or path.parent.parent.is_symlink():
            raise Unreadable("the folder is a link to another one: hand in the notebook itself")
        text, problem = read_text(path, MAX_MIB), ""
    except Unreadable as error:
        hint = f" (it should be called {path.name}, found {few(others)})" if others else ""
        text, problem, others = "", f"{error}{hint}", []
    found = [f"{few(others)} was handed in too and not looked at"] if others else []
    if not problem:
        found += shadowing(path.parent, {p.name for p in course.source(name).parent.iterdir()})
    return {"text": text, "problem": problem, "findings": found}


def outcome(student, result, instructor):
    """The row of a finished task; a failure of ours is a row too, and is graded again next time.

    Raises
    ------
    Unprotected, OtherVersion
        If the workers can't grade anybody.
    """
    if isinstance(result, Unprotected | OtherVersion):
        raise result
    if isinstance(result, Exception):
        reason = f"the grader failed ({type(result).__name__}: {result}): please report it"
        return ungraded(student, instructor, reason)
    return result


def ungraded(student, instructor, reason):
    """A row for a submission none of which could be graded."""
    parts = {name: unanswered(parsed(text), reason) for name, text in instructor.items()}
    return together(student, parts, seconds=0.0)
