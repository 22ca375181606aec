"""From the source of a notebook to what students and the judge get.

`autograder/source/NN_name.py` (jupytext's percent format) names exercises instead of copying them:

    # %% exercise="cs_cnn.layers:conv2d_forward"    the reference's source; its solution is cut out
    # %% answer="output_size"                       a small cell with a solution region of its own
    # %% check="conv2d_forward" points=10           a locked test cell
    # %% locked="imports"                           a cell that students can't change
    # %%                                            a cell that shows something; not run to grade

The complete notebook goes to nbgrader's `source/` folder, nbgrader makes `release/` and its
gradebook from it, and the released notebook is the one in `notebooks/`: byte-identical on every
build.
"""

import hashlib
import importlib
import inspect
import re
import shutil
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from autograder.course import last_error, nbgrader_log
from autograder.submission import SHOWS

SOURCE = Path(__file__).parent / "source"
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION", re.DOTALL)


class BuildError(ValueError):
    """A source that can't become an assignment."""


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions, with stubs that name their exercise and say how long it is."""

    def preprocess_cell(self, cell, resources, cell_index):
        self.code_stub = {"python": stub(cell)}
        return super().preprocess_cell(cell, resources, cell_index)


def stub(cell):
    """What stands in the handout in place of a cell's solution."""
    region = REGION.search(cell.source)
    if region is None or not cell.source.lstrip().startswith("def "):
        return "# YOUR ANSWER HERE: replace None above"
    name = cell.metadata["nbgrader"]["grade_id"]
    lines = [line for line in region[1].splitlines() if line.strip()]
    return (
        f"# YOUR CODE HERE (about {len(lines)} lines)\n"
        f'raise NotImplementedError("{name} is not written yet")'
    )


def source_names():
    """The names of all notebooks that have a source, in the course's order."""
    return sorted(path.stem for path in SOURCE.glob("[0-9]*.py"))


def source_notebook(name):
    """The complete notebook with solutions, tests and nbgrader's metadata.

    Parameters
    ----------
    name : str
        For example "04_convolution".

    Raises
    ------
    BuildError
        If the source is missing, or a cell names what doesn't exist, or an id comes twice.
    """
    path = SOURCE / f"{name}.py"
    if not path.exists():
        raise BuildError(f"there is no {path.name} in {SOURCE}: choose from {source_names()}")
    notebook = jupytext.read(path, fmt="py:percent")
    cells = [_cell(cell) for cell in notebook.cells]
    ids = Counter(cell.id for cell in cells)
    if twice := [i for i, count in ids.items() if count > 1]:
        raise BuildError(f"{name}: the cell ids {twice} come more than once")
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _cell(cell):
    """One cell of the source with nbgrader's metadata and an id that stays the same."""
    marks = dict(cell.metadata)
    source = cell.source
    if "exercise" in marks:
        reference = _reference(marks["exercise"])
        source, grade_id = inspect.getsource(reference).rstrip(), reference.__name__
        role = {"solution": True, "locked": False, "grade": False}
    elif "answer" in marks:
        grade_id, role = marks["answer"], {"solution": True, "locked": False, "grade": False}
    elif "check" in marks:
        grade_id = f"{marks['check']}-check"
        role = {"solution": False, "locked": True, "grade": True, "points": marks["points"]}
    elif "locked" in marks:
        grade_id, role = marks["locked"], {"solution": False, "locked": True, "grade": False}
    else:
        digest = hashlib.sha256(f"{cell.cell_type}\n{source}".encode()).hexdigest()
        marks = {SHOWS: True} if cell.cell_type == "code" else {}
        return _new_cell(cell.cell_type, source, digest[:12], marks)
    if role["solution"] and not REGION.search(source):
        raise BuildError(f"{grade_id}: no ### BEGIN SOLUTION ... ### END SOLUTION in the cell")
    nbgrader = {"grade_id": grade_id, "schema_version": 3, "task": False, **role}
    return _new_cell(cell.cell_type, source, grade_id, {"nbgrader": nbgrader})


def _new_cell(kind, source, cell_id, metadata=None):
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return new(source, id=cell_id, metadata=metadata or {})


def _reference(name):
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise BuildError(f"exercise={name!r} can't be found: {error}") from None


def solved(name):
    """The notebook as a perfect student would hand it in: solutions in, their markers out."""
    notebook = source_notebook(name)
    for cell in notebook.cells:
        cell.source = without_markers(cell.source)
    return notebook


def without_markers(source):
    """The source without the lines that mark where a solution begins and ends."""
    return re.sub(r" *### (BEGIN|END) SOLUTION\n", "", source + "\n").rstrip("\n")


def build(names=None, course=None, notebooks=NOTEBOOKS):
    """Build handouts: nbgrader's source/, release/ and gradebook, and the student's notebooks.

    Parameters
    ----------
    names : list of str, optional
        Which notebooks; all by default.
    course : Course
        Where nbgrader's folders and gradebook are.
    notebooks : Path or None
        Where the released notebooks are copied to; None copies none.

    Returns
    -------
    list of Path
        The released notebooks.
    """
    released = []
    for name in names or source_names():
        course.write_source(name, source_notebook(name))
        _generate(course, name)
        path = course.release(name)
        released.append(path)
        if notebooks is not None:
            notebooks.mkdir(exist_ok=True)
            shutil.copyfile(path, notebooks / path.name)
    return released


def _generate(course, name):
    """Run nbgrader's own generate_assignment."""
    log = nbgrader_log()
    converter = GenerateAssignment(coursedir=course.nbgrader(name), log=log)
    converter.preprocessors = [
        NamedStubs if step is ClearSolutions else step for step in converter.preprocessors
    ]
    converter.force = True
    try:
        converter.start()
    except Exception as error:
        reason = last_error(log) or error
        raise BuildError(f"nbgrader could not release {name}: {reason}") from error
