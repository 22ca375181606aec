"""What a person should look at in an answer: read from its source, and never worth a point.

A finding is not a verdict. It says where a student's cell mentions something that could do the work
for them, or that looks around in the grader's process, and that the instructor's notebook does not
use itself.
"""

import ast
import re
from pathlib import Path

from .rooms import COURSE, exercises, locked_imports, modules_of, python

DOES_THE_WORK = ("torch", "tensorflow", "keras", "jax", "timm", "cupy", "scipy.signal")
DOES_THE_WORK += ("scipy.ndimage", f"{COURSE}.fast_layers", f"{COURSE}.checks", "autograder")
LOOKS_AROUND = ("inspect", "gc", "ctypes", "subprocess", "multiprocessing", "socket", "importlib")
LOOKS_AROUND += ("marshal", "dis", "builtins", "sys._getframe", "sys.modules", "sys.settrace")
LOOKS_AROUND += ("os.system", "os.fork", "os.kill", "os._exit", "os.environ", "os.execv")
DUNDERS = ("__globals__", "__code__", "__closure__", "__subclasses__", "__builtins__", "__import__")
WRITES = re.compile(r"^%%(?:writefile|file)\s+(?:-a\s+)?(\S+\.py)", re.M)


def findings(instructor, cells):
    """List what a person should look at.

    Parameters
    ----------
    instructor : nbformat.NotebookNode
    cells : list of nbformat.NotebookNode
        The student's own code cells.

    Returns
    -------
    list of str
        One short sentence each.
    """
    allowed = set(modules_of(locked_imports(instructor)))
    given = "\n".join(c.source for c in instructor.cells if c.cell_type == "code")
    answers = {f"{e.reference.__module__}.{n}" for n, e in exercises(instructor).items()}
    found = {}
    for number, cell in enumerate(cells, 1):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", f"number {number} of the student")
        for word in mentions(cell.source):
            if reason := why(word, answers, allowed, given):
                found.setdefault(reason, []).append(str(name))
        for file in WRITES.findall(cell.source):
            found.setdefault(f"writes the file {file!r}", []).append(str(name))
    return [f"look at {', '.join(dict.fromkeys(n))}: it {reason}" for reason, n in found.items()]


def shadowing(folder):
    """Name the files beside a notebook that would hide a module if they were ever used."""
    files = sorted(p.name for p in Path(folder).iterdir() if p.suffix in (".py", ".pth", ".so"))
    return [f"the file {name!r} beside the notebook was not used" for name in files]


def why(word, answers, allowed, given):
    """Say why a dotted name deserves a look, or give ""."""
    if word in answers:
        return f"mentions {word}, the course's own answer"
    parts = word.split(".")
    prefixes = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
    if doing := sorted(prefixes.intersection(DOES_THE_WORK)):
        known = any(f"{module}.".startswith(f"{doing[0]}.") for module in allowed)
        return "" if known else f"uses {doing[0]}, which can do the work"
    looking = sorted(prefixes.intersection(LOOKS_AROUND)) or [d for d in DUNDERS if d in parts]
    if looking and not re.search(rf"\b{re.escape(looking[0])}\b", given):
        return f"uses {looking[0]}"
    return ""


def mentions(source):
    """The modules and dotted names that a cell uses, import aliases resolved."""
    try:
        tree = ast.parse(python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names, words = {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name.partition(".")[0]: a.name for a in node.names if a.asname}
            words += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            words += [f"{node.module}.{a.name}" for a in node.names]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = dotted(node).partition(".")
            words.append(f"{names.get(first, first)}.{rest}".strip("."))
    return list(dict.fromkeys(words))


def dotted(node):
    """The text of a.b.c; what stands before an attribute of something else is left out."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(parts)])
