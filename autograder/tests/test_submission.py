"""Whatever is handed in, reading it gives a clean notebook or a reason, and merging mends it."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.submission import Unreadable, merge, read

KERNEL = {"name": "python3", "display_name": "Python 3"}
HIDDEN_TEST = """assert f(1) == 2
### BEGIN HIDDEN TESTS
assert f(5) == 6
### END HIDDEN TESTS
assert f(2) == 3"""


def graded(name, source, make=new_code_cell, **flags):
    metadata = {"grade": False, "locked": False, "solution": False, "task": False}
    metadata |= {"grade_id": name, "schema_version": 3, **flags}
    return make(source, id=name, metadata={"nbgrader": metadata})


@pytest.fixture
def instructor():
    cells = [
        new_markdown_cell("# Title", id="title"),
        graded("imports", "import numpy as np", locked=True),
        graded("f", "def f(x):\n    ### BEGIN SOLUTION\n    return x + 1", solution=True),
        graded("f-check", HIDDEN_TEST, grade=True, locked=True, points=3),
        graded("why", "because", new_markdown_cell, grade=True, solution=True, points=2),
        graded("g", "def g(): pass", solution=True),
    ]
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


@pytest.fixture
def handed_in(instructor):
    """What an honest student hands in: the release without hidden tests, filled in."""
    notebook = copy.deepcopy(instructor)
    notebook.cells[2].source = "def f(x):\n    return 1 + x"
    notebook.cells[3].source = "assert f(1) == 2\nassert f(2) == 3"
    notebook.cells[4].source = "mine"
    notebook.metadata = {"kernelspec": {"name": "evil", "display_name": "Evil"}}
    return notebook


def write(path, notebook):
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def sources(notebook):
    return {cell.id: cell.source for cell in notebook.cells}


def test_honest_work_passes_through_without_findings(tmp_path, instructor, handed_in):
    merged, findings = merge(instructor, read(write(tmp_path / "a.ipynb", handed_in)))
    assert findings == []
    nbformat.validate(merged)
    assert merged.cells[2].source == "def f(x):\n    return 1 + x"
    assert merged.cells[3].source == HIDDEN_TEST
    assert merged.cells[4].source == "mine"
    assert merged.metadata == instructor.metadata
    assert merged.cells[3].metadata == instructor.cells[3].metadata


def test_outputs_attachments_and_strange_metadata_are_not_read(tmp_path, handed_in):
    cell = handed_in.cells[2]
    cell.outputs = [nbformat.v4.new_output("stream", text="boo")]
    cell.metadata |= {"tags": [1], "slideshow": {}}
    cell.metadata.nbgrader |= {"points": [1000], "schema_version": 99}
    handed_in.cells[0].attachments = {"a.png": {"image/png": "aGk="}}
    notebook = read(write(tmp_path / "a.ipynb", handed_in))
    nbformat.validate(notebook)
    marks = {"grade_id": "f", "grade": False, "solution": True, "locked": False, "task": False}
    assert notebook.cells[2].metadata == {"nbgrader": marks, "tags": [], "was": ["f"]}
    assert notebook.cells[2].outputs == []
    assert "attachments" not in notebook.cells[0]


def test_changed_marks_and_tags_are_named_and_have_no_effect(tmp_path, instructor, handed_in):
    cell = handed_in.cells[3]
    cell.metadata.tags = ["skip-execution"]
    cell.metadata.nbgrader |= {"points": 1000, "locked": False}
    merged, findings = merge(instructor, read(write(tmp_path / "a.ipynb", handed_in)))
    (finding,) = findings
    assert finding.startswith("test cell 'f-check' had other points, other locked, the tag 'skip-")
    assert merged.cells[3].metadata == instructor.cells[3].metadata


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe\x00x", "UTF-8"),
        (b"PK\x03\x04", "begins with {"),
        (b'{"nbformat": 4, "cells": [', "truncated"),
        (b'{"nbformat": 4, "cells": [{"source": "abc', "truncated"),
        (b'{"nbformat": 4, "cells": oops}', "broken at line 1"),
        (b'{"nbformat": 4, "x": ' + b"[" * 100_000, "not a notebook|truncated"),
        (b'{"nbformat": ' + b"4" * 5000 + b"}", "not a notebook"),
        (b"{}", "without a notebook's fields"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3: open it in JupyterLab"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": ["x"]}', "cell 1 is neither code nor text"),
        (b'{"nbformat": 4, "cells": [{"cell_type": []}]}', "cell 1 is neither"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "cell 1 has no"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_unreadable_files_give_a_reason(tmp_path, content, reason):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=reason):
        read(path)


def test_every_truncation_of_a_notebook_is_refused(tmp_path, handed_in):
    text = nbformat.writes(handed_in).rstrip()
    path = tmp_path / "a.ipynb"
    for end in range(1, len(text), 37):
        path.write_text(text[:end], encoding="utf-8")
        with pytest.raises(Unreadable, match="truncated"):
            read(path)


def test_links_folders_and_giants_are_refused(tmp_path, handed_in):
    real = write(tmp_path / "real.ipynb", handed_in)
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(Unreadable, match="not a file"):
        read(tmp_path / "folder.ipynb")
    with pytest.raises(Unreadable, match="no such file"):
        read(tmp_path / "nothing.ipynb")
    with pytest.raises(Unreadable, match="the limit is 0.001 MiB"):
        read(real, max_mib=0.001)
    link = tmp_path / "link.ipynb"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    with pytest.raises(Unreadable, match="link"):
        read(link)


def test_odd_but_honest_files_can_be_read(tmp_path):
    cell = {"cell_type": "code", "source": ["x = 1\n", "y = '\ud800'"], "metadata": None}
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"nbformat": 4, "cells": [cell]}).encode())
    notebook = read(path)
    assert notebook.cells[0].source == "x = 1\ny = '?'"
    write(tmp_path / "b.ipynb", notebook)


def test_nothing_handed_in_gives_blank_answers(instructor):
    merged, findings = merge(instructor, None)
    assert len(findings) == 1
    nbformat.validate(merged)
    assert [c.id for c in merged.cells] == [c.id for c in instructor.cells]
    assert [sources(merged)[name] for name in ("f", "why", "g")] == ["", "", ""]
    assert sources(merged)["f-check"] == HIDDEN_TEST


def test_changed_locked_cells_are_restored_and_named(instructor, handed_in):
    handed_in.cells[1].source = "import evil"
    handed_in.cells[3].source = "pass"
    handed_in.cells[3].cell_type = "markdown"
    merged, findings = merge(instructor, handed_in)
    assert findings == [
        "read-only cell 'imports' had been changed: the original was used",
        "test cell 'f-check' had been changed: the original was used",
        "test cell 'f-check' had the type markdown: no effect",
    ]
    assert sources(merged)["imports"] == "import numpy as np"
    assert sources(merged)["f-check"] == HIDDEN_TEST
    assert merged.cells[3].cell_type == "code"


def test_white_space_is_no_change(instructor, handed_in):
    handed_in.cells[3].source = "assert f(1) == 2  \r\nassert f(2) == 3\r\n\n"
    assert merge(instructor, handed_in)[1] == []


def test_missing_cells_return_to_their_place(instructor, handed_in):
    extra = new_code_cell("print('mine')", id="extra")
    handed_in.cells = [handed_in.cells[0], handed_in.cells[2], extra, handed_in.cells[4]]
    merged, findings = merge(instructor, handed_in)
    ids = ["imports", "title", "f", "f-check", "extra", "why", "g"]
    assert [cell.id for cell in merged.cells] == ids
    assert findings == [
        "read-only cell 'imports' was missing and has been put back",
        "test cell 'f-check' was missing and has been put back",
        "solution cell 'g' was missing and has been put back, without an answer",
    ]
    assert sources(merged)["g"] == ""


def test_the_last_duplicate_counts(instructor, handed_in):
    again = copy.deepcopy(handed_in.cells[2])
    again.source = "def f(x): return 'second'"
    handed_in.cells.append(again)
    merged, findings = merge(instructor, handed_in)
    assert findings == ["solution cell 'f' was there 2 times: the last one counts"]
    assert [cell.id for cell in merged.cells] == ["title", "imports", "f-check", "why", "g", "f"]
    assert merged.cells[-1].source == "def f(x): return 'second'"


def test_invented_grades_are_forgotten(instructor, handed_in):
    fake = graded("bonus", "x = 1", grade=True, locked=True, points=100)
    handed_in.cells.append(fake)
    merged, findings = merge(instructor, handed_in)
    assert findings == []
    assert merged.cells[-1].metadata == {}
    assert merged.cells[-1].source == "x = 1"


def test_neither_input_is_changed(instructor, handed_in):
    before = copy.deepcopy((instructor, handed_in))
    merged, _ = merge(instructor, handed_in)
    merged.cells[2].metadata.nbgrader.points = 5
    assert (instructor, handed_in) == before
