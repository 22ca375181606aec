"""Takes the answers out of the library: the copy of `cs_cnn` that a room shows, and stand-ins.

The answer to an exercise is not hidden in the room, it is not there: neither its source, nor its
bytecode, nor the checks that know the right outputs.
"""

import ast
import shutil

from .room import library, location

SEALED = "sealed while grading"
KEPT_CHECKS = ("compare.py",)  # of `cs_cnn.checks`, what `cs_cnn.plots` needs
CHECKS = '''
"""The checks run elsewhere while grading: here every one of them only says so."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *answer, **options: print(f"{name}: checked elsewhere while grading")
'''


def sealed_copy(room, folder):
    """Write the library as a room shows it, and stand-ins for the packages that are absent.

    Parameters
    ----------
    room : Room
    folder : Path

    Returns
    -------
    sealed : Path
        A folder with `cs_cnn`, and a folder named after each absent package.
    absent : list of str
        The installed packages, outside the library, that a stand-in has to be put over.
    """
    sealed, source = folder / "sealed", library()
    copy = sealed / source.name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    if (source.parent / "datasets").is_dir():
        (sealed / "datasets").symlink_to(source.parent / "datasets")
    for path in (copy / "checks").iterdir():
        if path.name not in KEPT_CHECKS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (copy / "checks" / "__init__.py").write_text(CHECKS.lstrip())
    absent = [name for name in room.absent if location(name)]
    for name in absent:
        package, _, inner = name.partition(".")
        own = package == source.name
        stand_in(copy / inner if own else sealed / name, name)
    cut_out(room.sealed, copy)
    return sealed, [name for name in absent if (sealed / name).exists()]


def stand_in(folder, name):
    """Write a package that cannot be imported and says why."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    reason = f"{SEALED}: {name} does a whole exercise; write it yourself"
    (folder / "__init__.py").write_text(f'"""Not here."""\n\nraise ImportError({reason!r})\n')


def cut_out(functions, copy):
    """Cut functions, given as "module:name", out of their modules and of the fast ones."""
    for function in functions:
        module, _, name = function.partition(":")
        path = copy.parent.joinpath(*module.split("."))
        own = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for path in (own, *(copy / "fast_layers").rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            path.write_text(cut(source, name), encoding="utf-8")


def cut(source, name):
    """Replace a function's solution, or all of it but the docstring, by an error.

    >>> print(cut("def f(x):\\n    return x + 1\\n", "f").splitlines()[1][:24])
        raise RuntimeError('
    """
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if not isinstance(node, ast.FunctionDef) or node.name != name:
            continue
        first, last = body_of(node)
        marks = [n for n in range(first, last) if "### BEGIN SOLUTION" in lines[n]]
        ends = [n for n in range(first, last) if "### END SOLUTION" in lines[n]]
        if marks and ends:
            first, last = marks[0], ends[-1] + 1
        reason = f"{SEALED}: {name} is the course's own; write it yourself"
        indent = " " * (len(lines[first]) - len(lines[first].lstrip()))
        lines[first:last] = [f"{indent}raise RuntimeError({reason!r})"]
    return "\n".join(lines) + "\n"


def body_of(node):
    """The lines of a function's body without its docstring, as (first, end) counted from 0."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[0].lineno - 1 if body else node.end_lineno), node.end_lineno
