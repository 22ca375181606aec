"""The questions by hand of every notebook, one file each, under one roof."""

from cs_cnn.checks.questions import arithmetic, convolution, history, normalization

QUESTIONS = {
    **history.QUESTIONS,
    **arithmetic.QUESTIONS,
    **convolution.QUESTIONS,
    **normalization.QUESTIONS,
}
