"""What a person should look at in an answer: read from its source, and never worth a point.

A finding is not a verdict. It says where a student's cell mentions something that could do the work
for them, or that looks around in the grader's process, and that the instructor's notebook does not
use itself.
"""

import ast
import functools
import re
from pathlib import Path

from .rooms import COURSE, exercises, locked_imports, modules_of, python

DOES_THE_WORK = ("torch", "tensorflow", "keras", "jax", "timm", "cupy", "scipy.signal")
DOES_THE_WORK += ("scipy.ndimage", f"{COURSE}.fast_layers", f"{COURSE}.checks", "autograder")
LOOKS_AROUND = ("inspect", "gc", "ctypes", "subprocess", "multiprocessing", "socket", "importlib")
LOOKS_AROUND += ("marshal", "dis", "builtins", "sys._getframe", "sys.modules", "sys.settrace")
LOOKS_AROUND += ("os.system", "os.fork", "os.kill", "os._exit", "os.environ", "os.execv")
LOOKS_AROUND += ("get_ipython", "In", "IPython", "sqlite3", "sys.meta_path", "sys.displayhook")
DUNDERS = ("__globals__", "__code__", "__closure__", "__subclasses__", "__builtins__", "__import__")
FRIENDLY = ("__eq__", "__ne__", "__array_function__", "__array_ufunc__", "__instancecheck__")
PATH = re.compile(r"(/|~/|\.\./)\w[^\s]*")
IMPORTS = ast.Import | ast.ImportFrom
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
    imports = locked_imports(instructor)
    names, allowed = tuple(aliases(imports).items()), set(modules_of(imports))
    given = "\n".join(c.source for c in instructor.cells if c.cell_type == "code")
    asked = exercises(instructor, allowed) or {}
    answers = {f"{e.reference.__module__}.{n}" for n, e in asked.items()}
    model = {grade_id(c): mentions(c.source, names) for c in instructor.cells if grade_id(c)}
    work = [word for c in cells if grade_id(c) in asked for word in mentions(c.source, names)]
    found = {}
    for number, cell in enumerate(cells, 1):
        name = grade_id(cell) or f"number {number} of the student"
        answers_asked = name in asked or defines(cell.source).intersection(work)
        fine = model.get(name, []) if answers_asked else allowed
        for word in mentions(cell.source, names):
            if reason := why(word, answers, fine, given):
                found.setdefault(reason, []).append(str(name))
        for reason in tampering(cell.source, bound(imports), given):
            found.setdefault(reason, []).append(str(name))
        for file in WRITES.findall(cell.source):
            found.setdefault(f"writes the file {file!r}", []).append(str(name))
    return [f"look at {', '.join(dict.fromkeys(n))}: it {reason}" for reason, n in found.items()]


def shadowing(folder, handed_out=()):
    """Name the files beside a notebook that would hide a module if they were ever used."""
    files = sorted(p.name for p in Path(folder).iterdir() if p.suffix in (".py", ".pth", ".so"))
    names = [name for name in files if name not in handed_out]
    return [f"the file {name!r} beside the notebook was not used" for name in names]


def tampering(source, imported, given):
    """Say what a cell changes, defines or reaches for that an answer has no need of."""
    tree = parsed(source)
    imported = imported | bound(n for n in ast.walk(tree) if isinstance(n, IMPORTS))
    for node in ast.walk(tree):
        for target in targets(node):
            text = dotted(target)
            if isinstance(target, ast.Attribute) and text.partition(".")[0] in imported:
                yield f"changes {text}"
            elif text in imported and node in tree.body:
                yield f"gives the name {text} another meaning"
        if isinstance(node, ast.FunctionDef) and node.name in FRIENDLY:
            yield f"defines {node.name}"
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and PATH.fullmatch(text) and text not in given:
            yield f"reaches for {text[:60]!r}"


def targets(node):
    """What a statement, or a call of setattr, gives a new value."""
    if isinstance(node, ast.Assign | ast.Delete):
        return node.targets
    if isinstance(node, ast.Call) and dotted(node.func) == "setattr" and node.args:
        return [ast.Attribute(node.args[0], "...")]
    return []


def bound(statements):
    """The names that import statements bind."""
    aliases = [alias for node in statements for alias in node.names]
    return {alias.asname or alias.name.partition(".")[0] for alias in aliases}


def parsed(source):
    """The syntax tree of a cell; an empty one if it is not Python."""
    try:
        return ast.parse(python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


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


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def defines(source):
    """The functions and classes that a cell defines."""
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in parsed(source).body if isinstance(node, kinds)}


def aliases(statements):
    """What the names stand for that import statements bind: {"F": "torch.nn.functional"}."""
    names = {}
    for node in statements:
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif not node.level:
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


@functools.lru_cache(maxsize=256)  # the instructor's cells, and those that nobody changes
def mentions(source, imported):
    """The modules and dotted names that a cell uses, import aliases resolved."""
    tree = parsed(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, IMPORTS)]
    names, words = dict(imported) | aliases(imports), list(modules_of(imports))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = dotted(node).partition(".")
            words.append(f"{names.get(first, first)}.{rest}".strip("."))
    return tuple(dict.fromkeys(words))


def dotted(node):
    """The text of a.b.c; what stands before an attribute of something else is left out."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(parts)])
