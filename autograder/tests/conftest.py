"""What several tests share: a course that is built once, and notebooks run in a real kernel."""

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.build import build, source_names
from autograder.course import Course


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A course folder with every notebook of the project built."""
    made = Course(tmp_path_factory.mktemp("course"))
    build(course=made, notebooks=None)
    return made


@pytest.fixture(params=source_names())
def name(request):
    """The name of each notebook in turn."""
    return request.param


def run_in_kernel(notebook, folder):
    """Run a notebook as JupyterLab would, past errors; give the copy with outputs."""
    ran = nbformat.from_dict(notebook)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(ran, timeout=300, allow_errors=True, resources=resources).execute()


def outputs_of(notebook, kind):
    """(cell, output) for every output of a kind: "error", "stream", ..."""
    return [
        (cell, output)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == kind
    ]
