"""What a student handed in, made safe to judge: read without trust, merged into the instructor's.

No code runs here. The student's own cells survive as text; everything that decides about points
comes from the instructor's notebook.
"""

import copy
import json
import re
from collections import Counter
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.utils import is_grade, is_locked

from . import watch
from .watch import grade_id

HIDDEN = re.compile(r"^[^\n]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.S | re.M)
SHOWS = "cs_cnn_shows"  # metadata of cells that only show something: grading can do without them
MARKS = ("grade_id", "points", "grade", "solution", "locked", "task")
KINDS = ("code", "markdown", "raw")


class Unreadable(ValueError):
    """The file is not a notebook that can be graded; the message is for the student."""


def read(path, max_mib=20):
    """Read a notebook that somebody handed in.

    Parameters
    ----------
    path : str or Path
    max_mib : float
        The largest file to open.

    Returns
    -------
    nbformat.NotebookNode
        Version 4.5. Each cell has its type, its text, its tags, nbgrader's marks and the id that it
        had (`was`), if any, which only serve to find its place and to tell changes; the notebook
        has its `language`. All else is left behind.

    Raises
    ------
    Unreadable
        With a reason that a student understands.
    """
    text = read_text(Path(path), max_mib)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(json_problem(text, error)) from None
    except (RecursionError, ValueError) as error:
        raise Unreadable(f"this is not a notebook: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise Unreadable("this is not a notebook: it is JSON without a notebook's fields")
    version = content["nbformat"]
    if version != 4:
        raise Unreadable(f"notebook format {version}: open it in JupyterLab and save it again")
    if not isinstance(content.get("cells"), list):
        raise Unreadable("this is not a notebook: it has no list of cells")
    cells = [read_cell(cell, number) for number, cell in enumerate(content["cells"], 1)]
    return new_notebook(cells=cells, metadata={"language": language(content.get("metadata"))})


def read_text(path, max_mib):
    try:
        if path.is_symlink():
            raise Unreadable("this is a link to another file: hand in the notebook itself")
        if not path.is_file():
            raise Unreadable("this is not a file" if path.exists() else "there is no such file")
        size = path.stat().st_size / 2**20
        if size > max_mib:
            raise Unreadable(
                f"the file has {size:.1f} MiB, the limit is {max_mib:g} MiB: "
                "clear the outputs and save it again"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8 text, so it is not a notebook") from None
    except OSError as error:
        raise Unreadable(f"the file cannot be opened: {error.strerror}") from None
    if not text.strip():
        raise Unreadable("the file is empty")
    return text


def json_problem(text, error):
    if not text.lstrip().startswith("{"):
        return "this is not a notebook: a notebook is a JSON file that begins with {"
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut or not text.rstrip().endswith("}"):
        return "the file ends in the middle (truncated): save the notebook and hand it in again"
    return f"this is not a notebook: the JSON is broken at line {error.lineno} ({error.msg})"


def read_cell(cell, number):
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind not in KINDS:
        raise Unreadable(f"cell {number} is neither code nor text")
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise Unreadable(f"cell {number} has no readable text")
    source = "".join(lines).encode("utf-8", "replace").decode("utf-8")
    made = new_cell(kind, source, f"submitted-{number}")
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
        marks = {
            k: nbgrader[k] for k in MARKS if isinstance(nbgrader.get(k), str | bool | float | int)
        }
        made.metadata.nbgrader = nbformat.from_dict(marks)
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if isinstance(tags, list):
        made.metadata.tags = [tag for tag in tags if isinstance(tag, str)]
    ids = [cell.get("id"), metadata.get("id") if isinstance(metadata, dict) else None]
    made.metadata.was = [name for name in ids if isinstance(name, str)]  # Colab: in the metadata
    return made


def new_cell(kind, source, name, metadata=None):
    """Make a cell as nbformat would, which checks each against its schema: a third of the work."""
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    cell = {"cell_type": kind, "id": name, "metadata": metadata or {}, "source": source}
    return nbformat.from_dict(cell | outputs)


def language(metadata):
    """The language that a notebook says it is written in, or ""."""
    places = [("kernelspec", "language"), ("language_info", "name")]
    for place, key in places if isinstance(metadata, dict) else []:
        inner = metadata.get(place)
        if isinstance(inner, dict) and isinstance(inner.get(key), str):
            return inner[key]
    return ""


def recognise(submitted, instructor):
    """Give cells whose marks are gone the grade_id that their own id says, where it can.

    Parameters
    ----------
    submitted : nbformat.NotebookNode
        What `read` gave; it is changed.
    instructor : nbformat.NotebookNode
        As for `merge`, with cell ids that equal the grade ids, as this project builds them.

    Returns
    -------
    list of str
        Findings: how many cells were recognised, and another language than Python.
    """
    known = {c.id: c.cell_type for c in instructor.cells if grade_id(c) == c.id}
    marked, found = {grade_id(cell) for cell in submitted.cells}, 0
    for cell in submitted.cells:
        names = [n for n in cell.metadata.was if known.get(n) == cell.cell_type]
        if grade_id(cell) is None and names and names[0] not in marked:
            cell.metadata.nbgrader = nbformat.from_dict({"grade_id": names[0]})
            marked.add(names[0])
            found += 1
    marks = f"nbgrader's marks were gone from {found} cells, which were recognised by their ids"
    spoken = submitted.metadata.language
    kernel = f"it says that it is written in {spoken[:20]!r}; it was run as Python"
    return [marks] * bool(found) + [kernel] * (spoken.lower() not in ("", "python", "ipython"))


def merge(instructor, submitted):
    """Put the instructor's tests, points and texts back around the student's own cells.

    Parameters
    ----------
    instructor : nbformat.NotebookNode
        The source notebook, with nbgrader's metadata (schema version 3) and hidden tests.
    submitted : nbformat.NotebookNode or None
        What `read` gave; None if nothing readable was handed in.

    Returns
    -------
    notebook : nbformat.NotebookNode
        The student's cells in the student's order; locked cells are the instructor's.
    findings : list of str
        One short sentence for each thing that had to be repaired, or that a person should look at.
    """
    originals = {c.metadata.nbgrader.grade_id: c for c in instructor.cells if grade_id(c)}
    result = copy.deepcopy(instructor)
    if submitted is None:
        result.cells = [restored(cell, "") for cell in instructor.cells]
        return result, ["no readable notebook was handed in: every answer is blank"]
    counts = Counter(grade_id(cell) for cell in submitted.cells)
    findings = [
        f"{label(originals[name])} was there {count} times: the last one counts"
        for name, count in counts.items()
        if name in originals and count > 1
    ]
    pictures = [trimmed(c.source) for c in instructor.cells if c.metadata.get(SHOWS)]
    result.cells = []
    for cell in last_of_each(submitted.cells):
        original = originals.get(grade_id(cell))
        if original is None:
            result.cells.append(plain(cell, trimmed(cell.source) in pictures))
            continue
        if is_locked(original) and changed(cell.source, original.source):
            findings.append(f"{label(original)} had been changed: the original was used")
        findings += remarked(original, cell)
        result.cells.append(restored(original, cell.source))
    put_missing_back(result.cells, originals, findings)
    own = [c for c in result.cells if c.cell_type == "code" and not is_locked(c)]
    findings += watch.findings(instructor, [c for c in own if not c.metadata.get(SHOWS)])
    return result, findings


def label(cell):
    """Name a cell for the report: ``test cell 'conv2d_test'``."""
    kind = "read-only" if is_locked(cell) else "solution"
    return f"{'test' if is_grade(cell) and is_locked(cell) else kind} cell {grade_id(cell)!r}"


def last_of_each(cells):
    """Drop all but the last cell of each grade_id, as nbgrader does."""
    last = {grade_id(cell): number for number, cell in enumerate(cells)}
    return [c for n, c in enumerate(cells) if grade_id(c) is None or last[grade_id(c)] == n]


def plain(cell, shows):
    """Copy a cell of the student's own, or one of the instructor's that shows something."""
    return new_cell(cell.cell_type, cell.source, cell.id, {SHOWS: True} if shows else {})


def restored(original, source):
    """Copy an instructor's cell without outputs; `source` is the answer where students answer."""
    cell = copy.deepcopy(original)
    if not is_locked(original) and grade_id(original):
        cell.source = source
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def changed(source, original):
    """Compare two sources, white space at line ends and hidden tests aside."""
    forms = (original, HIDDEN.sub("", original))
    return trimmed(source) not in [trimmed(form) for form in forms]


def remarked(original, cell):
    """Name what was changed in a cell besides its text; none of it has any effect."""
    marks, own = original.metadata.nbgrader, cell.metadata.nbgrader
    found = [f"other {mark}" for mark in own if mark in marks and own[mark] != marks[mark]]
    found += [f"the type {cell.cell_type}"] * (cell.cell_type != original.cell_type)
    tags = [
        tag for tag in cell.metadata.get("tags", []) if tag not in original.metadata.get("tags", [])
    ]
    found += [f"the tag {tag[:40]!r}" for tag in tags]
    return [f"{label(original)} had {', '.join(found)}: no effect"] if found else []


def trimmed(source):
    return [line.rstrip() for line in source.strip().splitlines()]


def put_missing_back(cells, originals, findings):
    """Insert each cell that was deleted after the one that precedes it in the instructor's."""
    place = 0
    for name, original in originals.items():
        found = [number for number, cell in enumerate(cells) if grade_id(cell) == name]
        if found:
            place = found[0] + 1
            continue
        blank = "" if is_locked(original) else ", without an answer"
        findings.append(f"{label(original)} was missing and has been put back{blank}")
        cells.insert(place, restored(original, ""))
        place += 1
