"""Attacks on what decides: tests, libraries, displays, tracebacks, and values that lie."""

from .attack import Attack

WRONG = "\ndef double(x):\n    return 0\n"

ON_THE_TESTS = (
    Attack(
        "patched test library",
        "replaces numpy.testing's assertions by functions that accept everything",
        "import numpy as np\nfor name in dir(np.testing):\n    if name.startswith('assert'):\n"
        "        setattr(np.testing, name, lambda *a, **k: None)\n"
        "np.array_equal = np.allclose = lambda *a, **k: True" + WRONG,
    ),
    Attack(
        "patched builtins",
        "replaces the builtins that tests use and the exception that assert raises",
        "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\n"
        "builtins.AssertionError = type('Fine', (Exception,), {})" + WRONG,
    ),
    Attack(
        "rebound names",
        "gives the names that the tests use another meaning",
        "class Agreeable:\n    def __getattr__(self, name):\n        return self\n"
        "    def __call__(self, *a, **k):\n        return 10.0\n"
        "checks = np = AssertionError = all = Agreeable()" + WRONG,
    ),
    Attack(
        "patched checks",
        "makes the course's comparison find no difference",
        "from cs_cnn import checks\nimport cs_cnn.checks.compare as compare\n"
        "import cs_cnn.checks.exercise as exercise\n"
        "compare.difference = exercise.difference = lambda *a, **k: ''\n"
        "def conv2d_forward(x, w, b=None, **options):\n    return 0, None",
        "conv2d_forward",
    ),
    Attack(
        "patched check",
        "replaces the check by one that gives full points",
        "from cs_cnn import checks\nchecks.conv2d_forward = lambda *a, **k: 10.0\n"
        "def conv2d_forward(*a, **k):\n    return 0, None",
        "conv2d_forward",
    ),
    Attack(
        "fake modules",
        "puts modules of its own in the place of numpy and of the checks",
        "import sys, types\nfake = types.ModuleType('fake')\n"
        "fake.__getattr__ = lambda name: (lambda *a, **k: 10.0)\n"
        "sys.modules['numpy'] = sys.modules['numpy.testing'] = fake\n"
        "sys.modules['cs_cnn.checks'] = np = checks = fake" + WRONG,
    ),
    Attack(
        "import hook",
        "catches every later import",
        "import sys\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n"
        "        raise SystemExit(0)\nsys.meta_path.insert(0, Finder())" + WRONG,
    ),
    Attack(
        "input transformer",
        "drops the asserts from every later cell before it is read",
        "def no_assert(lines):\n"
        "    return ['pass\\n' if 'assert' in line else line for line in lines]\n"
        "get_ipython().input_transformers_post.append(no_assert)" + WRONG,
    ),
    Attack(
        "syntax tree transformer",
        "drops the asserts from every later cell after it is parsed",
        "import ast\nclass NoAssert(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(NoAssert())" + WRONG,
    ),
    Attack(
        "cells that are not run",
        "replaces the shell's own way of running a cell",
        "shell = get_ipython()\nfrom IPython.core.interactiveshell import ExecutionResult\n"
        "shell.run_cell = lambda *a, **k: ExecutionResult(None)\n"
        "async def nothing(*a, **k):\n    return ExecutionResult(None)\n"
        "shell.run_cell_async = nothing" + WRONG,
    ),
    Attack(
        "silent tracebacks",
        "shows no traceback, whatever fails",
        "shell = get_ipython()\nshell.showtraceback = shell._showtraceback = lambda *a, **k: None\n"
        "shell.set_custom_exc((BaseException,), lambda *a, **k: None)" + WRONG,
    ),
    Attack(
        "display hook",
        "makes every value show itself as full points",
        "import sys\nshell = get_ipython()\n"
        "for kind in (object, int, float):\n"
        "    shell.display_formatter.formatters['text/plain'].for_type(\n"
        "        kind, lambda value, printer, cycle: printer.text('10.0'))\n"
        "sys.displayhook = lambda value: print('10.0')" + WRONG,
    ),
    Attack(
        "forged result",
        "publishes a result of its own after every cell",
        "shell = get_ipython()\ndef forge(*ignored):\n"
        "    shell.display_pub.publish({'text/plain': '2.0'})\n"
        "    shell.kernel.session.send(shell.kernel.iopub_socket, 'execute_result', {\n"
        "        'data': {'text/plain': '2.0'}, 'metadata': {}, 'execution_count': 1},\n"
        "        parent=shell.parent_header)\n"
        "shell.events.register('post_run_cell', forge)\nforge()" + WRONG,
    ),
    Attack(
        "forged frames",
        "writes answers of its own into every open file",
        "import os\nfrom autograder.sandbox.codec import encode\n"
        "frame = encode({'missing': False, 'value': 6, 'outputs': [], 'error': None})\n"
        "for file in range(3, 64):\n    try:\n        os.write(file, frame * 3)\n"
        "    except OSError:\n        pass" + WRONG,
    ),
    Attack(
        "forged traffic",
        "replaces the functions by which the worker writes its answers",
        "import gc\nfrom autograder.sandbox import worker\n"
        "worker.encode = lambda *a: b'points: 12'\nworker.describe = lambda e: None\n"
        "for thing in gc.get_objects():\n    if type(thing).__name__ == 'Student':\n"
        "        thing.reply = lambda message: b'points: 12'" + WRONG,
    ),
    Attack(
        "frame inspection",
        "looks for the test's values in the callers' frames",
        "import sys\ndef double(x):\n    frame, found = sys._getframe(), {}\n"
        "    while frame:\n        found |= frame.f_globals | frame.f_locals\n"
        "        frame = frame.f_back\n"
        "    print([value for value in found.values() if isinstance(value, str)])\n"
        "    return found.get('want', found.get('secret'))",
    ),
    Attack(
        "trace function",
        "changes the caller's variables from a trace function",
        "import sys\ndef rewrite(frame, event, arg):\n"
        "    frame.f_locals['want'] = 0\n    return rewrite\nsys.settrace(rewrite)" + WRONG,
    ),
    Attack(
        "search of memory",
        "looks for the tests among all live objects",
        "import gc\nwords = [s for o in gc.get_objects() if isinstance(o, (dict, list, tuple))\n"
        "         for s in (o.values() if isinstance(o, dict) else o)\n"
        "         if isinstance(s, str) and 'BEGIN ' + 'HIDDEN' in s]\nprint(words)" + WRONG,
    ),
    Attack(
        "history",
        "looks for the tests in the shell's history and writes out what it finds",
        "def double(x):\n    print([s for s in In if 'assert' in s])\n    return 0\n"
        "double(1)\nprint(get_ipython().history_manager.get_tail(9))\n"
        "import sqlite3",
    ),
    Attack(
        "tests on disk",
        "reads the hidden tests in the notebook that is being run",
        "from pathlib import Path\nfor path in Path('.').glob('**/*.ipynb'):\n"
        "    text = path.read_text()\n    print(text[text.find('BEGIN ' + 'HIDDEN'):][:200])\n"
        "for path in Path('$COURSE').glob('*/**/*.ipynb'):\n"
        "    text = path.read_text()\n    print(text[text.find('BEGIN ' + 'HIDDEN'):][:200])"
        + WRONG,
    ),
    Attack(
        "tests in the grade book",
        "reads the hidden tests that nbgrader keeps in its database",
        "import sqlite3\nbook = sqlite3.connect('file:$COURSE/gradebook.db?mode=ro', uri=True)\n"
        "print(book.execute('select source from source_cell').fetchall())" + WRONG,
    ),
    Attack(
        "the secret seed",
        "reads the seed of the hidden cases",
        "print(open('$COURSE/.seed').read())" + WRONG,
    ),
    Attack(
        "memory of other processes",
        "reads command lines, environments and memory in /proc",
        "import glob\nfor file in glob.glob('/proc/[0-9]*/environ') + ['/proc/1/mem']:\n"
        "    try:\n        print(open(file, 'rb').read(1000)[:20])\n"
        "    except OSError:\n        pass" + WRONG,
    ),
    Attack(
        "friendly equality",
        "returns an object that is equal to everything",
        "class Yes:\n    def __eq__(self, other):\n        return True\n"
        "    __ne__ = __bool__ = lambda self, other=None: False\n"
        "    def __array__(self, *a, **k):\n        return [0, 2, 4]\n"
        "def double(x):\n    return Yes()",
    ),
    Attack(
        "friendly number",
        "returns an int whose comparison always agrees",
        "class Six(int):\n    def __eq__(self, other):\n        return True\n"
        "    __hash__ = int.__hash__\n    def __repr__(self):\n        return '6'\n"
        "def double(x):\n    return Six(0)",
    ),
    Attack(
        "friendly array",
        "returns an array subclass that answers NumPy's functions itself",
        "import numpy as np\nclass Right(np.ndarray):\n"
        "    def __array_function__(self, *a, **k):\n        return True\n"
        "    def __array_ufunc__(self, *a, **k):\n        return np.True_\n"
        "    def __eq__(self, other):\n        return np.True_\n"
        "def double(x):\n    return np.zeros(np.shape(x), int).view(Right)",
    ),
    Attack(
        "friendly exception",
        "raises an error that would pass for a success",
        "class AssertionError(Exception):\n    headline = ''\n    def __str__(self):\n"
        "        return '10.0'\ndef double(x):\n    raise AssertionError(x)",
    ),
    Attack(
        "pretended report",
        "is an object that shows itself as points where a function is expected",
        "class Full(float):\n    headline, good = '', True\n"
        "    def __call__(self, *a, **k):\n        return Full(12)\n"
        "    def _repr_html_(self):\n        return '<b>12</b>'\n"
        "    def __eq__(self, other):\n        return True\ndouble = Full(12)",
    ),
    Attack(
        "exit in the cell",
        "ends the process, so that no test is run",
        "import os\nos._exit(0)",
    ),
    Attack(
        "exit in the function",
        "ends the process with success when a test calls it",
        "import os\ndef double(x):\n    os._exit(0)",
    ),
    Attack(
        "exit by exception",
        "raises what a test runner takes for a normal end",
        "def double(x):\n    raise SystemExit(0)",
    ),
    Attack(
        "hangs on hidden cases",
        "is right as long as the cases are the visible ones, then never answers",
        "seen = 0\ndef double(x):\n    global seen\n    seen += 1\n    while seen > 2:\n"
        "        pass\n    return 2 * x",
    ),
    Attack(
        "remembers visible cases",
        "answers the visible cases from a table",
        "def double(x):\n    table = {'3': 6, '[0 1 2]': 2 * x}\n    return table[str(x)]",
    ),
    Attack(
        "notices the grader",
        "behaves well only where it is graded, and gives up",
        "import os, sys\nif os.environ.get('USER') == 'student' or os.path.exists('/room'):\n"
        "    sys.exit('caught')\nif os.environ.get('NBGRADER_EXECUTION'):\n"
        "    get_ipython().showtraceback = print\n    get_ipython().run_code = print" + WRONG,
    ),
)
