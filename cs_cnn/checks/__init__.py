"""One check per exercise: how its cases are drawn, what is right, what each mistake is called.

>>> from cs_cnn import checks
>>> checks.conv2d_forward(conv2d_forward)                      # your own function
>>> checks.conv2d_backward(conv2d_backward, conv2d_forward)    # the cache comes from your forward

A check has four callers: a student in JupyterLab, the judge when a class is graded, the test that
the reference passes and the test that every known mistake is caught. Nothing about it is secret but
the seed of the judge's hidden cases.
"""

from cs_cnn.checks.arithmetic import CONV_MACS as conv_macs
from cs_cnn.checks.arithmetic import CONV_PARAMETERS as conv_parameters
from cs_cnn.checks.arithmetic import OUTPUT_SIZE as output_size
from cs_cnn.checks.arithmetic import RECEPTIVE_FIELD as receptive_field
from cs_cnn.checks.by_hand import by_hand
from cs_cnn.checks.conv import CONV2D_BACKWARD as conv2d_backward
from cs_cnn.checks.conv import CONV2D_FORWARD as conv2d_forward
from cs_cnn.checks.exercise import judging
from cs_cnn.checks.history import CD1_STEP as cd1_step
from cs_cnn.checks.history import DELTA_RULE as delta_rule
from cs_cnn.checks.history import LMS_EPOCH as lms_epoch
from cs_cnn.checks.history import PERCEPTRON_EPOCH as perceptron_epoch
from cs_cnn.checks.normalization import BATCH_NORM_BACKWARD as batch_norm_backward
from cs_cnn.checks.normalization import BATCH_NORM_BACKWARD_GRAPH as batch_norm_backward_graph
from cs_cnn.checks.normalization import BATCH_NORM_FORWARD as batch_norm_forward
from cs_cnn.checks.normalization import FUSE_BATCH_NORM as fuse_batch_norm
from cs_cnn.checks.normalization import GROUP_NORM_BACKWARD as group_norm_backward
from cs_cnn.checks.normalization import GROUP_NORM_FORWARD as group_norm_forward
from cs_cnn.checks.pool import MAX_POOL2D_BACKWARD as max_pool2d_backward
from cs_cnn.checks.pool import MAX_POOL2D_FORWARD as max_pool2d_forward

EXERCISES = {
    exercise.name: exercise
    for exercise in (
        perceptron_epoch,
        lms_epoch,
        delta_rule,
        cd1_step,
        output_size,
        conv_parameters,
        conv_macs,
        receptive_field,
        conv2d_forward,
        conv2d_backward,
        max_pool2d_forward,
        max_pool2d_backward,
        batch_norm_forward,
        batch_norm_backward_graph,
        batch_norm_backward,
        fuse_batch_norm,
        group_norm_forward,
        group_norm_backward,
    )
}

__all__ = ["EXERCISES", "by_hand", "judging", *EXERCISES]
