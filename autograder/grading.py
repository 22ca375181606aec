"""Grades one submission: read, repaired and judged. Plain data in, one row out.

Runs in any process, here or on another machine: files come as text, results leave as text.
"""

import functools
import re
import tempfile
import time
from dataclasses import replace
from html import escape
from pathlib import Path

from nbformat import v4
from nbformat.v4 import new_markdown_cell

from autograder.judge import CellResult, error_output, is_test, judge
from autograder.results import Graded, engine_version, fingerprint
from autograder.sandbox.launch import Limits
from autograder.submission import Unreadable, merge, read, recognise
from autograder.watch import grade_id

MAX_MIB = 20  # of a file that is handed in
KILLED = re.compile(r"was killed \(signal 9\)|closed its connection")


class OtherVersion(RuntimeError):
    """A worker has another version of the grader or of a library than the command."""


def grade_submission(version, student, files, instructor, seed, limits, protected):
    """Read, repair and judge one submission; a worker's task.

    Parameters
    ----------
    version : str
        The command's `engine_version()`, or an empty string not to compare it.
    student, files, instructor, seed, limits, protected
        As `work` gives them.

    Returns
    -------
    Graded

    Raises
    ------
    OtherVersion
        If this worker would grade by other code than the command's.
    """
    if version and version != engine_version():
        raise OtherVersion("the worker has another version of the project or of a library")
    began = time.perf_counter()
    parts = [
        grade_notebook(notebook, file, instructor[notebook], seed, Limits(**limits), protected)
        for notebook, file in files.items()
    ]
    return together(
        student,
        dict(zip(files, parts, strict=True)),
        seconds=time.perf_counter() - began,
        protected=protected,
        fingerprint=fingerprint(student, files, instructor, seed, limits, protected),
    )


def together(student, parts, **more):
    """Make one row of the `(notebook, cells, findings, problem)` of each notebook by name."""
    texts, cells, findings, problems = {}, [], [], []
    for name, (notebook, judged, found, problem) in parts.items():
        where = f"{name}: " if len(parts) > 1 else ""
        texts[name] = v4.writes(notebook) + "\n"
        cells += [replace(cell, grade_id=f"{where}{cell.grade_id}") for cell in judged]
        findings += [f"{where}{finding}" for finding in found]
        problems += [f"{where}{problem}"] * bool(problem)
    return Graded(student, cells, findings, "; ".join(problems), texts, **more)


@functools.lru_cache(maxsize=8)
def parsed(text):
    """The notebook in a text of the instructor's; nobody changes it."""
    return v4.reads(text)


def grade_notebook(name, file, instructor, seed, limits, protected):
    """Judge one notebook: ``(notebook with outputs, cells, findings, problem)``."""
    complete = parsed(instructor)
    try:
        if file["problem"]:
            raise Unreadable(file["problem"])
        submitted = read_handed_in(name, file["text"])
        repaired = recognise(submitted, complete)
        is_ours(submitted, complete, name)
    except Unreadable as error:
        return unanswered(complete, str(error))
    notebook, findings = merge(complete, submitted)
    result = judge_undisturbed(notebook, limits, protected, seed)
    findings = file["findings"] + repaired + findings
    return with_notes(result.notebook, findings), result.cells, findings, ""


def judge_undisturbed(notebook, *settings):
    """Judge, and once more if the student's process was killed as if from outside.

    (The system may have done it, short of memory. Who kills it from within gains a second try at
    the same.)
    """
    result = judge(notebook, *settings)
    outputs = [output for cell in result.notebook.cells for output in cell.get("outputs", [])]
    killed = any(KILLED.search(output.get("evalue", "")) for output in outputs)
    return judge(notebook, *settings) if killed else result


def read_handed_in(name, text):
    """Parse the text of a submission, as `submission.read` does a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.ipynb"
        path.write_text(text, encoding="utf-8", newline="")
        return read(path, MAX_MIB)


def is_ours(submitted, complete, name):
    """Raise `Unreadable` if a notebook has none of an assignment's cells."""
    ours = {grade_id(cell) for cell in complete.cells} - {None}
    theirs = {grade_id(cell) for cell in submitted.cells} - {None}
    if ours and not ours & theirs:
        what = "it is another assignment's" if theirs else "their marks are gone"
        raise Unreadable(
            f"no cell of this notebook belongs to {name} ({what}): copy the answers into the "
            "notebook that was handed out"
        )


def unanswered(instructor, reason):
    """The part of a row for what could not be graded: a notebook that says why at every test."""
    notebook, _ = merge(instructor, None)
    cells = []
    for cell in filter(is_test, notebook.cells):
        settings = cell.metadata.nbgrader
        cell.outputs = [error_output(Unreadable(reason), [])]
        cells.append(CellResult(settings.grade_id, 0.0, float(settings.points), reason, 0.0))
    notes = [f"This could not be graded: {reason}", "No points were given; please hand it in again"]
    return with_notes(notebook, notes), cells, [], reason


def with_notes(notebook, notes):
    """Put what the grader has to say at the top of a notebook, for the feedback."""
    if notes:
        lines = [f"- {escape(note)}." for note in notes]
        text = "\n".join(["### From the grader", "", *lines])
        notebook.cells.insert(0, new_markdown_cell(text, id="from-the-grader"))
    return notebook
