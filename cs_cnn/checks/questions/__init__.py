"""The questions by hand of every notebook, one file each, under one roof."""

from cs_cnn.checks.questions import (
    architectures,
    arithmetic,
    classification,
    convolution,
    fast_layers,
    history,
    normalization,
    training,
)

QUESTIONS = {
    **history.QUESTIONS,
    **classification.QUESTIONS,
    **arithmetic.QUESTIONS,
    **convolution.QUESTIONS,
    **fast_layers.QUESTIONS,
    **training.QUESTIONS,
    **normalization.QUESTIONS,
    **architectures.QUESTIONS,
}
