"""A plain nbgrader course, nbgrader's own quickstart, through both doors: the same grades."""

import shutil
import subprocess
import sys
from importlib.resources import files

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.classroom import grade
from autograder.course import CONFIG, Course
from autograder.feedback import feedback
from autograder.sandbox.launch import Limits
from autograder.sandbox.protect import protections
from autograder.tests.tiny import release

STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "plain"\n'
OPEN_DOOR = "\nfrom autograder.execute import use_locked_room\n\nuse_locked_room(c)\n"
NO_ERROR = "def squares(n):\n    return [i**2 for i in range(1, n + 1)]"
ENDLESS = NO_ERROR.replace("return", "while n == 11:\n        pass\n    return")


def nbgrader(course, *words):
    """Run a command of nbgrader's in the course folder, as an instructor would."""
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=240)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """The course that `nbgrader quickstart` makes, released, and what five students handed in."""
    example = files("nbgrader") / "docs" / "source" / "user_guide" / "source"
    course = Course(tmp_path_factory.mktemp("quickstart") / "plain")
    shutil.copytree(example / "ps1", course.source("ps1").parent)
    config = course.root / "nbgrader_config.py"
    config.write_text(STOCK)
    release(course, "ps1")
    hand_in(course, "perfect", {})
    hand_in(course, "no error", {"squares": NO_ERROR})
    hand_in(course, "endless", {"squares": ENDLESS})
    hand_in(course, "blank", None)
    cut = hand_in(course, "truncated", {})
    cut.write_bytes(cut.read_bytes()[:2000])
    room = f"c.LockedRoom.protected = {protections().bubblewrap}\nc.LockedRoom.call_seconds = 1\n"
    config.write_text(config.read_text() + OPEN_DOOR + room)
    return course


def hand_in(course, student, answers):
    """Hand in the release, solved but for `answers`; None leaves it blank. Give problem1's path."""
    folder = course.submitted("ps1", student, "problem1").parent
    shutil.copytree(course.release("ps1", "problem1").parent, folder)
    for notebook in course.notebooks("ps1") if answers is not None else []:
        solved = course.read_source("ps1", notebook)
        right = {c.metadata.nbgrader.grade_id: c.source for c in solved.cells if marked(c)}
        path = folder / f"{notebook}.ipynb"
        handed_in = nbformat.read(path, as_version=4)
        for cell in filter(marked, handed_in.cells):
            if cell.metadata.nbgrader.solution:
                grade_id = cell.metadata.nbgrader.grade_id
                cell.source = answers.get(grade_id, right[grade_id])
        nbformat.write(handed_in, path)
    return folder / "problem1.ipynb"


def marked(cell):
    return "nbgrader" in cell.metadata


def grades(course):
    """By student, notebook and cell: automatic score, whether a person has to look, comment."""
    found = {}
    with Gradebook(course.database) as book:
        for submission in book.assignment_submissions("ps1"):
            for notebook in submission.notebooks:
                key = submission.student_id, notebook.name
                found |= {(*key, g.name): g.auto_score for g in notebook.grades}
                found |= {(*key, c.name, "comment"): c.auto_comment for c in notebook.comments}
    return found


@pytest.fixture(scope="module")
def by_command(quickstart):
    """A copy of the course graded by `cs-cnn grade`, and its rows."""
    course = Course(shutil.copytree(quickstart.root, quickstart.root.with_name("ours")))
    limits = Limits(call_seconds=1)
    rows = list(grade(course, "ps1", None, limits, protections().bubblewrap, jobs=1))
    return course, {row.student: row for row in rows}


def test_the_command_grades_a_plain_course(by_command):
    _, rows = by_command
    scores = {
        student: {cell.grade_id: cell.points for cell in row.cells} for student, row in rows.items()
    }
    assert [cell.reason for cell in rows["perfect"].cells] == [""] * 4
    assert scores["no error"] == scores["perfect"] | {"problem1: squares_invalid_input": 0}
    assert any("stopped after 1 s" in remark for remark in rows["endless"].remarks)
    assert rows["blank"].points == rows["truncated"].points == 0
    assert rows["truncated"].problem.startswith("problem1: the file ends in the middle")


def test_the_gradebook_has_what_nbgrader_would_put_there(by_command):
    course, _ = by_command
    found = grades(course)
    assert found["perfect", "problem2", "part-a"] is None  # a person grades it
    assert found["blank", "problem2", "part-a"] == 0
    assert found["blank", "problem1", "squares", "comment"] == "No response."
    assert found["perfect", "problem1", "squares", "comment"] is None
    assert course.autograded("ps1", "perfect").with_name("jupyter.png").exists()


def test_nbgraders_door_gives_the_same_grades(quickstart, by_command):
    ours, _ = by_command
    log = nbgrader(quickstart.root, "autograde", "ps1")
    assert "truncated" in log and "Traceback" not in log
    assert grades(quickstart) == grades(ours)


def test_stock_nbgrader_gives_perfect_work_the_same_grades(quickstart, by_command):
    graded = shutil.ignore_patterns("gradebook.db", "autograded")
    root = shutil.copytree(quickstart.root, quickstart.root.with_name("stock"), ignore=graded)
    (root / "nbgrader_config.py").write_text(STOCK)
    stock = Course(root)
    release(stock, "ps1")
    assert "Traceback" not in nbgrader(stock.root, "autograde", "ps1", "--student=perfect")
    ours = grades(by_command[0])
    assert grades(stock) == {key: ours[key] for key in ours if key[0] == "perfect"} != {}


def test_formgraders_button_gives_a_broken_new_file_no_old_score(by_command):
    course, _ = by_command
    path = course.submitted("ps1", "perfect", "problem1")
    path.write_text("{", encoding="utf-8")
    button = NbGraderAPI(course.nbgrader("ps1"), config=course.config)
    result = button.autograde("ps1", "perfect")
    scores = {key[2]: score for key, score in grades(course).items() if key[0] == "perfect"}
    assert result["success"] and "truncated" in result["log"], result
    assert scores["correct_squares"] == 0


def test_feedback_shows_no_hidden_test(by_command):
    course, _ = by_command
    path = course.autograded("ps1", "blank", "problem1")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].cell_type, notebook.cells[-1].source = "code", SECRET
    notebook.cells[-1].metadata, notebook.cells[-1].outputs = {}, []
    notebook.cells[-1].execution_count = None
    path.chmod(0o644)
    nbformat.write(notebook, path)
    pages = "".join(page.read_text("utf-8") for page in feedback(course, "ps1", ["blank"]))
    assert "... and hidden tests" in pages and "psst" not in pages


SECRET = "pass\n### BEGIN HIDDEN TESTS\nassert 'psst'\n### END HIDDEN TESTS"


def test_a_built_course_has_the_door_open_and_an_instructors_file_stays(tmp_path):
    course = Course(tmp_path)
    course.write_config()
    path = tmp_path / "nbgrader_config.py"
    assert path.read_text() == CONFIG
    names = [step.__name__ for step in course.config.Autograde.autograde_preprocessors]
    assert names[0] == "LockedRoom" and "Execute" not in names
    path.write_text("c = get_config()\n")
    course.write_config()
    assert path.read_text() == "c = get_config()\n"
