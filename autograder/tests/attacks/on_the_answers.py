"""Attacks on the course's own answers: the installed package, its bytecode, other libraries."""

from autograder.demo import SHIFTED
from cs_cnn import checks

from .attack import Attack


def on(name, tries, source):
    return Attack(name, tries, source, "conv2d_forward")


CALL = "\ndef conv2d_forward(*arguments, **options):\n    return {}(*arguments, **options)"
TAKE = "\nexec(text[text.index('def conv2d_forward'):].partition('\\n\\n\\n')[0])"

VISIBLE = len(list(checks.conv2d_forward.all_cases()))
KNOWN = SHIFTED.replace("def conv2d_forward", "def known")  # a table of answers would do as well
FIRST = "seen = 0\ndef conv2d_forward(*a, **k):\n    global seen\n    seen += 1\n"

ON_THE_ANSWERS = (
    on("imported answer", "imports the reference", "from cs_cnn.layers import conv2d_forward"),
    on(
        "fast answer",
        "imports the fast version",
        "from cs_cnn.fast_layers import conv2d_forward",
    ),
    on(
        "answer of the check",
        "takes the reference that the check holds",
        "from cs_cnn import checks" + CALL.format("checks.conv2d_forward.reference"),
    ),
    on(
        "the check's oracle",
        "asks the check what is right",
        "from cs_cnn.checks import conv, conv2d_forward as check\n"
        "from cs_cnn.checks.cases import Case\n"
        "def conv2d_forward(x, w, b=None, **options):\n"
        "    case = Case('', {'x': x, 'w': w, 'b': b}, options)\n"
        "    return check.oracle(case)['out'], None",
    ),
    on(
        "recovered source",
        "takes the reference's source from inspect",
        "import inspect\nimport numpy as np\nfrom cs_cnn import layers\n"
        "from cs_cnn.layers import *\n"
        "text = inspect.getsource(layers)" + TAKE,
    ),
    on(
        "source on disk",
        "reads the reference's source in the installed package",
        "import numpy as np\nfrom pathlib import Path\nimport cs_cnn\nfrom cs_cnn.shapes import *\n"
        "text = (Path(cs_cnn.__file__).parent / 'layers.py').read_text()" + TAKE,
    ),
    on(
        "bytecode",
        "loads the reference from a compiled file",
        "import glob, marshal, os, cs_cnn\nfolder = os.path.dirname(cs_cnn.__file__)\n"
        "(path,) = glob.glob(folder + '/__pycache__/layers.*.pyc')\nscope = {}\n"
        "exec(marshal.loads(open(path, 'rb').read()[16:]), scope)\n"
        "conv2d_forward = scope['conv2d_forward']",
    ),
    on(
        "another copy",
        "looks for the reference in the checkout, in build folders and in the handouts",
        "import numpy as np\nfrom pathlib import Path\nimport cs_cnn\n"
        "from cs_cnn.shapes import *\nroot = Path(cs_cnn.__file__).parents[1]\n"
        "places = [*root.glob('*/source/*.py'), *root.glob('notebooks/*'), *root.glob('.git/*')]\n"
        "places += [*Path('$COURSE').glob('source/*/*'), *root.glob('build/**/layers.py')]\n"
        "text = next(p.read_text() for p in places if 'def conv2d_forward' in p.read_text())"
        + TAKE,
    ),
    on(
        "function in memory",
        "looks for the reference among all live functions",
        "import gc\nfound = [f for f in gc.get_objects() if callable(f)\n"
        "         and getattr(f, '__name__', '') == 'conv2d_forward'\n"
        "         and str(getattr(f, '__module__', '')).startswith('cs_cnn')]\n"
        "conv2d_forward = found[0]",
    ),
    on(
        "code of a sibling",
        "takes the reference out of the globals of a function that stands beside it",
        "from cs_cnn.layers import linear_forward\n"
        "conv2d_forward = linear_forward.__globals__['conv2d_forward']",
    ),
    on(
        "PyTorch",
        "lets PyTorch do the work",
        "import torch\n"
        "def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):\n"
        "    x, w, b = (None if a is None else torch.tensor(a.copy()) for a in (x, w, b))\n"
        "    return torch.conv2d(x, w, b, stride, padding, dilation, groups).numpy(), None",
    ),
    on(
        "SciPy",
        "lets SciPy do the work",
        "import numpy as np\nfrom scipy.signal import correlate\n"
        "def conv2d_forward(x, w, b=None, **options):\n"
        "    out = [[correlate(a, f, 'valid')[0] for f in w] for a in x]\n"
        "    return np.array(out) + (0 if b is None else b[:, None, None]), None",
    ),
    on(
        "installed on the way",
        "installs a package that does the work",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', '-q',\n"
        "    '--no-index', '--target', '.', 'torch'], check=True, timeout=30)\n"
        "from torch import conv2d as conv2d_forward",
    ),
    on(
        "a program that knows",
        "starts a Python of its own, outside the grader's, and asks that",
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'from cs_cnn import checks;'\n"
        "    'checks.conv2d_forward.reference'], check=True, capture_output=True, timeout=30)\n"
        "from cs_cnn.layers import conv2d_forward",
    ),
    on(
        "unsealed",
        "reloads the library from where it really lies",
        "import importlib, sys\nfor name in [n for n in sys.modules if n.startswith('cs_cnn')]:\n"
        "    del sys.modules[name]\nimportlib.invalidate_caches()\n"
        "conv2d_forward = importlib.import_module('cs_cnn.layers').conv2d_forward",
    ),
    on(
        "hangs at the first hidden case",
        "is right in all visible cases, then never answers, so that no hidden one is wrong",
        f"{KNOWN}{FIRST}    while seen > {VISIBLE}:\n        pass\n    return known(*a, **k)",
    ),
    on(
        "dies at the first hidden case",
        "is right in all visible cases, then ends the process",
        f"import os\n{KNOWN}{FIRST}    if seen > {VISIBLE}:\n        os._exit(0)\n"
        "    return known(*a, **k)",
    ),
)
