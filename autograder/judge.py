"""Judges one notebook: the student's cells run in the locked room, the test cells run here.

A test cell is plain Python. The student's names in it are stand-ins, so it reads as if everything
ran in one process, and yet no code of the student's ever runs in this one.
"""

import ast
import builtins
import contextlib
import copy
import functools
import io
import math
import numbers
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade, is_solution
from threadpoolctl import ThreadpoolController

from .rooms import locked_imports, room_for
from .sandbox.launch import Limits
from .sandbox.session import SEAL, Session, clean
from .submission import SHOWS
from .testcell import Names, bound_in, evaluate


@dataclass(frozen=True)
class CellResult:
    """The points of one test cell, and a few words on why they are not all there."""

    grade_id: str
    points: float
    max_points: float
    reason: str
    seconds: float


@dataclass(frozen=True)
class Judgement:
    """A judged notebook: its outputs as nbgrader scores them, and a `CellResult` per test cell."""

    notebook: NotebookNode
    cells: list[CellResult]
    seconds: float


@dataclass
class Tester:
    """What the test cells of one notebook share.

    `drawing()` is the context in which the checks draw their cases; `earlier` is what the test
    cells left behind so far; `failures` are the student's cells that failed, as (source, reason).
    """

    session: Session
    imported: dict
    drawing: Callable
    earlier: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)


def judge(notebook, limits=None, protected=True, seed=None, progress=None):
    """Run a notebook and score its test cells.

    Cells that are marked as showing something only are left out, as long as nobody misses them.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        What `submission.merge` gave; it is not changed.
    limits : Limits, optional
    protected : bool
        Run the student's cells in the locked room only. False is for code that you trust.
    seed : str, optional
        The secret seed from which the checks draw their cases; None means the public one.
    progress : callable, optional
        ``progress(done, total)`` after every cell.

    Returns
    -------
    Judgement

    Raises
    ------
    Unprotected
        If the room cannot be locked and `protected` is true.
    RuntimeError
        If no worker starts on this machine, whatever the student wrote.
    """
    settings = (limits or Limits(), protected, seeded(seed), progress or (lambda *_: None))
    began = time.perf_counter()
    judged, results, missed = judge_cells(notebook, *settings, without=SHOWS)
    if missed & bound_in(c.source for c in notebook.cells if c.metadata.get(SHOWS)):
        # An answer uses what a cell that was left out defines: run everything.
        judged, results, _ = judge_cells(notebook, *settings)
    return Judgement(judged, results, time.perf_counter() - began)


def judge_cells(notebook, limits, protected, drawing, progress, without=None):
    """Run all cells, but for those whose metadata have the mark `without`, and score the tests.

    The third thing that it gives is the set of names that some code missed.
    """
    notebook = copy.deepcopy(notebook)
    results = []
    with Session(limits, protected, room_for(notebook)) as session:
        tester = Tester(session, instructor_imports(notebook), drawing)
        with libraries(len(sys.modules)).limit(limits=1):  # waking others takes longer than a check
            for number, cell in enumerate(notebook.cells, 1):
                if is_test(cell):
                    results.append(judge_cell(cell, number, tester))
                elif cell.cell_type == "code" and not cell.metadata.get(without):
                    run_cell(cell, number, tester)
                progress(number, len(notebook.cells))
    return notebook, results, session.missed


@functools.lru_cache(maxsize=1)
def libraries(modules):
    """The loaded libraries that compute with threads; found anew after an import."""
    return ThreadpoolController()


def is_test(cell):
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def instructor_imports(notebook):
    """Execute the import statements of the locked cells; give the names that they bind."""
    namespace = {"__name__": "__main__", "__builtins__": builtins}
    for node in locked_imports(notebook):
        exec(compile(ast.Module([node], []), "<imports>", "exec"), namespace)
    return namespace


def run_cell(cell, number, tester):
    """Run a student's cell in the room, fill in its outputs and note why it failed."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id", f"number {number}")
    cell.outputs, cell.execution_count = [], None
    try:
        tester.session.revive()
        cell.execution_count = number
        ran = tester.session.run(cell.source, name)
    except (TimeoutError, ConnectionError) as error:
        cell.outputs = [error_output(error, [])]
        stopped = "cell " if str(error).startswith("stopped") else ""
        tester.failures.append((cell.source, f"{name}: {stopped}{error}"))
        return
    cell.outputs = ran.outputs
    if ran.error is not None:
        line = f", line {ran.error.line}" if ran.error.line else ""
        reason = f"{ran.error.student_type} in the cell {name}{line}"
        tester.failures.append((cell.source, [*SEAL.findall(str(ran.error)), reason][0]))


def judge_cell(cell, number, tester):
    """Run a test cell here, fill in its outputs and score it."""
    began = time.perf_counter()
    settings, session = cell.metadata.nbgrader, tester.session
    session.seals.clear()
    shown = io.StringIO()
    value = failure = None
    outputs = []
    try:
        session.revive()
        names = Names(cell.source, session, tester.imported, tester.earlier)
    except (TimeoutError, ConnectionError, SyntaxError) as error:
        failure = error
    else:
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            try:
                with tester.drawing():
                    value = evaluate(cell.source, names)
                outputs = value_output(value, number, float(settings.points))
            except (Exception, SystemExit) as error:
                failure = error
                session.missed |= {error.name} if isinstance(error, NameError) else set()
        tester.earlier |= names.left
    if failure is not None:
        outputs = [error_output(failure, where(failure))]
    text = clean(shown.getvalue(), session.limits.output_bytes)
    printed = [new_output("stream", name="stdout", text=text)] if text else []
    cell.outputs, cell.execution_count = printed + outputs, number
    points, most = determine_grade(cell)
    reason = "" if points >= most else reason_for(value, failure, tester, points, most)
    return CellResult(settings.grade_id, points, most, reason, time.perf_counter() - began)


def seeded(seed):
    """Give the context in which the course's checks draw their cases from the secret seed.

    They take seconds to import; a notebook that needs them has done so, in `instructor_imports`.
    """

    def drawing():
        checks = sys.modules.get("cs_cnn.checks")
        return contextlib.nullcontext() if seed is None or not checks else checks.judging(seed)

    return drawing


def value_output(value, number, most):
    """Write a value so that `determine_grade` reads a number as points between 0 and `most`.

    Left alone, nbgrader takes ``np.float64(0.5)``, a negative number and nan for full points.
    """
    if value is None:
        return []
    data = {"text/plain": clean(repr(value), 10_000)}
    points = as_points(value, data["text/plain"])
    if points is not None:
        data["text/plain"] = repr(0.0 if math.isnan(points) else min(max(points, 0.0), most))
    html = None
    with contextlib.suppress(Exception):  # a picture that fails costs no points
        html = value._repr_html_()
    if html:
        data["text/html"] = clean(html)
    return [new_output("execute_result", data=data, execution_count=number)]


def as_points(value, text):
    """Read a value as a number where it is one or prints as one; None where not."""
    try:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return float(value if is_number else text)
    except OverflowError:
        return math.nan
    except ValueError:
        return None


def error_output(error, steps):
    name, message = type(error).__name__, clean(str(error))
    lines = [*steps, f"{name}: {message}"]
    return new_output("error", ename=name, evalue=message, traceback=lines)


def where(error):
    """Say where a test cell failed: its own lines, then the student's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<test>"]
    steps = [f"test cell, line {frame.lineno}" for frame in frames[-3:]]
    cause = error
    while cause is not None and not hasattr(cause, "student_traceback"):
        cause = cause.__cause__ or cause.__context__
    return steps + (cause.student_traceback.splitlines() if cause else [])


def reason_for(value, error, tester, points, most):
    """Say in a few words why points are missing."""
    headline = getattr(value if error is None else error, "headline", None)
    if tester.session.seals:
        text = tester.session.seals[0]
    elif headline:
        text = str(headline)
    elif error is None:
        text = f"{points:g} of {most:g} points"
    elif isinstance(error, NotImplementedError):
        text = "not answered"
    elif isinstance(error, NameError) and error.name and not hasattr(error, "student_traceback"):
        text = why_missing(error.name, tester.failures)
    else:
        text = f"{type(error).__name__}: {error}".strip().partition("\n")[0]
    return "".join(c if c.isprintable() else " " for c in text)[:100]


def why_missing(name, failures):
    """Blame the student's cell that would have defined a name, or else the missing cell."""
    defines = re.compile(rf"^\s*((async\s+)?(def|class)\s+{name}\b|{name}\s*=)", re.M)
    for source, reason in reversed(failures):
        if defines.search(source):
            return reason
    return f"{name} is not defined: run / restore the cell that defines it"
