"""Attacks by the notebook itself: its cells, metadata, outputs, names, and files beside it."""

import copy
import json
import os

from nbformat.v4 import new_code_cell, new_output

from .attack import Attack

WRONG = "def double(x):\n    return 0\n"
SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
NAME = "<img src=x onerror=alert(1)>"


def cell_of(notebook, name="double-check"):
    return next(cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == name)


def tests_of(notebook):
    return [cell for cell in notebook.cells if cell.metadata.nbgrader.grade]


def for_all(change):
    """A change of a notebook that does something to each of its test cells."""
    return lambda notebook: [change(cell) for cell in tests_of(notebook)]


def skip(cell):
    cell.metadata.tags = ["skip-execution", "raises-exception", "remove-cell"]
    cell.source += "\n"


def more_points(cell):
    cell.metadata.nbgrader.points = 1000


def retype(cell):
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


def unlock(cell):
    cell.metadata.nbgrader |= {"locked": False, "solution": True}
    cell.source = "10.0"


def manual(cell):
    cell.metadata.nbgrader |= {"grade": False, "task": True}


def forge_output(cell):
    data = {"text/plain": "10.0", "text/html": SCRIPT}
    cell.outputs = [new_output("execute_result", data=data, execution_count=1)]
    cell.source += "\n10.0"


def rewrite(cell):
    cell.source = "10.0"


def drop_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.nbgrader.grade]


def double_tests(notebook):
    twins = copy.deepcopy(tests_of(notebook))
    for cell in twins:
        cell.source, cell.id = "10.0", f"{cell.id}-twin"
    notebook.cells += twins


def swap_names(notebook):
    one, other = cell_of(notebook), cell_of(notebook, "conv2d_forward-check")
    one.metadata, other.metadata = other.metadata, one.metadata


def tests_first(notebook):
    notebook.cells.sort(key=lambda cell: not cell.metadata.nbgrader.grade)
    double_tests(notebook)


def answer_after(notebook):
    """A cell behind the tests calls itself one of them."""
    cell = new_code_cell("10.0", id="last")
    cell.metadata = copy.deepcopy(cell_of(notebook).metadata)
    notebook.cells.append(cell)


def other_kernel(notebook):
    notebook.metadata.kernelspec = {"name": "../../evil", "display_name": SCRIPT, "language": "sh"}
    drop_tests(notebook)


def forged_imports(notebook):
    cell_of(notebook, "imports").source = "class checks:\n    conv2d_forward = lambda f: 10.0"


def html(notebook):
    cell = cell_of(notebook)
    cell.attachments = {"x.svg": {"image/svg+xml": SCRIPT}}
    cell.source = f"# {SCRIPT}"
    cell.metadata.nbgrader.grade_id = SCRIPT


def link_to_classmate(folder):
    path = folder / "prey.ipynb"
    path.unlink()
    path.symlink_to(folder.parents[1] / "classmate" / "prey" / "prey.ipynb")


def folder_of_classmate(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "classmate" / "prey")


def files_beside(folder):
    for name in ("numpy.py", "sitecustomize.py", "cs_cnn.py"):
        (folder / name).write_text("def __getattr__(name):\n    return lambda *a, **k: 10.0\n")


def endless_nesting(folder):
    path = folder / "prey.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["deep"] = 0
    text = json.dumps(content)
    path.write_text(text.replace('"deep": 0', '"deep": ' + "[" * 100_000 + "]" * 100_000))


def pipe(folder):
    (folder / "prey.ipynb").unlink()
    os.mkfifo(folder / "prey.ipynb")


def by_cells(name, tries, change, source=WRONG):
    return Attack(name, tries, source, notebook=change)


def by_files(name, tries, change):
    return Attack(name, tries, WRONG, folder=change)


ON_THE_NOTEBOOK = (
    by_cells("skip tag", "tags the test cells so that they are not run", for_all(skip)),
    by_cells("changed points", "makes the questions worth 1000 points", for_all(more_points)),
    by_cells("deleted tests", "hands in no test cell", drop_tests),
    by_cells("duplicated tests", "adds a second, kinder cell for each test", double_tests),
    by_cells("a test of its own", "adds a cell that calls itself the test", answer_after),
    by_cells("retyped tests", "makes the test cells text", for_all(retype)),
    by_cells("unlocked tests", "makes the test cells its own answers", for_all(unlock)),
    by_cells("tests for a person", "makes the test cells tasks to grade by hand", for_all(manual)),
    by_cells("rewritten tests", "writes points in the place of the tests", for_all(rewrite)),
    by_cells("forged outputs", "stores outputs that say full points", for_all(forge_output)),
    by_cells("swapped tests", "gives the test cells each other's names", swap_names),
    by_cells("tests first", "moves the tests before the answers and adds others", tests_first),
    by_cells("another kernel", "names a kernel of its own", other_kernel),
    by_cells("forged imports", "replaces the import cell by friendly stand-ins", forged_imports),
    by_cells("script in cells", "puts scripts into texts, names and attachments", html),
    by_cells(
        "script in outputs",
        "shows HTML and scripts to whoever reads the result",
        lambda notebook: None,
        f"from IPython.display import HTML, Javascript, display\ndisplay(HTML({SCRIPT!r}))\n"
        f"display(Javascript('alert(1)'))\ndouble = {SCRIPT!r}",
    ),
    by_files("link to a classmate", "hands in a link to somebody else's file", link_to_classmate),
    by_files("folder of a classmate", "hands in a link to a folder", folder_of_classmate),
    by_files("files beside", "hands in modules that hide the libraries", files_beside),
    by_files("endless nesting", "hands in JSON that breaks a parser", endless_nesting),
    by_files("a pipe", "hands in a file that never ends", pipe),
    Attack(NAME, "has a script for a name, and for an answer", f"double = {SCRIPT!r}"),
)
