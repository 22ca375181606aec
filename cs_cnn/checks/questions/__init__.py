"""The questions by hand of every notebook, one file each, under one roof."""

from cs_cnn.checks.questions import convolution

QUESTIONS = {**convolution.QUESTIONS}
