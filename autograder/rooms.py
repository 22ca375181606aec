"""What a notebook finds in its room: read from its locked import cells and its exercises.

A plain rule decides. A notebook that imports `cs_cnn.checks` is one of this course: the answers to
its exercises are sealed, and packages that would do a whole exercise are absent unless its import
cells need them. Any other notebook keeps everything.
"""

import ast
import contextlib
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from nbgrader.utils import is_locked, is_solution

from .sandbox.room import Room

MAGIC = re.compile(r"^[%!].*$", re.M)
COURSE = "cs_cnn"
DRAWS = re.compile(r"matplotlib|pylab|pyplot|seaborn|\.plot\b")  # draws, most likely
PICTURES = ("matplotlib.pyplot", "matplotlib_inline.backend_inline")
DO_IT_ALL = ("torch", "torchvision", "tensorflow", "keras", "jax", "timm", "cupy")
DO_IT_ALL += ("scipy.signal", "cs_cnn.fast_layers")


def room_for(notebook):
    """Give the room of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As for `judge`.

    Returns
    -------
    Room
    """
    modules = tuple(dict.fromkeys([*pictures(notebook), *modules_of(locked_imports(notebook))]))
    asked = exercises(notebook, modules)
    if asked is None:
        return Room(modules)
    used = reached(modules)
    absent = tuple(p for p in DO_IT_ALL if not any(f"{m}.".startswith(f"{p}.") for m in used))
    return Room(modules, sealed(asked), absent)


def pictures(notebook):
    """What to import ahead for a notebook that draws: it is large, and every fork would pay."""
    sources = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return PICTURES if any(map(DRAWS.search, sources)) else ()


def python(source):
    """Blank the lines that are magics or shell commands."""
    return MAGIC.sub("", source)


def locked_imports(notebook):
    """List the import statements of the locked cells."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_locked(cell):
            with contextlib.suppress(SyntaxError):  # a cell magic; a broken test fails when run
                body = ast.parse(python(cell.source)).body
                found += [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return found


def modules_of(statements):
    """Name what import statements may load; "from a import b" may load a.b."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(modules):
    """All that some modules import, directly or through the course's library (checks aside)."""
    seen, waiting = set(), list(modules)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.partition(".")[0] == COURSE and not name.startswith(f"{COURSE}.checks"):
            waiting += imports_in(name)
    return seen


@cache
def imports_in(module):
    """What a module of the library imports, anywhere in it."""
    try:
        origin = importlib.util.find_spec(module).origin
        tree = ast.parse(Path(origin).read_text(encoding="utf-8"))
    except (ImportError, AttributeError, OSError, TypeError):  # the name of a function, say
        return ()
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return tuple(modules_of(nodes))


def exercises(notebook, modules):
    """The course's exercises whose answers a notebook asks for, by name.

    None if it is not one of the course's: `modules`, which it imports, are without the checks.
    """
    if f"{COURSE}.checks" not in modules:
        return None
    from cs_cnn.checks import EXERCISES

    solutions = filter(is_solution, notebook.cells)
    names = {cell.metadata.nbgrader.grade_id for cell in solutions}
    return {name: exercise for name, exercise in EXERCISES.items() if name in names}


def sealed(asked):
    """The answers that can be taken out: not those that another answer's given lines call."""
    references = {name: exercise.reference for name, exercise in asked.items()}
    needed = {g for f in references.values() for g in calls(f) if g is not f}
    return tuple(f"{f.__module__}:{n}" for n, f in references.items() if f not in needed)


def calls(function):
    """The library's functions that a function uses, directly or through others."""
    seen, waiting = set(), [function]
    while waiting:
        one = waiting.pop()
        for name in names_in(one.__code__):
            other = one.__globals__.get(name)
            own = isinstance(other, FunctionType) and other.__module__.startswith(f"{COURSE}.")
            if own and other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def names_in(code):
    """The global names in a function's code and in the functions inside it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(names_in, inner))
