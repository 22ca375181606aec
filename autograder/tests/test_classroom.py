"""A class run: who is graded again and who isn't, by whom, and what is never lost."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbgrader.api import Gradebook

from autograder import engine, grading
from autograder.classroom import Busy, grade, only_writer
from autograder.course import Course
from autograder.gradebook import NotRecorded
from autograder.judge import error_output
from autograder.sandbox.protect import protections
from autograder.tests.tiny import (
    NAME,
    RIGHT,
    TEST,
    WRONG,
    cell,
    hand_in,
    scores,
    set_test,
    tiny_course,
)

CLASS = {"ada": RIGHT, "bob": WRONG, "cy": RIGHT}


def run(course, **places):
    places = {"jobs": 1, **places}
    return {row.student: row for row in grade(course, NAME, None, None, locked(), **places)}


def locked():
    return protections().bubblewrap


def reused(rows):
    return sorted(student for student, row in rows.items() if row.reused)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course and, beside it, the same one graded."""
    folder = tmp_path_factory.mktemp("made")
    course = tiny_course(folder / "course", CLASS)
    course.seed()
    graded = Course(shutil.copytree(course.root, folder / "graded"))
    assert {s: r.points for s, r in run(graded).items()} == {"ada": 2, "bob": 0, "cy": 2}
    return course, graded


@pytest.fixture
def course(made, tmp_path):
    """A copy of the course."""
    return Course(shutil.copytree(made[0].root, tmp_path / "course"))


@pytest.fixture
def graded(made, tmp_path):
    """A copy of the graded course."""
    return Course(shutil.copytree(made[1].root, tmp_path / "graded"))


def test_what_is_unchanged_is_not_graded_again_unless_asked(graded, monkeypatch):
    before = scores(graded)
    monkeypatch.setattr(grading, "judge", None)  # judging anybody would fail
    rows = run(graded)
    assert reused(rows) == sorted(CLASS) and scores(graded) == before
    assert rows["bob"].points == 0 and rows["bob"].remarks == [
        "double: AssertionError: twice 2 is 4"
    ]
    monkeypatch.undo()
    assert reused(run(graded, again=True)) == [] and scores(graded) == before


def test_a_new_submission_and_a_new_student_are_graded(graded):
    hand_in(graded, "bob", RIGHT)
    hand_in(graded, "dan", RIGHT)
    rows = run(graded)
    assert reused(rows) == ["ada", "cy"]
    assert rows["bob"].points == rows["dan"].points == 2


def test_a_new_test_has_everybody_graded_again(graded):
    set_test(graded, TEST + "\nassert double('a') == 'aaa'")
    rows = run(graded)
    assert reused(rows) == [] and not any(row.points for row in rows.values())


def test_a_source_that_was_never_released_is_refused(course):
    source = course.read_source(NAME)
    source.cells.append(cell("more", "", solution=True))
    course.write_source(NAME, source)
    with pytest.raises(FileNotFoundError, match="is not what was released.*generate_assignment"):
        run(course)


@pytest.mark.parametrize("what", ["notebook", "student", "another"])
def test_what_is_no_longer_as_it_was_recorded_is_graded_again(graded, what):
    before = scores(graded)
    if what == "notebook":
        graded.autograded(NAME, "ada").unlink()
    elif what == "student":
        with Gradebook(graded.database) as book:
            book.remove_submission(NAME, "ada")
    else:
        graded.autograded(NAME, "ada").write_text("{}")
    assert reused(run(graded)) == ["bob", "cy"]
    assert scores(graded) == before


def test_a_crash_never_keeps_an_older_score_and_is_tried_again(graded, monkeypatch):
    def crash(*_):
        raise MemoryError("no room")

    hand_in(graded, "ada", RIGHT + " ")
    monkeypatch.setattr(grading, "judge", crash)
    rows = run(graded)
    assert "MemoryError: no room" in rows["ada"].problem and reused(rows) == ["bob", "cy"]
    ((score, _, look),), *_ = scores(graded)["ada"]
    assert (score, look) == (0, True)
    monkeypatch.undo()
    assert run(graded)["ada"].points == 2


def test_a_students_process_that_is_killed_from_outside_is_judged_again(graded, monkeypatch):
    before, real, times = scores(graded), grading.judge, []

    def killed_at_first(notebook, *settings):
        result = real(notebook, *settings)
        times.append(1)
        if len(times) == 1:
            killed = ConnectionError("double: the process was killed (signal 9)")
            result.notebook.cells[1].outputs = [error_output(killed, [])]
        return result

    monkeypatch.setattr(grading, "judge", killed_at_first)
    run(graded, again=True)
    assert len(times) == len(CLASS) + 1 and scores(graded) == before


def test_a_grade_given_by_hand_is_kept_and_to_be_looked_at_again(graded):
    with Gradebook(graded.database) as book:
        grade_of = book.find_grade("double-check", NAME, NAME, "bob")
        grade_of.manual_score, grade_of.needs_manual_grade = 1.5, False
        book.db.commit()
    run(graded)
    assert scores(graded)["bob"][0] == [(0, 1.5, False)]  # nothing new to look at
    run(graded, again=True)
    assert scores(graded)["bob"][0] == [(0, 1.5, True)]


def test_late_penalties_are_those_of_nbgraders_plugin(course):
    stamp = course.submitted(NAME, "ada").with_name("timestamp.txt")
    stamp.write_text("2026-03-02 12:00:00 UTC")
    (course.root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    with Gradebook(course.database) as book:
        book.update_or_create_assignment(NAME, duedate="2026-03-01 12:00:00 UTC")
    run(course)
    assert [scores(course)[student][2] for student in CLASS] == [2, None, None]
    assert stamp.read_bytes() == course.autograded(NAME, "ada").with_name(stamp.name).read_bytes()
    with Gradebook(course.database) as book:  # an extension counts though nothing is graded again
        book.grant_extension(NAME, "ada", weeks=1)
    assert reused(run(course)) == sorted(CLASS)
    assert scores(course)["ada"][2] is None


def test_a_disk_that_is_full_stops_the_run_and_loses_nothing(course, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.gradebook.write_bytes", full)
    with pytest.raises(NotRecorded, match="ada could not be recorded.*No space left"):
        run(course)
    monkeypatch.undo()
    assert reused(run(course)) == []


def test_two_runs_in_one_course_are_refused(course):
    with only_writer(course), ThreadPoolExecutor(1) as pool:
        other = pool.submit(run, course)
        with pytest.raises(Busy, match="another run is grading"):
            other.result()
    assert len(run(course)) == len(CLASS)


def test_names_that_are_no_text_get_a_row(course):
    try:
        (course.root / "submitted" / "caf\udce9" / NAME).mkdir(parents=True)
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    row = run(course)["caf\udce9"]
    assert "not UTF-8" in row.problem and row.max_points == 2


def test_several_workers_give_the_same_and_report_how_many_run(course, graded):
    running = []
    run(course, jobs=2, on_change=running.append)
    assert scores(course) == scores(graded)
    assert max(running) == 2 and running[-1] == 0


def test_a_task_that_kills_its_worker_fails_and_the_others_do_not():
    tasks = [(number, (number,)) for number in range(3)]
    results = dict(engine.run(die_of_one, tasks, jobs=2))
    assert isinstance(results.pop(1), engine.WorkerDied) and results == {0: 0, 2: 2}


def die_of_one(number):
    import os

    if number == 1:
        os._exit(9)
    return number


def test_any_scheduler_will_do_and_one_that_is_not_there_is_named(course, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(engine, "PATIENCE", 1)
    with pytest.raises(engine.SchedulerLost, match="no scheduler answers"):
        run(course, scheduler="tcp://127.0.0.1:9")
    settings = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(host="127.0.0.1", **settings) as cluster:
        rows = run(course, scheduler=cluster.scheduler_address)
    assert {s: r.points for s, r in rows.items()} == {"ada": 2, "bob": 0, "cy": 2}


def test_a_worker_with_another_version_is_refused_by_name():
    with pytest.raises(grading.OtherVersion, match="another version"):
        grading.grade_submission("an older one", "ada", {}, {}, "seed", {}, True)


def test_importing_the_command_line_leaves_dask_alone():
    code = "import sys, autograder.cli, autograder.classroom; print('distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
