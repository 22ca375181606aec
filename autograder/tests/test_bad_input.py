"""Whatever is handed in gets a row and a reason that a student understands, and stops nobody."""

import json
import re

import pytest

from autograder.classroom import grade
from autograder.feedback import feedback
from autograder.sandbox.protect import protections
from autograder.tests.tiny import NAME, RIGHT, WRONG, hand_in, tiny_course

MIXED = "def double(x):\r\n    y = x\n    return y + x"
CELLS = {"double": RIGHT, "double-check": "assert double(2) == 4, 'twice 2 is 4'"}
MARKS = {"grade": False, "locked": False, "solution": True, "schema_version": 3, "task": False}


def notebook(cells=None, **fields):
    """A notebook's JSON: `cells`, with other fields of the file where given."""
    settings = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    return json.dumps(settings | {"cells": written() if cells is None else cells} | fields)


def written(**more):
    """The assignment's cells with a right answer; `more` are further fields of each."""
    return [code(source, grade_id, id=grade_id, **more) for grade_id, source in CELLS.items()]


def code(source, grade_id=None, **more):
    marks = {"nbgrader": {**MARKS, "grade_id": grade_id}} if grade_id else {}
    empty = {"cell_type": "code", "execution_count": None, "outputs": []}
    cell = empty | {"source": source.splitlines(keepends=True)} | more
    return cell | {"metadata": marks | more.get("metadata", {})}


def colab():
    """As Google Colab saves: own ids in the metadata, format 4.0, outputs with its widgets."""
    cells = [
        code(source, name, metadata={"id": f"kX9{n}", "colab": {"base_uri": "https://localhost/"}})
        for n, (name, source) in enumerate(CELLS.items())
    ]
    marks = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    return notebook(cells, nbformat_minor=0, metadata=marks)


def vs_code():
    """As VS Code saves: its language marks, stripped-down ids, an interpreter's version."""
    cells = written(metadata={"vscode": {"languageId": "python"}})
    info = {"name": "python", "version": "3.11.7", "file_extension": ".py"}
    return notebook(cells, nbformat_minor=2, metadata={"language_info": info})


def repeated():
    """Two answers under one grade id; the last one counts, as in nbgrader."""
    return notebook([code(WRONG, "double"), *written()])


def wrong_kernel():
    spec = {"name": "ir", "display_name": "R", "language": "R"}
    return notebook(metadata={"kernelspec": spec, "language_info": {"name": "R"}})


READABLE = {
    "as it should be": notebook(),
    "Colab": colab(),
    "VS Code": vs_code(),
    "byte order mark": "\ufeff" + notebook(),
    "mixed line endings": notebook(
        [code("def double(x):\r\n    y = x\n    return y + x", "double")]
    ),
    "windows line endings": notebook().replace("\n", "\r\n"),
    "no cell ids": notebook([code(source, name) for name, source in CELLS.items()]),
    "double cell ids": notebook([cell | {"id": "same"} for cell in written()]),
    "double grade ids": repeated(),
    "wrong kernel": wrong_kernel(),
    "marks gone, ids there": notebook([c | {"metadata": {}} for c in written()]),
    "marks gone, ids of Colab": notebook(
        [code(s, metadata={"id": name}) for name, s in CELLS.items()], nbformat_minor=0
    ),
    "Zoë Müller-李 [2]; DROP": notebook(),
    "metadata of every kind": notebook(written(attachments=5), metadata=[1, "x"]),
}
BROKEN = {
    "no JSON": ("Dear teacher,", "this is not a notebook"),
    "truncated": (notebook()[:-20], "ends in the middle"),
    "empty": ("", "the file is empty"),
    "format 3": (json.dumps({"nbformat": 3, "worksheets": []}), "format 3: open it in JupyterLab"),
    "format 5": (json.dumps({"nbformat": 5, "cells": []}), "format 5: open it in JupyterLab"),
    "another assignment": (notebook([code("x = 1", "essay")]), "it is another assignment's"),
    "marks gone": (notebook([code(RIGHT)]), "their marks are gone"),
    "a list": ("[]", "this is not a notebook"),
    "deep": ('{"nbformat": 4, "x": ' + "[" * 50_000, "this is not a notebook|ends in the middle"),
    "binary": ("PK\x03\x04\x00\x00", "this is not a notebook"),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The class, one student for each kind of file: the course, and the rows by student."""
    course = tiny_course(tmp_path_factory.mktemp("bad") / "course", {"honest": RIGHT})
    texts = READABLE | {student: text for student, (text, _) in BROKEN.items()}
    for student, text in texts.items():
        path = course.submitted(NAME, student)
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode())
    course.submitted(NAME, "nothing").parent.mkdir(parents=True)
    hand_in(course, "other name", RIGHT).rename(course.submitted(NAME, "other name", "tiny (1)"))
    hand_in(course, "two", RIGHT)
    course.submitted(NAME, "two", "draft").write_text(notebook())
    with hand_in(course, "huge output", RIGHT).open("r+b") as file:
        file.truncate(200 * 2**20)  # takes no place on the disk
    graded = list(grade(course, NAME, None, None, protections().bubblewrap, jobs=1))
    return course, {row.student: row for row in graded}


def test_everyone_has_a_row_and_the_honest_are_graded(rows):
    course, found = rows
    assert sorted(found) == course.students(NAME)
    assert found["honest"].points == 2


@pytest.mark.parametrize("student", READABLE)
def test_odd_but_honest_files_are_graded(rows, student):
    _, found = rows
    assert found[student].problem == "" and found[student].points == 2, found[student].remarks


@pytest.mark.parametrize("student", BROKEN)
def test_what_is_no_notebook_of_this_assignment_gets_the_reason(rows, student):
    _, found = rows
    assert found[student].points == 0 and found[student].max_points == 2
    assert re.search(BROKEN[student][1], found[student].problem)


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("nothing", "there is no such file"),
        ("other name", "it should be called tiny.ipynb, found tiny (1).ipynb"),
        ("huge output", "200.0 MiB, the limit is 20 MiB: clear the outputs"),
    ],
)
def test_what_lies_wrong_gets_the_reason(rows, student, reason):
    _, found = rows
    assert reason in found[student].problem


def test_a_second_notebook_is_named_and_the_first_graded(rows):
    _, found = rows
    assert found["two"].points == 2
    assert found["two"].findings == ["draft.ipynb was handed in too and not looked at"]


@pytest.mark.parametrize(
    ("student", "finding"),
    [
        ("wrong kernel", "it says that it is written in 'R'; it was run as Python"),
        ("marks gone, ids there", "from 2 cells, which were recognised by their ids"),
        ("marks gone, ids of Colab", "from 2 cells, which were recognised by their ids"),
    ],
)
def test_what_was_repaired_is_said(rows, student, finding):
    assert any(said.endswith(finding) for said in rows[1][student].findings)


def test_everyone_gets_feedback_that_says_it(rows):
    course, found = rows
    students = ["Zoë Müller-李 [2]; DROP", "truncated", "huge output"]
    pages = [page.read_text("utf-8") for page in feedback(course, NAME, students)]
    assert "could not be graded" not in pages[0]
    assert "ends in the middle" in pages[1] and "clear the outputs" in pages[2]


def test_a_link_to_a_classmates_folder_is_refused(rows):
    course, _ = rows
    try:
        thief = course.root / "submitted" / "thief"
        thief.symlink_to(course.submitted(NAME, "honest").parents[1])
    except OSError:
        pytest.skip("this system makes no symbolic links")
    (row,) = grade(course, NAME, ["thief"], None, protections().bubblewrap, jobs=1)
    assert row.points == 0 and "a link to another" in row.problem
