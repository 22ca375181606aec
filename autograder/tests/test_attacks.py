"""No attack gains a point, leaks a test or harms anything, and each is told apart in the report."""

import pytest

from autograder.classroom import grade
from autograder.feedback import feedback
from autograder.sandbox.launch import Limits, protections
from autograder.tests.attacks import ATTACKS, on_the_notebook, prey

pytestmark = pytest.mark.skipif(
    not protections().bubblewrap, reason=f"no locked room here: {protections().problem}"
)
LIMITS = Limits(
    call_seconds=1, cell_seconds=1, total_seconds=20, memory_mib=1024, file_mib=32, restarts=1
)


@pytest.fixture(scope="module")
def class_run(tmp_path_factory):
    """Every attack graded, in one run: its row, what it harmed and whether it leaked."""
    folder = tmp_path_factory.mktemp("attacks")
    home, course = prey.home_folder(folder / "home"), prey.make(folder / "course")
    honest = list(grade(course, prey.NAME, list(prey.HONEST), Limits(), jobs=1))
    found = {row.student: row for row in honest}
    watch = prey.Watch(course, home)
    with watch.listening() as port:
        for attack in ATTACKS:
            prey.attack_with(course, attack, home, port)
        for row in grade(course, prey.NAME, [a.name for a in ATTACKS], LIMITS, jobs=1):
            found[row.student] = row
            found[row.student, "harm"] = watch.harm()
            found[row.student, "leak"] = prey.leaked(course, row.student)
    return found | {"course": course}


def test_the_class_is_graded_as_it_deserves(class_run):
    points = {name: class_run[name].points for name in prey.HONEST}
    assert points == {"classmate": 12, "wrong": 0, "blank": 0}


def test_there_are_enough_attacks_with_names_of_their_own():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 40
    assert len({attack.tries for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_fails_and_is_told_apart(attack, class_run):
    row = class_run[attack.name]
    assert row.points <= class_run["blank"].points
    assert class_run[attack.name, "harm"] == []
    assert not class_run[attack.name, "leak"]
    ordinary = {*class_run["blank"].remarks, *class_run["wrong"].remarks}
    assert set(row.remarks) - ordinary, f"nothing tells it from a wrong answer: {row.remarks}"
    assert row.protected


@pytest.mark.parametrize("student", ["script in cells", "script in outputs", on_the_notebook.NAME])
def test_feedback_runs_no_script_of_a_student(student, class_run):
    (path,) = feedback(class_run["course"], prey.NAME, [student])
    page = path.read_text("utf-8")
    assert "document.title" in page
    assert "<script>document.title" not in page and "<img src=x" not in page
    assert prey.SECRET not in page
