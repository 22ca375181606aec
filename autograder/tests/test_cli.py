"""The command line: help that reads, errors that say what to do, exit codes for scripts."""

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import classroom, engine
from autograder.cli import app
from autograder.sandbox.protect import Protections, protections
from autograder.tests.tiny import RIGHT, WRONG, tiny_course

COMMANDS = ["lab", "check", "doctor", "data", "build", "grade", "feedback", "demo"]
SETTINGS = {"schema_version": 3, "task": False}


def run(*words):
    """Run `cs-cnn` with these words; wide enough that no line is wrapped."""
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"})


def words_of(result):
    return " ".join((result.output + result.stderr).split())


@pytest.fixture
def notebook(tmp_path):
    """Write a tiny notebook with a question, answered as given."""

    def make(answer):
        check = {"grade_id": "sum-check", "grade": True, "solution": False, "locked": True}
        cells = [
            nbformat.v4.new_code_cell(f"total = {answer}"),
            nbformat.v4.new_code_cell("assert total == 4, 'add again'"),
        ]
        cells[1].metadata["nbgrader"] = {**SETTINGS, **check, "points": 2}
        path = tmp_path / "tiny.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return make


def test_help_names_every_command_and_says_what_it_does():
    result = run("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.output
        assert len(words_of(run(command, "--help"))) > 100


def test_doctor_says_what_is_here_and_what_to_do():
    result = run("doctor")
    assert result.exit_code == 0
    for words in ("numpy", "torch", "GPU:", "Grading:", "cifar10", "digits"):
        assert words in result.output, words


@pytest.mark.parametrize(("answer", "code", "words"), [("4", 0, "2 of 2"), ("5", 1, "0 of 2")])
def test_check_tells_the_points_and_exits_with_1_if_some_are_missing(notebook, answer, code, words):
    result = run("check", notebook(answer))
    assert (result.exit_code, words in words_of(result)) == (code, True)
    assert ("add again" in words_of(result)) == bool(code)


def test_check_of_something_else_says_what_it_is(tmp_path):
    path = tmp_path / "essay.ipynb"
    path.write_text("Dear teacher,")
    result = run("check", path)
    assert result.exit_code == 1 and "not a notebook" in words_of(result)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["grade", "04_convolution"], "cs-cnn build 04_convolution"),
        (["feedback", "04_convolution"], "cs-cnn grade 04_convolution"),
        (["build", "77_none"], "there is no 77_none.py"),
    ],
)
def test_a_step_too_early_names_the_step_before(tmp_path, command, words):
    result = run(*command, "--course", tmp_path)
    assert result.exit_code == 1 and words in words_of(result)


def test_grade_of_a_student_who_handed_in_nothing_records_nothing(course):
    result = run("grade", "04_convolution", "--course", course.root, "--student", "nobody-at-all")
    assert result.exit_code == 1 and "nobody-at-all handed in nothing" in words_of(result)


def test_grade_refuses_without_a_locked_room_and_names_the_flag(course, monkeypatch):
    absent = Protections(False, "bubblewrap is not here", True)
    monkeypatch.setattr("autograder.classroom.protections", lambda: absent)
    result = run("grade", "04_convolution", "--course", course.root)
    assert result.exit_code == 1
    assert "bubblewrap is not here" in words_of(result) and "--unprotected" in words_of(result)


def test_grade_that_is_stopped_says_what_stands_and_goes_on(tmp_path, monkeypatch):
    course = tiny_course(tmp_path / "course", {"ada": RIGHT, "bo[b]": WRONG})
    words = ["grade", "tiny", "--course", course.root, "--jobs", 1]
    words += [] if protections().bubblewrap else ["--unprotected"]
    real, calls = classroom.record, []

    def stop_at_the_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(classroom, "record", stop_at_the_second)
    stopped = run(*words)
    assert stopped.exit_code == 130 and "Stopped. 1 of 2 are recorded" in words_of(stopped)
    monkeypatch.undo()
    result = run(*words)
    assert result.exit_code == 0 and "1 unchanged and not graded again" in words_of(result)
    assert "bo[b]" in result.output and "twice 2 is 4" in words_of(result)
    assert "WITHOUT a locked room" in words_of(run(*words, "--unprotected", "--again"))


def test_a_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    course = tiny_course(tmp_path / "course", {"ada": RIGHT})
    monkeypatch.setattr(engine, "PATIENCE", 1)
    nowhere = "tcp://127.0.0.1:9"
    result = run("grade", "tiny", "--course", course.root, "--scheduler", nowhere)
    assert result.exit_code == 1 and f"no scheduler answers at {nowhere}" in words_of(result)
    assert "0 of 1 are recorded; the same command goes on" in words_of(result)


def test_data_about_and_an_unknown_name():
    assert "Krizhevsky" in words_of(run("data", "about", "cifar10"))
    result = run("data", "about", "cifar1000")
    assert result.exit_code == 1 and "cifar10, mnist" in words_of(result)


def test_data_fetch_without_a_network_names_what_works_without(tmp_path):
    nowhere = "http://127.0.0.1:9"  # the discard port: nothing listens
    result = run("data", "fetch", "mnist", "--directory", tmp_path, "--mirror", nowhere)
    assert result.exit_code == 1 and "load_digits" in words_of(result)
    assert not list(tmp_path.rglob("*.gz"))


def test_lab_opens_jupyterlab_in_the_folder_of_the_notebooks(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr("subprocess.call", lambda command, cwd: started.append((command, cwd)) or 0)
    assert run("lab", "--no-browser").exit_code == 0
    assert run("lab", tmp_path, "--port", "9999").exit_code == 0
    (first, notebooks), (second, folder) = started
    assert "jupyterlab" in first and "--no-browser" in first
    assert (notebooks / "04_convolution.ipynb").exists()
    assert "--port=9999" in second and "--no-browser" not in second and folder == tmp_path
    assert "there is no folder" in words_of(run("lab", tmp_path / "nowhere"))
