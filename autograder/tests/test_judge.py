"""A judgement is fair: right work scores, wrong work does not, and no accident spills over."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade

from autograder.judge import judge
from autograder.sandbox.launch import Limits, protections
from autograder.sandbox.session import rebuilt, student_error
from autograder.submission import SHOWS
from autograder.testcell import bound_in, free_names

QUICK = Limits(call_seconds=1, cell_seconds=1, total_seconds=60, memory_mib=2048)
GOOD = "def double(x):\n    return 2 * x"
CHECK = "assert double(3) == 6"


def imports(source="import numpy as np"):
    flags = {"grade": False, "solution": False, "locked": True, "task": False}
    nbgrader = {"grade_id": "imports", "schema_version": 3, **flags}
    return new_code_cell(source, metadata={"nbgrader": nbgrader})


def answer(name, source):
    flags = {"grade": False, "solution": True, "locked": False, "task": False}
    nbgrader = {"grade_id": name, "schema_version": 3, **flags}
    return new_code_cell(source, metadata={"nbgrader": nbgrader})


def test_cell(name, source, points=5):
    flags = {"grade": True, "solution": False, "locked": True, "task": False, "points": points}
    nbgrader = {"grade_id": name, "schema_version": 3, **flags}
    return new_code_cell(source, metadata={"nbgrader": nbgrader})


test_cell.__test__ = False


def judged(*cells, limits=QUICK, protected=False, **settings):
    """Judge cells, and check what must be true of every judgement."""
    notebook = new_notebook(cells=list(cells))
    judgement = judge(notebook, limits, protected=protected, **settings)
    nbformat.validate(judgement.notebook)
    nbformat.writes(judgement.notebook).encode("utf-8")
    graded = [c for c in judgement.notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    for cell, result in zip(graded, judgement.cells, strict=True):
        assert determine_grade(cell) == (result.points, result.max_points)
        assert 0 <= result.points <= result.max_points
        assert bool(result.reason) == (result.points < result.max_points)
        assert len(result.reason) <= 100
        assert not [o for o in cell.outputs if o.get("name") == "stderr"]
    assert all("outputs" not in c or not c.outputs for c in notebook.cells)
    return judgement


def outcome(*cells, **settings):
    """Points and reason of each test cell."""
    return [(r.points, r.reason) for r in judged(*cells, **settings).cells]


def test_right_work_scores_and_wrong_work_does_not():
    wrong = answer("g", "def triple(x):\n    return 2 * x")
    cells = [
        answer("f", GOOD),
        test_cell("a", CHECK),
        wrong,
        test_cell("b", "assert triple(1) == 3, 'no'"),
    ]
    assert outcome(*cells) == [(5, ""), (0, "AssertionError: no")]


def test_within_one_check_other_functions_work_on_after_one_hangs():
    check = """
try:
    hang()
except TimeoutError:
    pass
assert double(4) == 8
"""
    cells = [answer("f", GOOD), answer("g", "def hang():\n    while True: pass")]
    assert outcome(*cells, test_cell("a", check), limits=QUICK) == [(5, "")]


def test_outputs_are_filled_in():
    student = new_code_cell("print('hello')\n1 + 1")
    cells = [
        new_markdown_cell("# T"),
        student,
        answer("f", GOOD),
        test_cell("a", "print('x')\ndouble(2)"),
    ]
    seen = []
    notebook = judged(*cells, progress=lambda *counts: seen.append(counts)).notebook
    assert [o.output_type for o in notebook.cells[1].outputs] == ["stream", "execute_result"]
    assert [o.output_type for o in notebook.cells[3].outputs] == ["stream", "execute_result"]
    assert notebook.cells[3].outputs[1].data == {"text/plain": "4.0"}
    assert [c.execution_count for c in notebook.cells[1:]] == [2, 3, 4]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("last_line", "points"),
    [
        ("2.5", 2.5),
        ("np.float64(2.5)", 2.5),
        ("np.float32(0)", 0),
        ("-1", 0),
        ("7", 5),
        ("float('nan')", 0),
        ("10**400", 0),
        ("None", 5),
        ("'text'", 5),
        ("import sys, warnings; warnings.warn('w'); print('e', file=sys.stderr)", 5),
    ],
)
def test_the_value_of_the_last_line_is_the_score(last_line, points):
    assert judged(imports(), test_cell("a", last_line)).cells[0].points == points


def test_result_objects_show_html_and_headline():
    source = (
        "class Result:\n    headline = 'stride 2 is wrong'\n    def __repr__(self): return '1.5'\n"
        "    def _repr_html_(self): return '<b>1.5</b>'\nResult()"
    )
    judgement = judged(test_cell("a", source))
    assert (judgement.cells[0].points, judgement.cells[0].reason) == (1.5, "stride 2 is wrong")
    data = judgement.notebook.cells[0].outputs[0].data
    assert data == {"text/plain": "1.5", "text/html": "<b>1.5</b>"}


def test_values_and_mutation_cross_as_in_one_process():
    student = "scale = 3.0\ndef bump(x, by=1):\n    x += by\n    return x"
    test = (
        "x = np.zeros(3)\nout = bump(x, by=scale)\nnp.testing.assert_array_equal(x, [3, 3, 3])\n"
        "np.testing.assert_array_equal(out, x)\nassert bump.__name__ == 'bump'\n"
        "x.flags.writeable = False\ntry:\n    bump(x)\n"
        "except ValueError as e: assert 'read-only' in str(e)\n"
        "else: raise AssertionError"
    )
    assert outcome(imports(), answer("f", student), test_cell("a", test)) == [(5, "")]


def test_caches_with_objects_and_functions_as_arguments():
    student = (
        "class Cache: pass\ndef forward(x):\n    c = Cache(); c.x = x\n    return x, (c, 1)\n"
        "def backward(d, cache): return d * cache[0].x\ndef apply(f, x): return f(x)[0]"
    )
    test = (
        "out, cache = forward(np.ones(2))\nassert 'a Cache of' in repr(cache[0])\n"
        "assert backward(3, cache).sum() == 6\nassert apply(forward, 4) == 4"
    )
    assert outcome(imports(), answer("f", student), test_cell("a", test)) == [(5, "")]


LAYER = """
import numpy as np
class Layer:
    scale = 2
    def __init__(self, n, bias=0):
        self.w, self.bias, self.calls = np.full(n, 3.0), bias, 0
    def forward(self, x):
        self.calls += 1
        return self.scale * self.w * x + self.bias
    def twin(self):
        return Layer(len(self.w), self.bias)
    def spoil(self, x):
        x[:] = 0
class Sub(Layer): pass
def run(layer, x): return layer.forward(x)
def both(): return [Layer(1), {"b": Layer(2)}]
"""


@pytest.mark.parametrize(
    "test",
    [
        "layer = Layer(2, bias=1)\nassert layer.forward(np.ones(2)).tolist() == [7, 7]",
        "layer = Layer(2)\nlayer.forward(1); layer.forward(1)\nassert layer.calls == 2",
        "layer = Layer(2)\nlayer.w = np.array([1.0, 5])\nassert layer.forward(1)[1] == 10",
        "layer = Layer(2)\nlayer.w = layer.w + 1\nassert layer.w.tolist() == [4, 4]",
        "assert run(Layer(1), 2.0) == 12",
        "assert Layer.scale == 2\nassert Layer(1).twin().twin().bias == 0",
        "first, rest = both()\nassert rest['b'].forward(1).shape == (2,)",
        "forward = Layer(1).forward\nassert forward(x=1) == 6",
        "x = np.ones(3)\nLayer(1).spoil(x)\nassert not x.any()",
        "assert isinstance(Layer(1), Layer) and isinstance(Sub(1), Layer)\n"
        "assert not isinstance(Layer(1), Sub) and not isinstance(3, Layer)",
        "assert not hasattr(Layer(1), 'nothing') and hasattr(Layer(1), 'w')",
        "layer = Layer(1)\nlayer.other = Layer(3)\nassert layer.other.w.shape == (3,)",
        "import copy\nlayer = Layer(1)\nassert copy.deepcopy(layer) is layer and layer != Layer(1)",
    ],
)
def test_objects_of_the_students_are_made_and_used(test):
    assert outcome(imports(), answer("f", LAYER), test_cell("a", test)) == [(5, "")]


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("Layer(1).w[0] = 5", "ValueError: assignment destination is read-only"),
        ("for x in Layer(1): pass", "TypeError: a Layer of the student's cannot be carried"),
        ("assert Layer(1)", "TypeError: a Layer of the student's cannot be carried"),
        ("Layer(1).forward(lambda: 1)", "a function cannot be passed to a student's function"),
        ("Layer(1).nothing", "AttributeError: 'Layer' object has no attribute 'nothing'"),
        (
            "layer = Layer(1)\ntry: die()\nexcept ConnectionError: pass\nlayer.forward(1)",
            "was lost",
        ),
    ],
)
def test_what_an_object_cannot_do_is_said(test, reason):
    source = LAYER + "import os\ndef die(): os._exit(1)"
    ((points, said),) = outcome(imports(), answer("f", source), test_cell("a", test))
    assert points == 0
    assert reason in said


FRIENDLY = """
import numpy as np
class Friend:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __eq__
    def __array__(self, *ignored, **more): return np.array(6)
    def __bool__(self): return True
    def __len__(self): return 1
    def __getitem__(self, item): return 6
    def __getattr__(self, name): return Friend()
    def __call__(self, *ignored, **more): return Friend()
    def __float__(self): return 6.0
    __int__ = __index__ = lambda self: 6
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __abs__ = __sub__
    __array_function__ = __array_ufunc__ = lambda self, *ignored, **more: True
    __class__ = np.ndarray
def double(x): return Friend()
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert double(3) == 6",
        "assert not double(3) != 6",
        "assert np.array_equal(double(3), 6)",
        "np.testing.assert_allclose(double(3), 6)",
        "assert abs(double(3) - 6) < 1e-9",
        "assert np.allclose(double(3).anything, 6)",
        "assert math.isclose(double(3), 6)",
        "assert double(3)",
        "assert 6 in double(3)",
        "assert isinstance(double(3), np.ndarray)",
        "float(double(3))",
        "float(double(3)())",
    ],
)
def test_a_friendly_object_wins_nothing(test):
    cells = [imports("import math\nimport numpy as np"), answer("f", FRIENDLY)]
    ((points, _),) = outcome(*cells, test_cell("a", test))
    assert points == 0


def test_a_function_of_the_testers_is_refused_with_a_reason():
    cells = [answer("f", "def apply(f): return f()"), test_cell("a", "apply(lambda: 1)")]
    assert "a function cannot be passed to a student's function" in outcome(*cells)[0][1]


@pytest.mark.parametrize(
    ("raised", "caught"),
    [
        ("ValueError('bad stride')", "ValueError"),
        ("NotImplementedError", "NotImplementedError"),
        ("SystemExit(0)", "RuntimeError"),
        ("UnicodeDecodeError('utf-8', b'', 0, 1, 'x')", "RuntimeError"),
        ("type('Odd', (Exception,), {})('x')", "RuntimeError"),
        ("type('Odd', (KeyError,), {})('x')", "KeyError"),
    ],
)
def test_exceptions_arrive_as_themselves(raised, caught):
    test = (
        f"try:\n    f()\nexcept Exception as e:\n    assert type(e) is {caught}, repr(e)\n"
        "    assert 'line 2, in f' in e.student_traceback\nelse: raise AssertionError"
    )
    cells = [answer("f", f"def f():\n    raise {raised}"), test_cell("a", test)]
    assert outcome(*cells) == [(5, "")]


def test_a_failed_call_shows_the_students_lines():
    cells = [answer("f", "def f(x):\n    return x['a']"), test_cell("a", "y = 1\nf([1])")]
    judgement = judged(*cells)
    assert judgement.cells[0].reason.startswith("TypeError: list indices")
    trace = judgement.notebook.cells[1].outputs[0].traceback
    assert trace[:3] == ["test cell, line 2", "cell f, line 2, in f", "    return x['a']"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def double(x):\n    return (2 * x", "SyntaxError in the cell f, line 2"),
        (
            "import nothing_like_it\ndef double(x): return 2 * x",
            "ModuleNotFoundError in the cell f, line 1",
        ),
        ("while True: pass\ndef double(x): return 2 * x", "f: cell stopped after 1 s"),
        ("import os\nos._exit(3)\ndef double(x): pass", "f: the process ended (exit code 3)"),
        ("", "double is not defined: run / restore the cell that defines it"),
        ("def double(x): raise NotImplementedError('todo')", "not answered"),
        ("def double(x): return unknown", "NameError: name 'unknown' is not defined"),
    ],
)
def test_the_reason_blames_the_right_cell_and_later_questions_score(source, reason):
    later = [answer("g", "def g(): return 1"), test_cell("b", "assert g() == 1")]
    assert outcome(answer("f", source), test_cell("a", CHECK), *later) == [(0, reason), (5, "")]


ACCIDENTS = {
    "endless loop": "while True: pass",
    "exit": "import os; os._exit(0)",
    "kill": "import os; os.kill(os.getpid(), 9)",
    "sys.exit": "import sys; sys.exit(0)",
    "memory": "return bytearray(1 << 40)",
    "growth": "x = []\n    while True: x.append(bytearray(1 << 28))",
    "recursion": "return double(x)",
    "bottomless": "import sys; sys.setrecursionlimit(10**9); return double(x)",
    "print": "print('x' * 10**8); return 0",
    "cycle": "x = []; x.append(x); return x",
    "flood": "return [0] * 10**6",
}


@pytest.mark.parametrize("body", ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_accident_in_a_call_costs_its_own_test_only(body):
    source = f"state = [1]\ndef double(x):\n    {body}"
    later = test_cell("b", "assert state == [1]\nassert g() == 1")
    cells = [answer("f", source), answer("g", "def g(): return 1"), test_cell("a", CHECK), later]
    (points, reason), after = outcome(*cells)
    assert points == 0
    assert reason
    assert after == (5, "")


@pytest.mark.parametrize("body", ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_accident_in_a_cell_spares_the_cells_around_it(body):
    bad = f"def double(x):\n    {body}\ndouble(1)"
    before, after = answer("f", "a = 1"), answer("g", "b = a + 1")
    tests = [test_cell("one", "assert a == 1"), test_cell("two", "assert b == 2")]
    assert outcome(before, new_code_cell(bad), after, *tests) == [(5, ""), (5, "")]


def test_restarts_and_time_are_bounded():
    dying = [test_cell(f"t{n}", "die()") for n in range(4)]
    limits = Limits(restarts=1, memory_mib=2048)
    source = "import os\ndef die(): os._exit(1)"
    reasons = [r for _, r in outcome(answer("f", source), *dying, limits=limits)]
    assert reasons[:2] == ["ConnectionError: die: the process ended (exit code 1)"] * 2
    assert all("not run: the student's process had to be stopped 2 times" in r for r in reasons[2:])
    limits = Limits(total_seconds=3, memory_mib=2048)
    cells = [answer("f", GOOD), new_code_cell("while True: pass"), test_cell("a", CHECK)]
    assert outcome(*cells, limits=limits) == [
        (0, "TimeoutError: not run: the notebook had used up its 3 s")
    ]


TRICKS = {
    "own names": "assert_equal = print = AssertionError = abs = lambda *a, **k: True",
    "friendly eq": "class Yes:\n    def __eq__(self, o): return True\ndef double(x): return Yes()",
    "friendly array": "import numpy as np\nclass Yes(np.ndarray):\n"
    "    def __eq__(self, o): return True\ndef double(x): return np.zeros(2).view(Yes)",
    "patched numpy": "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
    "np.testing.assert_allclose = lambda *a, **k: None\ndef double(x): return 0",
    "patched builtins": "import builtins\nbuiltins.abs = lambda x: 0\ndef double(x): return 0",
    "patched display": "get_ipython().showtraceback = print\nget_ipython().run_cell = print",
    "instructor's names": "class np: array_equal = lambda *a: True\ndef double(x): return 0",
    "stop signal": "def double(x): raise StopIteration",
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_tricks_do_not_reach_the_tester(trick):
    test = "assert np.array_equal(double(3), 6)\nassert abs(-1) == 1"
    cells = [imports(), answer("f", trick), test_cell("a", test), test_cell("b", "1.0")]
    assert [points for points, _ in outcome(*cells)] == [0, 1]


def test_a_worker_that_lies_is_as_good_as_dead():
    forge = (
        "import os\nfrom autograder.sandbox.codec import encode\ndef double(x):\n"
        "    for n in range(3, 20):\n        try: os.write(n, encode({answer!r}))\n"
        "        except OSError: pass\n    return 0"
    )
    for lie in ([1, 2], {"result": 6}, {"result": 6, "changed": {5: np.zeros(1)}}, "ready"):
        with np.printoptions(threshold=5):
            source = "from numpy import array\n" + forge.format(answer=lie)
        cells = [answer("f", source), test_cell("a", CHECK), test_cell("b", "2.0")]
        (points, reason), (later, _) = outcome(*cells)
        assert (points, later) == (0, 2)
        assert "not a reply" in reason


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        [1],
        [{}],
        [{"output_type": "stream", "name": "stdout"}],
        [{"output_type": "stream", "name": "stdout", "text": 5}],
        [{"output_type": "error", "ename": "x", "evalue": "y", "traceback": [1]}],
        [{"output_type": "execute_result", "data": {"text/plain": None}}],
        [{"output_type": "stream", "name": "stdout", "text": "x" * 10**6}],
    ],
)
def test_outputs_of_a_wrong_form_are_refused(outputs):
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        rebuilt(outputs, 1000)


def test_outputs_keep_allowed_forms_only():
    data = {"text/plain": "\ud800", "text/html": "<script>", "image/png": "bm90IGEgcG5n"}
    (output,) = rebuilt([{"output_type": "display_data", "data": data}], 1000)
    assert output.data == {"text/plain": "?"}


def test_errors_of_a_wrong_form_are_refused():
    good = {"name": "E", "base": "exec", "message": "m", "traceback": "", "line": True}
    assert type(student_error(good)) is RuntimeError
    assert student_error(good).line is None
    for key in ("name", "base", "message", "traceback"):
        with pytest.raises((KeyError, TypeError, AttributeError)):
            student_error(good | {key: None})


@pytest.mark.parametrize(
    ("shown", "answers", "ran"),
    [
        ("factor = 2", "def double(x):\n    return factor * x", True),
        ("from math import sqrt", "root = sqrt(4)\ndef double(x):\n    return 2 * x", True),
        ("factor = 2", "def double(x):\n    return 2 * x", False),
        ("factor = 2", "def double(x):\n    return other * x", False),
    ],
)
def test_cells_that_only_show_something_run_where_they_are_missed(shown, answers, ran):
    picture = new_code_cell(shown + "\nprint('a picture')", metadata={SHOWS: True})
    judgement = judged(picture, answer("double", answers), test_cell("t", CHECK))
    assert bool(judgement.notebook.cells[0].outputs) == ran
    assert judgement.cells[0].points == (0 if "other" in answers else 5)


def test_bound_names():
    sources = ["a = b\ndef f():\n    c = 1", "import d.e\nfor g in h: pass\n%time i = 1"]
    assert bound_in(sources) == {"a", "f", "d", "g"}


def test_free_names():
    source = (
        "import os\nfrom a import b as c\nx = f(os, c)\ndef g(k): return h(k, x)\n"
        "[y + z for y in q]\nclass K:\n    w = v\nlambda p: p + u"
    )
    assert free_names(source) == {"f", "g", "h", "x", "z", "q", "v", "u", "K"}


SQUARES = """
limit = 9
def squares(n): return [i**2 for i in range(1, n + 1) if i < limit]
def cubes(n): return [i**3 for i in range(1, n + 1)]
def total(n): return sum(squares(n))
def has(name): return name in globals()
"""


@pytest.mark.parametrize(
    "test",
    [
        "kept = squares\ndel squares\ntry: total(1)\nexcept NameError: pass\n"
        "else: raise AssertionError\nfinally: squares = kept\nassert total(2) == 5",
        "kept = limit\ndel limit\nassert not has('limit')\nlimit = kept\nassert total(2) == 5",
        "squares = cubes\nassert total(2) == 9",
        "limit = 1\nassert total(2) == 5 and limit == 1",
        "try: 1 / 0\nexcept ArithmeticError as limit: pass\nassert total(2) == 5",
        "for squares in [1]: pass\ndel squares\nassert total(2) == 5",
    ],
    ids=["delete", "put back", "another", "own value", "except", "own deleted"],
)
def test_a_test_deletes_and_rebinds_names_in_the_students_process(test):
    assert outcome(answer("f", SQUARES), test_cell("a", test)) == [(5, "")]


def test_what_a_test_leaves_behind_stays_as_in_nbgrader():
    first = "x, y = 3, double(2)\ndef good(x): return x == 6\nlayer = Layer(1)\ndel limit"
    second = "assert (x, y) == ('mine', 4) and good(double(x=3)) and layer.calls == 0\nlimit"
    cells = [imports(), answer("f", GOOD + LAYER + "limit = 9"), test_cell("a", first)]
    cells += [answer("g", "x = 'mine'\ndef good(x): return 'mine'"), test_cell("b", second)]
    assert outcome(*cells) == [
        (5, ""),
        (0, "limit is not defined: run / restore the cell that defines it"),
    ]


def test_a_value_too_large_to_carry_is_missed_only_where_it_is_read():
    student = GOOD + "\nimport numpy as np\nx = np.zeros(300_000_000, dtype=np.int8)"
    tests = [test_cell("a", "assert x.sum() == 0"), test_cell("b", f"x = 3\n{CHECK}")]
    (points, reason), second = outcome(answer("f", student), *tests)
    assert second == (5, "") and points == 0 and reason.startswith("ValueError: ")


def test_a_value_of_the_tests_own_is_not_sent_under_a_name():
    spy = "expected = None\ndef double(x):\n    return expected"
    test = "expected = 6\nassert double(3) == expected"
    ((points, _),) = outcome(answer("f", spy), test_cell("a", test))
    assert points == 0


def test_magics_in_locked_cells_are_ignored():
    cells = [imports("%matplotlib inline\nimport math\n!ls"), imports("%%time\nimport json")]
    cells += [test_cell("a", "%time 1\nassert math.pi > 3")]
    assert outcome(*cells) == [(5, "")]


def test_a_seed_reaches_the_checks(monkeypatch):
    checks = pytest.importorskip("cs_cnn.checks")
    seeds = []

    class Judging:
        def __init__(self, seed):
            seeds.append(seed)

        def __enter__(self):
            seeds.append("in")

        def __exit__(self, *exception):
            seeds.append("out")

    monkeypatch.setattr(checks, "judging", Judging, raising=False)
    judged(test_cell("a", "1"), seed=42)
    assert seeds == [42, "in", "out"]
    judged(test_cell("a", "1"))
    assert seeds == [42, "in", "out"]


@pytest.mark.skipif(not protections().bubblewrap, reason=f"no room: {protections().problem}")
def test_a_whole_notebook_in_the_locked_room():
    spy = "import os\nseen = os.path.exists('/etc/passwd')"
    cells = [imports(), answer("f", GOOD), test_cell("a", CHECK), answer("g", spy)]
    cells += [test_cell("b", "assert seen is False"), answer("h", "while True: pass")]
    cells += [test_cell("c", "assert double(np.ones(2)).sum() == 4")]
    assert outcome(*cells, protected=True) == [(5, ""), (5, ""), (5, "")]
