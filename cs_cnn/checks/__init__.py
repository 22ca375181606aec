"""One check per exercise: how its cases are drawn, what is right, what each mistake is called.

>>> from cs_cnn import checks
>>> checks.conv2d_forward(conv2d_forward)                      # your own function
>>> checks.conv2d_backward(conv2d_backward, conv2d_forward)    # the cache comes from your forward

A check has four callers: a student in JupyterLab, the judge when a class is graded, the test that
the reference passes and the test that every known mistake is caught. Nothing about it is secret but
the seed of the judge's hidden cases.
"""

from cs_cnn.checks.by_hand import by_hand
from cs_cnn.checks.conv import CONV2D_BACKWARD as conv2d_backward
from cs_cnn.checks.conv import CONV2D_FORWARD as conv2d_forward
from cs_cnn.checks.exercise import judging
from cs_cnn.checks.pool import MAX_POOL2D_BACKWARD as max_pool2d_backward
from cs_cnn.checks.pool import MAX_POOL2D_FORWARD as max_pool2d_forward

EXERCISES = {
    exercise.name: exercise
    for exercise in (conv2d_forward, conv2d_backward, max_pool2d_forward, max_pool2d_backward)
}

__all__ = ["EXERCISES", "by_hand", "judging", *EXERCISES]
