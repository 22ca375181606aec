"""The checks: the reference passes, every known mistake is caught and named, reports explain."""

import contextlib
import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from cs_cnn import checks, layers
from cs_cnn.checks.questions import QUESTIONS

MISTAKES = [(e, m) for e in checks.EXERCISES.values() for m in e.mistakes]
HIDDEN = ["a judge's seed", "another"]


def judged(seed):
    return checks.judging(seed) if seed else contextlib.nullcontext()


@pytest.mark.parametrize("seed", [None, *HIDDEN, *map(str, range(5))])
@pytest.mark.parametrize("name", checks.EXERCISES)
def test_reference_scores_full_marks(name, seed):
    with judged(seed):
        report = checks.EXERCISES[name](checks.EXERCISES[name].reference)
    assert float(report) == checks.EXERCISES[name].points == sum(report.exercise.weights.values())
    assert report.good and report.headline == ""


@pytest.mark.parametrize("seed", [None, HIDDEN[0]])
@pytest.mark.parametrize(
    ("exercise", "mistake"), MISTAKES, ids=[f"{e.name}: {m.name}" for e, m in MISTAKES]
)
def test_every_known_mistake_loses_points_and_is_named(exercise, mistake, seed):
    with judged(seed):
        report = exercise(mistake.function)
    assert report < exercise.points
    assert report.mistake is mistake and report.headline == mistake.name
    assert mistake.hint in str(report)


def test_there_are_enough_mistakes_with_names_of_their_own():
    count = {name: len(e.mistakes) for name, e in checks.EXERCISES.items()}
    assert min(count["conv2d_forward"], count["conv2d_backward"]) >= 12
    assert min(count["max_pool2d_forward"], count["max_pool2d_backward"]) >= 10
    for exercise in checks.EXERCISES.values():
        assert len({m.name for m in exercise.mistakes}) == len(exercise.mistakes)


def test_a_mistake_that_no_longer_fits_the_reference_says_so():
    mistake = checks.conv2d_forward.mistakes[0]
    broken = type(mistake)(mistake.reference, "gone", "", (("no such text", ""),))
    with pytest.raises(ValueError, match="'no such text' is not in conv2d_forward"):
        _ = broken.source


def test_the_cases_are_not_square_and_cover_what_courses_forget():
    cases = list(checks.conv2d_forward.cases(_draw(), True))
    assert all(c.inputs["x"].shape[2] != c.inputs["x"].shape[3] for c in cases)
    assert all(c.inputs["w"].shape[2] != c.inputs["w"].shape[3] for c in cases)
    options = [c.options for c in cases]
    for name in ("stride", "padding", "dilation"):
        assert any(isinstance(o.get(name), tuple) and len(set(o[name])) == 2 for o in options)
    assert {c.dtype for c in cases} == {np.dtype("f4"), np.dtype("f8")}
    assert any(c.inputs["x"].shape[0] == 1 for c in cases)
    assert any(not c.inputs["x"].flags.c_contiguous for c in cases)


def _draw():
    from cs_cnn.checks.cases import Draw

    return Draw(np.random.default_rng(0))


def test_a_stub_raises_not_implemented_with_the_exercises_name():
    def stub(*args, **options):
        raise NotImplementedError

    for name, exercise in checks.EXERCISES.items():
        with pytest.raises(NotImplementedError, match=name):
            exercise(stub)


def test_backward_does_not_depend_on_a_wrong_forward():
    def wrong(*args, **options):
        out, cache = layers.conv2d_forward(*args, **options)
        return out + 1, cache

    def failing(*args, **options):
        raise ZeroDivisionError

    for forward in (None, wrong, failing, lambda *a, **k: None):
        assert checks.conv2d_backward(layers.conv2d_backward, forward).good


def test_backward_uses_the_cache_of_the_students_own_forward():
    def forward(*args, **options):
        out, cache = layers.conv2d_forward(*args, **options)
        return out, {"mine": cache}

    assert checks.conv2d_backward(
        lambda dout, c: layers.conv2d_backward(dout, c["mine"]), forward
    ).good


def test_an_exception_is_shown_with_the_students_line():
    def mine(x, w, b, **options):
        return x[99]

    report = checks.conv2d_forward(mine)
    assert report == 0 and "IndexError" in report.headline
    assert "return x[99]" in str(report)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, r"must return \(out, cache\), got NoneType"),
        (([1.0], None), "out must be an array .* got a list"),
        ((np.zeros((1, 1, 1, 1)), None), r"out has shape \(1, 1, 1, 1\), expected \(1, 1, 2, 3\)"),
        ((np.zeros((1, 1, 2, 3), np.int64), None), "out has dtype int64, expected float64"),
        ((np.full((1, 1, 2, 3), np.nan), None), "differs at 6 of 6 places.* nan instead of"),
    ],
)
def test_a_wrong_form_shape_or_dtype_is_named(returned, words):
    report = checks.conv2d_forward(lambda *args, **options: returned)
    assert report == 0
    assert re.search(words, str(report).replace("\n", " "))


@pytest.mark.parametrize("error", [TimeoutError, ConnectionError])
def test_after_a_time_out_no_further_case_is_tried(error):
    calls = []

    def slow(*args, **options):
        calls.append(1)
        raise error("did not answer within 1 s")

    report = checks.conv2d_forward(slow)
    assert report == 0 and len(calls) == 1
    assert "did not answer" in report.headline and "not reached" in str(report)


def test_hidden_cases_are_described_but_never_shown():
    visible = len(list(checks.conv2d_forward.all_cases()))
    calls = itertools.count(1)

    def only_visible(*args, **options):
        out, cache = layers.conv2d_forward(*args, **options)
        return (out if next(calls) <= visible else out + 1), cache

    with checks.judging("secret"):
        report = checks.conv2d_forward(only_visible)
    assert report < report.exercise.points
    text = str(report)
    assert "a hidden case: x (" in text and "right out" not in text and "<img" not in report.body()


def test_a_report_is_a_float_for_nbgrader_and_a_page_for_people():
    good = checks.conv2d_forward(layers.conv2d_forward)
    assert repr(good) == "10.0" and isinstance(good, float)
    assert "10 of 10" in good._repr_html_()
    bad = checks.max_pool2d_backward(checks.max_pool2d_backward.mistakes[0].function)
    assert 0 < bad < 6 and "every pixel that ties" in bad._repr_html_()
    assert "data:image/svg+xml;base64," in bad._repr_html_()


def test_html_escapes_what_a_student_wrote():
    def evil(*args, **options):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in checks.conv2d_forward(evil)._repr_html_()


ALTERNATIVES = Path(__file__).parent / "alternatives"


@pytest.mark.parametrize("path", sorted(ALTERNATIVES.glob("*.py")), ids=lambda p: p.stem)
def test_correct_solutions_in_other_styles_get_full_marks(path):
    names = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    tried = 0
    for name, exercise in checks.EXERCISES.items():
        if name in names:
            tried += 1
            helpers = [names[forward]] if (forward := name.replace("back", "for")) != name else []
            with checks.judging("alternatives"):
                report = exercise(names[name], *helpers)
            assert report.good, str(report)
    assert tried


def test_the_alternatives_are_there():
    assert len(list(ALTERNATIVES.glob("*.py"))) >= 4


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_by_hand(name):
    question = QUESTIONS[name]
    assert checks.by_hand(name, *question.answer) == 1.0
    wrong = tuple(a + 17 for a in question.answer)
    assert checks.by_hand(name, *wrong) == 0.0
    assert question.hint in str(checks.by_hand(name, *wrong))
    for known, hint in question.wrong.items():
        answer = checks.by_hand(name, *known)
        assert answer == 0.0 and hint in str(answer)
    assert checks.by_hand(name, *["7"] * len(wrong)) == 0.0
    assert checks.by_hand(name, *question.answer, 1) == 0.0
    with pytest.raises(NotImplementedError, match=name):
        checks.by_hand(name, *[None] * len(wrong))


def test_every_exercise_has_the_references_signature_for_students():
    for name, exercise in checks.EXERCISES.items():
        assert inspect.getsource(exercise.reference).count("### BEGIN SOLUTION") == 1, name
