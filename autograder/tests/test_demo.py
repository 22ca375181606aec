"""The main job from start to end: the demonstration's class is graded and gets feedback."""

import re
import shutil

import pytest
from nbgrader.api import Gradebook

from autograder.classroom import grade, personal
from autograder.course import Course
from autograder.demo import ASSIGNMENT, LIMITS, MISTAKEN, hand_in
from autograder.feedback import feedback
from autograder.results import title
from autograder.sandbox.protect import Unprotected, protections
from cs_cnn import checks

pytestmark = pytest.mark.xdist_group("the class is graded once")


@pytest.fixture(scope="module")
def graded(course):
    """The class, graded: rows by student."""
    students = hand_in(course)
    rows = grade(course, ASSIGNMENT, students, LIMITS, protections().bubblewrap)
    return {row.student: row for row in rows}


def points(row):
    return {c.grade_id.removesuffix("-check"): c.points for c in row.cells}


def test_everyone_has_a_row(graded, course):
    assert sorted(graded) == course.students(ASSIGNMENT)
    assert len(graded) == 12


@pytest.mark.parametrize("student", ["full-solution", "other-solution", "deleted-a-test"])
def test_right_answers_get_full_marks(graded, student):
    row = graded[student]
    assert row.points == row.max_points > 30


def test_a_deleted_test_is_put_back_and_reported(graded):
    (finding,) = graded["deleted-a-test"].findings
    assert "conv2d_backward-check" in finding and "put back" in finding


def test_a_blank_notebook_scores_nothing_and_is_told_what_is_missing(graded):
    row = graded["blank"]
    assert row.points == 0
    (remark,) = row.remarks
    assert remark.startswith("one number, ") and remark.endswith(" and 8 more: not answered")


@pytest.mark.parametrize("student", MISTAKEN)
def test_a_known_mistake_loses_points_and_is_named(graded, student):
    exercise, name = MISTAKEN[student]
    row, full = graded[student], points(graded["full-solution"])
    assert row.remarks == [f"{title(exercise)}: {name}"]
    assert points(row)[exercise] < full[exercise]
    others = {key: value for key, value in points(row).items() if key != exercise}
    assert others == {key: full[key] for key in others}


@pytest.mark.parametrize(
    ("student", "exercise", "words"),
    [
        ("endless-loop", "max_pool2d_forward", "5 s"),
        ("syntax-error", "conv2d_backward", "SyntaxError in the cell conv2d_backward, line 1"),
    ],
)
def test_what_breaks_one_exercise_leaves_the_others(graded, student, exercise, words):
    row = graded[student]
    assert any(words in remark for remark in row.remarks if remark.startswith(title(exercise)))
    assert points(row) == points(graded["full-solution"]) | {exercise: 0}


def test_a_truncated_file_gets_a_reason_and_no_points(graded):
    row = graded["truncated-file"]
    assert row.points == 0 and "truncated" in row.problem
    assert row.max_points == graded["full-solution"].max_points


def test_the_gradebook_says_the_same(graded, course):
    with Gradebook(course.database) as book:
        for student, row in graded.items():
            submission = book.find_submission(ASSIGNMENT, student)
            assert submission.score == pytest.approx(row.points)
            assert submission.needs_manual_grade == bool(row.problem)
        comments = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "blank").comments
        assert {c.auto_comment for c in comments} == {"No response."}


def test_a_grade_given_by_hand_survives_grading_again(graded, course):
    cell = "conv2d_forward-check"
    with Gradebook(course.database) as book:
        book.find_grade(cell, ASSIGNMENT, ASSIGNMENT, "blank").manual_score = 4
        book.db.commit()
    list(grade(course, ASSIGNMENT, ["blank"], LIMITS, protections().bubblewrap, again=True))
    with Gradebook(course.database) as book:
        grade_of = book.find_grade(cell, ASSIGNMENT, ASSIGNMENT, "blank")
        assert (grade_of.score, grade_of.auto_score) == (4, 0)
        assert grade_of.needs_manual_grade
        grade_of.manual_score = None
        book.db.commit()


def test_feedback_explains_and_carries_no_script_of_a_student(graded, course):
    student = "ties"
    path = course.submitted(ASSIGNMENT, student)
    text = path.read_text(encoding="utf-8")
    evil = text.replace('"source": [', '"source": [\n    "<script>evil()</script>\\n",', 1)
    path.write_text(evil, encoding="utf-8")
    list(grade(course, ASSIGNMENT, [student], LIMITS, protections().bubblewrap))
    (page,) = feedback(course, ASSIGNMENT, [student])
    html = page.read_text(encoding="utf-8")
    assert "<script>evil()" not in html
    exercise, name = MISTAKEN[student]
    (mistake,) = (m for m in checks.EXERCISES[exercise].mistakes if m.name == name)
    assert name in html and re.search(r"data:image/svg.xml;base64", html)
    assert mistake.hint.split(":")[0] in html
    path.write_text(text, encoding="utf-8")


def test_feedback_says_first_what_could_not_be_graded_or_was_repaired(graded, course):
    students = ["truncated-file", "deleted-a-test"]
    cut, deleted = (page.read_text("utf-8") for page in feedback(course, ASSIGNMENT, students))
    assert "This could not be graded: the file ends in the middle" in cut
    assert "From the grader" in deleted and "has been put back" in deleted


def test_hidden_cases_differ_from_student_to_student(course, graded):
    seeds = {personal(course.seed(), student, ASSIGNMENT) for student in graded}
    assert len(seeds) == len(graded) and len(course.seed()) == 32
    assert personal(course.seed(), "ada", ASSIGNMENT) == personal(course.seed(), "ada", ASSIGNMENT)


def test_odd_names_and_an_unreadable_time_stop_nobody(course, tmp_path):
    course = Course(shutil.copytree(course.root, tmp_path / "copy"))
    students = ["Zoë [2] O'Neil", "nobody's time", "on time"]
    for student in students:
        path = course.submitted(ASSIGNMENT, student)
        path.parent.mkdir(parents=True)
        path.write_text("{", encoding="utf-8")
    (path.parent.parent.parent / students[1] / ASSIGNMENT / "timestamp.txt").write_text("soon")
    (path.parent / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    rows = list(grade(course, ASSIGNMENT, students, LIMITS, protections().bubblewrap, jobs=1))
    assert sorted(row.student for row in rows) == sorted(students)
    assert all("truncated" in row.problem for row in rows)
    with Gradebook(course.database) as book:
        when = {s: book.find_submission(ASSIGNMENT, s).timestamp for s in students}
    assert when[students[1]] is None and when["on time"].year == 2026
    assert all(page.exists() for page in feedback(course, ASSIGNMENT, students))


def test_a_class_is_refused_where_no_room_can_be_locked(course, monkeypatch):
    from autograder.sandbox.protect import Protections

    monkeypatch.setattr(
        "autograder.classroom.protections", lambda: Protections(False, "no bubblewrap here", True)
    )
    with pytest.raises(Unprotected, match="no bubblewrap here"):
        next(grade(course, ASSIGNMENT))
