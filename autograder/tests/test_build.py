"""The gates of the handout: nothing leaks, untouched scores nothing, the reference scores all."""

import re

import pytest
from nbgrader.utils import determine_grade

from autograder.build import NOTEBOOKS, REGION, BuildError, build, solved, source_notebook
from autograder.course import Course
from autograder.judge import is_test, judge
from autograder.sandbox.launch import protections
from autograder.submission import merge
from autograder.tests.conftest import outputs_of, run_in_kernel
from cs_cnn import checks


def test_the_notebooks_in_the_repository_are_what_the_build_gives(course, name):
    assert (NOTEBOOKS / f"{name}.ipynb").read_bytes() == course.release(name).read_bytes()


def test_building_twice_gives_the_same_bytes(course, name, tmp_path):
    (again,) = build([name], Course(tmp_path), notebooks=None)
    assert again.read_bytes() == course.release(name).read_bytes()


def test_no_solution_and_no_hidden_text_is_in_the_handout(course, name):
    handout = course.release(name).read_text(encoding="utf-8")
    assert not re.search(r"(BEGIN|END) SOLUTION|HIDDEN TESTS", handout)
    lines = {
        line.strip()
        for cell in course.read_release(name).cells
        for line in cell.source.splitlines()
    }
    written = [REGION.search(cell.source) for cell in source_notebook(name).cells]
    solutions = [line.strip() for region in written if region for line in region[1].splitlines()]
    assert solutions
    assert not lines & set(solutions)


def test_the_untouched_handout_scores_nothing_and_says_what_is_missing(course, name, tmp_path):
    handout = course.read_release(name)
    ran = run_in_kernel(handout, tmp_path)
    answers = {c.id for c in handout.cells if c.metadata.get("nbgrader", {}).get("solution")}
    errors = outputs_of(ran, "error")
    assert errors and {output.ename for _, output in errors} == {"NotImplementedError"}
    for cell, output in errors:
        assert any(answer in output.evalue for answer in answers), (cell.source, output.evalue)
    tests = [cell for cell in ran.cells if is_test(cell)]
    assert tests and all(determine_grade(cell)[0] == 0 for cell in tests)


def test_the_solved_notebook_runs_without_errors_and_scores_all(name, tmp_path):
    ran = run_in_kernel(solved(name), tmp_path)
    assert [output.evalue for _, output in outputs_of(ran, "error")] == []
    streams = outputs_of(ran, "stream")
    assert [output.text for _, output in streams if output.name == "stderr"] == []
    tests = [cell for cell in ran.cells if is_test(cell)]
    assert all(points == most for points, most in map(determine_grade, tests))


def test_the_points_of_each_check_are_the_exercises_and_their_sum_is_announced(name):
    notebook = source_notebook(name)
    tests = list(filter(is_test, notebook.cells))
    total = sum(cell.metadata.nbgrader.points for cell in tests)
    assert f"There are {total} points" in "".join(cell.source for cell in notebook.cells)
    for cell in tests:
        exercise = checks.EXERCISES.get(cell.metadata.nbgrader.grade_id.removesuffix("-check"))
        assert cell.metadata.nbgrader.points == (exercise.points if exercise else 1)


def poison(*args, **options):
    raise AssertionError("the reference was graded")


def test_a_poisoned_reference_shows_whose_code_is_graded(monkeypatch):
    """With the grader's own reference broken, a student's right answer keeps its points."""
    name = "04_convolution"
    notebook, _ = merge(source_notebook(name), solved(name))
    notebook.cells = [c for c in notebook.cells if not c.id.startswith("conv2d_backward")]
    for exercise in checks.EXERCISES.values():
        monkeypatch.setattr(exercise.reference, "__code__", poison.__code__)
    kept = ("imports", "conv2d_forward", "conv2d_forward-check")
    notebook.cells = [cell for cell in notebook.cells if cell.id in kept]
    (result,) = judge(notebook, protected=protections().bubblewrap, seed="poison").cells
    assert result.points == result.max_points, result.reason


def test_a_source_that_is_wrong_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.build.SOURCE", tmp_path)
    with pytest.raises(BuildError, match="there is no 77_none.py"):
        source_notebook("77_none")
    cases = {
        '# %% exercise="cs_cnn.layers:conv3d_forward"': "conv3d_forward.*can't be found",
        '# %% answer="n"\nn = 1': "n: no ### BEGIN SOLUTION",
        '# %% locked="a"\n1\n\n# %% locked="a"\n2': r"\['a'\] come more than once",
    }
    for text, words in cases.items():
        (tmp_path / "01_bad.py").write_text(text + "\n")
        with pytest.raises(BuildError, match=words):
            source_notebook("01_bad")


def test_cells_that_no_longer_match_graded_submissions_are_refused_by_name(tmp_path, monkeypatch):
    from autograder.gradebook import gradebook

    monkeypatch.setattr("autograder.build.SOURCE", tmp_path)
    cell = '# %% check="{}" points=1\nassert True\n\n'
    (tmp_path / "01_one.py").write_text(cell.format("first"))
    course = Course(tmp_path / "course")
    build(["01_one"], course, notebooks=None)
    with gradebook(course) as book, book.db.no_autoflush:
        book.update_or_create_student("ada")
        book.update_or_create_submission("01_one", "ada")
    (tmp_path / "01_one.py").write_text(cell.format("first") + cell.format("second"))
    with pytest.raises(BuildError, match="01_one: .*Cannot add or remove cells"):
        build(["01_one"], course, notebooks=None)
