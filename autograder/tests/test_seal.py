"""In the room the answers are not there, and whoever asks for them is told and reported."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.build import solved, source_names, source_notebook
from autograder.judge import judge
from autograder.rooms import room_for
from autograder.sandbox.launch import Limits, Worker, protections
from autograder.sandbox.room import Room
from autograder.submission import merge
from autograder.tests.test_judge import answer, imports, test_cell
from autograder.tests.test_sandbox import locked, shown
from autograder.watch import findings, shadowing
from cs_cnn import checks

BOTH = pytest.mark.parametrize("protected", [False, pytest.param(True, marks=locked)])
NAME = "conv_parameters"
COURSE = "from cs_cnn import checks"


def judged(source, protected):
    """Judge an answer to one exercise of the course."""
    check = test_cell("check", f"checks.{NAME}({NAME})", checks.EXERCISES[NAME].points)
    cells = [imports(COURSE), answer(NAME, source), check]
    (result,) = judge(new_notebook(cells=cells), Limits(), protected, seed="s").cells
    return result


@BOTH
def test_a_right_answer_scores(protected):
    (source,) = (c.source for c in solved("03_conv_arithmetic").cells if c.id == NAME)
    given = "from cs_cnn.shapes import pair\nfrom cs_cnn.arithmetic.counting import check_groups\n"
    result = judged(given + source, protected)
    assert (result.points, result.reason) == (result.max_points, "")


@BOTH
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("from cs_cnn.arithmetic.counting import conv_parameters", "conv_parameters is the course"),
        (
            "import cs_cnn.arithmetic as other\n"
            "def conv_parameters(*a, **k): return other.conv_parameters(*a, **k)",
            "conv_parameters is the course",
        ),
        (
            "import inspect\nfrom cs_cnn.arithmetic import counting\n"
            "exec(inspect.getsource(counting.conv_parameters))",
            "conv_parameters is the course",
        ),
        ("import torch\ndef conv_parameters(*a): return 0", "torch does a whole exercise"),
        ("from cs_cnn import checks\nconv_parameters = checks.conv_parameters.reference", "Error"),
    ],
    ids=["import", "call", "source", "torch", "checks"],
)
def test_the_courses_own_answer_is_worth_nothing(source, reason, protected):
    result = judged(source, protected)
    assert result.points == 0
    assert reason in result.reason
    assert "Error" in reason or result.reason.startswith("sealed while grading: ")


@locked
def test_no_file_of_the_room_has_an_answer():
    source = (
        "import cs_cnn\nfrom pathlib import Path\n"
        "files = [p for p in Path(cs_cnn.__file__).parent.rglob('*') if p.is_file()]\n"
        "text = ''.join(p.read_text('utf-8', 'replace') for p in files)\n"
        "print('window * w[f]' in text, 'dx_pad[window] +=' in text, 'sealed while' in text,\n"
        "      any(p.suffix == '.pyc' for p in files))\n"
        "from cs_cnn import checks, plots\nfrom cs_cnn.checks import conv2d_forward\n"
        "checks.conv2d_forward(1)\nfrom scipy import ndimage"
    )
    with Worker(Limits(), True, room_for(source_notebook("04_convolution"))) as worker:
        assert shown(worker, source).splitlines() == [
            "False False True False",
            "conv2d_forward: checked elsewhere while grading",
        ]


@pytest.mark.parametrize("name", source_names())
def test_what_the_import_cells_of_a_notebook_need_is_never_sealed(name):
    source = source_notebook(name)
    imported = "\n".join(
        cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("locked") and "checks." not in cell.source
    )
    with Worker(Limits(), protections().bubblewrap, room_for(source)) as worker:
        shown(worker, imported)


def test_an_answer_that_another_answer_calls_stays():
    sealed = room_for(source_notebook("03_conv_arithmetic")).sealed
    assert "cs_cnn.arithmetic.counting:conv_macs" in sealed
    assert "cs_cnn.shapes:output_size" not in sealed  # the given lines of conv_macs call it


def test_other_notebooks_keep_everything():
    cells = [imports("import math, torch"), answer("f", ""), test_cell("t", "f(math.pi)")]
    assert room_for(new_notebook(cells=cells)) == Room(("math", "torch"))


def test_what_an_import_cell_needs_is_not_absent():
    for needs, present in {
        "import torch": "torch",
        "from scipy import signal": "scipy.signal",
    }.items():
        room = room_for(new_notebook(cells=[imports(f"{COURSE}\n{needs}")]))
        assert present not in room.absent
        assert room.absent


@pytest.mark.parametrize("name", source_names())
def test_perfect_work_gives_a_person_nothing_to_look_at(name):
    assert merge(source_notebook(name), solved(name))[1] == []


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("from cs_cnn.layers import conv2d_forward as f", "mentions cs_cnn.layers.conv2d_forward"),
        ("import cs_cnn.layers as L\nL.conv2d_forward", "mentions cs_cnn.layers.conv2d_forward"),
        ("import torch.nn.functional as F\nF.conv2d", "uses torch, which can do the work"),
        ("from scipy import signal", "uses scipy.signal, which can do the work"),
        ("import scipy.signal as s\ns.correlate2d", "uses scipy.signal, which can do the work"),
        ("import inspect", "uses inspect"),
        ("import sys\nsys._getframe(1)", "uses sys._getframe"),
        ("def f(x): return f.__globals__['x']", "uses __globals__"),
        ("import os as o\no.system('x')", "uses os.system"),
        ("__import__('x')", "uses __import__"),
        ("%%writefile numpy.py\nx = 1", "writes the file 'numpy.py'"),
    ],
)
def test_findings_for_a_person(source, finding):
    (found,) = findings(source_notebook("04_convolution"), [answer("conv2d_forward", source)])
    assert found == f"look at conv2d_forward: it {finding}" or found.startswith(
        f"look at conv2d_forward: it {finding}, "
    )


NDIMAGE = "look at conv2d_forward: it uses scipy.ndimage, which can do the work"


def test_what_is_imported_to_show_something_is_no_answer():
    def found(*cells):
        return findings(source_notebook("04_convolution"), list(cells))

    helper = new_code_cell("def slide(x, w):\n    return ndimage.correlate(x, w)")
    assert found(answer("conv2d_forward", "ndimage.correlate(1, 1)")) == [NDIMAGE]
    assert found(helper) == []
    (reason,) = found(answer("conv2d_forward", "def f(x, w): return slide(x, w)"), helper)
    assert reason == NDIMAGE.replace("conv2d_forward", "number 2 of the student")


@pytest.mark.parametrize(
    "source", ["x = 1", "def f(:", "from cs_cnn.layers import linear_forward", "import os", "a\0b"]
)
def test_ordinary_cells_are_no_finding(source):
    assert findings(source_notebook("04_convolution"), [new_code_cell(source)]) == []


def test_files_beside_a_notebook_are_named(tmp_path):
    (tmp_path / "numpy.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert shadowing(tmp_path) == ["the file 'numpy.py' beside the notebook was not used"]
