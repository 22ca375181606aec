"""Attacks on the grader, each a small submission: what it tries in a sentence, and its code.

`on_the_tests`, `on_the_answers`, `on_the_machine` and `on_the_notebook` are tables of attacks.
`prey` is the course that they are let loose on, and tells what was gained, leaked or harmed.
`python -m autograder.tests.attacks` runs them all through stock nbgrader, for comparison.
"""

from .on_the_answers import ON_THE_ANSWERS
from .on_the_machine import ON_THE_MACHINE
from .on_the_notebook import ON_THE_NOTEBOOK
from .on_the_tests import ON_THE_TESTS

ATTACKS = (*ON_THE_TESTS, *ON_THE_ANSWERS, *ON_THE_MACHINE, *ON_THE_NOTEBOOK)
