"""A small class for the demonstration and the tests: one of every kind of submission."""

import copy

from autograder.build import solved, without_markers
from autograder.course import write
from autograder.sandbox.launch import Limits
from cs_cnn import checks, layers

ASSIGNMENT = "04_convolution"
LIMITS = Limits(call_seconds=5, cell_seconds=30, total_seconds=60)

# conv2d as a sum over the kernel's offsets: correct, and nothing like the reference.
SHIFTED = """
def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    N, F, OH, OW = conv2d_shape(x, w, b, stride, padding, dilation, groups)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    border = pad_pairs(padding, w.shape[2:], dilation, stride)
    image = np.pad(x, ((0, 0), (0, 0), *border))
    image = image.reshape(N, groups, -1, *image.shape[2:])
    filters = w.reshape(groups, F // groups, *w.shape[1:])
    total = np.zeros((N, groups, F // groups, OH, OW), dtype=x.dtype)
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            rows, cols = p * dh + sh * np.arange(OH), q * dw + sw * np.arange(OW)
            seen = image[..., rows[:, None], cols]
            total += np.einsum("ngchw,gfc->ngfhw", seen, filters[..., p, q])
    total = total.reshape(N, F, OH, OW)
    if b is not None:
        total += b[:, None, None]
    return total, (x, w, b, stride, padding, dilation, groups)
"""

ENDLESS = """
def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    while True:
        pass
"""


def hand_in(course):
    """Write the class's submissions into a course folder.

    Returns
    -------
    list of str
        The students, each named after what they did.
    """
    perfect, handout = solved(ASSIGNMENT), course.read_release(ASSIGNMENT)
    submissions = {
        "full-solution": perfect,
        "other-solution": answered(perfect, "conv2d_forward", SHIFTED),
        "blank": handout,
        "endless-loop": answered(perfect, "max_pool2d_forward", ENDLESS),
        "syntax-error": answered(perfect, "conv2d_backward", "def conv2d_backward(dout, cache:\n"),
        "deleted-a-test": without(perfect, "conv2d_backward-check"),
    } | {student: mistaken(perfect, *mistake) for student, mistake in MISTAKEN.items()}
    for student, notebook in submissions.items():
        write(course.submitted(ASSIGNMENT, student), notebook)
    cut = course.submitted(ASSIGNMENT, "truncated-file")
    write(cut, perfect)
    cut.write_text(cut.read_text(encoding="utf-8")[:20_000], encoding="utf-8")
    return sorted([*submissions, "truncated-file"])


MISTAKEN = {
    "flipped-kernel": ("conv2d_forward", "the kernel is flipped"),
    "no-padding": ("conv2d_forward", "the padding is ignored"),
    "overwrites": ("conv2d_backward", "windows that overlap overwrite each other in dx"),
    "ties": ("max_pool2d_backward", "every pixel that ties gets the gradient"),
    "zero-border": ("max_pool2d_forward", "zeros of the padding win"),
}


def mistaken(notebook, exercise, name):
    """The notebook with a known mistake for an answer."""
    (mistake,) = (m for m in checks.EXERCISES[exercise].mistakes if m.name == name)
    return answered(notebook, exercise, without_markers(mistake.source))


def answered(notebook, exercise, source):
    """A copy of the notebook with another answer to an exercise."""
    assert hasattr(layers, exercise)
    other = copy.deepcopy(notebook)
    for cell in other.cells:
        if cell.id == exercise:
            cell.source = source.strip()
    return other


def without(notebook, cell_id):
    """A copy of the notebook that lacks a cell."""
    other = copy.deepcopy(notebook)
    other.cells = [cell for cell in other.cells if cell.id != cell_id]
    return other
