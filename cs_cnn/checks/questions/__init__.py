"""The questions by hand of every notebook, one file each, under one roof."""

from cs_cnn.checks.questions import (
    architectures,
    arithmetic,
    capstone,
    classification,
    convolution,
    fast_layers,
    gallery,
    history,
    normalization,
    training,
    transfer,
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
    **transfer.QUESTIONS,
    **gallery.QUESTIONS,
    **capstone.QUESTIONS,
}
